"""What a model may ask of acceptance and performance, and what it gets to see of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

from skills.digest import Digest, Meter, Section, masked, pack
from skills.tool_args import BaseToolArgs, Focus, focused

if TYPE_CHECKING:
    from skills.testing_strategy_composer.performance import QueryPerformance
    from skills.testing_strategy_composer.skill import Output

HANDLE = "test"
MOST_FIRST = 5
WEIGHT = {"failed": 0, "not_run": 1, "passed": 2}
FOCUS = {
    "criteria": Focus(("accepted", "criteria_by_result", "failed", "open"), ("criteria",)),
    "performance": Focus(
        ("improvement_percent", "before_ms", "after_ms", "query_count", "slower_count", "not_measured"), ("queries",)
    ),
    "suites": Focus(("suite_count", "suites_by_kind"), ("suites",)),
}


class ToolArgs(BaseToolArgs):
    """Acceptance criteria, test suites, speed before and after."""

    focus: Literal["all", "criteria", "performance", "suites"] = "all"


def digest(output: Output, limit: int, meter: Meter, args: ToolArgs | None = None) -> Digest:
    """Acceptance and performance, or one of them."""
    chosen = args or ToolArgs()
    told, shown = focused(facts(output), sections(output), FOCUS.get(chosen.focus))
    return pack(HANDLE, told, shown, limit, meter)


def sections(output: Output) -> list[Section]:
    """Everything that can be paged through: what failed or is open first, queries that became slower first."""
    unmet = sum(criterion.result != "passed" for criterion in output.criteria)
    return [
        Section("criteria", _criteria(output), "result", first=max(1, min(unmet, MOST_FIRST))),
        Section("queries", _queries(output), first=2),
        Section("suites", [{"path": suite.path, "kind": suite.kind} for suite in output.suites], "kind", first=0),
    ]


def facts(output: Output) -> dict[str, Any]:
    """Every fact by name, the most decisive first; None is not shown. No section has the name of a fact."""
    results = Counter(criterion.result for criterion in output.criteria)
    performance = output.performance
    before, after = performance.baseline_metrics or {}, performance.current_metrics or {}
    return {
        "accepted": output.accepted,
        "criteria_by_result": {name: results[name] for name in WEIGHT if results[name]} or None,
        "failed": [c.id for c in output.criteria if c.result == "failed"] or None,
        "open": output.open_criteria or None,
        "improvement_percent": performance.improvement_percent,
        "before_ms": before.get("median_ms"),
        "after_ms": after.get("median_ms"),
        "query_count": len(performance.queries),
        "slower_count": sum((query.improvement_percent or 0) < 0 for query in performance.queries) or None,
        "not_measured": masked(performance.not_run) if performance.not_run else None,
        "suite_count": len(output.suites),
        "suites_by_kind": dict(Counter(suite.kind for suite in output.suites).most_common()) or None,
    }


def _criteria(output: Output) -> list[dict[str, Any]]:
    ranked = sorted(output.criteria, key=lambda criterion: WEIGHT.get(criterion.result, 1))
    return [
        {
            "id": criterion.id,
            "result": criterion.result,
            "evidence": masked(criterion.evidence),
            "threshold": criterion.threshold,
            "statement": criterion.statement,
        }
        for criterion in ranked
    ]


def _queries(output: Output) -> list[dict[str, Any]]:
    """Different results first, then by how much slower; ids follow the order of the output's list."""

    def weight(entry: tuple[int, QueryPerformance]) -> tuple[bool, float]:
        return (
            entry[1].results_equal is not False,
            0.0 if entry[1].improvement_percent is None else entry[1].improvement_percent,
        )

    return [_query(n, query) for n, query in sorted(enumerate(output.performance.queries, 1), key=weight)]


def _query(number: int, query: QueryPerformance) -> dict[str, Any]:
    """Times, not rows: where results differ, that is said and nothing of them."""
    return {
        "id": f"q{number}",
        "name": query.name,
        "improvement_percent": query.improvement_percent,
        "before_ms": query.before.median_ms if query.before else None,
        "after_ms": query.after.median_ms if query.after else None,
        "results_equal": query.results_equal,
        "detail": masked(query.detail),
        "bound_by": query.after.bound_by if query.after else None,
    }

"""The acceptance criteria: what has to hold, how it is checked, and whether it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from engines.catalog import Catalog, Model
from engines.protocols import Database
from skills.testing_strategy_composer import checks_target as target
from skills.testing_strategy_composer.checks_numbers import numbers_ahead
from skills.testing_strategy_composer.facts import TableOutcome, quarantined
from skills.testing_strategy_composer.performance import Performance, WorkloadQuery

Answer = tuple[str, str]  # passed | failed | not_run, and what it rests on


class Criterion(Model):
    """One criterion; result is passed, failed or not_run; evidence says what was looked at, or why nothing was."""

    id: str
    statement: str
    check: str
    threshold: str
    result: str
    evidence: str


@dataclass
class Facts:
    """All that the checks look at.

    source and target: open, where they are; catalog is the target's, left_out the verdicts of statements that are no
    query.
    """

    outcomes: list[TableOutcome]
    validation: dict[str, Any] | None
    execution: dict[str, Any] | None
    differences: list[dict[str, Any]] | None
    queries: list[WorkloadQuery]
    performance: Performance
    left_out: dict[str, str] = field(default_factory=dict)
    source: Database | None = None
    target: Database | None = None
    catalog: Catalog | None = None
    limits: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """threshold may name a limit of LIMITS as {name}."""

    id: str
    statement: str
    check: str
    threshold: str
    answer: Callable[[Facts], Answer]


# Limits that the plan or the request sets. unvalidated_references: foreign keys that the plan adds NOT VALID because
# rows of the source break them; slower: the factor by which the summed medians may grow, no limit where it is absent.
LIMITS = {"quarantined_values": 0.0, "unvalidated_references": 0.0}


def _counts(facts: Facts) -> Answer:
    known = [table for table in facts.outcomes if table.rows_source is not None and table.rows_target is not None]
    if not known:
        return "not_run", "no row counts were compared"
    wrong = [
        f"{table.source}: {table.rows_source} rows, target {table.rows_target}, set aside {table.rows_aside}"
        for table in known
        if table.rows_source != (table.rows_target or 0) + table.rows_aside
    ]
    rows = sum(table.rows_source or 0 for table in known)
    if len(known) < len(facts.outcomes):
        return "failed", f"{len(facts.outcomes) - len(known)} tables were not counted"
    return ("failed", "; ".join(wrong)) if wrong else ("passed", f"{len(known)} tables, {rows} rows")


def _content(facts: Facts) -> Answer:
    if facts.validation is None or facts.validation.get("level") in (None, "counts"):
        return "not_run", "only counts, or nothing, were compared"
    if not any(table.different is not None for table in facts.outcomes):
        return "not_run", "no planned table was compared"
    level = facts.validation["level"]
    wrong = [f"{table.source}: {table.different}" for table in facts.outcomes if table.different]
    wrong += [f"{table.source}: not compared whole" for table in facts.outcomes if not table.compared_whole]
    compared = facts.validation.get("rows_compared")
    return ("failed", "; ".join(wrong)) if wrong else ("passed", f"level {level}, {compared} rows compared")


def _quarantine(facts: Facts) -> Answer:
    if facts.execution is None:
        return "not_run", "nothing was executed"
    count = len(quarantined(facts.execution))
    limit = facts.limits["quarantined_values"]
    return ("passed" if count <= limit else "failed"), f"{count} values in quarantine, {limit:g} allowed"


def _schema(facts: Facts) -> Answer:
    if facts.differences is None:
        return "not_run", "the two schemas were not compared"
    losing = [str(entry.get("object")) for entry in facts.differences if entry.get("data_loss")]
    if losing:
        return "failed", f"data may be lost in {', '.join(losing[:10])}"
    return "passed", f"{len(facts.differences)} differences, none loses data"


def _translations(facts: Facts) -> Answer:
    verdicts = {query.name: query.verdict for query in facts.queries} | facts.left_out
    if not verdicts:
        return "not_run", "there is no workload"
    bad = [f"{name}: {verdict}" for name, verdict in verdicts.items() if verdict in ("REFUTED", "UNSUPPORTED")]
    if bad:
        return "failed", "; ".join(bad[:10])
    untested = [name for name, verdict in verdicts.items() if verdict == "NOT_RUN"]
    if untested:
        return "not_run", f"{len(verdicts) - len(untested)} proved or tested; not run: {', '.join(untested[:10])}"
    return "passed", f"{len(verdicts)} queries"


def _results(facts: Facts) -> Answer:
    compared = [query for query in facts.performance.queries if query.results_equal is not None]
    if not compared:
        return "not_run", facts.performance.not_run or "no result was compared on the full data"
    wrong = [query.name for query in compared if not query.results_equal]
    if wrong:
        return "failed", ", ".join(wrong)
    names = {query.name for query in compared}
    others = [name for name in [*(query.name for query in facts.queries), *facts.left_out] if name not in names]
    if others:
        return "not_run", f"{len(compared)} queries are equal; not compared: {', '.join(others[:10])}"
    rows = sum(query.rows_compared or 0 for query in compared)
    return "passed", f"{len(compared)} queries, {rows} result rows"


def _references(facts: Facts) -> Answer:
    if facts.catalog is None:
        return "not_run", "the target is not open"
    keys, unvalidated = target.references(facts.catalog, facts.outcomes)
    if not keys:
        return "not_run", "the moved tables have no foreign keys"
    limit = facts.limits["unvalidated_references"]
    named = f" ({', '.join(unvalidated)})" if unvalidated else ""
    told = f"{keys} foreign keys, {len(unvalidated)} not validated{named}, {limit:g} planned so"
    return ("passed" if len(unvalidated) <= limit else "failed"), told


def _numbers(facts: Facts) -> Answer:
    if facts.target is None or facts.catalog is None:
        return "not_run", "the target is not open"
    return numbers_ahead(facts.target, facts.catalog, facts.outcomes, facts.source)


def _speed(facts: Facts) -> Answer:
    before, after = facts.performance.baseline_metrics, facts.performance.current_metrics
    if before is None or after is None:
        return "not_run", facts.performance.not_run or "nothing was measured"
    limit = facts.limits["slower"]
    evidence = f"{before['median_ms']:g} ms before, {after['median_ms']:g} ms after (sum of medians)"
    return ("passed" if after["median_ms"] <= before["median_ms"] * limit else "failed"), evidence


def _on_target(check: Callable[[Database, Catalog, list[TableOutcome]], Answer]) -> Callable[[Facts], Answer]:
    def answer(facts: Facts) -> Answer:
        if facts.target is None or facts.catalog is None:
            return "not_run", "the target is not open"
        return check(facts.target, facts.catalog, facts.outcomes)

    return answer


RULES = (
    Rule(
        "row-counts", "Every row of the source is in the target or, by name, in quarantine",
        "exact counts of both sides", "equal", _counts,
    ),
    Rule(
        "content", "Every value is the same on both sides", "checksums per range, then rows", "no differing row",
        _content,
    ),
    Rule(
        "quarantine", "No more values were set aside than was accepted", "the mover's quarantine",
        "at most {quarantined_values:g}", _quarantine,
    ),
    Rule("schema", "No difference between the schemas loses data", "schema comparison", "none", _schema),
    Rule(
        "tables-present", "Every table of the plan exists in the target", "the target's catalog", "all",
        _on_target(target.tables_present),
    ),
    Rule(
        "keys-present", "Every table keeps a key that names its rows", "the target's catalog", "all",
        _on_target(target.keys_present),
    ),
    Rule(
        "references-valid", "Every foreign key is enforced, and validated unless the plan knew rows that break it",
        "the target's catalog", "at most {unvalidated_references:g} not validated", _references,
    ),
    Rule(
        "indexes-valid", "Every index of the target can be used", "the target's catalog", "all",
        _on_target(target.indexes_valid),
    ),
    Rule(
        "numbers-ahead", "The next number of every numbered column is free, or taken in the source as well",
        "largest value against the next number", "next > largest, or as in the source", _numbers,
    ),
    Rule(
        "queries-translated", "Every query of the workload is proved or tested", "both sides run on scratch copies",
        "PROVED or TESTED", _translations,
    ),
    Rule(
        "query-results", "Every query of the workload gives the same result on the full data",
        "both sides run, results compared by value", "equal", _results,
    ),
    Rule(
        "speed", "The workload is not slower than was accepted", "sum of the queries' medians, source against target",
        "at most {slower:g} times", _speed,
    ),
)  # fmt: skip


def judge(facts: Facts) -> list[Criterion]:
    """Every criterion with its result, in the order of RULES."""
    facts.limits = LIMITS | facts.limits
    judged = []
    for rule in RULES:
        if rule.id == "speed" and "slower" not in facts.limits:
            continue
        result, evidence = rule.answer(facts)
        threshold = rule.threshold.format(**facts.limits)
        judged.append(
            Criterion(
                id=rule.id,
                statement=rule.statement,
                check=rule.check,
                threshold=threshold,
                result=result,
                evidence=evidence,
            )
        )
    return judged

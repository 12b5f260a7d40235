"""What a model may ask of translations, and what it gets to see of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from skills.digest import Digest, Meter, Section, masked, pack
from skills.tool_args import BaseToolArgs, item_of

if TYPE_CHECKING:
    from skills.query_translator.models import Translation
    from skills.query_translator.skill import Output

HANDLE = "translate"
WEIGHT = {"REFUTED": 0, "UNSUPPORTED": 1, "NOT_RUN": 2, "TESTED": 3, "PROVED": 4}
MOST_FIRST = 5
TEXT_WIDTH = 200  # characters of a line of a statement's text


class ToolArgs(BaseToolArgs):
    """Translate views and workload, with the verdict of running both sides."""

    verdict: Literal["any", "REFUTED", "UNSUPPORTED", "NOT_RUN", "TESTED", "PROVED"] = "any"
    statement: Annotated[str, Field(pattern="^s[0-9]{1,6}$", description="whole text")] | None = None


def digest(output: Output, limit: int, meter: Meter, args: ToolArgs | None = None) -> Digest:
    """The verdicts, the statements of one verdict, or one statement whole; UsageError ITEM_UNKNOWN."""
    chosen = args or ToolArgs()
    if chosen.statement is not None:
        return _statement(output, chosen.statement, limit, meter)
    if chosen.verdict == "any":
        return pack(HANDLE, facts(output), sections(output), limit, meter)
    items = [item for item in _translations(output) if item["verdict"] == chosen.verdict]
    told = {"verdict": chosen.verdict, "statement_count": len(items)}
    handle = f"{HANDLE}_{chosen.verdict.lower()}"
    return pack(handle, told, [Section("translations", items, "method")], limit, meter)


def sections(output: Output) -> list[Section]:
    """Everything that can be paged through, what does not work first; ids follow the order of the output's list."""
    doubtful = sum(WEIGHT.get(made.verdict, 0) < WEIGHT["TESTED"] for made in output.translations)
    failures = [{"statement": name, "why": masked(why, [name])} for name, why in output.schema_failures.items()]
    return [
        Section("translations", _translations(output), "verdict", first=max(1, min(doubtful, MOST_FIRST))),
        Section("schema_failures", failures),
        Section("sampled", [{"table": name, "rows": rows} for name, rows in output.sample_rows.items()], first=0),
    ]


def facts(output: Output) -> dict[str, Any]:
    """Every fact by name, the most decisive first; None is not shown. No section has the name of a fact."""
    verdicts: Counter[str] = Counter(made.verdict for made in output.translations)
    return {
        "statements": len(output.translations),
        "executed": output.executed,
        "not_executed_because": output.not_executed_because,
        "verdicts": {name: verdicts[name] for name in WEIGHT if verdicts[name]} or None,
        "with_warnings": sum(bool(made.warnings) for made in output.translations) or None,
        "without_rules": sum(made.method == "transpiled" for made in output.translations) or None,
        "rows_compared": sum(made.rows_compared or 0 for made in output.translations) or None,
        "sample_row_count": sum(output.sample_rows.values()) or None,
        "schema_failure_count": len(output.schema_failures) or None,
    }


def _translations(output: Output) -> list[dict[str, Any]]:
    ranked = sorted(
        enumerate(output.translations, 1), key=lambda e: (WEIGHT.get(e[1].verdict, len(WEIGHT)), not e[1].warnings)
    )
    return [{"id": f"s{n}", **_told(made)} for n, made in ranked]


def _told(made: Translation) -> dict[str, Any]:
    """One statement; a counterexample's rows stay out, its reason and place are told."""
    return {
        "verdict": made.verdict,
        "name": made.name,
        "rows_compared": made.rows_compared,
        "detail": None if made.verdict == "TESTED" else _detail(made),
        "warning": made.warnings[0] if made.warnings else None,
        "method": made.method,
        "differs_at_row": made.counterexample.row if made.counterexample else None,
        "line": made.line,
    }


def _detail(made: Translation) -> str:
    """Quoted words only where the statement itself holds them: others may be values of rows."""
    return masked(made.detail, [made.source, made.target or ""])


def _statement(output: Output, identifier: str, limit: int, meter: Meter) -> Digest:
    made = item_of(output.translations, identifier)
    told = {
        "id": identifier,
        **_told(made),
        "detail": _detail(made),
        "warning": None,
        "warnings": made.warnings or None,
        "source": _lines(made.source),
        "target": _lines(made.target or ""),
    }
    return pack(f"{HANDLE}_{identifier}", told, [], limit, meter, width=TEXT_WIDTH)


def _lines(text: str) -> list[str] | None:
    return [line for line in text.splitlines() if line.strip()] or None

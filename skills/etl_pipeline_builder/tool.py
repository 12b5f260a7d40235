"""What a model may ask of an execution, and what it gets to see of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

from skills.digest import Digest, Meter, Section, pack
from skills.tool_args import BaseToolArgs, Focus, TableId, focused, table_of

if TYPE_CHECKING:
    from skills.etl_pipeline_builder.output import Output

HANDLE = "build"
FOCUS = {
    "quarantine": Focus(("quarantined_count", "quarantined_by_reason"), ("quarantine",)),
    "speed": Focus(("rows", "bytes", "seconds", "copy_seconds"), ("stages", "largest_tables", "slowest_steps")),
    "tables": Focus(("tables", "rows", "chunks"), ("largest_tables",)),
}


class ToolArgs(BaseToolArgs):
    """What was moved: rows, seconds, values set aside."""

    focus: Literal["all", "quarantine", "speed", "tables"] = "all"
    table: TableId | None = None


def digest(output: Output, limit: int, meter: Meter, args: ToolArgs | None = None) -> Digest:
    """The execution, a part of it, or one table; UsageError TABLE_UNKNOWN for a table that isn't there."""
    chosen = args or ToolArgs()
    if chosen.table is not None:
        return _table(output, chosen.table, limit, meter)
    told, shown = focused(facts(output), sections(output), FOCUS.get(chosen.focus))
    return pack(HANDLE, told, shown, limit, meter)


def sections(output: Output) -> list[Section]:
    """Everything that can be paged through, what was set aside first; ids follow the order of the output's lists."""
    return [
        Section("quarantine", _quarantine(output), "reason", first=4),
        Section("largest_tables", _tables(output)),
        Section("stages", [{"name": name, "seconds": seconds} for name, seconds in output.stages.items()]),
        Section("slowest_steps", _steps(output)),
        Section("sequences", [{"name": name, "next": number} for name, number in output.sequences.items()], first=0),
    ]


def facts(output: Output) -> dict[str, Any]:
    """Every fact by name, the most decisive first; None is not shown. No section has the name of a fact."""
    reasons = Counter(value.reason for value in output.quarantined)
    again = sum(table.copies > 1 for table in output.tables)
    return {
        "tables": len(output.tables),
        "rows": sum(table.rows for table in output.tables),
        "bytes": sum(table.bytes for table in output.tables),
        "seconds": round(sum(output.stages.values()), 3),
        "quarantined_count": len(output.quarantined),
        "quarantined_by_reason": dict(reasons.most_common()) or None,
        "copy_seconds": output.stages.get("copy"),
        "chunks": sum(table.chunks for table in output.tables),
        "copied_again": again or None,
        "statements": len(output.steps),
        "sequences_set": len(output.sequences) or None,
        "starts": output.epoch,
    }


def _quarantine(output: Output) -> list[dict[str, Any]]:
    """How many values of which column for which reason: neither keys nor values, which are rows."""
    counts = Counter((v.table, v.column, v.reason, v.action) for v in output.quarantined)
    return [
        {"table": table, "column": column or "(the whole row)", "count": count, "reason": reason, "action": action}
        for (table, column, reason, action), count in counts.most_common()
    ]


def _tables(output: Output) -> list[dict[str, Any]]:
    ranked = sorted(enumerate(output.tables, 1), key=lambda entry: (-entry[1].bytes, entry[0]))
    return [
        {"id": f"t{n}", "name": t.name, "rows": t.rows, "seconds": t.seconds, "bytes": t.bytes, "chunks": t.chunks}
        for n, t in ranked
    ]


def _steps(output: Output) -> list[dict[str, Any]]:
    ranked = sorted(output.steps, key=lambda step: -step.seconds)
    return [{"statement": step.id, "seconds": step.seconds} for step in ranked]


def _table(output: Output, identifier: str, limit: int, meter: Meter) -> Digest:
    table = table_of(output.tables, identifier)
    aside = [item for item in _quarantine(output) if item["table"] == table.name]
    return pack(f"{HANDLE}_{identifier}", table.model_dump(), [Section("quarantine", aside)], limit, meter)

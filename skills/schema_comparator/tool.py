"""What a model may ask of a conversion or a comparison of schemas, and what it gets to see of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from skills.digest import Digest, Meter, Section, pack
from skills.tool_args import BaseToolArgs, Focus, TableId, focused, item_of, of_table, table_of

if TYPE_CHECKING:
    from skills.schema_comparator.skill import Output

HANDLE = "compare"
WEIGHT = {"critical": 0, "high": 1, "medium": 2, "low": 3}
TEXT_WIDTH = 200  # characters of a line of an object's own text
FOCUS = {
    "omissions": Focus(("omission_count", "omissions_by_kind", "omission_hours"), ("omissions",)),
    "statements": Focus(("statement_count", "statements_by_kind"), ("statements",)),
    "renames": Focus(("tables", "rename_count"), ("renames",)),
    "notes": Focus(("note_count",), ("notes",)),
}


class ToolArgs(BaseToolArgs):
    """The target's schema and what it leaves out."""

    focus: Literal["all", "omissions", "statements", "renames", "notes"] = "all"
    table: TableId | None = None
    omission: Annotated[str, Field(pattern="^o[0-9]{1,6}$", description="whole text")] | None = None


def digest(output: Output, limit: int, meter: Meter, args: ToolArgs | None = None) -> Digest:
    """The result, a part of it, one table or one omission; UsageError TABLE_UNKNOWN, ITEM_UNKNOWN."""
    chosen = args or ToolArgs()
    if chosen.omission is not None:
        return _omission(output, chosen.omission, limit, meter)
    if chosen.table is not None:
        return _table(output, chosen.table, limit, meter)
    told, shown = focused(facts(output), sections(output), FOCUS.get(chosen.focus))
    return pack(HANDLE, told, shown, limit, meter)


def sections(output: Output) -> list[Section]:
    """Everything that can be paged through, what is lost first; ids follow the order of the output's lists."""
    return [
        Section("differences", _differences(output), "kind", first=4),
        Section("omissions", _omissions(output), "kind", first=4),
        Section("notes", _notes(output)),
        Section("renames", _renames(output)),
        Section("largest_tables", _tables(output), first=0),
        Section("statements", _statements(output), "kind", first=0),
    ]


def facts(output: Output) -> dict[str, Any]:
    """Every fact by name, the most decisive first; None is not shown. No section has the name of a fact."""
    return {
        "tables": len(output.tables) or None,
        "statement_count": len(output.statements),
        "difference_count": len(output.differences),
        "losing_data": sum(difference.data_loss for difference in output.differences),
        "omission_count": len(output.omissions),
        "omissions_by_kind": _counted(omission.kind for omission in output.omissions),
        "omission_hours": round(sum(omission.effort_hours for omission in output.omissions), 2) or None,
        "rename_count": len(output.renames),
        "note_count": len(output.notes),
        "statements_by_kind": _counted(statement.kind for statement in output.statements),
    }


def _counted(kinds: Any) -> dict[str, int] | None:
    return dict(Counter(kinds).most_common()) or None


def _differences(output: Output) -> list[dict[str, Any]]:
    ranked = sorted(
        enumerate(output.differences, 1), key=lambda e: (not e[1].data_loss, WEIGHT.get(e[1].severity, len(WEIGHT)))
    )
    return [
        {
            "id": f"d{n}",
            "severity": difference.severity,
            "object": difference.object,
            "kind": difference.kind,
            "data_loss": difference.data_loss,
            "detail": difference.detail,
        }
        for n, difference in ranked
    ]


def _omissions(output: Output) -> list[dict[str, Any]]:
    """The dearest first: hours are what a person needs to carry the object by hand."""
    ranked = sorted(enumerate(output.omissions, 1), key=lambda entry: -entry[1].effort_hours)
    return [
        {"id": f"o{n}", "object": o.object, "kind": o.kind, "hours": o.effort_hours, "reason": o.reason}
        for n, o in ranked
    ]


def _notes(output: Output) -> list[dict[str, Any]]:
    return [{"object": note.object, "text": note.text} for note in output.notes]


def _renames(output: Output) -> list[dict[str, Any]]:
    return [{"source": source, "target": target} for source, target in output.renames.items()]


def _statements(output: Output) -> list[dict[str, Any]]:
    return [{"object": s.object, "kind": s.kind, "stage": s.stage} for s in output.statements]


def _tables(output: Output) -> list[dict[str, Any]]:
    ranked = sorted(enumerate(output.tables, 1), key=lambda entry: (-(entry[1].size_bytes or 0), entry[0]))
    return [
        {"id": f"t{n}", "name": t.source, "target": t.target, "columns": len(t.columns), "key": t.key or "none"}
        for n, t in ranked
    ]


def _table(output: Output, identifier: str, limit: int, meter: Meter) -> Digest:
    table = table_of(output.tables, identifier)
    sources, targets = [t.source for t in output.tables], [t.target for t in output.tables]
    columns = [
        {"source": c.source, "type": c.source_type, "target": c.target, "becomes": c.target_type, "reason": c.reason}
        for c in table.columns
    ]
    return pack(
        f"{HANDLE}_{identifier}",
        {"name": table.source, "target": table.target, "key": table.key or "none", "column_count": len(columns)},
        [
            Section("omissions", of_table(((o["object"], o) for o in _omissions(output)), table.source, sources)),
            Section("notes", of_table(((n["object"], n) for n in _notes(output)), table.source, sources)),
            Section("columns", columns),
            Section("statements", of_table(((s["object"], s) for s in _statements(output)), table.target, targets)),
        ],
        limit,
        meter,
    )


def _omission(output: Output, identifier: str, limit: int, meter: Meter) -> Digest:
    """One object that stays behind, with its own text line by line."""
    found = item_of(output.omissions, identifier)
    told = {
        "id": identifier,
        "object": found.object,
        "kind": found.kind,
        "hours": found.effort_hours,
        "reason": found.reason,
        "original": [line for line in found.original.splitlines() if line.strip()] or None,
    }
    return pack(f"{HANDLE}_{identifier}", told, [], limit, meter, width=TEXT_WIDTH)

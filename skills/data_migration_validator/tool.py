"""What a model may ask of a validation, and what it gets to see of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from skills.digest import Digest, Meter, Section, pack
from skills.tool_args import BaseToolArgs, Focus, TableId, focused, table_of

if TYPE_CHECKING:
    from skills.data_migration_validator.model import Output, TableResult

HANDLE = "validate"
SHARE = 0.4  # of the digest for facts where tables differ: which ones they are says more
SHOWN = ("different", "missing", "extra")
HIDDEN = {"rows", "keys", "columns"}
FOCUS = {
    "differences": Focus(("equal", "differing_tables", *SHOWN), ("differing",)),
    "aside": Focus(("equal", "set_aside", "withheld"), ("aside",)),
    "tables": Focus(("equal", "tables", "rows_compared"), ("differing", "equal_tables")),
}


class ToolArgs(BaseToolArgs):
    """Compare source and target: rows that differ, per table."""

    focus: Literal["all", "differences", "aside", "tables"] = "all"
    table: TableId | None = None


def digest(output: Output, limit: int, meter: Meter, args: ToolArgs | None = None) -> Digest:
    """The comparison, a part of it, or one table; UsageError TABLE_UNKNOWN for a table that isn't there."""
    chosen = args or ToolArgs()
    if chosen.table is not None:
        table = table_of(output.tables, chosen.table)
        told = table.model_dump(mode="json", exclude=HIDDEN, exclude_defaults=True) | {"columns": table.columns or None}
        return pack(f"{HANDLE}_{chosen.table}", told, [], limit, meter)
    told, shown = focused(facts(output), sections(output), FOCUS.get(chosen.focus))
    return pack(HANDLE, told, shown, limit, meter, share=None if output.equal else SHARE)


def sections(output: Output) -> list[Section]:
    """Everything that can be paged through, what differs most first; ids follow the order of the output's list."""
    tables = list(enumerate(output.tables, 1))
    worst = sorted((e for e in tables if not e[1].equal), key=lambda e: -sum(getattr(e[1], name) for name in SHOWN))
    largest = sorted((entry for entry in tables if entry[1].equal), key=lambda entry: -(entry[1].rows_source or 0))
    aside = [
        {"id": f"t{n}", "name": t.name, "set_aside": t.set_aside, "withheld": t.withheld}
        for n, t in tables
        if t.set_aside or t.withheld
    ]
    return [
        Section("differing", [_differing(n, table) for n, table in worst], first=5),
        Section("aside", aside, first=3),
        Section("unpaired", [item.model_dump() for item in output.unpaired], first=5),
        Section("schema_findings", [item.model_dump(mode="json") for item in output.schema_findings], first=5),
        Section("equal_tables", [{"id": f"t{n}", "name": t.name, "rows": t.rows_source} for n, t in largest]),
    ]


def facts(output: Output) -> dict[str, Any]:
    """Every fact by name, the most decisive first; None is not shown. No section has the name of a fact."""
    tables = output.tables
    return {
        "equal": output.equal,
        "level": output.level,
        "tables": len(tables),
        "differing_tables": sum(not table.equal for table in tables),
        "rows_compared": output.rows_compared,
        **{name: sum(getattr(table, name) for table in tables) for name in SHOWN},
        "row_count_match": output.row_count_match,
        "rows_source": sum(table.rows_source or 0 for table in tables),
        "rows_target": sum(table.rows_target or 0 for table in tables),
        "tolerated": sum(table.tolerated for table in tables) or None,
        "certificate": output.certificate.root if output.certificate else None,
        "set_aside": sum(table.set_aside for table in tables),
        "withheld": sum(table.withheld for table in tables),
    }


def _differing(number: int, table: TableResult) -> dict[str, Any]:
    """Counts and columns; neither keys nor values, which are rows."""
    return {
        "id": f"t{number}",
        "name": table.name,
        **{name: getattr(table, name) for name in SHOWN},
        "columns": table.columns,
        "rows_source": table.rows_source,
        "rows_target": table.rows_target,
        "target": table.target,
        "problem": table.problem.what if table.problem else None,
        "uncompared": [item.column for item in table.uncompared] or None,
    }

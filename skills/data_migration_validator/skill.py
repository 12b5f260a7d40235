"""Compares two live databases table by table and names every row and column that differs."""

from __future__ import annotations

from contextlib import closing
from typing import Literal

from pydantic import Field

from conversion.mapping import TableMapping
from engines.catalog import Model
from engines.connection import parse
from engines.errors import UsageError
from skills.context import Progress, SkillContext
from skills.data_migration_validator.tool import ToolArgs, digest, sections
from skills.models import DatabaseRef
from transfer.aside import quarantined_on
from transfer.chunks import Quarantined
from transfer.old_compare import RowDifference, compare_table, count_table, side_of
from transfer.endpoints import AnySnapshot, open_snapshot
from transfer.ranges import cut_table

__all__ = ["Input", "Output", "ToolArgs", "digest", "run", "sections"]

RANGE_ROWS = 100_000


class Input(Model):
    """Both ends, the mapping, and how deep to look; limit: differing rows shown with values, per table."""

    source: DatabaseRef
    target: DatabaseRef
    tables: list[TableMapping]
    level: Literal["counts", "checksums", "rows", "stream", "sample"] = "checksums"
    repair: bool = False
    limit: int = 20
    migration: str | None = None


class TableResult(Model):
    """One table; keys and columns name the rows that differ (the first of them)."""

    name: str
    target: str
    rows_source: int
    rows_target: int
    different: int = 0
    missing: int = 0
    extra: int = 0
    withheld: int = 0
    set_aside: int = 0
    keys: list[dict[str, str | None]] = Field(default_factory=list)
    columns: list[str] = Field(default_factory=list)
    rows: list[RowDifference] = Field(default_factory=list)
    equal: bool


class Output(Model):
    """equal: nothing differs but what was quarantined with the very value the source still holds."""

    equal: bool
    level: str
    row_count_match: bool
    tables: list[TableResult]
    rows_compared: int
    positions: dict[str, str]


def run(input: Input, context: SkillContext) -> Output:
    """Compare. UsageError for a level or repair that this version does not have, or a side without url."""
    if input.level in ("stream", "sample") or input.repair:
        asked = "repair" if input.repair else f"level {input.level}"
        raise UsageError(
            "UNSUPPORTED_OPTION",
            f"The validator of this version has no {asked}.",
            "Use level counts, checksums or rows.",
        )
    if input.source.url is None or input.target.url is None:
        raise UsageError("REQUEST_INCOMPLETE", "Both ends need a url.", "Give source.url and target.url.")
    aside = quarantined_on(input.target.url, input.migration) if input.migration else []
    with (
        closing(open_snapshot(parse(input.source.url))) as source,
        closing(open_snapshot(parse(input.target.url))) as target,
    ):
        tables = [_table(input, context, source, target, aside, n) for n in range(len(input.tables))]
        return Output(
            equal=all(table.equal for table in tables),
            level=input.level,
            row_count_match=all(t.rows_source == t.rows_target + t.withheld for t in tables),
            tables=tables,
            rows_compared=sum(table.rows_source for table in tables),
            positions={"source": source.position, "target": target.position},
        )


def _table(
    input: Input,
    context: SkillContext,
    source: AnySnapshot,
    target: AnySnapshot,
    aside: list[tuple[str, Quarantined]],
    number: int,
) -> TableResult:
    table = input.tables[number]
    context.progress(Progress("validate", table.source, number, len(input.tables)))
    sides = side_of(source, "source", aside), side_of(target, "target", [])
    own = [entry for name, entry in aside if name == table.source]
    if input.level == "counts":
        found = count_table(*sides, table, own)
    else:
        bounds = [c.upper for c in cut_table(source, table, RANGE_ROWS) if c.upper is not None]
        found = compare_table(*sides, table, bounds, own, input.limit)
    result = TableResult(
        **found.model_dump(exclude={"rows"}),
        rows=found.rows,
        keys=[row.key for row in found.rows],
        columns=sorted({column for row in found.rows for column in row.columns}),
        equal=found.equal,
    )
    context.journal("table compared", result.model_dump(exclude={"rows", "keys"}))
    return result

"""Compares source and target table by table: counts, hashes of ranges, and the rows and columns that differ."""

from __future__ import annotations

from collections import Counter

from pydantic import Field

from conversion.mapping import TableMapping
from engines.catalog import Model
from engines.postgresql.snapshot import PostgresqlSnapshot
from transfer.chunks import Chunk, Quarantined, cut
from transfer.endpoints import AnySnapshot
from transfer.old_sides import PostgresqlSide, Side, SqliteSide, Texts, compared


class RowDifference(Model):
    """A row that is not the same on both sides; key and values as text, columns that differ."""

    kind: str  # different | missing | extra
    key: dict[str, str | None]
    columns: list[str] = Field(default_factory=list)
    source: dict[str, str | None] = Field(default_factory=dict)
    target: dict[str, str | None] = Field(default_factory=dict)


class TableComparison(Model):
    """A table's result; rows_target does not count what was withheld on purpose, withheld does."""

    name: str
    target: str
    rows_source: int
    rows_target: int
    withheld: int = 0
    set_aside: int = 0
    different: int = 0
    missing: int = 0
    extra: int = 0
    rows: list[RowDifference] = Field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Nothing differs beyond what was set aside and recorded."""
        return not (self.different or self.missing or self.extra)


def side_of(snapshot: AnySnapshot, role: str, aside: list[tuple[str, Quarantined]]) -> Side:
    """The comparison's view of a snapshot."""
    if isinstance(snapshot, PostgresqlSnapshot):
        return PostgresqlSide(snapshot, role)
    return SqliteSide(snapshot, role, aside)


def compare_table(
    source: Side, target: Side, table: TableMapping, bounds: list[int], aside: list[Quarantined], limit: int
) -> TableComparison:
    """Compare a table range by range; ranges whose hashes differ are compared row by row.

    bounds: keys that end ranges, used where both sides have the key; limit: rows shown with their values.
    """
    result = TableComparison(name=table.source, target=table.target, rows_source=0, rows_target=0)
    result.withheld = sum(entry.action == "row_withheld" for entry in aside)
    result.set_aside = len(aside) - result.withheld
    ranges = cut(table.source, bounds if table.range_column else [])
    for chunk in ranges:
        here, there = source.digest(table, chunk), target.digest(table, chunk)
        result.rows_source += here.rows
        result.rows_target += there.rows
        if here != there:
            _rows(source, target, table, chunk, result, limit)
    result.rows_source += result.withheld
    return result


def count_table(source: Side, target: Side, table: TableMapping, aside: list[Quarantined]) -> TableComparison:
    """Compare row counts only; a surplus or lack is counted as extra or missing, without keys."""
    withheld = sum(entry.action == "row_withheld" for entry in aside)
    here, there = source.count(table), target.count(table) + withheld
    return TableComparison(
        name=table.source,
        target=table.target,
        rows_source=here,
        rows_target=there - withheld,
        withheld=withheld,
        set_aside=len(aside) - withheld,
        missing=max(0, here - there),
        extra=max(0, there - here),
    )


def _rows(source: Side, target: Side, table: TableMapping, chunk: Chunk, result: TableComparison, limit: int) -> None:
    """Find the rows of a range that differ; rows without a key are compared as a multiset."""
    left, right = Counter(source.keyed(table, chunk)), Counter(target.keyed(table, chunk))
    only_left, only_right = left - right, right - left
    left_keys, right_keys = Counter(k for k, _ in only_left.elements()), Counter(k for k, _ in only_right.elements())
    both = left_keys & right_keys
    kinds = {"different": both, "missing": left_keys - both, "extra": right_keys - both}
    for kind, keys in kinds.items():
        setattr(result, kind, getattr(result, kind) + keys.total())
        chosen = set(sorted(keys)[: max(0, limit - len(result.rows))])
        if chosen:
            result.rows += _shown(source, target, table, chunk, kind, chosen)


def _shown(
    source: Side, target: Side, table: TableMapping, chunk: Chunk, kind: str, keys: set[bytes]
) -> list[RowDifference]:
    left = dict(source.values(table, chunk, keys)) if kind != "extra" else {}
    right = dict(target.values(table, chunk, keys)) if kind != "missing" else {}
    return [_difference(table, kind, left.get(key), right.get(key)) for key in sorted(keys)]


def _difference(table: TableMapping, kind: str, left: Texts | None, right: Texts | None) -> RowDifference:
    columns = compared(table)
    names = [column.target for column in columns]
    there = left if left is not None else right
    assert there is not None
    key = {name: _text(text) for name, text in zip(names, there, strict=True) if name in table.key or not table.key}
    if left is None or right is None:
        return RowDifference(kind=kind, key=key)
    differing = [name for name, a, b in zip(names, left, right, strict=True) if a != b]
    return RowDifference(
        kind=kind,
        key=key,
        columns=differing,
        source={n: _text(t) for n, t in zip(names, left, strict=True) if n in differing},
        target={n: _text(t) for n, t in zip(names, right, strict=True) if n in differing},
    )


def _text(text: bytes | None) -> str | None:
    return None if text is None else text.decode(errors="backslashreplace")


def chunk_equal(source: Side, target: Side, table: TableMapping, chunk: Chunk) -> bool:
    """Whether a chunk's rows in the target equal what the source holds; False where that can't be known.

    A range of a key that the target does not have can't be compared by itself.
    """
    ranged = chunk.lower is not None or chunk.upper is not None
    if ranged and table.range_column is None:
        return False
    return source.digest(table, chunk) == target.digest(table, chunk)

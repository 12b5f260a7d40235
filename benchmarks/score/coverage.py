"""What of a source schema really is on the target: counted in the catalog that the target's server gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmarks.score.outcome import Outcome
from conversion.mapping import TableMapping
from engines.catalog import ForeignKey, Index, Key, Table

WITHOUT_ROWS = {"virtual", "shadow", "foreign"}  # accounted for like views, not counted as tables
SEARCHES = {"fulltext", "spatial", "rtree", "gin", "gist"}  # of whole documents, shapes, ranges: not counted
KINDS = ("table", "column", "primary key", "unique", "foreign key", "index")


@dataclass
class Coverage:
    """Per kind: how many the source has and how many the target has; lost: kind and name of each that is missing."""

    wanted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    lost: list[tuple[str, str]] = field(default_factory=list)

    def add(self, kind: str, name: str, there: bool) -> None:
        """Count one object."""
        self.wanted[kind] += 1
        self.found[kind] += there
        if not there:
            self.lost.append((kind, name))

    def share(self, *kinds: str) -> float:
        """Part that is there, 0 to 1; 1 where the source has none."""
        wanted = sum(self.wanted[kind] for kind in kinds)
        return sum(self.found[kind] for kind in kinds) / wanted if wanted else 1.0

    def __iadd__(self, other: Coverage) -> Coverage:
        self.wanted += other.wanted
        self.found += other.found
        self.lost += other.lost
        return self


def covered(outcome: Outcome) -> Coverage:
    """Count tables, columns, primary keys, unique keys, foreign keys and indexes (those that search left out)."""
    result = Coverage()
    mappings = {mapping.source: mapping for mapping in outcome.conversion.tables}
    there = {table.full_name: table for table in outcome.made.tables}
    for source in outcome.source.tables:
        if source.kind in WITHOUT_ROWS:
            continue
        mapping = mappings.get(source.full_name)
        target = there.get(mapping.target) if mapping else None
        result.add("table", source.full_name, target is not None)
        names = {column.source: column.target for column in mapping.columns} if mapping else {}
        if target is None or mapping is None:
            target = Table(schema_name="", name="", columns=[])
        _columns(result, source, target, names)
        _keys(result, source, target, names)
        _references(result, source, target, names, mappings)
    return result


def _columns(result: Coverage, source: Table, target: Table, names: dict[str, str]) -> None:
    there = {column.name for column in target.columns}
    for column in source.columns:
        result.add("column", f"{source.full_name}.{column.name}", names.get(column.name) in there)


def _keys(result: Coverage, source: Table, target: Table, names: dict[str, str]) -> None:
    if source.primary_key is not None:
        wanted = [names.get(name) for name in source.primary_key.columns]
        made = target.primary_key.columns if target.primary_key else _rowid(target)
        result.add("primary key", source.full_name, wanted == made)
    for key in source.uniques:
        columns = {names.get(name, "") for name in key.columns}
        result.add("unique", f"{source.full_name}.{key.name}", _is_unique(target, columns))
    for index in source.indexes:
        if index.method in SEARCHES:
            continue
        kind = "unique" if index.unique else "index"
        result.add(kind, f"{source.full_name}.{index.name}", _is_indexed(target, index, names))


def _rowid(target: Table) -> list[str]:
    """SQLite's INTEGER PRIMARY KEY, which is a column's identity in the catalog."""
    return [column.name for column in target.columns if column.identity]


def _is_unique(target: Table, columns: set[str]) -> bool:
    keys: list[Key] = [*target.uniques, *([target.primary_key] if target.primary_key else [])]
    if any(set(key.columns) == columns for key in keys):
        return True
    return any(index.unique and _named(index, columns) for index in target.indexes)


def _named(index: Index, columns: Iterable[str]) -> bool:
    """Every column is a key of the index, or stands in the expression of one; none is left over."""
    keys, wanted = list(index.keys), list(columns)
    return len(keys) == len(wanted) and all(
        any(key.column == name or name in (key.expression or "") for key in keys) for name in wanted
    )


def _is_indexed(target: Table, source: Index, names: dict[str, str]) -> bool:
    """An index, key or constraint of the target starts with the same keys in the same order."""
    parts = [names.get(key.column, "") if key.column else None for key in source.keys]
    orders: list[list[str | None]] = [list(key.columns) for key in target.uniques]
    orders += [list(target.primary_key.columns)] if target.primary_key else []
    if any(_alike(order, parts) or (not source.unique and _alike(order[: len(parts)], parts)) for order in orders):
        return True
    return any(_starts(index, parts) and (index.unique or not source.unique) for index in target.indexes)


def _alike(order: list[str | None], parts: list[str | None]) -> bool:
    """The same columns in the same order; an expression may have become a computed column."""
    pairs = zip(order, parts, strict=False)
    return len(order) == len(parts) and all(wanted in (None, name) for name, wanted in pairs)


def _starts(index: Index, parts: list[str | None]) -> bool:
    if len(index.keys) < len(parts):
        return False
    pairs = zip(index.keys, parts, strict=False)
    return all(
        name is None or key.column == name or bool(name and name in (key.expression or "")) for key, name in pairs
    )


def _references(
    result: Coverage, source: Table, target: Table, names: dict[str, str], mappings: dict[str, TableMapping]
) -> None:
    for key in source.foreign_keys:
        parent = mappings.get(f"{key.referenced_schema}.{key.referenced_table}")
        there = parent is not None and any(_same(key, other, names, parent) for other in target.foreign_keys)
        result.add("foreign key", f"{source.full_name}.{key.name or '_'.join(key.columns)}", there)


def _same(source: ForeignKey, target: ForeignKey, names: dict[str, str], parent: TableMapping) -> bool:
    of_parent = {column.source: column.target for column in parent.columns}
    wanted = {names.get(a): of_parent.get(b) for a, b in zip(source.columns, source.referenced_columns, strict=False)}
    made = dict(zip(target.columns, target.referenced_columns, strict=False))
    same_table = f"{target.referenced_schema}.{target.referenced_table}" == parent.target
    return same_table and (made == wanted or (not source.referenced_columns and set(made) == set(wanted)))

"""Whether the columns of a foreign key are compared as those they refer to, so that a join finds the same rows."""

from __future__ import annotations

from collections.abc import Iterator

from conversion.documents.relations_places import collation_of
from engines.catalog import Column, ForeignKey, Kind, Table
from engines.families import family
from engines.sqlite.types import affinity

PLAIN = "binary"  # SQLite's own collation, which a column has that names none
UNPADDED = ("nopad", "0900", PLAIN)  # in names of MySQL's collations that tell `a` from `a `
# kinds whose equal values are written alike; those of text are told by the collation
ONE_SPELLING = frozenset({Kind.INTEGER, Kind.YEAR, Kind.BOOLEAN, Kind.UUID, Kind.DATE, Kind.TIMESTAMP, Kind.ENUM})


def folds(child: Table, key: ForeignKey, parent: Table | None, engine: str) -> bool:
    """True for text that is compared without regard to case on a side: equal keys may be spelled differently."""
    columns = [child.column(name) for name in key.columns]
    columns += [there for _, there in _pairs(child, key, parent)]
    return any(collation_of(one.collation, one.type.name, one.type.kind, engine) is not None for one in columns)


def compares_otherwise(child: Table, key: ForeignKey, parent: Table | None, engine: str) -> bool:
    """True where a join may find other rows than the engine's own check of the foreign key.

    That compares by the collation, and in SQLite with the affinity, of what is referred to
    (https://sqlite.org/foreignkeys.html, 3); a join by the child's collation, or not at all where PostgreSQL's differ.
    """
    for here, there in _pairs(child, key, parent):
        if _collation(here) != _collation(there):
            return True
        if family(engine) == "sqlite" and affinity(here.native) != affinity(there.native):
            return True
    return False


def unkeyed(key: ForeignKey, parent: Table | None) -> bool:
    """True where the parent can't be found by what is referred to: no key, or a column it doesn't have (SQLite)."""
    if parent is None or not key.referenced_columns:
        return True
    columns = {column.name: column for column in parent.columns}
    primary = parent.primary_key.columns if parent.primary_key else []
    wanted = set(key.referenced_columns)
    if not wanted <= columns.keys() or any(columns[name].nullable and name not in primary for name in wanted):
        return True
    return not any(set(found.columns) == wanted for found in [parent.primary_key, *parent.uniques] if found)


def one_spelling(child: Table, names: list[str], engine: str) -> bool:
    """True where values of these columns that are equal are the same to the last character: never 1.0 and 1.00."""
    return all(_one_spelling(child.column(name), family(engine)) for name in names)


def _one_spelling(column: Column, engine: str) -> bool:
    kind, collation = column.type.kind, _collation(column)
    if kind is Kind.BINARY:
        return engine != "sqlite"  # whose BLOB columns hold numbers, too
    if kind is Kind.TEXT and engine == "mysql":
        return any(part in collation for part in UNPADDED)
    if kind is Kind.TEXT:
        return not collation and collation_of(None, column.type.name, kind, engine) is None
    return kind in ONE_SPELLING


def _pairs(child: Table, key: ForeignKey, parent: Table | None) -> Iterator[tuple[Column, Column]]:
    columns = {column.name: column for column in parent.columns} if parent is not None else {}
    for name, other in zip(key.columns, key.referenced_columns, strict=False):
        if other in columns:
            yield child.column(name), columns[other]


def _collation(column: Column) -> str:
    found = (column.collation or "").lower()
    return "" if found == PLAIN else found

"""Hazards of a SQLite source beside single values: references, case, keys, and what only SQLite has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engines.catalog import Column, ForeignKey, Kind, Table
from skills.database_optimization_analyzer.indexes import qualified, quoted
from skills.database_optimization_analyzer.probe import KEYS_SHOWN, Found, Probe, orphans, without_rowid
from skills.database_optimization_analyzer.rules_names import snake

IDENTIFYING = re.compile(r"(^|_)(e?mail|email_address|login|user_?name|sku|slug|code|handle|nickname)$")
LARGEST_ROWID = 2**63 - 1
NEAR_LARGEST = 2**62


def _resolved(probe: Probe, key: ForeignKey) -> tuple[Table | None, ForeignKey]:
    """The referenced table, found without case, and the reference with its columns written out."""
    wanted = key.referenced.lower()
    parent = next((table for table in probe.catalog.tables if table.full_name.lower() == wanted), None)
    if parent is None or len(key.referenced_columns) == len(key.columns):
        return parent, key
    columns = parent.primary_key.columns if parent.primary_key else []
    return parent, key.model_copy(update={"referenced_columns": columns})


def orphaned(probe: Probe) -> Iterator[Found]:
    """Rows that reference nothing, per foreign key."""
    for table in probe.tables:
        for declared in table.foreign_keys:
            parent, key = _resolved(probe, declared)
            if parent is None or len(key.columns) != len(key.referenced_columns) or not probe.small(table):
                continue
            count, keys = orphans(probe, table, key)
            if count:
                target = f"{parent.full_name}({', '.join(key.referenced_columns)})"
                yield Found(table.full_name, ", ".join(key.columns), count, keys, f"no such row in {target}")


def parent_missing(probe: Probe) -> Iterator[Found]:
    """Foreign keys to a table, or to columns, that are not there: SQLite accepts them until a row is written."""
    for table in probe.tables:
        for declared in table.foreign_keys:
            parent, key = _resolved(probe, declared)
            names = {column.name.lower() for column in parent.columns} if parent else set()
            matched = len(key.columns) == len(key.referenced_columns)
            if parent is None or not matched or not {name.lower() for name in key.referenced_columns} <= names:
                what = f"{declared.referenced_table}({', '.join(declared.referenced_columns)})"
                yield Found(table.full_name, ", ".join(declared.columns), detail=f"references {what}")


def enforcement_off(probe: Probe) -> Iterator[Found]:
    """Foreign keys that only some connections enforced: the setting is not kept in the file."""
    count = sum(len(table.foreign_keys) for table in probe.tables)
    if count:
        yield Found(probe.catalog.database, count=count, detail="PRAGMA foreign_keys is off unless a program sets it")


def _key_like(table: Table, column: Column) -> bool:
    keys = ([table.primary_key] if table.primary_key else []) + table.uniques
    in_key = any(column.name in key.columns for key in keys)
    in_index = any(index.unique and any(part.column == column.name for part in index.keys) for index in table.indexes)
    return in_key or in_index or bool(IDENTIFYING.search(snake(column.name)))


def case_duplicates(probe: Probe) -> Iterator[Found]:
    """Values of key-like text columns that differ only in the case of ASCII letters."""
    for table, column, profile in probe.columns():
        if column.type.kind not in (Kind.TEXT, Kind.CHAR, Kind.DYNAMIC) or not profile.classes.get("text"):
            continue
        if not _key_like(table, column) or not probe.small(table):
            continue
        name = quoted(column.name)
        grouped = (
            f"SELECT min({name} COLLATE BINARY) AS a, max({name} COLLATE BINARY) AS b FROM {qualified(table)}"
            f" WHERE typeof({name}) = 'text' GROUP BY lower({name}) COLLATE BINARY HAVING a <> b COLLATE BINARY"
        )
        count = int(probe.one(f"SELECT count(*) FROM ({grouped})"))
        if count:
            rows = probe.source.query(f"{grouped} LIMIT {KEYS_SHOWN}")
            yield Found(table.full_name, column.name, count, tuple(f"{a!r} and {b!r}" for a, b in rows))


def virtual(probe: Probe) -> Iterator[Found]:
    """Virtual tables: their rows belong to a module of SQLite (full text, R-tree, ...)."""
    for table in probe.catalog.tables:
        if table.kind == "virtual":
            yield Found(table.full_name, detail=(table.definition or "")[:120])


def keyed_storage(probe: Probe) -> Iterator[Found]:
    """Tables WITHOUT ROWID: no row number to cut them into ranges by."""
    return (Found(table.full_name) for table in probe.tables if without_rowid(table))


def numbers_used_up(probe: Probe) -> Iterator[Found]:
    """Numbered tables whose largest number is near 2^63-1, after which SQLite gives no further one."""
    for table in probe.tables:
        column = next((column for column in table.columns if column.identity), None)
        if column is None:
            continue
        name = quoted(column.name)
        largest = probe.one(f"SELECT max({name}) FROM {qualified(table)}")
        if isinstance(largest, int) and largest >= NEAR_LARGEST:
            used_up = largest == LARGEST_ROWID
            detail = f"largest is {largest}" + (", there is no next one" if used_up else "")
            yield Found(table.full_name, column.name, 1, (f"{column.name}={largest}",), detail)


def case_blind(probe: Probe) -> Iterator[Found]:
    """Columns that SQLite compares by NOCASE, RTRIM or a collation of the program's own."""
    for table in probe.tables:
        for column in table.columns:
            if column.collation and column.collation.upper() != "BINARY":
                yield Found(table.full_name, column.name, detail=f"COLLATE {column.collation}")

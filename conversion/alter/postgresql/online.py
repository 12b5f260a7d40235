"""The gentler ways of PostgreSQL: the same end with weaker locks, statement by statement outside of a transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conversion.alter.model import Online
from conversion.ddl_postgresql_parts import check_sql, foreign_key_sql, names
from engines.catalog import Check, Column, ForeignKey, Index, Key, Table, View
from engines.full_names import parts
from engines.postgresql.quoting import quote_identifier, quote_name

INVALID = "A build that fails leaves an invalid index: drop it (DROP INDEX CONCURRENTLY) and build again."
BATCH = 10_000  # rows per batch of an UPDATE: a planning value of this project


def online(kind: str, owner: Table | View | None, item: Any) -> Online | None:
    """The gentler way to make an object; None where the plain statement is as gentle or no other way is known."""
    made = MAKERS.get(kind)
    return made(owner, item) if made is not None and owner is not None else None


def online_drop(kind: str, owner: Table | View | None, item: Any) -> Online | None:
    """The gentler way to drop an object."""
    if kind == "index" and owner is not None and not _partitioned(owner):
        name = quote_name(owner.schema_name, item.name)
        return Online(statements=[f"DROP INDEX CONCURRENTLY {name}"], needs="PostgreSQL 9.2")
    if kind == "partition" and owner is not None:
        part = quote_name(owner.schema_name, owner.name)
        sql = f"ALTER TABLE {quote_name(*parts(item.parent))} DETACH PARTITION {part} CONCURRENTLY"
        return Online(statements=[sql], needs="PostgreSQL 14", note="Not where there is a default partition.")
    return None


def _partitioned(owner: Table | View) -> bool:
    return isinstance(owner, Table) and owner.kind == "partitioned"


def _index(owner: Table | View, index: Index) -> Online | None:
    if _partitioned(owner):
        note = "Build it CONCURRENTLY on every part, make it ON ONLY the whole, then ATTACH the parts' indexes."
        return Online(needs="PostgreSQL 11", note=note)
    head = "CREATE UNIQUE INDEX" if index.unique else "CREATE INDEX"
    sql = index.definition or ""
    if not sql.startswith(f"{head} "):
        return None
    return Online(
        statements=[f"{head} CONCURRENTLY{sql[len(head) :]}"], needs="PostgreSQL 8.2", note=INVALID
    )  # fmt: skip


def _key(owner: Table | View, key: Key, word: str) -> Online | None:
    if _partitioned(owner) or not key.name or key.deferrable:
        return None
    table, name = quote_name(owner.schema_name, owner.name), quote_identifier(key.name)
    include = f" INCLUDE ({names(key.include)})" if key.include else ""
    nulls = "" if key.nulls_distinct else " NULLS NOT DISTINCT"
    build = f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({names(key.columns)}){include}{nulls}"
    adopt = f"ALTER TABLE {table} ADD CONSTRAINT {name} {word} USING INDEX {name}"
    return Online(statements=[build, adopt], needs="PostgreSQL 9.1", note=INVALID)


def _unique(owner: Table | View, key: Key) -> Online | None:
    return _key(owner, key, "UNIQUE")


def _primary_key(owner: Table | View, key: Key) -> Online | None:
    return _key(owner, key, "PRIMARY KEY")


def _validated(owner: Table | View, name: str | None, sql: str, needs: str) -> Online | None:
    if not name:
        return None
    table, quoted = quote_name(owner.schema_name, owner.name), quote_identifier(name)
    return Online(
        statements=[
            f"ALTER TABLE {table} ADD CONSTRAINT {quoted} {sql} NOT VALID",
            f"ALTER TABLE {table} VALIDATE CONSTRAINT {quoted}",
        ],
        needs=needs,
        note="VALIDATE reads every row under SHARE UPDATE EXCLUSIVE, which lets readers and writers go on.",
    )


def _foreign_key(owner: Table | View, key: ForeignKey) -> Online | None:
    if not key.validated:
        return None
    needs = "PostgreSQL 18" if _partitioned(owner) else "PostgreSQL 9.1"
    return _validated(owner, key.name, foreign_key_sql(key), needs)


def _check(owner: Table | View, check: Check) -> Online | None:
    return _validated(owner, check.name, check_sql(check), "PostgreSQL 9.2") if check.validated else None


MAKERS: dict[str, Callable[[Any, Any], Online | None]] = {
    "index": _index, "unique": _unique, "pk": _primary_key, "fk": _foreign_key, "check": _check,
}  # fmt: skip


def not_null(table: Table, column: Column) -> Online:
    """SET NOT NULL without a scan under the strong lock: a validated check proves it (since 12)."""
    name = quote_name(table.schema_name, table.name)
    proof = quote_identifier(f"{column.name[:40]}_not_null_proof")
    quoted = quote_identifier(column.name)
    return Online(
        statements=[
            f"ALTER TABLE {name} ADD CONSTRAINT {proof} CHECK ({quoted} IS NOT NULL) NOT VALID",
            f"ALTER TABLE {name} VALIDATE CONSTRAINT {proof}",
            f"ALTER TABLE {name} ALTER COLUMN {quoted} SET NOT NULL",
            f"ALTER TABLE {name} DROP CONSTRAINT {proof}",
        ],
        needs="PostgreSQL 12",
    )


def new_type(table: Table, column: Column, expression: str) -> Online:
    """Another type by a shadow column that is filled in batches and then takes the old one's name."""
    name, quoted = quote_name(table.schema_name, table.name), quote_identifier(column.name)
    shadow = quote_identifier(f"{column.name[:50]}_new")
    return Online(
        statements=[
            f"ALTER TABLE {name} ADD COLUMN {shadow} {column.native}",
            f"UPDATE {name} SET {shadow} = {expression} WHERE ctid IN (SELECT ctid FROM {name} "
            f"WHERE {shadow} IS NULL AND {quoted} IS NOT NULL LIMIT {BATCH})",
            f"ALTER TABLE {name} DROP COLUMN {quoted}",
            f"ALTER TABLE {name} RENAME COLUMN {shadow} TO {quoted}",
        ],
        needs="PostgreSQL 11",
        note=(
            "Before the first batch a trigger BEFORE INSERT OR UPDATE must fill the shadow column too; repeat the "
            "UPDATE until it changes no row; the last two statements belong into one transaction, after indexes and "
            "constraints of the column were made on the shadow (CONCURRENTLY, NOT VALID). The column moves to the end."
        ),
    )


def batches(update: str) -> Online:
    """An UPDATE in batches, so that no row stays locked for long."""
    return Online(
        statements=[update],
        note=f"Add a LIMIT of {BATCH} rows by ctid, commit after each batch, repeat until no row is left.",
    )

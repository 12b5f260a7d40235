"""Index advice that is exact on a catalog: foreign keys without an index, indexes that another one makes needless."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engines.catalog import Catalog, ForeignKey, Index, IndexKey, Model, Table

NAME_BYTES = 63  # NAMEDATALEN - 1 of PostgreSQL; SQLite has no limit


class IndexAdvice(Model):
    """One index to create or drop; problem is missing-foreign-key-index, duplicate-index or redundant-index."""

    problem: str
    table: str
    columns: list[str]
    index: str | None = None
    covered_by: str | None = None
    ddl: str
    reason: str


@dataclass(frozen=True)
class Access:
    """An ordered way into a table: an index or the index behind a key; rank orders twins, the lower one stays."""

    name: str
    keys: tuple[tuple[str, ...], ...]
    unique: bool
    plain: bool
    index: Index | None
    rank: int


def quoted(name: str) -> str:
    """A name as SQLite and PostgreSQL both quote it."""
    return '"' + name.replace('"', '""') + '"'


def qualified(table: Table) -> str:
    """schema.table, quoted."""
    return f"{quoted(table.schema_name)}.{quoted(table.name)}"


def _collation(name: str | None) -> str:
    """A collation's name, empty for the default that SQLite spells BINARY."""
    return "" if name is None or name.upper() == "BINARY" else name


def _part(key: IndexKey) -> tuple[str, ...]:
    return (
        f"c:{key.column}" if key.column is not None else f"e:{key.expression}",
        "desc" if key.descending else "asc",
        "" if key.nulls_first is None or key.nulls_first == key.descending else f"nulls_first={key.nulls_first}",
        _collation(key.collation),
        key.operator_class or "",
    )


def _column_parts(columns: list[str], collations: list[str | None]) -> tuple[tuple[str, ...], ...]:
    padded = [*collations, *[None] * (len(columns) - len(collations))]
    return tuple(
        (f"c:{name}", "asc", "", _collation(collation), "") for name, collation in zip(columns, padded, strict=True)
    )


def accesses(table: Table) -> list[Access]:
    """Every index of a table, those behind its keys first."""
    found = []
    keys = ([table.primary_key] if table.primary_key else []) + table.uniques
    for rank, key in enumerate(keys):
        name = key.name or f"key ({', '.join(key.columns)})"
        found.append(Access(name, _column_parts(key.columns, key.collations), True, True, None, rank))
    for rank, index in enumerate(sorted(table.indexes, key=lambda index: (not index.unique, index.name))):
        plain = index.predicate is None and index.method == "btree" and index.valid and not index.include
        parts = tuple(_part(key) for key in index.keys)
        found.append(Access(index.name, parts, index.unique, plain, index, 1000 + rank))
    return found


def _serves(access: Access, key: ForeignKey) -> bool:
    wanted = {f"c:{column}" for column in key.columns}
    usable = access.index is None or (
        access.index.valid and access.index.predicate is None and access.index.method == "btree"
    )
    return usable and {part[0] for part in access.keys[: len(wanted)]} == wanted


def unindexed_foreign_keys(table: Table) -> list[ForeignKey]:
    """Foreign keys whose columns no index starts with: each parent delete or key update scans this table."""
    ways = accesses(table)
    return [key for key in table.foreign_keys if not any(_serves(way, key) for way in ways)]


def index_name(table: str, columns: list[str]) -> str:
    """A name for an index that fits PostgreSQL's 63 bytes."""
    name = "_".join([table, *columns, "idx"])
    while len(name.encode()) > NAME_BYTES:
        name = name[:-5] + "_idx" if name.endswith("_idx") else name[:-1]
    return name


def needless(table: Table) -> Iterator[tuple[Access, Access, str]]:
    """Indexes with the other that makes them needless: the same keys, or the first keys of a longer one.

    A unique index is never needless for a longer one: it holds a rule that the longer one doesn't.
    """
    ways = [way for way in accesses(table) if way.plain]
    for way in ways:
        if way.index is None:
            continue
        for other in ways:
            if other is way or len(other.keys) < len(way.keys) or other.keys[: len(way.keys)] != way.keys:
                continue
            same = len(other.keys) == len(way.keys)
            if same and (other.unique or not way.unique) and other.rank < way.rank:
                yield way, other, "duplicate-index"
                break
            if not same and not way.unique:
                yield way, other, "redundant-index"
                break


def _columns(access: Access) -> list[str]:
    return [part[0][2:] for part in access.keys]


def _drop(engine: str, table: Table, access: Access) -> str:
    concurrently = "CONCURRENTLY " if engine == "postgresql" else ""
    return f"DROP INDEX {concurrently}{quoted(table.schema_name)}.{quoted(access.name)};"


def create_index(engine: str, table: Table, columns: list[str]) -> str:
    """The statement that creates a plain index, without locking writers out where the engine can."""
    name, listed = index_name(table.name, columns), ", ".join(quoted(column) for column in columns)
    if engine == "postgresql":
        return f"CREATE INDEX CONCURRENTLY {quoted(name)} ON {qualified(table)} ({listed});"
    return f"CREATE INDEX {quoted(table.schema_name)}.{quoted(name)} ON {quoted(table.name)} ({listed});"


def advise(catalog: Catalog) -> list[IndexAdvice]:
    """All advice for a catalog, missing indexes first, in the order of the tables."""
    missing, surplus = [], []
    for table in catalog.tables:
        if table.kind in ("foreign", "virtual", "shadow"):
            continue
        seen: set[tuple[str, ...]] = set()
        for key in unindexed_foreign_keys(table):
            if tuple(key.columns) in seen:
                continue
            seen.add(tuple(key.columns))
            missing.append(
                IndexAdvice(
                    problem="missing-foreign-key-index",
                    table=table.full_name,
                    columns=key.columns,
                    ddl=create_index(catalog.engine, table, key.columns),
                    reason=f"foreign key to {key.referenced_schema}.{key.referenced_table}: no index starts with it",
                )
            )
        for way, other, problem in needless(table):
            surplus.append(
                IndexAdvice(
                    problem=problem,
                    table=table.full_name,
                    columns=_columns(way),
                    index=way.name,
                    covered_by=other.name,
                    ddl=_drop(catalog.engine, table, way),
                    reason=f"{other.name} serves every search that this index serves",
                )
            )
    return missing + surplus

"""One catalog into another: the direction's rules decide, then the target's statements are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from conversion import postgresql_to_postgresql, postgresql_to_sqlite, sqlite_to_postgresql, sqlite_to_sqlite
from conversion.ddl_postgresql import PostgresqlWriter
from conversion.ddl_sqlite import SqliteWriter
from conversion.mapping import Statement
from conversion.result import Conversion, Overrides
from engines.catalog import Catalog
from engines.errors import UsageError
from engines.profile import TableProfile

Convert = Callable[[Catalog, dict[str, TableProfile], str, Overrides, str, frozenset[tuple[str, int]]], Conversion]
DIRECTIONS: dict[tuple[str, str], Convert] = {
    ("sqlite", "postgresql"): sqlite_to_postgresql.convert_catalog,
    ("postgresql", "postgresql"): postgresql_to_postgresql.convert_catalog,
    ("postgresql", "sqlite"): postgresql_to_sqlite.convert_catalog,
    ("sqlite", "sqlite"): sqlite_to_sqlite.convert_catalog,
}
WRITERS: dict[str, Callable[[Catalog], list[Statement]]] = {
    "postgresql": lambda catalog: PostgresqlWriter(catalog).statements(),
    "sqlite": lambda catalog: SqliteWriter(catalog).statements(),
}


def convert(
    source: Catalog,
    profiles: Mapping[str, TableProfile],
    target_engine: str,
    target_version: str,
    overrides: Overrides | None = None,
    target_schema: str = "public",
    unvalidated_foreign_keys: Iterable[tuple[str, int]] = (),
    offered_extensions: Iterable[str] | None = None,
) -> Conversion:
    """What becomes of every object of the source, and the statements that make it, in the order they run.

    profiles: by the source table's full name; without one the declared types alone decide. target_schema: where a
    SQLite source goes (PostgreSQL keeps its schemas). unvalidated_foreign_keys: (source table, place in its list of
    foreign keys) that rows break. offered_extensions: what pg_available_extensions of the target says, None when that
    isn't known. UsageError where no such direction exists.
    """
    direction = DIRECTIONS.get((source.engine, target_engine))
    if direction is None:
        raise UsageError(
            "UNSUPPORTED_DIRECTION",
            f"There is no conversion from {source.engine} to {target_engine}.",
            "Supported are " + ", ".join(f"{one} to {other}" for one, other in sorted(DIRECTIONS)) + ".",
        )
    unvalidated = frozenset(unvalidated_foreign_keys)
    result = direction(source, dict(profiles), target_version, overrides or Overrides(), target_schema, unvalidated)
    if offered_extensions is not None:
        postgresql_to_postgresql.drop_missing_extensions(result, frozenset(offered_extensions))
    result.statements = WRITERS[target_engine](result.target)
    return result

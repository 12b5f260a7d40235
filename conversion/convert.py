"""One catalog into another: the direction's rules decide, then the target's statements are written."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from typing import Any

from conversion import collations_of_targets, postgresql_to_postgresql
from conversion.result import Conversion, Overrides, Request
from engines.catalog import Catalog
from engines.collector import paused_collector
from engines.errors import UsageError
from engines.families import family
from engines.profile import TableProfile

# (family of the source, family of the target) -> module with convert_catalog(); imported when it is first needed
DIRECTIONS: dict[tuple[str, str], str] = {
    ("sqlite", "postgresql"): "conversion.sqlite_to_postgresql",
    ("postgresql", "postgresql"): "conversion.postgresql_to_postgresql",
    ("postgresql", "sqlite"): "conversion.postgresql_to_sqlite",
    ("sqlite", "sqlite"): "conversion.sqlite_to_sqlite",
    ("mysql", "postgresql"): "conversion.from_mysql.to_postgresql",
    ("mysql", "sqlite"): "conversion.from_mysql.to_sqlite",
    ("mysql", "mysql"): "conversion.from_mysql.to_mysql",
    ("postgresql", "mysql"): "conversion.to_mysql.from_postgresql",
    ("sqlite", "mysql"): "conversion.to_mysql.from_sqlite",
    ("mongodb", "postgresql"): "conversion.documents.to_relations",
    ("mongodb", "mysql"): "conversion.documents.to_relations",
    ("mongodb", "sqlite"): "conversion.documents.to_relations",
    ("mongodb", "mongodb"): "conversion.documents.to_documents",
    ("postgresql", "mongodb"): "conversion.documents.from_relations",
    ("mysql", "mongodb"): "conversion.documents.from_relations",
    ("sqlite", "mongodb"): "conversion.documents.from_relations",
}
# family of the target -> module with statements(catalog)
WRITERS: dict[str, str] = {
    "postgresql": "conversion.ddl_postgresql",
    "sqlite": "conversion.ddl_sqlite",
    "mysql": "conversion.to_mysql.ddl",
    "mongodb": "conversion.documents.commands",
}

# directions without a choice of types
OWN_TYPES = {
    ("postgresql", "postgresql"),
    ("mysql", "mysql"),
    ("sqlite", "sqlite"),
    ("mongodb", "mongodb"),
    ("postgresql", "sqlite"),
}


@paused_collector()
def convert(
    source: Catalog,
    profiles: Mapping[str, TableProfile],
    target_engine: str,
    target_version: str,
    overrides: Overrides | None = None,
    target_schema: str = "public",
    unvalidated_foreign_keys: Iterable[tuple[str, int]] = (),
    offered_extensions: Iterable[str] | None = None,
    workload: Iterable[str] = (),
    unscanned: Iterable[str] = (),
    lowers: bool = False,
    offered_collations: collations_of_targets.Offered | None = None,
) -> Conversion:
    """What becomes of every object of the source, and the statements that make it, in the order they run.

    profiles: by the source table's full name; without one the declared types alone decide. target_schema: where a
    SQLite source goes (PostgreSQL keeps its schemas). unvalidated_foreign_keys: (source table, place in its list of
    foreign keys) that rows break. offered_extensions: what pg_available_extensions of the target says, None when that
    isn't known. workload: queries of the source that steer what is embedded in documents. unscanned: source tables
    that a scan left out, whose columns may hold whatever was declared. lowers: the target's tables are called in lower
    case, as engines/mysql/names.py says of its catalog. offered_collations: what an open PostgreSQL target has.
    UsageError where no such direction exists.
    """
    ends = family(source.engine), family(target_engine)
    if ends not in DIRECTIONS:
        raise UsageError(
            "UNSUPPORTED_DIRECTION",
            f"There is no conversion from {source.engine} to {target_engine}.",
            "Supported are " + ", ".join(f"{one} to {other}" for one, other in sorted(DIRECTIONS)) + ".",
        )
    if overrides is not None and overrides.types and ends in OWN_TYPES:
        raise UsageError(
            "TYPE_WITHOUT_ROUTE",
            f"Types of columns can't be chosen from {source.engine} to {target_engine}: each keeps its own.",
            "Leave options.overrides.columns and tables out, and change the types afterwards.",
        )
    request = Request(
        source=source,
        profiles=dict(profiles),
        engine=target_engine,
        version=target_version,
        overrides=overrides or Overrides(),
        schema=target_schema,
        unvalidated=frozenset(unvalidated_foreign_keys),
        workload=tuple(workload),
        unscanned=frozenset(unscanned),
        lowers=lowers,
    )
    result: Conversion = _module(DIRECTIONS[ends]).convert_catalog(request)
    for table in result.tables:
        table.rows = profiles[table.source].rows if table.source in profiles else table.rows
    for document in result.collections:
        document.rows = profiles[document.table].rows if document.table in profiles else document.rows
    if ends == ("postgresql", "postgresql"):
        collations_of_targets.drop_missing(result, target_version, offered_collations)
    if offered_extensions is not None:
        postgresql_to_postgresql.drop_missing_extensions(result, frozenset(offered_extensions))
    result.statements = _module(WRITERS[ends[1]]).statements(result.target)
    if ends == ("postgresql", "postgresql"):
        postgresql_to_postgresql.leave_bodies_unchecked(result)
    return result


def _module(name: str) -> Any:
    return importlib.import_module(name)

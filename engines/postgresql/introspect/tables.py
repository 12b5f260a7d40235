"""Tables and views as pg_class has them: kind, columns, partitioning, inheritance, sizes."""

from __future__ import annotations

from typing import Any

from engines.catalog import Check, Column, Generated, Identity, Partitioning, Table, View
from engines.full_names import qualified
from engines.postgresql.introspect.logical_types import LogicalTypes
from engines.postgresql.introspect.reader import COLLATION_NAME, Reader, not_of_extension
from engines.postgresql.quoting import quote_identifier
from engines.postgresql.schemas import USER_SCHEMA

STRATEGIES = {"r": "RANGE", "l": "LIST", "h": "HASH"}
STORAGES = {"p": "PLAIN", "e": "EXTERNAL", "x": "EXTENDED", "m": "MAIN"}
COMPRESSIONS = {"p": "pglz", "l": "lz4"}
DETACH_PENDING = "It is half detached: ALTER TABLE ... DETACH PARTITION ... FINALIZE was not run. It is read as a part."
REPLICA_IDENTITIES = {"d": "DEFAULT", "n": "NOTHING", "f": "FULL", "i": "USING INDEX"}
RELATIONS = f"""
    SELECT c.oid, n.nspname, c.relname, c.relkind::text, c.relpersistence::text, c.relrowsecurity, c.relispartition,
           c.relforcerowsecurity, c.relispopulated, c.relreplident::text, c.reltuples, c.relpages, c.reloptions,
           d.description,
           CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS part_key, p.partstrat::text,
           CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END AS bound
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
      LEFT JOIN pg_partitioned_table p ON p.partrelid = c.oid
     WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND {USER_SCHEMA} AND {not_of_extension("pg_class", "c.oid")}
     ORDER BY n.nspname, c.relname
"""
# what few tables have is asked for apart: a user who may not see one of these catalogs still gets the tables
FOREIGN_TABLES = """
    SELECT f.ftrelid, s.srvname, f.ftoptions
      FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver
"""
IDENTITY_INDEXES = """
    SELECT i.indrelid, c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indisreplident
"""
# PostgreSQL 14: the first half of DETACH PARTITION CONCURRENTLY is done, the second is not
PARENTS = """
    SELECT h.inhrelid, n.nspname, c.relname, {detaching} AS detaching
      FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhparent JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'f')
     ORDER BY h.inhrelid, h.inhseqno
"""
SIZES = f"""
    SELECT c.oid, pg_total_relation_size(c.oid) AS size
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND {USER_SCHEMA}
"""
COLUMNS = """
    SELECT a.attrelid, a.attname, a.attnum, a.atttypid, a.atttypmod, format_type(a.atttypid, a.atttypmod) AS native,
           a.attnotnull, {pending_not_null} AS pending_not_null, a.attidentity::text, a.attgenerated::text,
           pg_get_expr(f.adbin, f.adrelid) AS expression, d.description, a.attoptions,
           CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END AS statistics,
           CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text END AS storage, {compression} AS compression,
           CASE WHEN a.attcollation <> t.typcollation
                THEN {collation_name} END AS collation
      FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_type t ON t.oid = a.atttypid
      LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
      LEFT JOIN pg_description d ON d.objoid = a.attrelid AND d.objsubid = a.attnum
                                AND d.classoid = 'pg_class'::regclass
      LEFT JOIN pg_collation co ON co.oid = a.attcollation
      LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
     WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND {user_schema}
     ORDER BY a.attrelid, a.attnum
"""
# PostgreSQL 18 keeps NOT NULL as constraints, which may be NOT VALID
PENDING_NOT_NULL = """(SELECT k.conname FROM pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'n'
                       AND k.conkey = ARRAY[a.attnum] AND NOT k.convalidated)"""


class Relations:
    """Tables and views by the oid of their pg_class row, to be filled by the other readers."""

    def __init__(self) -> None:
        self.tables: dict[int, Table] = {}
        self.views: dict[int, View] = {}

    def of(self, oid: int) -> Table | View | None:
        """The table or view of that oid; None for what isn't read."""
        return self.tables.get(oid) or self.views.get(oid)


def read_relations(reader: Reader, types: LogicalTypes) -> Relations:
    """Tables and views with their columns; what else they have is added by other readers."""
    found = Relations()
    sizes = {row.oid: row.size for row in reader.rows("sizes of tables", SIZES)}
    parents: dict[int, list[str]] = {}
    detaching = set()
    for row in reader.rows(
        "inheritance", PARENTS.format(detaching=reader.since(140000, "h.inhdetachpending", "false"))
    ):
        parents.setdefault(row.inhrelid, []).append(qualified(row.nspname, row.relname))
        detaching |= {row.inhrelid} if row.detaching else set()
    for row in reader.rows("tables and views", RELATIONS, essential=True):
        if row.relkind in ("v", "m"):
            found.views[row.oid] = _view(row)
        else:
            table = found.tables[row.oid] = _table(reader, row, parents.get(row.oid, []), sizes.get(row.oid))
            if row.oid in detaching:
                reader.missing(f"partition {table.full_name}", DETACH_PENDING, "partition")
    _read_rare(reader, found)
    _read_columns(reader, types, found)
    return found


def _table(reader: Reader, row: Any, parents: list[str], size: int | None) -> Table:
    kind = {"p": "partitioned", "f": "foreign"}.get(row.relkind, "unlogged" if row.relpersistence == "u" else "table")
    return Table(
        schema_name=row.nspname,
        name=row.relname,
        columns=[],
        kind=kind,
        partitioning=_partitioning(row, parents),
        inherits=[] if row.relispartition else parents,
        row_security=row.relrowsecurity,
        row_security_forced=row.relforcerowsecurity,
        replica_identity=REPLICA_IDENTITIES[row.relreplident],
        rows=_estimate(reader, row),
        size_bytes=size,
        comment=row.description,
        options=_options(row.reloptions),
    )


def _read_rare(reader: Reader, found: Relations) -> None:
    """Servers of foreign tables, and indexes that identify rows for replication."""
    for row in reader.rows("foreign tables", FOREIGN_TABLES):
        if row.ftrelid in found.tables:
            found.tables[row.ftrelid].options = {"server": row.srvname, **_options(row.ftoptions)}
    for row in reader.rows("replica identities", IDENTITY_INDEXES):
        table = found.tables.get(row.indrelid)
        if table is not None and table.replica_identity == "USING INDEX":
            table.replica_identity += f" {quote_identifier(row.relname)}"


def _estimate(reader: Reader, row: Any) -> int | None:
    """The planner's row count; None where there is none yet, and for a partitioned table, whose parts have theirs."""
    never_counted = row.reltuples < 0 or (reader.version < 140000 and row.relpages == 0)
    return None if row.relkind == "p" or never_counted else round(row.reltuples)


def _partitioning(row: Any, parents: list[str]) -> Partitioning | None:
    if row.relkind != "p" and not row.relispartition:
        return None
    # pg_get_partkeydef: strategy, then the key in parentheses
    key = row.part_key.partition("(")[2].removesuffix(")") if row.part_key else None
    return Partitioning(
        strategy=STRATEGIES.get(row.partstrat or ""),
        key=key,
        parent=parents[0] if row.relispartition and parents else None,
        bound=row.bound,
    )


def _view(row: Any) -> View:
    return View(
        schema_name=row.nspname,
        name=row.relname,
        definition="",
        materialized=row.relkind == "m",
        populated=row.relispopulated,
        options=_options(row.reloptions),
        comment=row.description,
    )


def _options(pairs: list[str] | None) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in pairs or ())


def _read_columns(reader: Reader, types: LogicalTypes, found: Relations) -> None:
    sql = COLUMNS.format(
        pending_not_null=reader.since(180000, PENDING_NOT_NULL, "NULL"),
        compression=reader.since(140000, "nullif(a.attcompression::text, '')", "NULL"),
        user_schema=USER_SCHEMA,
        collation_name=COLLATION_NAME,
    )
    for row in reader.rows("columns", sql, essential=True):
        if row.attrelid in found.views:
            view = found.views[row.attrelid]
            view.columns.append(row.attname)
            view.typed.append(_column(types, row, len(view.columns)))
        elif row.attrelid in found.tables:
            table = found.tables[row.attrelid]
            table.columns.append(_column(types, row, len(table.columns) + 1))
            if row.pending_not_null is not None:
                expression = f"{quote_identifier(row.attname)} IS NOT NULL"
                table.checks.append(Check(name=row.pending_not_null, expression=expression, validated=False))


def _column(types: LogicalTypes, row: Any, position: int) -> Column:
    generated = Generated(expression=row.expression, stored=row.attgenerated == "s") if row.attgenerated else None
    return Column(
        name=row.attname,
        position=position,
        native=row.native,
        type=types.resolve(row.atttypid, row.atttypmod),
        nullable=not row.attnotnull or row.pending_not_null is not None,
        default=None if generated else row.expression,
        generated=generated,
        identity=Identity(always=row.attidentity == "a") if row.attidentity else None,
        collation=row.collation,
        options=_column_options(row),
        comment=row.description,
    )


def _column_options(row: Any) -> dict[str, str]:
    found = _options(row.attoptions)
    if row.statistics is not None:
        found["statistics"] = str(row.statistics)
    if row.storage is not None:
        found["storage"] = STORAGES[row.storage]
    if row.compression is not None:
        found["compression"] = COMPRESSIONS.get(row.compression, row.compression)
    return found

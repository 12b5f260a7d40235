"""What a database holds: sizes, counts per kind, and per table its rows with where the figure came from."""

from __future__ import annotations

from pydantic import Field

from engines.catalog import Catalog, Model, Table, Unread
from engines.documents import Collection
from engines.full_names import qualified
from engines.profile import TableProfile
from engines.protocols import Database

GIGABYTE = 1_000_000_000
COUNT_EXACTLY_BELOW_ROWS = 5_000_000
COUNT_EXACTLY_BELOW_BYTES = 2 * GIGABYTE
SPECIFICATION_TYPES = {"postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql", "mongodb": "mongodb"}


class TableFacts(Model):
    """One table: rows is None where nobody counted; rows_evidence is measured, estimated, declared or not_run."""

    name: str
    kind: str = "table"
    rows: int | None = None
    rows_evidence: str = "not_run"
    size_bytes: int | None = None
    columns: int
    primary_key: list[str] = Field(default_factory=list)
    unique_keys: int = 0
    indexes: int = 0
    foreign_keys: int = 0
    checks: int = 0
    triggers: int = 0


class Inventory(Model):
    """The whole database; sizes in bytes and in GB of 10^9 bytes; evidence says where each figure came from."""

    type: str
    engine: str
    version: str
    database: str | None = None
    size_bytes: int | None = None
    size_gb: float | None = None
    encoding: str | None = None
    collation: str | None = None
    schemas: list[str] = Field(default_factory=list)
    counts: dict[str, int] = Field(default_factory=dict)
    table_count: int | None = None
    tables: list[TableFacts] = Field(default_factory=list)
    rows_total: int | None = None
    unread: list[Unread] = Field(default_factory=list)
    evidence: dict[str, str] = Field(default_factory=dict)


def count_kinds(catalog: Catalog) -> dict[str, int]:
    """Objects per kind, as the catalog names them; collections are there only where there are any."""
    tables = catalog.tables
    collections = {"collections": len(catalog.collections)} if catalog.collections else {}
    return collections | {
        "tables": len(tables),
        "columns": sum(len(table.columns) for table in tables),
        "primary_keys": sum(table.primary_key is not None for table in tables),
        "unique_keys": sum(len(table.uniques) for table in tables),
        "foreign_keys": sum(len(table.foreign_keys) for table in tables),
        "checks": sum(len(table.checks) for table in tables),
        "exclusions": sum(len(table.exclusions) for table in tables),
        "indexes": sum(len(table.indexes) for table in tables) + sum(len(view.indexes) for view in catalog.views),
        "triggers": sum(len(table.triggers) for table in tables) + sum(len(view.triggers) for view in catalog.views),
        "views": sum(not view.materialized for view in catalog.views),
        "materialized_views": sum(view.materialized for view in catalog.views),
        "routines": len(catalog.routines),
        "sequences": len(catalog.sequences),
        "types": len(catalog.types),
        "extensions": len(catalog.extensions),
        "partitioned_tables": sum(table.kind == "partitioned" for table in tables),
        "foreign_tables": sum(table.kind == "foreign" for table in tables),
        "virtual_tables": sum(table.kind == "virtual" for table in tables),
        "generated_columns": sum(column.generated is not None for table in tables for column in table.columns),
    }


def _rows(source: Database, table: Table, profile: TableProfile | None) -> tuple[int | None, str]:
    if profile is not None:
        return profile.rows, "measured"
    if table.rows_exact and table.rows is not None:
        return table.rows, "measured"
    if table.kind in ("foreign", "virtual"):
        return table.rows, "estimated" if table.rows is not None else "not_run"
    large = (table.rows or 0) >= COUNT_EXACTLY_BELOW_ROWS or (table.size_bytes or 0) >= COUNT_EXACTLY_BELOW_BYTES
    if large and table.rows is not None:
        return table.rows, "estimated"
    return source.count(table), "measured"


def describe_table(source: Database, table: Table, profile: TableProfile | None) -> TableFacts:
    """The facts of one table; counts it unless it was scanned already or is too large to count in passing."""
    rows, evidence = _rows(source, table, profile)
    return TableFacts(
        name=table.full_name,
        kind=table.kind,
        rows=rows,
        rows_evidence=evidence,
        size_bytes=table.size_bytes,
        columns=len(table.columns),
        primary_key=table.primary_key.columns if table.primary_key else [],
        unique_keys=len(table.uniques),
        indexes=len(table.indexes),
        foreign_keys=len(table.foreign_keys),
        checks=len(table.checks),
        triggers=len(table.triggers),
    )


def describe_collection(database: str, found: Collection) -> TableFacts:
    """The facts of a collection; its columns are the fields that were seen, its documents as the server counts them."""
    return TableFacts(
        name=qualified(database, found.name),
        kind="table" if found.kind == "collection" else found.kind,
        rows=found.documents,
        rows_evidence="not_run" if found.documents is None else "measured" if found.documents_exact else "estimated",
        size_bytes=found.size_bytes,
        columns=len(found.fields),
        primary_key=["_id"],
        unique_keys=sum(index.unique for index in found.indexes),
        indexes=len(found.indexes),
    )


def take_inventory(source: Database, catalog: Catalog, profiles: dict[str, TableProfile]) -> Inventory:
    """The inventory of an open database; profiles of tables that were scanned, by schema.name."""
    tables = [describe_table(source, table, profiles.get(table.full_name)) for table in catalog.tables]
    tables += [describe_collection(catalog.database, found) for found in catalog.collections if found.kind != "view"]
    counted = [table for table in tables if table.kind != "partitioned" and table.rows is not None]
    exact = all(table.rows_evidence == "measured" for table in tables if table.kind != "partitioned")
    return Inventory(
        type=SPECIFICATION_TYPES.get(catalog.engine, "other"),
        engine=catalog.engine,
        version=catalog.version,
        database=catalog.database,
        size_bytes=catalog.size_bytes,
        size_gb=None if catalog.size_bytes is None else round(catalog.size_bytes / GIGABYTE, 6),
        encoding=catalog.encoding,
        collation=catalog.collation,
        schemas=catalog.schemas,
        counts=count_kinds(catalog),
        table_count=len(tables),
        tables=tables,
        rows_total=sum(table.rows or 0 for table in counted),
        unread=catalog.unread,
        evidence={
            "version": "catalog",
            "size_bytes": "catalog" if catalog.size_bytes is not None else "not_run",
            "counts": "catalog",
            "table_count": "catalog",
            "rows_total": "measured" if exact else "estimated",
        },
    )

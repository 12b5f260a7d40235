"""The compared tables of a plan: every route of a column has one meaning, in which both sides are read.

Routes are those of the mover (transfer/routes); the readings of a SQLite side are those of
transfer/canonical/values_sqlite.py. A route without a row here is compared as its two live columns would be.
"""

from __future__ import annotations

from dataclasses import dataclass

from conversion.mapping import ColumnMapping, TableMapping
from engines.catalog import Catalog, Kind, Table
from engines.errors import UsageError
from engines.families import family
from transfer.canonical.choose import compared_column
from transfer.canonical.columns import ComparedColumn, ComparedTable, Form, Held, Role, Uncompared
from transfer.compare.row_times import row_times
from transfer.moveplan import ChunkKey

MICROSECONDS = 6
WITH_ZONE = ("with time zone", "timetz")


@dataclass(frozen=True)
class Meaning:
    """What the values of a route mean: the form, how each side is read, digits both sides hold (None: all)."""

    form: Form
    source: str = "native"
    target: str = "native"
    digits: int | None = None


# route of a SQLite source -> meaning; the source's values carry their own classes, so the reading says what is expected
FROM_SQLITE: dict[str, Meaning] = {
    "integer": Meaning(Form.NUMBER, "integer"),
    "boolean": Meaning(Form.NUMBER, "boolean"),
    "double": Meaning(Form.NUMBER, "double"),
    "numeric": Meaning(Form.NUMBER, "numeric"),
    "text": Meaning(Form.TEXT, "text"),
    "text_any": Meaning(Form.TEXT, "text_any"),
    "bytea": Meaning(Form.BYTES, "bytea"),
    "bytea_any": Meaning(Form.BYTES, "bytea_any"),
    "jsonb_any": Meaning(Form.JSON, "jsonb_any"),
    "date": Meaning(Form.DATE, "date"),
    "time": Meaning(Form.TIME, "time"),
    "timestamp": Meaning(Form.TIMESTAMP, "timestamp"),
    "timestamptz": Meaning(Form.TIMESTAMP, "timestamptz"),
    "epoch_seconds": Meaning(Form.TIMESTAMP, "epoch_seconds"),
    "epoch_milliseconds": Meaning(Form.TIMESTAMP, "epoch_milliseconds"),
    "julian_day": Meaning(Form.TIMESTAMP, "julian_day", digits=MICROSECONDS),
    "uuid": Meaning(Form.UUID, "uuid"),
    "json": Meaning(Form.JSON, "json"),
}
# route from PostgreSQL to SQLite -> meaning; the file holds what the server's own text or number was
TO_SQLITE: dict[str, Meaning] = {
    "pg_integer": Meaning(Form.NUMBER, target="integer"),
    "pg_boolean": Meaning(Form.NUMBER, target="boolean"),
    "pg_real": Meaning(Form.NUMBER, target="pg_real"),
    "pg_numeric": Meaning(Form.NUMBER, target="pg_numeric"),
    "pg_text": Meaning(Form.TEXT, target="text"),
    "pg_blob": Meaning(Form.BYTES, target="bytea"),
    "pg_date": Meaning(Form.DATE, target="pg_date"),
    "pg_time": Meaning(Form.TIME, target="pg_time"),
    "pg_timestamp": Meaning(Form.TIMESTAMP, target="pg_timestamp"),
    "pg_timestamptz": Meaning(Form.TIMESTAMP, target="pg_timestamptz"),
    "pg_json": Meaning(Form.TEXT, target="text"),  # the mover keeps the server's text byte for byte
    "pg_array": Meaning(Form.JSON, target="pg_array"),
    "pg_interval": Meaning(Form.TEXT, target="text"),
}
# route from MySQL or MariaDB to SQLite -> meaning; conversion/from_mysql/types_sqlite.py says what the file holds
MYSQL_TO_SQLITE: dict[str, Meaning] = {
    "integer": Meaning(Form.NUMBER, target="integer"),
    "boolean": Meaning(Form.NUMBER, target="boolean"),
    "bit_boolean": Meaning(Form.NUMBER, target="boolean"),
    "bit_integer": Meaning(Form.NUMBER, target="integer"),
    "bit": Meaning(Form.BYTES, target="bytea"),
    "numeric": Meaning(Form.NUMBER, target="pg_numeric"),
    "double": Meaning(Form.NUMBER, target="pg_real"),
    "text": Meaning(Form.TEXT, target="text"),
    "enum": Meaning(Form.TEXT, target="text"),
    "network": Meaning(Form.TEXT, target="text"),
    "json": Meaning(Form.TEXT, target="text"),
    "bytea": Meaning(Form.BYTES, target="bytea"),
    "wkb": Meaning(Form.BYTES, target="bytea"),
    "date": Meaning(Form.DATE, target="pg_date"),
    "time": Meaning(Form.TIME, target="pg_time"),
    "timestamp": Meaning(Form.TIMESTAMP, target="pg_timestamp"),
    "timestamptz": Meaning(Form.TIMESTAMP, target="pg_timestamptz"),
    "uuid": Meaning(Form.UUID, target="uuid"),
}
# of MySQL and MariaDB into PostgreSQL the types of both sides say it, but for a geometry that becomes bytes
MYSQL_TO_POSTGRESQL: dict[str, Meaning] = {"wkb": Meaning(Form.BYTES)}
# route from PostgreSQL to MySQL or MariaDB -> meaning, where the two types alone would say less
POSTGRESQL_TO_MYSQL: dict[str, Meaning] = {
    "pg_timestamptz": Meaning(Form.TIMESTAMP),
    "pg_composite": Meaning(Form.JSON),
    "pg_array": Meaning(Form.JSON),
    "pg_interval": Meaning(Form.TEXT),
}
ROUTES: dict[tuple[str, str], dict[str, Meaning]] = {
    ("sqlite", "postgresql"): FROM_SQLITE,
    ("sqlite", "mysql"): FROM_SQLITE,
    ("postgresql", "sqlite"): TO_SQLITE,
    ("postgresql", "mysql"): POSTGRESQL_TO_MYSQL,
    ("mysql", "postgresql"): MYSQL_TO_POSTGRESQL,
    ("mysql", "sqlite"): MYSQL_TO_SQLITE,
}


def from_mapping(
    table: TableMapping, source: Catalog, target: Catalog, *, key: ChunkKey | None = None
) -> ComparedTable:
    """What a plan's table is compared as, with the types that the live catalogs give.

    key: how the mover cut the table, by which what it set aside names its rows. Columns are called as in the source. A
    column that is gone on a side is uncompared; UsageError TABLE_MISSING where the table itself is. UsageError
    UNSUPPORTED_OPTION where a side is MongoDB: transfer/compare/mapped_documents.py.
    """
    engines = family(source.engine), family(target.engine)
    if "mongodb" in engines:
        raise UsageError(
            "UNSUPPORTED_OPTION",
            f"{table.source} lies in documents on one side, which a plan's table does not describe.",
            "Compare the two databases without the plan.",
        )
    here, there = _table(source, table.source, "source"), _table(target, table.target, "target")
    told = row_times(here.columns, there.columns, {column.source: column.target for column in table.columns})
    found = [_column(column, here, there, engines) for column in table.columns if column.source not in told]
    columns = [column for column in found if isinstance(column, ComparedColumn)]
    names = {column.target.name: column.name for column in columns}
    key_columns = [name for name in table.key if name not in told.values()]
    whole_key = all(name in names for name in key_columns)
    locator, numbered = _locator(table, engines[0], key)
    return ComparedTable(
        name=table.source,
        source=table.source,
        target=table.target,
        columns=columns,
        key=[names[name] for name in key_columns] if whole_key else [],
        range_column=_range(table, columns),
        locator=locator,
        numbered=numbered,
        uncompared=[column for column in found if isinstance(column, Uncompared)],
    )


def meaning(column: ColumnMapping, engines: tuple[str, str]) -> Meaning | None:
    """The meaning of a column's route between two families of engines; None where its types alone decide."""
    found = ROUTES.get(engines, {}).get(column.route)
    if found is None:
        return None
    if column.route == "wkb" and not column.target_type.lower().startswith(("bytea", "blob")):
        return None
    if column.route == "json" and column.target_type == "json" and engines[0] == "sqlite":
        return Meaning(Form.TEXT, "text")  # the type keeps the text byte for byte
    if column.route == "pg_time" and any(word in column.source_type for word in WITH_ZONE):
        return Meaning(Form.TIMETZ, found.source, found.target)
    if column.route == "pg_text" and column.source_type.startswith("character("):
        return Meaning(Form.CHAR, found.source, found.target)  # the cast to text that the mover reads drops the blanks
    if column.route == "pg_text" and column.source_type in ("inet", "cidr"):
        return Meaning(found.form, "cast", found.target)  # the mover's cast writes /32, the type's own output doesn't
    if column.route == "pg_text" and column.source_type == "uuid":
        return Meaning(Form.UUID, found.source, "uuid")
    return found


def _locator(table: TableMapping, engine: str, key: ChunkKey | None) -> tuple[list[str], bool]:
    """Columns of the source by which what was set aside names its rows, and whether a number stands behind them."""
    if engine == "sqlite":
        return table.locator_columns, False
    if key is not None and key.kind == "columns":
        return [column.name for column in key.columns], False
    if key is None and table.key:
        return table.key_columns, False
    return [column.source for column in table.copied], True


def _column(
    column: ColumnMapping, source: Table, target: Table, engines: tuple[str, str]
) -> ComparedColumn | Uncompared:
    here = next((item for item in source.columns if item.name == column.source), None)
    there = next((item for item in target.columns if item.name == column.target), None)
    if here is None or there is None:
        return Uncompared(
            column=column.source,
            side="both" if here is there else "source" if here is None else "target",
            reason="the plan has the column, the database no longer",
        )
    found = meaning(column, engines)
    if found is None:
        return compared_column(column.source, Held.of(here), Held.of(there), engines)
    return ComparedColumn(
        name=column.source,
        form=found.form,
        source=Held.of(here, found.source),
        target=Held.of(there, found.target),
        digits=found.digits,
    )


def _range(table: TableMapping, columns: list[ComparedColumn]) -> str | None:
    """The column by which the mover cut the table, where both sides hold it as an integer."""
    for column in columns:
        if column.target.name == table.range_column and column.source.name == table.source_key:
            kinds = {column.source.type.kind, column.target.type.kind}
            return column.name if column.form is Form.NUMBER and kinds == {Kind.INTEGER} else None
    return None


def _table(catalog: Catalog, name: str, side: Role) -> Table:
    try:
        return catalog.table(name)
    except KeyError as error:
        raise UsageError(
            "TABLE_MISSING",
            f"The {side} has no table {name}, which the plan names.",
            "Look whether it was renamed or dropped, and compare again.",
            table=name,
        ) from error

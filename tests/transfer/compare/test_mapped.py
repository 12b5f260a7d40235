"""A plan's tables as compared tables: every route of the mover has its meaning."""

import pytest

from conversion import types_postgresql_sqlite
from conversion.from_mysql import types_sqlite as from_mysql
from conversion.mapping import ColumnMapping, TableMapping
from conversion.types_sqlite_postgresql import RULES
from engines.catalog import Catalog, Column, Table
from engines.columns import Kind, LogicalType
from engines.errors import UsageError
from transfer.canonical.columns import Form
from transfer.compare.mapped import FROM_SQLITE, MYSQL_TO_SQLITE, TO_SQLITE, from_mapping, meaning
from transfer.moveplan import ChunkKey, KeyColumn
from transfer.routes.rows_to_sqlite_postgresql import READ
from transfer.routes.sqlite_fast import FAST

KINDS = {"INTEGER": Kind.INTEGER, "bigint": Kind.INTEGER, "TEXT": Kind.TEXT, "text": Kind.TEXT}


def catalog(engine: str, schema: str, **columns: str) -> Catalog:
    made = [
        Column(name=name, position=n, native=native, type=LogicalType(kind=KINDS.get(native, Kind.OTHER)))
        for n, (name, native) in enumerate(columns.items(), 1)
    ]
    return Catalog(engine=engine, version="", database="d", tables=[Table(schema_name=schema, name="t", columns=made)])


def column(name: str, route: str, source_type: str = "", target_type: str = "") -> ColumnMapping:
    return ColumnMapping(
        source=name, target=name.lower(), source_type=source_type, target_type=target_type, route=route, reason=""
    )


TABLE = TableMapping(
    source="main.t",
    target="public.t",
    columns=[column("Id", "integer"), column("Seen", "epoch_seconds")],
    key=["id"],
    source_key="Id",
    range_column="id",
)
SOURCE = catalog("sqlite", "main", Id="INTEGER", Seen="DATETIME")
TARGET = catalog("postgresql", "public", id="bigint", seen="timestamp(6) without time zone")


def test_every_route_of_the_mover_has_a_meaning() -> None:
    assert set(FROM_SQLITE) == set(FAST) >= {rule.route for rule in RULES}
    assert set(TO_SQLITE) == set(READ) | {rule.route for rule in types_postgresql_sqlite.RULES}
    assert set(MYSQL_TO_SQLITE) >= {rule.route for rule in from_mysql.RULES}


def test_columns_are_paired_by_the_plan_and_read_by_its_routes() -> None:
    found = from_mapping(TABLE, SOURCE, TARGET)
    assert [(c.name, c.form, c.source.reading, c.target.name) for c in found.columns] == [
        ("Id", Form.NUMBER, "integer", "id"),
        ("Seen", Form.TIMESTAMP, "epoch_seconds", "seen"),
    ]
    assert (found.key, found.range_column, found.locator) == (["Id"], "Id", ["Id"])
    assert found.place("target") == ("public", "t")


@pytest.mark.parametrize(
    ("route", "source_type", "target_type", "form"),
    [
        ("pg_time", "time(6) with time zone", "TEXT", Form.TIMETZ),
        ("pg_time", "time without time zone", "TEXT", Form.TIME),
        ("pg_text", "character(5)", "TEXT", Form.CHAR),
        ("pg_text", "inet", "TEXT", Form.TEXT),
        ("pg_text", "uuid", "TEXT", Form.UUID),
    ],
)
def test_one_route_may_mean_several_forms(route: str, source_type: str, target_type: str, form: Form) -> None:
    found = meaning(column("c", route, source_type, target_type), ("postgresql", "sqlite"))
    assert found is not None and found.form is form


@pytest.mark.parametrize(("target_type", "form"), [("bytea", Form.BYTES), ("geometry", None)])
def test_a_geometry_is_compared_byte_for_byte_where_it_became_bytes(target_type: str, form: Form | None) -> None:
    found = meaning(column("c", "wkb", "geometry", target_type), ("mysql", "postgresql"))
    assert (found and found.form) == form


KEY = ChunkKey(kind="columns", columns=[KeyColumn(name="Id", native="int", kind=Kind.INTEGER)])


@pytest.mark.parametrize(
    ("key", "locator", "numbered"),
    [(KEY, ["Id"], False), (ChunkKey(), ["Id", "Seen"], True), (ChunkKey(kind="ctid"), ["Id", "Seen"], True)],
)
def test_rows_of_a_server_are_found_by_the_key_they_were_cut_by(
    key: ChunkKey, locator: list[str], numbered: bool
) -> None:
    table = TABLE.model_copy(update={"source": "shop.t"})
    found = from_mapping(table, catalog("mariadb", "shop", Id="bigint", Seen="int"), TARGET, key=key)
    assert (found.locator, found.numbered) == (locator, numbered)


def test_addresses_are_read_as_the_mover_casts_them() -> None:
    found = meaning(column("c", "pg_text", "inet", "TEXT"), ("postgresql", "sqlite"))
    assert found is not None and (found.form, found.source) == (Form.TEXT, "cast")


def test_json_that_keeps_its_text_is_compared_as_text() -> None:
    engines = ("sqlite", "postgresql")
    kept, by_value = (meaning(column("c", "json", "JSON", native), engines) for native in ("json", "jsonb"))
    assert (kept and kept.form, by_value and by_value.form) == (Form.TEXT, Form.JSON)


def test_a_column_that_is_gone_is_named() -> None:
    found = from_mapping(TABLE, SOURCE, catalog("postgresql", "public", id="bigint"))
    assert [(c.column, c.side) for c in found.uncompared] == [("Seen", "target")]


def test_a_table_that_is_gone_is_an_error_with_its_name() -> None:
    with pytest.raises(UsageError, match=r"TABLE_MISSING.*target has no table public\.t"):
        from_mapping(TABLE, SOURCE, Catalog(engine="postgresql", version="", database="d"))


def test_documents_are_not_described_by_a_plans_table() -> None:
    with pytest.raises(UsageError, match="UNSUPPORTED_OPTION"):
        from_mapping(TABLE, Catalog(engine="mongodb", version="", database="d"), TARGET)


def test_without_a_key_column_rows_have_no_key_and_no_ranges() -> None:
    table = TABLE.model_copy(update={"columns": TABLE.columns[1:]})
    found = from_mapping(table, SOURCE, TARGET)
    assert (found.key, found.range_column) == ([], None)

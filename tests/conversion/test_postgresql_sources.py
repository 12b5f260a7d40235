import sqlite3
from pathlib import Path

import pytest

from conversion.convert import convert
from conversion.diff import diff
from conversion.mapping import ColumnMapping, TableMapping
from conversion.result import Overrides
from engines.catalog import Extension
from tests.conversion.schemas import Source, apply, apply_sqlite, postgresql_catalog, unaccounted, undo
from tests.servers import Server, load_sql

RICH = Path(__file__).parent / "rich.sql"


def loaded(url: str, script: Path) -> Source:
    load_sql(url, script)
    return Source(postgresql_catalog(url), {})


def test_a_schema_with_everything_reaches_the_fixpoint(postgresql_18: Server, empty_18: str) -> None:
    source = loaded(postgresql_18.create_database(), RICH)
    result = source.to("postgresql")
    found = apply(empty_18, result)
    assert diff(result.target, found) == []
    assert [item.kind for item in diff(source.catalog, found)] == ["row security forced", "policy"]
    assert unaccounted(source.catalog, result) == []
    assert {"row security", "policy", "privileges"} <= {item.kind for item in result.omissions}
    assert diff(undo(empty_18, result), postgresql_catalog(postgresql_18.create_database())) == []


def test_it_goes_back_to_an_older_version_with_what_that_knows(postgresql_18: Server, empty_15: str) -> None:
    source = loaded(postgresql_18.create_database(), RICH)
    result = source.to("postgresql", "15.13")
    assert diff(result.target, apply(empty_15, result)) == []


def test_extensions_that_the_target_lacks_are_named(postgresql_18: Server) -> None:
    url = postgresql_18.create_database()
    load_sql(url, "CREATE TABLE t (id integer)")
    catalog = postgresql_catalog(url)
    catalog.extensions = [Extension(name="postgis", version="3", schema_name="public")]
    result = convert(catalog, {}, "postgresql", "18", offered_extensions=["plpgsql"])
    assert [item.object for item in result.omissions if item.kind == "extension"] == ["postgis"]
    assert not [statement for statement in result.statements if statement.kind == "extension"]


def test_rows_of_parts_travel_with_the_parts_and_tables_without_a_key_by_their_place(postgresql_18: Server) -> None:
    source = loaded(postgresql_18.create_database(), RICH)
    tables = {table.source: table for table in source.to("postgresql").tables}
    assert "public.part" not in tables
    assert (tables["public.part_23"].key, tables["public.part_23"].source_key) == (["id", "d"], "ctid")
    assert (tables["public.parent"].key, tables["public.parent"].source_key) == (["id"], "id")
    assert tables["public.late"].key == []
    assert {column.route for table in tables.values() for column in table.columns} == {"identity"}
    assert "doubled" not in {column.source for column in tables["public.parent"].copied}


@pytest.mark.parametrize("schema", ["chinook", "sakila", "temporal", "vaultwarden", "kamailio56"])
def test_real_schemas_go_to_sqlite(schema: str, corpora: Path, empty_18: str, tmp_path: Path) -> None:
    source = loaded(empty_18, corpora / "schemas" / schema / "postgresql.sql")
    result = source.to("sqlite", "3.40")
    assert diff(result.target, apply_sqlite(tmp_path / "t.db", result)) == []
    assert unaccounted(source.catalog, result) == []


def test_a_schema_with_everything_goes_to_sqlite_and_the_rest_is_named(empty_18: str, tmp_path: Path) -> None:
    source = loaded(empty_18, RICH)
    result = source.to("sqlite", "3.40")
    found = apply_sqlite(tmp_path / "t.db", result)
    assert diff(result.target, found) == []
    assert unaccounted(source.catalog, result) == []
    columns = {column.source: (column.target_type, column.route) for column in _table(result.tables, "public.parent")}
    assert columns["amount"] == ("TEXT", "pg_numeric")
    assert columns["created"] == ("TEXT", "pg_timestamptz")
    assert columns["tags"] == ("TEXT", "pg_array")
    assert found.table("main.parent").column("seen").default == "'2024-01-02 03:04:05'"
    assert found.table("main.child").column("id").identity is not None
    assert [view.name for view in found.views] == ["checked", "part", "plain", "v1"]
    assert {"main.part_23", "main.part_rest"} <= {table.target for table in result.tables}
    assert "public.part" not in {table.source for table in result.tables}


def test_views_and_checks_mean_the_same_in_sqlite(empty_18: str, tmp_path: Path) -> None:
    result = loaded(empty_18, RICH).to("sqlite", "3.40")
    apply_sqlite(tmp_path / "t.db", result)
    connection = sqlite3.connect(tmp_path / "t.db")
    connection.execute("INSERT INTO parent (id, code, m) VALUES (1, 'abc', 'happy')")
    connection.executemany("INSERT INTO child (parent_id, body) VALUES (1, ?)", [("abc",), ("Abc",), ("abbc",), ("a",)])
    assert connection.execute("SELECT body FROM plain").fetchall() == [("abc",)]
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("INSERT INTO child (body) VALUES ('')")
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("INSERT INTO parent (code, m) VALUES ('x', 'angry')")


def test_two_schemas_and_names_that_differ_only_in_case_meet_in_sqlite(empty_18: str, tmp_path: Path) -> None:
    load_sql(empty_18, 'CREATE SCHEMA s; CREATE TABLE s.t (id int); CREATE TABLE "T" (a int, "A" int)')
    load_sql(empty_18, "CREATE TABLE t (id int)")
    result = Source(postgresql_catalog(empty_18), {}).to("sqlite", "3.40")
    found = apply_sqlite(tmp_path / "t.db", result)
    assert len(found.tables) == 3
    assert "s_t" in {table.name for table in found.tables}
    assert diff(result.target, found) == []


def test_what_a_person_leaves_out_is_left_out_with_what_reads_it(empty_18: str, postgresql_18: Server) -> None:
    source = loaded(empty_18, RICH)
    result = source.to("postgresql", overrides=Overrides(skip=["public.child"]))
    gone = {item.object for item in result.omissions}
    assert {"public.child", "public.v1", "public.a_view", "public.plain", "public.mv"} <= gone


def _table(tables: list[TableMapping], name: str) -> list[ColumnMapping]:
    return next(table for table in tables if table.source == name).columns

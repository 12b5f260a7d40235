import datetime
import decimal
import json
from pathlib import Path

import pytest
from bson import json_util
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversion.convert import convert
from conversion.documents.assemble import assemble
from conversion.documents.relations_rows import to_documents, to_rows
from conversion.documents.shred import shred
from conversion.result import Conversion
from engines.catalog import Catalog
from engines.mongodb.infer_all import infer_all
from tests.conversion.relational import (
    SHOP,
    Rows,
    accounted,
    canonical,
    of_postgresql,
    rows_of_postgresql,
    rows_of_sqlite,
    there_and_back,
    to_mongodb,
)
from tests.conversion.schemas import Source, postgresql_catalog, sqlite_source
from tests.servers import Server, load_mysql, load_sql
from tests.servers_mongodb import MongodbServer


@pytest.fixture(scope="module")
def moved(postgresql_18: Server) -> Conversion:
    return to_mongodb(of_postgresql(postgresql_18.create_database(), SHOP))


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False) | st.just(decimal.Decimal("1.500"))
MOMENTS = st.datetimes().map(lambda found: found.replace(tzinfo=datetime.UTC, fold=0))


def test_microseconds_come_back_from_the_field_beside(moved: Conversion) -> None:
    log = next(found for found in moved.collections if found.collection == "log")
    moment = datetime.datetime(2024, 1, 2, 3, 4, 5, 678_901, datetime.UTC)
    rows: Rows = {"public.log": [{"at": moment, "order_id": None, "what": "x"}]}
    [document] = to_documents(log, rows)
    assert document["at__us"] == 901
    assert to_rows(log, document) == rows


IDS = st.integers(0, 5)
TEXTS = st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)


@st.composite
def shop_rows(draw: st.DrawFn) -> Rows:
    customers = draw(st.lists(IDS, unique=True, min_size=1))
    orders = draw(st.lists(IDS, unique=True))
    tags = draw(st.lists(IDS, unique=True))
    lines = draw(st.lists(st.tuples(st.sampled_from(orders), IDS), unique=True)) if orders else []
    pairs = (
        draw(st.lists(st.tuples(st.sampled_from(orders), st.sampled_from(tags)), unique=True))
        if tags and orders
        else []
    )
    return {
        "public.customer": [{"id": n, "email": f"{n}", "note": draw(TEXTS)} for n in customers],
        "public.passport": [{"customer_id": n, "number": f"{n}"} for n in customers if n % 2],
        "public.orders": [{"id": n, "customer_id": customers[0], "state": draw(TEXTS)} for n in orders],
        "public.line": [{"order_id": o, "number": n, "price": draw(NUMBERS), "place": n or None} for o, n in lines],
        "public.tag": [{"id": n, "name": draw(TEXTS)} for n in tags],
        "public.order_tag": [{"order_id": o, "tag_id": t} for o, t in pairs],
        "public.node": [{"id": n, "parent_id": draw(st.none() | st.sampled_from(tags))} for n in tags],
        "public.log": [{"at": draw(st.none() | MOMENTS), "order_id": draw(st.none() | IDS), "what": draw(TEXTS)}],
    }


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine
@given(rows=shop_rows())
def test_rows_come_back_from_documents(moved: Conversion, rows: Rows) -> None:
    back = there_and_back(moved, rows)[1]
    assert {name: canonical(found) for name, found in back.items()} == {
        name: canonical(found) for name, found in rows.items()
    }


def test_chinook_of_sqlite_goes_there_and_back(corpora: Path, tmp_path: Path, mongodb: MongodbServer) -> None:
    source = sqlite_source(tmp_path / "chinook.db", (corpora / "schemas/chinook/sqlite.sql").read_text())
    result = to_mongodb(source)
    rows = rows_of_sqlite(tmp_path / "chinook.db")
    count, back = there_and_back(result, rows)
    assert accounted(source.catalog, result) == []
    assert {name: canonical(found) for name, found in back.items()} == {
        table.full_name: canonical(rows[table.full_name]) for table in source.catalog.tables
    }
    assert count == 6892  # 8,715 of the 15,607 rows are references in the arrays of 18 playlists
    made = mongodb.client[mongodb.new_name()]
    for statement in result.statements:
        made.command(json_util.loads(statement.sql))
    playlists = next(found for found in result.collections if found.collection == "Playlist")
    employees = next(found for found in result.collections if found.collection == "Employee")
    for mapping in (playlists, employees):
        made[mapping.collection].insert_many(to_documents(mapping, rows))  # the validator lets them pass
    assert made["Employee"].find_one({"BirthDate": datetime.datetime(1962, 2, 18)}, {"LastName": 1}) == {
        "_id": 1,
        "LastName": "Adams",
    }


def test_chinook_comes_back_from_tables_that_its_documents_became(corpora: Path, tmp_path: Path) -> None:
    source = sqlite_source(tmp_path / "chinook.db", (corpora / "schemas/chinook/sqlite.sql").read_text())
    rows = {name: found[:50] for name, found in rows_of_sqlite(tmp_path / "chinook.db").items()}
    there = to_mongodb(source)
    documents = {mapping.collection: list(to_documents(mapping, rows)) for mapping in there.collections}
    catalog = Catalog(engine="mongodb", version="8.0", database="chinook", collections=infer_all(documents))
    back: Rows = {}
    for mapping in convert(catalog, {}, "postgresql", "18").documents:
        way = next(found for found in there.collections if found.collection == mapping.collection)
        for document in documents[mapping.collection]:
            for table, found in to_rows(way, assemble(shred(document, mapping), mapping)).items():
                back.setdefault(table, []).extend(found)
    assert {name: canonical(found) for name, found in back.items()} == {
        name: canonical(found) for name, found in rows.items()
    }


def test_chinook_of_postgresql_goes_there_and_back(corpora: Path, empty_18: str) -> None:
    load_sql(empty_18, corpora / "schemas/chinook/postgresql.sql")
    source = Source(postgresql_catalog(empty_18), {})
    result = to_mongodb(source)
    rows = rows_of_postgresql(empty_18, source.catalog)
    assert {name: canonical(found) for name, found in there_and_back(result, rows)[1].items()} == {
        name: canonical(found) for name, found in rows.items()
    }


@pytest.mark.parametrize("pair", ["sakila", "camunda7", "dolphinscheduler"])
def test_schemas_of_postgresql_are_accounted_for(corpora: Path, empty_18: str, pair: str) -> None:
    load_sql(empty_18, corpora / "schemas" / pair / "postgresql.sql")
    source = Source(postgresql_catalog(empty_18), {})
    result = to_mongodb(source)
    assert accounted(source.catalog, result) == []
    assert all(json.loads(statement.sql) for statement in result.statements)


HOSTILE = ['a"b', "a.b", "$a", "_id", "A", "a", "new\nline", "back\\slash", "per%s", "ключ", "select", "x" * 63]


def test_hostile_names_become_fields_and_collections(tmp_path: Path, mongodb: MongodbServer) -> None:
    quoted = [name.replace('"', '""') for name in HOSTILE]
    columns = ", ".join(f'"{name}" TEXT' for name in quoted if name != "A")
    script = "".join(f'CREATE TABLE "t {name}" (k INTEGER PRIMARY KEY, {columns});' for name in quoted if name != "A")
    source = sqlite_source(tmp_path / "h.db", script + 'CREATE TABLE "system.x$" ("k.k" TEXT UNIQUE);')
    result = to_mongodb(source)
    tables = [table for table in source.catalog.tables if table.name != "system.x$"]
    rows: Rows = {t.full_name: [{column.name: column.name for column in t.columns} | {"k": 1}] for t in tables}
    assert there_and_back(result, rows)[1] == rows | {"main.system.x$": []}
    database = mongodb.client[mongodb.new_name()]
    for statement in result.statements:
        database.command(json_util.loads(statement.sql))
    for mapping in result.collections:
        for document in to_documents(mapping, rows):
            database[mapping.collection].insert_one(document)
    assert result.renames["main.system.x$"] == "_system.x_"


def test_mariadb_keeps_its_types_and_its_keys_without_case(corpora: Path, empty_mariadb: str) -> None:
    from engines.mysql.database import MysqlDatabase

    load_mysql(
        empty_mariadb,
        """
        CREATE TABLE person (
            name varchar(30) PRIMARY KEY, big bigint unsigned, kind enum('a', 'b'), opts set('x', 'y'), at datetime(6),
            span time, u uuid, flags tinyint(1), doc json, UNIQUE (big, kind)
        ) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;
        """,
    )
    database = MysqlDatabase(empty_mariadb, "shown")
    result = to_mongodb(Source(database.catalog(), {}))
    database.close()
    [mapping], [collection] = result.collections, result.target.collections
    assert collection.options["collation"] == {"locale": "en", "strength": 1}
    assert {found.column: found.encoding for found in mapping.fields} == {
        "name": "string", "big": "unsigned", "kind": "string", "opts": "labels", "at": "timestamp", "span": "duration",
        "u": "uuid_text", "flags": "int", "doc": "json",
    }  # fmt: skip
    [index] = collection.indexes
    assert index.partial_filter == {"$and": [{"big": {"$exists": True}}, {"kind": {"$exists": True}}]}

"""Documents beside documents, beside the tables they became, and beside the tables they were made of."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from bson import Binary, DatetimeMS, Decimal128, Int64, ObjectId
from bson.raw_bson import RawBSONDocument
from pymongo.database import Database

from conversion.convert import convert
from conversion.documents.relations_rows import to_documents
from engines.catalog import Catalog
from engines.errors import UsageError
from engines.mongodb.bson_exact import decode, encode
from engines.mongodb.database import MongodbDatabase
from engines.registry import open_database
from tests.conversion.documents.stored import VERSIONS, opened, there_and_back
from tests.conversion.documents.traps import TRAPS, usual
from tests.conversion.relational import Rows, rows_of_postgresql, rows_of_sqlite
from tests.servers import load_sql
from tests.servers_mongodb import MongodbServer
from transfer.compare.findings import Findings
from transfer.compare.model import Options, TableComparison
from transfer.compare.pairing import Pairing, pair_catalogs
from transfer.compare.table import compare_table
from transfer.sides.open import open_sides

FIXTURES = {"postgresql": "empty_18", "mariadb": "empty_mariadb", "sqlite": "tmp_path"}
FIELDS = "int long double decimal text flag oid at raw uuid ts mixed tags sub map".split()
SHOP = """
    CREATE TABLE customer (id integer PRIMARY KEY, email varchar(50), note text, born date, score double precision);
    CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer NOT NULL REFERENCES customer,
                         at timestamp, total decimal(10,2), paid boolean);
    CREATE TABLE line (order_id integer REFERENCES orders, number integer, what text, PRIMARY KEY (order_id, number));
    INSERT INTO customer VALUES (1, 'a@x', 'trail  ', '2024-02-29', 0.1), (2, NULL, '', NULL, 1e20),
                                (3, 'é', 'n', NULL, -0.0);
    INSERT INTO orders VALUES (10, 1, '2024-01-01 12:00:00', 19.90, true), (11, 1, '2024-06-01 00:00:00.5', 0, false),
                              (12, 2, NULL, NULL, NULL);
    INSERT INTO line VALUES (10, 1, 'x'), (10, 2, 'y,z'), (11, 1, NULL);
"""


def catalog_of(url: str) -> Catalog:
    database = open_database(url)
    try:
        return database.catalog()
    finally:
        database.close()


def compared(
    source: str, target: str, stands_in: bool = False, **options: Any
) -> tuple[Pairing, dict[str, TableComparison]]:
    pairing = pair_catalogs(catalog_of(source), catalog_of(target))
    with open_sides(source, target, stands_in) as sides, closing(Findings()) as findings:
        found = {one.name: compare_table(*sides, one, Options(**options), findings) for one in pairing.tables}
    assert [one.problem for one in found.values() if one.problem] == []
    return pairing, found


def differences(found: dict[str, TableComparison]) -> dict[str, Any]:
    return {
        name: (one.different, one.missing, one.extra, sorted(one.columns))
        for name, one in found.items()
        if one.different or one.missing or one.extra
    }


@pytest.fixture
def shop(mongodb: MongodbServer) -> Iterator[Database[Any]]:
    yield mongodb.client[mongodb.new_name()]


def stored(url: str, collection: str) -> list[dict[str, Any]]:
    """The documents as the server holds them."""
    database = MongodbDatabase(url, url)
    try:
        return [decode(raw) for raw in database.read_documents(collection)]
    finally:
        database.close()


def documents() -> list[dict[str, Any]]:
    seen = [{name: one[name] for name in ("_id", *FIELDS)} for one in map(usual, range(20))]
    # BSON has no halves of surrogate pairs; the emulator takes no years that Python hasn't
    kept = [trap for trap in TRAPS if trap not in ("lone\ud800", "\udc00") and not isinstance(trap, DatetimeMS)]
    trapped = [{"_id": {"trap": place}, **dict.fromkeys(FIELDS, trap)} for place, trap in enumerate(kept)]
    return [*seen, *trapped]


def test_collections_are_compared_by_type_and_bytes(mongodb: MongodbServer, shop: Database[Any]) -> None:
    other = mongodb.client[mongodb.new_name()]
    kept = [{"_id": number, "a": number, "b": {"x": 1, "y": [1]}} for number in range(200)]
    for database in (shop, other):
        database["things"].insert_many(kept)
        database["only" + database.name].insert_one({"a": 1})
    changes: dict[int, dict[str, Any]] = {
        3: {"$set": {"a": Int64(3)}}, 5: {"$set": {"b": {"y": [1], "x": 1}}}, 7: {"$set": {"new": 1}},
        9: {"$unset": {"a": ""}}, 11: {"$set": {"a": None}},
    }  # fmt: skip
    for number, change in changes.items():
        other["things"].update_one({"_id": number}, change)
    other["things"].delete_one({"_id": 13})
    other["things"].replace_one({"_id": 15}, {"b": {"x": 1, "y": [1]}, "a": 15})
    other["things"].insert_one({"_id": "15", "a": 15})
    pairing, found = compared(mongodb.url(shop.name), mongodb.url(other.name))
    assert [one.name for one in pairing.unpaired] == [f"{shop.name}.only{shop.name}", f"{other.name}.only{other.name}"]
    [one] = found.values()
    assert (one.different, one.missing, one.extra) == (6, 1, 1)
    assert one.columns == {"a": 3, "b": 1, "new": 1, "other fields and order": 1}


@pytest.mark.parametrize("engine", list(FIXTURES))
def test_documents_equal_the_tables_they_became(
    engine: str, request: pytest.FixtureRequest, mongodb: MongodbServer, shop: Database[Any]
) -> None:
    place = request.getfixturevalue(FIXTURES[engine])
    file = place / "target.db" if engine == "sqlite" else ""
    target = f"sqlite:{file}" if engine == "sqlite" else str(place)
    url = mongodb.url(shop.name)
    made = {"things": documents(), "plain": [usual(number) for number in range(20)]}
    for name, some in made.items():
        shop[name].insert_many([RawBSONDocument(encode(one)) for one in some])
    conversion = convert(catalog_of(url), {}, engine, VERSIONS[engine])
    with opened(engine, target, file) as store:
        there_and_back(store, conversion, {name: stored(url, name) for name in made})
        if engine != "postgresql":
            store.connection.commit()
    pairing, found = compared(url, target)
    assert pairing.unpaired == []
    assert [one.uncompared for one in found.values() if one.uncompared] == []
    assert differences(found) == {}
    shop["plain"].update_one({"_id": usual(3)["_id"]}, {"$set": {"text": "changed", "sub.x": 9}})
    shop["plain"].update_one({"_id": usual(4)["_id"]}, {"$push": {"tags": "more"}})
    shop["things"].delete_one({"_id": usual(5)["_id"]})
    _, found = compared(url, target)
    assert differences(found) == {
        f"{shop.name}.plain": (1, 0, 0, ["sub_x", "text"]),
        f"{shop.name}.plain.tags[]": (0, 1, 0, []),
        f"{shop.name}.things": (0, 0, 1, []),
    }


def loaded(database: Database[Any], catalog: Catalog, rows: Rows) -> None:
    conversion = convert(catalog, {}, "mongodb", "8.0")
    for mapping in conversion.collections:
        found = list(to_documents(mapping, rows))
        if found:
            database[mapping.collection].insert_many(found)


def shop_of_sqlite(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SHOP)
        connection.commit()
    return f"sqlite:{path}"


def test_tables_of_sqlite_equal_the_documents_they_became(
    tmp_path: Path, mongodb: MongodbServer, shop: Database[Any]
) -> None:
    source = shop_of_sqlite(tmp_path / "shop.db")
    loaded(shop, catalog_of(source), rows_of_sqlite(tmp_path / "shop.db"))
    changed_documents_are_found(source, mongodb.url(shop.name), shop, "main")


def test_tables_of_postgresql_equal_the_documents_they_became(
    empty_18: str, mongodb: MongodbServer, shop: Database[Any]
) -> None:
    load_sql(empty_18, SHOP)
    catalog = catalog_of(empty_18)
    loaded(shop, catalog, rows_of_postgresql(empty_18, catalog))
    changed_documents_are_found(empty_18, mongodb.url(shop.name), shop, "public")


def changed_documents_are_found(source: str, target: str, shop: Database[Any], schema: str) -> None:
    pairing, found = compared(source, target)
    assert (sorted(found), pairing.unpaired) == ([f"{schema}.customer", f"{schema}.line", f"{schema}.orders"], [])
    assert [one.uncompared for one in found.values() if one.uncompared] == []
    assert differences(found) == {}
    holder = next(name for name in shop.list_collection_names() if shop[name].find_one({"email": "a@x"}))
    shop[holder].update_one({"_id": 3}, {"$set": {"email": "other"}})
    _, found = compared(source, target)
    assert differences(found) == {f"{schema}.customer": (1, 0, 0, ["email"])}


def test_another_tool_keeps_the_key_in_a_field_of_its_own(
    tmp_path: Path, mongodb: MongodbServer, shop: Database[Any]
) -> None:
    source = shop_of_sqlite(tmp_path / "shop.db")
    for name, rows in rows_of_sqlite(tmp_path / "shop.db").items():
        kept = [{"_id": ObjectId(), **{k: v for k, v in row.items() if v is not None}} for row in rows]
        shop[name.removeprefix("main.")].insert_many(kept)
    pairing, found = compared(source, mongodb.url(shop.name))
    assert (len(found), pairing.unpaired, differences(found)) == (3, [], {})
    shop["line"].update_one({"what": "x"}, {"$set": {"what": "X"}})
    shop["orders"].update_one({"id": 10}, {"$set": {"total": Decimal128("19.91")}})
    _, found = compared(source, mongodb.url(shop.name))
    assert differences(found) == {"main.line": (1, 0, 0, ["what"]), "main.orders": (1, 0, 0, ["total"])}


def test_a_table_without_a_collection_is_named(empty_18: str, mongodb: MongodbServer, shop: Database[Any]) -> None:
    with psycopg.connect(empty_18) as connection:
        connection.execute("CREATE TABLE here (id int PRIMARY KEY)")
    shop["there"].insert_one({"_id": 1})
    pairing, _ = compared(empty_18, mongodb.url(shop.name))
    assert [(one.name, one.side, one.loses) for one in pairing.unpaired] == [
        ("public.here", "source", True), (f"{shop.name}.there", "target", True),
    ]  # fmt: skip


def test_names_say_which_collection_is_which_table(tmp_path: Path, mongodb: MongodbServer, shop: Database[Any]) -> None:
    source = shop_of_sqlite(tmp_path / "shop.db")
    shop["people"].insert_one({"_id": 1, "email": "a@x", "note": "trail  ", "born": "2024-02-29", "score": 0.1})
    catalogs = catalog_of(source), catalog_of(mongodb.url(shop.name))
    assert pair_catalogs(*catalogs).tables == []
    for pair in (catalogs, catalogs[::-1]):
        named = {"main.customer": f"{shop.name}.people"}
        names = named if pair is catalogs else {there: here for here, there in named.items()}
        [found] = pair_catalogs(*pair, names=names).tables
        assert (found.source, found.target) == next(iter(names.items()))
        with pytest.raises(UsageError):
            pair_catalogs(*pair, names={"main.gone": f"{shop.name}.people"})


IDS: list[tuple[str, Any, Any]] = [
    ("id TEXT PRIMARY KEY", "65a000000000000000000001", ObjectId("65a000000000000000000001")),
    ("id TEXT PRIMARY KEY", "plain", "plain"),
    ("id INTEGER PRIMARY KEY", 5, Int64(5)),
    ("id INTEGER PRIMARY KEY", 6, 6.0),
    ("id NUMERIC PRIMARY KEY", 7, Decimal128("7.0")),
    ("id UUID PRIMARY KEY", str(UUID(int=1)), Binary(UUID(int=1).bytes, 4)),
    ("id UUID PRIMARY KEY", str(UUID(int=10)), str(UUID(int=10)).upper()),
]


@pytest.mark.parametrize(("declared", "stored_id", "document_id"), IDS)
def test_the_id_of_documents_is_the_key_of_rows(
    declared: str, stored_id: Any, document_id: Any, tmp_path: Path, mongodb: MongodbServer, shop: Database[Any]
) -> None:
    with closing(sqlite3.connect(tmp_path / "t.db")) as connection:
        connection.execute(f"CREATE TABLE t ({declared}, v TEXT)")
        connection.execute("INSERT INTO t VALUES (?, 'here')", (stored_id,))
        connection.commit()
    shop["t"].insert_one({"_id": document_id, "v": "there"})
    urls = f"sqlite:{tmp_path / 't.db'}", mongodb.url(shop.name)
    for source, target in (urls, urls[::-1]):
        pairing, found = compared(source, target)
        [(name, result)] = found.items()
        assert (pairing.unpaired, differences(found)) == ([], {name: (1, 0, 0, ["v"])})
        [row] = result.rows
        assert {*row.source.values(), *row.target.values()} == {"here", "there"}

"""Documents as rows of tables: read back by plain drivers, and put together again to the very same bytes."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from bson import Binary, DatetimeMS, Decimal128, Int64, ObjectId
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from conversion.result import Conversion
from engines.errors import DbmoError
from engines.mongodb.bson_exact import decode, encode
from tests.conversion.documents.stored import assembled, opened
from tests.conversion.documents.strategies import ALIKE
from tests.conversion.documents.traps import TRAPS, USUAL, usual
from tests.servers import MysqlServer, Server
from tests.servers_mongodb import MongodbServer
from tests.transfer.routes.documents import MIGRATION, Moved, moved, planned, raw_documents
from transfer.copy import copy_tables
from transfer.schema import run_stage
from transfer.state import open_chunks, open_state

ENGINES = {"postgresql": "empty_18", "mariadb": "empty_mariadb", "sqlite": "tmp_path"}


def insert(url: str, collection: str, documents: list[dict[str, Any]]) -> None:
    """Insert what the server takes of some documents, as they are encoded."""
    with MongoClient[Any](url) as client:
        for document in documents:
            try:
                raw = RawBSONDocument(encode(document))
                client.get_default_database()[collection].insert_one(raw)
            except (UnicodeEncodeError, BSONError, PyMongoError):  # a lone surrogate, NUL in a key; an _id of no server
                continue


def came_back(conversion: Conversion, engine: str, url: str) -> dict[str, list[bytes]]:
    """The documents of each collection as bytes, put together from the rows that plain drivers read."""
    tables = {table.full_name: table for table in conversion.target.tables}
    with opened(engine, url.removeprefix("sqlite:"), url.removeprefix("sqlite:")) as store:
        return {
            mapping.collection: sorted(encode(one) for one in assembled(store, mapping, tables))
            for mapping in conversion.documents
        }


def target_url(engine: str, request: pytest.FixtureRequest) -> str:
    found = request.getfixturevalue(ENGINES[engine])
    if engine != "sqlite":
        return str(found)
    sqlite3.connect(found / "target.db").close()
    return f"sqlite:{found / 'target.db'}"


@pytest.mark.parametrize("engine", list(ENGINES))
def test_every_trap_comes_back_from_every_column(
    engine: str, empty_mongodb: str, request: pytest.FixtureRequest
) -> None:
    insert(empty_mongodb, "things", [usual(number) for number in range(40)])
    url = target_url(engine, request)
    conversion, plan, ends = planned(empty_mongodb, url, engine, chunk_rows=60)
    insert(
        empty_mongodb,
        "things",
        [{"_id": {"trap": place}, **dict.fromkeys(USUAL, trap)} for place, trap in enumerate(TRAPS)]
        + [{"_id": trap, "unknown": trap, "tags": [trap], "map": {"k": trap}} for trap in TRAPS],
    )
    done = Moved(plan, ends)
    expected = sorted(raw_documents(empty_mongodb, "things"))
    assert len(expected) > 150
    assert done.aside == []
    assert len(done.results) > 1
    assert came_back(conversion, engine, url)["things"] == expected


def test_rows_are_what_people_expect(empty_mongodb: str, empty_18: str) -> None:
    first = ObjectId("65a000000000000000000001")
    insert(
        empty_mongodb,
        "people",
        [
            {"_id": first, "name": "tab\t\\N\r\n", "age": 41, "big": Int64(2**40), "price": Decimal128("1.50"),
             "at": DatetimeMS(1704164645678), "raw": Binary(b"\0\\", 0), "flag": True, "score": 0.1,
             "addr": {"city": "é👩"}, "tags": ["a", "b"]},
            {"_id": ObjectId("65a000000000000000000002"), "name": None, "age": 42, "big": Int64(2**41),
             "price": Decimal128("2"), "at": DatetimeMS(0), "raw": Binary(b"", 0), "flag": False, "score": 1e300,
             "addr": {"city": ""}, "tags": []},
        ],
    )  # fmt: skip
    moved(empty_mongodb, empty_18, "postgresql")
    with psycopg.connect(empty_18) as connection:
        rows = connection.execute(
            "SELECT _id, name, age, big, price::text, at AT TIME ZONE 'UTC' || '', raw, flag, score, addr_city,"
            " _residue FROM people ORDER BY _id"
        ).fetchall()
        tags = connection.execute("SELECT * FROM people_tags ORDER BY 1, 2").fetchall()
    assert rows == [
        (str(first), "tab\t\\N\r\n", 41, 2**40, "1.50", "2024-01-02 03:04:05.678", b"\0\\", True, 0.1, "é👩", None),
        ("65a000000000000000000002", None, 42, 2**41, "2", "1970-01-01 00:00:00", b"", False, 1e300, "", None),
    ]
    assert [row[:3] for row in tags] == [(str(first), 0, "a"), (str(first), 1, "b")]


def _without_orphans(documents: list[dict[str, Any]], there: set[Any]) -> list[dict[str, Any]]:
    """The same without links to what isn't there: where the plan has a foreign key, its server would refuse it."""
    return [
        {name: value for name, value in document.items() if name != "link" or value["$id"] in there}
        for document in documents
    ]


@pytest.mark.parametrize("engine", [*ENGINES, "mongodb"])
@given(seen=st.lists(ALIKE, min_size=1, max_size=4), later=st.lists(ALIKE, max_size=4))
@settings(max_examples=3, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
def test_any_documents_come_back_byte_by_byte(
    engine: str,
    mongodb: MongodbServer,
    postgresql_18: Server,
    mariadb: MysqlServer,
    tmp_path: Path,
    seen: list[dict[str, Any]],
    later: list[dict[str, Any]],
) -> None:
    source, target = mongodb.url(mongodb.new_name()), mongodb.url(mongodb.new_name())
    insert(source, "things", seen)
    if not raw_documents(source, "things"):
        return
    if engine == "sqlite":
        target = f"sqlite:{tmp_path / target.rpartition('/')[2]}"
        sqlite3.connect(target.removeprefix("sqlite:")).close()
    elif engine != "mongodb":
        target = (postgresql_18 if engine == "postgresql" else mariadb).create_database()
    conversion, plan, ends = planned(source, target, engine)
    insert(source, "things", _without_orphans(later, {document["_id"] for document in seen}))
    Moved(plan, ends)
    expected = sorted(raw_documents(source, "things"))
    if engine == "mongodb":
        assert sorted(raw_documents(target, "things")) == expected
    else:
        assert came_back(conversion, engine, target)["things"] == expected


TWICE = b"\x1f\0\0\0\x10_id\0\x07\0\0\0\x10a\0\x01\0\0\0\x10a\0\x02\0\0\0\0"


def test_a_document_with_a_key_twice_is_set_aside_with_its_bytes(empty_mongodb: str, empty_18: str) -> None:
    raw = (len(TWICE)).to_bytes(4, "little") + TWICE[4:]
    insert(empty_mongodb, "things", [{"_id": 1, "a": 1}])
    conversion, plan, ends = planned(empty_mongodb, empty_18, "postgresql")
    with MongoClient[Any](empty_mongodb) as client:
        client.get_default_database().things.insert_one(RawBSONDocument(raw))
    if raw not in raw_documents(empty_mongodb, "things"):
        pytest.skip("this server keeps one of two fields of the same name")
    [(_, entry)] = Moved(plan, ends).aside
    assert (entry.key, entry.action) == ('{"$numberInt":"7"}', "row_withheld")
    assert json.loads(entry.original)[""]["hex"] == raw.hex()
    assert came_back(conversion, "postgresql", empty_18)["things"] == [encode({"_id": 1, "a": 1})]


@pytest.mark.parametrize("changed", [False, True])
def test_a_run_that_was_broken_off_goes_on(empty_mongodb: str, empty_18: str, changed: bool) -> None:
    insert(empty_mongodb, "things", [{"_id": number, "tags": ["x"]} for number in range(40)])
    conversion, plan, ends = planned(empty_mongodb, empty_18, "postgresql", chunk_rows=10)
    with closing(ends.writer()) as writer:
        state = open_state(writer, MIGRATION)
        state.start("hash", {}, "")
        run_stage(plan, state, "pre_data", lambda *_: None, lambda: False)
        done: list[Any] = []
        with pytest.raises(DbmoError, match="INTERRUPTED"):
            copy_tables(plan, ends, state, done.append, lambda: bool(done))
        assert 0 < len(open_chunks(state).finished()) < 4
    if changed:
        with MongoClient[Any](empty_mongodb) as client:
            client.get_default_database().things.update_one({"_id": 0}, {"$set": {"tags": []}})
    again = Moved(plan, ends)
    assert (again.resumed.kept == 0) == changed
    assert [one["copies"] for one in again.figures.values()] == [1]
    assert came_back(conversion, "postgresql", empty_18)["things"] == sorted(raw_documents(empty_mongodb, "things"))


def test_ids_of_every_type_are_cut_in_the_order_of_the_server(empty_mongodb: str, empty_18: str) -> None:
    ids = [None, -1, 2.5, Int64(3), Decimal128("3.5"), "a", "b", {"x": 1}, b"z", ObjectId(), True, DatetimeMS(5)]
    insert(empty_mongodb, "things", [{"_id": one} for one in ids])
    conversion, plan, ends = planned(empty_mongodb, empty_18, "postgresql", chunk_rows=1, chunk_bytes=1)
    done = Moved(plan, ends)
    assert sum(one.chunks for one in done.results) == len(ids)
    found = came_back(conversion, "postgresql", empty_18)["things"]
    assert found == sorted(raw_documents(empty_mongodb, "things"))
    assert len(found) == len(ids)
    assert {type(decode(raw)["_id"]) for raw in found} >= {float, str, dict, bool, ObjectId}

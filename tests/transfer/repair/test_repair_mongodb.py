"""Documents are put right byte by byte, in one transaction; tables beside documents one way only."""

from typing import Any

import pytest
from bson import Decimal128, ObjectId
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

from tests.moving import sqlite_file
from tests.servers_mongodb import MongodbServer
from tests.transfer.repair.mending import mending

DOCUMENTS: list[dict[str, Any]] = [
    {"_id": 1, "a": "x", "n": 1},
    {"_id": ObjectId("0123456789ab0123456789ab"), "d": Decimal128("1.50"), "deep": {"z": 1, "a": [1, 2.0]}},
    {"_id": "three", "a": None},
    {"_id": 4, "b": -0.0},
]


@pytest.fixture
def pair(mongodb: MongodbServer) -> tuple[str, str]:
    names = mongodb.new_name(), mongodb.new_name()
    for name in names:
        mongodb.client[name]["c"].insert_many([dict(document) for document in DOCUMENTS])
    return mongodb.url(names[0]), mongodb.url(names[1])


def documents(url: str) -> list[bytes]:
    with MongoClient[RawBSONDocument](url, document_class=RawBSONDocument) as client:
        return sorted(bytes(document.raw) for document in client.get_default_database()["c"].find())


def change(url: str, *commands: dict[str, Any]) -> None:
    with MongoClient[Any](url) as client:
        for command in commands:
            client.get_default_database().command(command)


DAMAGE: list[dict[str, Any]] = [
    {"update": "c", "updates": [{"q": {"_id": 1}, "u": {"_id": 1, "n": 1, "a": "x"}}]},
    {"delete": "c", "deletes": [{"q": {"_id": "three"}, "limit": 1}]},
    {"insert": "c", "documents": [{"_id": 99}]},
]


def test_documents_are_put_right_byte_by_byte(pair: tuple[str, str]) -> None:
    source, target = pair
    change(target, *DAMAGE)
    with mending(source, target) as made:
        plan = made.plan()
        assert [(t.insert, t.update, t.delete, t.refused) for t in plan.tables] == [(1, 1, 1, None)], plan
        done = made.repair(plan, deletes=True)
        assert done.clean, done
        assert made.equal
    assert documents(target) == documents(source)


def test_extra_documents_stay_without_leave(pair: tuple[str, str]) -> None:
    source, target = pair
    change(target, *DAMAGE)
    with mending(source, target) as made:
        (done,) = made.repair(made.plan()).tables
    assert (done.inserted, done.updated, done.deleted, [left.rows for left in done.left]) == (1, 1, 0, [1])


def test_a_document_that_changed_since_is_not_overwritten(pair: tuple[str, str]) -> None:
    source, target = pair
    change(target, *DAMAGE)
    with mending(source, target) as made:
        plan = made.plan()
        change(target, {"update": "c", "updates": [{"q": {"_id": 1}, "u": {"$set": {"a": "meanwhile"}}}]})
        (done,) = made.repair(plan).tables
    assert (done.updated, done.inserted, [left.rows for left in done.left]) == (0, 1, [1, 1])


def test_documents_of_tables_are_refused(tmp_path: Any, mongodb: MongodbServer) -> None:
    file = sqlite_file(
        tmp_path / "s.db", "CREATE TABLE c (id INTEGER PRIMARY KEY, a TEXT)", "INSERT INTO c VALUES (1, 'x')"
    )
    target = mongodb.url(mongodb.new_name())
    change(target, {"insert": "c", "documents": [{"_id": 1, "a": "y"}]})
    with mending(f"sqlite:{file}", target) as made:
        refused = [table.refused for table in made.plan().tables]
    assert [one.code for one in refused if one is not None] == ["REPAIR_REFUSED"]

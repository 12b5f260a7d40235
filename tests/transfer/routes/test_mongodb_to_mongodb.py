"""Documents relayed between MongoDB servers: the same bytes, options, indexes and views."""

from __future__ import annotations

from contextlib import closing
from typing import Any, cast

import pytest
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient, monitoring

from conversion.convert import convert
from conversion.documents.to_documents import moved_collections
from engines.catalog import Catalog
from engines.documents import Collection
from engines.errors import DbmoError
from engines.mongodb.bson_exact import encode
from engines.mongodb.snapshot import MongodbSnapshot
from engines.mongodb.writer import MongodbWriter
from engines.registry import open_database
from tests.conversion.documents.traps import TRAPS
from tests.servers_mongodb import MongodbServer
from tests.transfer.routes.documents import MIGRATION, Moved, moved, planned, raw_documents
from tests.transfer.routes.test_mongodb_to_relations import insert
from transfer.chunks import Chunk, ChunkResult, joined
from transfer.routes import documents_written
from transfer.state import open_chunks, open_state


def test_documents_are_the_same_bytes(empty_mongodb: str, mongodb: MongodbServer) -> None:
    insert(empty_mongodb, "odd name.x", [{"_id": place, "v": trap} for place, trap in enumerate(TRAPS)])
    target = mongodb.url(mongodb.new_name())
    done = moved(empty_mongodb, target, "mongodb", chunk_rows=20)
    assert len(done.results) > 3
    found = raw_documents(target, "odd name.x")
    assert found == raw_documents(empty_mongodb, "odd name.x")
    assert len(found) > 90


def test_validators_indexes_and_views_come_along(empty_mongodb: str, mongodb: MongodbServer) -> None:
    with MongoClient[Any](empty_mongodb) as client:
        source = client.get_default_database()
        source.people.insert_many([{"_id": 1, "n": "x"}, {"_id": 2, "n": 5}])
        source.people.create_index([("n", -1)], name="by n", sparse=True)
        source.command("collMod", "people", validator={"n": {"$type": "string"}})
        source.command("create", "texts", viewOn="people", pipeline=[{"$match": {"n": "x"}}])
        target = mongodb.url(mongodb.new_name())
        moved(empty_mongodb, target, "mongodb")
        with closing(open_database(target)) as there, closing(open_database(empty_mongodb)) as here:
            kept = [
                [one.model_dump(include={"name", "kind", "options", "validator", "indexes", "view_on", "pipeline"})
                 for one in sorted(database.catalog().collections, key=lambda one: one.name)]
                for database in (here, there)
            ]  # fmt: skip
    assert kept[0] == kept[1]
    assert len(raw_documents(target, "people")) == 2  # one of them breaks the validator


@pytest.mark.parametrize(
    ("version", "option", "carried"),
    [("4.4", "timeseries", False), ("5.0", "timeseries", True), ("5.3", "clusteredIndex", True)],
)
def test_options_that_a_target_does_not_know_are_named(version: str, option: str, carried: bool) -> None:
    source = Catalog(
        engine="mongodb", version="8.0", database="shop",
        collections=[Collection(name="c", kind="collection", options={option: {"timeField": "t"}})],
    )  # fmt: skip
    result = convert(source, {}, "mongodb", version)
    assert (moved_collections(source, result) == {"shop.c": "c"}) is carried
    named = [one for one in result.omissions if one.object == "shop.c"]
    assert bool(named) is not (option in {name for one in result.target.collections for name in one.options})


class Heard(monitoring.CommandListener):
    """Read concerns of the find commands of this process."""

    def __init__(self) -> None:
        self.concerns: list[Any] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if event.command_name == "find":
            self.concerns.append(event.command.get("readConcern"))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None: ...

    def failed(self, event: monitoring.CommandFailedEvent) -> None: ...


def test_every_process_asks_for_the_same_moment(empty_mongodb: str) -> None:
    heard = Heard()
    insert(empty_mongodb, "c", [{"_id": number} for number in range(3)])
    with closing(MongodbSnapshot(empty_mongodb, "shown")) as first:
        listeners = monitoring._LISTENERS.command_listeners
        listeners.append(heard)
        try:
            with closing(MongodbSnapshot(empty_mongodb, "shown", first.token)) as second:
                assert len(list(second.documents("c"))) == 3
        finally:
            listeners.remove(heard)
    seconds, counter = map(int, first.token.split(":"))
    [concern] = [one for one in heard.concerns if one]
    assert concern["level"] == "snapshot"
    assert (concern["atClusterTime"].time, concern["atClusterTime"].inc) == (seconds, counter)
    assert first.position == second.position == f"cluster time {first.token}"


def test_the_log_proves_that_nothing_was_written(empty_mongodb: str, mongodb: MongodbServer) -> None:
    insert(empty_mongodb, "c", [{"_id": 1}])
    with closing(MongodbSnapshot(empty_mongodb, "shown")) as snapshot:
        before = snapshot.position
        mongodb.client[mongodb.new_name()].other.insert_one({})
        snapshot.refresh()
        assert snapshot.unchanged_since(before)
        insert(empty_mongodb, "c", [{"_id": 2}])
        assert snapshot.unchanged_since(before)
        snapshot.refresh()
        assert not snapshot.unchanged_since(before)
        assert not snapshot.unchanged_since("unknown (no moment); changes from 1:1")


def test_an_older_run_can_not_commit(empty_mongodb: str) -> None:
    insert(empty_mongodb, "other", [{"_id": 1}])
    _, _, ends = planned(empty_mongodb, empty_mongodb, "mongodb")
    chunk = Chunk("db.c", 0, None, None)
    with closing(ends.writer()) as old, closing(ends.writer()) as new:
        state, later = open_state(old, MIGRATION), open_state(new, MIGRATION)
        state.start("hash", {}, "")
        open_chunks(state).add([chunk])
        with pytest.raises(DbmoError) as caught, old.begin() as transaction:
            old.load(transaction, "c", [], [[encode({"_id": 1})]])
            later.start("hash", {}, "")
            open_chunks(state).finish(transaction, joined([chunk]), ChunkResult(chunk, 1, 1, 0, 0.1), "p")
        assert caught.value.code in ("EPOCH_PASSED", "WRITE_CONFLICT", "TRANSACTION_ENDED")
        assert raw_documents(empty_mongodb, "c") == []
        with new.begin() as transaction:
            open_chunks(later).finish(transaction, joined([chunk]), ChunkResult(chunk, 1, 1, 0, 0.1), "p")
        with pytest.raises(DbmoError, match="RANGE_DONE"), new.begin() as transaction:
            open_chunks(later).finish(transaction, joined([chunk]), ChunkResult(chunk, 1, 1, 0, 0.1), "p")


def test_without_transactions_a_range_may_be_written_twice(empty_mongodb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    insert(empty_mongodb, "other", [{"_id": 1}])
    _, _, ends = planned(empty_mongodb, empty_mongodb, "mongodb")
    monkeypatch.setattr(MongodbWriter, "transactional", False)
    with closing(ends.writer()) as writer:
        for value in ("a", "b"):
            with writer.begin() as transaction:
                documents = [encode({"_id": number, "v": value}) for number in range(3)]
                writer.load(transaction, "c", [], [documents])
    assert [RawBSONDocument(raw)["v"] for raw in raw_documents(empty_mongodb, "c")] == ["b"] * 3


def test_a_second_run_on_a_finished_target_copies_nothing(empty_mongodb: str, mongodb: MongodbServer) -> None:
    insert(empty_mongodb, "c", [{"_id": number} for number in range(5)])
    _, plan, ends = planned(empty_mongodb, mongodb.url(mongodb.new_name()), "mongodb")
    assert len(Moved(plan, ends).results) == 1
    assert Moved(plan, ends).results == []


def test_a_range_larger_than_a_transaction_goes_beside_it(
    empty_mongodb: str, mongodb: MongodbServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents_written, "MOST_BYTES", 200)
    insert(empty_mongodb, "c", [{"_id": number, "v": "x" * 50} for number in range(20)])
    target = mongodb.url(mongodb.new_name())
    _, plan, ends = planned(empty_mongodb, target, "mongodb")
    assert Moved(plan, ends).figures.popitem()[1]["rows"] == 20
    assert raw_documents(target, "c") == raw_documents(empty_mongodb, "c")


def test_what_no_transaction_can_hold_goes_without_one(empty_mongodb: str, mongodb: MongodbServer) -> None:
    """The emulator's cache takes about 5 MB in a transaction; a clustered collection has no index over _id."""
    with MongoClient[Any](empty_mongodb) as client:
        source = client.get_default_database()
        source.c.insert_one({"_id": 1, "v": "x" * 6_000_000})
        source.create_collection("clustered", clusteredIndex={"key": {"_id": 1}, "unique": True})
    target = mongodb.url(mongodb.new_name())
    done = moved(empty_mongodb, target, "mongodb")
    assert raw_documents(target, "c") == raw_documents(empty_mongodb, "c")
    assert {one["copies"] for one in done.figures.values()} == {1}


def test_what_a_killed_attempt_left_is_replaced(empty_mongodb: str, mongodb: MongodbServer) -> None:
    insert(empty_mongodb, "c", [{"_id": number, "v": "new"} for number in range(5)])
    target = mongodb.url(mongodb.new_name())
    _, plan, ends = planned(empty_mongodb, target, "mongodb")
    insert(target, "c", [{"_id": 1, "v": "old"}])
    Moved(plan, ends)
    assert raw_documents(target, "c") == raw_documents(empty_mongodb, "c")


def test_beside_a_transaction_too_an_older_run_can_not_write(empty_mongodb: str) -> None:
    insert(empty_mongodb, "other", [{"_id": 1}])
    _, _, ends = planned(empty_mongodb, empty_mongodb, "mongodb")
    with closing(ends.writer()) as old, closing(ends.writer()) as new:
        state, later = open_state(old, MIGRATION), open_state(new, MIGRATION)
        state.start("hash", {}, "")
        state.join(1)
        later.start("hash", {}, "")
        with pytest.raises(DbmoError, match="EPOCH_PASSED"):
            found = iter([encode({"_id": 1})])
            documents_written._beside(cast(MongodbWriter, old), "c", found, False, Chunk("c", 0, None, None))
    assert raw_documents(empty_mongodb, "c") == []

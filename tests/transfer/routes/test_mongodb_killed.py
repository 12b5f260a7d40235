"""Moves to and from MongoDB that are killed at every named place go on, and copy nothing twice that was committed."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from engines.errors import DbmoError
from engines.mongodb.bson_exact import encode
from skills.etl_pipeline_builder.output import Output
from tests.faults.moves import CHUNK, alone, from_sqlite, move, reached, rows
from tests.faults.proxy import Proxy, proxy
from tests.moving import change, fetch
from tests.servers_mongodb import MongodbServer, secantus
from tests.transfer.routes.documents import MIGRATION, planned, raw_documents
from tests.transfer.test_state import answer_lost
from tests.warm import Warm, start
from transfer.chunks import ChunkResult, cut, joined
from transfer.endpoints import Endpoints
from transfer.moveplan import MovePlan
from transfer.routes import documents_written
from transfer.state import open_chunks, open_state
from transfer.state.document_marks import hold

ROWS = 40
LIFETIME = 60  # seconds; transactionLifetimeLimitSeconds
# in this order: a place that is never passed lets the move run to its end
WRITING = [
    "chunk.before_rows:1", "chunk.after_rows:2", "chunk.before_commit:1", "chunk.after_commit:1", "documents.beside:1",
]  # fmt: skip
PLACES = ["step.before:1", "step.after:1", "copy.planned:1", "agenda.stored:1", *WRITING]


@pytest.fixture(scope="module")
def standalone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that has no transactions, no log and no snapshots."""
    with secantus(tmp_path_factory.mktemp("standalone"), replica_set_name=None) as uri:
        yield uri.rstrip("/")


@pytest.fixture
def filled(empty_mongodb: str) -> str:
    with MongoClient[Any](empty_mongodb) as client:
        client.get_default_database().things.insert_many([{"_id": n, "v": f"row {n}", "t": [n]} for n in range(ROWS)])
    return empty_mongodb


@pytest.fixture
def tables(empty_18: str) -> str:
    change(
        empty_18,
        "CREATE TABLE t (id int PRIMARY KEY, v text)",
        "CREATE TABLE part (t_id int NOT NULL REFERENCES t ON DELETE CASCADE, k int, PRIMARY KEY (t_id, k))",
        f"INSERT INTO t SELECT n, 'row ' || n FROM generate_series(1, {ROWS}) n",
        f"INSERT INTO part SELECT n, 1 FROM generate_series(1, {ROWS}) n",
    )
    return empty_18


def made(source: str, target: str, engine: str, **settings: Any) -> MovePlan:
    """Ranges of ten rows; one after the other."""
    _, plan, _ = planned(source, target, engine, chunk_rows=10, **settings)
    return plan


def _move(source: str, target: str, plan: str, most_bytes: int) -> None:
    documents_written.MOST_BYTES = most_bytes
    alone(source, target, plan, {})


def disturbed(source: str, target: str, plan: MovePlan, failpoint: str, most_bytes: int = 32_000_000) -> Warm:
    """The move in a program of its own, which passes the failpoint."""
    given = source, target, plan.model_dump_json(), most_bytes
    return start(_move, *given, environment={**os.environ, "DBMO_FAILPOINT": failpoint})


def killed(source: str, target: str, plan: MovePlan, failpoint: str, most_bytes: int = 32_000_000) -> bool:
    """Run in a program of its own until the failpoint kills it; False where it is never passed."""
    process = disturbed(source, target, plan, f"{failpoint}:kill", most_bytes)
    _, errors = process.communicate(timeout=60)
    assert process.returncode in (0, -9), errors
    return process.returncode == -9


def killed_everywhere(
    source: str, target: str, plan: MovePlan, most_bytes: int = 32_000_000, places: Sequence[str] = WRITING
) -> tuple[set[str], Output]:
    """Killed at one place after the other, going on each time; where, and what the last run says."""
    found = {place.partition(":")[0] for place in places if killed(source, target, plan, place, most_bytes)}
    return found, move(source, target, plan)


def written(ends: Endpoints) -> AbstractContextManager[Any]:
    """A MongoDB writer with all that it has besides what every engine's has."""
    return closing(ends.writer())


def numbers(url: str) -> list[int]:
    """The _id of each document of t, out of its bytes."""
    return [int.from_bytes(raw[9:13], "little") for raw in raw_documents(url, "t")]


def copies(url: str) -> set[int]:
    """How often ranges were committed, as a MongoDB target notes it."""
    with MongoClient[Any](url) as client:
        return {row["copies"] for row in client.get_default_database()["_dbmo.chunk"].find()}


def test_from_mongodb_to_postgresql(filled: str, empty_18: str) -> None:
    found, output = killed_everywhere(filled, empty_18, made(filled, empty_18, "postgresql"), places=PLACES)
    assert found >= {place.partition(":")[0] for place in PLACES if "documents" not in place}
    assert fetch(empty_18, "SELECT _id, v FROM things ORDER BY 1") == [(n, f"row {n}") for n in range(ROWS)]
    assert fetch(empty_18, "SELECT value FROM things_t ORDER BY 1") == [(n,) for n in range(ROWS)]
    assert {row[0] for row in fetch(empty_18, "SELECT copies FROM _dbmo.chunk")} == {1}
    assert not output.resumed["source_changed"]


@pytest.mark.parametrize("most_bytes", [32_000_000, 100], ids=["in transactions", "beside them"])
def test_from_postgresql_to_mongodb(tables: str, empty_mongodb: str, most_bytes: int) -> None:
    found, _ = killed_everywhere(tables, empty_mongodb, made(tables, empty_mongodb, "mongodb"), most_bytes, PLACES)
    assert ("documents.beside" in found) == (most_bytes == 100)
    assert raw_documents(empty_mongodb, "t") == [
        encode({"_id": n, "v": f"row {n}", "part": [{"k": 1}]}) for n in range(1, ROWS + 1)
    ]
    assert copies(empty_mongodb) == {1}


def test_between_servers_of_mongodb(filled: str, mongodb: MongodbServer) -> None:
    target = mongodb.url(mongodb.new_name())
    killed_everywhere(filled, target, made(filled, target, "mongodb"))
    assert raw_documents(target, "things") == raw_documents(filled, "things")
    assert copies(target) == {1}


def test_to_a_standalone_server(tables: str, standalone: str, mongodb: MongodbServer) -> None:
    target = f"{standalone}/{mongodb.new_name()}"
    killed_everywhere(tables, target, made(tables, target, "mongodb"))
    assert numbers(target) == list(range(1, ROWS + 1))
    assert copies(target) == {1}


def test_from_a_standalone_server_what_is_the_same_is_not_copied_again(
    standalone: str, mongodb: MongodbServer, empty_mongodb: str
) -> None:
    source = f"{standalone}/{mongodb.new_name()}"
    with MongoClient[Any](source) as client:
        client.get_default_database().things.insert_many([{"_id": n} for n in range(ROWS)])
    plan = made(source, empty_mongodb, "mongodb")
    assert killed(source, empty_mongodb, plan, "chunk.after_commit:3")
    output = move(source, empty_mongodb, plan)
    assert (output.resumed["proved"], output.resumed["again"]) == (3, [])
    assert output.position.startswith("unknown")
    assert copies(empty_mongodb) == {1}
    assert raw_documents(empty_mongodb, "things") == raw_documents(source, "things")


@pytest.mark.parametrize("most_bytes", [32_000_000, 100], ids=["in transactions", "beside them"])
def test_documents_of_two_moments_are_never_mixed(
    tables: str, standalone: str, mongodb: MongodbServer, empty_mongodb: str, most_bytes: int
) -> None:
    """Killed with a part of a range written; then rows are deleted and changed in the source."""
    target = empty_mongodb if most_bytes == 100 else f"{standalone}/{mongodb.new_name()}"
    plan = made(tables, target, "mongodb")
    place = "documents.beside:1" if most_bytes == 100 else "chunk.after_rows:1"
    assert killed(tables, target, plan, place, most_bytes)
    assert len(raw_documents(target, "t")) > 0
    change(tables, "DELETE FROM t WHERE id < 5", "UPDATE t SET v = 'new' WHERE id = 7")
    move(tables, target, plan)
    assert numbers(target) == list(range(5, ROWS + 1))
    assert b"new" in raw_documents(target, "t")[2]


def test_a_table_without_a_key_is_written_anew(empty_18: str, standalone: str, mongodb: MongodbServer) -> None:
    change(empty_18, "CREATE TABLE t (v text)", "INSERT INTO t VALUES ('one'), ('two')")
    target = f"{standalone}/{mongodb.new_name()}"
    plan = made(empty_18, target, "mongodb")
    assert killed(empty_18, target, plan, "chunk.after_rows:1")
    assert len(raw_documents(target, "t")) == 2
    move(empty_18, target, plan)
    assert len(raw_documents(target, "t")) == 2


def test_every_part_of_a_joined_range_is_known_to_be_begun(
    standalone: str, mongodb: MongodbServer, tmp_path: Path
) -> None:
    """Killed in a range of several chunks, of which the next run finishes one."""
    found = from_sqlite(tmp_path, f"{standalone}/{mongodb.new_name()}", range_seconds=60.0)
    found.killed("chunk.after_rows:2:kill", connections=1)
    assert len(found.arrived()) == 4 * CHUNK
    found.killed("chunk.after_commit:1:kill", connections=1)
    with closing(sqlite3.connect(found.source.removeprefix("sqlite:"))) as source:
        source.execute(f"DELETE FROM t WHERE id = {3 * CHUNK + 7}")
        source.commit()
    found.run()
    assert found.arrived() == [row for row in rows() if row[0] != 3 * CHUNK + 7]


@pytest.mark.parametrize("place", ["chunk.after_commit:2", "chunk.before_commit:2"])
def test_a_killed_lane_is_replaced(
    tables: str, empty_mongodb: str, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Each process of a lane ends at its second range; what it has open there is ended, not waited for."""
    monkeypatch.setenv("DBMO_FAILPOINT", f"{place}:kill")
    started = time.monotonic()
    move(tables, empty_mongodb, made(tables, empty_mongodb, "mongodb"), load={"connections": 2})
    assert time.monotonic() - started < LIFETIME / 2
    assert len(raw_documents(empty_mongodb, "t")) == ROWS
    assert copies(empty_mongodb) == {1}


@pytest.mark.parametrize("how", ["by its coordinator", "by itself, when it connects again"])
def test_what_a_lane_left_open_is_ended(tables: str, mongodb: MongodbServer, how: str) -> None:
    """Another lane's transaction goes on."""
    _, _, ends = planned(tables, mongodb.url(mongodb.new_name()), "mongodb")
    with written(ends) as program, written(ends) as first, written(ends) as second:
        state = open_state(program, MIGRATION)
        state.start("hash", {}, "")
        program.run_command('{"create": "t"}')
        for name, writer in (("lane 1", first), ("lane 2", second)):
            open_state(writer, MIGRATION).join(state.epoch, name)
        documents = [[encode({"_id": number})] for number in (1, 2)]
        with second.begin() as other:
            second.load(other, "t", [], [documents[1]])
            with pytest.raises(DbmoError, match="TRANSACTION_ENDED"), first.begin() as left:
                first.load(left, "t", [], [documents[0]])
                if how == "by its coordinator":
                    state.abandon("lane 1")
                else:
                    open_state(program, MIGRATION).join(state.epoch, "lane 1")
                with program.begin() as again:
                    program.load(again, "t", [], [documents[0]])
    assert numbers(ends.target) == [1, 2]


def through(url: str, between: Proxy) -> str:
    """The same database over the proxy."""
    name = url.rpartition("/")[2]
    return f"mongodb://127.0.0.1:{between.port}/{name}?directConnection=true"


def server_of(url: str) -> tuple[str, int]:
    host, _, port = url.split("//")[1].split("/")[0].rpartition(":")
    return host, int(port)


@pytest.mark.parametrize("after", [True, False], ids=["after it was sent", "before"])
@pytest.mark.parametrize("needle", [b"commitTransaction", b"insert\0"], ids=["commit", "insert"])
def test_the_network_is_cut_around_a_write(tables: str, empty_mongodb: str, needle: bytes, after: bool) -> None:
    plan = made(tables, empty_mongodb, "mongodb")
    with proxy(server_of(empty_mongodb)) as between:
        between.needle, between.armed_by, between.after, between.cut_at = needle, needle, after, 3
        for _ in range(4):
            try:
                move(tables, through(empty_mongodb, between), plan)
                break
            except DbmoError as error:
                assert error.code in ("CONNECTION_LOST", "CONNECTION_FAILED"), error
        assert between.cuts == 1
    assert len(raw_documents(empty_mongodb, "t")) == ROWS
    assert copies(empty_mongodb) == {1}


def test_an_acknowledged_write_to_a_standalone_server_may_lose_its_answer(
    tables: str, standalone: str, mongodb: MongodbServer
) -> None:
    target = f"{standalone}/{mongodb.new_name()}"
    plan = made(tables, target, "mongodb")
    with proxy(server_of(target)) as between:
        between.needle, between.armed_by, between.cut_at = b"insert\0", b"insert\0", 4
        for _ in range(4):
            try:
                move(tables, through(target, between), plan)
                break
            except DbmoError as error:
                assert error.code in ("CONNECTION_LOST", "CONNECTION_FAILED"), error
        assert between.cuts == 1
    assert numbers(target) == list(range(1, ROWS + 1))
    assert copies(target) == {1}


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("standalone", "chunk.before_rows:2"),
        ("standalone", "chunk.after_rows:2"),
        ("standalone", "chunk.before_commit:2"),
        ("replica set", "chunk.before_commit:2"),
    ],
)
def test_an_older_run_that_wakes_up_changes_nothing(
    tables: str, standalone: str, mongodb: MongodbServer, tmp_path: Path, kind: str, place: str
) -> None:
    """It stands in its second range while a newer run does all the work, of a source that was changed meanwhile."""
    name = mongodb.new_name()
    target = f"{standalone}/{name}" if kind == "standalone" else mongodb.url(name)
    plan = made(tables, target, "mongodb")
    file = tmp_path / "go on"
    older = disturbed(tables, target, plan, f"{place}:wait={file}")
    reached(file)
    change(tables, "DELETE FROM t WHERE id < 20", "UPDATE t SET v = 'new'")
    move(tables, target, plan)
    file.touch()
    _, errors = older.communicate(timeout=60)
    assert (older.returncode, "EPOCH_PASSED" in errors) == (1, True), errors
    assert numbers(target) == list(range(20, ROWS + 1))
    assert all(b"new" in raw for raw in raw_documents(target, "t"))


def test_documents_beside_a_transaction_are_not_committed_under_an_epoch_that_passed_meanwhile(
    tables: str, mongodb: MongodbServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the server doesn't let the newer run end the older one's sessions."""
    _, _, ends = planned(tables, mongodb.url(mongodb.new_name()), "mongodb")
    with written(ends) as old, written(ends) as new:
        state = open_state(old, MIGRATION)
        state.start("hash", {}, "")
        (only,) = cut("t", [])
        open_chunks(state).add([only])
        monkeypatch.setattr(new, "end_sessions", lambda identifiers: None)
        with pytest.raises(DbmoError, match="WRITE_CONFLICT"), old.begin() as part:
            old.check_fence(part.session)
            open_state(new, MIGRATION).start("hash", {}, "")
            hold(old, part, only)
        with pytest.raises(DbmoError, match="EPOCH_PASSED"), old.begin() as part:
            hold(old, part, only)


def test_a_transaction_that_the_server_ended_is_replaced_by_smaller_ones(tables: str, empty_mongodb: str) -> None:
    """As one is that was open for a minute."""
    _, _, ends = planned(tables, empty_mongodb, "mongodb")
    with written(ends) as writer:
        state = open_state(writer, MIGRATION)
        state.start("hash", {}, "")
        (only,) = cut("t", [])
        open_chunks(state).add([only])
        with writer.begin() as transaction:
            state.fence(transaction)
            writer.end_sessions([transaction.session.session_id["id"]])
            documents_written.write(
                writer, transaction, "t", lambda: (encode({"_id": number}) for number in range(3)), False, only
            )
            open_chunks(state).finish(transaction, joined([only]), ChunkResult(only, 3, 3, 0, 0.1), "")
        assert open_chunks(state).finished() == [only]
    assert numbers(empty_mongodb) == [0, 1, 2]


def test_without_transactions_every_batch_asks_first(tables: str, standalone: str, mongodb: MongodbServer) -> None:
    target = f"{standalone}/{mongodb.new_name()}"
    _, _, ends = planned(tables, target, "mongodb")
    with closing(ends.writer()) as writer, closing(ends.writer()) as new:
        old: Any = writer
        state, later = open_state(old, MIGRATION), open_state(new, MIGRATION)
        state.start("hash", {}, "")
        with pytest.raises(DbmoError, match="EPOCH_PASSED"), old.begin() as transaction:
            assert transaction.session is None
            old.load(transaction, "t", [], [[encode({"_id": 1})]])
            later.start("hash", {}, "")
            old.load(transaction, "t", [], [[encode({"_id": 2})]])
        with pytest.raises(DbmoError, match="EPOCH_PASSED"):
            state.update(status="late")
    assert numbers(target) == [1]


@pytest.mark.parametrize("kind", ["standalone", "replica set"])
def test_an_epoch_whose_write_was_not_answered_is_taken_once(
    tables: str, standalone: str, mongodb: MongodbServer, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = mongodb.new_name()
    _, _, ends = planned(tables, f"{standalone}/{name}" if kind == "standalone" else mongodb.url(name), "mongodb")
    with closing(ends.writer()) as writer:
        state, newer = open_state(writer, MIGRATION), open_state(writer, MIGRATION)
        for _ in range(2):
            answer_lost(state, monkeypatch)
            state.start("hash", {}, "")
        answer_lost(state, monkeypatch)
        state.renew()
        assert (state.epoch, state.row()["epoch"]) == (3, 3)
        answer_lost(state, monkeypatch, lambda: newer.start("hash", {}, ""))
        with pytest.raises(DbmoError, match="EPOCH_PASSED"):
            state.renew()
        assert state.row()["epoch"] == 5


def test_a_lane_of_an_earlier_moment_commits_nothing_any_more(tables: str, mongodb: MongodbServer) -> None:
    _, _, ends = planned(tables, mongodb.url(mongodb.new_name()), "mongodb")
    with closing(ends.writer()) as writer:
        state, lane = open_state(writer, MIGRATION), open_state(writer, MIGRATION)
        state.start("hash", {}, "")
        (only,) = cut("t", [])
        open_chunks(state).add([only])
        lane.join(state.epoch)
        state.renew()
        result = ChunkResult(only, 1, 1, 0, 0.1)
        with pytest.raises(DbmoError, match="EPOCH_PASSED"), writer.begin() as transaction:
            open_chunks(lane).finish(transaction, joined([only]), result, "")
        with writer.begin() as transaction:
            open_chunks(state).finish(transaction, joined([only]), result, "")
        assert open_chunks(state).finished() == [only]

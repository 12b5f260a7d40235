"""The state in the target of every SQL engine: ranges are finished once, under one epoch, with what was set aside."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from engines.errors import DbmoError, EngineError
from engines.grant import Grant
from engines.registry import open_database, open_writer
from tests.moving import sqlite_file
from tests.mysql_servers import MysqlServer
from tests.servers import Server
from transfer.chunks import Chunk, ChunkResult, cut, joined
from transfer.quarantined import Quarantined
from transfer.state import Cut, State, open_chunks, open_state
from transfer.state.taking import held_by

UNITS = ["s.t", "s.t ", "S.T", "s.ä", "s.a", "s.\"; \\ ' %s :x\n😀", "s." + "n" * 130]
HOSTILE = "Ä\"\\'%s :name \n\t{0} 😀"


@pytest.fixture(scope="module", params=["postgresql", "mariadb", "sqlite"])
def target(
    request: pytest.FixtureRequest,
    postgresql_15: Server,
    mariadb: MysqlServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    if request.param == "postgresql":
        return postgresql_15.create_database()
    if request.param == "mariadb":
        return mariadb.create_database()
    return f"sqlite:{sqlite_file(tmp_path_factory.mktemp('state') / 't.db', 'CREATE TABLE t (a)')}"


@contextmanager
def writing(url: str) -> Iterator[Any]:
    """A writer of a target."""
    with closing(open_database(url)) as database:
        grant = Grant("m", database.identity, "", scratch=True)
    with closing(open_writer(url, grant)) as writer:
        yield writer


@pytest.fixture
def state(target: str, request: pytest.FixtureRequest) -> Iterator[State]:
    """A started migration, named after the test."""
    with writing(target) as writer:
        found = open_state(writer, request.node.name[:100])
        found.start("plan", {"by": HOSTILE}, "head")
        yield found


def answer_lost(state: State, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], None] = lambda: None) -> None:
    """The next transaction is committed, and its writer hears nothing of it; meanwhile: what others do then."""
    begin = state.writer.begin

    @contextmanager
    def losing(durable: bool = False) -> Iterator[Any]:
        monkeypatch.setattr(state.writer, "begin", begin)
        with begin(durable) as transaction:
            yield transaction
        meanwhile()
        raise EngineError("CONNECTION_LOST", "The answer was lost.", "")

    monkeypatch.setattr(state.writer, "begin", losing)


def finish(state: State, *parts: Chunk, aside: list[Quarantined] | None = None) -> None:
    part = joined(parts)
    chunks = open_chunks(state)
    with state.writer.begin() as transaction:
        chunks.set_aside(transaction, part.chunk, aside or [])
        result = ChunkResult(part.chunk, 10, 100, len(aside or []), 0.5, len(parts))
        chunks.finish(transaction, part, result, "position")


def failing(state: State, *parts: Chunk) -> str:
    with pytest.raises(DbmoError) as caught:
        finish(state, *parts)
    return caught.value.code


def test_a_lane_of_an_earlier_moment_commits_nothing_any_more(state: State) -> None:
    (only,) = cut("s.t", [])
    open_chunks(state).add([only])
    lane = open_state(state.writer, state.migration)
    lane.join(state.epoch)
    state.renew()
    assert failing(lane, only) == "EPOCH_PASSED"
    finish(state, only)


@pytest.mark.parametrize(
    "take", [lambda state: state.renew(), lambda state: state.start("plan", {}, "")], ids=["renew", "start"]
)
def test_an_epoch_whose_commit_was_not_answered_is_taken_once(
    state: State, take: Callable[[State], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_lost(state, monkeypatch)
    take(state)
    assert (state.epoch, state.row()["epoch"]) == (2, 2)


def test_the_first_epoch_of_all_is_taken_once(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with writing(target) as writer:
        state = open_state(writer, "new")
        answer_lost(state, monkeypatch)
        state.start("plan", {}, "")
        assert (state.epoch, state.row()["epoch"]) == (1, 1)


def test_an_epoch_that_a_newer_run_took_while_an_answer_was_lost_is_passed(
    state: State, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken() -> None:
        with writing(target) as writer:
            open_state(writer, state.migration).start("plan", {}, "")

    answer_lost(state, monkeypatch, taken)
    with pytest.raises(DbmoError, match="EPOCH_PASSED"):
        state.renew()
    assert state.row()["epoch"] == 3


def test_a_state_of_an_earlier_version_is_read_and_gone_on_with(state: State) -> None:
    table = "_dbmo.migration" if state.writer.engine == "postgresql" else "_dbmo_migration"
    with state.writer.begin() as transaction:
        state.writer.run(transaction, f"ALTER TABLE {table} DROP COLUMN taken_by")
    assert state.row()["epoch"] == 1
    state.start("plan", {}, "")
    state.renew()
    assert state.row()["epoch"] == 3


def test_chunks_that_were_copied_together_become_one(state: State) -> None:
    chunks = open_chunks(state)
    bounds: list[Any] = [(10,), (20,), (30,)]
    first, second, third, last = cut("s.t", bounds)
    chunks.add([first, second, third, last])
    finish(state, first, second, third)
    assert chunks.pending() == [last]
    assert chunks.finished() == [Chunk("s.t", 0, None, (30,))]
    assert chunks.done(joined([first, second, third])) == ChunkResult(Chunk("s.t", 0, None, (30,)), 10, 100, 0, 0.5, 3)
    assert chunks.done(joined([last])) is None
    assert chunks.figures()["s.t"]["chunks"] == 2


def test_a_range_is_finished_once(state: State) -> None:
    chunks = open_chunks(state)
    one, other = cut("s.t", [("text", 5)])
    chunks.add([one, other])
    finish(state, one)
    assert failing(state, one) == "RANGE_DONE"
    assert failing(state, one, other) == "RANGE_DONE"
    assert chunks.pending() == [other]


def test_an_older_epoch_writes_nothing(state: State) -> None:
    chunks = open_chunks(state)
    (chunk,) = cut("s.t", [])
    chunks.add([chunk])
    state.join(state.epoch - 1)
    assert failing(state, chunk) == "EPOCH_PASSED"
    with pytest.raises(DbmoError, match="EPOCH_PASSED"):
        chunks.add([Chunk("s.other", 0, None, None)])


def test_another_plan_is_refused(state: State) -> None:
    with pytest.raises(DbmoError, match="PLAN_CHANGED"):
        state.start("another", {}, "")


def test_units_are_told_apart_by_every_byte(state: State) -> None:
    chunks = open_chunks(state)
    chunks.add([Chunk(unit, 0, None, ("b",)) for unit in UNITS])
    finish(state, Chunk("S.T", 0, None, ("b",)))
    assert chunks.cuts() == {unit: Cut(1, ("b",), False) for unit in UNITS}
    assert [chunk.table for chunk in chunks.finished()] == ["S.T"]
    with state.writer.begin() as transaction:
        chunks.restart(transaction, "S.T")
    assert set(chunks.cuts()) == set(UNITS) - {"S.T"}


def test_a_long_original_is_told_in_short_where_that_is_asked(state: State) -> None:
    chunks = open_chunks(state)
    (one,) = cut("s.t", [])
    chunks.add([one])
    long, short = (json.dumps({"class": "text", "text": text}) for text in ("é" * 3_000, "é"))
    finish(state, one, aside=[Quarantined("[1]", "v", "1", "too long", "null", original) for original in (long, short)])
    assert [entry.original for _, entry in chunks.quarantined()] == [long, short]
    told = [json.loads(entry.original) for _, entry in chunks.quarantined(1_000)]
    digest = hashlib.sha256(("é" * 3_000).encode()).hexdigest()
    assert told == [{"class": "text", "bytes": 6_000, "sha256": digest}, {"class": "text", "text": "é"}]


def test_what_was_set_aside_goes_with_its_range(state: State) -> None:
    chunks = open_chunks(state)
    one, other = cut("s.t", [(HOSTILE,)])
    chunks.add([one, other])
    entry = Quarantined(HOSTILE * 200, HOSTILE, HOSTILE, HOSTILE, "null", HOSTILE * 5_000)
    finish(state, one, aside=[entry, entry])
    finish(state, other, aside=[entry])
    assert chunks.quarantined() == [("s.t", entry)] * 3
    assert chunks.quarantined_count() == 3
    with state.writer.begin() as transaction:
        chunks.forget(transaction, one)
    assert chunks.quarantined() == [("s.t", entry)]
    assert chunks.pending() == [one]
    assert (chunks.finished(), chunks.quarantined_count()) == ([other], 1)


def test_the_migration_keeps_what_it_was_told(state: State) -> None:
    state.update(position=HOSTILE, status="loaded")
    row = state.row()
    assert (row["position"], row["status"], row["plan_hash"], row["epoch"]) == (HOSTILE, "loaded", "plan", 1)
    with state.writer.begin() as transaction:
        state.finish_step(transaction, HOSTILE, 1.5)
    assert state.step_seconds() == {HOSTILE: 1.5}
    with state.writer.begin() as transaction:
        state.forget_steps(transaction, [HOSTILE])
    assert state.done_steps() == set()


def test_a_run_does_not_wait_for_ever_for_an_older_one_and_names_it(
    empty_15: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transfer.state.sql.TAKEOVER", "SET LOCAL lock_timeout = '100ms'")
    with writing(empty_15) as writer:
        older, newer = open_state(writer, "m"), open_state(writer, "m")
        older.start("plan", {}, "")
        with writer.begin() as transaction:
            older.fence(transaction)
            session = transaction.exec_driver_sql("SELECT pg_backend_pid()").scalar()
            with pytest.raises(DbmoError, match="LOCK_TIMEOUT") as caught:
                newer.start("plan", {}, "")
        assert f"by run 1 of it (process {os.getpid()} on " in caught.value.what
        assert f": session {session} since 2" in caught.value.what
        assert f"SELECT pg_terminate_backend({session})" in caught.value.remedy
        newer.start("plan", {}, "")
        assert newer.epoch == 2


def test_who_holds_the_epoch_of_mariadb_is_named_as_far_as_it_tells(empty_mariadb: str) -> None:
    waited = EngineError("LOCK_TIMEOUT", "A lock wasn't free in time.", "", errno=1205)
    with writing(empty_mariadb) as writer:
        state = open_state(writer, "m")
        state.start("plan", {}, "")
        with writer.begin() as transaction:
            state.fence(transaction)
            session = transaction.exec_driver_sql("SELECT CONNECTION_ID()").scalar()
            told = held_by(writer, waited, lambda: {"epoch": 1, "taken_by": None})
    assert f"by run 1 of it, which stands in the midst of a commit: session {session} from 127.0.0.1" in told.what
    assert f"KILL {session}" in told.remedy


def test_tables_of_an_earlier_version_are_refused(empty_mariadb: str) -> None:
    with writing(empty_mariadb) as writer:
        state = open_state(writer, "m")
        state.start("plan", {}, "")
        with writer.begin() as connection:
            change = "ALTER TABLE _dbmo_chunk MODIFY table_name varchar(512) COLLATE utf8mb4_bin NOT NULL"
            writer.run(connection, change)
        with pytest.raises(DbmoError, match="STATE_LAYOUT"):
            state.start("plan", {}, "")

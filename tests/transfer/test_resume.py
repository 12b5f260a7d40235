"""A killed copy goes on: finished chunks are kept when that is proved, copied again when it is not."""

import signal
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conversion.mapping import Statement
from engines.errors import EngineError
from skills.context import Progress, SkillContext
from tests.faults.moves import reached
from tests.moving import change, fetch, mapping, move, plan_of, sqlite_file, start
from transfer.moveplan import MovePlan
from transfer.resume import INDEX, unchanged
from transfer.retry import Patience
from transfer.state import open_chunks, open_state

TABLE = mapping("t", [("id", "bigint", "integer"), ("v", "text", "text")])
ROWS = [(n, f"row {n}") for n in range(1, 1_001)]


@pytest.fixture
def source(tmp_path: Path) -> Any:
    return sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        rows=[("INSERT INTO t VALUES (?, ?)", ROWS)],
    )


def plan(**settings: Any) -> Any:
    return plan_of(TABLE, chunk_rows=100, range_seconds=0, **settings)


def kill_at(failpoint: str, source: Path, target: str, made: MovePlan) -> None:
    """Run until the failpoint kills the program."""
    process = start(source, target, made, failpoint)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == -9, errors


def arrived(target: str) -> Any:
    return fetch(target, "SELECT id, v FROM t ORDER BY id")


def copies(target: str) -> Any:
    return [row[0] for row in fetch(target, "SELECT copies FROM _dbmo.chunk ORDER BY number")]


FAILPOINTS = [
    "step.before:1:kill",
    "step.after:1:kill",
    "copy.planned:1:kill",
    *(
        f"chunk.{place}:{count}:kill"
        for place in ("before_rows", "after_rows", "before_commit", "after_commit")
        for count in (1, 4, 11)
    ),
]


@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_a_killed_run_continues_and_copies_no_finished_chunk_twice(source: Path, empty_18: str, failpoint: str) -> None:
    kill_at(failpoint, source, empty_18, plan())
    output = move(source, empty_18, plan())
    assert arrived(empty_18) == ROWS
    assert set(copies(empty_18)) == {1}
    assert not output.resumed["source_changed"]


@pytest.mark.parametrize("failpoint", ["chunk.after_commit:5:kill"])
def test_a_killed_worker_of_several_is_replaced(
    source: Path, empty_18: str, monkeypatch: pytest.MonkeyPatch, failpoint: str
) -> None:
    """Each process of a lane ends there, and another takes its place; this one copies nothing itself."""
    monkeypatch.setenv("DBMO_FAILPOINT", failpoint)
    move(source, empty_18, plan(parallel=2))
    assert arrived(empty_18) == ROWS
    assert set(copies(empty_18)) == {1}


def test_workers_that_die_again_and_again_end_the_copy(
    source: Path, empty_18: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBMO_FAILPOINT", "chunk.before_rows:1:kill")
    monkeypatch.setattr("transfer.copy.PATIENCE", Patience(tries=2, first_wait=0.01))
    with pytest.raises(EngineError, match="WORKER_LOST"):
        move(source, empty_18, plan(parallel=2))
    assert arrived(empty_18) == []


def test_after_a_change_of_the_source_only_what_differs_is_copied_again(source: Path, empty_18: str) -> None:
    kill_at("chunk.after_commit:6:kill", source, empty_18, plan())
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("UPDATE t SET v = 'changed' WHERE id = 150")
        connection.execute("DELETE FROM t WHERE id = 320")
        connection.execute("INSERT INTO t VALUES (5000, 'late')")
    output = move(source, empty_18, plan())
    with closing(sqlite3.connect(source)) as connection:
        assert arrived(empty_18) == connection.execute("SELECT id, v FROM t ORDER BY id").fetchall()
    assert output.resumed["source_changed"]
    assert output.resumed["again"] == ["main.t chunk 1", "main.t chunk 3"]
    assert copies(empty_18) == [1, 2, 1, 2, 1, 1, 1, 1, 1, 1, 1]


def test_a_changed_table_without_a_key_in_the_target_is_copied_again_whole(tmp_path: Path, empty_18: str) -> None:
    table = mapping("t", [("v", "text", "text")], key=None, required=())
    made = plan_of(table, chunk_rows=10, range_seconds=0)
    source = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (v TEXT)",
        rows=[("INSERT INTO t VALUES (?)", [(f"{n}",) for n in range(50)])],
    )
    kill_at("chunk.after_commit:3:kill", source, empty_18, made)
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("UPDATE t SET v = 'changed' WHERE rowid = 2")
    move(source, empty_18, made)
    found = sorted(row[0] for row in fetch(empty_18, "SELECT v FROM t"))
    assert found == sorted(["changed", *(str(n) for n in range(50) if n != 1)])


@pytest.mark.parametrize(
    "lost",
    [
        "UPDATE _dbmo.chunk SET done = false, rows = NULL WHERE number = 4",
        "DELETE FROM _dbmo.chunk WHERE number = 4",
        "DELETE FROM _dbmo.chunk WHERE number <= 4",
    ],
    ids=["a commit", "a chunk", "the first chunks"],
)
def test_commits_that_a_crash_of_the_target_took_are_made_again(source: Path, empty_18: str, lost: str) -> None:
    """Nobody waits for the target's disk at each commit: a crash takes the last ones, and the run goes on."""
    told: list[str] = []

    def crash(progress: Progress) -> None:
        told.append(progress.stage)
        if told.count("copy") == 6:
            gone = "id BETWEEN 401 AND 500" if "<=" not in lost else "id <= 500"
            change(empty_18, lost, f"DELETE FROM t WHERE {gone}")

    move(source, empty_18, plan(), SkillContext(progress=crash))
    assert told.count("copy") > 6
    assert arrived(empty_18) == ROWS


def test_an_index_that_a_killed_comparison_left_is_dropped(source: Path, empty_18: str) -> None:
    kill_at("chunk.after_commit:3:kill", source, empty_18, plan())
    name = INDEX.format(sha256(b"test").hexdigest()[:12]) + "x"
    change(empty_18, f"CREATE INDEX {name} ON t (v)", "CREATE INDEX dbmo_resume_of_another ON t (v)")
    parts = "CREATE TABLE parts (v text) PARTITION BY LIST (v)", "CREATE TABLE part PARTITION OF parts DEFAULT"
    change(empty_18, *parts, f"CREATE INDEX {name}2 ON parts (v)")
    move(source, empty_18, plan())
    left = fetch(empty_18, "SELECT indexname FROM pg_indexes WHERE tablename IN ('t', 'parts', 'part')")
    assert left == [("dbmo_resume_of_another",)]


def test_an_older_run_can_write_nothing_once_a_newer_one_began(source: Path, empty_18: str, tmp_path: Path) -> None:
    file = tmp_path / "never"
    older = start(source, empty_18, plan(), f"chunk.before_commit:3:wait={file}")
    reached(file)
    older.send_signal(signal.SIGSTOP)  # it sleeps through the takeover with an open transaction
    try:
        _end_backends(empty_18)
        move(source, empty_18, plan())
    finally:
        older.kill()
        older.communicate()
    assert arrived(empty_18) == ROWS
    assert set(copies(empty_18)) == {1}


def test_a_change_after_the_references_were_made_is_copied_all_the_same(tmp_path: Path, empty_18: str) -> None:
    child = mapping("c", [("id", "bigint", "integer"), ("t_id", "bigint", "integer")])
    made = plan_of(TABLE, child, chunk_rows=100, range_seconds=0)
    for kind, sql, undo in [
        (
            "pk",
            "ALTER TABLE public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id)",
            "ALTER TABLE public.t DROP CONSTRAINT t_pkey",
        ),
        (
            "fk",
            "ALTER TABLE public.c ADD CONSTRAINT c_t FOREIGN KEY (t_id) REFERENCES public.t",
            "ALTER TABLE public.c DROP CONSTRAINT c_t",
        ),
        ("index", "CREATE INDEX c_t_id ON public.c (t_id)", "DROP INDEX public.c_t_id"),
    ]:
        made.statements.append(Statement(id=kind, sql=sql, undo=undo, object=kind, kind=kind, stage="post_data"))
    source = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        "CREATE TABLE c (id INTEGER PRIMARY KEY, t_id INTEGER)",
        rows=[("INSERT INTO t VALUES (?, ?)", ROWS), ("INSERT INTO c VALUES (?, ?)", [(n, n) for n in range(1, 200)])],
    )
    kill_at("step.after:4:kill", source, empty_18, made)
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("UPDATE t SET v = 'changed' WHERE id = 5")
    output = move(source, empty_18, made)
    assert output.resumed["again"] == ["main.t chunk 0"]
    assert fetch(empty_18, "SELECT v FROM t WHERE id = 5") == [("changed",)]
    assert fetch(empty_18, "SELECT id FROM _dbmo.step WHERE id IN ('pk', 'fk', 'index') ORDER BY 1") == [
        ("fk",),
        ("index",),
        ("pk",),
    ]


def _end_backends(target: str) -> None:
    ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    fetch(target, f"{ends} AND state = 'idle in transaction'")


def test_a_chunk_of_a_passed_epoch_is_refused(source: Path, empty_18: str) -> None:
    from engines.grant import Grant
    from engines.registry import open_database, open_writer

    move(source, empty_18, plan())
    with closing(open_database(empty_18)) as database:
        grant = Grant("test", database.identity, "", scratch=True)
    with closing(open_writer(empty_18, grant)) as writer:
        old = open_state(writer, "test")
        old.join(0)
        chunk = open_chunks(old).finished()[0]
        with pytest.raises(EngineError, match="EPOCH_PASSED"), writer.begin() as connection:
            open_chunks(old).forget(connection, chunk)
    assert set(copies(empty_18)) == {1}


@pytest.mark.parametrize(
    ("position", "same"),
    [
        ("snapshot 900:900:", True),
        ("lsn 0/15, slot s, snapshot 900:900:", True),
        ("snapshot 897:900:897,898", False),
        ("snapshot 897:900:", False),  # a standby doesn't list those that run
    ],
)
def test_an_equal_snapshot_of_postgresql_proves_something_only_if_nothing_ran(position: str, same: bool) -> None:
    now: Any = SimpleNamespace(position=position)
    assert unchanged("postgresql", position, now) is same
    assert not unchanged("postgresql", "snapshot 899:899:", now)

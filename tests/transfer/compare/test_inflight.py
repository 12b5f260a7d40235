"""Finished chunks are compared while others still copy; a target is looked at before anything is copied."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from engines.grant import Grant
from engines.registry import open_database, open_writer
from tests.moving import change, mapping, move, plan_of, sqlite_file, start
from transfer.compare.inflight import check_empty, check_finished
from transfer.endpoints import Endpoints
from transfer.moveplan import MovePlan
from transfer.state import State, open_state

COLUMNS = [("id", "bigint", "integer"), ("v", "bigint", "integer")]
KEYED = mapping("t", COLUMNS)
ROWS = [(n, "n/a" if n == 7 else n) for n in range(1, 101)]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    created = "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER)"
    return sqlite_file(tmp_path / "s.db", created, rows=[("INSERT INTO t VALUES (?, ?)", ROWS)])


def copy_half(source: Path, target: str, plan: MovePlan) -> None:
    """Copy until five of ten chunks are in the target."""
    process = start(source, target, plan, "chunk.after_commit:5:kill")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == -9, errors


@contextmanager
def running(source: Path, target: str) -> Iterator[tuple[Endpoints, State]]:
    with closing(open_database(target)) as database:
        grant = Grant("test", database.identity, "", scratch=True)
    with closing(open_writer(target, grant)) as writer:
        yield Endpoints(f"sqlite:{source}", target, grant), open_state(writer, "test")


def test_finished_chunks_are_compared_while_others_copy(source: Path, empty_18: str) -> None:
    plan = plan_of(KEYED, chunk_rows=10, range_seconds=0)
    copy_half(source, empty_18, plan)
    with running(source, empty_18) as (endpoints, state):
        (found,) = check_finished(plan, endpoints, state)
        assert (found.equal, found.rows_source, found.rows_target, found.set_aside) == (True, 50, 50, 1)
        assert [(part.rows, part.equal) for part in found.parts] == [(10, True)] * 5
        change(empty_18, "UPDATE t SET v = 0 WHERE id = 12", "DELETE FROM t WHERE id = 44")
        (found,) = check_finished(plan, endpoints, state)
        assert (found.different, found.missing, [part.equal for part in found.parts]) == (
            1, 1, [True, False, True, True, False],
        )  # fmt: skip
        with closing(sqlite3.connect(source)) as connection, connection:
            connection.execute("UPDATE t SET v = -1 WHERE id IN (5, 95)")
        (found,) = check_finished(plan, endpoints, state)
        assert (found.different, [part.equal for part in found.parts]) == (2, [False, False, True, True, False])


def test_chunks_that_the_target_can_t_tell_apart_wait_for_each_other(source: Path, empty_18: str) -> None:
    table = mapping("t", COLUMNS[1:], key=None, required=())
    plan = plan_of(table, chunk_rows=10, range_seconds=0)
    copy_half(source, empty_18, plan)
    with running(source, empty_18) as (endpoints, state):
        (found,) = check_finished(plan, endpoints, state)
        assert found.problem is not None and found.problem.code == "CHUNKS_NOT_APART"
        move(source, empty_18, plan)
        (found,) = check_finished(plan, endpoints, state)
        assert (found.equal, found.rows_source, found.set_aside) == (True, 100, 1)


def test_rows_that_a_target_holds_before_the_copy_are_extra(source: Path, empty_18: str) -> None:
    plan = plan_of(KEYED)
    with running(source, empty_18) as (endpoints, _):
        assert [(found.equal, found.rows_target) for found in check_empty(plan, endpoints)] == [(True, 0)]
        change(empty_18, "CREATE TABLE t (other int)", "INSERT INTO t VALUES (1), (2)")
        assert [(found.equal, found.extra) for found in check_empty(plan, endpoints)] == [(False, 2)]

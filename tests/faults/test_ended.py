"""A copy is ended, by a person, a kill or an error: at once, whatever it waits for, and without leaving anything."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from conversion.mapping import Statement
from engines.connection import parse
from engines.errors import DbmoError
from engines.grant import Grant
from engines.registry import open_database, open_writer
from skills.context import SkillContext
from tests.faults.moves import from_mariadb, from_sqlite, rows
from tests.faults.proxy import proxy
from tests.faults.test_conflicts import other, waiting
from tests.faults.test_cut_connections import by_tcp, server_socket
from tests.mysql_servers import MysqlServer
from transfer.builds import side_by_side
from transfer.ddl import Job
from transfer.endpoints import open_snapshot
from transfer.pace import stopped
from transfer.state import open_state

INDEX = Statement(id="i", sql="", object="i", kind="index", stage="post_data")
LOCKED = {"postgresql": "LOCK TABLE t IN ACCESS EXCLUSIVE MODE", "mysql": "SELECT 1 FROM _dbmo_chunk FOR UPDATE"}


@pytest.mark.parametrize(
    ("target", "lanes"),
    [
        ("empty_18", 1),
        ("empty_mariadb", 2),
        pytest.param("empty_18", 2, marks=pytest.mark.soak),
        pytest.param("empty_mariadb", 1, marks=pytest.mark.soak),
    ],
)
def test_a_cancelled_copy_waits_for_no_lock_of_others(
    request: pytest.FixtureRequest, tmp_path: Path, target: str, lanes: int
) -> None:
    """The lock is given back only after the copy has ended."""
    move = from_sqlite(tmp_path, request.getfixturevalue(target))
    family = move.target.split(":")[0]
    cancelled = threading.Event()

    with other(move) as run:

        def journal(kind: str, body: dict[str, Any]) -> None:
            if kind == "chunk" and not cancelled.is_set() and not watching.ident:
                run(LOCKED[family])
                watching.start()

        def watch() -> None:
            waiting(move, family)
            cancelled.set()

        watching = threading.Thread(target=watch)
        context = SkillContext(journal=journal, cancelled=cancelled.is_set)
        with pytest.raises(DbmoError, match="INTERRUPTED"):
            move.run(context=context, connections=lanes)
        watching.join()
        run("ROLLBACK")
    move.run()
    assert move.arrived() == rows()
    assert set(move.copies()) == {1}


def test_cancelled_builds_are_ended_on_the_server() -> None:
    ended, asked = threading.Event(), iter([None, None])

    def stop() -> None:
        if next(asked, "cancelled"):
            raise stopped()

    def build(job: Job) -> None:
        ended.wait()

    with pytest.raises(DbmoError, match="INTERRUPTED"):
        side_by_side([Job(INDEX, "t", 1, "shared")], 1, build, stop, ended.set)


def test_a_kill_leaves_no_processes_and_no_words(tmp_path: Path, mariadb: MysqlServer, empty_18: str) -> None:
    """Their standard error would stay open."""
    move = from_mariadb(mariadb, empty_18)
    assert move.killed("copy.planned:1:kill", connections=2) == ""


ORPHAN = """
import os, signal
from transfer.executors.single import OneProcess
if __name__ == "__main__":
    OneProcess(print, (), print)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_lane_that_was_about_to_start_ends_with_its_parent(tmp_path: Path) -> None:
    script = tmp_path / "orphan.py"
    script.write_text(ORPHAN)
    found = subprocess.run([sys.executable, str(script)], env={"PYTHONPATH": "."}, capture_output=True, timeout=60)
    assert found.returncode == -9


def test_a_cancel_that_does_not_reach_the_server_is_an_error_of_ours(empty_18: str) -> None:
    with proxy(server_socket(empty_18)) as between:
        snapshot = open_snapshot(parse(by_tcp(empty_18, between.port)))
    with closing(snapshot), pytest.raises(DbmoError, match="CONNECTION"):
        snapshot.cancel()


def test_who_waits_for_the_state_of_a_server_that_is_away_can_be_interrupted(empty_18: str) -> None:
    with closing(open_database(empty_18)) as database:
        grant = Grant("test", database.identity, "", scratch=True)
    with (
        proxy(server_socket(empty_18)) as between,
        closing(open_writer(by_tcp(empty_18, between.port), grant)) as writer,
    ):
        state = open_state(writer, "test")
        state.start("", {}, "")
        state.cancelled = lambda: between.away
        between.leave()
        with pytest.raises(DbmoError, match="INTERRUPTED"):
            state.row()

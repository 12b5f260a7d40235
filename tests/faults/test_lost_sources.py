"""The source changes under a copy, and its connections end: one moment arrives, whatever happens."""

import threading
from pathlib import Path
from typing import Any

import pytest

from skills.context import SkillContext
from tests.faults.moves import Move, end_connections, from_mariadb, from_postgresql, on_mariadb, reached, rows
from tests.moving import change, fetch
from tests.mysql_servers import MysqlServer
from tests.servers import Server
from transfer import lanes

CHANGES = (
    "UPDATE t SET v = 'changed' WHERE id = 150",
    "DELETE FROM t WHERE id = 320",
    "INSERT INTO t VALUES (5000, 'late')",
    "UPDATE t SET id = 6000 WHERE id = 450",
)
SLOW_COMMIT = (
    "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(2); RETURN NEW;"
    " EXCEPTION WHEN query_canceled THEN PERFORM pg_sleep(2); RETURN NEW; END $$",
    "CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON _dbmo.chunk DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
    " WHEN (NEW.number = 0 AND NEW.done AND NEW.copies = 1) EXECUTE FUNCTION slow()",
    "ALTER TABLE _dbmo.chunk ENABLE ALWAYS TRIGGER slow",
)
ENDS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def now(move: Move) -> list[tuple[int, str]]:
    return on_mariadb(move.source, "SELECT id, v FROM t ORDER BY id")


@pytest.mark.parametrize("parallel", [2])
def test_what_is_written_meanwhile_does_not_arrive(
    mariadb: MysqlServer, empty_18: str, tmp_path: Path, parallel: int
) -> None:
    move, file = from_mariadb(mariadb, empty_18, parallel=parallel), tmp_path / "go"
    process = move.start(f"copy.planned:1:wait={file}")
    reached(file)
    on_mariadb(move.source, *CHANGES)
    file.touch()
    _, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors
    assert move.arrived() == rows()


@pytest.mark.parametrize("failpoint", ["agenda.stored:1", "chunk.before_commit:3"])
def test_a_killed_copy_of_a_changed_source_mixes_no_moments(
    mariadb: MysqlServer, empty_18: str, tmp_path: Path, failpoint: str
) -> None:
    move = from_mariadb(mariadb, empty_18)
    move.killed(f"{failpoint}:kill")
    on_mariadb(move.source, *CHANGES)
    move.run()
    assert move.arrived() == now(move)


def test_a_killed_copy_of_an_unchanged_source_copies_nothing_twice(
    mariadb: MysqlServer, empty_18: str, tmp_path: Path
) -> None:
    move = from_mariadb(mariadb, empty_18)
    move.killed("chunk.after_commit:4:kill")
    output = move.run()
    assert output.resumed["proved"] == 4
    assert move.arrived() == rows()
    assert set(move.copies()) == {1}


def test_a_source_that_ends_all_connections_is_read_at_a_new_moment(
    mariadb: MysqlServer, empty_18: str, tmp_path: Path
) -> None:
    """As when its server is restarted: the old moment is gone, and what was copied of it is proved or copied again."""
    move, file = from_mariadb(mariadb, empty_18), tmp_path / "go"
    process = move.start(f"chunk.after_commit:3:wait={file}")
    reached(file)
    on_mariadb(move.source, *CHANGES)
    end_connections(move.source)
    threading.Timer(0.2, file.touch).start()
    _, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors
    assert move.arrived() == now(move)


@pytest.mark.parametrize("parallel", [2])
def test_both_ends_may_end_all_connections(postgresql_15: Server, empty_18: str, tmp_path: Path, parallel: int) -> None:
    """A lane stands between two ranges, or in the midst of one, when the servers cut everything off."""
    move, file = from_postgresql(postgresql_15, empty_18, parallel=parallel), tmp_path / "go"
    process = move.start(f"chunk.after_rows:2:wait={file}")
    reached(file)
    change(move.source, *(text for text in CHANGES))
    for url in (move.source, move.target):
        fetch(url, ENDS)
    file.touch()
    _, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors
    assert move.arrived() == fetch(move.source, "SELECT id, v FROM t ORDER BY id")


def test_a_lane_that_commits_after_its_moment_was_lost_takes_no_rows_away(
    mariadb: MysqlServer, empty_18: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands in COMMIT, which nobody can cancel, and its process is killed; meanwhile all of its table changed."""
    monkeypatch.setattr(lanes, "CLOSE_SECONDS", 0.3)
    move = from_mariadb(mariadb, empty_18, parallel=2)
    moments = 0

    def journal(kind: str, body: dict[str, Any]) -> None:
        nonlocal moments
        moments += kind == "moment"
        if kind == "moment" and moments == 1:
            change(empty_18, *SLOW_COMMIT)
        elif kind == "chunk" and moments == 1 and body["number"] == 1:
            on_mariadb(move.source, "UPDATE t SET v = 'changed'")
            end_connections(move.source)

    output = move.run(context=SkillContext(journal=journal), connections=2)
    assert move.arrived() == now(move)
    assert (moments, output.epoch) == (2, 2)

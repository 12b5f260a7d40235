"""The target refuses a transaction: what passes is tried again, what doesn't ends the copy with its name."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engines.errors import DbmoError
from engines.grant import Grant
from engines.registry import open_database, open_writer
from skills.context import SkillContext
from tests.faults.moves import Move, from_sqlite, rows
from tests.moving import change, fetch
from transfer.retry import nature
from transfer.state import open_state

# the server's own error, raised by a trigger on the state for the first times a range is finished
REFUSAL = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE n bigint := nextval('public.refusals'); BEGIN
  IF n BETWEEN 3 AND {last} THEN RAISE EXCEPTION 'refused' USING ERRCODE = '{state}'; END IF;
  RETURN NEW;
END $$
"""


def refusing(move: Move, state: str, times: int) -> None:
    with closing(open_database(move.target)) as database:
        grant = Grant("test", database.identity, "", scratch=True)
    with closing(open_writer(move.target, grant)) as writer:
        open_state(writer, "test").start("", {}, "")
    change(
        move.target,
        "CREATE SEQUENCE refusals",
        REFUSAL.format(state=state, last=2 + times),
        "CREATE TRIGGER refuse BEFORE UPDATE ON _dbmo.chunk FOR EACH ROW EXECUTE FUNCTION refuse()",
        "ALTER TABLE _dbmo.chunk ENABLE ALWAYS TRIGGER refuse",  # the load fires no others
    )


@pytest.mark.parametrize(
    "state", ["40001", "57014", "53300"], ids=["serialization failure", "statement timeout", "connection limit"]
)
def test_what_passes_is_tried_again(tmp_path: Path, empty_18: str, state: str) -> None:
    move = from_sqlite(tmp_path, empty_18)
    refusing(move, state, times=2)
    move.run()
    assert move.arrived() == rows()
    assert set(move.copies()) == {1}
    ((tried,),) = fetch(move.target, "SELECT last_value FROM refusals")
    assert tried == len(move.copies()) + 2


def test_a_full_disk_ends_the_copy_and_finished_chunks_stay(tmp_path: Path, empty_18: str) -> None:
    move = from_sqlite(tmp_path, empty_18)
    refusing(move, "53100", times=1)
    with pytest.raises(DbmoError, match="DISK_FULL"):
        move.run()
    assert move.arrived() == rows()[:200]
    move.run()
    assert move.arrived() == rows()
    assert set(move.copies()) == {1}


def test_chunks_that_a_crash_of_the_target_took_before_they_were_copied_are_found_anew(
    tmp_path: Path, empty_18: str
) -> None:
    move = from_sqlite(tmp_path, empty_18)
    seen: list[str] = []

    def journal(kind: str, body: dict[str, Any]) -> None:
        if kind == "chunk" and kind not in seen:
            change(empty_18, "DELETE FROM _dbmo.chunk WHERE number IN (3, 5)")
        seen.append(kind)

    move.run(context=SkillContext(journal=journal))
    assert move.arrived() == rows()
    assert set(move.copies()) == {1}
    assert seen.count("moment lost") == 1


@pytest.mark.parametrize(
    ("code", "data", "expected"),
    [
        ("CONNECTION_LOST", {"sqlstate": "57P01"}, "outage"),
        ("POSTGRESQL_ERROR", {"sqlstate": "40P01"}, "conflict"),
        ("POSTGRESQL_ERROR", {"sqlstate": "42P01"}, "final"),
        ("LOCK_TIMEOUT", {"errno": 1213}, "conflict"),
        ("TOO_MANY_CONNECTIONS", {"errno": 1040}, "outage"),
        ("MONGODB_ERROR", {"transient": True}, "conflict"),
        ("MONGODB_ERROR", {"transient": False, "commit_unknown": True}, "conflict"),
        ("WRONG_PASSWORD", {}, "final"),
        ("DISK_FULL", {}, "final"),
    ],
)
def test_errors_have_a_nature(code: str, data: dict[str, object], expected: str) -> None:
    assert nature(DbmoError(code, "", "", **data)) == expected

"""kill -9 and Ctrl-C at many moments of a run: the same command goes on, and ends where an unbroken run ends."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.life import Life, copies, done_chunks, finished, sqlite_from, table_texts, wait_for
from tests.moving import fetch
from tests.servers import Server, load_sql
from tests.warm import Warm

OPTIONS = {"chunk_rows": 500}  # 39 chunks
BY_THE_RUN = {"chunks", "documentation", "now", "started", "ended", "stages", "seconds", "resumed", "plan_hash"}


def settled(contract: Any) -> Any:
    """A contract without times and without what is told of the run itself."""
    if isinstance(contract, dict):
        return {name: settled(value) for name, value in contract.items() if name not in BY_THE_RUN}
    return [settled(value) for value in contract] if isinstance(contract, list) else contract


@pytest.fixture(scope="module")
def chinook(tmp_path_factory: pytest.TempPathFactory, corpora: Path) -> Path:
    return sqlite_from(corpora / "schemas/chinook/sqlite.sql", tmp_path_factory.mktemp("chinook") / "chinook.db")


@pytest.fixture(scope="module")
def unbroken(chinook: Path, postgresql_18: Server, tmp_path_factory: pytest.TempPathFactory) -> Any:
    life = Life(tmp_path_factory.mktemp("unbroken"))
    finished(life.ask(chinook, postgresql_18.create_database(), options=OPTIONS))
    return settled(life.read("contract.json"))


def journal_has(life: Life, text: str) -> bool:
    """Whether the journal tells of something, read as anybody may."""
    if not (life.folder / "journal.db").exists():
        return False
    with closing(sqlite3.connect(f"file:{life.folder}/journal.db?mode=ro", uri=True)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'entry'").fetchone():
            return False  # the file is there a moment before its table
        query = "SELECT count(*) FROM entry WHERE kind || ' ' || body LIKE ?"
        return bool(connection.execute(query, (f"%{text}%",)).fetchone()[0])


def goes_on(life: Life, target: str, unbroken: Any) -> None:
    """The same command again ends as if nothing had happened."""
    ended = finished(life)
    assert copies(target) == {1}, ended.err
    assert settled(life.read("contract.json")) == unbroken
    assert life.command("audit").status == 0


@pytest.mark.parametrize("failpoint", ["chunk.before_commit:5:kill", "step.after:2:kill"])
def test_a_killed_run_goes_on(life: Life, chinook: Path, empty_18: str, unbroken: Any, failpoint: str) -> None:
    process = life.ask(chinook, empty_18, options=OPTIONS).start(DBMO_FAILPOINT=failpoint)
    assert (process.communicate(timeout=120), process.returncode)[1] == -signal.SIGKILL
    goes_on(life, empty_18, unbroken)


MOMENTS: dict[str, Callable[[Life, str], bool]] = {
    "copying": lambda life, target: done_chunks(target) > 5,
    "validating": lambda life, target: journal_has(life, "table compared"),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_killed_from_outside_goes_on(
    life: Life, chinook: Path, empty_18: str, unbroken: Any, moment: str
) -> None:
    process = life.ask(chinook, empty_18, options=OPTIONS).start()
    wait_for(lambda: MOMENTS[moment](life, empty_18) or process.poll() is not None, 60)
    end(process, signal.SIGKILL)
    goes_on(life, empty_18, unbroken)


def end(process: Warm, number: int) -> tuple[int, str]:
    """Send a signal; status and stderr."""
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors


def test_processes_that_are_killed_are_replaced_and_lose_nothing(
    life: Life, empty_15: str, empty_18: str, corpora: Path
) -> None:
    load_sql(empty_15, corpora / "schemas/chinook/postgresql.sql")
    life.ask(empty_15, empty_18, options={"chunk_rows": 300, "load": {"connections": 2}})
    process = life.start(DBMO_FAILPOINT="chunk.after_rows:20:kill")  # of each that gets so far
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert copies(empty_18) == {1}
    assert table_texts(empty_18) == table_texts(empty_15)


def test_ctrl_c_stops_between_chunks_and_status_shows_how_far_it_is(
    life: Life, chinook: Path, empty_18: str, unbroken: Any
) -> None:
    process = life.ask(chinook, empty_18, options={"chunk_rows": 20}).start()
    wait_for(lambda: done_chunks(empty_18) > 3 or process.poll() is not None, 60)
    status, errors = end(process, signal.SIGINT)
    assert (status, "[INTERRUPTED]" in errors) == (4, True), errors
    told = life.command("status", "--json").data
    done = sum(table["done"] for table in told["target"]["tables"])
    assert done == done_chunks(empty_18) > 3
    assert done < sum(table["chunks"] for table in told["target"]["tables"])
    assert told["phases"]["execution"] == "failed"
    assert f"{done} of " in life.command("status").out
    finished(life)
    assert copies(empty_18) == {1}
    assert life.read("contract.json")["validation"]["reconciliation_results"]["checksum_validation"] == "passed"


def test_a_source_that_changed_meanwhile_is_said_and_what_differs_copied_again(
    life: Life, chinook: Path, empty_18: str, tmp_path: Path
) -> None:
    source = tmp_path / "changing.db"
    source.write_bytes(chinook.read_bytes())
    process = life.ask(source, empty_18, options=OPTIONS).start(DBMO_FAILPOINT="chunk.after_commit:20:kill")
    process.communicate(timeout=120)
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("UPDATE Artist SET Name = 'Changed' WHERE ArtistId = 7")
    ended = finished(life)
    assert "the source changed" in ended.err
    assert fetch(empty_18, 'SELECT "Name" FROM "Artist" WHERE "ArtistId" = 7') == [("Changed",)]
    assert copies(empty_18) == {1, 2}

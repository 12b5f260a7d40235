"""A copy under limits: what a person sees and changes while it runs, and what is known of it once it is killed."""

import json
import sqlite3
import subprocess
import time
import urllib.request
from contextlib import closing
from typing import Any

import pytest

from agent.standing import last_standing
from tests.journeys.life import Life, dbmo, start, wait_for
from tests.moving import change, fetch
from tests.warm import Warm

ROWS = 40_000
WIDTH = 100  # bytes of text in each
SLOW = 300_000  # bytes per second: the copy takes a quarter of a minute, unless it is let


@pytest.fixture
def asked(life: Life, empty_15: str, empty_18: str) -> Life:
    change(
        empty_15,
        "CREATE TABLE t (id bigint PRIMARY KEY, v text NOT NULL)",
        f"INSERT INTO t SELECT n, repeat('x', {WIDTH}) FROM generate_series(1, {ROWS}) AS n",
        "ANALYZE t",
    )
    options = {"load": {"bytes_per_second": SLOW, "connections": 1}, "chunk_rows": 1000}
    life.ask(empty_15, empty_18, options=options)
    assert life.run("--until", "plan").status == 0
    return life


def progress(life: Life) -> dict[str, Any]:
    return last_standing(life.folder) or {"running": False, "stage": "none", "paused": []}


def copying(life: Life) -> bool:
    found = progress(life)
    return bool(found["stage"] == "copy" and found["rows"])


def notes(life: Life, kind: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(life.folder / "journal.db")) as journal:
        rows = journal.execute("SELECT body FROM entry WHERE kind = ? ORDER BY number", (kind,))
        return [json.loads(body) for (body,) in rows]


def test_a_copy_is_watched_and_tuned_while_it_runs(asked: Life, empty_18: str) -> None:
    began = time.monotonic()
    running = start("execute", asked.folder, "--metrics-port", "0")
    try:
        url = next(line.split()[1] for line in running.stderr if line.startswith("metrics"))
        wait_for(lambda: copying(asked) and progress(asked)["bytes_per_second"])
        found = asked.command("status", "--json").data["progress"]
        assert found["running"] and found["lanes"] == found["lanes_allowed"] == 1
        assert found["rows_expected"] == ROWS and found["seconds_left"] > 0
        assert found["bytes"] < SLOW * (time.monotonic() - began) + 500_000
        scraped = urllib.request.urlopen(url).read().decode()
        assert 'dbmo_table_copied_rows_total{migration="journey",table="public.t"}' in scraped
        limit = next(line for line in scraped.splitlines() if 'limit="bytes_per_second"' in line)
        assert limit.startswith("dbmo_limit{") and float(limit.split()[-1]) == SLOW
        assert "copy: " in asked.command("status").out
        assert dbmo("tune", asked.folder, "--connections", "3").status == 0
        wait_for(lambda: progress(asked)["lanes"] == 3)
        told = dbmo("tune", asked.folder, "--bytes-per-second", "none", "--json").data
        assert told["running"] and told["changed"] == ["bytes_per_second", "connections"]
        assert running.wait(30) == 0
    finally:
        end(running)
    assert fetch(empty_18, "SELECT count(*) FROM t") == [(ROWS,)]
    held = [(body["connections"], body["bytes_per_second"]) for body in notes(asked, "limits")]
    assert held == [(1, SLOW), (3, SLOW), (3, None)]
    assert progress(asked) | {"stage": "done", "running": False} == progress(asked)
    assert dbmo("audit", asked.folder).status == 0


def test_a_killed_copy_says_what_it_left_and_goes_on(asked: Life, empty_18: str) -> None:
    running = start("execute", asked.folder)
    try:
        wait_for(lambda: copying(asked))
        running.kill()
        running.wait(10)
    finally:
        end(running)
    told = asked.command("status", "--json").data
    left = told["progress"]
    assert (left["running"], left["stage"], left["rows_per_second"], left["lanes"]) == (False, "copy", None, 0)
    assert left["unknown_because"] == "the process that copied is gone"
    assert sum(table["rows"] for table in told["target"]["tables"]) == fetch(empty_18, "SELECT count(*) FROM t")[0][0]
    assert told["next"] == f"dbmo execute {asked.folder}"
    assert dbmo("tune", asked.folder, "--bytes-per-second", "50M").status == 0
    assert asked.command("execute").status == 0
    assert fetch(empty_18, "SELECT count(*), count(DISTINCT id) FROM t") == [(ROWS, ROWS)]


def test_a_copy_waits_for_the_source_and_goes_on(asked: Life, empty_15: str, empty_18: str) -> None:
    dbmo("tune", asked.folder, "--max-running-threads", "1", "--bytes-per-second", "none")
    busy = [subprocess.Popen(["psql", empty_15, "-qc", "SELECT pg_sleep(60)"]) for _ in range(3)]
    running = start("execute", asked.folder)
    try:
        wait_for(lambda: progress(asked).get("paused"))
        (reason,) = progress(asked)["paused"]
        assert reason.startswith("the source runs ") and reason.endswith(" statements, limit 1")
        assert progress(asked)["snapshot_seconds"] is None  # nobody holds a moment that nobody reads
        assert f"paused     {reason}" in asked.command("status").out
        change(empty_15, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'")
        assert running.wait(30) == 0
    finally:
        end(running, *busy)
    assert fetch(empty_18, "SELECT count(*) FROM t") == [(ROWS,)]
    assert notes(asked, "paused") and notes(asked, "resumed")[-1]["seconds"] > 0


def test_a_snapshot_above_its_bound_ends_the_copy_and_the_next_run_finishes(asked: Life, empty_18: str) -> None:
    dbmo("tune", asked.folder, "--max-snapshot-minutes", "0.025")
    stopped = asked.command("execute")
    assert (stopped.status, "SNAPSHOT_OVER_LIMIT" in stopped.err) == (3, True), stopped.err
    kept = fetch(empty_18, "SELECT count(*) FROM t")[0][0]
    assert 0 < kept < ROWS
    assert dbmo("tune", asked.folder, "--reset", "--bytes-per-second", "none").status == 0
    assert asked.command("execute").status == 0
    assert fetch(empty_18, "SELECT count(*), count(DISTINCT id) FROM t") == [(ROWS, ROWS)]
    assert fetch(empty_18, "SELECT max(copies) FROM _dbmo.chunk") == [(1,)]


def end(*processes: subprocess.Popen[bytes] | Warm) -> None:
    for process in processes:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()

"""A cluster that a program reaches as a client (`ray://`): lanes end when it is killed, and the next one goes on."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from tests.faults.moves import planned
from tests.moving import change, fetch
from tests.servers import Server

pytest.importorskip("ray", reason="Ray is not installed: pip install 'dbmo[ray]'")
ROWS, CHUNK = 20_000, 1_000
SECONDS = 240
# without a token: Ray otherwise wants one of its clients that the cluster has, too (RAY_AUTH_TOKEN_PATH)
ENVIRONMENT = {**os.environ, "PYTHONPATH": ".", "RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}
SCRIPT = """
import json, sys
from skills.context import SkillContext
from tests.faults.moves import move
from transfer.moveplan import MovePlan
if __name__ == "__main__":
    source, target, plan, executor, load = sys.argv[1:]
    move(source, target, MovePlan.model_validate_json(plan), SkillContext(executor=executor), json.loads(load))
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The reference of a cluster: of DBMO_TEST_RAY, else one of its own."""
    if given := os.environ.get("DBMO_TEST_RAY"):
        yield given
        return
    with head(tmp_path_factory.mktemp("ray")) as (reference, _):
        yield reference


@contextmanager
def head(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A cluster of one machine with three processors, in processes of its own; and the first of them.

    folder: a short name, in which sockets are made.
    """
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        port, client = one.getsockname()[1], other.getsockname()[1]
    first = subprocess.Popen(
        [
            Path(sys.executable).with_name("ray"), "start", "--head", "--block", f"--port={port}",
            f"--ray-client-server-port={client}", "--num-cpus=3", "--include-dashboard=false", "--disable-usage-stats",
            "--node-ip-address=127.0.0.1", f"--temp-dir={folder}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
        start_new_session=True,
    )  # fmt: skip
    try:
        _until(lambda: _listens(client) or first.poll() is not None)
        assert first.poll() is None, "the head did not start"
        yield f"ray://127.0.0.1:{client}", first
    finally:
        with suppress(ProcessLookupError):
            os.killpg(first.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            first.wait(5)  # it would let what runs there end, for half a minute
        with suppress(ProcessLookupError):
            os.killpg(first.pid, signal.SIGKILL)
        first.wait()


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def _until(there: object) -> None:
    ends = time.monotonic() + SECONDS
    assert callable(there)
    while not there():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.1)


def filled(source: str) -> str:
    change(
        source,
        "CREATE TABLE t (id int PRIMARY KEY, v text)",
        f"INSERT INTO t SELECT n, repeat('x', 100) FROM generate_series(1, {ROWS}) n",
    )
    return source


def started(folder: Path, source: str, target: str, executor: str, **load: int) -> subprocess.Popen[str]:
    script = folder / "moves.py"
    script.write_text(SCRIPT)
    plan = planned(source, target, chunk_rows=CHUNK).plan
    return subprocess.Popen(
        [sys.executable, str(script), source, target, plan.model_dump_json(), executor, json.dumps(load)],
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
    )


def done(target: str) -> int:
    try:
        return len(fetch(target, "SELECT 1 FROM _dbmo.chunk WHERE done"))
    except psycopg.Error:  # not made yet
        return 0


def sessions(source: str) -> int:
    """Connections to the source's database beside the one that asks."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    return int(fetch(source, query)[0][0])


@pytest.mark.timeout(900)
def test_who_goes_on_after_a_kill_ends_the_lanes_it_left_and_copies_nothing_twice(
    postgresql_18: Server, empty_18: str, cluster: str, tmp_path: Path
) -> None:
    """Ray itself ends them half a minute later: until then there would be twice as many as the source may bear."""
    source = filled(postgresql_18.create_database())
    first = started(tmp_path, source, empty_18, cluster, connections=2, bytes_per_second=400_000)
    _until(lambda: done(empty_18) >= 4 or first.poll() is not None)
    assert first.poll() is None, first.communicate()[1]
    first.kill()
    first.communicate()
    second = started(tmp_path, source, empty_18, cluster, connections=2)
    most = 0
    while second.poll() is None:
        most = max(most, sessions(source))
        time.sleep(0.02)
    _, errors = second.communicate()
    assert second.returncode == 0, errors
    assert most <= 4  # two lanes, one that keeps the moment, one that asks about the load
    assert fetch(empty_18, "SELECT count(*), count(DISTINCT id) FROM t") == [(ROWS, ROWS)]
    assert fetch(empty_18, "SELECT max(copies) FROM _dbmo.chunk") == [(1,)]


@pytest.mark.timeout(900)
def test_a_cluster_that_is_gone_is_told_and_another_one_goes_on(
    postgresql_18: Server,
    empty_18: str,
    cluster: str,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(ENVIRONMENT, "RAY_CLIENT_RECONNECT_GRACE_PERIOD", "2")  # seconds, by default 30
    source = filled(postgresql_18.create_database())
    with head(tmp_path_factory.mktemp("lost")) as (reference, first):
        moving = started(tmp_path, source, empty_18, reference, connections=2, bytes_per_second=400_000)
        _until(lambda: done(empty_18) >= 4 or moving.poll() is not None)
        os.killpg(first.pid, signal.SIGKILL)
        _, errors = moving.communicate(timeout=SECONDS)
    assert "EXECUTOR_LOST" in errors.splitlines()[-1]
    again = started(tmp_path, source, empty_18, cluster, connections=2)
    _, errors = again.communicate(timeout=SECONDS)
    assert again.returncode == 0, errors
    assert fetch(empty_18, "SELECT count(*), count(DISTINCT id) FROM t") == [(ROWS, ROWS)]
    assert fetch(empty_18, "SELECT max(copies) FROM _dbmo.chunk") == [(1,)]

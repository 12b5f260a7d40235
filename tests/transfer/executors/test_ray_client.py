"""A cluster that a program reaches as a client (`ray://`): lanes end when it is killed, and the next one goes on."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
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
    """The reference of a cluster: of DBMO_TEST_RAY, else one with three processors in processes of its own."""
    if given := os.environ.get("DBMO_TEST_RAY"):
        yield given
        return
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        port, client = one.getsockname()[1], other.getsockname()[1]
    folder = tmp_path_factory.mktemp("ray")
    head = subprocess.Popen(
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
        _until(lambda: _listens(client))
        yield f"ray://127.0.0.1:{client}"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(head.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            head.wait(20)
        with suppress(ProcessLookupError):
            os.killpg(head.pid, signal.SIGKILL)
        head.wait()


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def _until(there: object) -> None:
    ends = time.monotonic() + SECONDS
    assert callable(there)
    while not there():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.1)


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
def test_after_a_kill_its_lanes_end_and_nothing_is_copied_twice(
    postgresql_18: Server, empty_18: str, cluster: str, tmp_path: Path
) -> None:
    source = postgresql_18.create_database()
    change(
        source,
        "CREATE TABLE t (id int PRIMARY KEY, v text)",
        f"INSERT INTO t SELECT n, repeat('x', 100) FROM generate_series(1, {ROWS}) n",
    )
    first = started(tmp_path, source, empty_18, cluster, connections=2, bytes_per_second=400_000)
    _until(lambda: done(empty_18) >= 4 or first.poll() is not None)
    assert first.poll() is None, first.communicate()[1]
    assert sessions(source) <= 4  # two lanes, one that keeps the moment, one that asks about the load
    first.kill()
    first.communicate()
    _until(lambda: sessions(source) == 0)
    before = done(empty_18)
    assert 4 <= before < ROWS // CHUNK
    second = started(tmp_path, source, empty_18, cluster, connections=2)
    _, errors = second.communicate(timeout=SECONDS)
    assert second.returncode == 0, errors
    assert fetch(empty_18, "SELECT count(*), count(DISTINCT id) FROM t") == [(ROWS, ROWS)]
    assert fetch(empty_18, "SELECT max(copies) FROM _dbmo.chunk") == [(1,)]

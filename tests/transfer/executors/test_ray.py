"""Lanes on a Ray cluster: they copy, they may be lost, and what they lack is told (needs Ray, docs/install.md)."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engines.errors import DbmoError
from skills.context import SkillContext
from tests.moving import fetch, mapping, move, plan_of, sqlite_file

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'dbmo[ray]'")
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning"),
]
ROWS = 20_000


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=3, namespace="dbmo", log_to_driver=False, include_dashboard=False)
    yield
    ray.shutdown()


def source(folder: Path) -> Path:
    rows = [(n, f"row {n}") for n in range(1, ROWS + 1)]
    return sqlite_file(
        folder / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        rows=[("INSERT INTO t VALUES (?, ?)", rows)],
    )


TABLE = mapping("t", [("id", "bigint", "integer"), ("v", "text", "text")])


def test_every_row_arrives_once_from_lanes_of_a_cluster(tmp_path: Path, empty_18: str) -> None:
    notes: list[tuple[str, dict[str, Any]]] = []
    context = SkillContext(executor="ray", journal=lambda kind, body: notes.append((kind, body)))
    move(source(tmp_path), empty_18, plan_of(TABLE, chunk_rows=2_000), context, {"connections": 2})
    assert fetch(empty_18, "SELECT count(*), count(DISTINCT id) FROM t") == [(ROWS, ROWS)]
    assert fetch(empty_18, "SELECT max(copies) FROM _dbmo.chunk") == [(1,)]
    assert [body["lanes"] for kind, body in notes if kind == "moment"] == [["lane 1", "lane 2"]]


def test_a_lost_lane_loses_and_repeats_nothing(tmp_path: Path, empty_18: str) -> None:
    killed = threading.Event()
    notes: list[str] = []

    def journal(kind: str, body: dict[str, Any]) -> None:
        notes.append(kind)
        if kind == "chunk" and not killed.is_set():
            killed.set()
            os.kill(actor_process(), signal.SIGKILL)

    context = SkillContext(executor="ray", journal=journal)
    move(source(tmp_path), empty_18, plan_of(TABLE, chunk_rows=1_000), context, {"connections": 2})
    assert "tried again" in notes
    assert fetch(empty_18, "SELECT count(*), count(DISTINCT id) FROM t") == [(ROWS, ROWS)]
    assert fetch(empty_18, "SELECT max(copies) FROM _dbmo.chunk") == [(1,)]


def actor_process() -> int:
    """A process of ours that Ray named after the actor."""
    return next(
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and words(entry).startswith(b"ray::Actor") and os.getpid() in parents(int(entry.name))
    )


def words(entry: Path) -> bytes:
    try:
        return (entry / "cmdline").read_bytes()
    except OSError:  # it ended meanwhile
        return b""


def parents(process: int) -> Iterator[int]:
    while process > 1:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        process = int(fields[1])
        yield process


def test_a_cluster_without_room_goes_on_with_the_lanes_it_has(
    tmp_path: Path, empty_18: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transfer.executors.ray_lanes.ROOM_SECONDS", 12)
    notes: list[str] = []
    context = SkillContext(executor="ray", journal=lambda kind, body: notes.append(kind))
    move(source(tmp_path), empty_18, plan_of(TABLE, chunk_rows=500), context, {"connections": 5})
    assert "lane not added" in notes
    assert fetch(empty_18, "SELECT count(*) FROM t") == [(ROWS,)]


def test_a_variable_that_the_cluster_lacks_is_named(tmp_path: Path, empty_18: str, monkeypatch: Any) -> None:
    monkeypatch.setenv("DBMO_TEST_TARGET", empty_18)
    with pytest.raises(DbmoError) as caught:
        move(source(tmp_path), "${DBMO_TEST_TARGET}", plan_of(TABLE), SkillContext(executor="ray"), {"connections": 2})
    assert caught.value.code == "EXECUTOR_VARIABLES" and "DBMO_TEST_TARGET" in caught.value.what

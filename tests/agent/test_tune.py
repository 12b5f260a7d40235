"""Changing a migration's load from the command line: what is taken, what is refused, what is said."""

from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from agent.commands.tune import change
from agent.folder import Folder
from agent.request import parse_request
from tests.journeys.life import CONSTRAINTS, dbmo

REQUEST = {
    "source_database": {"url": "sqlite:///s.db"},
    "target_database": {"url": "postgresql://u@h/d"},
    "migration_type": "platform",
    "constraints": CONSTRAINTS,
    "options": {"load": {"bytes_per_second": 5_000_000}},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Folder.create(tmp_path, parse_request(REQUEST, tmp_path), "tuned").close()
    return tmp_path


def held(folder: Path, *words: str) -> dict[str, object]:
    told = dbmo("tune", folder, *words, "--json")
    assert told.status == 0, told.err
    return {name: value for name, value in told.data["limits"].items() if value not in (None, [])}


def test_changes_add_up_until_they_are_reset(folder: Path) -> None:
    assert held(folder) == {"bytes_per_second": 5_000_000}
    assert held(folder, "--connections", "4") == {"bytes_per_second": 5_000_000, "connections": 4}
    assert held(folder, "--bytes-per-second", "none", "--max-replica-lag", "2.5") == {
        "connections": 4,
        "max_replica_lag_seconds": 2.5,
    }
    assert held(folder, "--reset", "--max-running-threads", "1k") == {
        "bytes_per_second": 5_000_000,
        "max_running_threads": 1000,
    }
    kept = Folder.open(folder)
    assert [sorted(entry.body["changes"]) for entry in kept.journal.entries("tuned")] == [
        ["connections"],
        ["bytes_per_second", "max_replica_lag_seconds"],
        ["max_running_threads"],
    ]
    kept.close()


def test_changes_at_once_are_all_kept(folder: Path) -> None:
    wanted: dict[str, Any] = {"connections": 3, "max_running_threads": 9, "max_snapshot_minutes": 5.0}

    def one(name: str) -> None:
        kept = Folder.open(folder)
        for number in range(5):
            change(kept, {name: wanted[name] + number})
        kept.close()

    with ThreadPoolExecutor(len(wanted)) as pool:
        list(pool.map(one, wanted))
    changed = {name: value + 4 for name, value in wanted.items()}
    assert held(folder) == {"bytes_per_second": 5_000_000, **changed}


def test_when_it_holds_is_said(folder: Path) -> None:
    kept = Folder.open(folder)
    with kept.locked():
        assert dbmo("tune", folder).out.splitlines()[-1] == "a run takes it over within a second"
    kept.journal.append("execution finished", {})
    kept.close()
    assert "nothing is left" in dbmo("tune", folder).out.splitlines()[-1]


def test_what_holds_is_shown_to_people(folder: Path) -> None:
    told = dbmo("tune", folder, "--connections", "4").out.splitlines()
    assert told[0].split() == ["connections", "4", "(tuned)"]
    assert told[1].split() == ["bytes_per_second", "5,000,000"]
    assert told[-1] == "holds from the next run on"


@pytest.mark.parametrize(
    "words",
    [
        ("--connections", "0"),
        ("--connections", "1.5"),
        ("--connections", "257"),
        ("--bytes-per-second", "fast"),
        ("--bytes-per-second", "1"),
        ("--max-replica-lag-seconds", "-1"),
        ("--max-target-latency-ms", "0"),
        ("--max-snapshot-minutes", "inf"),
    ],
)
def test_a_limit_that_can_not_be_changes_nothing(folder: Path, words: tuple[str, str]) -> None:
    told = dbmo("tune", folder, *words)
    assert (told.status, "[LIMIT_INVALID]" in told.err) == (2, True), told.err
    assert not (folder / "tuning.json").exists()


def test_a_spoilt_file_is_named(folder: Path) -> None:
    (folder / "tuning.json").write_text("{")
    told = dbmo("tune", folder, "--connections", "2")
    assert (told.status, "[TUNING_UNREADABLE]" in told.err) == (2, True), told.err
    assert held(folder, "--reset", "--connections", "2")["connections"] == 2


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    assert "[FOLDER_UNKNOWN]" in dbmo("tune", tmp_path / "none", "--connections", "2").err


@pytest.mark.parametrize("place", ["x", "70000", "host:80", "-1", "1:2:3"])
def test_metrics_are_served_only_at_a_port(folder: Path, place: str) -> None:
    told = dbmo("execute", folder, "--metrics-port=" + place)
    assert (told.status, "[METRICS_PORT]" in told.err) == (2, True), told.err


def test_an_executor_that_nobody_knows_is_refused(folder: Path) -> None:
    told = dbmo("execute", folder, "--executor", "threads")
    assert (told.status, "[EXECUTOR_UNKNOWN]" in told.err) == (2, True), told.err


@pytest.mark.skipif(find_spec("ray") is not None, reason="Ray is installed here")
def test_an_executor_that_is_not_installed_is_refused_before_anything_is_begun(folder: Path) -> None:
    told = dbmo("execute", folder, "--executor", "ray://head:10001")
    assert (told.status, "[EXECUTOR_MISSING]" in told.err) == (2, True), told.err

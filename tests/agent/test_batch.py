"""Many requests at once: checked before anything runs, each by itself, one summary, the most serious status."""

from __future__ import annotations

import json
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

from agent.commands.batch import most_serious
from tests.journeys.life import dbmo, refused, start, wait_for

DECLARED = {
    "source_database": {"type": "postgresql", "version": "12.8", "size_gb": 450},
    "target_database": {"type": "postgresql", "version": "16.1", "platform": "aws-rds"},
    "migration_type": "version-upgrade",
    "constraints": {"max_downtime_minutes": 15, "data_consistency": "strict", "rollback_required": True},
}


def ask(path: Path, name: str, **sections: Any) -> Path:
    """A request file, of declared facts unless told otherwise."""
    file = path / f"{name}.json"
    file.write_text(json.dumps({**DECLARED, "name": name, **sections}))
    return file


def reaching(url: str) -> dict[str, Any]:
    """The sections of a request whose source is somewhere."""
    return {"source_database": {"url": url}, "target_database": {"platform": "embedded"}, "migration_type": "platform"}


def test_each_request_gets_a_folder_a_line_and_a_place_in_the_list(tmp_path: Path) -> None:
    files = [ask(tmp_path, name) for name in ("one", "two", "three")]
    ended = dbmo(
        "run", *files, "--out", tmp_path / "all", "--until", "plan", "--driver", "rules", "--jobs", 2, "--json"
    )
    assert ended.status == 0, ended.err
    found = [(r["migration"], r["strategy"], r["outcome"], r["status"], r["folder"]) for r in ended.data]
    names = ("one", "two", "three")
    assert found == [(name, "blue-green", "done", 0, f"{tmp_path}/all/{name}") for name in names]
    assert all((tmp_path / "all" / name / "contract.json").is_file() for name in names)
    assert [line.split(":")[0] for line in ended.err.splitlines()[:3]] == sorted(names, key=ended.err.index)
    assert ended.err.count("blue-green") == 3


def test_one_that_fails_stops_no_other_and_says_why(tmp_path: Path) -> None:
    files = [ask(tmp_path, "lost", **reaching("postgresql://u@127.0.0.1:1/d")), ask(tmp_path, "fine")]
    ended = dbmo("run", *files, "--out", tmp_path / "all", "--until", "plan", "--json")
    lost, fine = ended.data
    assert (ended.status, lost["status"], fine["status"]) == (4, 4, 0)
    assert (lost["code"], lost["strategy"], fine["code"]) == ("SOURCE_UNREACHABLE", None, None)
    assert "127.0.0.1:1" in lost["message"]
    assert "[SOURCE_UNREACHABLE]" in (tmp_path / "all/lost/run.log").read_text()


def test_strategy_of_an_earlier_run_is_not_told_as_this_ones(tmp_path: Path) -> None:
    file = ask(tmp_path, "one")
    assert dbmo("run", file, "--out", tmp_path / "all/one", "--until", "plan", "--driver", "rules").status == 0
    journal = tmp_path / "all/one/request.json"
    journal.write_text("{}")
    ended = dbmo("run", file, "--out", tmp_path / "all", "--until", "plan", "--jobs", 1, "--json")
    assert (ended.status, ended.data[0]["code"], ended.data[0]["strategy"]) == (2, "FOLDER_DAMAGED", None)


def test_wrong_requests_are_all_named_and_nothing_starts(tmp_path: Path) -> None:
    good = ask(tmp_path, "good")
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    short = ask(tmp_path, "short", constraints={})
    ended = dbmo("run", good, broken, short, tmp_path / "absent.json", "--out", tmp_path / "all")
    message = refused(ended, 2, "BATCH_REFUSED")
    for word in ("broken.json", "REQUEST_UNREADABLE", "short.json", "REQUEST_INCOMPLETE", "absent.json"):
        assert word in message
    assert "good.json" not in message
    assert not (tmp_path / "all").exists()


def test_two_requests_for_one_migration_are_refused(tmp_path: Path) -> None:
    one = ask(tmp_path, "one")
    other = tmp_path / "other.json"
    other.write_text(one.read_text())
    message = refused(dbmo("run", one, other, "--out", tmp_path / "all"), 2, "BATCH_REFUSED")
    assert f"{one} and {other} are one migration, one" in message


def test_a_missing_model_is_said_once_before_anything_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    ended = dbmo("run", ask(tmp_path, "one"), ask(tmp_path, "two"), "--out", tmp_path / "all", "--driver", "claude")
    refused(ended, 2, "NO_MODEL")
    assert not (tmp_path / "all").exists()


@pytest.mark.parametrize(
    ("statuses", "worst"), [([0, 0], 0), ([0, 4], 4), ([4, 2], 2), ([2, 3, 4], 3), ([0, 4, 3, 1, 2], 1)]
)
def test_the_most_serious_status_is_the_batchs(statuses: list[int], worst: int) -> None:
    assert most_serious(statuses) == worst


def test_ctrl_c_stops_what_runs_and_starts_nothing_more(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and never answers
        url = f"postgresql://u@127.0.0.1:{silent.getsockname()[1]}/d?connect_timeout=120"
        files = [ask(tmp_path, "waits", **reaching(url)), ask(tmp_path, "later")]
        batch = start("run", *files, "--out", tmp_path / "all", "--jobs", 1, "--json")
        log = tmp_path / "all/waits/run.log"
        wait_for(lambda: log.exists() and "assess" in log.read_text())
        batch.send_signal(signal.SIGINT)
        out, err = batch.communicate(timeout=30)
    waits, later = json.loads(out)
    assert (batch.returncode, waits["code"], later["outcome"]) == (4, "INTERRUPTED", "not started")
    assert "Traceback" not in err + log.read_text()
    assert not (tmp_path / "all/later").exists()

"""The folder of a migration: one request, one process, files whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.folder import Folder
from agent.request import parse_request
from agent.request_model import Request
from engines.errors import Aborted, UsageError

REQUEST: dict[str, Any] = {
    "source_database": {"url": "sqlite:///s.db"},
    "target_database": {"platform": "embedded"},
    "migration_type": "platform",
    "constraints": {"max_downtime_minutes": 60, "data_consistency": "strict", "rollback_required": True},
}


def request(base: Path, **changes: Any) -> Request:
    return parse_request({**REQUEST, **changes}, base)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder.create(tmp_path / "m", request(tmp_path), "m")


def test_a_folder_keeps_its_request_and_gives_it_back(folder: Folder, tmp_path: Path) -> None:
    again = Folder.open(folder.path)
    assert again.migration == "m"
    assert again.request == request(tmp_path)
    assert again.request.source_database.url == f"sqlite:///{tmp_path}/s.db"


def test_the_same_request_finds_the_folder_as_it_is(folder: Folder, tmp_path: Path) -> None:
    head = folder.journal.head
    Folder.create(folder.path, request(tmp_path), "m")
    assert folder.journal.head == head


def test_a_changed_request_voids_the_plan_until_the_execution_began(folder: Folder, tmp_path: Path) -> None:
    for name in ("plan.json", "approval.json"):
        folder.write_json(name, {})
    changed = request(tmp_path, options={"chunk_rows": 7})
    assert Folder.create(folder.path, changed, "m").request == changed
    assert not (folder.path / "plan.json").exists()
    assert not (folder.path / "approval.json").exists()
    folder.journal.append("execution started", {})
    with pytest.raises(UsageError, match="FOLDER_OF_ANOTHER_REQUEST"):
        Folder.create(folder.path, request(tmp_path), "m")


def test_another_load_is_no_other_request(folder: Folder, tmp_path: Path) -> None:
    folder.write_json("plan.json", {})
    folder.journal.append("execution started", {})
    changed = request(tmp_path, options={"load": {"connections": 2}})
    assert Folder.create(folder.path, changed, "m").request == changed
    assert (folder.path / "plan.json").exists()


def test_another_migration_is_refused(folder: Folder, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="FOLDER_OF_ANOTHER_REQUEST"):
        Folder.create(folder.path, request(tmp_path), "another")


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="FOLDER_UNKNOWN"):
        Folder.open(tmp_path)


def test_an_artifact_is_noted_once_per_content(folder: Folder) -> None:
    for content in ("one", "one", "two"):
        folder.artifact("planning/a.sql", content)
    folder.artifact("planning/b.json", {"b": [1]})
    assert len(list(folder.journal.entries("artifact"))) == 3
    assert folder.read_artifact("planning/b.json") == {"b": [1]}
    assert folder.read_artifact("planning/c.json") is None
    assert folder.artifact_problems() == []


def test_a_changed_or_missing_artifact_is_found(folder: Folder) -> None:
    path = folder.artifact("a.txt", "one")
    path.write_text("two")
    assert folder.artifact_problems() == ["Artifact a.txt was changed after it was written."]
    path.unlink()
    assert folder.artifact_problems() == ["Artifact a.txt is missing."]


def test_a_write_leaves_the_old_file_or_the_new_one(folder: Folder) -> None:
    path = folder.write_json("plan.json", {"old": True})
    with pytest.raises(ValueError, match="object"):
        folder.write_json("plan.json", {"new": object()})
    assert json.loads(path.read_text()) == {"old": True}
    assert not list(folder.path.glob("*.new"))


def test_a_second_process_is_kept_out(folder: Folder) -> None:
    with folder.locked(), pytest.raises(Aborted, match="FOLDER_IN_USE"), Folder.open(folder.path).locked():
        pass
    with folder.locked():
        pass

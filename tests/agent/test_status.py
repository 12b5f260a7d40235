"""How a migration's phases are told: what goes on, what ended, what was left by a process that is gone."""

from pathlib import Path
from typing import Any

import pytest

from agent.folder import Folder
from agent.request import parse_request
from agent.standing import StandingFile
from agent.status import phases_of
from tests.agent.test_live import COPY
from tests.journeys.life import CONSTRAINTS, dbmo

REQUEST = {
    "source_database": {"url": "sqlite:///s.db"},
    "target_database": {"url": "postgresql://u@h/d"},
    "migration_type": "platform",
    "constraints": CONSTRAINTS,
}
BEGAN = {"name": "execution", "outcome": "running"}
REFUSED = {"name": "execution", "outcome": "aborted", "code": "TARGET_NOT_EMPTY", "what": "d already has t."}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder.create(tmp_path, parse_request(REQUEST, tmp_path), "told")


@pytest.mark.parametrize(
    ("entries", "outcome", "failure"),
    [
        ([BEGAN], "interrupted", None),
        ([BEGAN, REFUSED], "aborted", {"code": "TARGET_NOT_EMPTY", "what": "d already has t."}),
        ([REFUSED, BEGAN, {**BEGAN, "outcome": "done"}], "done", None),
    ],
)
def test_a_phase_is_told_by_its_last_outcome(
    folder: Folder, entries: list[dict[str, Any]], outcome: str, failure: dict[str, str] | None
) -> None:
    for entry in entries:
        folder.journal.append("phase", entry)
    assert phases_of(folder) == ({"execution": outcome}, {"execution": failure} if failure else {})


def test_a_phase_runs_as_long_as_its_process_does(folder: Folder) -> None:
    folder.journal.append("phase", BEGAN)
    with folder.locked():
        assert phases_of(folder)[0] == {"execution": "running"}
        assert "next       wait for what runs" in dbmo("status", folder.path).out


@pytest.mark.parametrize(("migration", "told"), [("told", "copy: 1,000"), ("told rehearsal", "rehearsal, copy: 1,000")])
def test_people_read_how_a_copy_goes(folder: Folder, migration: str, told: str) -> None:
    StandingFile(folder.path).write(COPY.model_copy(update={"migration": migration, "paused": ["the source is busy"]}))
    with folder.locked():
        text = dbmo("status", folder.path).out
    assert f"running    {told}" in text
    assert "paused     the source is busy" in text.splitlines()
    assert "running" not in dbmo("status", folder.path).out


def test_people_read_what_ended_a_phase(folder: Folder) -> None:
    folder.journal.append("phase", REFUSED)
    assert "execution  aborted: d already has t. [TARGET_NOT_EMPTY]" in dbmo("status", folder.path).out.splitlines()

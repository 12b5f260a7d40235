"""How a migration's phases are told: what goes on, what ended, what was left by a process that is gone."""

from pathlib import Path
from typing import Any

import pytest

from agent.folder import Folder
from agent.metrics import Metrics
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


def test_metrics_say_what_a_copy_waits_for() -> None:
    from prometheus_client import CollectorRegistry, generate_latest

    metrics, registry = Metrics(), CollectorRegistry()
    registry.register(metrics)
    metrics.tell(COPY.model_copy(update={"paused": ["the source is busy"], "paused_by": ["max_running_threads"]}))
    told = generate_latest(registry).decode().splitlines()
    assert 'dbmo_paused_by_limit{limit="max_running_threads",migration="m"} 1.0' in told
    assert 'dbmo_paused{migration="m"} 1.0' in told


def test_a_plan_that_was_refused_is_made_again_from_what_was_mended(folder: Folder) -> None:
    folder.journal.append("phase", {**REFUSED, "name": "planning"})
    said = (
        f"next       mend what stopped the planning, then dbmo plan {folder.path}, or dbmo run with the changed request"
    )
    assert said in dbmo("status", folder.path).out.splitlines()


def test_a_comparison_before_the_last_execution_says_nothing_of_its_rows(folder: Folder) -> None:
    for name in ("execution", "validation", "execution"):
        folder.journal.append("phase", {"name": name, "outcome": "done"})
    told = dbmo("status", folder.path).out.splitlines()
    assert "validation outdated" in told
    assert f"next       dbmo validate {folder.path}" in told


def test_people_read_what_ended_a_phase(folder: Folder) -> None:
    folder.journal.append("phase", REFUSED)
    assert "execution  aborted: d already has t. [TARGET_NOT_EMPTY]" in dbmo("status", folder.path).out.splitlines()

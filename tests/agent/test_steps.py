"""Steps: once each, in any order, with what they need; what failed under a driver fails in the phase."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from agent.folder import Folder
from agent.orchestrator import Orchestrator
from agent.phases import PHASES
from agent.steps import Once, PhaseSteps, Steps
from engines.catalog import Model
from engines.errors import Aborted, DbmoError, UsageError
from tests.journeys.life import Life
from tests.moving import sqlite_file

PLANNING = PHASES["planning"].skills
TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)"


@dataclass
class Acting:
    """A driver that does what a test says, and remembers which phases it saw."""

    act: Callable[[Steps], object]
    name: str = "acting"
    model: str | None = None
    phases: list[str] = field(default_factory=list)

    def drive(self, run: Orchestrator, steps: Steps) -> None:
        self.phases.append(steps.phase)
        self.act(steps)


@contextmanager
def migration(life: Life, act: Callable[[Steps], object]) -> Iterator[Orchestrator]:
    """The life's migration, assessed, with such a driver."""
    assert life.run("--until", "assess").status == 0
    folder = Folder.open(life.folder)
    yield Orchestrator(folder, driver=Acting(act))
    folder.close()


def asked(life: Life, target: str, *statements: str, **sections: Any) -> Life:
    return life.ask(sqlite_file(life.home / "s.db", TABLE, *statements), target, **sections)


def swallow(steps: Steps, *skills: str) -> list[str]:
    """Run steps as a driver that goes on after errors; their codes."""
    codes = []
    for skill in skills:
        try:
            steps.run(skill)
        except DbmoError as error:
            codes.append(error.code)
    return codes


def test_work_is_done_once_and_fails_once() -> None:
    once, done = Once(), list[str]()

    def make() -> str:
        done.append("a")
        return "made"

    def fail() -> None:
        done.append("fail")
        raise Aborted("NO", "It failed.", "Nothing.")

    assert [once.of("a", make) for _ in range(2)] == ["made", "made"]
    for _ in range(2):
        with pytest.raises(Aborted, match="NO"):
            once.of("b", fail)
    assert done == ["a", "fail"]
    assert (once.has("a"), once.has("b")) == (True, False)


def test_a_skill_of_another_phase_is_no_step() -> None:
    with pytest.raises(UsageError, match="STEP_UNKNOWN"):
        PhaseSteps("assessment", {"database-optimization-analyzer": Model}).run("etl-pipeline-builder")


@pytest.mark.parametrize("order", [(), PLANNING, PLANNING[::-1], (PLANNING[1], PLANNING[1])], ids=str)
def test_any_order_of_the_steps_gives_one_plan(life: Life, order: tuple[str, ...], tmp_path: Path) -> None:
    target = f"sqlite:{tmp_path / 't.db'}"
    assert asked(life, target, "CREATE VIEW w AS SELECT v FROM t").run("--until", "plan").status == 0
    by_rules = life.read("plan.json")

    def act(steps: Steps) -> None:
        assert steps.skills == PHASES[steps.phase].skills
        assert all(steps.run(skill) is steps.run(skill) for skill in order)

    with migration(life, act) as run:
        assert run.make_plan().model_dump(mode="json") == by_rules
        done = [entry.body["path"] for entry in run.folder.journal.entries("artifact")]
    assert len([path for path in done if path == f"planning/{PLANNING[0]}.json"]) == 1


def test_an_abort_that_a_driver_swallowed_still_stops_the_phase(life: Life, empty_18: str) -> None:
    asked(life, empty_18, "CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET v = hex(randomblob(4)); END")
    codes: list[str] = []
    with migration(life, lambda steps: codes.extend(swallow(steps, PLANNING[2], PLANNING[2]))) as run:
        with pytest.raises(DbmoError, match="FEATURE_UNSUPPORTED"):
            run.make_plan()
        assert codes == ["FEATURE_UNSUPPORTED"] * 2
        assert not run.done("planning") and run.plan is None


def test_without_an_approval_there_is_no_step_that_executes(life: Life, tmp_path: Path) -> None:
    asked(life, f"sqlite:{tmp_path / 't.db'}", environment="production")
    assert life.run("--until", "rehearse").status == 0
    with migration(life, lambda steps: None) as run:
        with pytest.raises(Aborted, match="APPROVAL_MISSING"):
            run.execute()
        assert isinstance(run.driver, Acting)
        assert run.driver.phases == []
    assert not (tmp_path / "t.db").exists()


def test_every_phase_is_driven(life: Life, tmp_path: Path) -> None:
    target = f"sqlite:{tmp_path / 't.db'}"
    with migration(asked(life, target), lambda steps: swallow(steps, *reversed(steps.skills))) as run:
        run.assess()
        run.make_plan()
        assert run.execute()["tables"][0]["name"] == "main.t"
        assert run.validate()["equal"]
        assert isinstance(run.driver, Acting)
        assert run.driver.phases == list(PHASES)
        assert [len(list(run.folder.journal.entries(k))) for k in ("execution started", "validated")] == [1, 1]

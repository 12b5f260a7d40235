"""Whole phases under a model that says anything, is killed at any moment, or looks at a source of 10,000 tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.ask import Asker
from agent.budget import BILLED_FACTOR
from agent.claude import ClaudeDriver
from agent.contract import validate_contract
from agent.orchestrator import Orchestrator
from agent.phases import PHASES
from agent.spending import phase_spending
from agent.wire.meter import Counter
from agent.wire.types import Prompt, Reply
from engines.catalog import Model
from skills.registry import get_skill
from tests.harmless.hostile import hostile_sqlite
from tests.harmless.obeyed import orchestrated
from tests.harmless.test_any_model import entered_into, junk, replies
from tests.journeys.life import sha256
from tests.scripted import Heard, ScriptedModel, Step, calls, says, shown

SKILLS = [skill for phase in PHASES.values() for skill in phase.skills]
MANY = 10_000
SECTIONS = {
    "assessment": [("assess", "largest_tables"), ("assess", "hazards"), ("assess", "findings")],
    "planning": [("compare", "statements"), ("compare", "largest_tables"), ("translate", "sampled")],
}


class Killed(BaseException):
    """The program ends here, as by a signal: nobody catches it."""


listed = st.sampled_from([*SKILLS, "more", "propose-strategy", "approve", "execute"])
chosen = st.fixed_dictionaries(
    {},
    optional={
        "detail": st.sampled_from(["short", "normal", "long", "none"]),
        "focus": st.sampled_from(["all", "hazards", "omissions", "strategy", "nothing"]),
        "handle": st.sampled_from(["assess", "compare", "x"]),
        "section": st.sampled_from(["hazards", "largest_tables", "statements"]),
        "start": st.integers(-1, 30),
        "strategy": st.sampled_from(["trickle", "big-bang", "none"]),
        "reason": st.text(max_size=9),
    },
)
turns = st.builds(lambda wanted: calls(*wanted), st.lists(st.tuples(listed, chosen | junk), min_size=1, max_size=3))


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(turns | replies(), max_size=10))
def test_no_model_changes_the_plan_or_the_source(tmp_path_factory: pytest.TempPathFactory, script: list[Step]) -> None:
    home = tmp_path_factory.mktemp("any")
    file = hostile_sqlite(home, [])
    before, target = sha256(file), {"url": f"sqlite:{home}/target.db", "environment": "production"}
    rules = orchestrated(home, f"sqlite:{file}", target, out="rules")
    rules.make_plan()
    run = orchestrated(home, f"sqlite:{file}", target, ClaudeDriver(ScriptedModel([*script, *script])))
    plan = run.make_plan()
    run.report()
    assert plan.hash == rules.needed_plan().hash
    assert sha256(file) == before and not (home / "target.db").exists() and not (home / "out/approval.json").exists()
    assert validate_contract(run.folder.read_json("contract.json")) == []
    for name, spent in phase_spending(run.folder.journal).items():
        assert spent.estimated <= PHASES[name].tokens


def _until(moment: int) -> Callable[[Prompt], Reply]:
    """A model that looks and talks, and whose program is killed at its request number `moment`."""
    asked = iter(range(1, 1_000))

    def answer(prompt: Prompt) -> Reply:
        number = next(asked)
        if number == moment:
            raise Killed
        return calls(("database-optimization-analyzer", {"table": f"t{number}"}), text="word " * 60)

    return answer


@pytest.mark.parametrize("moment", [1, 2, 4])
def test_a_phase_that_is_killed_again_and_again_spends_one_budget(tmp_path: Path, moment: int) -> None:
    file = hostile_sqlite(tmp_path, [])
    entered, killed, ended = 0, 0, False
    while not ended:
        model = ScriptedModel([_until(moment)] * 50)
        run = orchestrated(tmp_path, f"sqlite:{file}", {"url": f"sqlite:{tmp_path}/t.db"}, ClaudeDriver(model))
        try:
            run.assess()
            ended = True
        except Killed:
            killed += 1
        entered += entered_into(model, Counter()) if model.seen else 0
        run.folder.close()
    assert killed >= 1
    assert entered <= PHASES["assessment"].tokens


def many_tables(path: Path, tables: int) -> Path:
    """A SQLite file of empty tables."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("BEGIN")
        for number in range(tables):
            connection.execute(f"CREATE TABLE table_{number:05} (id INTEGER PRIMARY KEY, a TEXT, b TEXT DEFAULT 'x')")
    return path


def greedy(phase: str) -> Sequence[Step]:
    """A model that wants every skill's longest digest, and every page of every section."""
    pages = [("more", {"handle": handle, "section": s, "start": 0}) for handle, s in SECTIONS[phase]]
    return [calls((skill, {"detail": "long"})) for skill in PHASES[phase].skills] + [calls(page) for page in pages]


class Multiplied:
    """The steps of a phase that was run for a small source, whose outputs are as long as those of a large one."""

    def __init__(self, run: Orchestrator, phase: str, times: int) -> None:
        self.phase, self.skills, self._migration, self._times = phase, PHASES[phase].skills, run, times

    def run(self, skill: str) -> Model:
        """The stored output, each of its lists so many times as long."""
        output = get_skill(skill).output.model_validate(self._migration.output(skill))
        lists = {name: value * self._times for name, value in output if isinstance(value, list)}
        longer: Model = output.model_copy(update=lists)
        return longer

    def finish(self) -> None:
        """Nothing is assembled."""


def test_an_assessment_of_10000_tables_keeps_its_budget(tmp_path: Path) -> None:
    """Of fewer whose outputs are as long; `make soak` does it with 10,000."""
    source = many_tables(tmp_path / "some.db", MANY // 20)
    run = orchestrated(tmp_path, f"sqlite:{source}", {"url": f"sqlite:{tmp_path}/t.db"})
    run.assess()
    model = ScriptedModel(greedy("assessment"))
    ClaudeDriver(model).drive(run, Multiplied(run, "assessment", 20))
    kept(run, model, "assessment")


def test_a_plan_of_10000_tables_keeps_its_budget(tmp_path: Path) -> None:
    source = many_tables(tmp_path / "some.db", 20)
    run = orchestrated(tmp_path, f"sqlite:{source}", {"url": f"sqlite:{tmp_path}/t.db"})
    run.make_plan()
    model = ScriptedModel(greedy("planning"))
    ClaudeDriver(model).drive(run, Multiplied(run, "planning", MANY // 20))
    kept(run, model, "planning")


def kept(run: Orchestrator, model: ScriptedModel, phase: str) -> None:
    """Check both ledgers, and the tokens that really went into the phase's talk."""
    spent = phase_spending(run.folder.journal)[phase]
    assert len(model.seen) >= 3 and entered_into(model, Counter()) <= PHASES[phase].tokens
    assert 0 < spent.estimated <= PHASES[phase].tokens
    assert spent.billed <= PHASES[phase].tokens * BILLED_FACTOR


def test_a_figure_that_nothing_proved_does_not_count_as_given_when_it_is_retold(tmp_path: Path) -> None:
    file = hostile_sqlite(tmp_path, [])
    run = orchestrated(tmp_path, f"sqlite:{file}", {"url": f"sqlite:{tmp_path}/t.db"})
    run.assess()
    model = ScriptedModel([says("There are 987,654 rows.")] * 2)
    asker = Asker(run, model, Heard())
    answers = [asker.ask("How many rows are there?", lambda: False) for _ in range(2)]
    assert [answer.unproved for answer in answers] == [["987,654"]] * 2
    assert "Said before" in shown(model.seen[1]) and "987,654" not in shown(model.seen[1])

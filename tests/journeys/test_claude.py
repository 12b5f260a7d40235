"""A model in the driver's seat changes nothing of what is decided: same plan, same contract, inside every budget."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.claude import ClaudeDriver
from agent.contract import validate_contract
from agent.folder import Folder
from agent.orchestrator import Orchestrator
from agent.phases import PHASES
from agent.request import load_request
from agent.wire.types import AttemptFailed
from tests.journeys.life import Life, lived, sqlite_from
from tests.scripted import Heard, ScriptedModel, Step, calls, says

SCRIPT = """
CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, born TEXT, balance NUMERIC);
INSERT INTO customer VALUES (1, 'Ada', '1815-12-10', 12.50), (2, 'Grace', '0000-00-00', 7);
CREATE TABLE "order" (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customer (id), total REAL);
INSERT INTO "order" SELECT value, 1 + value % 2, value * 1.5 FROM generate_series(1, 50);
CREATE VIEW totals AS SELECT customer, sum(total) AS total FROM "order" GROUP BY customer;
"""
WHOLE: list[Step] = [
    calls(("database-optimization-analyzer", {"detail": "short"})),
    says("There are {assess.tables} tables and 77 views."),
    calls(("schema-comparator", {}), ("query-translator", {})),
    calls(("data-engineering-pipeline-designer", {})),
    says("The strategy is {design.strategy}."),
    calls(("etl-pipeline-builder", {})),
    says("Rows were moved."),
    calls(("data-migration-validator", {})),
    says("It is equal."),
]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    script = tmp_path_factory.mktemp("source") / "source.sql"
    rows = " UNION ALL ".join(f"SELECT {n} AS value" for n in range(1, 51))
    script.write_text(SCRIPT.replace("generate_series(1, 50)", f"({rows})"))
    return sqlite_from(script, script.with_suffix(".db"))


def run_to_the_end(life: Life, source: Path, model: ScriptedModel | None) -> tuple[Orchestrator, Heard]:
    """All four phases with a scripted model, or by the rules alone."""
    target = source.with_name("target.db")  # the same for all: the plan names it
    target.unlink(missing_ok=True)
    life.ask(source, f"sqlite:{target}")
    folder = Folder.create(life.folder, load_request(life.request), "journey")
    heard = Heard()
    run = Orchestrator(folder, driver=ClaudeDriver(model) if model else None, listener=heard)
    run.assess()
    run.make_plan()
    run.execute()
    run.validate()
    run.report()
    return run, heard


@pytest.fixture(scope="module")
def by_rules(tmp_path_factory: pytest.TempPathFactory, source: Path) -> Iterator[dict[str, Any]]:
    """The contract of the rules driver."""
    with lived(tmp_path_factory.mktemp("rules")) as life:
        run, _ = run_to_the_end(life, source, None)
        plan = run.needed_plan()
        yield {"hash": plan.hash, "contract": life.read("contract.json")}


def decided(contract: dict[str, Any]) -> Any:
    """What a model must not change."""
    plan = contract["plan"]
    return (
        plan["migration_strategy"],
        contract["execution"]["schema_migration_scripts"],
        contract["validation"]["reconciliation_results"]["checksum_validation"],
        plan["success_criteria"],
        contract["assessment"]["risk_analysis"],
    )


@pytest.mark.parametrize(
    "script",
    [
        WHOLE,
        [],
        [calls(("drop_table", {"sql": "DROP TABLE customer"}), ("approve", {"hash": "any"}))] * 9,
        [calls(("query-translator", {})), says("Nothing first."), calls(("data-engineering-pipeline-designer", {}))],
        [AttemptFailed("refused_request", "the server refused the key")] * 4,
        [says("x", stop="refusal")] * 4,
    ],
    ids=["willing", "silent", "hostile", "in its own order", "no access", "refusing"],
)
def test_any_model_gives_the_same_plan_and_a_whole_contract(
    life: Life, source: Path, by_rules: dict[str, Any], script: list[Step]
) -> None:
    run, _ = run_to_the_end(life, source, ScriptedModel(script))
    contract = life.read("contract.json")
    assert validate_contract(contract) == []
    assert run.needed_plan().hash == by_rules["hash"]
    assert decided(contract) == decided(by_rules["contract"])
    assert contract["audit"]["driver"] == "claude" and contract["audit"]["model"] == "scripted"
    for phase, spent in contract["audit"]["token_budget"].items():
        assert spent["estimated"] <= spent["limit"] == PHASES[phase].tokens


def test_what_a_model_says_is_kept_with_its_figures_checked(life: Life, source: Path) -> None:
    run, heard = run_to_the_end(life, source, ScriptedModel(WHOLE))
    talk = run.folder.read_artifact("assessment/talk.json")
    assert talk["narrative"] == "There are 2 tables and 77[?] views." and talk["unproved"] == ["77"]
    assert "The strategy is big-bang." in heard.said
    assert [note.tool for note in heard.calls] == [
        "database-optimization-analyzer", "schema-comparator", "query-translator",
        "data-engineering-pipeline-designer", "etl-pipeline-builder", "data-migration-validator",
    ]  # fmt: skip
    moved = next(note for note in heard.calls if note.tool == "etl-pipeline-builder")
    assert (moved.outcome, moved.rows) == ("ok", 52)


def test_a_step_that_a_model_ran_does_not_run_again(life: Life, source: Path) -> None:
    run, _ = run_to_the_end(life, source, ScriptedModel(WHOLE))
    started = list(run.folder.journal.entries("execution started"))
    assert len(started) == 1


def test_without_an_approval_no_execution_tool_exists_and_no_talk_is_held(life: Life, source: Path) -> None:
    life.ask(source, f"sqlite:{life.home}/target.db", environment="production")
    folder = Folder.create(life.folder, load_request(life.request), "journey")
    model = ScriptedModel([says("ok"), says("ok"), calls(("etl-pipeline-builder", {}))])
    run = Orchestrator(folder, driver=ClaudeDriver(model))
    run.assess()
    run.make_plan()
    with pytest.raises(Exception, match=r"rehears|approv|backup"):
        run.execute()
    offered = [tool["name"] for prompt in model.seen for tool in prompt.tools]
    assert "etl-pipeline-builder" not in offered and len(model.seen) == 2
    assert not (life.home / "target.db").exists()


def test_the_system_prompt_and_each_phase_s_prefix_are_the_same_for_every_migration(life: Life, source: Path) -> None:
    model = ScriptedModel(WHOLE)
    run_to_the_end(life, source, model)
    assert len({prompt.system for prompt in model.seen}) == 1
    by_phase = {json.dumps(prompt.tools) for prompt in model.seen}
    assert len(by_phase) == 4, "one list of tools per phase, sorted"
    for prompt in model.seen:
        names = [tool["name"] for tool in prompt.tools]
        assert names == sorted(names)

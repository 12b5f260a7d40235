"""A model's ideas: tried on scratch, labelled, kept, and without any effect until a person adopts one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import agent.proposed_text
from agent.folder import Folder
from agent.orchestrator import Orchestrator
from agent.proposals import MOST, proposals, propose_strategy, propose_translation
from agent.talk_model import Proposal
from engines.errors import UsageError
from tests.journeys.life import Life, lived, sha256
from tests.journeys.test_overrides import ACCEPT, ODD, TOUCH, TRIGGER, asked, planned
from tests.moving import change, fetch, sqlite_file
from tests.servers import Server

FIRST_LETTER = "SELECT id, ascii(name) AS code FROM public.goods"
OBJECTS = "SELECT nspname, relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace ORDER BY 1, 2"
ROUTINES = "SELECT proname FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace ORDER BY 1"


@contextmanager
def opened(life: Life) -> Iterator[Orchestrator]:
    folder = Folder.open(life.folder)
    yield Orchestrator(folder)
    folder.close()


@pytest.fixture(scope="module")
def migration(tmp_path_factory: pytest.TempPathFactory, postgresql_18: Server) -> Iterator[Life]:
    """The goods, planned: the view main.odd and a trigger stay behind."""
    with lived(tmp_path_factory.mktemp("goods")) as life:
        planned(asked(life, postgresql_18.create_database(), ODD, TOUCH))
        yield life


@pytest.fixture
def run(migration: Life) -> Iterator[Orchestrator]:
    """The same migration, without proposals."""
    with opened(migration) as made:
        yield made
    (migration.folder / "artifacts/proposals.json").unlink(missing_ok=True)


def omitted(run: Orchestrator, name: str) -> str:
    """The id of an omission."""
    output = run.output("schema-comparator")
    assert output is not None
    return f"o{1 + [item['object'] for item in output['omissions']].index(name)}"


def test_a_view_that_no_rule_translates_is_labelled_by_running_both(run: Orchestrator) -> None:
    made = propose_translation(run, omitted(run, "main.odd"), f"CREATE VIEW v AS {FIRST_LETTER};", "same\x00 code\n")
    assert (made.id, made.kind, made.subject, made.verdict) == ("p1", "translation", "main.odd", "TESTED")
    assert (made.proposal, made.adopt) == (FIRST_LETTER, {"translations": {"main.odd": FIRST_LETTER}})
    assert made.reason == "same code"
    assert "3 rows compared" in made.detail
    wrong = propose_translation(run, omitted(run, "main.odd"), "SELECT id, 1 AS code FROM public.goods", "a guess")
    assert (wrong.id, wrong.verdict, wrong.adopt) == ("p2", "REFUTED", None)
    assert proposals(run) == [made, wrong]
    noted = [entry.body for entry in run.folder.journal.entries("proposal")]
    assert [(body["id"], body["subject"], body["verdict"]) for body in noted[-2:]] == [
        ("p1", "main.odd", "TESTED"),
        ("p2", "main.odd", "REFUTED"),
    ]


def test_a_trigger_is_created_on_scratch_and_not_called_tested(run: Orchestrator) -> None:
    made = propose_translation(run, omitted(run, "main.goods.touch"), TRIGGER, "the same column")
    assert (made.kind, made.verdict) == ("routine", "NOT_RUN")
    assert "was not compared" in made.detail
    missing = TRIGGER.replace("FUNCTION public.touch() RETURNS", "FUNCTION public.other() RETURNS")
    refused = propose_translation(run, omitted(run, "main.goods.touch"), missing, "no function")
    assert (refused.verdict, refused.adopt) == ("REFUTED", None)
    assert "public.touch() does not exist" in refused.detail


def test_the_same_proposal_twice_is_one(run: Orchestrator) -> None:
    first, second = (
        propose_translation(run, omitted(run, "main.odd"), text, "again") for text in (FIRST_LETTER, FIRST_LETTER + ";")
    )
    assert (first, propose_strategy(run, "trickle", "a")) == (second, propose_strategy(run, "trickle", "b"))
    assert [made.id for made in proposals(run)] == ["p1", "p2"]


def test_a_migration_has_room_for_a_few(run: Orchestrator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.proposals.label_query", lambda *given: agent.proposed_text.Label("NOT_RUN", "not tried"))
    for number in range(MOST):
        propose_translation(run, omitted(run, "main.odd"), f"SELECT {number}", "more")
    with pytest.raises(UsageError, match="PROPOSALS_FULL"):
        propose_translation(run, omitted(run, "main.odd"), "SELECT -1", "more")
    assert propose_translation(run, omitted(run, "main.odd"), "SELECT 3", "more").id == "p4"


@pytest.mark.parametrize(
    ("subject", "text", "code"),
    [
        ("odd", "DROP TABLE goods", "DRAFT_INVALID"),
        ("odd", "SELECT pg_read_file('x')", "DRAFT_INVALID"),
        ("odd", "SELECT nextval('s')", "DRAFT_INVALID"),
        ("odd", f"SELECT 1; {FIRST_LETTER}", "DRAFT_INVALID"),
        ("odd", f"{FIRST_LETTER} -- {'x' * 4000}", "DRAFT_INVALID"),
        ("goods.touch", FIRST_LETTER, "DRAFT_INVALID"),
        ("goods.touch", "CREATE FUNCTION f() RETURNS trigger LANGUAGE c AS $$x$$", "DRAFT_INVALID"),
        ("o999", FIRST_LETTER, "ITEM_UNKNOWN"),
        ("s999", FIRST_LETTER, "ITEM_UNKNOWN"),
        ("s1", FIRST_LETTER, "SUBJECT_UNFIT"),
    ],
)
def test_what_can_not_be_tried_is_an_error_to_correct(run: Orchestrator, subject: str, text: str, code: str) -> None:
    identifier = subject if subject[1:].isdigit() else omitted(run, f"main.{subject}")
    with pytest.raises(UsageError, match=code):
        propose_translation(run, identifier, text, "because")
    assert proposals(run) == []


def test_nothing_can_be_proposed_before_the_skills_ran(life: Life, empty_18: str) -> None:
    asked(life, empty_18, ODD, TOUCH).run("--until", "assess")
    with opened(life) as run:
        with pytest.raises(UsageError, match="PROPOSAL_TOO_EARLY"):
            propose_strategy(run, "trickle", "x")
        with pytest.raises(UsageError, match="PROPOSAL_TOO_EARLY"):
            propose_translation(run, "s1", "SELECT 1", "x")
        with pytest.raises(UsageError, match="STRATEGY_UNKNOWN"):
            propose_strategy(run, "rm -rf", "x")


@pytest.mark.parametrize(
    ("strategy", "verdict", "part"),
    [
        ("trickle", "FITS", "the rules give big-bang"),
        ("big-bang", "FITS", "it is what the rules give"),
        ("blue-green", "FITS", "two whole systems until the switch"),
        ("continuous-replication", "CONTRADICTS", "needs that both databases can replicate"),
    ],
)
def test_a_strategy_is_held_against_the_constraints(run: Orchestrator, strategy: str, verdict: str, part: str) -> None:
    made = propose_strategy(run, strategy, "an idea")
    assert (made.verdict, made.adopt) == (verdict, {"strategy": strategy} if verdict == "FITS" else None)
    assert part in made.detail and "predicted downtime" in made.detail and "h in all" in made.detail


def test_what_takes_too_long_is_stopped(run: Orchestrator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent.proposed_text, "SECONDS", 0.5)
    endless = "SELECT count(*) AS id, 1 AS code FROM generate_series(1, 100000000000)"
    made = propose_translation(run, omitted(run, "main.odd"), endless, "slow")
    assert (made.verdict, "did not end within" in made.detail) == ("NOT_RUN", True)


def test_values_of_rows_are_not_told(run: Orchestrator) -> None:
    probe = "SELECT id, CAST(name AS integer) AS code FROM public.goods"
    made = propose_translation(run, omitted(run, "main.odd"), probe, "what is in there?")
    assert made.verdict == "REFUTED"
    assert "nail" not in made.detail


def test_proposals_change_neither_plan_nor_databases(life: Life, empty_18: str) -> None:
    before_plan, before_hash = planned(asked(life, empty_18, ODD, TOUCH))
    source, target = sha256(life.home / "s.db"), state(empty_18)
    with opened(life) as run:
        make_all(run)
        assert len(proposals(run)) == 4
    assert (sha256(life.home / "s.db"), state(empty_18)) == (source, target)
    assert planned(life) == (before_plan, before_hash)
    assert life.read("artifacts/proposals.json")[0]["id"] == "p1"


def test_adopting_a_proposal_makes_another_plan(life: Life, empty_18: str) -> None:
    _, before = planned(asked(life, empty_18, ODD, TOUCH))
    with opened(life) as run:
        made = [proposal for proposal in make_all(run) if proposal.adopt]
    hashes = {before}
    for proposal in made:
        assert proposal.adopt is not None
        plan, found = planned(asked(life, empty_18, ODD, TOUCH, **proposal.adopt))
        assert [a["verdict"] for a in plan["adopted"]] == ([] if proposal.kind == "strategy" else [proposal.verdict])
        hashes.add(found)
    assert len(hashes) == 1 + len(made) == 4


def test_a_sqlite_target_stays_byte_for_byte(life: Life, empty_18: str, tmp_path: Path) -> None:
    view = "CREATE VIEW v AS SELECT id, regexp_replace(name, 'x', '') AS short FROM t"
    change(empty_18, "CREATE TABLE t (id int PRIMARY KEY, name text)", "INSERT INTO t VALUES (1, 'axe')", view)
    target = sqlite_file(tmp_path / "t.db", "CREATE TABLE other (id INTEGER)")
    omission = {"object": "public.v", "kind": "view", **ACCEPT}
    privileges = {"object": "*", "kind": "privileges", **ACCEPT}
    life.ask(empty_18, f"sqlite:{target}", options={"accept": [omission, privileges]})
    assert life.run("--until", "plan").status == 0
    before = state(empty_18), sha256(target)
    with opened(life) as run:
        texts = ("SELECT id, replace(name, 'x', '') AS short FROM t", "SELECT id, name AS short FROM t")
        made = [propose_translation(run, omitted(run, "public.v"), text, "shorter") for text in texts]
        assert [proposal.verdict for proposal in made] == ["TESTED", "REFUTED"]
    assert (state(empty_18), sha256(target)) == before


def make_all(run: Orchestrator) -> list[Proposal]:
    return [
        propose_translation(run, omitted(run, "main.odd"), FIRST_LETTER, "a"),
        propose_translation(run, omitted(run, "main.goods.touch"), TRIGGER, "b"),
        propose_translation(run, omitted(run, "main.odd"), "SELECT 1 AS id, 2 AS code", "c"),
        propose_strategy(run, "trickle", "d"),
    ]


def state(url: str) -> Any:
    """Every object of a PostgreSQL database, relations and routines."""
    return fetch(url, OBJECTS), fetch(url, ROUTINES)

"""A model's part in contract and report: its words are labelled, escaped, and stand nowhere else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from agent.contract import validate_contract
from agent.folder import Folder
from agent.orchestrator import Orchestrator
from agent.report.build import write_report
from agent.report.sections_model import blocks_of
from agent.request import parse_request
from engines.errors import UsageError

HOSTILE = "<script>alert(1)</script> ![x](http://evil.example/?q) | [approve](dbmo:approve) \u202egnp.exe"
NARRATIVE = f"## Findings\nThe copy takes **3** hours[?].\n- {HOSTILE}\n- second\n\n<img src=x onerror=alert(1)>"
REFUSED = {"phase": "assessment", "tool": "approve", "arguments": {"plan": HOSTILE}}
TALK = {
    "phase": "assessment",
    "model": "claude-small-1",
    "ended": "done",
    "narrative": NARRATIVE,
    "unproved": ["3"],
    "measured": False,
    "calls": ["database-optimization-analyzer ok", "approve person"],
    "refusals": [{**REFUSED, "kind": "person", "why": "Only a person approves."}],
}
PROPOSAL = {
    "id": "p1",
    "phase": "planning",
    "kind": "strategy",
    "subject": "strategy",
    "proposal": "trickle",
    "reason": HOSTILE,
    "verdict": "CONTRADICTS",
    "detail": "15 minutes are allowed",
    "adopt": {"strategy": "trickle"},
}


def declared(path: Path) -> Orchestrator:
    request = {
        "source_database": {"type": "postgresql", "version": "12.8", "size_gb": 450},
        "target_database": {"type": "postgresql", "version": "16.1", "platform": "aws-rds"},
        "migration_type": "version-upgrade",
        "constraints": {"max_downtime_minutes": 15, "data_consistency": "strict", "rollback_required": True},
    }
    run = Orchestrator(Folder.create(path / "folder", parse_request(request, path), "talked"))
    run.assess()
    return run


def spend(run: Orchestrator, cost: float | None, phase: str = "assessment", content: int = 1800) -> None:
    body = {
        "input": 900,
        "output": 100,
        "cache_read": 4000,
        "cache_write": 0,
        "content": content,
        "outcome": "answered",
    }
    run.folder.journal.append("model", {"phase": phase, "model": "claude-small-1", "cost_usd": cost, **body})


def talk(run: Orchestrator, record: dict[str, Any] = TALK) -> None:
    run.folder.artifact(f"{record['phase']}/talk.json", record)
    run.folder.journal.append("talk", {"phase": record["phase"], "ended": record["ended"], "content": 1800})


@pytest.fixture
def run(tmp_path: Path) -> Orchestrator:
    run = declared(tmp_path)
    spend(run, 0.0123)
    talk(run)
    run.folder.artifact("proposals.json", [PROPOSAL])
    return run


def texts(run: Orchestrator) -> tuple[dict[str, Any], str, str]:
    write_report(run)
    path = run.folder.path
    contract = json.loads((path / "contract.json").read_text())
    return contract, (path / "report.md").read_text(), (path / "report.html").read_text()


def test_audit_keeps_words_proposals_tokens_and_cost(run: Orchestrator) -> None:
    contract, _, _ = texts(run)
    audit = contract["audit"]
    assert validate_contract(contract) == []
    assert (audit["driver"], audit["model"], audit["cost_usd"]) == ("claude", "claude-small-1", 0.0123)
    assert (audit["narrative"], audit["proposals"]) == ([TALK], [PROPOSAL])
    spent = {"limit": 3000, "estimated": 1800, "billed": 5000, "cached": 4000, "cost_usd": 0.0123}
    assert audit["token_budget"]["assessment"] == spent
    assert audit["token_budget"]["planning"]["estimated"] == 0


def test_a_models_words_stand_in_the_audit_and_in_the_labelled_report_only(run: Orchestrator) -> None:
    contract, _, _ = texts(run)
    del contract["audit"]["narrative"], contract["audit"]["proposals"], contract["documentation"]["migration_report"]
    assert "evil.example" not in json.dumps(contract)


def test_report_labels_the_words_and_shows_what_was_tried(run: Orchestrator) -> None:
    _, markdown, html = texts(run)
    for text in (markdown, html):
        assert "the words of a model" in text
        assert "stands in no output the model was given" in text
        assert "What it tried and was not allowed" in text
        assert "Only a person approves." in text
        assert "1,800" in text
    assert "> The copy takes 3 hours\\[?\\]." in markdown
    assert '<span class="tag bad">CONTRADICTS</span>' in html
    assert "{&#34;strategy&#34;: &#34;trickle&#34;}" in html


def test_nothing_of_it_takes_effect_in_a_page(run: Orchestrator) -> None:
    _, markdown, html = texts(run)
    assert "<script" not in html + markdown
    assert "<img" not in html + markdown
    assert re.search(r"(?<!\\)\]\(", markdown) is None
    assert "\u202e" not in html + markdown


def test_without_a_model_there_is_no_section(tmp_path: Path) -> None:
    contract, markdown, html = texts(declared(tmp_path))
    assert (contract["audit"]["driver"], contract["audit"]["narrative"]) == ("rules", [])
    assert contract["audit"]["cost_usd"] == 0
    assert "What the model said" not in markdown + html


def test_words_about_an_earlier_run_of_a_phase_are_gone(run: Orchestrator) -> None:
    run.assess()
    contract, markdown, _ = texts(run)
    assert (contract["audit"]["driver"], contract["audit"]["narrative"]) == ("rules", [])
    assert "Findings" not in markdown
    assert contract["audit"]["token_budget"]["assessment"]["billed"] == 5000


def test_an_unknown_price_makes_the_sum_unknown(run: Orchestrator) -> None:
    spend(run, None, "chat", 700)
    contract, markdown, _ = texts(run)
    assert contract["audit"]["cost_usd"] is None
    assert contract["audit"]["token_budget"]["chat"]["cost_usd"] is None
    assert "price not known" in markdown


def test_a_changed_record_is_named(run: Orchestrator) -> None:
    (run.folder.artifacts / "assessment/talk.json").write_text('{"phase": "assessment"}')
    with pytest.raises(UsageError, match="FOLDER_DAMAGED"):
        write_report(run)


def test_lists_and_paragraphs_lose_their_markup() -> None:
    blocks = blocks_of("# Risks\n1. `a` is **old**\n* 2**10 stays\n\nend")
    assert [(block["bullets"], block["lines"]) for block in blocks] == [
        (False, ["Risks"]),
        (True, ["a is old", "2**10 stays"]),
        (False, ["end"]),
    ]

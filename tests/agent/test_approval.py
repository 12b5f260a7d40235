"""Approvals: bound to one plan, by a person at a terminal or by an approver's key."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.approval import approve_in_person, check_approval
from agent.folder import Folder
from agent.plan import Plan
from engines.errors import Aborted, DbmoError
from tests.journeys.life import CHECKOUT, Life, dbmo, refused
from tests.moving import sqlite_file


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return sqlite_file(tmp_path / "s.db", "CREATE TABLE t (id INTEGER PRIMARY KEY)")


@pytest.fixture
def planned(life: Life, source: Path, empty_18: str) -> Life:
    life.ask(source, empty_18, environment="production", options={"approvers": []})
    assert life.run("--until", "plan").status == 0
    return life


def parts(life: Life) -> tuple[Folder, Plan]:
    return Folder.open(life.folder), Plan.model_validate(life.read("plan.json"))


def void(life: Life) -> str:
    with pytest.raises(DbmoError) as caught:
        check_approval(*parts(life))
    return str(caught.value)


def test_without_one_nothing_is_executed(planned: Life) -> None:
    assert "[APPROVAL_MISSING]" in void(planned)
    assert planned.command("status", "--json").data["approved"] is False


def test_the_migrations_name_is_typed_at_a_terminal(planned: Life) -> None:
    (planned.folder / "report.md").unlink()
    leader, follower = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "agent.cli", "approve", str(planned.folder)],
        cwd=CHECKOUT, stdin=follower, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        os.write(leader, b"journey\n")
        _, told = process.communicate(timeout=60)
    os.close(leader)
    os.close(follower)
    assert process.returncode == 0, told
    folder, plan = parts(planned)
    assert plan.hash in told
    assert f"all of it: {planned.folder}/report.md" in told
    assert (planned.folder / "report.md").exists()
    assert check_approval(folder, plan)["method"] == "terminal"
    assert planned.command("status", "--json").data["approved"] is True


def test_another_name_approves_nothing(planned: Life) -> None:
    folder, plan = parts(planned)
    with pytest.raises(Aborted, match="NAME_NOT_TYPED"):
        approve_in_person(folder, plan, "yes", "Ann")
    assert "[APPROVAL_MISSING]" in void(planned)


def test_away_from_a_terminal_a_key_is_needed(planned: Life) -> None:
    refused(dbmo("approve", planned.folder), 2, "NO_TERMINAL")


def test_an_approval_ends_after_three_days(planned: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBMO_NOW", "2026-01-01T00:00:00-05:00")
    approve_in_person(*parts(planned), "journey", "Ann")
    monkeypatch.setenv("DBMO_NOW", "2026-01-03T23:59:59-05:00")
    check_approval(*parts(planned))
    monkeypatch.setenv("DBMO_NOW", "2026-01-04T00:00:01-05:00")
    assert "it ended at 2026-01-04T00:00:00-05:00" in void(planned)


def test_an_approval_that_the_journal_does_not_know_is_void(planned: Life) -> None:
    folder, plan = parts(planned)
    approval = approve_in_person(folder, plan, "journey", "Ann")
    folder.write_json("approval.json", {**approval, "by": "Bob"})
    assert "the journal does not know it" in void(planned)


def test_an_approval_of_another_plan_is_void(planned: Life) -> None:
    folder, plan = parts(planned)
    approve_in_person(folder, plan.model_copy(update={"strategy": "trickle"}), "journey", "Ann")
    assert "for another plan" in void(planned)


def test_with_approvers_only_their_signature_counts(life: Life, source: Path, empty_18: str) -> None:
    assert life.ask(source, empty_18, environment="production").run("--until", "plan").status == 0
    with pytest.raises(Aborted, match="APPROVER_KEY_NEEDED"):
        approve_in_person(*parts(life), "journey", "Ann")
    assert life.approve().status == 0
    assert check_approval(*parts(life))["method"] == "key"


@pytest.mark.parametrize("text", [b"no key", b""])
def test_a_file_without_a_key_is_refused(planned: Life, text: bytes) -> None:
    path = planned.home / "bad.pem"
    path.write_bytes(text)
    refused(planned.command("approve", "--key", path), 2, "KEY_UNREADABLE")


def test_a_scratch_target_needs_none(life: Life, source: Path, empty_18: str) -> None:
    assert life.ask(source, empty_18).run("--until", "plan").status == 0
    assert check_approval(*parts(life))["method"] == "scratch target"

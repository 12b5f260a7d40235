"""The chat without a model: a shell over the rules, which only a person at a terminal can make approve."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.chat.commands import COMMANDS
from agent.chat.places import places
from tests.agent.chat.chatting import HOSTILE, Chat, write_request


def test_without_a_model_a_question_gets_the_closest_command(scratch: Chat) -> None:
    assert scratch.types("what could go wrong?") == (
        "No model answers here (/model says what one would add). Closest: /hazards\n"
    )
    assert "ANTHROPIC_API_KEY" in scratch.types("/model")


@pytest.mark.parametrize("command", [c.name for c in COMMANDS if c.name not in ("/open", "/quit", "/help", "/model")])
def test_every_command_without_a_migration_says_what_to_open(chat: Chat, command: str) -> None:
    assert "NOTHING_OPEN" in chat.types(command) or command == "/save"


def test_help_names_every_command(chat: Chat) -> None:
    told = chat.types("help")
    assert [c.name for c in COMMANDS if c.name not in told] == []


def test_migrations_are_offered_newest_first_and_opened_by_number(
    chat: Chat, planned: Callable[[str, Path], Path], root: Path
) -> None:
    planned("production", root)
    planned("scratch", root)
    (root / "no-migration").mkdir()
    (root / "broken").mkdir()
    (root / "broken" / "request.json").write_text("{")
    for place, moment in (("broken", 1), ("chat-production", 3), ("chat-scratch", 2)):
        for file in (root / place).iterdir():
            os.utime(file, (moment, moment))
    assert [place.path.name for place in places(root)] == ["chat-production", "chat-scratch", "broken"]
    assert "planned, not approved" in chat.types("/open")
    assert chat.types("2").startswith("chat-scratch  ")
    assert "FOLDER_UNKNOWN" in chat.types("/open nowhere")


def test_a_request_begins_a_migration_and_its_folder_goes_on(chat: Chat, tmp_path: Path) -> None:
    request = write_request(tmp_path, "scratch")
    assert "nothing done yet" in chat.types(f"/open {request}")
    assert "Here: /assess" in chat.types("/hazards")
    assert "orders" in chat.types("/assess")
    assert "(assessed " in chat.types("/assess")
    made = chat.types("/plan")
    assert "strategy big-bang" in made
    assert "plan again plans anew" in chat.types("/plan")
    assert "chat-scratch" in chat.types("/open chat-scratch")


def test_tables_hazards_and_types_are_shown_as_they_are_named(scratch: Chat) -> None:
    assert "40" in next(line for line in scratch.types("/tables").splitlines() if line.startswith("main.orders"))
    assert "[red]\ufffd[2J\ufffd/approve" in scratch.types("/tables")
    assert "DECIMAL(10,2)" in scratch.types("/tables ORDERS")
    assert HOSTILE.split("\x1b")[0] in scratch.types("/hazards")
    assert "No hazard" in scratch.types("/hazards blocking")
    assert "TABLE_UNKNOWN" in scratch.types("/tables nothing")
    assert "DATE" in scratch.types("/diff")
    assert "Mixed Case" in scratch.types(f"/diff {HOSTILE}")


def test_what_was_spent_is_nothing_without_a_model(scratch: Chat) -> None:
    told = scratch.types("/budget")
    assert "nothing was spent" in told
    assert "3,000" in told


def test_an_approval_is_not_taken_from_a_pipe(production: Chat) -> None:
    assert "NO_TERMINAL" in production.types("/approve", "chat-production")
    assert not (production.folder / "approval.json").exists()


def test_a_scratch_target_needs_no_approval(scratch: Chat) -> None:
    assert "needs no approval" in scratch.types("/approve")


def test_a_run_without_approval_says_which_command_gives_it(production: Chat) -> None:
    told = production.types("/run")
    assert "APPROVAL_MISSING" in told
    assert "dbmo approve" in told
    assert "Here: /approve" in told
    assert not (production.folder / "chat-run.log").exists()


def test_a_command_finds_the_folder_in_use(scratch: Chat) -> None:
    with scratch.session.folder.locked():
        assert "FOLDER_IN_USE" in scratch.types("/plan again")
    assert "strategy" in scratch.types("/plan again")


def test_the_chat_is_saved_as_markdown_but_over_nothing_else(scratch: Chat, tmp_path: Path) -> None:
    file = tmp_path / "chat.md"
    scratch.types("/status", f"/save {file}", f"/save {file}")
    told = file.read_text()
    assert "**You:** `/status`" in told
    assert "migration: chat-scratch, planned" in told
    (tmp_path / "mine.md").write_text("mine")
    assert "FILE_EXISTS" in scratch.types(f"/save {tmp_path / 'mine.md'}")
    assert (tmp_path / "mine.md").read_text() == "mine"


def test_a_file_that_cannot_be_written_does_not_end_the_chat(
    scratch: Chat, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scratch.types(f"/save {tmp_path}/nowhere/chat.md")
    assert "[SYSTEM]" in capsys.readouterr().err
    assert "Written" in scratch.types(f"/save {tmp_path}/chat.md")


def test_reports_are_written(scratch: Chat) -> None:
    assert "contract.json" in scratch.types("/report")
    assert json.loads((scratch.folder / "contract.json").read_text())["plan"]

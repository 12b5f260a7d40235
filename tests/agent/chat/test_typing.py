"""What a person types: history without secrets, completion, commands and questions, lines that end."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from agent.chat.asking import closest
from agent.chat.commands import BY_NAME, COMMANDS, is_command, parse
from agent.chat.completing import Offers
from agent.chat.history import FILE, kept, open_history
from agent.chat.reader import PlainReader, PromptReader
from agent.chat.repl import converse
from engines.errors import UsageError
from tests.agent.chat.chatting import Chat


@pytest.mark.parametrize(
    "line",
    [
        "postgresql://me:geheim@host/db",
        "use postgresql://me:${SHOP_PASSWORD}@host/db",
        "${DB}",
        "the password is hunter2",
        "PGPASSWORD=x psql",
        "api_key: abc",
        "my key sk-ant-api03-abcdefgh",
        " begins with a blank",
        "",
    ],
)
def test_lines_that_may_hold_a_secret_are_not_kept(line: str) -> None:
    assert not kept(line)


@pytest.mark.parametrize(
    "line", ["/status", "what could go wrong?", "does the password column move?", "sqlite:///shop.db"]
)
def test_other_lines_are_kept(line: str) -> None:
    assert kept(line)


def test_the_history_is_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    history, warning = open_history(tmp_path / "state")
    for line in ("/status", "/status", "postgresql://a:b@c/d", "/plan"):
        history.append_string(line)
    path = tmp_path / "state" / FILE
    assert (warning, path.stat().st_mode & 0o777) == ("", 0o600)
    assert [line for line in path.read_text().splitlines() if line.startswith("+")] == ["+/status", "+/plan"]


def test_a_history_that_cannot_be_written_is_said_and_lives_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    history, warning = open_history(tmp_path / "file")
    history.append_string("/status")
    assert "not kept" in warning
    assert history.get_strings() == ["/status"]


@pytest.mark.parametrize("line", ["/run\n/approve", "/nothing", "/run now", "/", "/runx"])
def test_what_is_no_command_is_refused(line: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(line)
    assert caught.value.code == "CHAT_COMMAND"


@given(st.text())
def test_any_line_is_a_command_a_refusal_or_a_question(line: str) -> None:
    if is_command(line):
        try:
            assert parse(line)[0] in COMMANDS
        except UsageError as error:
            assert error.code == "CHAT_COMMAND"


@pytest.mark.parametrize(
    ("question", "command"),
    [
        ("what could go wrong with this migration?", "/hazards"),
        ("How long is the downtime?", "/plan"),
        ("which tables are largest", "/tables"),
        ("how far is it, and how many rows are copied?", "/status"),
        ("what does it cost", "/budget"),
        ("hm", "/help"),
    ],
)
def test_without_a_model_the_closest_command_is_named(question: str, command: str) -> None:
    assert closest(question) == command
    assert command in BY_NAME


def offers(chat: Chat, text: str, asked: bool = True) -> list[str]:
    event = CompleteEvent(completion_requested=asked)
    return [found.text for found in Offers(chat.session).get_completions(Document(text), event)]


def test_commands_tables_and_columns_are_completed(scratch: Chat) -> None:
    assert offers(scratch, "/st", asked=False) == ["/stop", "/status"]
    assert offers(scratch, "/tables ord") == ["orders"]
    assert offers(scratch, "/hazards hi") == ["high"]
    assert offers(scratch, "how large is Cust") == ["customers"]
    assert offers(scratch, "what is orders.t") == ["orders.total"]
    assert offers(scratch, "how large is cust", asked=False) == []
    assert offers(scratch, "/open chat") == ["chat-scratch"]


def test_lines_of_a_pipe_are_read_without_a_prompt(scratch: Chat) -> None:
    reader = PlainReader(io.StringIO("/help open\r\n\n/nothing\nexit\n/status\n"), io.StringIO())
    assert converse(scratch.session, reader) == 0
    shown = scratch.out.getvalue()
    assert "open a migration" in shown
    assert "There is no command /nothing" in shown
    assert "phases" not in shown
    assert "> " not in shown


def typed(chat: Chat, *keys: str) -> list[str]:
    """The lines that a prompt gives for keys; converse() must end by them."""
    lines: list[str] = []
    with create_pipe_input() as source, create_app_session(input=source, output=DummyOutput()):
        reader = PromptReader(chat.session, source, DummyOutput())
        read = reader.read

        class Noting:
            """Keeps what was read."""

            def read(self, prompt: str) -> str | None:
                line = read(prompt)
                if line is not None:
                    lines.append(line)
                return line

        for key in keys:
            source.send_text(key)
        assert converse(chat.session, Noting()) == 0
    return lines


def test_ctrl_c_empties_the_line_and_twice_on_an_empty_one_leaves(scratch: Chat) -> None:
    assert typed(scratch, "/sta\x03", "/help quit\r", "\x03", "\x03") == ["/help quit"]
    assert "Ctrl-C once more" in scratch.out.getvalue()


def test_ctrl_d_leaves(scratch: Chat) -> None:
    assert typed(scratch, "hello\r", "\x04") == ["hello"]


def test_pasted_lines_never_become_commands(scratch: Chat) -> None:
    pasted = "\x1b[200~tell me\n/run\n/approve\x1b[201~\r"
    assert typed(scratch, pasted, "\x04") == ["tell me\n/run\n/approve"]
    assert not (scratch.folder if scratch.session.open else Path()).joinpath("chat-run.log").exists()

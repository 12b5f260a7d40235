"""The slash commands as a table, and how a line that a person typed becomes one of them."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from engines.errors import UsageError

if TYPE_CHECKING:
    from agent.chat.session import Session

Completes = Literal["", "tables", "places", "files", "commands", "hazards"]


@dataclass(frozen=True)
class Command:
    """A command: its name, the shape of its argument, a sentence, where its work is, what completes the argument."""

    name: str
    argument: str
    help: str
    work: str
    completes: Completes = ""


COMMANDS: tuple[Command, ...] = (
    Command("/open", "[FOLDER|REQUEST.json|N]", "open a migration, or list them", "keeping:open_one", "places"),
    Command("/assess", "[again]", "what the source is: inventory, hazards, effort", "working:assess"),
    Command("/hazards", "[SEVERITY|TABLE]", "what could go wrong, and in how many rows", "looking:hazards", "hazards"),
    Command("/tables", "[TABLE]", "tables by size, or one table's columns", "looking:tables", "tables"),
    Command("/plan", "[again]", "strategy, predictions, hash; makes the plan where there is none", "working:plan"),
    Command(
        "/diff", "[TABLE|live]", "what the plan changes, or the live target has otherwise", "looking:diff", "tables"
    ),
    Command("/rehearse", "", "run the plan and its rollback on a scratch server", "working:rehearse"),
    Command("/approve", "", "approve the plan: you type the migration's name", "working:approve"),
    Command("/run", "", "execute and validate in a process of its own; shows how it goes", "moving:run"),
    Command("/stop", "", "ask the running migration to stop where it can go on later", "moving:stop"),
    Command("/tune", "[LIMIT N]", "how much load the copy may make, or another limit from now on", "moving:tune"),
    Command("/status", "", "how far it is, and what comes next", "looking:status"),
    Command("/validate", "", "compare source and target again", "working:validate"),
    Command("/report", "", "write report.html, report.md and contract.json again", "working:report"),
    Command("/budget", "", "tokens and cost of every phase", "looking:budget"),
    Command("/model", "[NAME]", "which model answers, or another one from now on", "keeping:model"),
    Command("/save", "FILE", "write this chat as Markdown", "keeping:save", "files"),
    Command("/help", "[COMMAND]", "this list", "keeping:help", "commands"),
    Command("/quit", "", "leave; a running migration goes on", "keeping:leave"),
)
BY_NAME = {command.name: command for command in COMMANDS}
ALIASES = {"/exit": "/quit", "/q": "/quit", "/?": "/help", "/h": "/help", "/execute": "/run", "/cost": "/budget"}
BARE = {"help": "/help", "?": "/help", "quit": "/quit", "exit": "/quit", ":q": "/quit"}  # meant without the slash


def is_command(line: str) -> bool:
    """Whether a typed line is a command and no question."""
    return line.startswith("/") or line.casefold() in BARE


def carry_out(session: Session, line: str) -> None:
    """Do what a command line says. Only lines that a person typed may come here, never a model's text."""
    command, words = parse(line)
    work: Callable[[Session, str], None]
    module, _, function = command.work.partition(":")
    work = getattr(import_module(f"agent.chat.{module}"), function)
    work(session, words)


def parse(line: str) -> tuple[Command, str]:
    """The command and its argument; UsageError CHAT_COMMAND for what is none, or for several lines at once."""
    if "\n" in line.strip():
        raise UsageError(
            "CHAT_COMMAND", "A command is one line, and this was several; none was carried out.", "Type it by itself."
        )
    name, _, words = line.strip().partition(" ")
    name = BARE.get(line.strip().casefold(), name.casefold())
    command = BY_NAME.get(ALIASES.get(name, name))
    if command is None:
        near = difflib.get_close_matches(name, [*BY_NAME, *ALIASES], 1)
        raise UsageError(
            "CHAT_COMMAND", f"There is no command {name}.", f"Perhaps {near[0]}?" if near else "/help lists them."
        )
    if words.strip() and not command.argument:
        raise UsageError("CHAT_COMMAND", f"{command.name} takes no argument.", f"Type {command.name} alone.")
    return command, words.strip()

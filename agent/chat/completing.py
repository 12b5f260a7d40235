"""What Tab offers: commands, tables and columns of the source, migrations, files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from agent.chat.commands import BY_NAME, COMMANDS
from agent.chat.draw import SEVERITIES
from agent.chat.facts import tables_of
from agent.chat.places import places
from agent.chat.screen import visible
from engines.full_names import name_of

if TYPE_CHECKING:
    from agent.chat.session import Session

MOST = 200  # offers at once


class Offers(Completer):
    """Offers while a command is typed; in a question only when it is asked for."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._known: tuple[Path, float, dict[str, list[str]]] | None = None

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """The offers for the text before the cursor."""
        text = document.text_before_cursor
        if text.startswith("/"):
            found = self._of_command(text)
        elif complete_event.completion_requested:
            found = self._of_question(text)
        else:
            return
        for number, (offer, typed, told) in enumerate(found):
            if number >= MOST:
                return
            yield Completion(offer, start_position=-len(typed), display=visible(offer), display_meta=told)

    def _of_command(self, text: str) -> Iterator[tuple[str, str, str]]:
        name, blank, argument = text.partition(" ")
        if not blank:
            yield from ((c.name, name, c.help) for c in COMMANDS if c.name.startswith(name.casefold()))
            return
        command = BY_NAME.get(name.casefold())
        wanted = argument.lstrip()
        for offer, told in self._arguments(command.completes if command else "", wanted):
            if offer.casefold().startswith(wanted.casefold()):
                yield offer, wanted, told

    def _arguments(self, what: str, typed: str) -> Iterator[tuple[str, str]]:
        if what == "hazards":
            yield from ((level, "severity") for level in SEVERITIES)
        if what in ("tables", "hazards"):
            for name, columns in self.names.items():
                yield name, f"{len(columns)} columns"
                yield name_of(name), f"{len(columns)} columns"
        if what == "commands":
            yield from ((command.name, command.help) for command in COMMANDS)
        if what == "places":
            yield from ((place.path.name, "migration") for place in places(self.session.root))
        if what in ("places", "files"):
            yield from _files(typed)

    def _of_question(self, text: str) -> Iterator[tuple[str, str, str]]:
        """Tables whose name begins like the last word; behind `table.` its columns."""
        typed = text.rpartition(" ")[2]
        if not typed:
            return
        wanted = typed.casefold()
        for name, columns in self.names.items():
            short = name_of(name)
            for shown in (short, name):
                if shown.casefold().startswith(wanted):
                    yield shown, typed, "table"
                elif wanted.startswith(f"{shown.casefold()}."):
                    inner = wanted[len(shown) + 1 :]
                    yield from (
                        (f"{shown}.{column}", typed, "column")
                        for column in columns
                        if column.casefold().startswith(inner)
                    )

    @property
    def names(self) -> dict[str, list[str]]:
        """The source's tables with their columns; read again when another folder is open or the catalog changed."""
        folder = self.session.open
        if folder is None:
            return {}
        path = folder.artifacts / "assessment" / "source-catalog.json"
        changed = path.stat().st_mtime if path.is_file() else 0.0
        if self._known is None or self._known[:2] != (path, changed):
            found = tables_of(folder)
            names = {name: [column["name"] for column in table["columns"]] for name, table in found.items()}
            self._known = (path, changed, names)
        return self._known[2]


def _files(typed: str) -> Iterator[tuple[str, str]]:
    """Files and folders that a path may go on with; nothing where the folder can't be read."""
    head = typed[: typed.rfind("/") + 1]
    try:
        inside = sorted(Path(head or ".").expanduser().iterdir())
    except OSError:
        return
    for path in inside:
        if not path.name.startswith(".") or typed[len(head) :].startswith("."):
            yield f"{head}{path.name}{'/' if path.is_dir() else ''}", "folder" if path.is_dir() else "file"

"""Where the lines come from: a prompt with history and completion at a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from agent.chat.history import open_history, state_folder

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.application import Application
    from prompt_toolkit.input import Input
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.output import Output

    from agent.chat.session import Session


class Reader(Protocol):
    """A source of lines."""

    def read(self, prompt: str) -> str | None:
        """The next line, None at the end; KeyboardInterrupt for Ctrl-C on an empty line."""
        ...


class PlainReader:
    """Lines of a stream; the prompt is shown only where a person sees it."""

    def __init__(self, lines: TextIO | None = None, out: TextIO | None = None) -> None:
        self.lines = lines or sys.stdin
        self.out = (out or sys.stdout) if self.lines.isatty() else None

    def read(self, prompt: str) -> str | None:
        """The next line."""
        if self.out is not None:
            self.out.write(prompt)
            self.out.flush()
        line = self.lines.readline()
        return line.rstrip("\r\n") if line else None


class PromptReader:
    """prompt_toolkit's prompt: history, completion, and a line below that says where the migration stands."""

    def __init__(self, session: Session, source: Input | None = None, sink: Output | None = None) -> None:
        from agent.chat.completing import Offers

        self.session = session
        history, self.warning = open_history(state_folder())
        self._below = ""
        self._prompt = _prompt_session(source, sink, history, Offers(session), self._toolbar)
        self._prompt.app.after_render += self._shown
        self._warm = False

    def read(self, prompt: str) -> str | None:
        """The next line; Ctrl-C empties a line that was begun, Ctrl-D on an empty one is the end."""
        self._below = below(self.session)
        try:
            return self._prompt.prompt([("bold", prompt)])
        except EOFError:
            return None

    def _shown(self, app: Application[str]) -> None:
        """Once the first prompt stands there, load what the first line will need."""
        if not self._warm:
            self._warm = True
            self.session.warm()

    def _toolbar(self) -> str:
        return self._below


def _prompt_session(source: Any, sink: Any, history: Any, completer: Any, toolbar: Any) -> PromptSession[str]:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.application import get_app
    from prompt_toolkit.filters import Condition
    from prompt_toolkit.styles import Style

    return PromptSession(
        input=source,
        output=sink,
        history=history,
        completer=completer,
        complete_while_typing=Condition(lambda: get_app().current_buffer.text.startswith("/")),
        bottom_toolbar=toolbar,
        key_bindings=_keys(),
        style=Style.from_dict({"bottom-toolbar": "noreverse fg:ansibrightblack"}),
        reserve_space_for_menu=6,
    )


def _keys() -> KeyBindings:
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    keys = KeyBindings()

    @keys.add("c-c")
    def _(event: KeyPressEvent) -> None:
        if event.app.current_buffer.text:
            event.app.current_buffer.reset()
        else:
            event.app.exit(exception=KeyboardInterrupt())

    return keys


def below(session: Session) -> str:
    """The line under the prompt: migration, where it stands, plan, model, what was spent."""
    from agent.chat.child import running
    from agent.chat.facts import plan_hash, standing
    from agent.chat.screen import visible
    from agent.spending import total_cost

    folder = session.open
    model = session.model.name if session.model is not None else "no model"
    if folder is None:
        return visible(f" no migration open · {model} · /help")
    cost, hash_ = total_cost(folder.journal), plan_hash(folder)
    told = [folder.migration, standing(folder)]
    told += ["running"] if running(folder.path) else []
    told += [f"plan {hash_[:12]}"] if hash_ else []
    told += [model, *([f"${cost:.4f}"] if cost else []), "/help"]
    return visible(" " + " · ".join(told))

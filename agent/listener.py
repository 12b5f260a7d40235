"""Who hears a conversation while it goes on: the console of a run, the chat, or nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class CallNote:
    """A tool call that ended; outcome: ok | correct | give_up | person, rows where the skill counted some."""

    tool: str
    arguments: dict[str, Any]
    outcome: str
    seconds: float
    rows: int | None = None
    detail: str = ""


class Listener(Protocol):
    """Hears what a model says (already grounded) and what it called."""

    def text(self, piece: str) -> None:
        """A piece of the answer, in order."""
        ...

    def called(self, note: CallNote) -> None:
        """A tool call ended."""
        ...

    def note(self, sentence: str) -> None:
        """Something that the person should know: a retry, a budget that is used up."""
        ...


class Silent:
    """Nobody listens."""

    def text(self, piece: str) -> None:
        """Nothing."""

    def called(self, note: CallNote) -> None:
        """Nothing."""

    def note(self, sentence: str) -> None:
        """Nothing."""

"""What goes to a model and comes back, whoever it is: a server of the Messages API, or a script in a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

Block = dict[str, Any]  # a content block of the Messages API as plain data


@dataclass(frozen=True)
class Prompt:
    """One request: the same system and tools through a whole conversation, so that the prefix can be cached.

    must_call: the answer has to be a call, of whichever tool.
    """

    system: str
    tools: tuple[Block, ...]
    messages: tuple[Block, ...]
    max_tokens: int
    must_call: bool = False


@dataclass(frozen=True)
class Usage:
    """Tokens as the server counted them; input is what was neither read from the cache nor written to it."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0

    @property
    def read(self) -> int:
        """All tokens that went in."""
        return self.input + self.cache_read + self.cache_write

    @property
    def billed(self) -> int:
        """All tokens, in and out."""
        return self.read + self.output


@dataclass(frozen=True)
class Reply:
    """A whole message; stop is the API's stop_reason. A tool_use block whose input is no object keeps it as text."""

    content: tuple[Block, ...]
    stop: str
    usage: Usage = field(default_factory=Usage)

    @property
    def text(self) -> str:
        """The text blocks, joined."""
        return "\n".join(b["text"] for b in self.content if b["type"] == "text" and b["text"].strip())

    @property
    def calls(self) -> list[Block]:
        """The tool_use blocks in order."""
        return [block for block in self.content if block["type"] == "tool_use"]


class AttemptFailed(Exception):
    """One request that brought no whole message.

    kind: rate_limited | overloaded | server_error | timeout | connection | interrupted | cancelled | refused_request.
    retry_after in seconds, None where the server named none; received: text that came before it failed; what: one
    sentence without secrets.
    """

    def __init__(self, kind: str, what: str, retry_after: float | None = None, received: str = "") -> None:
        super().__init__(what)
        self.kind, self.what, self.retry_after, self.received = kind, what, retry_after, received


class Model(Protocol):
    """A model that answers one prompt at a time."""

    name: str

    def send(self, prompt: Prompt, on_text: Callable[[str], None], cancelled: Callable[[], bool]) -> Reply:
        """One attempt, streamed to on_text; AttemptFailed when no whole message came."""
        ...

    def count(self, prompt: Prompt) -> int | None:
        """Tokens of the prompt as the server counts them; None where it can't."""
        ...

"""A model behind a server of the Messages API: one attempt per call, streamed, with an end to every wait."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent.wire.failures import failure
from agent.wire.message import Gathering
from agent.wire.meter import Counter
from agent.wire.pump import pumped
from agent.wire.types import AttemptFailed, Block, Prompt, Reply
from engines.connection import remember_secret

if TYPE_CHECKING:
    import anthropic

PLACEHOLDER = "none"  # a server of one's own asks for no key, but the header must hold something
UNCOUNTED = frozenset({404, 405, 501})  # what a server without count_tokens answers
SLACK_FACTOR, SLACK = 2, 64  # other vocabularies count otherwise; twice the limit is no difference of vocabularies
STEP = 256  # bytes between two counts of an answer


@dataclass(frozen=True)
class Patience:
    """Seconds to wait: for a connection, for the next sign of life, for a whole answer, for a count of tokens."""

    connect: float = 10.0
    silence: float = 120.0
    whole: float = 600.0
    count: float = 10.0


class MessagesModel:
    """A model by its name; key and server come from the environment when it is first used.

    ANTHROPIC_API_KEY, else ANTHROPIC_AUTH_TOKEN; ANTHROPIC_BASE_URL for another server, which may need no key.
    """

    def __init__(self, name: str, patience: Patience | None = None) -> None:
        self.name = name
        self._patience = patience or Patience()
        self._client: anthropic.Anthropic | None = None
        self._making = threading.Lock()
        self._counts = True

    def warm(self) -> None:
        """Load the SDK in a thread, which takes a second or two."""
        threading.Thread(target=self._load, name="sdk", daemon=True).start()

    def close(self) -> None:
        """Close the connections; the next send opens new ones."""
        with self._making:
            if self._client is not None:
                self._client.close()
                self._client = None

    def send(self, prompt: Prompt, on_text: Callable[[str], None], cancelled: Callable[[], bool]) -> Reply:
        """One attempt; text goes to on_text as it comes. AttemptFailed unless a whole message came.

        An answer that grows far beyond max_tokens is cut off and told as stop "max_tokens".
        """
        received: list[str] = []
        until = time.monotonic() + self._patience.whole

        def look() -> None:
            if cancelled():
                raise AttemptFailed("cancelled", "the person stopped it", None, "".join(received))
            if time.monotonic() > until:
                raise AttemptFailed("timeout", "the answer took too long", None, "".join(received))

        def hear(text: str) -> None:
            received.append(text)
            on_text(text)

        gathering, limit = Gathering(), Limit(prompt.max_tokens)
        with closing(self._guarded(lambda: self._events(prompt), look, received)) as events:
            for event in events:
                text, output = gathering.take(event)
                if text:
                    hear(text)
                if gathering.whole:
                    return gathering.reply()
                if limit.exceeded(output):
                    return gathering.cut(limit.counted)
        raise AttemptFailed("interrupted", "the answer ended in the middle", None, "".join(received))

    def count(self, prompt: Prompt) -> int | None:
        """Tokens of the prompt as the server counts them; None where it can't, or not now."""
        import anthropic

        if not self._counts:
            return None
        try:
            counted = self._ready().messages.count_tokens(**self._question(prompt), timeout=self._patience.count)
            return counted.input_tokens if isinstance(counted.input_tokens, int) else None
        except anthropic.APIStatusError as error:
            self._counts = error.status_code not in UNCOUNTED
        except AttemptFailed:  # no key: send() says so
            return None
        except (anthropic.APIConnectionError, ValueError) as error:
            failure(error, self.name, "")  # raises what is no failure of the wire
        return None

    def _guarded(
        self, events: Callable[[], Generator[Block, None, None]], look: Callable[[], None], received: list[str]
    ) -> Generator[Block, None, None]:
        """The events; errors of SDK and network become AttemptFailed, raised apart from them: they hold the key."""
        try:
            yield from pumped(events, look)
            return
        except AttemptFailed:
            raise
        except Exception as error:  # noqa: BLE001  what is no failure of the attempt is raised again
            failed = failure(error, self.name, "".join(received))
        raise failed

    def _events(self, prompt: Prompt) -> Generator[Block, None, None]:
        question = self._question(prompt)
        with self._ready().messages.create(**question, max_tokens=prompt.max_tokens, stream=True) as stream:
            for event in stream:
                yield event.to_dict()

    def _question(self, prompt: Prompt) -> dict[str, Any]:
        """What both calls send; the one cache mark moves with the conversation, the server keeps the prefix."""
        question: dict[str, Any] = {
            "model": self.name,
            "messages": list(prompt.messages),
            "cache_control": {"type": "ephemeral"},
        }
        if prompt.system:
            question["system"] = prompt.system
        if prompt.tools:
            question["tools"] = list(prompt.tools)
        if prompt.must_call:
            question["tool_choice"] = {"type": "any"}
        return question

    def _load(self) -> None:
        """Import what takes long, without asking for a key."""
        import anthropic.resources.messages  # noqa: F401

    def _ready(self) -> anthropic.Anthropic:
        """The SDK's client; AttemptFailed without a key and a server."""
        with self._making:
            if self._client is None:
                self._client = _client(self._patience)
            return self._client


class Limit:
    """Output of an answer against its max_tokens, by this machine's count, so that no server can send without end."""

    def __init__(self, max_tokens: int) -> None:
        self._limit = SLACK_FACTOR * max_tokens + SLACK
        self._output: list[str] = []
        self._bytes, self._next = 0, self._limit  # a token has at least one byte
        self.counted = 0

    def exceeded(self, output: str) -> bool:
        """Add output; whether the answer is now far beyond its limit."""
        self._output.append(output)
        self._bytes += len(output.encode(errors="replace"))
        if self._bytes <= self._next:
            return False
        self.counted = Counter().raw("".join(self._output))
        self._next = self._bytes + max(self._limit - self.counted, STEP)
        return self.counted > self._limit


def _client(patience: Patience) -> anthropic.Anthropic:
    import anthropic
    import httpx2

    server, key, token = (_set(name) for name in ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"))
    for secret in filter(None, (key, token)):
        remember_secret(secret)
    if not (key or token or server):
        raise AttemptFailed("refused_request", "there is no key: set ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL")
    waits = httpx2.Timeout(patience.silence, connect=patience.connect)
    return anthropic.Anthropic(
        api_key=key or (None if token else PLACEHOLDER),
        auth_token=None if key else token,
        base_url=server,
        timeout=waits,
        max_retries=0,
    )


def _set(name: str) -> str | None:
    """A variable of the environment; one that holds only blanks is as good as none."""
    return os.environ.get(name, "").strip() or None

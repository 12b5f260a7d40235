"""A model that says what a test has written down, and whose tokens are counted as a server would."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from agent.budget import blocks_text, prompt_text
from agent.listener import CallNote
from agent.wire.types import AttemptFailed, Block, Prompt, Reply, Usage

Step = Reply | AttemptFailed | Callable[[Prompt], Reply]


def says(text: str, stop: str = "end_turn") -> Reply:
    """An answer in words."""
    return Reply(({"type": "text", "text": text},), stop)


def calls(*wanted: tuple[str, Any], text: str = "", stop: str = "tool_use") -> Reply:
    """An answer that calls tools: (name, arguments)."""
    words: list[Block] = [{"type": "text", "text": text}] if text else []
    blocks = [
        {"type": "tool_use", "id": f"toolu_{place}", "name": name, "input": arguments}
        for place, (name, arguments) in enumerate(wanted)
    ]
    return Reply((*words, *blocks), stop)


@dataclass
class ScriptedModel:
    """Plays its script; after the last step it says `end`. seen: every prompt that was sent.

    ratio: its tokens per four characters, so that a test can make the server count more than the estimate.
    """

    script: Sequence[Step] = ()
    name: str = "scripted"
    ratio: float = 1.0
    counts: bool = False
    seen: list[Prompt] = field(default_factory=list)

    def send(self, prompt: Prompt, on_text: Callable[[str], None], cancelled: Callable[[], bool]) -> Reply:
        """The next step of the script."""
        place = len(self.seen)
        self.seen.append(prompt)
        step = self.script[place] if place < len(self.script) else says("That is all.")
        if isinstance(step, AttemptFailed):
            raise step
        reply = step if isinstance(step, Reply) else step(prompt)
        if reply.text:
            on_text(reply.text)
        if reply.usage.billed:
            return reply
        wanted = self.tokens(blocks_text(reply.content))
        usage = Usage(self.tokens(prompt_text(prompt)), min(wanted, prompt.max_tokens))
        if wanted > prompt.max_tokens:
            return replace(reply, stop="max_tokens", usage=usage)
        return replace(reply, usage=usage)

    def count(self, prompt: Prompt) -> int | None:
        """The server's own count, where it has one."""
        return self.tokens(prompt_text(prompt)) if self.counts else None

    def tokens(self, text: str) -> int:
        """A server's count: a token for four characters, times the ratio."""
        return int(len(text) / 4 * self.ratio) + 1

    @property
    def exhausted(self) -> bool:
        """Whether the whole script was played."""
        return len(self.seen) >= len(self.script)


@dataclass
class Heard:
    """A listener that keeps what it heard."""

    pieces: list[str] = field(default_factory=list)
    calls: list[CallNote] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def text(self, piece: str) -> None:
        """Kept."""
        self.pieces.append(piece)

    def called(self, note: CallNote) -> None:
        """Kept."""
        self.calls.append(note)

    def note(self, sentence: str) -> None:
        """Kept."""
        self.notes.append(sentence)

    @property
    def said(self) -> str:
        """All pieces."""
        return "".join(self.pieces)


def shown(prompt: Prompt) -> str:
    """A whole prompt as text, for tests that look for something in it."""
    return json.dumps([prompt.system, prompt.tools, prompt.messages], ensure_ascii=False)

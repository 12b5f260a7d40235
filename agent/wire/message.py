"""Puts a message together from the events of its stream, and knows whether it is whole."""

from __future__ import annotations

import json
from typing import Any

from agent.wire.types import Block, Reply, Usage

# What is added to a block by a delta of that type: the delta's field, the block's field.
DELTAS = {
    "text_delta": ("text", "text"),
    "thinking_delta": ("thinking", "thinking"),
    "signature_delta": ("signature", "signature"),
    "input_json_delta": ("partial_json", "input"),
}
WRITTEN = frozenset({"text_delta", "thinking_delta", "input_json_delta"})  # what counts as output
COUNTED = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read_input_tokens",
    "cache_write": "cache_creation_input_tokens",
}
MOST = 10**9  # tokens that a server may say it counted; no request has as many
# What a block must have for whoever reads it, also where a server left it out.
NEEDED: dict[str, Block] = {
    "text": {"text": ""},
    "tool_use": {"id": "", "name": "", "input": {}},
}


class Gathering:
    """A message in the making; whole is True once the server said that it ended, and why.

    The SDK's own helper completes cut-off JSON of a tool's arguments, and raises on malformed one; neither may happen
    here: nothing is called with arguments that nobody sent, and a model is told what was wrong with its own.
    """

    def __init__(self) -> None:
        self.whole = False
        self._blocks: dict[int, Block] = {}
        self._pieces: dict[tuple[int, str], list[str]] = {}
        self._stop = ""
        self._usage: dict[str, int] = {}

    def take(self, event: Block) -> tuple[str, str]:
        """Add an event; the text it brought for a person, and all output it brought (arguments and thinking too)."""
        kind = event.get("type")
        if kind == "message_start":
            self._count(_object(_object(event.get("message")).get("usage")))
        elif kind == "content_block_start":
            block = dict(_object(event.get("content_block")))
            self._blocks[_index(event)] = block
            return (str(block.get("text") or ""),) * 2 if block.get("type") == "text" else ("", "")
        elif kind == "content_block_delta":
            return self._grow(_index(event), _object(event.get("delta")))
        elif kind == "message_delta":
            self._stop = str(_object(event.get("delta")).get("stop_reason") or "")
            self._count(_object(event.get("usage")))
        elif kind == "message_stop":
            self.whole = bool(self._stop)
        return "", ""

    def reply(self) -> Reply:
        """The message as the server ended it."""
        return Reply(tuple(self._content()), self._stop, self._measured())

    def cut(self, output: int) -> Reply:
        """The message as far as it came, ended here because it grew beyond its limit; output in tokens, as counted."""
        self._usage["output"] = max(output, self._usage.get("output", 0))
        return Reply(tuple(self._content()), "max_tokens", self._measured())

    def _grow(self, index: int, delta: dict[str, Any]) -> tuple[str, str]:
        kind = str(delta.get("type"))
        block = self._blocks.setdefault(index, {"type": "text", "text": ""})
        if kind == "citations_delta":
            block["citations"] = [*(block.get("citations") or []), delta.get("citation")]
        if kind not in DELTAS:
            return "", ""
        source, field = DELTAS[kind]
        piece = str(delta.get(source) or "")
        self._pieces.setdefault((index, field), []).append(piece)
        return piece if kind == "text_delta" else "", piece if kind in WRITTEN else ""

    def _content(self) -> list[Block]:
        return [self._finished(index, block) for index, block in sorted(self._blocks.items())]

    def _finished(self, index: int, block: Block) -> Block:
        grown = {field: "".join(pieces) for (at, field), pieces in self._pieces.items() if at == index}
        arguments = grown.pop("input", "")
        whole = {**block, **{field: str(block.get(field) or "") + text for field, text in grown.items()}}
        if arguments:
            whole["input"] = _arguments(arguments)
        return {**NEEDED.get(str(whole.get("type")), {"type": "unknown"}), **whole}

    def _count(self, usage: dict[str, Any]) -> None:
        """The last word of the server on each count; the counts of a stream are totals."""
        for name, field in COUNTED.items():
            found = usage.get(field)
            if isinstance(found, int) and not isinstance(found, bool) and found >= 0:
                self._usage[name] = min(found, MOST)

    def _measured(self) -> Usage:
        return Usage(**self._usage)


def _arguments(text: str) -> Any:
    """A tool's arguments as an object, or the text as it came where it is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, dict) else text


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _index(event: Block) -> int:
    index = event.get("index")
    return index if isinstance(index, int) else 0

"""The budget of one talk: content tokens that enter it once, and what is billed for sending it again and again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from agent.wire.types import AttemptFailed, Block, Model, Prompt, Reply, Usage

LEAST_OUTPUT = 100  # tokens below which an answer isn't worth asking for
MOST_OUTPUT = 700  # tokens of one answer, so that a talk has room for several
BILLED_FACTOR = 10  # default cap of what is billed, in content budgets
NEAR = 0.8  # share of a cap from which the server is asked to count

Price = Callable[[Usage], float | None]


@dataclass(frozen=True)
class Caps:
    """What may be billed in all, and what was already: tokens, and US dollars where a person set a limit."""

    tokens: int
    tokens_before: int = 0
    usd: float | None = None
    usd_before: float = 0.0


class Counts(Protocol):
    """How a budget counts; agent/wire/meter.py is the one in use."""

    def count(self, text: str) -> int:
        """Tokens of a text, a safety factor included."""
        ...

    def raw(self, text: str) -> int:
        """Tokens of a text as tiktoken counts them."""
        ...

    def learn(self, raw_tokens: int, actual: int) -> None:
        """Follow what a server counted."""
        ...


class Budget:
    """Reserved before a request, settled after it; nothing enters that does not fit.

    limit: content tokens of the talk; before: what of it was spent by the same talk before it was killed; note gets
    dictionaries for the journal: outcome `asked` before a request is sent, another one when it ended.
    """

    def __init__(
        self,
        limit: int,
        counter: Counts,
        caps: Caps,
        price: Price,
        note: Callable[[dict[str, Any]], None],
        before: int = 0,
    ) -> None:
        self.limit, self.counter, self.caps, self.price, self.note = limit, counter, caps, price, note
        self.content = min(before, limit)
        self.billed = caps.tokens_before
        self.cost = caps.usd_before

    @property
    def left(self) -> int:
        """Content tokens that may still enter."""
        return self.limit - self.content

    def enter(self, text: str) -> bool:
        """Take a text into the conversation if it fits; whether it did."""
        tokens = self.counter.count(text)
        if tokens > self.left:
            return False
        self.content += tokens
        return True

    def reserve(self, model: Model, prompt: Prompt) -> int:
        """Output tokens that the next request may ask for; 0 when it must not be sent."""
        output = min(MOST_OUTPUT, self.left)
        if output < LEAST_OUTPUT:
            return 0
        room = self.caps.tokens - self.billed
        reading = self.counter.count(prompt_text(prompt))
        if reading + output > NEAR * room:
            reading = model.count(prompt) or reading
        output = min(output, room - reading)
        if output < LEAST_OUTPUT or not self._affordable(Usage(input=reading, output=output)):
            return 0
        return output

    def ask(self, prompt: Prompt) -> None:
        """Note what a request may cost before it is sent, so that it counts even if nobody is left to settle it."""
        usage = Usage(self.counter.count(prompt_text(prompt)), prompt.max_tokens)
        self._note("asked", self.content + prompt.max_tokens, usage, self.price(usage))

    def covers(self, prompt: Prompt) -> bool:
        """Whether the same request may be sent once more, with the output that it asks for."""
        usage = Usage(self.counter.count(prompt_text(prompt)), prompt.max_tokens)
        fits = prompt.max_tokens <= self.left and self.billed + usage.billed <= self.caps.tokens
        return fits and self._affordable(usage)

    def settle(self, prompt: Prompt, reply: Reply) -> bool:
        """Charge a whole answer: what the server counted, or the estimate where it counted nothing.

        Whether it fits: a server may send more than it counts, and that must not go into another request.
        """
        usage = reply.usage
        if usage.read == 0:
            usage = Usage(self.counter.count(prompt_text(prompt)), usage.output)
        else:
            self.counter.learn(self.counter.raw(prompt_text(prompt)), usage.read)
        if usage.output == 0:
            usage = Usage(
                usage.input, self.counter.count(blocks_text(reply.content)), usage.cache_read, usage.cache_write
            )
        entered = max(min(usage.output, prompt.max_tokens), self.counter.raw(blocks_text(reply.content)))
        fits = entered <= self.left
        self.content += min(entered, self.left)
        self._bill(usage, "answered")
        return fits

    def charge(self, prompt: Prompt, failure: AttemptFailed) -> None:
        """Charge an attempt that brought no whole answer: all that was sent, and what had come."""
        received = min(self.counter.count(failure.received), prompt.max_tokens)
        self.content += min(received, self.left)
        self._bill(Usage(self.counter.count(prompt_text(prompt)), received), failure.kind)

    def _bill(self, usage: Usage, outcome: str) -> None:
        cost = self.price(usage)
        self.billed += usage.billed
        self.cost += cost or 0.0
        self._note(outcome, self.content, usage, cost)

    def _note(self, outcome: str, content: int, usage: Usage, cost: float | None) -> None:
        self.note(
            {
                "outcome": outcome,
                "content": content,
                "input": usage.input,
                "output": usage.output,
                "cache_read": usage.cache_read,
                "cache_write": usage.cache_write,
                "cost_usd": cost,
            }
        )

    def _affordable(self, usage: Usage) -> bool:
        return self.caps.usd is None or self.cost + (self.price(usage) or 0.0) <= self.caps.usd


def prompt_text(prompt: Prompt) -> str:
    """Everything of a request that a model reads, as text to be counted."""
    parts = [prompt.system, *(compact(tool) for tool in prompt.tools)]
    for message in prompt.messages:
        content = message["content"]
        parts.append(content if isinstance(content, str) else blocks_text(content))
    return "\n".join(parts)


def blocks_text(blocks: Any) -> str:
    """Content blocks as text: their words, their calls, their results."""
    return "\n".join(_block_text(block) for block in blocks)


def _block_text(block: Block) -> str:
    kind = block["type"]
    if kind == "text":
        return str(block["text"])
    if kind == "tool_result":
        return str(block["content"])
    return compact({name: value for name, value in block.items() if name not in ("type", "signature")})


def compact(data: Any) -> str:
    """JSON without blanks, its keys in order, so that the same data is the same text."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True)

"""What the journal says that models have cost: per phase, and in all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from agent.journal import Journal

ENTRY = "model"  # kind of the journal's entries, one per request that ended, well or not
ASKED = "model asked"  # one before each request is sent; it counts until the request ended


@dataclass
class Spending:
    """Tokens of one phase: estimated is the content of its last talk, the rest is summed over all its requests.

    cost_usd is None where the price of a model that was asked is not known.
    """

    estimated: int = 0
    billed: int = 0
    cached: int = 0
    cost_usd: float | None = 0.0
    model: str | None = None

    def add(self, body: dict[str, Any]) -> None:
        """Count one request."""
        self.estimated = body["content"]
        self.billed += body["input"] + body["cache_read"] + body["cache_write"] + body["output"]
        self.cached += body["cache_read"]
        self.model = body["model"]
        known = self.cost_usd is not None and body["cost_usd"] is not None
        self.cost_usd = round(self.cost_usd + body["cost_usd"], 6) if known else None


def phase_spending(journal: Journal) -> dict[str, Spending]:
    """Spending by phase; `chat` for the questions asked beside the phases."""
    found: dict[str, Spending] = {}
    for body in _requests(journal):
        found.setdefault(body["phase"], Spending()).add(body)
    return found


def _requests(journal: Journal) -> Iterator[dict[str, Any]]:
    """One body per request: what it cost, or what it may have cost where the program was killed before it ended."""
    waiting: dict[str, dict[str, Any]] = {}
    for entry in journal.entries(ASKED, ENTRY):
        if entry.kind == ASKED:
            before = waiting.get(entry.body["phase"])
            waiting[entry.body["phase"]] = entry.body
            if before is not None:
                yield before
        else:
            waiting.pop(entry.body["phase"], None)
            yield entry.body
    yield from waiting.values()


def total_cost(journal: Journal) -> float | None:
    """US dollars of every request; None where a price is not known."""
    costs = [spending.cost_usd for spending in phase_spending(journal).values()]
    return None if None in costs else round(sum(cost for cost in costs if cost is not None), 6)


def carried(journal: Journal, phase: str) -> int:
    """Content tokens that a phase has spent since it last ended well or the request changed.

    A phase that was killed in the middle of its talk goes on with what it had left.
    """
    content = 0
    for entry in journal.entries("phase", "request", ENTRY, ASKED):
        done = entry.kind == "phase" and entry.body["name"] == phase and entry.body["outcome"] == "done"
        if done or entry.kind == "request":
            content = 0
        elif entry.kind in (ENTRY, ASKED) and entry.body["phase"] == phase:
            content = entry.body["content"]
    return content

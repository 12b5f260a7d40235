"""How old the source's moment is and what the source keeps for it: told when that is much, an end above a bound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engines.errors import Aborted
from transfer.load import LoadLimits
from transfer.watch import Watch, shown

FIRST_LOOK = 30.0  # seconds; a copy that is done by then costs nobody a connection
# what is told without a bound being set: about when vacuum or purge that is held up begins to be felt
WARN_MINUTES = 60.0
WARN_TRANSACTIONS = 1_000_000

Note = Callable[[str, dict[str, Any]], None]


class MomentCost:
    """Of the moment that a copy reads, from taken() to ended(). note: the journal; clock: seconds."""

    def __init__(self, note: Note, clock: Callable[[], float]) -> None:
        self._note, self._clock = note, clock
        self._taken: float | None = None
        self._told: dict[str, float] = {}

    def taken(self) -> None:
        """A new moment of the source is read: its age counts from now."""
        self._taken = self._clock()
        self._told.clear()

    def ended(self) -> None:
        """Nobody reads it any more."""
        self._taken = None

    @property
    def seconds(self) -> float | None:
        """Its age; None while none is read."""
        taken = self._taken
        return self._clock() - taken if taken is not None else None

    def look(self, present: LoadLimits, watch: Watch) -> None:
        """Tell what is to be told; Aborted SNAPSHOT_OVER_LIMIT above a bound of those limits."""
        age = self.seconds
        if age is None:
            watch.snapshot_wanted = False
            return
        self._bound(present, "max_snapshot_minutes", age / 60, WARN_MINUTES, "the snapshot is {} minutes old")
        if age < FIRST_LOOK and present.max_snapshot_transactions is None:
            return
        watch.snapshot_wanted = True
        if watch.held is not None:
            words = "the source keeps the old row versions of {} transactions for the snapshot"
            self._bound(present, "max_snapshot_transactions", float(watch.held), float(WARN_TRANSACTIONS), words)
        elif watch.held_unseen is not None and "unseen" not in self._told:
            self._told["unseen"] = 1
            self._note("snapshot cost not seen", {"reason": watch.held_unseen})

    def _bound(self, present: LoadLimits, name: str, value: float, warning: float, words: str) -> None:
        bound = getattr(present, name)
        told = words.format(shown(value))
        if bound is not None and value > bound:
            raise Aborted(
                "SNAPSHOT_OVER_LIMIT",
                f"The copy was stopped: {told}, and options.load.{name} is {shown(bound)}.",
                "Finished chunks stay: run the same command again, it takes a new moment and proves what it keeps.",
            )
        if bound is None and value > self._told.get(name, warning):
            self._told[name] = value * 2
            self._note("long snapshot", {"reason": told})

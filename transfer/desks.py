"""What a coordinator notes of a lane, and that nobody can read a source's moment any more."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from engines.errors import Aborted, DbmoError
from transfer.chunks import Range
from transfer.lanes import Lane
from transfer.worker import Outcome


class MomentLost(Exception):
    """Nobody can read the source's moment any more; cause: what was said."""

    def __init__(self, cause: DbmoError) -> None:
        super().__init__(cause.what)
        self.cause = cause


@dataclass
class Desk:
    """A lane and what it does: a future of its work, or when it may be given some again."""

    lane: Lane
    work: list[Range] = field(default_factory=list)
    future: Future[Outcome] | None = None
    failures: int = 0
    failing_since: float = 0.0
    rests_until: float = 0.0

    def facts(self, error: DbmoError) -> dict[str, Any]:
        """What the journal says of a failure."""
        return {"lane": self.lane.name, "code": error.code, "what": error.what, "try": self.failures}


def rest(desks: Sequence[Desk], most: float) -> float:
    """Seconds until a lane that failed may be given work again, at the most so many."""
    now = time.monotonic()
    return min(most, max(0.01, min((desk.rests_until - now for desk in desks), default=most)))


def check_quarantine(found: int, limit: int) -> None:
    """Aborted QUARANTINE_LIMIT where more was set aside than the plan bears."""
    if found > limit:
        raise Aborted(
            "QUARANTINE_LIMIT",
            f"More than {limit:,} values of the source do not fit the types of the plan.",
            "Look at the quarantine, choose wider types (options.overrides) or raise options.quarantine_limit.",
        )

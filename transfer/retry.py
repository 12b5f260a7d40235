"""Which failures pass by themselves, how often and how long they are tried again, as a table."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from engines.errors import DbmoError
from transfer.pace import stopped

T = TypeVar("T")
NAP = 0.2  # seconds; how soon a wait notices that it is cancelled
Nature = Literal["conflict", "outage", "final"]

# code of engines/*/errors.py -> nature. conflict: the same range again, soon; outage: wait for the server.
BY_CODE: dict[str, Nature] = {
    "CONNECTION_LOST": "outage",
    "CONNECTION_FAILED": "outage",
    "TOO_MANY_CONNECTIONS": "outage",
    "READ_ONLY": "outage",  # a standby that is about to be promoted, a server that is being switched over
    "OUT_OF_MEMORY": "outage",
    "WORKER_LOST": "conflict",
    "LOCK_TIMEOUT": "conflict",
    "CANCELLED": "conflict",  # statement_timeout, or an administrator's pg_cancel_backend
    "DATABASE_LOCKED": "conflict",
    "RANGE_DONE": "conflict",
    "TABLE_ALTERED": "conflict",  # by a new moment alone
    "WRITE_CONFLICT": "outage",  # MongoDB: a transaction of a run that was killed holds documents for up to 60 seconds
}
# SQLSTATE: PostgreSQL documentation, appendix A; what the engine's own table has no name for
BY_STATE: dict[str, Nature] = {
    "40001": "conflict",
    "40P01": "conflict",
    "08P01": "conflict",  # a pooler's word for much that passes; of a server itself it never does
    "57P03": "outage",
    "57P05": "outage",
}
# MongoDB's TransientTransactionError and UnknownTransactionCommitResult: whether it was done the target is asked first
LABELS = ("transient", "commit_unknown")


@dataclass(frozen=True)
class Patience:
    """How long failures are borne: tries of one range, seconds that a server may be away, new moments of a source."""

    tries: int = 8
    outage_seconds: float = 300.0
    moments: int = 5
    first_wait: float = 0.1
    longest_wait: float = 10.0

    def wait(self, attempt: int) -> float:
        """Seconds before the attempt-th try (from 1): doubled each time, with chance so that lanes don't collide."""
        longest = min(self.first_wait * 2.0 ** (attempt - 1), self.longest_wait)
        return longest * random.uniform(0.5, 1.0)


# no other try, as whoever asks tries again by himself: only what turns out to be done meanwhile is no error
AT_ONCE = Patience(tries=1, outage_seconds=-1.0)
# what ends this run or its right to write: not tried again here, and no fault of what was asked
ENDS = frozenset({"EPOCH_PASSED", "INTERRUPTED"})


def nature(error: DbmoError) -> Nature:
    """Whether and how an error is tried again."""
    if error.code not in BY_CODE and any(error.data.get(label) for label in LABELS):
        return "conflict"
    state = error.data.get("sqlstate")
    if isinstance(state, str) and state in BY_STATE:
        return BY_STATE[state]
    return BY_CODE.get(error.code, "final")


def of_another_moment(error: DbmoError) -> bool:
    """Whether the source can't show its rows of this moment any more, but of a new one."""
    return error.code == "TABLE_ALTERED"


def passes(error: DbmoError) -> bool:
    """Whether the same may be asked again later, so that the error says nothing of the values that it was about."""
    return nature(error) != "final" or error.code in ENDS


def once_lost() -> Callable[[DbmoError], Nature]:
    """Judges for insist() how who connects first sees errors: a server that isn't there is told of at once.

    One that was there and broke off is waited for, whatever it says while it comes back.
    """
    lost = False

    def judge(error: DbmoError) -> Nature:
        nonlocal lost
        lost = lost or error.code == "CONNECTION_LOST"
        return "outage" if lost and nature(error) == "outage" else "final"

    return judge


def insist(
    action: Callable[[], T],
    patience: Patience,
    cancelled: Callable[[], bool] = lambda: False,
    meanwhile: Callable[[], T | None] = lambda: None,
    judge: Callable[[DbmoError], Nature] = nature,
) -> T:
    """Do something until it succeeds or patience ends; the last error then. INTERRUPTED where it is cancelled.

    meanwhile: asks the target whether it is done all the same, as when the answer to a COMMIT was lost, or the COMMIT
    itself was still on its way when the next try met its locks or its rows; what it gives is the result, None: it is
    not done. Asked before every other try, and before an error that isn't tried again is believed, which stands where
    nobody answers. Without it the action is one that may be repeated as it is.

    The outage of a server that was there meanwhile is another one, as when it breaks off an hour's work; there may be
    as many as tries, as it may be the work that ends the server.
    """
    began, attempt, outages = 0.0, 0, 0
    while True:
        tried = time.monotonic()
        try:
            return action()
        except DbmoError as error:
            attempt += 1
            now = time.monotonic()
            if not began or now - tried > patience.outage_seconds:  # nobody waits so long for an answer: it was there
                began, outages = now, outages + 1
            kind = judge(error)
            again = not is_enough(kind, attempt, now - began, patience) and outages <= patience.tries
            if again:
                rest(patience.wait(attempt), cancelled)
            elif kind != "final" or error.code in ENDS:
                raise
            try:
                found = insist(meanwhile, patience, cancelled)
            except DbmoError as unanswered:
                if again or unanswered.code in ENDS:
                    raise
                raise error from unanswered
            if found is not None:
                return found
            if not again:
                raise


def rest(seconds: float, cancelled: Callable[[], bool] = lambda: False) -> None:
    """Wait so long; INTERRUPTED where it is cancelled meanwhile."""
    again = time.monotonic() + seconds
    while time.monotonic() < again:
        if cancelled():
            raise stopped()
        time.sleep(min(NAP, max(0.0, again - time.monotonic())))


def is_enough(kind: Nature, attempts: int, seconds: float, patience: Patience) -> bool:
    """Whether an error of that nature, which came that often since so many seconds, ends the copy."""
    if kind == "outage":
        return seconds > patience.outage_seconds
    return kind == "final" or attempts >= patience.tries

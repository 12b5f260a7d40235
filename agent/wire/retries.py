"""Tries again where that helps, for a limited number of times and seconds, and charges every attempt."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from agent.wire.types import AttemptFailed, Model, Prompt, Reply
from engines.errors import EngineError

AGAIN = frozenset({"rate_limited", "overloaded", "server_error", "timeout", "connection", "interrupted"})
SLICE = 0.1  # seconds between two looks at cancelled() while waiting


class ModelFailed(EngineError):
    """A model gave no answer.

    data holds kind (as AttemptFailed names it, of the last attempt) and attempts, how many there were.
    """

    @property
    def kind(self) -> str:
        """What the last attempt failed of."""
        return str(self.data["kind"])

    @property
    def attempts(self) -> int:
        """How many requests were sent."""
        return int(str(self.data["attempts"]))


@dataclass(frozen=True)
class Patience:
    """How often and how long: seconds of the first and the longest pause, the longest that a server may ask for, and
    of all pauses of one answer together."""

    attempts: int = 4
    first: float = 0.5
    longest: float = 8.0
    asked: float = 20.0
    together: float = 30.0


def send(
    model: Model,
    prompt: Prompt,
    on_text: Callable[[str], None],
    cancelled: Callable[[], bool],
    charge: Callable[[AttemptFailed], None],
    sleep: Callable[[float], None] = time.sleep,
    note: Callable[[str], None] = lambda sentence: None,
    patience: Patience | None = None,
    jitter: Callable[[], float] = random.random,
) -> Reply:
    """The model's answer; ModelFailed when no attempt brought one.

    charge gets every failed attempt, before the next one is made; note gets a sentence for the person before each
    pause, which also says when text that was shown already will come again. jitter gives 0 to 1.
    """
    patience = patience or Patience()
    waited = 0.0
    for attempt in range(1, patience.attempts + 1):
        try:
            return model.send(prompt, on_text, cancelled)
        except AttemptFailed as error:
            failed = error
        charge(failed)
        pause = _pause(failed, attempt, patience, jitter)
        why_not = _why_not(failed, attempt, pause, waited, patience)
        if why_not is not None:
            raise _given_up(failed, attempt, why_not)
        note(_words(failed, pause, attempt + 1, patience.attempts))
        if not _sleep(pause, cancelled, sleep):
            raise _given_up(AttemptFailed("cancelled", "the person stopped it"), attempt, "")
        waited += pause
    raise AssertionError("the last attempt returns or raises")


def _pause(failed: AttemptFailed, attempt: int, patience: Patience, jitter: Callable[[], float]) -> float:
    """Seconds to wait: what the server asks for, but no less than a growing pause of which half is random."""
    own = min(patience.longest, patience.first * 2.0 ** (attempt - 1)) * (0.5 + jitter() / 2)
    return max(own, failed.retry_after or 0.0)


def _why_not(failed: AttemptFailed, attempt: int, pause: float, waited: float, patience: Patience) -> str | None:
    """Why there is no other attempt, None where there is one."""
    if failed.kind not in AGAIN:
        return ""
    if attempt >= patience.attempts:
        return f", {attempt} times in a row"
    if (failed.retry_after or 0.0) > patience.asked:
        return f", and asks to wait {failed.retry_after:.0f} s, longer than the {patience.asked:.0f} s that are waited"
    if waited + pause > patience.together:
        return f", and the {patience.together:.0f} s that are waited for an answer are used up"
    return None


def _words(failed: AttemptFailed, pause: float, attempt: int, attempts: int) -> str:
    again = " The answer starts again." if failed.received else ""
    return f"Attempt {attempt} of {attempts} in {pause:.1f} s: {failed.what}.{again}"


def _sleep(seconds: float, cancelled: Callable[[], bool], sleep: Callable[[float], None]) -> bool:
    """Wait in small pieces; False when it was cancelled."""
    left = seconds
    while left > 0:
        if cancelled():
            return False
        sleep(min(left, SLICE))
        left -= SLICE
    return not cancelled()


def _given_up(failed: AttemptFailed, attempts: int, tail: str) -> ModelFailed:
    """The end of it, with what a person can do."""
    remedy = "Run the same command again, or use --driver rules, which needs no model."
    if failed.kind == "refused_request":
        remedy = "Correct that, or use --driver rules, which needs no model."
    what = f"The model gave no answer: {failed.what}{tail}."
    return ModelFailed("MODEL_FAILED", what, remedy, kind=failed.kind, attempts=attempts)

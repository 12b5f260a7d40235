"""Limits whose watch asks no server: its answers stand in a dictionary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from transfer.limits import Limits
from transfer.load import LoadLimits
from transfer.watch import Watch

Answers = dict[str, Any]


class Scripted:
    """A gauge whose answers stand in a dictionary; an exception is raised."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers

    def _say(self, name: str) -> Any:
        found = self.answers[name]
        if isinstance(found, Exception):
            raise found
        return found

    def running_threads(self) -> int:
        return int(self._say("running"))

    def waiting_threads(self) -> int:
        return int(self._say("waiting"))

    def replicas_lag(self) -> float | None:
        found: float | None = self._say("replicas")
        return found

    def own_lag(self) -> float:
        return float(self._say("own"))

    def held_transactions(self) -> int:
        return int(self._say("held"))

    def latency_ms(self) -> float:
        return float(self._say("latency"))

    def close(self) -> None:
        self.answers["closed"] = True


def watched(answers: Answers) -> Callable[[Callable[[], LoadLimits]], Watch]:
    return lambda limits: Watch("s", "t", limits, lambda reference: Scripted(answers))


def limits_with(load: dict[str, Any], answers: Answers, **more: Any) -> Limits:
    """Of a copy that runs, at a moment of the source."""
    made = Limits(LoadLimits(**load), 2, watch=watched(answers), **more)
    made._copying = True
    made.moment.taken()
    return made

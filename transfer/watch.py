"""Asks source, replicas and target how they bear the copy, beside it and in its own time."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from engines.errors import DbmoError, UsageError
from engines.pressure import PressureGauge, Unseen, open_gauge
from transfer.load import LoadLimits

EVERY = 1.0  # seconds between two questions about what makes a copy pause
SNAPSHOT_EVERY = 10.0  # and about what a long snapshot costs
STALE = 15.0  # an answer that old counts as none
RELIEF = 0.8  # a pause ends below this share of its limit, so that it doesn't flicker
LATENCIES = 3  # measurements whose middle one counts: one slow answer says nothing

Open = Callable[[str], PressureGauge]


@dataclass(frozen=True)
class Readings:
    """Answers of one round; silent: who should have answered and didn't, with the reason."""

    replica_lag_seconds: float | None = None
    running_threads: float | None = None
    target_latency_ms: float | None = None
    silent: dict[str, str] = field(default_factory=dict)
    at: float = 0.0  # of the monotonic clock


# limit, the reading that it bounds, how a pause is told
BOUNDS = (
    ("max_replica_lag_seconds", "replica_lag_seconds", "a replica of the source is {value} s behind, limit {limit} s"),
    ("max_running_threads", "running_threads", "the source runs {value} statements, limit {limit}"),
    ("max_target_latency_ms", "target_latency_ms", "the target takes {value} ms for a commit, limit {limit} ms"),
)


class Watch:
    """The gauges of one copy and their last readings. source, target: references; limits: asked at every round."""

    def __init__(self, source: str, target: str, limits: Callable[[], LoadLimits], opened: Open = open_gauge) -> None:
        self._limits = limits
        self._opened = opened
        self._source, self._target = source, target
        self._gauges: dict[str, PressureGauge] = {}
        self._latencies: list[float] = []
        self.readings = Readings()
        self.snapshot_wanted = False  # whether the snapshot's cost is asked for at all
        self.held: int | None = None  # transactions whose versions the snapshot keeps; None: not known
        self.held_unseen: str | None = None
        self._held_at = -math.inf
        self._over: set[str] = set()

    def check(self) -> None:
        """Ask every question that a limit needs once: UsageError LIMIT_NOT_WATCHED where nobody can answer it."""
        limits = self._limits()
        for limit, ask in [*self._questions(limits), *self._cost(limits)]:
            try:
                ask()
            except Unseen as error:
                raise UsageError(
                    "LIMIT_NOT_WATCHED",
                    f"options.load.{limit} can't be watched: {error}.",
                    "Grant what is missing, or lift the limit in the request or by dbmo tune (see docs/load.md).",
                ) from None

    def look(self) -> Readings:
        """Ask what the limits need; what doesn't answer is told as silent."""
        limits = self._limits()
        found: dict[str, float | None] = {}
        silent: dict[str, str] = {}
        for limit, ask in self._questions(limits):
            try:
                found[limit] = ask()
            except Unseen as error:
                silent[limit] = str(error)
            except DbmoError as error:
                silent[limit] = error.what
        self.readings = Readings(
            found.get("max_replica_lag_seconds"),
            found.get("max_running_threads"),
            found.get("max_target_latency_ms"),
            silent,
            time.monotonic(),
        )
        return self.readings

    def look_at_snapshot(self) -> None:
        """Ask what the snapshot costs by now; at most every few seconds, and never in the way of the copy."""
        now = time.monotonic()
        if not self.snapshot_wanted or now - self._held_at < SNAPSHOT_EVERY:
            return
        self._held_at = now
        try:
            self.held, self.held_unseen = self._gauge(self._source).held_transactions(), None
        except Unseen as error:
            self.held_unseen = str(error)
        except DbmoError as error:
            self.held_unseen = error.what

    def reasons(self) -> list[str]:
        """Why the copy must wait now, one phrase each; empty when it may go on."""
        limits, readings = self._limits(), self.readings
        told = [f"{limit} can't be watched now: {why}" for limit, why in sorted(readings.silent.items())]
        asked = [limit for limit, _, _ in BOUNDS if getattr(limits, limit) is not None]
        if asked and time.monotonic() - readings.at > STALE:
            return [f"nobody answered for {STALE:.0f} s"]
        over = set()
        for limit, name, phrase in BOUNDS:
            bound, value = getattr(limits, limit), getattr(readings, name)
            if bound is None or value is None:
                continue
            if value > bound * (RELIEF if limit in self._over else 1.0):
                over.add(limit)
                still = "a replica of the source does not replicate"
                told.append(still if value == math.inf else phrase.format(value=shown(value), limit=shown(bound)))
        self._over = over
        return told

    def close(self) -> None:
        """Close all connections."""
        for gauge in self._gauges.values():
            gauge.close()
        self._gauges.clear()

    def _questions(self, limits: LoadLimits) -> Iterator[tuple[str, Callable[[], float | None]]]:
        if limits.max_replica_lag_seconds is not None:
            yield "max_replica_lag_seconds", lambda: self._lag(limits.replicas)
        if limits.max_running_threads is not None:
            yield "max_running_threads", lambda: self._gauge(self._source).running_threads()
        if limits.max_target_latency_ms is not None:
            yield "max_target_latency_ms", self._latency

    def _cost(self, limits: LoadLimits) -> Iterator[tuple[str, Callable[[], float | None]]]:
        if limits.max_snapshot_transactions is not None:
            yield "max_snapshot_transactions", lambda: self._gauge(self._source).held_transactions()

    def _lag(self, replicas: list[str]) -> float | None:
        """Of the replicas that are named; where none is, of those that the source knows."""
        if not replicas:
            return self._gauge(self._source).replicas_lag()
        return max(self._gauge(replica).own_lag() for replica in replicas)

    def _latency(self) -> float:
        self._latencies = [*self._latencies, self._gauge(self._target).latency_ms()][-LATENCIES:]
        return sorted(self._latencies)[len(self._latencies) // 2]

    def _gauge(self, reference: str) -> PressureGauge:
        if reference not in self._gauges:
            self._gauges[reference] = self._opened(reference)
        return self._gauges[reference]


class Watcher:
    """A thread that looks again and again until it is stopped; the copy never waits for an answer."""

    def __init__(self, watch: Watch, every: float = EVERY) -> None:
        self.watch, self.every = watch, every
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dbmo-watch", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more, and close the connections."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(timeout=STALE)
        if not self._thread.is_alive():
            self.watch.close()

    def _run(self) -> None:
        while not self._ended.wait(self.every):
            self.watch.look()
            self.watch.look_at_snapshot()


def shown(value: float) -> str:
    """A figure for people: whole where it is whole or large, two digits of a small one."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.1f}" if value >= 1 else f"{value:.2g}"

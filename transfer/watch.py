"""Asks source, replicas and target how they bear the copy, beside it and in its own time."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from engines.connection import parse
from engines.errors import DbmoError, UsageError
from engines.pressure import PressureGauge, Unseen, open_gauge
from transfer.load import LoadLimits

EVERY = 1.0  # seconds between two questions about what makes a copy pause
SNAPSHOT_EVERY = 10.0  # and about what a long snapshot costs
STALE = 15.0  # an answer that old counts as none
LEAVE = 2.0  # seconds at the end for a question that nobody answers; then its connection is left to the process's end
RELIEF = 0.8  # a pause ends below this share of its limit, so that it doesn't flicker
LATENCIES = 3  # measurements whose middle one counts: one slow answer says nothing
THREADS = "max_running_threads"
ANY_REPLICA = "a replica of the source"

Open = Callable[[str], PressureGauge]


@dataclass(frozen=True)
class Readings:
    """Answers of one round. slowest: the replica of that lag; silent: limits without an answer, with the reason.

    without_own: whether statements of the copy that only wait for it are left out of running_threads.
    """

    replica_lag_seconds: float | None = None
    running_threads: float | None = None
    target_latency_ms: float | None = None
    slowest: str = ANY_REPLICA
    without_own: bool = False
    silent: dict[str, str] = field(default_factory=dict)
    at: float = 0.0  # of the monotonic clock


# limit, the reading that it bounds, how a pause is told
BOUNDS = (
    ("max_replica_lag_seconds", "replica_lag_seconds", "{slowest} is {value} s behind, limit {limit} s"),
    (THREADS, "running_threads", "the source runs {value} statements, limit {limit}"),
    ("max_target_latency_ms", "target_latency_ms", "the target takes {value} ms to answer, limit {limit} ms"),
)
STANDS_STILL = "{slowest} does not replicate"
MISSING = "a replica of the source is missing, or still catches up"
WOULD_RUN = "the source would run {value} statements, {own} of them of the copy, limit {limit}"


class Watch:
    """The gauges of one copy and their last readings. source, target: references; limits: asked at every round."""

    def __init__(self, source: str, target: str, limits: Callable[[], LoadLimits], opened: Open = open_gauge) -> None:
        self._limits = limits
        self._opened = opened
        self._source, self._target = source, target
        self._gauges: dict[str, PressureGauge] = {}
        self._latencies: list[float] = []
        self._slowest = ANY_REPLICA
        self._without_own = False
        self._asking = ""  # the limit that the last question was for
        self.failed: Exception | None = None  # what ended the questions
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
            self._asking = limit
            try:
                found[limit] = ask()
            except Unseen as error:
                silent[limit] = f"{error} (dbmo tune lifts the limit)"
            except DbmoError as error:
                silent[limit] = error.what
        self.readings = Readings(
            found.get("max_replica_lag_seconds"),
            found.get(THREADS),
            found.get("max_target_latency_ms"),
            self._slowest,
            self._without_own,
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
        self._asking = "max_snapshot_transactions"
        try:
            self.held, self.held_unseen = self._gauge(self._source).held_transactions(), None
        except Unseen as error:
            self.held_unseen = str(error)
        except DbmoError as error:
            self.held_unseen = error.what

    def reasons(self, held: int = 0) -> dict[str, str]:
        """Limit -> why the copy must wait for it now; empty when it may go on.

        held: how many of its statements the pause holds at the source. They count as soon as they go on, so that there
        must be room for them; what others run must then be clearly below what is left.
        """
        if self.failed is not None:
            raise self.failed
        limits, readings = self._limits(), self.readings
        asked = [limit for limit, _, _ in BOUNDS if getattr(limits, limit) is not None]
        if asked and time.monotonic() - readings.at > STALE:
            return {self._asking: f"{self._asking} can't be watched now: no answer for {STALE:.0f} s"}
        told = {limit: f"{limit} can't be watched now: {readings.silent[limit]}" for limit in sorted(readings.silent)}
        over = set()
        for limit, name, phrase in BOUNDS:
            bound, value = getattr(limits, limit), getattr(readings, name)
            if bound is None or value is None:
                continue
            own = held if limit == THREADS and readings.without_own else 0
            if value > (max(bound - own, 0) * RELIEF if limit in self._over else bound):
                over.add(limit)
                words = _never(readings.slowest) if value == math.inf else WOULD_RUN if own else phrase
                facts = {"value": shown(value + own), "limit": shown(bound), "own": own, "slowest": readings.slowest}
                told[limit] = words.format(**facts)
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
            yield THREADS, self._running
        if limits.max_target_latency_ms is not None:
            yield "max_target_latency_ms", self._latency

    def _cost(self, limits: LoadLimits) -> Iterator[tuple[str, Callable[[], float | None]]]:
        if limits.max_snapshot_transactions is not None:
            yield "max_snapshot_transactions", lambda: self._gauge(self._source).held_transactions()

    def _lag(self, replicas: list[str]) -> float | None:
        """Of the replicas that are named; where none is, of those that the source knows."""
        if not replicas:
            self._slowest = ANY_REPLICA
            return self._gauge(self._source).replicas_lag()
        lags = {replica: self._gauge(replica).own_lag() for replica in replicas}
        slowest = max(replicas, key=lambda replica: lags[replica])
        self._slowest = f"the replica {parse(slowest).display}"
        return lags[slowest]

    def _running(self) -> int:
        """In a pause without the copy's own that only wait for it: else a pause would keep itself up."""
        gauge = self._gauge(self._source)
        self._without_own = THREADS in self._over
        running = gauge.running_threads()
        return max(running - gauge.waiting_threads(), 0) if self._without_own else running

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
            self._thread.join(timeout=LEAVE)
        if not self._thread.is_alive():
            self.watch.close()

    def _run(self) -> None:
        try:
            while not self._ended.wait(self.every):
                self.watch.look()
                self.watch.look_at_snapshot()
        except Exception as error:  # noqa: BLE001 - carried to whoever asks for reasons
            self.watch.failed = error


def _never(slowest: str) -> str:
    return MISSING if slowest == ANY_REPLICA else STANDS_STILL


def shown(value: float) -> str:
    """A figure for people: whole where it is whole or large, two digits of a small one."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.1f}" if value >= 1 else f"{value:.2g}"

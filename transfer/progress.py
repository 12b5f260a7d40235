"""Counts what a copy commits and measures its rates, and tells it again and again."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from transfer.limits import Limits
from transfer.moveplan import MovePlan
from transfer.standing import Standing, TableStanding
from transfer.time_left import Counts, seconds_left
from transfer.units import units

WINDOW = 30.0  # seconds over which rates are measured
OPENING = 1.5  # seconds without a byte that are not counted at the beginning, each time that is looked
LEAST = 2.0  # seconds of copying before a rate says anything
TABLES_TOLD = 200  # those that moved last; the target's state knows all
EVERY = 1.0  # seconds between two tellings
TELLING = 1_000_000  # bytes from which on the size of a table says how wide its rows are, and not how empty its pages

Tell = Callable[[Standing], None]


class Tracker:
    """Counts what is committed; told by the copy, asked by whoever shows it. Safe for threads.

    before: figures by unit of what is in the target already; cut: units that were cut to their ends.
    """

    def __init__(
        self,
        plan: MovePlan,
        limits: Limits,
        before: Mapping[str, Mapping[str, Any]] | None = None,
        cut: Collection[str] = (),
        executor: str = "processes",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.plan, self.limits, self.executor = plan, limits, executor
        self._clock = clock
        self._lock = threading.Lock()
        rows = {table.source: table.rows for table in plan.tables}
        rows |= {document.table: document.rows for document in plan.collections}
        sizes = ((table.source, table.size_bytes or 0, table.rows) for table in plan.tables)
        widths = {name: size / count for name, size, count in sizes if count and size >= TELLING}
        self._tables = {unit.name: Counts(rows.get(unit.name), widths.get(unit.name)) for unit in units(plan)}
        for name, figures in (before or {}).items():
            table = self._tables.setdefault(name, Counts(None))
            _take(table, figures)
            if name in cut:
                table.done, table.chunks = int(figures["done"]), int(figures["chunks"])
        self._stage = "pre_data"
        self._started = now()
        self._samples: deque[tuple[float, int, int, int]] = deque()  # time, rows, bytes committed and let through
        self._begun: tuple[int, int, int] = (0, 0, 0)  # the same without the time, when this moment's copy began
        self._largest = 0  # bytes of a range

    def stage(self, name: str) -> None:
        """Another stage began: pre_data, copy, post_data, sequences, statistics, done."""
        with self._lock:
            self._stage = name
            self._begin() if name == "copy" else self._samples.clear()

    def committed(
        self, unit: str, rows: int, bytes: int, quarantined: int, done: int = 1, chunks: int | None = None
    ) -> int:
        """A range of so many chunks is in the target; the unit's rows by now.

        chunks: how many the unit has, where this range is its last one.
        """
        with self._lock:
            table = self._tables.setdefault(unit, Counts(None))
            table.done += done
            table.chunks = table.chunks or chunks
            if table.samples is None:
                table.samples = deque([(self._clock(), table.rows)])
            table.rows += rows
            table.bytes += bytes
            self._largest = max(self._largest, bytes)
            table.quarantined += quarantined
            table.last = self._clock()
            table.samples.append((table.last, table.rows))
            return table.rows

    def begun_again(self, figures: Mapping[str, Mapping[str, Any]]) -> None:
        """What the target holds after a resume took some of it back."""
        with self._lock:
            for name, table in self._tables.items():
                found = figures.get(name, {"rows": 0, "bytes": 0, "quarantined": 0})
                if table.rows != int(found["rows"]):  # how much of it is left nobody counted
                    table.done, table.chunks = 0, None
                _take(table, found)
                table.samples = None
            self._begin()

    def _begin(self) -> None:
        """Measure from now on."""
        self._samples.clear()
        self._sample()
        self._begun = self._samples[0][1:]

    def standing(self) -> Standing:
        """Everything, as of now."""
        with self._lock:
            if self._stage == "copy":
                self._sample()
            begun = [(name, table) for name, table in self._tables.items() if table.rows or table.last]
            rate, flow = self._rates()
            left, why = self._left(flow)
            latest = sorted(begun, key=lambda entry: -entry[1].last)[:TABLES_TOLD]
            expected = [table.expected for table in self._tables.values()]
            return Standing(
                migration=self.plan.migration,
                stage=self._stage,
                started_at=self._started,
                at=now(),
                rows=sum(table.rows for _, table in begun),
                rows_expected=sum(e for e in expected if e is not None) if None not in expected else None,
                bytes=sum(table.bytes for _, table in begun),
                quarantined=sum(table.quarantined for _, table in begun),
                rows_per_second=rate,
                bytes_per_second=flow,
                seconds_left=left,
                unknown_because=why,
                tables_begun=len(begun),
                tables_planned=len(self._tables),
                tables=[self._table(name, table) for name, table in latest],
                executor=self.executor,
                **self.limits.standing(),
            )

    def _sample(self) -> None:
        rows = sum(table.rows for table in self._tables.values())
        size = sum(table.bytes for table in self._tables.values())
        found = self._clock(), rows, size, self.limits.moved()
        if self.limits.paused():
            self._forget(found[0])
        if found[1:] == self._begun and self._samples and found[0] - self._samples[0][0] < OPENING:
            self._samples.clear()  # lanes are opened yet
        self._samples.append(found)
        while len(self._samples) > 2 and self._samples[0][0] < self._clock() - WINDOW:
            self._samples.popleft()

    def _forget(self, now: float) -> None:
        """A pause is in no rate: what was measured before it is over, and what comes after is measured anew."""
        self._samples.clear()
        for table in self._tables.values():
            if table.samples is not None:
                table.samples = deque([(now, table.rows)])

    def _rates(self) -> tuple[float | None, float | None]:
        """Rows and bytes per second over the window; None where it is too short.

        Bytes count when they are let through: a large range is committed seconds later. Where a route doesn't tell
        them, when they are committed.
        """
        if len(self._samples) < 2:
            return None, None
        (begin, rows, size, moved), (end, rows_now, size_now, moved_now) = self._samples[0], self._samples[-1]
        if end - begin < LEAST:
            return None, None
        flow = max(size_now - size, moved_now - moved)
        return round((rows_now - rows) / (end - begin), 1), round(flow / (end - begin), 1)

    def _left(self, flow: float | None) -> tuple[float | None, str | None]:
        if self._stage != "copy":
            return None, f"no rate is known for the stage {self._stage}" if self._stage != "done" else None
        if self.limits.paused():
            return None, "the copy is paused"
        return seconds_left(self._tables.values(), flow, self._under_way())

    def _under_way(self) -> int:
        """Bytes of ranges that are not committed yet; those of ranges that failed and begin anew are in it, too.

        So it is no more than as many ranges as there are lanes, once the size of one is known.
        """
        (_, size, moved), (_, size_now, moved_now) = self._begun, self._samples[-1][1:]
        most = self._largest * max(self.limits.connections(), 1) or moved_now
        return max(min(moved_now - moved - (size_now - size), most), 0)

    def _table(self, name: str, table: Counts) -> TableStanding:
        rate = left = None
        if self._stage == "copy" and table.samples:
            while len(table.samples) > 2 and table.samples[0][0] < self._clock() - WINDOW:
                table.samples.popleft()
            seconds = self._clock() - table.samples[0][0]
            if seconds >= LEAST:
                rate = round((table.rows - table.samples[0][1]) / seconds, 1)
        if rate and table.expected is not None and not self.limits.paused():
            left = round(table.left / rate, 1)
        return TableStanding(
            name=name,
            rows=table.rows,
            rows_expected=table.expected,
            bytes=table.bytes,
            quarantined=table.quarantined,
            rows_per_second=rate,
            seconds_left=left,
        )


class Teller:
    """Tells the standing again and again from a thread of its own, and once more at the end; a context manager."""

    def __init__(self, tracker: Tracker, tell: Tell, every: float = EVERY) -> None:
        self.tracker, self._tell, self._every = tracker, tell, every
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dbmo-progress", daemon=True)

    def __enter__(self) -> Teller:
        self._tell(self.tracker.standing())
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._tell(self.tracker.standing())

    def _run(self) -> None:
        while not self._ended.wait(self._every):
            self._tell(self.tracker.standing())


def _take(table: Counts, figures: Mapping[str, Any]) -> None:
    table.rows, table.bytes = int(figures["rows"]), int(figures["bytes"])
    table.quarantined = int(figures["quarantined"])


def now() -> str:
    """The time in UTC as ISO 8601, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")

"""Keeps a copy within the load that both ends may bear: connections, bytes per second, pauses, the snapshot's age."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from engines.errors import Aborted, DbmoError
from transfer.load import LoadLimits, Tuning
from transfer.moment_cost import MomentCost, Note
from transfer.pace import Flow, Gauge, stopped
from transfer.watch import Watch, Watcher

TURN = 0.25  # seconds between two looks at the tuning file and the readings


class Limits:
    """The ceilings of one run, changed by a person while it runs; a context manager with a thread of its own.

    load: what the request says; parallel: lanes where nothing says another number; tuning: the file of `dbmo tune`;
    watch: makes the Watch once limits are known, None where neither end can be asked; note: the journal. All methods
    may be called by any thread and return at once.
    """

    def __init__(
        self,
        load: LoadLimits,
        parallel: int,
        tuning: Path | None = None,
        watch: Callable[[Callable[[], LoadLimits]], Watch] | None = None,
        note: Note = lambda kind, body: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.asked, self.parallel = load, parallel
        self._note, self._clock = note, clock
        self._tuning = Tuning(tuning) if tuning is not None else None
        self._lock = threading.Lock()
        self._lanes: list[Gauge] = []
        self._gone = 0  # bytes of lanes that have ended
        self._present = load
        self._reasons: Mapping[str, str] = {}
        self._failed: Exception | None = None
        self._stopping = False
        self._noted: LoadLimits | None = None
        self.paused_seconds = 0.0
        self._paused_at: float | None = None
        self.moment = MomentCost(note, clock)
        self._turns = threading.Lock()  # of turn(), and of what must not fall into one
        self._copying = False
        self._watch = watch(lambda: self._present) if watch is not None else None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dbmo-limits", daemon=True)

    @classmethod
    def none(cls, parallel: int = 1) -> Limits:
        """No ceiling and nobody who watches: for rehearsals."""
        return cls(LoadLimits(), parallel)

    def __enter__(self) -> Limits:
        self._take_over()
        if self._watch is not None:
            with closing(self._watch):
                self._watch.check()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    @contextmanager
    def copying(self) -> Iterator[None]:
        """While this lasts both ends are watched, and lanes may have to wait; before and after it nothing waits."""
        if self._watch is None:
            yield
            return
        self._watch.look()
        with self._turns:
            self._paused(self._watch.reasons())
            self._copying = True
        watcher = Watcher(self._watch)
        watcher.start()
        try:
            yield
            with self._turns:
                self._copying = False
                self._paused({})
        finally:
            self._copying = False  # one that ends in a pause did not go on
            watcher.stop()

    def wait(self, cancelled: Callable[[], bool]) -> None:
        """Return when no limit is passed: nobody should hold a moment of the source meanwhile. INTERRUPTED."""
        while self._reasons:
            if cancelled():
                raise stopped()
            self.check()
            time.sleep(TURN)

    @property
    def present(self) -> LoadLimits:
        """What holds now."""
        return self._present

    def connections(self) -> int:
        """How many lanes may be open now, at least one; more would pass a limit of statements by themselves."""
        return self._lanes_of(self._present)

    def _lanes_of(self, load: LoadLimits) -> int:
        allowed = load.connections or self.parallel
        return min(allowed, load.max_running_threads or allowed)

    def paused(self) -> bool:
        """Whether no new range may be begun; lanes at work wait by themselves."""
        return bool(self._reasons)

    @property
    def reasons(self) -> list[str]:
        """Why it is paused, one phrase each."""
        return list(self._reasons.values())

    def admit(self, lane: Gauge) -> None:
        """A lane begins: from now on it has its share."""
        with self._lock:
            self._lanes.append(lane)
            self._share()

    def release(self, lane: Gauge) -> None:
        """A lane ended: the others get its share."""
        with self._lock:
            self._gone += lane.moved
            self._lanes = [other for other in self._lanes if other is not lane]
            self._share()

    def moved(self) -> int:
        """Bytes that lanes have let through in this run, committed or not."""
        with self._lock:
            return self._gone + sum(lane.moved for lane in self._lanes)

    def standing(self) -> dict[str, Any]:
        """The fields of a Standing that the limits know."""
        paused = self._clock() - self._paused_at if self._paused_at is not None else 0.0
        age = self.moment.seconds
        return {
            "lanes": len(self._lanes),
            "lanes_allowed": self.connections(),
            "paused": self.reasons,
            "paused_by": list(self._reasons),
            "paused_seconds": round(self.paused_seconds + paused, 3),
            "limits": self._present,
            "snapshot_seconds": round(age, 1) if age is not None else None,
            "snapshot_transactions": self._watch.held if self._watch is not None and age is not None else None,
        }

    def stop(self) -> None:
        """Let every lane give up its range at its next block, paused ones too."""
        with self._lock:
            self._stopping = True
            self._share()

    def check(self) -> None:
        """Raise what must end the copy: Aborted SNAPSHOT_OVER_LIMIT; its lanes give up by themselves (INTERRUPTED)."""
        if self._failed is not None:
            raise self._failed

    def turn(self) -> None:
        """Take over what a person changed, and what was read; called by the thread of this object."""
        with self._turns:
            self._turn()

    def _turn(self) -> None:
        if self._tuning is not None and self._tuning.changed():
            self._take_over()
        elif self._present.bytes_per_second is not None:
            with self._lock:
                self._share()
        if self._watch is not None and self._copying:
            self._paused(self._watch.reasons(self._held()))
            try:
                self.moment.look(self._present, self._watch)
            except Aborted as error:
                self._failed = error
                self.stop()

    def _held(self) -> int:
        """Lanes that a pause keeps from going on with what they do."""
        with self._lock:
            return sum(not lane.idle for lane in self._lanes) if self._reasons else 0

    def _run(self) -> None:
        while not self._ended.wait(TURN):
            try:
                self.turn()
            except Exception as error:  # noqa: BLE001 - carried to whoever calls check()
                self._failed = error
                self.stop()
                return

    def _take_over(self) -> None:
        """A wrong file stops nothing that runs: it is noted, and what held before holds on."""
        try:
            changes = self._tuning.changes() if self._tuning is not None else {}
            present = self.asked.tuned(changes)
        except DbmoError as error:
            self._note("tuning refused", {"code": error.code, "what": error.what})
            return
        if present != self._noted:
            self._noted = present
            self._note("limits", {**present.model_dump(), "connections": self._lanes_of(present)})
        with self._lock:
            self._present = present
            self._share()

    def _share(self) -> None:
        """Tell every lane its part of the rate and whether it may go on; called with the lock held.

        Lanes without work leave their parts to the others until they have some again.
        """
        whole = self._present.bytes_per_second
        flow = Flow.STOP if self._stopping else Flow.PAUSE if self._reasons else Flow.RUN
        busy = sum(not lane.idle for lane in self._lanes) or len(self._lanes)
        for lane in self._lanes:
            lane.set(whole / busy if whole is not None else None, flow)

    def _paused(self, reasons: Mapping[str, str]) -> None:
        before = self._reasons
        with self._lock:
            self._reasons = reasons
            if bool(before) != bool(reasons):
                self._share()
        if reasons and not before:
            self._paused_at = self._clock()
            self._note("paused", {"reasons": list(reasons.values())})
        elif before and not reasons and self._paused_at is not None:
            seconds = self._clock() - self._paused_at
            self.paused_seconds += seconds
            self._paused_at = None
            self._note("resumed", {"seconds": round(seconds, 3)})

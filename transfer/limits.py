"""Keeps a copy within the load that both ends may bear: connections, bytes per second, pauses, the snapshot's age."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engines.errors import Aborted, DbmoError
from transfer.load import LoadLimits, Tuning
from transfer.pace import Flow, Gauge
from transfer.watch import Watch, Watcher, shown

TURN = 0.25  # seconds between two looks at the tuning file and the readings
FIRST_LOOK_AT_SNAPSHOT = 30.0  # a copy that is done by then costs nobody a connection
# what is told without a bound being set: about when vacuum or purge that is held up begins to be felt
WARN_MINUTES = 60.0
WARN_TRANSACTIONS = 1_000_000
PAUSES_KEPT = 20

Note = Callable[[str, dict[str, Any]], None]


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
        self._reasons: list[str] = []
        self._failed: Exception | None = None
        self._stopping = False
        self._told: dict[str, float] = {}
        self._noted: LoadLimits | None = None
        self.pauses: list[dict[str, Any]] = []
        self.paused_seconds = 0.0
        self._paused_at: float | None = None
        self._moment = clock()
        self._watch = watch(lambda: self._present) if watch is not None else None
        self._watcher = Watcher(self._watch) if self._watch is not None else None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dbmo-limits", daemon=True)

    @classmethod
    def none(cls, parallel: int = 1) -> Limits:
        """No ceiling and nobody who watches: for rehearsals."""
        return cls(LoadLimits(), parallel)

    def __enter__(self) -> Limits:
        self._take_over()
        if self._watch is not None:
            self._watch.check()
            self._watch.look()
            self.turn()
        if self._watcher is not None:
            self._watcher.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        if self._watcher is not None:
            self._watcher.stop()
        self._paused([])

    @property
    def present(self) -> LoadLimits:
        """What holds now."""
        return self._present

    def connections(self) -> int:
        """How many lanes may be open now, at least one."""
        return self._present.connections or self.parallel

    def paused(self) -> bool:
        """Whether no new range may be begun; lanes at work wait by themselves."""
        return bool(self._reasons)

    @property
    def reasons(self) -> list[str]:
        """Why it is paused, one phrase each."""
        return list(self._reasons)

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
        return {
            "lanes": len(self._lanes),
            "lanes_allowed": self.connections(),
            "paused": self.reasons,
            "paused_seconds": round(self.paused_seconds + paused, 3),
            "limits": self._present,
            "snapshot_seconds": round(self._clock() - self._moment, 1),
            "snapshot_transactions": self._watch.held if self._watch is not None else None,
        }

    def moment_taken(self) -> None:
        """A new moment of the source was taken: its age counts from now."""
        self._moment = self._clock()
        self._told.clear()

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
        if self._tuning is not None and self._tuning.changed():
            self._take_over()
        elif self._present.bytes_per_second is not None:
            with self._lock:
                self._share()
        if self._watch is not None:
            self._paused(self._watch.reasons())
            self._look_at_snapshot(self._watch)

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
            self._note("limits", {**present.model_dump(), "connections": present.connections or self.parallel})
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

    def _paused(self, reasons: list[str]) -> None:
        before = self._reasons
        with self._lock:
            self._reasons = reasons
            if bool(before) != bool(reasons):
                self._share()
        if reasons and not before:
            self._paused_at = self._clock()
            self._note("paused", {"reasons": reasons})
        elif before and not reasons and self._paused_at is not None:
            seconds = self._clock() - self._paused_at
            self.paused_seconds += seconds
            self._paused_at = None
            self.pauses = [*self.pauses, {"reasons": before, "seconds": round(seconds, 3)}][-PAUSES_KEPT:]
            self._note("resumed", {"seconds": round(seconds, 3)})

    def _look_at_snapshot(self, watch: Watch) -> None:
        minutes = (self._clock() - self._moment) / 60
        self._bound("max_snapshot_minutes", minutes, WARN_MINUTES, "the snapshot is {} minutes old")
        if minutes * 60 < FIRST_LOOK_AT_SNAPSHOT and self._present.max_snapshot_transactions is None:
            return
        watch.snapshot_wanted = True
        if watch.held is not None:
            words = "the source keeps the old row versions of {} transactions for the snapshot"
            self._bound("max_snapshot_transactions", float(watch.held), float(WARN_TRANSACTIONS), words)
        elif watch.held_unseen is not None and "unseen" not in self._told:
            self._told["unseen"] = 1
            self._note("snapshot cost not seen", {"reason": watch.held_unseen})

    def _bound(self, name: str, value: float, warning: float, words: str) -> None:
        bound = getattr(self._present, name)
        told = words.format(shown(value))
        if bound is not None and value > bound:
            self._failed = Aborted(
                "SNAPSHOT_OVER_LIMIT",
                f"The copy was stopped: {told}, and options.load.{name} is {shown(bound)}.",
                "Finished chunks stay: run the same command again, it takes a new moment and proves what it keeps.",
            )
            self.stop()
        elif bound is None and value > self._told.get(name, warning):
            self._told[name] = value * 2
            self._note("long snapshot", {"reason": told})

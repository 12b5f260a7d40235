"""Gives work to lanes until all is copied: opens, replaces, tries again what passes, looks up what is unsure."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from functools import partial
from typing import Any

from engines.errors import DbmoError
from transfer.agenda import MOST_JOINED, Agenda
from transfer.chunks import ChunkResult, Range
from transfer.coming import Coming
from transfer.crew import Crew
from transfer.desks import Desk, MomentLost, check_quarantine, rest
from transfer.endpoints import AnySnapshot, alive
from transfer.lanes import Elsewhere, Lane, LaneLost, LaneMaker, LocalLane, NoRoom, close_all
from transfer.limits import Limits
from transfer.pace import Flow, stopped
from transfer.retry import Patience, insist, is_enough, nature, of_another_moment, passes
from transfer.state import Chunks
from transfer.worker import Outcome

TURN = 0.2  # seconds between two looks at limits and cancellation while lanes work
# of a lane that is opened: the others do without it, or the coordinator's own connection does it all
NO_OTHER = frozenset({"SOURCE_CHANGED", "TOO_MANY_CONNECTIONS"})
ONE_WRITER = frozenset({"sqlite"})  # targets that take one connection's writes at a time


class Coordinator:
    """One moment of the source, copied by lanes; crew: those that are open already."""

    def __init__(
        self,
        crew: Crew,
        snapshot: AnySnapshot,
        agenda: Agenda,
        chunks: Chunks,
        limits: Limits,
        make: LaneMaker,
        patience: Patience,
        note: Callable[[str, dict[str, Any]], None],
    ) -> None:
        self.assignment, self.snapshot, self.agenda, self.chunks = crew.assignment, snapshot, agenda, chunks
        self.limits, self.make, self.patience, self.note = limits, make, patience, note
        self.desks: list[Desk] = []
        self.quarantined = chunks.quarantined_count()
        self.cancelled: Callable[[], bool] = lambda: False
        self.coming = Coming(make)
        self._crowded = False  # there was no room for a lane, which was told
        self._fixed = False  # no lane can be added at this moment of the source
        self._exclusive = crew.assignment.plan.target_engine in ONE_WRITER
        for lane in crew.lanes:
            self._add(lane)
        self._named = len(crew.lanes)

    def run(self, report: Callable[[ChunkResult], None], cancelled: Callable[[], bool]) -> None:
        """Copy all that is pending; every lane is closed afterwards."""
        self.cancelled = cancelled
        try:
            check_quarantine(self.quarantined, self.assignment.plan.quarantine_limit)
            while self._turn(report):
                pass
        finally:
            self.coming.close()
            for desk in self.desks:  # one that is not released is told to go on when another is
                self.limits.release(desk.lane.valve)
                desk.lane.valve.set(None, Flow.STOP)
            close_all([desk.lane for desk in self.desks])
            self.desks.clear()

    def _turn(self, report: Callable[[ChunkResult], None]) -> bool:
        """Hand out work, wait for some to come back; False when all is done."""
        if self.cancelled():
            self.limits.stop()
            raise stopped()
        self.limits.check()
        if not self.limits.paused():
            self._staff()
            self._hand_out()
        busy = {desk.future: desk for desk in self.desks if desk.future is not None}
        if not busy:
            self._fill(1)
            if not self.agenda.pending:
                return False
            time.sleep(rest(self.desks, TURN))
            return True
        finished, _ = wait(busy, TURN, FIRST_COMPLETED)
        for future in finished:
            self._took(busy[future], future, report)
        return True

    def _fill(self, wanted: int) -> None:
        """Cut more; a snapshot that a lane reads, and a target with one writer, are left alone while it works."""
        if any(desk.future is not None and (desk.lane.shared or self._exclusive) for desk in self.desks):
            return
        insist(lambda: self._filled(wanted), self.patience, self.cancelled)

    def _filled(self, wanted: int) -> None:
        try:
            self.agenda.fill(wanted)
        except DbmoError as error:
            if self._lost(error):
                raise MomentLost(error) from error
            raise

    def _lost(self, error: DbmoError) -> bool:
        """Whether the moment can't be read any more; the coordinator's snapshot isn't asked while a lane reads it."""
        shared = any(desk.lane.shared and desk.future is not None for desk in self.desks)
        return of_another_moment(error) or not (shared or alive(self.snapshot))

    def _staff(self) -> None:
        """Open and close lanes until there are as many as wanted and worth it."""
        allowed = 1 if self._exclusive else self.limits.connections()
        if not self.desks:
            self._fill(allowed * 2)
        # a number that a person asked for counts, whether or not it is worth it
        worth = allowed if self.limits.present.connections is not None else self.agenda.worth
        wanted = min(allowed, self.agenda.pending + self._busy(), max(worth, len(self.desks)))
        here = self._fixed or (min(allowed, worth) == 1 and not isinstance(self.make, Elsewhere))
        if not self.desks and not self.coming and self.agenda.pending and here:
            self._add(self._local())
        while len(self.desks) + len(self.coming) < wanted and not self._fixed:
            self._ask()
        self._arrived()
        idle = [desk for desk in self.desks if desk.future is None]
        for desk in idle[: max(0, len(self.desks) - allowed)]:
            self._dismiss(desk)

    def _ask(self, place: Desk | None = None) -> None:
        """One lane more, or one in place of another that is gone, with its failures."""
        self._named += 1
        self.coming.ask(self.assignment, f"lane {self._named}", place)
        self._arrived()

    def _arrived(self) -> None:
        """Take in lanes that are there by now; where there is no room for one the others do without."""
        for lane, place in self.coming.arrived():
            try:
                self._add(lane.result(), place)
            except NoRoom as error:
                if not self.desks and not self.coming:
                    raise
                if not self._crowded:
                    self.note("lane not added", {"code": error.code, "what": error.what})
                self._crowded = True
                self._fixed = not isinstance(self.make, Elsewhere)  # in a cluster there may be room later

    def _busy(self) -> int:
        return sum(1 for desk in self.desks if desk.future is not None)

    def _local(self) -> Lane:
        """A lane in this process, which reads the coordinator's own snapshot."""
        return LocalLane(self.assignment, "lane 0", self.snapshot)

    def _add(self, lane: Lane, place: Desk | None = None) -> None:
        self.limits.admit(lane.valve)
        self.desks.append(replace(place or Desk(lane), lane=lane, work=[], future=None))

    def _dismiss(self, desk: Desk) -> None:
        self.desks.remove(desk)
        self.limits.release(desk.lane.valve)
        desk.lane.close()

    def _hand_out(self) -> None:
        now = time.monotonic()
        for desk in self.desks:
            if desk.future is None and desk.rests_until <= now:
                self._fill(MOST_JOINED if desk.lane.shared else 4 * len(self.desks))
                work = self.agenda.take(len(self.desks))
                if work:
                    desk.work, desk.future = work, desk.lane.submit(work)
        if self.agenda.pending < 16 * len(self.desks):  # many chunks are stored as fast as one
            self._fill(32 * len(self.desks))

    def _took(self, desk: Desk, future: Future[Outcome], report: Callable[[ChunkResult], None]) -> None:
        """Take over what a lane did; what it did not do is pending again."""
        work, desk.work, desk.future = desk.work, [], None
        try:
            outcome = future.result()
        except LaneLost as error:
            outcome = Outcome([], error, moment_lost=True)
            insist(partial(self.chunks.state.abandon, desk.lane.name), self.patience, self.cancelled)
        for result in outcome.results:
            self._committed(result, report)
        if outcome.error is None:
            desk.failures = 0
            return
        left = work[len(outcome.results) :]
        undone = self._give_back(left, report)
        if outcome.error.code == "RANGE_DONE" and left[0] in undone:
            # nobody did it: a crash of the target took chunks with it, and what is there is to be looked at anew
            raise MomentLost(outcome.error)
        if left and left[0] not in undone and not passes(outcome.error):
            # the commit of an earlier try was still on its way: what another try met says nothing
            self.note("tried again", desk.facts(outcome.error))
            return
        self._failed(desk, outcome, outcome.error)

    def _committed(self, result: ChunkResult, report: Callable[[ChunkResult], None]) -> None:
        self.agenda.finished(result)
        self.quarantined += result.quarantined
        report(result)
        check_quarantine(self.quarantined, self.assignment.plan.quarantine_limit)

    def _give_back(self, work: list[Range], report: Callable[[ChunkResult], None]) -> list[Range]:
        """Only the target knows whether ranges were committed whose lane did not say so; those that were not."""
        undone: list[Range] = []
        for part in reversed(work):
            done = insist(partial(self.chunks.done, part), self.patience, self.cancelled)
            if done is not None:
                self._committed(done, report)
            else:
                undone.append(part)
                self.agenda.again(part)
        return undone

    def _failed(self, desk: Desk, outcome: Outcome, error: DbmoError) -> None:
        """Let the lane rest and go on, replace it, do without it, or end with the error."""
        if error.code == "INTERRUPTED":
            self.limits.check()  # says why it stopped the lanes
            raise error
        now = time.monotonic()
        desk.failing_since = desk.failing_since if desk.failures else now
        desk.failures += 1
        facts = desk.facts(error)
        lost = outcome.moment_lost and not isinstance(error, LaneLost)
        if lost and self._lost(error):
            raise MomentLost(error) from error
        if error.code in NO_OTHER and not desk.lane.shared and not isinstance(error, LaneLost):
            self.note("lane not added", facts)
            self._fixed = True
            self._dismiss(desk)
            return
        if is_enough(nature(error), desk.failures, now - desk.failing_since, self.patience):
            raise error
        self.note("tried again", facts)
        desk.rests_until = now + self.patience.wait(desk.failures)
        if isinstance(error, LaneLost):
            self._dismiss(desk)
            self._ask(desk)

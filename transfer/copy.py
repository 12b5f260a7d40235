"""Copies all units of a plan in ranges, several lanes at a time, and goes on where an earlier run stopped."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from engines.errors import DbmoError, EngineError
from transfer.agenda import Agenda, is_copied
from transfer.chunks import ChunkResult
from transfer.coordinator import ONE_WRITER, Coordinator
from transfer.crew import Crew, alone, gather, joins_later
from transfer.cutting import Size
from transfer.ddl import emptied_by_crashes
from transfer.desks import MomentLost
from transfer.endpoints import AnySnapshot, Endpoints, Marked, alive
from transfer.failpoints import failpoint
from transfer.lanes import Elsewhere, LaneMaker, LocalLane, ProcessLane, close_all, prepare
from transfer.limits import Limits
from transfer.moveplan import MovePlan
from transfer.resume import Resumed, copy_lost, settle
from transfer.retry import ENDS, Patience, insist, nature, of_another_moment, once_lost
from transfer.sizes import expected, processes, sizes_of, worth
from transfer.state import Chunks, State, open_chunks
from transfer.units import tables_of, units
from transfer.worker import Assignment

Report = Callable[[ChunkResult], None]
Note = Callable[[str, dict[str, Any]], None]
PATIENCE = Patience()


def copy_tables(
    plan: MovePlan,
    endpoints: Endpoints,
    state: State,
    report: Report,
    cancelled: Callable[[], bool],
    limits: Limits | None = None,
    note: Note = lambda kind, body: None,
    lanes: LaneMaker = ProcessLane,
    patience: Patience | None = None,
    begins: Callable[[Chunks], None] = lambda chunks: None,
) -> Resumed:
    """Copy every chunk that is not in the target yet; report is called after each commit, note with what happened.

    begins is called before lanes work, whenever it is settled what of the target's chunks stays.
    limits: how many lanes, and their load; lanes: makes one. Returns what was found of an earlier run, and of moments
    of this one that were lost with their server. INTERRUPTED when cancelled: finished chunks stay; MOMENT_LOST when the
    source's server ends the moment again and again.
    """
    limits, patience = limits or Limits.none(plan.parallel), patience or PATIENCE
    copy = _Copy(plan, endpoints, state, report, cancelled, limits, note, lanes, patience, begins)
    with limits.copying():
        for moment in range(1, patience.moments + 1):
            limits.wait(cancelled)
            judge = once_lost() if moment == 1 else nature
            opened = insist(endpoints.snapshot, patience, cancelled, judge=judge)
            with closing(opened) as snapshot:
                if moment > 1:
                    state.renew()  # a lane of the moment before may still be committing
                try:
                    copy.at(snapshot)
                    break
                except MomentLost as error:
                    if moment == patience.moments:
                        raise _given_up(error, moment, alive(snapshot)) from error
    return copy.found


@dataclass
class _Copy:
    """What all moments of a copy have in common; found: what became of what was done before each of them."""

    plan: MovePlan
    endpoints: Endpoints
    state: State
    report: Report
    cancelled: Callable[[], bool]
    limits: Limits
    note: Note
    lanes: LaneMaker
    patience: Patience
    begins: Callable[[Chunks], None]
    found: Resumed = field(default_factory=Resumed)

    def at(self, snapshot: AnySnapshot) -> None:
        """Copy what is pending as it was at the snapshot's moment; MomentLost where that ends before."""
        crew = Crew(Assignment(self.plan, self.endpoints, snapshot.token, snapshot.position, self.state.epoch), [])
        try:
            with _before_lanes():
                sizes = sizes_of(self.plan, snapshot)
                make = _maker(sizes.values(), self.limits, self.lanes)
                crew = _crew(_marked(crew.assignment, snapshot), snapshot, sizes.values(), self.limits, make, self.note)
                position = crew.assignment.position
                self.limits.moment.taken()
                self.note("moment", {"position": position, "lanes": [lane.name for lane in crew.lanes]})
            chunks = open_chunks(self.state)
            settling = partial(settle, self.plan, self.endpoints, self.state, chunks, snapshot, self.note)
            self.found = self.found.then(_settled(settling, snapshot, self.patience, self.cancelled))
            failpoint("copy.settled")
            with _before_lanes():
                self.state.update(position=position)
            self._rows(snapshot, crew, chunks, sizes, make)
        except MomentLost as error:
            self.note("moment lost", {"position": crew.assignment.position, "why": error.cause.what})
            raise
        finally:
            self.limits.moment.ended()
            close_all(crew.lanes)

    def _rows(self, snapshot: AnySnapshot, crew: Crew, chunks: Chunks, sizes: dict[str, Size], make: LaneMaker) -> None:
        """Copy until the target itself, asked when all is on its disk, says that everything is there.

        One that crashes loses the last commits that it was not asked to wait for.
        """
        while True:
            with _before_lanes():
                self.begins(chunks)
                agenda = Agenda(self.plan, snapshot, chunks, sizes)
            failpoint("copy.planned")
            coordinator = Coordinator(crew, snapshot, agenda, chunks, self.limits, make, self.patience, self.note)
            coordinator.run(self.report, self.cancelled)
            self.state.update(position=crew.assignment.position)
            if is_copied(self.plan, chunks) and not self._lost(chunks):
                return
            self.note("commits lost", {"pending": len(chunks.pending())})
            crew = Crew(crew.assignment, [])

    def _lost(self, chunks: Chunks) -> list[str]:
        """Units that a crash of the target took although they were committed: they are pending again."""
        if not emptied_by_crashes(self.plan):
            return []
        return copy_lost(self.plan, self.state, chunks, self.note)


def begin_lanes(plan: MovePlan, asked: int | None) -> None:
    """Let what the processes of lanes need be loaded meanwhile, where there will be several; asked: by a person."""
    allowed = 1 if plan.target_engine in ONE_WRITER else asked or min(plan.parallel, expected(plan))
    if allowed > 1:
        prepare(plan)


@contextmanager
def _before_lanes() -> Iterator[None]:
    """Inside, what passes by itself, at either end, ends the moment: what was begun of it is begun anew."""
    try:
        yield
    except DbmoError as error:
        if nature(error) == "final":
            raise
        raise MomentLost(error) from error


def _settled(
    settling: Callable[[], Resumed], snapshot: AnySnapshot, patience: Patience, cancelled: Callable[[], bool]
) -> Resumed:
    """What settling gives, asked again as long as the moment lasts: it needs more connections, which may be missing.

    When the moment is gone, whatever those are told (that there is no such snapshot) counts for nothing.
    """

    def once() -> Resumed:
        try:
            return settling()
        except DbmoError as error:
            if error.code in ENDS or (alive(snapshot) and not of_another_moment(error)):
                raise
            raise MomentLost(error) from error

    return insist(once, patience, cancelled)


def _given_up(error: MomentLost, times: int, alive: bool) -> DbmoError:
    """What ends the copy after so many moments; alive: whether it was not the source that ended them."""
    if alive:
        return error.cause
    return EngineError(
        "MOMENT_LOST",
        f"The source's moment was lost {times} times ({error.cause.what}).",
        "Look why its server ends connections; run the same command again to go on.",
    )


def _maker(sizes: Collection[Size], limits: Limits, lanes: LaneMaker) -> LaneMaker:
    """What makes lanes: threads of this process do where there is little to copy and nobody asked for a number."""
    if isinstance(lanes, Elsewhere) or limits.present.connections is not None:
        return lanes
    return LocalLane if processes(sizes) == 1 else lanes


def _marked(assignment: Assignment, snapshot: AnySnapshot) -> Assignment:
    """The assignment at a moment before which the source's tables were marked, where its server needs that."""
    marks: Mapping[str, Any] = {}
    if isinstance(snapshot, Marked):
        snapshot.mark([table for unit in units(assignment.plan) for table in tables_of(unit)])
        marks = snapshot.marks
    return replace(assignment, token=snapshot.token, position=snapshot.position, marks=marks)


def _crew(
    assignment: Assignment,
    snapshot: AnySnapshot,
    sizes: Collection[Size],
    limits: Limits,
    lanes: LaneMaker,
    note: Note,
) -> Crew:
    """The lanes that have to be there before the first chunk is copied, where the source wants it so."""
    plan = assignment.plan
    allowed = 1 if plan.target_engine in ONE_WRITER else limits.connections()
    if joins_later(assignment) or (allowed == 1 and not isinstance(lanes, Elsewhere)):
        return alone(assignment, snapshot, note)
    asked = limits.present.connections is not None  # a number that a person asked for counts as it is
    wanted = allowed if asked else min(allowed, worth(sizes))
    return alone(assignment, snapshot, note) if wanted == 1 else gather(lanes, assignment, snapshot, wanted, note)

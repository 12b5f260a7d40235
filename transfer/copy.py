"""Copies all units of a plan in ranges, several lanes at a time, and goes on where an earlier run stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

from engines.errors import DbmoError, EngineError
from transfer.agenda import Agenda, is_copied
from transfer.chunks import ChunkResult
from transfer.coordinator import ONE_WRITER, Coordinator
from transfer.crew import Crew, alone, gather, joins_later
from transfer.cutting import Size
from transfer.desks import MomentLost
from transfer.endpoints import AnySnapshot, Endpoints, alive
from transfer.failpoints import failpoint
from transfer.lanes import LaneMaker, LocalLane, ProcessLane, close_all, prepare
from transfer.limits import Limits
from transfer.moveplan import MovePlan
from transfer.resume import Resumed, settle
from transfer.retry import Patience, insist, nature
from transfer.sizes import expected, processes, sizes_of, worth
from transfer.state import State, open_chunks
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
) -> Resumed:
    """Copy every chunk that is not in the target yet; report is called after each commit, note with what happened.

    limits: how many lanes, and their load; lanes: makes one. Returns what was found of an earlier run, and of moments
    of this one that were lost with their server. INTERRUPTED when cancelled: finished chunks stay; MOMENT_LOST when the
    source's server ends the moment again and again.
    """
    limits, patience = limits or Limits.none(plan.parallel), patience or PATIENCE
    chunks = open_chunks(state)
    found = Resumed()
    for moment in range(1, patience.moments + 1):
        # a server that is not there at first is told at once; one that went away is waited for
        opened = endpoints.snapshot() if moment == 1 else insist(endpoints.snapshot, patience, cancelled)
        with closing(opened) as snapshot:
            if moment > 1:
                state.renew()  # a lane of the moment before may still be committing
            crew = Crew(Assignment(plan, endpoints, snapshot.token, snapshot.position, state.epoch), [])
            try:
                with _before_lanes():
                    sizes = list(sizes_of(plan, snapshot).values())
                    make = _maker(sizes, limits, lanes)
                    crew = _crew(crew.assignment, snapshot, sizes, limits, make, note)
                    position = crew.assignment.position
                    note("moment", {"position": position, "lanes": [lane.name for lane in crew.lanes]})
                settling = partial(settle, plan, endpoints, state, chunks, snapshot, note)
                found = found.then(_settled(settling, snapshot, patience, cancelled))
                with _before_lanes():
                    state.update(position=position)
                present = crew
                while True:
                    with _before_lanes():
                        agenda = Agenda(plan, snapshot, chunks)
                    failpoint("copy.planned")
                    Coordinator(present, snapshot, agenda, chunks, limits, make, patience, note).run(report, cancelled)
                    # a target that crashes loses the last commits that it was not asked to wait for: once all of them
                    # are on its disk it says itself what it holds
                    state.update(position=position)
                    if is_copied(plan, chunks):
                        return found
                    note("commits lost", {"pending": len(chunks.pending())})
                    present = Crew(crew.assignment, [])
            except MomentLost as error:
                note("moment lost", {"position": crew.assignment.position, "why": error.cause.what})
                if moment == patience.moments:
                    raise _given_up(error, moment, alive(snapshot)) from error
            finally:
                close_all(crew.lanes)
    return found


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
    """What settling gives, asked again as long as the moment lasts: it needs more connections, which may be missing."""

    def once() -> Resumed:
        try:
            return settling()
        except DbmoError as error:
            if nature(error) == "final" or alive(snapshot):
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


def _maker(sizes: Sequence[Size], limits: Limits, lanes: LaneMaker) -> LaneMaker:
    """What makes lanes: threads of this process do where there is little to copy and nobody asked for a number."""
    if getattr(lanes, "remote", False) or limits.present.connections is not None:
        return lanes
    return LocalLane if processes(sizes) == 1 else lanes


def _crew(
    assignment: Assignment,
    snapshot: AnySnapshot,
    sizes: Sequence[Size],
    limits: Limits,
    lanes: LaneMaker,
    note: Note,
) -> Crew:
    """The lanes that have to be there before the first chunk is copied, where the source wants it so."""
    plan = assignment.plan
    allowed = 1 if plan.target_engine in ONE_WRITER else limits.connections()
    if joins_later(assignment) or (allowed == 1 and not getattr(lanes, "remote", False)):
        return alone(assignment, snapshot, note)
    asked = limits.present.connections is not None  # a number that a person asked for counts as it is
    wanted = allowed if asked else min(allowed, worth(sizes))
    return alone(assignment, snapshot, note) if wanted == 1 else gather(lanes, assignment, snapshot, wanted, note)

"""Lanes that read one moment of a source whose moments can't be joined later (MySQL, SQLite): opened all at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from typing import Any

from engines.errors import DbmoError
from engines.families import family
from transfer.coming import Coming
from transfer.endpoints import AnySnapshot, Lockable
from transfer.lanes import Lane, LaneLost, LaneMaker, NoRoom, close_all
from transfer.worker import Assignment, Outcome

# families whose moments a reader may join at any time, by a token
JOINED_LATER = frozenset({"postgresql", "mongodb"})
Note = Callable[[str, dict[str, Any]], None]
TOO_LATE = "It did not answer while the source was locked for it."
HELD_SECONDS = 20.0  # for lanes to join while the whole source waits; who takes longer isn't waited for


@dataclass
class Crew:
    """Open lanes and the assignment whose moment all of them read."""

    assignment: Assignment
    lanes: list[Lane]


def joins_later(assignment: Assignment) -> bool:
    """Whether a lane may be opened at the assignment's moment at any time."""
    return family(assignment.plan.source_engine) in JOINED_LATER


def alone(assignment: Assignment, snapshot: AnySnapshot, note: Note) -> Crew:
    """No lane yet: the coordinator reads by itself. Where only a moment under hold() has a name, it is taken so."""
    if not isinstance(snapshot, Lockable) or not snapshot.to_be_held:
        return Crew(assignment, [])
    with snapshot.hold() as held:
        if held:
            snapshot.refresh()
    _told(note, snapshot, {"held": bool(held), "lanes": 0, "asked": 0})
    return Crew(_at(snapshot, assignment), [])


def gather(make: LaneMaker, assignment: Assignment, snapshot: AnySnapshot, count: int, note: Note) -> Crew:
    """That many lanes at one moment with the snapshot, or fewer; none where the moment can't be shared.

    First they are opened at the moment there is: enough as long as nobody writes. Else the snapshot's hold() keeps
    moments from passing while it and the lanes take a new one, for as long as a BEGIN of each takes; the assignment
    then names that moment, and no longer the lock. After an error no lane is left open.
    """
    lanes: list[Lane] = []
    try:
        _make(lanes, make, assignment, count, note)
        if _refused(lanes, assignment):
            assignment = _held(lanes, assignment, snapshot, count, note)
    except BaseException:
        close_all(lanes)
        raise
    return Crew(assignment, lanes)


def _held(lanes: list[Lane], assignment: Assignment, snapshot: AnySnapshot, count: int, note: Note) -> Assignment:
    """The assignment at a new moment of the snapshot; lanes that could not be opened at it are closed and left out."""
    with snapshot.hold() as held:
        snapshot.refresh()
        refused = _refused(lanes, _at(snapshot, assignment), HELD_SECONDS)
    _told(note, snapshot, {"held": bool(held), "lanes": len(lanes) - len(refused), "asked": count})
    for lane, why in refused:
        note("lane not added", {"lane": lane.name, "why": why})
        lane.close()
    gone = {id(lane) for lane, _ in refused}
    lanes[:] = [lane for lane in lanes if id(lane) not in gone]
    released = _at(snapshot, assignment)
    wait([lane.open(released) for lane in lanes])  # the same moment: one that loses its connection asks by this token
    return released


def _at(snapshot: AnySnapshot, assignment: Assignment) -> Assignment:
    """The assignment at the moment that the snapshot reads now."""
    return replace(assignment, token=snapshot.token, position=snapshot.position)


def _make(lanes: list[Lane], make: LaneMaker, assignment: Assignment, count: int, note: Note) -> None:
    """Add so many lanes, or as many as there is room for: first none is waited for, then all of them are."""
    coming = Coming(make)
    names = [f"lane {number}" for number in range(1, count + 1)]
    for name in names:
        coming.ask(assignment, name)
    try:
        for name in names:
            try:
                lanes.append(coming.first())
            except NoRoom as error:
                note("lane not added", {"lane": name, "why": error.what})
    finally:
        coming.close()


def _told(note: Note, snapshot: AnySnapshot, facts: dict[str, Any]) -> None:
    """Note how long the source was locked, or why it could not be."""
    lock = snapshot.locked if isinstance(snapshot, Lockable) else None
    facts["seconds"] = round(lock.seconds, 4) if lock else 0.0
    why = lock.refused if lock and not facts["held"] else ""
    note("moment held", facts | ({"why": why} if why else {}))


def _refused(lanes: Sequence[Lane], assignment: Assignment, seconds: float | None = None) -> list[tuple[Lane, str]]:
    """Lanes that could not be opened at the assignment's moment, with what was said; in so many seconds, if any."""
    asked = [(lane, lane.open(assignment)) for lane in lanes]
    late = wait([future for _, future in asked], seconds).not_done
    return [(lane, why) for lane, future in asked if (why := TOO_LATE if future in late else _said(future))]


def _said(future: Future[Outcome]) -> str | None:
    """Why a lane could not be opened; None where it was."""
    try:
        error: DbmoError | None = future.result().error
    except LaneLost as lost:
        error = lost
    return error.what if error is not None else None

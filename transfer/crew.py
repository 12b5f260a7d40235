"""Lanes that read one moment of a source whose moments can't be joined later (MySQL, SQLite): opened all at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from typing import Any

from engines.errors import DbmoError
from engines.families import family
from transfer.endpoints import AnySnapshot
from transfer.lanes import Lane, LaneLost, LaneMaker, NoRoom
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
    if not getattr(snapshot, "to_be_held", False):
        return Crew(assignment, [])
    with snapshot.hold() as held:
        if held:
            snapshot.refresh()
    _told(note, snapshot, {"held": bool(held), "lanes": 0, "asked": 0})
    return Crew(replace(assignment, token=snapshot.token, position=snapshot.position), [])


def gather(make: LaneMaker, assignment: Assignment, snapshot: AnySnapshot, count: int, note: Note) -> Crew:
    """That many lanes at one moment with the snapshot, or fewer; none where the moment can't be shared.

    First they are opened at the moment there is: enough as long as nobody writes. Else the snapshot's hold() keeps
    moments from passing while it and the lanes take a new one, for as long as a BEGIN of each takes; the assignment
    then names that moment.
    """
    lanes = _made(make, assignment, count, note)
    refused = _refused(lanes, assignment)
    if not refused:
        return Crew(assignment, lanes)
    with snapshot.hold() as held:
        snapshot.refresh()
        assignment = replace(assignment, token=snapshot.token, position=snapshot.position)
        refused = _refused(lanes, assignment, HELD_SECONDS)
    _told(note, snapshot, {"held": bool(held), "lanes": len(lanes) - len(refused), "asked": count})
    for lane, why in refused:
        note("lane not added", {"lane": lane.name, "why": why})
        lane.close()
    gone = {id(lane) for lane, _ in refused}
    return Crew(assignment, [lane for lane in lanes if id(lane) not in gone])


def _made(make: LaneMaker, assignment: Assignment, count: int, note: Note) -> list[Lane]:
    lanes: list[Lane] = []
    for number in range(1, count + 1):
        try:
            lanes.append(make(assignment, f"lane {number}"))
        except NoRoom as error:
            note("lane not added", {"lane": f"lane {number}", "why": error.what})
            break
    return lanes


def _told(note: Note, snapshot: AnySnapshot, facts: dict[str, Any]) -> None:
    """Note how long the source was locked, or why it could not be."""
    lock = getattr(snapshot, "locked", None)
    facts["seconds"] = round(float(getattr(lock, "seconds", 0.0) or 0.0), 4)
    why = "" if facts["held"] else str(getattr(lock, "refused", "") or "")
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

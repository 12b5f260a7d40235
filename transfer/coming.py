"""Lanes that were asked for and are not there yet: on a cluster that takes seconds, while others work."""

from __future__ import annotations

from concurrent.futures import Future, wait

from engines.errors import DbmoError
from transfer.desks import Desk
from transfer.executors.single import OneThread
from transfer.lanes import Elsewhere, Lane, LaneMaker
from transfer.worker import Assignment

Arrival = tuple[Future[Lane], Desk | None]


class Coming:
    """What a maker of lanes was asked for; a lane of this machine is there at once, or refused.

    An arrival is a future that is done, whose error is the maker's, and the desk whose lane it replaces, if any.
    """

    def __init__(self, make: LaneMaker) -> None:
        self._make = make
        self._asked: list[Arrival] = []

    def __len__(self) -> int:
        return len(self._asked)

    def ask(self, assignment: Assignment, name: str, place: Desk | None = None) -> None:
        """Let another lane be made, in place of one that is gone, if one is given."""
        if isinstance(self._make, Elsewhere):
            thread = OneThread("dbmo-lane-coming")
            lane = thread.submit(self._make, assignment, name)
            thread.shutdown(wait=False)
        else:
            lane = Future[Lane]()
            try:
                lane.set_result(self._make(assignment, name))
            except DbmoError as error:
                lane.set_exception(error)
        self._asked.append((lane, place))

    def arrived(self) -> list[Arrival]:
        """Those that came since it was asked last."""
        there = [arrival for arrival in self._asked if arrival[0].done()]
        self._asked = [arrival for arrival in self._asked if not arrival[0].done()]
        return there

    def first(self) -> Lane:
        """The one that was asked for first, waited for; what its maker raised."""
        lane, _ = self._asked[0]
        wait([lane])
        del self._asked[0]
        return lane.result()

    def close(self) -> None:
        """Close those that come from now on, as they come."""
        for lane, _ in self._asked:
            lane.add_done_callback(_closed)
        self._asked = []


def _closed(lane: Future[Lane]) -> None:
    if lane.exception() is None:
        lane.result().close()

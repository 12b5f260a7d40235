"""Steps of engines that commit each statement by itself: noted as begun, done, noted as done; many share their notes.

A run that ends in between leaves notes of what was perhaps made; the next one finds out (transfer/begun.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from conversion.mapping import Statement
from engines.errors import DbmoError
from transfer.begun import is_refused, is_there, run_alone, settle
from transfer.failpoints import failpoint
from transfer.retry import AT_ONCE, Patience, insist
from transfer.state import State

BEGUN = "begun "  # id of the note that a step was begun

Report = Callable[[Statement, float], None]


@dataclass
class Alone:
    """The steps of a stage; done: ids of the state's steps."""

    state: State
    report: Report
    stop_if_cancelled: Callable[[], None]
    cancelled: Callable[[], bool]
    done: set[str]
    _reported: set[str] = field(default_factory=set)

    def run(self, statements: Sequence[Statement]) -> None:
        """Do them in their order, again after what passes; the first error ends it, and what was done is noted."""

        def left() -> list[Statement]:
            return [statement for statement in statements if statement.id not in self.done]

        def meanwhile() -> bool | None:
            self.done = self.state.done_steps()
            self._report([(statement, 0.0) for statement in statements if statement.id in self.done])
            return None if left() else True

        insist(lambda: self._run(left()), Patience(), self.cancelled, meanwhile)

    def _run(self, statements: Sequence[Statement]) -> None:
        begun = {statement.id for statement in statements if BEGUN + statement.id in self.done}
        self._note([(BEGUN + statement.id, 0.0) for statement in statements if statement.id not in begun], [])
        made: list[tuple[Statement, float]] = []
        try:
            for statement in statements:
                self.stop_if_cancelled()
                failpoint("step.before")
                started = time.monotonic()
                self._make(statement, statement.id in begun)
                made.append((statement, time.monotonic() - started))
                failpoint("step.unnoted")
        except DbmoError as error:
            with suppress(DbmoError):  # a target that is away is asked by the next try, or run
                self._made(made, _never_made(statements[len(made) :], begun, error))
            raise
        self._made(made, [])
        failpoint("step.after")

    def _make(self, statement: Statement, earlier: bool) -> None:
        """earlier: a run that ended began it."""
        try:
            run_alone(self.state, statement.sql, frozenset())
        except DbmoError as error:
            if not (earlier and is_there(error)):
                raise
            settle(self.state, statement)

    def _made(self, made: Sequence[tuple[Statement, float]], never: Sequence[Statement]) -> None:
        """Note what is done; never: those that were begun and not made."""
        over = [*never, *(statement for statement, _ in made)]
        notes = [(statement.id, seconds) for statement, seconds in made]
        self._note(notes, [BEGUN + statement.id for statement in over])
        self._report(made)

    def _note(self, notes: Sequence[tuple[str, float]], forgotten: Sequence[str]) -> None:
        """Write notes, and take others back; what passes ends the whole try."""

        def write() -> bool:
            with self.state.writer.begin(durable=True) as connection:
                self.state.forget_steps(connection, forgotten)
                self.state.finish_steps(connection, notes)
            return True

        def meanwhile() -> bool | None:
            done = self.state.done_steps()
            return True if done.issuperset(note for note, _ in notes) and done.isdisjoint(forgotten) else None

        insist(write, AT_ONCE, self.cancelled, meanwhile)

    def _report(self, made: Sequence[tuple[Statement, float]]) -> None:
        for statement, seconds in made:
            if statement.id not in self._reported:
                self._reported.add(statement.id)
                self.report(statement, seconds)


def _never_made(left: Sequence[Statement], begun: set[str], error: DbmoError) -> list[Statement]:
    """Those that were not tried, and the first where the server refused it: what is there of their names is not ours.

    begun: ids of those that an earlier run may have made, which are left out.
    """
    first, *rest = left
    tried = first if error.code == "INTERRUPTED" or is_refused(error) else None
    return [statement for statement in (tried, *rest) if statement is not None and statement.id not in begun]

"""Runs the DDL of a plan as steps: each is done once, in one transaction with the note that it is done.

Where DDL takes part in transactions, light steps share one, and heavy ones (keys, indexes, references of big tables)
run side by side. On MySQL, which commits with every statement, each step is noted before it begins: one that was
begun by a run that ended, and that is there as its statement makes it, is done (transfer/begun.py).
"""

from __future__ import annotations

from collections.abc import Callable

from conversion.mapping import Statement
from engines.families import family
from transfer.alone import BEGUN, Report
from transfer.begun import may_take_back, run_alone
from transfer.ddl import GONE, sizes, transactional
from transfer.failpoints import failpoint
from transfer.moveplan import MovePlan
from transfer.pace import stopped
from transfer.retry import Patience, insist
from transfer.stage import ADDED, Stage
from transfer.state import State, open_chunks

UNDONE = "undone "  # begins the id of the note that a step is being taken back


def run_stage(plan: MovePlan, state: State, stage: str, report: Report, cancelled: Callable[[], bool]) -> None:
    """Do every step of pre_data or post_data that is not done yet, in the plan's order."""
    done = state.done_steps()
    for statement in [s for s in reversed(plan.statements) if s.stage == stage and UNDONE + s.id in done]:
        _go_on(state, statement, done, cancelled)
        done -= {UNDONE + statement.id, *_notes(statement, done)}
    while pending := [s for s in plan.statements if s.stage == stage and s.id not in done]:
        known = sizes(plan, open_chunks(state).figures()) if stage == "post_data" else {}
        Stage(state, max(1, plan.parallel), report, cancelled, done, known).run(pending)
        state.update(status="running")  # all steps are on the target's disk now: a crash may have taken some before
        done = state.done_steps()


def undo_stage(plan: MovePlan, state: State, stage: str) -> list[str]:
    """Take back the steps of a stage that were done, last first; their ids. Each may then be done again."""
    done = state.done_steps()
    undone = [s for s in reversed(plan.statements) if s.stage == stage and s.undo and _notes(s, done)]
    for statement in undone:
        if transactional(state.writer.engine):
            with state.writer.begin() as connection:
                state.forget_steps(connection, _notes(statement, done))
                state.writer.run(connection, statement.undo or "")
        else:
            _undo_alone(state, statement, done)
    return [statement.id for statement in undone]


def _undo_alone(state: State, statement: Statement, done: set[str]) -> None:
    """Where each statement commits: noted first, so that a run that ends in between is followed by one that goes on.

    Which may find that the source is again as it was, and nothing to take back by itself.
    """
    undone = UNDONE + statement.id
    if undone not in done:
        with state.writer.begin(durable=True) as connection:
            state.finish_step(connection, undone, 0.0)
    failpoint("undo.begun")
    if family(state.writer.engine) != "mysql" or may_take_back(state, statement, done):
        run_alone(state, statement.undo or "", GONE)
    failpoint("undo.unnoted")
    with state.writer.begin() as connection:
        state.forget_steps(connection, [*_notes(statement, done), undone])


def _go_on(state: State, statement: Statement, done: set[str], cancelled: Callable[[], bool]) -> None:
    """Take back what an earlier run began to, again after what passes; INTERRUPTED before it where it is cancelled."""
    known = done

    def meanwhile() -> bool | None:
        nonlocal known
        known = state.done_steps()
        return None if UNDONE + statement.id in known else True

    if cancelled():
        raise stopped()
    insist(lambda: _undo_alone(state, statement, known), Patience(), cancelled, meanwhile)


def _notes(statement: Statement, done: set[str]) -> list[str]:
    """What stands in the state of a step that was done, or begun."""
    return [note for note in (statement.id, BEGUN + statement.id, ADDED + statement.id) if note in done]


def undo_all(plan: MovePlan, state: State) -> list[str]:
    """Take back every step that was done, then drop the state tables; ids of what was undone."""
    undone = undo_stage(plan, state, "post_data") + undo_stage(plan, state, "pre_data")
    state.drop()
    return undone

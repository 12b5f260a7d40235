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
from transfer.moveplan import MovePlan
from transfer.stage import ADDED, Stage
from transfer.state import State, open_chunks


def run_stage(plan: MovePlan, state: State, stage: str, report: Report, cancelled: Callable[[], bool]) -> None:
    """Do every step of pre_data or post_data that is not done yet, in the plan's order."""
    done = state.done_steps()
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
                _forget(state, connection, statement, done)
                state.writer.run(connection, statement.undo or "")
        else:
            # its note is taken back behind it: a run that ends in between finds nothing there, and goes on
            if family(state.writer.engine) != "mysql" or may_take_back(state, statement, done):
                run_alone(state, statement.undo or "", GONE)
            with state.writer.begin() as connection:
                _forget(state, connection, statement, done)
    return [statement.id for statement in undone]


def _notes(statement: Statement, done: set[str]) -> list[str]:
    """What stands in the state of a step that was done, or begun."""
    return [note for note in (statement.id, BEGUN + statement.id, ADDED + statement.id) if note in done]


def _forget(state: State, connection: object, statement: Statement, done: set[str]) -> None:
    state.forget_steps(connection, _notes(statement, done))


def undo_all(plan: MovePlan, state: State) -> list[str]:
    """Take back every step that was done, then drop the state tables; ids of what was undone."""
    undone = undo_stage(plan, state, "post_data") + undo_stage(plan, state, "pre_data")
    state.drop()
    return undone

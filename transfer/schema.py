"""Runs the DDL of a plan as steps: each is done once, in one transaction with the note that it is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from conversion.mapping import Statement
from engines.errors import EngineError
from transfer.failpoints import failpoint
from transfer.moveplan import MovePlan
from transfer.state import State

# Kinds that don't depend on each other: their steps may run side by side.
SIDE_BY_SIDE = frozenset({"pk", "unique", "index"})
Report = Callable[[Statement, float], None]


def run_stage(plan: MovePlan, state: State, stage: str, report: Report, cancelled: Callable[[], bool]) -> None:
    """Do every step of pre_data or post_data that is not done yet, in the plan's order."""
    done = state.done_steps()
    pending = [s for s in plan.statements if s.stage == stage and s.id not in done]
    for side_by_side, group in _groups(pending):
        if cancelled():
            raise EngineError(
                "INTERRUPTED", "The schema steps were interrupted.", "Run the same command again to go on."
            )
        threads = plan.parallel if side_by_side and state.writer.engine == "postgresql" else 1
        _run(group, state, threads, report)


def _groups(statements: list[Statement]) -> Iterator[tuple[bool, list[Statement]]]:
    for side_by_side, group in groupby(statements, key=lambda s: s.kind in SIDE_BY_SIDE):
        yield side_by_side, list(group)


def _run(group: list[Statement], state: State, threads: int, report: Report) -> None:
    if threads == 1:
        for statement in group:
            _step(statement, state, report)
        return
    with ThreadPoolExecutor(threads) as pool:
        for future in [pool.submit(_step, statement, state, report) for statement in group]:
            future.result()


def _step(statement: Statement, state: State, report: Report) -> None:
    started = time.monotonic()
    failpoint("step.before")
    with state.writer.begin() as connection:
        state.writer.run(connection, statement.sql)
        seconds = time.monotonic() - started
        state.finish_step(connection, statement.id, seconds)
    failpoint("step.after")
    report(statement, seconds)


def undo_stage(plan: MovePlan, state: State, stage: str) -> list[str]:
    """Take back the steps of a stage that were done, last first; their ids. Each may then be done again."""
    done = state.done_steps()
    undone = [s for s in reversed(plan.statements) if s.stage == stage and s.undo and s.id in done]
    for statement in undone:
        with state.writer.begin() as connection:
            state.forget_step(connection, statement.id)
            state.writer.run(connection, statement.undo or "")
    return [statement.id for statement in undone]


def undo_all(plan: MovePlan, state: State) -> list[str]:
    """Take back every step that was done, then drop the state tables; ids of what was undone."""
    undone = undo_stage(plan, state, "post_data") + undo_stage(plan, state, "pre_data")
    state.drop()
    return undone

"""Repairs what a plan names: all or nothing of a group of tables, then what was repaired is compared again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TypeVar

from engines.catalog import Catalog
from engines.connection import parse
from engines.errors import Aborted, DbmoError, EngineError
from engines.grant import Grant
from transfer.canonical.columns import ComparedTable
from transfer.compare.findings import Findings
from transfer.compare.model import Problem, TableComparison
from transfer.failpoints import failpoint
from transfer.quarantined import Quarantined
from transfer.repair.carrying import Carried
from transfer.repair.held import HeldRows
from transfer.repair.model import Left, RepairPlan, RepairResult, TablePlan, TableRepair
from transfer.repair.planning import key_of
from transfer.repair.prepared import Prepared, prepare
from transfer.repair.rewriter import Rewriter, open_rewriter
from transfer.repair.rewriter_sqlite import paused
from transfer.repair.rows import Row, state
from transfer.repair.steps import Step, Values, step, values
from transfer.sides.open import agree_on_money, open_side
from transfer.sides.side import Side

Report = Callable[[int], None]
T = TypeVar("T")
NOT_APPROVED = "the source has no such row, and deleting was not approved"
CHANGED = "the row was changed on the target since it was compared"


@dataclass
class _Job:
    """A repair as it goes."""

    source: Side
    target: str
    findings: Findings
    held: HeldRows
    deletes: bool
    report: Report
    cancelled: Callable[[], bool]
    written: int = 0


@dataclass
class _Work:
    """One table of a group."""

    planned: TablePlan
    made: Prepared
    done: TableRepair
    left: dict[str, Left] = field(default_factory=dict)

    @property
    def set(self) -> list[Carried]:
        """The columns that updates set."""
        return [column for column in self.made.columns if column.compared in self.planned.columns]

    def leave(self, reason: str, row: Row | None) -> None:
        """Count a row that is not repaired."""
        key = key_of(self.made.table, row) if row is not None else {}
        self.left.setdefault(reason, Left(rows=0, reason=reason, key=key)).rows += 1


def repair(
    plan: RepairPlan,
    source: Side,
    target: str,
    grant: Grant,
    tables: Sequence[ComparedTable],
    compared: Sequence[TableComparison],
    findings: Findings,
    key: str,
    catalog: Catalog,
    deletes: bool = False,
    aside: Mapping[str, Sequence[Quarantined]] | None = None,
    report: Report = lambda rows: None,
    cancelled: Callable[[], bool] = lambda: False,
    reader: Side | None = None,
) -> RepairResult:
    """Make the target's rows equal to the source's moment, exactly those that the plan counts.

    target: its reference; grant: for exactly this database; deletes: extra rows of the target may go; findings: those
    that the plan was made of, with what it kept beside them; report: rows written so far; reader: the side that read
    the target until now, which has a new moment afterwards. A group of tables that fails is left as it was, with its
    problem, and the others go on; INTERRUPTED when cancelled, between rows of a group.
    """
    by_name = {table.name: table for table in tables}
    results = {result.name: result for result in compared}
    engines = source.engine, parse(target).engine
    job = _Job(source, target, findings, HeldRows(findings), deletes, report, cancelled)
    found = {one.name: TableRepair(name=one.name, target=one.target, problem=one.refused) for one in plan.tables}
    wanted = [one for one in plan.tables if one.refused is None]
    with paused(reader), closing(open_rewriter(target, grant, catalog)) as rewriter:
        for group in sorted({one.group for one in wanted}):
            works = []
            for one in [item for item in wanted if item.group == group]:
                own = (aside or {}).get(one.source, ())
                made = prepare(by_name[one.name], results[one.name], key, catalog, engines, own)
                works.append(_Work(one, made, found[one.name]))
            _group(job, works, rewriter)
    return RepairResult(
        plan=plan.hash, tables=[found[one.name] for one in plan.tables], positions={"source": source.position}
    )


def _group(job: _Job, works: list[_Work], rewriter: Rewriter) -> None:
    started = time.monotonic()
    try:
        with rewriter.transaction([work.made for work in works]):
            failpoint("repair.begun")
            _write(job, works, rewriter)
            failpoint("repair.before_commit")
        failpoint("repair.after_commit")
        for work in works:
            _demand_clean(job, work)
    except DbmoError as error:
        if error.code == "INTERRUPTED":
            raise
        for work in works:
            if work.done.problem is None:
                work.done = _undone(work.done, Problem.of(error))
    for work in works:
        work.done.left = [*work.planned.left, *work.left.values()]
        work.done.seconds = time.monotonic() - started


def _undone(done: TableRepair, problem: Problem) -> TableRepair:
    done.inserted = done.updated = done.deleted = 0
    done.problem = problem
    return done


def _write(job: _Job, works: list[_Work], rewriter: Rewriter) -> None:
    """Deletions from the last table on, then updates and insertions from the first."""
    for work in works:
        _check(job, work, rewriter)
    for work in reversed(works):
        if job.deletes:
            work.done.deleted = rewriter.delete(work.made, _deletions(job, work, _there(job, rewriter)))
        else:
            for row in _deletions(job, work, _there(job, rewriter)):
                work.leave(NOT_APPROVED, row)
    for work in works:
        work.done.updated = rewriter.update(work.made, work.set, _updates(job, work, _there(job, rewriter)))
        work.done.inserted = rewriter.insert(work.made, _insertions(job, work, _there(job, rewriter)))


def _check(job: _Job, work: _Work, rewriter: Rewriter) -> None:
    """Leave rows out that are not what they were when the repair was planned."""
    made, name = work.made, work.made.table.name
    for keys in made.lots(job.findings):
        rewriter.hold(made, (row for rows in made.target_rows(_there(job, rewriter), keys).values() for row in rows))
        there = made.target_rows(_there(job, rewriter), keys, places=False)
        known = job.held.of(name, keys)
        changed = [key for key, was in known.items() if state(made.table, there.get(key, ())) != was]
        job.held.drop(name, changed)
        for key in changed:
            work.leave(CHANGED, next(iter(there.get(key, ())), None))


def _there(job: _Job, rewriter: Rewriter) -> Side:
    """The target as the rewriter sees it; money as the source shows it, as which it is written."""
    side = rewriter.side()
    agree_on_money(job.source, side)
    return side


def _steps(job: _Job, work: _Work, target: Side, need: str) -> Iterator[Step]:
    for keys in work.made.lots(job.findings):
        if job.cancelled():
            raise EngineError(
                "INTERRUPTED", "The repair was interrupted; tables that were finished stay repaired.", "Compare again."
            )
        known = job.held.of(work.made.table.name, keys, need)
        if not known:
            continue
        here, there = work.made.source_rows(job.source, known), work.made.target_rows(target, known)
        for key in known:
            yield step(work.made.table, here.get(key, []), there.get(key, []))


def _deletions(job: _Job, work: _Work, target: Side) -> Iterator[Row]:
    for needed in _steps(job, work, target, "d"):
        yield from _told(job, needed.delete) if job.deletes else needed.delete


def _updates(job: _Job, work: _Work, target: Side) -> Iterator[tuple[Row, Values]]:
    for needed in _steps(job, work, target, "u"):
        for old, row in _told(job, needed.update):
            yield old, values(work.made.table, work.made.columns, row, work.planned.columns)


def _insertions(job: _Job, work: _Work, target: Side) -> Iterator[Values]:
    for needed in _steps(job, work, target, "i"):
        for row in _told(job, needed.insert):
            yield values(work.made.table, work.made.columns, row)


def _told(job: _Job, rows: list[T]) -> list[T]:
    job.written += len(rows)
    if rows:
        job.report(job.written)
    return rows


def _demand_clean(job: _Job, work: _Work) -> None:
    """Look at every repaired row again, at a fresh moment of the target."""
    made = work.made
    differing = 0
    with closing(open_side(job.target, "target")) as target:
        agree_on_money(job.source, target)
        for keys in made.lots(job.findings):
            known = job.held.of(made.table.name, keys)
            here, there = made.source_rows(job.source, known), made.target_rows(target, known, places=False)
            for key in known:
                needed = step(made.table, here.get(key, []), there.get(key, []))
                extra = needed.delete if job.deletes else []
                differing += len(needed.insert) + len(needed.update) + len(extra)
    work.done.clean = differing == 0
    if differing:
        error = Aborted(
            "REPAIR_NOT_CLEAN",
            f"{made.table.target}: {differing:,} of the repaired rows still differ.",
            "Compare again: somebody writes to the table, or the target changes what it is given.",
        )
        work.done.problem = Problem.of(error)

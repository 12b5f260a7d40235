"""Executes a plan: schema before the rows, rows in chunks, schema after the rows, sequences, statistics."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import Field

from conversion.mapping import Statement
from engines.errors import Aborted, DbmoError, UsageError
from engines.grant import passed
from engines.model import Model
from engines.registry import open_database
from skills.context import Progress, SkillContext
from skills.etl_pipeline_builder.output import Output, QuarantinedValue, StepResult, TableResult
from skills.etl_pipeline_builder.tool import ToolArgs, digest, sections
from skills.models import DatabaseRef
from transfer.chunks import ChunkResult
from transfer.copy import begin_lanes, copy_tables
from transfer.endpoints import Endpoints
from transfer.executors import PROCESSES, lane_maker
from transfer.finish import gather_statistics, set_sequences
from transfer.limits import Limits
from transfer.load import LoadLimits
from transfer.moveplan import MovePlan
from transfer.older import end_older
from transfer.progress import Teller, Tracker
from transfer.retry import Patience, insist, once_lost, passes
from transfer.schema import run_stage
from transfer.source_copy import SourceCopy, read_from
from transfer.state import State, open_chunks, open_state
from transfer.watch import Watch

LONGEST = 1_000  # bytes of an original that are told; the quarantine table has it whole
T = TypeVar("T")
__all__ = ["Input", "Output", "ToolArgs", "digest", "run", "sections"]


class Input(Model):
    """Both ends and the plan; approval and journal_head are recorded in the target when the run starts.

    load: how much the copy may put on both ends (docs/load.md); source_copy: see transfer/source_copy.py.
    """

    source: DatabaseRef
    target: DatabaseRef
    plan: MovePlan
    approval: dict[str, Any] = Field(default_factory=dict)
    journal_head: str = ""
    load: LoadLimits = Field(default_factory=LoadLimits)
    source_copy: SourceCopy = "never"


def run(input: Input, context: SkillContext) -> Output:
    """Execute or continue the plan. Aborted without a grant; EngineError when an engine fails or on an interrupt."""
    if context.grant is None:
        raise Aborted("APPROVAL_MISSING", "No grant for the target was given.", "Approve the plan first: dbmo approve.")
    if input.source.url is None or input.target.url is None:
        raise UsageError("REQUEST_INCOMPLETE", "Both ends need a url.", "Give source.url and target.url.")
    if context.executor == PROCESSES:
        begin_lanes(input.plan, input.load.connections)
    with read_from(input.source.url, input.source_copy, context.workspace, context.journal, context.cancelled) as url:
        return _run(input, context, Endpoints(url, input.target.url, context.grant))


def _run(input: Input, context: SkillContext, endpoints: Endpoints) -> Output:
    writer = insist(endpoints.writer, Patience(), context.cancelled, judge=once_lost())
    try:
        state = open_state(writer, input.plan.migration)
        state.cancelled = context.cancelled
        state.start(input.plan.plan_hash, input.approval, input.journal_head)
        if state.epoch > 1:
            ended = insist(lambda: end_older(state, input.plan), Patience(), context.cancelled)
            if ended:
                context.journal("older run ended", {"sessions": ended})
        with limits_of(input, context) as limits:
            try:
                return _Execution(input, context, endpoints, state, limits).run()
            except DbmoError as error:
                # what a newer run made in the target meanwhile, a key for instance, refuses this one's rows
                if not passes(error) and _is_overtaken(state):
                    raise passed() from error
                raise
    finally:
        writer.close()


def _is_overtaken(state: State) -> bool:
    """Whether a newer run has taken the migration; False where the target can't be asked."""
    try:
        return bool(state.row()["epoch"] != state.epoch)
    except DbmoError:
        return False


def limits_of(input: Input, context: SkillContext) -> Limits:
    """The ceilings of a run: what was asked for, what a person changes meanwhile, and who watches both ends."""
    ends = str(input.source.url), str(input.target.url)
    return Limits(
        input.load,
        input.plan.parallel,
        context.tuning,
        lambda present: Watch(*ends, present),
        context.journal,
    )


class _Execution:
    """One run under one epoch."""

    def __init__(self, input: Input, context: SkillContext, endpoints: Endpoints, state: State, limits: Limits) -> None:
        self.plan = input.plan
        self.context = context
        self.endpoints = endpoints
        self.state = state
        self.limits = limits
        chunks = open_chunks(state)
        cut = {name for name, known in chunks.cuts().items() if known.complete}
        self.tracker = Tracker(self.plan, limits, chunks.figures(), cut, context.executor)
        self.stages: dict[str, float] = {}
        self._lock = threading.Lock()

    def run(self) -> Output:
        """All stages, each measured, and told as they go on."""
        with Teller(self.tracker, self.context.standing):
            self._timed("pre_data", lambda: self._schema("pre_data"))
            resumed = self._timed("copy", self._copy)
            self._timed("post_data", lambda: self._schema("post_data"))
            sequences = self._timed("sequences", lambda: self._insist(self._sequences))
            self._timed("statistics", lambda: self._insist(self._statistics))
            self.state.update(status="loaded")
            self.tracker.stage("done")
        return self._output(sequences, vars(resumed))

    def _insist(self, work: Callable[[], T]) -> T:
        """What may be done twice, again after what passes."""
        return insist(work, Patience(), self.context.cancelled)

    def _timed(self, stage: str, work: Any) -> Any:
        started = time.monotonic()
        self.tracker.stage(stage)
        self.context.journal("stage started", {"stage": stage, "epoch": self.state.epoch})
        result = work()
        self.stages[stage] = round(time.monotonic() - started, 3)
        self.context.journal("stage finished", {"stage": stage, "seconds": self.stages[stage]})
        return result

    def _schema(self, stage: str) -> None:
        total = sum(1 for s in self.plan.statements if s.stage == stage)
        finished = 0

        def report(statement: Statement, seconds: float) -> None:
            nonlocal finished
            with self._lock:
                finished += 1
                self.context.progress(Progress(stage, statement.id, finished, total))
                self.context.journal("step", {"id": statement.id, "seconds": round(seconds, 4)})

        run_stage(self.plan, self.state, stage, report, self.context.cancelled)

    def _copy(self) -> Any:
        totals = {table.source: table.rows for table in self.plan.tables}

        def report(result: ChunkResult) -> None:
            name = result.chunk.table
            every = result.chunk.number + result.chunks if result.chunk.upper is None else None
            moved = self.tracker.committed(name, result.rows, result.bytes, result.quarantined, result.chunks, every)
            self.context.progress(Progress("copy", name, moved, totals.get(name), result.bytes))
            self.context.journal(
                "chunk",
                {
                    "table": name,
                    "number": result.chunk.number,
                    "rows": result.rows,
                    "bytes": result.bytes,
                    "quarantined": result.quarantined,
                    "seconds": round(result.seconds, 4),
                },
            )

        return copy_tables(
            self.plan,
            self.endpoints,
            self.state,
            report,
            self.context.cancelled,
            self.limits,
            self.context.journal,
            lane_maker(self.context.executor),
            begins=lambda chunks: self.tracker.begun_again(chunks.figures()),
        )

    def _statistics(self) -> float:
        return gather_statistics(self.plan, self.state.writer, self.context.cancelled)

    def _sequences(self) -> dict[str, int]:
        source = open_database(self.endpoints.source)
        try:
            return set_sequences(self.plan, source, self.state)
        finally:
            source.close()

    def _output(self, sequences: dict[str, int], resumed: dict[str, Any]) -> Output:
        chunks = open_chunks(self.state)
        return Output(
            tables=[
                TableResult(
                    name=name,
                    rows=f["rows"],
                    bytes=f["bytes"],
                    seconds=round(f["seconds"], 3),
                    chunks=f["chunks"],
                    copies=f["copies"],
                    quarantined=f["quarantined"],
                )
                for name, f in chunks.figures().items()
            ],
            quarantined=[
                QuarantinedValue(
                    table=table, key=q.key, column=q.column, reason=q.reason, action=q.action, original=q.original
                )
                for table, q in chunks.quarantined(LONGEST)
            ],
            position=self.state.row()["position"],
            steps=[StepResult(id=k, seconds=round(v, 4)) for k, v in self.state.step_seconds().items()],
            sequences=sequences,
            stages=self.stages,
            resumed={**resumed, "planned": sorted(resumed["planned"])},
            epoch=self.state.epoch,
        )

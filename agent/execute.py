"""Phase 3: gates and approval, then the builder with a grant for exactly the approved target."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.approval import check_approval
from agent.clock import now_et
from agent.gates import read_rehearsal
from agent.phases import BUILDER
from agent.plan import Plan
from agent.prechecks import check_gates, check_source
from agent.steps import PhaseSteps
from agent.target_checks import begun_under, check_target
from conversion.fingerprint import fingerprint
from engines.catalog import Model
from engines.errors import Aborted, UsageError
from engines.grant import Grant
from engines.protocols import Database
from skills.registry import get_skill

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator

REHEARSAL = "rehearsal.json"


class ExecutionSteps(PhaseSteps):
    """One step: the builder under a grant. Made by execution_steps alone, after gates and approval held."""

    def __init__(self, run: Orchestrator, plan: Plan, approval: dict[str, Any], grant: Grant) -> None:
        super().__init__("execution", {BUILDER: lambda: _build(run, plan, approval, grant)})

    def finish(self) -> dict[str, Any]:
        """The builder's output as plain data."""
        return self.run(BUILDER).model_dump(mode="json")


@contextmanager
def execution_steps(run: Orchestrator, plan: Plan) -> Iterator[ExecutionSteps]:
    """The steps that execute or continue a plan; without gates, approval and the planned ends there are none."""
    if plan.move is None or run.ends.source_url is None or run.ends.target_url is None:
        raise UsageError(
            "DECLARED_ONLY",
            "The plan rests on declared facts; there is no database to move.",
            "Give source_database.url and target_database.url (or platform embedded), then plan again.",
        )
    check_executable(plan)
    gates = check_gates(run.request, plan.hash, read_rehearsal(run.folder.path / REHEARSAL), now_et())
    approval = check_approval(run.folder, plan)
    _check_plan_is_noted(run, plan)
    run.folder.artifact("execution/gates.json", gates.model_dump(mode="json"))
    with run.ends.source() as source:
        assert source is not None
        check_source(source)
        _check_source_is_planned(source, plan)
    yield ExecutionSteps(run, plan, approval, grant_for(run, plan))


def _build(run: Orchestrator, plan: Plan, approval: dict[str, Any], grant: Grant) -> Model:
    assert plan.move is not None
    skill = get_skill(BUILDER)
    head = run.folder.journal.append("execution started", {"plan": plan.hash, "approval": approval})
    context = run.context()
    context.grant = grant
    output: Model = skill.run(
        skill.input.model_validate(
            {
                "source": {"url": run.ends.source_url},
                "target": {"url": run.ends.target_url},
                "plan": {**plan.move.model_dump(), "plan_hash": plan.hash},
                "approval": approval,
                "journal_head": head,
                "load": run.request.options.load or {},
                "source_copy": run.request.options.source_copy,
            }
        ),
        context,
    )
    shutil.rmtree(run.folder.path / "scratch", ignore_errors=True)
    stored = run.store(BUILDER, output)
    run.folder.journal.append("execution finished", {"rows": sum(table["rows"] for table in stored["tables"])})
    return output


def check_executable(plan: Plan) -> None:
    """STRATEGY_NOT_EXECUTABLE for a plan whose strategy carries changes along until the switch."""
    if plan.settings.get("sync"):
        raise Aborted(
            "STRATEGY_NOT_EXECUTABLE",
            f"The plan is {plan.strategy} with change sync, which is not in this version; nothing was written.",
            "Allow enough downtime for a big-bang (constraints.max_downtime_minutes), or use the plan's tools.",
            strategy=plan.strategy,
        )


def _check_plan_is_noted(run: Orchestrator, plan: Plan) -> None:
    noted = run.folder.journal.last("plan")
    if noted is None or noted.body["hash"] != plan.hash:
        raise Aborted(
            "PLAN_EDITED",
            "plan.json is not the plan that the journal knows: it was changed by hand.",
            f"Put wishes into the request (options.overrides), then run: dbmo plan {run.folder.path}",
        )


def _check_source_is_planned(source: Database, plan: Plan) -> None:
    if source.identity != plan.source.identity:
        raise Aborted(
            "SOURCE_IS_ANOTHER",
            f"The plan is for {plan.source.identity}, the url now leads to {source.identity}.",
            "Correct the url, or plan again.",
        )
    if fingerprint(source.catalog()) != plan.source.fingerprint:
        raise Aborted(
            "SOURCE_SCHEMA_CHANGED",
            "The source's schema is not the one that was planned, so the approval is void.",
            "Run: dbmo plan, look at what changed, and approve again.",
        )


def grant_for(run: Orchestrator, plan: Plan) -> Grant:
    """A grant for the target that the plan names; it must be that one, and hold nothing in the way."""
    assert plan.move is not None
    file = run.ends.plan_identity(None)
    if file is not None and file == plan.target.identity:
        from engines.sqlite.writer import undo_unfinished

        undo_unfinished(Path(file.removeprefix("sqlite:")))  # of a run that was killed
    with run.ends.target() as target:
        planned = run.ends.plan_identity(target)
        if plan.target.identity not in (None, planned):
            raise Aborted(
                "TARGET_IS_ANOTHER",
                f"The plan is for {plan.target.identity}, the url now leads to {planned}.",
                "Correct the url, or plan and approve again.",
            )
        if target is None:
            return Grant(plan.migration, str(planned), plan.hash, plan.target.scratch)
        if begun_under(target, plan.migration) is None:
            check_target(run, target, made_by(plan))
        return Grant(plan.migration, target.identity, plan.hash, plan.target.scratch)


def made_by(plan: Plan) -> set[str]:
    """Full names of the tables and views, or names of the collections, that the plan makes."""
    assert plan.move is not None
    move = plan.move
    names = {table.target for table in move.tables} | set(plan.views.values()) | set(move.renamed_collections.values())
    names |= {table.table for mapping in move.documents for table in mapping.tables}
    return names | {mapping.collection for mapping in move.collections}

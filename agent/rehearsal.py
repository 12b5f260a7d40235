"""The whole plan and its way back on a scratch database: does it run, and does its rollback leave nothing?"""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

from agent.clock import now_text
from agent.execute import REHEARSAL
from agent.phases import BUILDER, VALIDATOR
from agent.plan import Plan
from agent.scratch import drop, fresh
from agent.target_checks import begun_under
from agent.validate import compared_by
from conversion.fingerprint import fingerprint
from engines.errors import DbmoError, EngineError, UsageError
from engines.grant import Grant
from engines.registry import open_database, open_writer
from skills.registry import get_skill
from transfer.executors import reaching
from transfer.relocate import moved_to
from transfer.schema import undo_all
from transfer.state import open_state

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator

DATABASE = "rehearsal"


def rehearse(run: Orchestrator, plan: Plan) -> dict[str, Any]:
    """Copy everything to scratch, compare every row, roll back, look for leftovers; the result, stored."""
    if plan.move is None or run.ends.source_url is None:
        raise UsageError("DECLARED_ONLY", "A plan from declared facts can't be rehearsed.", "Give the source's url.")
    url = fresh(run, plan.move.target_engine, DATABASE)
    with closing(open_database(url)) as scratch:
        catalog = scratch.catalog()
        identity, before = scratch.identity, fingerprint(catalog)
    plan, planned = plan.model_copy(update={"move": moved_to(plan.move, catalog.database)}), plan
    grant = Grant(f"{plan.migration} rehearsal", identity, planned.hash, scratch=True, stands_in=True)
    run.folder.journal.append("rehearsal started", {"plan_hash": planned.hash})
    started = time.monotonic()
    passed, detail, stages = _forward(run, plan, planned.hash, url, grant)
    undone, leftover = _back(plan, url, grant, before)
    drop(run, planned.target.engine, DATABASE)
    if run.interrupt.is_set():  # it says nothing about the plan
        raise EngineError("INTERRUPTED", "You stopped the command.", "Run it again to go on where it stopped.")
    result = {
        "plan_hash": planned.hash,
        "passed": passed,
        "rolled_back": undone,
        "at": now_text(),
    }
    run.folder.write_json(REHEARSAL, result)
    told = {**result, "seconds": round(time.monotonic() - started, 3), "stages": stages}
    told["detail"] = detail or leftover
    run.folder.artifact("planning/rehearsal.json", told)
    run.folder.journal.append("rehearsed", told)
    return told


def _forward(
    run: Orchestrator, plan: Plan, plan_hash: str, url: str, grant: Grant
) -> tuple[bool, str | None, dict[str, float]]:
    """Execute and compare on scratch; whether every row arrived, else why not."""
    assert plan.move is not None
    builder, validator = get_skill(BUILDER), get_skill(VALIDATOR)
    context = run.context()
    context.grant = grant
    context.executor = reaching(run.executor, url)
    ends = {"source": {"url": run.ends.source_url}, "target": {"url": url}}
    move = {**plan.move.model_dump(), "plan_hash": plan_hash, "migration": grant.migration}
    load: dict[str, Any] = {"load": run.request.options.load or {}, "source_copy": run.request.options.source_copy}
    try:
        built = builder.run(builder.input.model_validate({**ends, "plan": move, **load}), context)
        given = {**ends, **compared_by(plan.move), "migration": grant.migration}
        compared = validator.run(validator.input.model_validate(given), context)
    except DbmoError as error:
        return False, f"{error.what} {error.remedy}", {}
    differing = [table.name for table in compared.tables if not table.equal]
    return compared.equal, f"rows differ in {', '.join(differing)}" if differing else None, built.stages


def _back(plan: Plan, url: str, grant: Grant, before: str) -> tuple[bool, str | None]:
    """Undo everything; whether the scratch database is what it was before."""
    assert plan.move is not None
    try:
        with closing(open_writer(url, grant)) as writer:
            state = open_state(writer, grant.migration)
            if begun_under(writer, grant.migration) is not None:
                state.join(state.row()["epoch"])
                undo_all(plan.move, state)
        with closing(open_database(url)) as scratch:
            same = fingerprint(scratch.catalog()) == before
    except DbmoError as error:
        return False, f"the rollback failed: {error.what}"
    return same, None if same else "objects are left after the rollback"

"""Checks before and while rows are copied: the comparison's own code over what is in the target so far."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from engines.errors import UsageError
from transfer.compare.inflight import check_empty, check_finished
from transfer.endpoints import Endpoints
from transfer.state import open_state

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator


def check_in_flight(run: Orchestrator) -> dict[str, Any]:
    """A result per table, as of the validator, and whether all of it is equal.

    Before the execution: rows that the target's tables hold already. After it began: the finished chunks against the
    source as it is now. DECLARED_ONLY for a plan without databases.
    """
    from agent.execute import grant_for

    plan = run.needed_plan()
    if plan.move is None or run.ends.source_url is None or run.ends.target_url is None:
        raise UsageError(
            "DECLARED_ONLY",
            "The plan rests on declared facts; there is no database to look at.",
            "Give source_database.url and target_database.url (or platform embedded), then plan again.",
        )
    if plan.move.documents or plan.move.collections or plan.move.renamed_collections:
        raise UsageError(
            "UNSUPPORTED_OPTION",
            "Finished chunks are compared of tables only; on a side of this plan are documents.",
            "Run dbmo validate without --finished once the execution has ended.",
        )
    endpoints = Endpoints(run.ends.source_url, run.ends.target_url, grant_for(run, plan))
    begun = run.folder.journal.last("execution started") is not None
    if begun:
        with closing(endpoints.writer()) as writer:
            found = check_finished(plan.move, endpoints, open_state(writer, plan.migration))
    else:
        found = check_empty(plan.move, endpoints)
    tables = [{**result.model_dump(mode="json"), "equal": result.equal} for result in found]
    return {
        "equal": all(result.equal for result in found),
        "moment": "finished chunks" if begun else "before the copy",
        "rows_compared": sum(result.rows_source or 0 for result in found),
        "tables": tables,
    }

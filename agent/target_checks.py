"""What must hold of the target before anything is written to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from engines.errors import Aborted
from engines.families import family
from engines.full_names import parts
from engines.protocols import Database
from engines.target_rights import rights_missing
from transfer.noted import begun

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator


def begun_under(target: Database, migration: str) -> str | None:
    """The plan hash that this migration began under on the target, None when it never began there."""
    found = begun(target, migration)
    return str(found["plan_hash"]) if found else None


def check_target(run: Orchestrator, target: Database, wanted: Iterable[str]) -> None:
    """TARGET_NOT_EMPTY where tables, views or collections of the wanted names are there; TARGET_RIGHTS_MISSING.

    wanted: full names. What this migration itself created, in a run that was interrupted, does not count.
    """
    if begun_under(target, run.folder.migration) is not None:
        return
    wanted = set(wanted)
    lacking = rights_missing(target, {parts(name)[0] for name in wanted})
    if lacking:
        raise Aborted(
            "TARGET_RIGHTS_MISSING",
            f"The user of {target.display} lacks {', '.join(lacking)}.",
            "Grant that to the user, or use another one.",
            missing=lacking,
        )
    taken = sorted(_there(target) & wanted)
    if taken:
        more = f" and {len(taken) - 10} more" if len(taken) > 10 else ""
        raise Aborted(
            "TARGET_NOT_EMPTY",
            f"{target.display} already has {', '.join(taken[:10])}{more}; nothing was touched.",
            _remedy(run),
            tables=taken,
        )


def _remedy(run: Orchestrator) -> str:
    """What to do about tables that are there; they may be this migration's own, whose notes somebody removed."""
    if run.folder.journal.last("execution started") is None:
        return "Use an empty database or another target_schema, or remove those tables yourself."
    script = f"{run.folder.path}/artifacts/planning/rollback.sql"
    return f"This migration began here, but its notes (_dbmo) are gone: look at the tables, then drop them ({script})."


def _there(target: Database) -> set[str]:
    catalog = target.catalog()
    if family(target.engine) == "mongodb":
        return {collection.name for collection in catalog.collections}
    return {table.full_name for table in catalog.tables} | {view.full_name for view in catalog.views}

"""What must hold of the target before anything is written to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conversion.mapping import TableMapping
from engines.errors import Aborted
from engines.protocols import Database

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator

STATE = {
    "postgresql": (
        "SELECT pg_catalog.to_regclass('_dbmo.migration') IS NOT NULL",
        "SELECT plan_hash FROM _dbmo.migration WHERE id = %s",
    ),
    "sqlite": (
        "SELECT count(*) FROM sqlite_master WHERE name = '_dbmo_migration'",
        "SELECT plan_hash FROM _dbmo_migration WHERE id = ?",
    ),
}
CREATE_RIGHT = "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')"


def begun_under(target: Database, migration: str) -> str | None:
    """The plan hash that this migration began under on the target, None when it never began there."""
    there, plan = STATE[target.engine]
    if not target.query(there)[0][0]:
        return None
    found = target.query(plan, (migration,))
    return str(found[0][0]) if found else None


def check_target(run: Orchestrator, target: Database, tables: list[TableMapping], views: dict[str, str]) -> None:
    """TARGET_NOT_EMPTY where tables or views of the plan's names are there already; TARGET_RIGHTS_MISSING.

    What this migration itself created, in a run that was interrupted, does not count.
    """
    if begun_under(target, run.folder.migration) is not None:
        return
    if target.engine == "postgresql" and not target.query(CREATE_RIGHT)[0][0]:
        raise Aborted(
            "TARGET_RIGHTS_MISSING",
            f"The user of {target.display} may not create schemas in the database.",
            "GRANT CREATE ON DATABASE to that user, or use another one.",
        )
    catalog = target.catalog()
    there = {table.full_name for table in catalog.tables} | {view.full_name for view in catalog.views}
    taken = sorted(there & ({table.target for table in tables} | set(views.values())))
    if taken:
        more = f" and {len(taken) - 10} more" if len(taken) > 10 else ""
        raise Aborted(
            "TARGET_NOT_EMPTY",
            f"{target.display} already has {', '.join(taken[:10])}{more}; nothing was touched.",
            "Use an empty database or another target_schema, or remove those tables yourself.",
            tables=taken,
        )

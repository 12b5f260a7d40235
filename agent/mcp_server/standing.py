"""Where migrations stand: the job's state, the phases of the journal, the rows in the target."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from agent.mcp_server.databases import Databases
from agent.mcp_server.jobs import Job
from agent.mcp_server.migrations import Migrations, at_work
from agent.mcp_server.replies import Copying, DatabaseLine, ListReply, MigrationLine, Moved, StatusReply
from agent.status import phases_of, status_of
from engines.errors import DbmoError
from skills.digest import clean
from transfer.standing import SCANNED

DONE = "done"  # the stage of a copy that is over
LISTED = 50  # migrations
UNFINISHED = 10  # tables


def status(migrations: Migrations, migration: str) -> StatusReply:
    """The migration's own status joined with its job's."""
    job = Job(migrations.folder(migration))
    with migrations.reading(migration) as run:
        begun = run.folder.journal.last("execution started") is not None  # only then the target is looked at
        with at_work() if begun else nullcontext():
            found = status_of(run)
    return StatusReply(
        migration=migration,
        state=job.state,
        until=job.until,
        exit_status=job.exit_status,
        error=job.error,
        phases=found["phases"],
        plan=found["plan"],
        strategy=found["strategy"],
        approved=found["approved"],
        moved=_moved((found["target"] or {}).get("tables") or []),
        copying=_copying(found["progress"], migration),
        next=found["next"],
        log=job.log_lines(),
    )


def listed(migrations: Migrations, databases: Databases) -> ListReply:
    """Databases and migrations; a folder that can't be read is named with the reason."""
    return ListReply(
        databases=[DatabaseLine(**line) for line in databases.described()],
        migrations=[_line(migrations, migration) for migration in migrations.latest(LISTED)],
        migrations_total=len(migrations.ids()),
    )


def _line(migrations: Migrations, migration: str) -> MigrationLine:
    state = Job(migrations.folder(migration)).state
    try:
        with migrations.reading(migration) as run:
            phases, _ = phases_of(run.folder)
    except DbmoError as error:
        return MigrationLine(migration=migration, state=state, problem=error.what)
    return MigrationLine(migration=migration, state=state, phases=phases)


def _copying(standing: dict[str, Any] | None, migration: str) -> Copying | None:
    """How the copy goes; None where none runs."""
    if standing is None or not standing["running"] or standing["stage"] in (DONE, SCANNED):
        return None
    told = {name: standing[name] for name in Copying.model_fields if name in standing}
    told["paused"] = [str(clean(reason)) for reason in standing["paused"]]
    return Copying(rehearsal=standing["migration"] != migration, **told)


def _moved(tables: list[dict[str, Any]]) -> Moved | None:
    """Sums, and the names of a few tables: a source may have thousands."""
    if not tables:
        return None
    open_tables = [table["name"] for table in tables if table["done"] < table["chunks"]]
    return Moved(
        tables=len(tables),
        tables_done=len(tables) - len(open_tables),
        chunks=sum(table["chunks"] for table in tables),
        chunks_done=sum(table["done"] for table in tables),
        rows=sum(table["rows"] for table in tables),
        bytes=sum(table["bytes"] for table in tables),
        unfinished=[str(clean(name)) for name in open_tables[:UNFINISHED]],
    )

"""The tools around migrations: list, start, continue, status, result, cancel."""

from __future__ import annotations

from functools import partial
from typing import Any

import anyio
import anyio.to_thread
from mcp.server.mcpserver import Context
from pydantic import Field

from agent.mcp_server.databases import Databases
from agent.mcp_server.jobs import Job
from agent.mcp_server.migrations import Migrations
from agent.mcp_server.replies import ListReply, ResultReply, StatusReply
from agent.mcp_server.results import ResultArguments, result
from agent.mcp_server.standing import listed, status
from agent.mcp_server.starting import ContinueArguments, proceed, start, start_arguments
from agent.mcp_server.tool import READS, Arguments, DbmoTool, Effect, MigrationId, make_tool
from skills.digest import Meter

LOOK_SECONDS = 0.5
MOST_WAIT = 50  # seconds; clients give up on a call after 60
WRITES = Effect(destroys=True)  # once a person approved the plan, or for a target that may be lost
STOPS = Effect()


class MigrationArguments(Arguments):
    """A migration that exists."""

    migration: MigrationId


class StatusArguments(MigrationArguments):
    """A migration, and how long to wait for its job's end."""

    wait_seconds: int = Field(0, ge=0, le=MOST_WAIT, description="wait so long for the job to end")


def job_tools(migrations: Migrations, databases: Databases, meter: Meter) -> list[DbmoTool]:
    """All of them, sorted by name."""

    def begin(**given: Any) -> StatusReply:
        return status(migrations, start(migrations, databases, given))

    def go_on(migration: str, until: Any) -> StatusReply:
        return status(migrations, proceed(migrations, migration, until))

    def cancel(migration: str) -> StatusReply:
        Job(migrations.folder(migration)).cancel()
        return status(migrations, migration)

    async def wait(context: Context[Any, Any], migration: str, wait_seconds: int) -> StatusReply:
        await wait_for_end(context, Job(migrations.folder(migration)), wait_seconds)
        return await anyio.to_thread.run_sync(status, migrations, migration)

    every = partial(listed, migrations, databases)
    read = partial(result, migrations, meter)
    make = partial(make_tool, place=lambda migration: str(migrations.root / migration))
    return [
        make("dbmo_cancel", DESCRIPTIONS["dbmo_cancel"], MigrationArguments, StatusReply, cancel, STOPS),
        make("dbmo_continue", DESCRIPTIONS["dbmo_continue"], ContinueArguments, StatusReply, go_on, WRITES),
        make("dbmo_list", DESCRIPTIONS["dbmo_list"], Arguments, ListReply, every, READS),
        make("dbmo_result", DESCRIPTIONS["dbmo_result"], ResultArguments, ResultReply, read, READS),
        make("dbmo_start", DESCRIPTIONS["dbmo_start"], start_arguments(databases), StatusReply, begin, WRITES),
        make("dbmo_status", DESCRIPTIONS["dbmo_status"], StatusArguments, StatusReply, wait, READS, is_async=True),
    ]  # fmt: skip


DESCRIPTIONS = {
    "dbmo_cancel": "Stop a migration's job after the chunks that are under way. dbmo_continue goes on later.",
    "dbmo_continue": "Go on with a migration as a job, up to a phase. What needs a person's approval is refused.",
    "dbmo_list": "Configured databases by name, and migrations by id with their phases.",
    "dbmo_result": "Read a migration's results page by page; without `section`, what there is to read.",
    "dbmo_start": "Start a migration between two configured databases as a job. It stops where a person must approve.",
    "dbmo_status": "Where a migration and its job stand; with wait_seconds, wait for the job's end.",
}


async def wait_for_end(context: Context[Any, Any], job: Job, seconds: int) -> None:
    """Until the job ends or the time is up; its log's lines are told as progress."""
    told = -1
    with anyio.move_on_after(seconds):
        while job.running:
            written = job.lines_written()
            if written > told:
                told = written
                await context.report_progress(float(written), None, (job.log_lines() or ["starting"])[-1])
            await anyio.sleep(LOOK_SECONDS)

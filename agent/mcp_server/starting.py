"""Starting and continuing a migration for an assistant: a request made of names and limits, never of urls."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from agent.folder import Folder
from agent.mcp_server.databases import NAME, Databases
from agent.mcp_server.jobs import Job
from agent.mcp_server.migrations import Migrations
from agent.mcp_server.tool import MIGRATION_PATTERN, Arguments, MigrationId
from agent.orchestrator import Orchestrator
from agent.prechecks import MIGRATION_TYPES
from agent.request import Request, migration_id, parse_request
from agent.request_model import Goal
from engines.errors import UsageError

Until = Literal["assess", "plan", "rehearse", "execute", "validate"]
WRITES = frozenset({"execute", "validate"})  # what a job does on the way to these writes to the target
MOST_MINUTES = 525_600  # a year


class StartArguments(Arguments):
    """source and target are added with the configured names."""

    migration_type: Literal[MIGRATION_TYPES]  # type: ignore[valid-type]
    max_downtime_minutes: float = Field(ge=0, le=MOST_MINUTES, description="0: none at all")
    data_consistency: Literal["strict", "eventual"] = "strict"
    rollback_required: bool = True
    dual_infrastructure: bool = True
    criticality: Literal["normal", "critical"] = "normal"
    multi_tenant: bool = False
    goals: list[Goal] = Field(default_factory=list, max_length=6)
    name: str | None = Field(None, pattern=MIGRATION_PATTERN, description="the new migration's id")
    until: Until = Field("plan", description="phase to stop after")


class ContinueArguments(Arguments):
    """A migration that exists, and how far it is to go."""

    migration: MigrationId
    until: Until = Field("plan", description="phase to stop after")


def start_arguments(databases: Databases) -> type[StartArguments]:
    """The arguments with the names that are configured as enums; without a source any name is refused by name."""
    sources: Any = Literal[databases.names] if databases.names else Annotated[str, Field(pattern=NAME.pattern)]
    targets: Any = Literal[databases.target_names]
    made: type[StartArguments] = create_model(
        "dbmo_start_arguments",
        __base__=StartArguments,
        source=(sources, Field(description="configured database")),
        target=(targets, Field(description="configured database")),
    )
    return made


def start(migrations: Migrations, databases: Databases, given: dict[str, Any]) -> str:
    """Begin a migration, or go on with the same request; its id.

    MIGRATION_EXISTS when the id belongs to another request: what a person asked for is never replaced from here.
    """
    until = given.pop("until")
    request = made_request(databases, given)
    migration = migration_id(request)
    path = migrations.root / migration
    if (path / "request.json").exists():
        _same(migrations, migration, request)
        return proceed(migrations, migration, until)
    folder = Folder.create(path, request, migration)
    folder.close()
    Job(path).start(request, until)
    return migration


def proceed(migrations: Migrations, migration: str, until: Until) -> str:
    """Go on with a migration; what needs a person's approval is refused before anything is started."""
    with migrations.reading(migration) as run:
        if until in WRITES:
            check_person(run)
        request = run.request
    Job(migrations.folder(migration)).start(request, until)
    return migration


def check_person(run: Orchestrator) -> None:
    """APPROVAL_MISSING or APPROVAL_VOID where a plan waits for a person; nothing where there is no plan yet."""
    from agent.approval import check_approval

    plan = run.plan
    if plan is not None and not plan.declared and not run.done("execution"):
        check_approval(run.folder, plan)


def made_request(databases: Databases, given: dict[str, Any]) -> Request:
    """The request: databases from the file, limits from the arguments, the rest as a person decided in the file."""
    data = {
        "source_database": databases.source(given["source"]),
        "target_database": databases.target(given["target"]),
        "migration_type": given["migration_type"],
        "constraints": {name: given[name] for name in CONSTRAINTS},
        **databases.defaults,
    }
    if given.get("name") is not None:
        data["name"] = given["name"]
    return parse_request(data, databases.base)


CONSTRAINTS = (
    "max_downtime_minutes",
    "data_consistency",
    "rollback_required",
    "dual_infrastructure",
    "criticality",
    "multi_tenant",
    "goals",
)


def _same(migrations: Migrations, migration: str, request: Request) -> None:
    with migrations.reading(migration) as run:
        if run.request == request:
            return
    raise UsageError(
        "MIGRATION_EXISTS",
        f"The migration {migration} exists with another request.",
        "Continue it with dbmo_continue, or start this one under another name.",
    )

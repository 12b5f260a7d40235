"""Each skill as a tool: the registry's definition, with a migration or configured databases to look at."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, cast

from mcp.server.mcpserver import Context
from pydantic import Field, create_model

from agent.mcp_server.databases import Databases
from agent.mcp_server.direct import ONE_SIDED, TWO_SIDED, look
from agent.mcp_server.migrations import Migrations
from agent.mcp_server.progress import in_thread
from agent.mcp_server.replies import DigestReply
from agent.mcp_server.tool import READS, Arguments, DbmoTool, MigrationId, make_tool
from agent.orchestrator import Orchestrator, Show
from agent.phases import PHASES
from agent.typed_outputs import stored
from engines.errors import UsageError
from skills.digest import LIMITS, Meter
from skills.registry import Skill, all_skills


def skill_tools(migrations: Migrations, databases: Databases, meter: Meter) -> list[DbmoTool]:
    """The tools of all skills, sorted by name."""
    return [_tool(skill, migrations, databases, meter) for _, skill in sorted(all_skills().items())]


def _tool(skill: Skill, migrations: Migrations, databases: Databases, meter: Meter) -> DbmoTool:
    async def work(context: Context[Any, Any], **given: Any) -> DigestReply:
        return await in_thread(context, partial(_answer, skill, migrations, databases, meter, given))

    return make_tool(
        skill.name,
        f"{skill.tool_definition()['description']} {skill.description}",
        arguments_of(skill, databases.names),
        DigestReply,
        work,
        READS,
        is_async=True,
        place=lambda migration: str(migrations.root / migration),
    )


def arguments_of(skill: Skill, names: tuple[str, ...]) -> type[Arguments]:
    """The skill's own arguments and where to look: a migration, or, where the skill can, databases by name."""
    fields: dict[str, Any] = {}
    direct = bool(names) and skill.name in ONE_SIDED | TWO_SIDED
    fields["migration"] = (MigrationId | None, None) if direct else (MigrationId, ...)
    if direct:
        known = Literal[names]  # type: ignore[valid-type]
        fields["database"] = (known | None, Field(None, description="instead of a migration"))
        if skill.name in TWO_SIDED:
            fields["target"] = (known | None, Field(None, description="what database is compared with"))
    bases: Any = (skill.tool_args, Arguments)
    made: Any = create_model(f"{skill.package}_arguments", __base__=bases, **fields)
    return cast(type[Arguments], made)


def _answer(
    skill: Skill, migrations: Migrations, databases: Databases, meter: Meter, given: dict[str, Any], show: Show
) -> DigestReply:
    migration, database, target = (given.pop(name, None) for name in ("migration", "database", "target"))
    if (migration is None) == (database is None):
        raise UsageError(
            "PLACE_UNCLEAR",
            "A skill looks at one place: a migration, or configured databases.",
            "Give either `migration` or `database`.",
        )
    choice = skill.tool_args.model_validate(given)
    if migration is None:
        output = look(skill, databases, str(database), target, show)
    else:
        output = output_of(skill, migrations, migration, show)
    made = skill.digest(output, LIMITS[choice.detail], meter, choice)
    return DigestReply(
        skill=skill.name,
        migration=migration,
        handle=made.handle,
        data=made.data,
        sections={f"{made.handle}.{name}": size for name, size in made.sections.items()} if migration else {},
    )


def output_of(skill: Skill, migrations: Migrations, migration: str, show: Show) -> Any:
    """What the skill gave in this migration; a phase that reads only is run when it was not yet."""
    with migrations.reading(migration) as run:
        output = stored(run, skill.name)
    if output is None:
        phase = next(phase.name for phase in PHASES.values() if skill.name in phase.skills)
        with migrations.working(migration, show) as run:
            with run.reported():
                PRODUCED[phase](run)
            run.report()
            output = stored(run, skill.name)
    return output


def refuse_to_execute(run: Orchestrator) -> None:
    """Nothing is executed from here: the approval that is missing, else where execution is asked for."""
    from agent.approval import check_approval

    check_approval(run.folder, run.needed_plan())
    raise UsageError(
        "NOT_EXECUTED",
        "Nothing was moved yet.",
        "Call dbmo_continue with until=execute, or a person runs dbmo execute.",
    )


PRODUCED: dict[str, Callable[[Orchestrator], object]] = {
    "assessment": Orchestrator.assess,
    "planning": Orchestrator.make_plan,
    "execution": refuse_to_execute,
    "validation": Orchestrator.validate,
}

"""Results page by page: the sections of the skills' stored outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from agent.mcp_server.migrations import Migrations
from agent.mcp_server.replies import ResultReply
from agent.mcp_server.resources import resources_of
from agent.mcp_server.tool import Arguments, MigrationId
from agent.orchestrator import Orchestrator
from agent.typed_outputs import stored
from engines.errors import UsageError
from skills.digest import Meter, Section, page
from skills.registry import all_skills

PAGE_TOKENS = 2_000
RESOURCES = 50  # addresses that are named; a source may have thousands of tables, each with a suite


class ResultArguments(Arguments):
    """A section is `<handle>.<section>` as digests and this tool name them."""

    migration: MigrationId
    section: str | None = Field(None, pattern=r"^[a-z]{1,12}\.[a-z_]{1,30}$", description="such as assess.hazards")
    offset: int = Field(0, ge=0, le=10_000_000)


def result(migrations: Migrations, meter: Meter, migration: str, section: str | None, offset: int) -> ResultReply:
    """The work of dbmo_result."""
    with migrations.reading(migration) as run:
        sections = sections_of(run)
        if section is None:
            sizes = {name: len(found.items) for name, found in sections.items()}
            files = resources_of(run.folder, migration)
            return ResultReply(
                migration=migration, sections=sizes, resources=files[:RESOURCES], resources_total=len(files)
            )
    return _page(migration, sections, section, offset, meter)


def sections_of(run: Orchestrator) -> dict[str, Section]:
    """The sections of every skill that has run, as `<handle>.<section>`."""
    found: dict[str, Section] = {}
    for skill in all_skills().values():
        output = stored(run, skill.name)
        if output is not None:
            sections = skill.sections(output)
            found |= {f"{skill.handle}.{section.name}": section for section in sections if section.items}
    return found


def _page(migration: str, sections: Mapping[str, Section], name: str, offset: int, meter: Meter) -> ResultReply:
    section = sections.get(name)
    if section is None:
        raise UsageError(
            "SECTION_UNKNOWN",
            f"{migration} has no section {name}: it holds nothing, or its skill has not run yet.",
            f"Sections: {', '.join(sections) or 'none yet'}.",
        )
    if offset > len(section.items):
        raise UsageError("OFFSET_TOO_LARGE", f"{name} has {len(section.items)} items.", "Begin again at offset 0.")
    found: dict[str, Any] = page(name.partition(".")[0], section, offset, PAGE_TOKENS, meter).data
    end = found.get("next")
    if end == offset:  # one item alone is larger than a page
        end = offset + 1
        found["items"] = [dict(section.items[offset])]
    return ResultReply(
        migration=migration,
        section=name,
        offset=offset,
        total=len(section.items),
        items=found["items"],
        has_more=end is not None and end < len(section.items),
        next_offset=end if end is not None and end < len(section.items) else None,
    )

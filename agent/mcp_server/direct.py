"""Skills on configured databases without a migration: looking only, nothing is stored."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from agent.mcp_server.databases import Databases
from agent.mcp_server.migrations import at_work
from agent.orchestrator import Show
from agent.phases import ANALYZER, COMPARATOR
from engines.errors import UsageError
from engines.registry import open_database
from skills.context import SkillContext
from skills.registry import Skill

ONE_SIDED = frozenset({ANALYZER})
TWO_SIDED = frozenset({COMPARATOR})


def look(skill: Skill, databases: Databases, database: str, target: str | None, show: Show) -> Any:
    """The skill's output for one database, or for two; UsageError TARGET_MISSING where it needs both."""
    if skill.name in TWO_SIDED and target is None:
        raise UsageError("TARGET_MISSING", f"{skill.name} compares two databases.", "Give `target` too.")
    urls = [databases.url(name) for name in (database, target) if name is not None]
    with at_work(), _context(urls, show) as context:
        given = INPUTS[skill.name](urls)
        return skill.run(skill.input.model_validate(given), context)


@contextmanager
def _context(urls: list[str], show: Show) -> Iterator[SkillContext]:
    """Open connections, reading only, and a workspace that goes away."""
    with ExitStack() as stack:
        context = SkillContext(progress=show)
        context.workspace = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dbmo-")))
        opened = [stack.enter_context(closing(open_database(url))) for url in urls]
        context.source = opened[0]
        context.target = opened[1] if len(opened) > 1 else None
        yield context


INPUTS: dict[str, Callable[[list[str]], dict[str, Any]]] = {
    ANALYZER: lambda urls: {"database": {"url": urls[0]}},
    COMPARATOR: lambda urls: {"source": {"url": urls[0]}, "target": {"url": urls[1]}, "mode": "diff"},
}

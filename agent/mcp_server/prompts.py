"""The workflows as prompts: what a person picks from a menu, and the assistant then does step by step."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from agent.mcp_server.databases import NAME as DATABASE_NAME
from agent.mcp_server.tool import MIGRATION_PATTERN
from engines.errors import UsageError

if TYPE_CHECKING:
    from mcp.server import MCPServer

DATABASE = "name of a configured database"
MIGRATION = "id of a migration"
PATTERNS = {DATABASE: DATABASE_NAME, MIGRATION: re.compile(MIGRATION_PATTERN)}
WORKFLOWS: dict[str, tuple[str, dict[str, str]]] = {
    "assess": ("What is in a database, and what will bite.", {"database": DATABASE}),
    "plan": ("A plan for moving one configured database to another.", {"source": DATABASE, "target": DATABASE}),
    "go-live-check": ("Whether a migration may go live, and what is still open.", {"migration": MIGRATION}),
    "explain-differences": ("What differs after a copy, and why.", {"migration": MIGRATION}),
}


def add_prompts(server: MCPServer) -> None:
    """Every workflow, its arguments checked to be names."""
    from mcp.server.mcpserver.prompts import Prompt
    from mcp.server.mcpserver.prompts.base import PromptArgument

    for name, (description, arguments) in WORKFLOWS.items():
        needed = [PromptArgument(name=key, description=about, required=True) for key, about in arguments.items()]
        server.add_prompt(Prompt(name=name, description=description, arguments=needed, fn=_text(name)))


def render(workflow: str, arguments: dict[str, str]) -> str:
    """A workflow's text; UsageError for an unknown one, and for an argument that is no name."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    if workflow not in WORKFLOWS:
        raise UsageError("WORKFLOW_UNKNOWN", f"There is no workflow {workflow}.", f"Workflows: {', '.join(WORKFLOWS)}.")
    for name, about in WORKFLOWS[workflow][1].items():
        if not PATTERNS[about].fullmatch(arguments.get(name, "")):
            raise UsageError("NAME_INVALID", f"{name} is no name.", f"Give the {about}; dbmo_list has them.")
    environment = Environment(
        loader=PackageLoader("prompts", "workflows"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(f"{workflow}.md.j2").render(arguments)


def _text(workflow: str) -> Callable[..., str]:
    def text(**given: str) -> str:
        from mcp.shared.exceptions import MCPError
        from mcp_types import INVALID_PARAMS

        try:
            return render(workflow, given)
        except UsageError as error:
            raise MCPError(code=INVALID_PARAMS, message=f"{error.what} {error.remedy} [{error.code}]") from None

    return text

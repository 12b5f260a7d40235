"""A tool of the server: arguments and answer are models, every error is an error result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase, FuncMetadata
from mcp_types import TextContent, ToolAnnotations
from pydantic import BaseModel, ConfigDict, Field

from agent.mcp_server.failures import as_result, failure_of
from engines.connection import redact
from skills.digest import fenced

MIGRATION_PATTERN = "^[a-z0-9][a-z0-9_-]{0,59}$"
MigrationId = Annotated[str, Field(pattern=MIGRATION_PATTERN, description="id from dbmo_list")]


@dataclass(frozen=True)
class Effect:
    """What a tool may do to its surroundings; nothing here reaches beyond the configured databases."""

    reads_only: bool = False
    destroys: bool = False
    repeatable: bool = True

    @property
    def hints(self) -> ToolAnnotations:
        """The same as the protocol's hints."""
        return ToolAnnotations(
            read_only_hint=self.reads_only,
            destructive_hint=self.destroys,
            idempotent_hint=self.repeatable,
            open_world_hint=False,
        )


READS = Effect(reads_only=True)


class Arguments(ArgModelBase):
    """Base of the arguments of tools: unknown ones are errors, and no error quotes what was given."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class DbmoTool(Tool):
    """A tool whose errors are results with code, what, remedy and a person's part."""

    place: Callable[[str], str] = str

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:
        """The answer as structured content and fenced text, or an error result; a protocol's error stays one."""
        try:
            return await super().run(arguments, context, convert_result)
        except ToolError as error:
            migration = arguments.get("migration", arguments.get("name"))
            folder = self.place(migration) if isinstance(migration, str) else "DIR"
            return as_result(failure_of(error.__cause__ or error, folder))


def make_tool(
    name: str,
    description: str,
    arguments: type[ArgModelBase],
    reply: type[BaseModel],
    work: Callable[..., Any],
    effect: Effect,
    *,
    is_async: bool = False,
    place: Callable[[str], str] = str,
) -> DbmoTool:
    """A tool from its models. work gets the arguments by name and gives a reply; an async one gets `context` too."""

    def answer(made: BaseModel) -> Any:
        return _result(name, made)

    async def waiting(**given: Any) -> Any:
        return answer(await work(**given))

    def direct(**given: Any) -> Any:
        return answer(work(**given))

    return DbmoTool(
        fn=waiting if is_async else direct,
        name=name,
        description=description,
        parameters=_schema(arguments),
        fn_metadata=FuncMetadata(arg_model=arguments, output_model=reply),
        is_async=is_async,
        context_kwarg="context" if is_async else None,
        annotations=effect.hints,
        place=place,
    )


def _result(name: str, made: BaseModel) -> Any:
    """Text for models that read text, inside a fence that nothing in it can close; data for everyone else."""
    from mcp_types import CallToolResult

    data = _redacted(made.model_dump(mode="json"))
    return CallToolResult(
        content=[TextContent(type="text", text=fenced(name, data))], structured_content=data, is_error=False
    )


def _redacted(data: Any) -> Any:
    """The data with every secret that was resolved here replaced, in texts only."""
    if isinstance(data, str):
        return redact(data)
    if isinstance(data, dict):
        return {name: _redacted(value) for name, value in data.items()}
    return [_redacted(value) for value in data] if isinstance(data, list) else data


def _schema(arguments: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema without the titles that only repeat names."""
    from skills.tool_args import short_schema

    found: dict[str, Any] = short_schema(arguments)  # type: ignore[arg-type]
    return found

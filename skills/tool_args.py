"""What a model may choose when it calls a skill: enums, ranges, and ids that a digest showed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field

from engines.errors import UsageError
from engines.model import Model
from skills.digest import Section

Item = TypeVar("Item")
TableId = Annotated[str, Field(pattern="^t[0-9]{1,6}$", description="only with an id from a digest")]


class BaseToolArgs(Model):
    """What every skill's tool takes; detail: how long the answer may be, see digest.LIMITS."""

    detail: Literal["short", "normal", "long"] = "normal"


@dataclass(frozen=True)
class Focus:
    """The facts and sections that answer one kind of question."""

    facts: tuple[str, ...]
    sections: tuple[str, ...]


def focused(
    facts: dict[str, Any], sections: list[Section], focus: Focus | None
) -> tuple[dict[str, Any], list[Section]]:
    """Only the facts and sections of a focus, in its order; everything where there is none."""
    if focus is None:
        return facts, sections
    found = {section.name: section for section in sections}
    return {name: facts[name] for name in focus.facts}, [found[name] for name in focus.sections]


def tool_definition(name: str, arguments: type[Model]) -> dict[str, Any]:
    """A tool of the Messages API from a model of its arguments: name, description, and as short a schema as can be."""
    return {"name": name, "description": (arguments.__doc__ or "").strip(), "input_schema": short_schema(arguments)}


def short_schema(arguments: type[Model]) -> dict[str, Any]:
    """The JSON Schema of a model of arguments without titles, defaults and what enums already say; nothing extra."""
    schema = arguments.model_json_schema()
    properties = {name: _short(part) for name, part in schema.get("properties", {}).items()}
    short: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    if schema.get("required"):
        short["required"] = schema["required"]
    return short


def table_of(tables: Sequence[Item], identifier: str) -> Item:
    """The table of an id; UsageError TABLE_UNKNOWN where the skill's result has no such table."""
    place = int(identifier[1:]) - 1
    if not 0 <= place < len(tables):
        raise UsageError(
            "TABLE_UNKNOWN",
            f"The result has no table {identifier}, its tables are t1 to t{len(tables)}.",
            "Leave table out, or use the id that a digest shows beside the table's name.",
        )
    return tables[place]


def item_of(items: Sequence[Item], identifier: str) -> Item:
    """The item of an id such as o2 or s17; UsageError ITEM_UNKNOWN where the skill's result has no such item."""
    place = int(identifier[1:]) - 1
    if not 0 <= place < len(items):
        raise UsageError(
            "ITEM_UNKNOWN",
            f"The result has no item {identifier}, its items are {identifier[0]}1 to {identifier[0]}{len(items)}.",
            "Use an id that a digest shows.",
        )
    return items[place]


def of_table(objects: Iterable[tuple[str, Item]], table: str, tables: Iterable[str]) -> list[Item]:
    """What belongs to a table by its object's name: the table itself, its columns, its triggers.

    tables: all names, because `s.a.b` may be a column of `s.a` or a table of its own.
    """
    longer = tuple(name for name in tables if name.startswith(f"{table}."))
    return [item for name, item in objects if _within(name, table) and not any(_within(name, t) for t in longer)]


def _within(name: str, table: str) -> bool:
    return name == table or name.startswith((f"{table}.", f"{table}("))


def _short(part: dict[str, Any]) -> dict[str, Any]:
    """One property: `X or null` is X, because a model leaves out what it doesn't choose."""
    choices = [choice for choice in part.get("anyOf", []) if choice.get("type") != "null"]
    merged = {**part, **choices[0]} if len(choices) == 1 else dict(part)
    dropped = {"title", "default"} | ({"anyOf"} if len(choices) == 1 else set())
    if "enum" in merged:
        dropped.add("type")
    return {name: value for name, value in merged.items() if name not in dropped}

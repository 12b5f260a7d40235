"""What a database runs by itself, in the engine-neutral model: triggers, routines, events."""

from __future__ import annotations

from pydantic import Field

from engines.full_names import qualified
from engines.model import Model


class Trigger(Model):
    """A trigger; definition is the engine's own statement.

    level: row or statement; condition: its WHEN; columns: those of UPDATE OF; body: what it does, where it stands in
    the trigger itself; function: schema.name of what it calls (PostgreSQL); order: its place among those of the same
    timing and event (MySQL); options: definer, sql_mode, character set and what else changes its meaning.
    """

    name: str
    timing: str = ""
    events: list[str] = Field(default_factory=list)
    definition: str
    enabled: bool = True
    level: str = "row"
    condition: str | None = None
    columns: list[str] = Field(default_factory=list)
    body: str | None = None
    function: str | None = None
    order: int | None = None
    options: dict[str, str] = Field(default_factory=dict)
    comment: str | None = None


class Parameter(Model):
    """A routine's parameter; mode: IN, OUT, INOUT, VARIADIC, TABLE; native: its type as the engine spells it."""

    name: str
    mode: str = "IN"
    native: str
    default: str | None = None


class Routine(Model):
    """A function, procedure or aggregate; definition is the engine's own statement.

    body: the text between the definition's head and end; returns: the type as the engine spells it; volatility:
    immutable, stable or volatile; options: security, definer, sql_mode, data access and what else changes its meaning.
    """

    schema_name: str
    name: str
    kind: str  # function | procedure | aggregate
    language: str
    signature: str
    definition: str
    parameters: list[Parameter] = Field(default_factory=list)
    returns: str | None = None
    body: str | None = None
    volatility: str = "volatile"
    options: dict[str, str] = Field(default_factory=dict)
    comment: str | None = None

    @property
    def full_name(self) -> str:
        """schema.name(signature)."""
        return f"{qualified(self.schema_name, self.name)}({self.signature})"


class Event(Model):
    """Work that the server does by the clock (MySQL); schedule as in CREATE EVENT: `EVERY 1 DAY STARTS ...`."""

    schema_name: str
    name: str
    schedule: str
    definition: str
    body: str
    enabled: bool = True
    options: dict[str, str] = Field(default_factory=dict)
    comment: str | None = None

    @property
    def full_name(self) -> str:
        """schema.name."""
        return qualified(self.schema_name, self.name)

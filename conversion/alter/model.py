"""A migration script: its steps with their way back, what each loses, which lock it takes and how it can be gentler."""

from __future__ import annotations

from pydantic import Field

from conversion.mapping import Omission
from conversion.renames import Rename
from conversion.result import Note
from engines.catalog import Model


class Lock(Model):
    """name: as the server calls it; blocks: nothing, schema changes, writes, or reads and writes; held: how long."""

    name: str
    blocks: str
    held: str


class Online(Model):
    """The gentler way to the same end: statements in their order, what it needs, and what to know of it.

    Each statement runs by itself, outside of a transaction block. tool: a program that does it, where no SQL can.
    """

    statements: list[str] = Field(default_factory=list)
    needs: str = ""
    note: str = ""
    tool: str | None = None


class Step(Model):
    """One statement of a script.

    undo: statements that take it back, in their order (rows that are gone stay gone). action: create, drop, alter,
    rename, fill. destructive: rows or values may be lost or changed; lost says which and why; probe is a query that
    counts the rows it concerns (0: nothing is lost or refused). refuses: why the server may refuse the step while such
    rows are there. rewrite: the whole table is written anew. transactional: False where it must run by itself.
    changes: what it changes, one phrase each, where one statement makes several changes.
    """

    sql: str
    undo: list[str] = Field(default_factory=list)
    object: str
    kind: str
    action: str
    destructive: bool = False
    lost: str | None = None
    refuses: str | None = None
    probe: str | None = None
    lock: Lock
    rewrite: bool = False
    transactional: bool = True
    online: Online | None = None
    changes: list[str] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)


class Choices(Model):
    """What a person decided.

    renames: full name before -> name after; separate: full names (before or after) of what is no rename, however alike
    something else is; fills: full name of a column as it is wanted -> an expression of the engine that gives a value to
    rows which have none.
    """

    renames: dict[str, str] = Field(default_factory=dict)
    separate: list[str] = Field(default_factory=list)
    fills: dict[str, str] = Field(default_factory=dict)


class Migration(Model):
    """The script that makes one schema like another.

    opening and closing: what the session runs before and after the steps, outside of the transaction. atomic: all
    steps that are transactional run in one transaction; else each commits by itself. checks: queries that must give no
    rows before the end. reverse: the script of the way back, from the schema wanted to the one there was. remaining:
    differences that the script leaves, with the reason. candidates: renames that nobody confirmed.
    """

    engine: str
    version: str
    opening: list[str] = Field(default_factory=list)
    steps: list[Step] = Field(default_factory=list)
    checks: list[str] = Field(default_factory=list)
    closing: list[str] = Field(default_factory=list)
    atomic: bool = True
    reverse: list[Step] = Field(default_factory=list)
    remaining: list[Omission] = Field(default_factory=list)
    candidates: list[Rename] = Field(default_factory=list)
    notes: list[Note] = Field(default_factory=list)

    @property
    def destructive(self) -> list[Step]:
        """The steps by which something may be lost."""
        return [step for step in self.steps if step.destructive]

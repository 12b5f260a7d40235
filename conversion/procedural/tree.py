"""Stored programs as a tree of statements that the languages of all engines have in common; expressions stay text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields


@dataclass
class Node:
    """A statement or part of one; expressions and queries are text in the dialect of the tree they stand in."""


@dataclass
class Variable(Node):
    """A local variable: its type as written, and its first value (None: NULL)."""

    name: str
    native: str
    default: str | None = None
    constant: bool = False


@dataclass
class Cursor(Node):
    """A cursor over a query; parameters are those it is opened with (PL/pgSQL)."""

    name: str
    query: str
    parameters: list[Variable] = field(default_factory=list)


@dataclass
class Handler(Node):
    """What happens after an error: conditions as written (NOT FOUND, SQLEXCEPTION, SQLSTATE '..', names).

    action: CONTINUE or EXIT (MySQL); EXCEPTION for the part of a PL/pgSQL block, which undoes the block's work.
    """

    action: str
    conditions: list[str]
    body: list[Node]


@dataclass
class Block(Node):
    """BEGIN ... END with what it declares."""

    body: list[Node]
    label: str | None = None
    variables: list[Variable] = field(default_factory=list)
    cursors: list[Cursor] = field(default_factory=list)
    handlers: list[Handler] = field(default_factory=list)
    named_conditions: dict[str, str] = field(default_factory=dict)


@dataclass
class Assign(Node):
    """target := value; target as written: name, NEW.column, record.field."""

    target: list[str]
    value: str


@dataclass
class Branch(Node):
    """A condition and what is done when it holds."""

    condition: str
    body: list[Node]


@dataclass
class If(Node):
    """IF ... ELSEIF ... ELSE."""

    branches: list[Branch]
    otherwise: list[Node] = field(default_factory=list)


@dataclass
class Case(Node):
    """CASE as a statement: with an operand (branches hold values) or without; no match and no ELSE is an error."""

    operand: str | None
    branches: list[Branch]
    otherwise: list[Node] | None = None


@dataclass
class Loop(Node):
    """LOOP without end, or with a condition: kind while (before each turn) or until (after each turn)."""

    body: list[Node]
    label: str | None = None
    kind: str = "loop"
    condition: str | None = None


@dataclass
class ForRange(Node):
    """FOR variable IN [REVERSE] low..high BY step."""

    variable: str
    low: str
    high: str
    body: list[Node]
    step: str | None = None
    reverse: bool = False
    label: str | None = None


@dataclass
class ForQuery(Node):
    """FOR target IN query or cursor; target: a record or variables."""

    targets: list[str]
    query: str
    body: list[Node]
    label: str | None = None


@dataclass
class Leave(Node):
    """Leave the loop or block of that label (None: the innermost loop); again: go on with its next turn instead."""

    label: str | None = None
    again: bool = False
    condition: str | None = None


@dataclass
class Return(Node):
    """RETURN with a value; a trigger's NEW, OLD or NULL is its value; None: just the end."""

    value: str | None = None


@dataclass
class Raise(Node):
    """An error or message: level EXCEPTION, NOTICE, ...; message is an expression; again: the error at hand goes on."""

    message: str | None = None
    sqlstate: str | None = None
    level: str = "EXCEPTION"
    again: bool = False
    details: dict[str, str] = field(default_factory=dict)
    parts: list[tuple[bool, str]] = field(default_factory=list)  # of the message: (is a value, text or expression)


@dataclass
class Sql(Node):
    """INSERT, UPDATE, DELETE, or a SELECT: text without its INTO; into: where the first row goes.

    strict: no row or several are an error; result: a SELECT whose rows nobody takes goes to the caller (MySQL).
    """

    text: str
    into: list[list[str]] | None = None
    strict: bool = False
    returning: str | None = None
    discard: bool = False


@dataclass
class Call(Node):
    """CALL procedure(arguments)."""

    name: list[str]
    arguments: list[str]


@dataclass
class CursorStep(Node):
    """OPEN, FETCH or CLOSE of a cursor."""

    action: str
    cursor: str
    into: list[list[str]] = field(default_factory=list)


@dataclass
class Nothing(Node):
    """A statement that does nothing."""


@dataclass
class Unknown(Node):
    """A statement that has no translation, with the reason."""

    reason: str
    text: str = ""


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below."""
    for item in fields(node):
        value = getattr(node, item.name)
        for found in value if isinstance(value, list) else [value]:
            if isinstance(found, Node):
                yield found


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    yield node
    for child in children(node):
        yield from walk(child)

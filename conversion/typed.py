"""Expressions with the kind of their value, and the casts that bring two of them together on PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from conversion.shapes import NUMBERS, Untranslatable
from engines.catalog import Kind

ISO_MOMENT = re.compile(r"^(\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?)(Z|[+-]00:?00)?$")
UUID_LOWER = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
NUMBER = re.compile(r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$")
MOMENTS = frozenset({Kind.DATE, Kind.TIMESTAMP})


@dataclass(frozen=True)
class Typed:
    """An expression of the target and the kind of its value; kind None is NULL.

    route: the route of a bare column, collation: what SQLite compares it with, moment: the same value as a
    timestamp where the expression itself is its text, immutable: always the same for the same arguments.
    """

    node: exp.Expr
    kind: Kind | None
    route: str = ""
    collation: str = ""
    moment: exp.Expr | None = None
    immutable: bool = True

    @property
    def literal(self) -> str | None:
        """The text of a literal, without its sign where it has none."""
        node = self.node.this if isinstance(self.node, exp.Neg) else self.node
        if not isinstance(node, exp.Literal):
            return None
        return ("-" if node is not self.node else "") + str(node.this)


def cast(node: exp.Expr, native: str) -> exp.Expr:
    """CAST(node AS native)."""
    return exp.Cast(this=node, to=exp.DataType.build(native, dialect="postgres"))


def call(name: str, *arguments: exp.Expr) -> exp.Expr:
    """A function call under exactly that name."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def text(value: str) -> exp.Expr:
    """A string literal."""
    return exp.Literal.string(value)


def integer(value: int) -> exp.Expr:
    """An integer literal."""
    node = exp.Literal.number(abs(value))
    return exp.Neg(this=node) if value < 0 else node


def collate_c(node: exp.Expr) -> exp.Expr:
    """The text compared by its bytes, as SQLite's BINARY does."""
    return exp.Collate(this=grouped(node), expression=exp.to_identifier("C", quoted=True))


def grouped(node: exp.Expr) -> exp.Expr:
    """The expression in parentheses where its precedence could matter."""
    plain = (exp.Column, exp.Literal, exp.Anonymous, exp.Paren, exp.Cast, exp.Null, exp.Boolean, exp.Case, exp.Func)
    return node if isinstance(node, plain) and not isinstance(node, exp.Connector) else exp.Paren(this=node)


def folded(value: Typed) -> exp.Expr:
    """The text with ASCII letters in lower case: what NOCASE compares."""
    return call("lower", collate_c(value.node))


def condition(value: Typed) -> exp.Expr:
    """The value where PostgreSQL wants a boolean; a number is true when it is not 0."""
    if value.kind in (Kind.BOOLEAN, None):
        return value.node
    if value.kind in NUMBERS:
        return exp.NEQ(this=grouped(value.node), expression=integer(0))
    raise Untranslatable(f"a {value.kind.value} value stands where PostgreSQL needs a condition")


def number(value: Typed) -> Typed:
    """The value as a number, as SQLite stores it; booleans are 0 and 1, epoch columns count again."""
    if value.kind in NUMBERS or value.kind is None:
        return value
    if value.kind is Kind.BOOLEAN:
        return replace(value, node=cast(cast(value.node, "integer"), "bigint"), kind=Kind.INTEGER, route="")
    if value.route in ("epoch_seconds", "epoch_milliseconds"):
        return _epoch(value)
    raise Untranslatable(f"SQLite would read a number out of a {value.kind.value} value")


def _epoch(value: Typed) -> Typed:
    seconds: exp.Expr = exp.Extract(this=exp.var("epoch"), expression=value.node)
    if value.route == "epoch_milliseconds":
        seconds = exp.Mul(this=seconds, expression=integer(1000))
    return replace(value, node=cast(exp.Paren(this=seconds), "bigint"), kind=Kind.INTEGER, route="")


def double(value: Typed) -> exp.Expr:
    """The number as double precision."""
    is_literal = value.literal is not None
    return value.node if value.kind is Kind.FLOAT and not is_literal else cast(grouped(value.node), "double precision")


def as_text(value: Typed) -> Typed:
    """The value as SQLite's `||` spells it; refused where PostgreSQL would spell it otherwise."""
    if value.kind is Kind.TEXT or value.kind is None:
        return value
    if value.literal is not None and value.kind in NUMBERS:
        return replace(value, node=text(value.literal), kind=Kind.TEXT)
    if value.kind is Kind.BOOLEAN or value.route.startswith("epoch"):
        return as_text(number(value))
    if value.kind in (Kind.INTEGER, Kind.UUID):
        return replace(value, node=cast(grouped(value.node), "text"), kind=Kind.TEXT, route="")
    if value.kind is Kind.DATE and value.route == "date":
        return Typed(call("to_char", value.node, text("YYYY-MM-DD")), Kind.TEXT, immutable=False)
    raise Untranslatable(f"the text of a {value.kind.value} value differs between SQLite and PostgreSQL")


def unified(values: Sequence[Typed]) -> tuple[list[exp.Expr], Kind | None]:
    """Branches of CASE, COALESCE or UNION brought to one kind; refused where SQLite would keep several."""
    kinds = {value.kind for value in values} - {None}
    if not kinds:
        return [value.node for value in values], None
    if len(kinds) == 1:
        kind = kinds.pop()
        routes = {value.route for value in values if value.kind is not None}
        if kind in (Kind.DYNAMIC, *MOMENTS) and len(routes) > 1:
            raise Untranslatable("columns of mixed storage classes or encodings meet")
        return [value.node for value in values], kind
    if kinds <= MOMENTS | {Kind.TEXT} and len(kinds & MOMENTS) == 1:
        return _moments(values)
    if kinds <= NUMBERS | {Kind.BOOLEAN}:
        numbers = [number(value) for value in values]
        if Kind.FLOAT in kinds:
            return [item.node if item.kind is None else double(item) for item in numbers], Kind.FLOAT
        return [item.node for item in numbers], Kind.DECIMAL if Kind.DECIMAL in kinds else Kind.INTEGER
    names = ", ".join(sorted(kind.value for kind in kinds if kind))
    raise Untranslatable(f"values of different kinds meet ({names}); SQLite keeps each its own class")


def _moments(values: Sequence[Typed]) -> tuple[list[exp.Expr], Kind | None]:
    """Date-times of one kind, and ISO literals beside them."""
    kinds = {value.kind for value in values} & MOMENTS
    routes = {value.route for value in values if value.kind in MOMENTS}
    if len(routes) > 1 or next(iter(routes)).startswith("epoch"):
        raise Untranslatable("date-times of different encodings meet")
    zoned = "timestamptz" in routes
    moment = MOMENTS | {None}
    return [value.node if value.kind in moment else moment_literal(value, zoned) for value in values], kinds.pop()


def moment_literal(value: Typed, zoned: bool) -> exp.Expr:
    """A text literal that is an ISO date-time, or text made from a moment, as PostgreSQL compares it.

    zoned: it meets a moment with zone; what names no zone is UTC, as SQLite takes it.
    """
    if value.moment is not None:
        moment = exp.AtTimeZone(this=grouped(value.moment), zone=text("UTC"))
        return exp.Paren(this=moment) if zoned else value.moment
    found = ISO_MOMENT.match(value.literal or "")
    if not found or value.kind is not Kind.TEXT:
        raise Untranslatable("a date-time column meets text that is not an ISO date-time")
    return text(found[1] + ("+00" if zoned else ""))

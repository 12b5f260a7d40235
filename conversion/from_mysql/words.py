"""How a target spells what MySQL does without saying: conditions from numbers, texts from values, text without case."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace

from sqlglot import exp

from conversion.from_mysql.value import MOMENTS, NUMBERS, TEXTS, Value
from conversion.shapes import Untranslatable
from conversion.typed import call, cast, grouped, integer, text
from engines.catalog import Kind

# What INTERVAL n UNIT is a multiple of: https://dev.mysql.com/doc/refman/8.0/en/expressions.html, temporal intervals.
UNITS = {
    "MICROSECOND": "1 microsecond", "SECOND": "1 second", "MINUTE": "1 minute", "HOUR": "1 hour", "DAY": "1 day",
    "WEEK": "7 days", "MONTH": "1 month", "QUARTER": "3 months", "YEAR": "1 year",
}  # fmt: skip
WHOLE_DAYS = {"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"}


class Words(ABC):
    """What every expression needs of its target."""

    dialect: str
    schemas: bool = True  # tables and functions are named with their schema
    greatest: str = "greatest"
    mixed_moments: bool = True  # a date compares with a date-time by its midnight

    def condition(self, value: Value) -> exp.Expr:
        """The value where a condition stands; a number is true when it isn't 0."""
        if value.kind in (Kind.BOOLEAN, None):
            return value.node
        if value.kind in NUMBERS:
            return exp.NEQ(this=value.operand, expression=integer(0))
        raise Untranslatable(f"a {value.kind.value if value.kind else ''} value stands where a condition is wanted")

    def number(self, value: Value) -> Value:
        """The value as a number; booleans are 0 and 1, a text literal of digits is its number."""
        if value.kind in NUMBERS or value.kind is None:
            return value
        if value.kind is Kind.BOOLEAN:
            return replace(value, node=self.counted(value.node), kind=Kind.INTEGER, scale=0)
        if value.kind is Kind.TEXT and value.literal is not None:
            return self.number_literal(value.literal)
        raise Untranslatable(f"MySQL would read a number out of a {value.kind.value} value")

    def number_literal(self, written: str) -> Value:
        """A number written as text."""
        digits = written.lstrip("+-")
        if not digits.replace(".", "", 1).isdigit() or digits.startswith(".") or digits.endswith("."):
            raise Untranslatable(f"MySQL would read a number out of the text {written!r}")
        node: exp.Expr = exp.Literal.number(digits)
        behind = len(digits.partition(".")[2])
        return Value(
            exp.Neg(this=node) if written.startswith("-") else node, Kind.DECIMAL if behind else Kind.INTEGER,
            scale=behind,
        )  # fmt: skip

    @abstractmethod
    def counted(self, node: exp.Expr) -> exp.Expr:
        """A boolean as 0 or 1."""

    @abstractmethod
    def text(self, value: Value) -> Value:
        """The value as MySQL spells it in a text; Untranslatable where the target would spell it otherwise."""

    @abstractmethod
    def fold(self, node: exp.Expr) -> exp.Expr:
        """A text that compares without case."""

    @abstractmethod
    def moment(self, written: str, like: Value) -> exp.Expr:
        """A date or date-time literal as a value that compares with like."""

    @abstractmethod
    def rounded(self, node: exp.Expr, kind: Kind, scale: int) -> exp.Expr:
        """A number with so many digits behind its point."""

    @abstractmethod
    def sort_key(self, value: Value) -> exp.Expr:
        """The value as ORDER BY needs it."""

    @abstractmethod
    def like(self, value: Value, pattern: Value, without_case: bool, escape: exp.Expr | None) -> exp.Expr:
        """LIKE, where a backslash escapes unless another sign is named."""

    @abstractmethod
    def divided(self, left: exp.Expr, right: exp.Expr, kind: Kind) -> exp.Expr:
        """The quotient of numbers as that kind, with digits behind the point."""

    @abstractmethod
    def bits(self, operator: type[exp.Expr], left: exp.Expr, right: exp.Expr) -> exp.Expr:
        """An operator on the bits of two integers."""

    @abstractmethod
    def shifted(self, value: Value, amount: exp.Expr, unit: str) -> Value:
        """A date or date-time moved by so many units (amount: a number of the target, negative to go back)."""

    def size(self, value: Value) -> exp.Expr:
        """A length that isn't below zero, where MySQL takes it for zero."""
        if value.kind is not Kind.INTEGER:
            raise Untranslatable("a length that isn't an integer")
        if value.literal is not None:
            return integer(max(int(value.literal), 0))
        return call(self.greatest, self.length(value.operand), integer(0))

    def length(self, node: exp.Expr) -> exp.Expr:
        """An integer where a function wants a length."""
        return node

    def averaged(self, node: exp.Expr) -> exp.Expr:
        """AVG of exact numbers."""
        return exp.Avg(this=node)

    @abstractmethod
    def joined_texts(self, node: exp.Expr, separator: exp.Expr, orders: list[exp.Ordered], distinct: bool) -> exp.Expr:
        """The texts of a group in one, in that order."""

    def quotient(self, left: exp.Expr, right: exp.Expr) -> exp.Expr:
        """The quotient of integers without its fraction: what / gives both targets."""
        return exp.Div(this=left, expression=right, typed=True, safe=False)


class PostgresqlWords(Words):
    """PostgreSQL's words."""

    dialect = "postgres"

    def length(self, node: exp.Expr) -> exp.Expr:
        """Functions of texts take 32 bits."""
        return cast(node, "integer")

    def counted(self, node: exp.Expr) -> exp.Expr:
        """A boolean as 0 or 1."""
        return cast(grouped(node), "integer")

    def text(self, value: Value) -> Value:
        """Integers, exact numbers, labels, dates and times without fraction have one spelling on both."""
        if value.kind in (Kind.TEXT, None):
            return value
        if value.kind is Kind.BOOLEAN:
            return self.text(self.number(value))
        if value.literal is not None and value.kind in NUMBERS:
            return replace(value, node=text(value.literal), kind=Kind.TEXT)
        if value.kind in (Kind.INTEGER, Kind.CHAR, Kind.ENUM, Kind.UUID) or (
            value.kind is Kind.DECIMAL and value.scale is not None
        ):
            immutable = value.immutable and value.kind is not Kind.ENUM
            return replace(value, node=cast(value.operand, "text"), kind=Kind.TEXT, labels=(), immutable=immutable)
        if value.kind is Kind.DATE:
            return Value(call("to_char", value.node, text("YYYY-MM-DD")), Kind.TEXT, immutable=False)
        if value.kind is Kind.TIMESTAMP and not value.scale:
            return Value(call("to_char", value.node, text("YYYY-MM-DD HH24:MI:SS")), Kind.TEXT, immutable=False)
        raise Untranslatable(f"the text of a {value.kind.value} value differs between MySQL and PostgreSQL")

    def fold(self, node: exp.Expr) -> exp.Expr:
        """lower(), which PostgreSQL applies by the database's character classification."""
        return call("lower", node)

    def moment(self, written: str, like: Value) -> exp.Expr:
        """A literal of the type it is compared with."""
        if like.kind is Kind.DATE and len(written) == len("YYYY-MM-DD"):
            return cast(text(written), "date")
        return cast(text(written), "timestamptz" if like.zoned else "timestamp")

    def rounded(self, node: exp.Expr, kind: Kind, scale: int) -> exp.Expr:
        """round() of a numeric."""
        return call("round", node if kind is Kind.DECIMAL else cast(grouped(node), "numeric"), integer(scale))

    def sort_key(self, value: Value) -> exp.Expr:
        """Text sorts by the database's collation, without case where MySQL does."""
        if value.folds and value.kind in TEXTS and value.kind is not Kind.ENUM:
            return self.fold(value.node)
        return value.node

    def like(self, value: Value, pattern: Value, without_case: bool, escape: exp.Expr | None) -> exp.Expr:
        """ILIKE where MySQL ignores case."""
        operator = exp.ILike if without_case else exp.Like
        made: exp.Expr = operator(this=value.operand, expression=pattern.operand)
        return exp.Escape(this=made, expression=escape) if escape is not None else made

    def divided(self, left: exp.Expr, right: exp.Expr, kind: Kind) -> exp.Expr:
        """Of numeric or double precision."""
        wanted = "double precision" if kind is Kind.FLOAT else "numeric"
        return exp.Div(this=cast(left, wanted), expression=right, typed=True, safe=False)

    def bits(self, operator: type[exp.Expr], left: exp.Expr, right: exp.Expr) -> exp.Expr:
        """The same signs, but # for an exclusive or."""
        return operator(this=cast(left, "bigint"), expression=right)

    def shifted(self, value: Value, amount: exp.Expr, unit: str) -> Value:
        """Plus a number of intervals; a date stays a date when it moves by whole days."""
        if value.kind not in MOMENTS:
            raise Untranslatable("an interval is added to something that is no date")
        if unit not in UNITS:
            raise Untranslatable(f"INTERVAL in {unit}")
        step = exp.Paren(this=exp.Mul(this=grouped(amount), expression=interval(UNITS[unit])))
        made: exp.Expr = exp.Add(this=value.operand, expression=step)
        if value.kind is Kind.DATE and unit in WHOLE_DAYS:
            return Value(cast(exp.Paren(this=made), "date"), Kind.DATE, immutable=value.immutable)
        immutable = value.immutable and not value.zoned
        return replace(value, node=made, kind=Kind.TIMESTAMP, scale=value.scale, immutable=immutable)

    def joined_texts(self, node: exp.Expr, separator: exp.Expr, orders: list[exp.Ordered], distinct: bool) -> exp.Expr:
        """string_agg."""
        inner: exp.Expr = exp.Distinct(expressions=[node]) if distinct else node
        last: exp.Expr = exp.Order(this=separator, expressions=list(orders)) if orders else separator
        return call("string_agg", inner, last)


def interval(written: str) -> exp.Expr:
    """An interval literal of PostgreSQL."""
    return cast(text(written), "interval")

"""SQLite's words for what MySQL does without saying."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from conversion.from_mysql.value import NUMBERS, TEXTS, Value
from conversion.from_mysql.words import Words
from conversion.shapes import Untranslatable
from conversion.typed import call, grouped, text
from engines.catalog import Kind

# MONTH and YEAR are missing: MySQL stops at the end of a shorter month, SQLite goes on into the next.
UNITS = {
    "SECOND": (1, "seconds"),
    "MINUTE": (1, "minutes"),
    "HOUR": (1, "hours"),
    "DAY": (1, "days"),
    "WEEK": (7, "days"),
}
WHOLE_DAYS = {"DAY", "WEEK"}
EXACT = "exact numbers with a fraction: SQLite would compute them in floating point"


def as_integer(node: exp.Expr) -> exp.Expr:
    """CAST(node AS INTEGER)."""
    return exp.Cast(this=node, to=exp.DataType.build("INTEGER", dialect="sqlite"))


def as_text(node: exp.Expr) -> exp.Expr:
    """CAST(node AS TEXT)."""
    return exp.Cast(this=node, to=exp.DataType.build("TEXT", dialect="sqlite"))


class SqliteWords(Words):
    """Dates and times are ISO text, booleans 0 and 1; text that MySQL compares without case has NOCASE."""

    dialect = "sqlite"
    schemas = False
    greatest = "max"
    mixed_moments = False

    def counted(self, node: exp.Expr) -> exp.Expr:
        """A condition is 0 or 1 already."""
        return node

    def text(self, value: Value) -> Value:
        """Dates are text; integers have one spelling."""
        if value.kind in (Kind.TEXT, None):
            return value
        if value.kind in TEXTS or (value.kind in (Kind.DATE, Kind.TIMESTAMP, Kind.UUID) and not value.zoned):
            return replace(value, kind=Kind.TEXT, labels=())
        if value.kind is Kind.BOOLEAN:
            return self.text(self.number(value))
        if value.literal is not None and value.kind in NUMBERS:
            return replace(value, node=text(value.literal), kind=Kind.TEXT)
        if value.kind is Kind.INTEGER:
            return replace(value, node=as_text(value.node), kind=Kind.TEXT)
        raise Untranslatable(f"the text of a {value.kind.value} value differs between MySQL and SQLite")

    def fold(self, node: exp.Expr) -> exp.Expr:
        """NOCASE, which folds the letters of ASCII."""
        return exp.Collate(this=grouped(node), expression=exp.var("NOCASE"))

    def moment(self, written: str, like: Value) -> exp.Expr:
        """ISO text, with the time of day where the other side has one."""
        if like.kind is Kind.DATE:
            if len(written) != len("YYYY-MM-DD"):
                raise Untranslatable("a date meets a time")
            return text(written)
        if like.scale:
            raise Untranslatable("a time with a fraction as text")
        return text(written.replace("T", " ") if len(written) > len("YYYY-MM-DD") else f"{written} 00:00:00")

    def rounded(self, node: exp.Expr, kind: Kind, scale: int) -> exp.Expr:
        """There are no exact numbers with a fraction."""
        raise Untranslatable(EXACT)

    def averaged(self, node: exp.Expr) -> exp.Expr:
        """AVG of exact numbers is exact in MySQL."""
        raise Untranslatable(EXACT)

    def sort_key(self, value: Value) -> exp.Expr:
        """Text without case where MySQL compares so; enums sort by their place in the list."""
        if value.kind is Kind.ENUM:
            raise Untranslatable("ORDER BY an enum, which MySQL sorts by the place of its label")
        if value.kind is Kind.DYNAMIC:
            raise Untranslatable("ORDER BY numbers that are kept as text")
        return self.fold(value.node) if value.folds and value.kind in TEXTS else value.node

    def like(self, value: Value, pattern: Value, without_case: bool, escape: exp.Expr | None) -> exp.Expr:
        """LIKE ignores the case of ASCII in SQLite: where MySQL doesn't, GLOB with a literal pattern."""
        if without_case:
            made: exp.Expr = exp.Like(this=value.operand, expression=pattern.operand)
            if escape is None and (pattern.literal is None or "\\" in pattern.literal):
                escape = text("\\")
            return exp.Escape(this=made, expression=escape) if escape is not None else made
        written = pattern.literal
        if written is None or "\\" in written or escape is not None:
            raise Untranslatable("LIKE with case and a pattern that isn't a plain literal")
        special = {"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}
        glob = "".join(special.get(character, character) for character in written)
        return exp.Glob(this=value.operand, expression=text(glob))

    def divided(self, left: exp.Expr, right: exp.Expr, kind: Kind) -> exp.Expr:
        """Of floating point numbers."""
        if kind is not Kind.FLOAT:
            raise Untranslatable(EXACT)
        return exp.Div(this=left, expression=right, typed=True, safe=True)

    def bits(self, operator: type[exp.Expr], left: exp.Expr, right: exp.Expr) -> exp.Expr:
        """The same signs; there is no exclusive or."""
        if operator is exp.BitwiseXor:
            raise Untranslatable("an exclusive or of bits")
        return operator(this=left, expression=right)

    def shifted(self, value: Value, amount: exp.Expr, unit: str) -> Value:
        """date() and datetime() with a modifier."""
        if value.kind not in (Kind.DATE, Kind.TIMESTAMP) or value.zoned or value.scale:
            raise Untranslatable("an interval is added to something that is no plain date or time")
        if unit not in UNITS:
            raise Untranslatable(f"INTERVAL in {unit}, which stops at the end of a month in MySQL")
        times, name = UNITS[unit]
        number = grouped(amount) if times == 1 else exp.Mul(this=grouped(amount), expression=exp.Literal.number(times))
        modifier = exp.DPipe(this=exp.Paren(this=number), expression=text(f" {name}"), safe=True)
        whole = value.kind is Kind.DATE and unit in WHOLE_DAYS
        made = call("date" if whole else "datetime", value.node, modifier)
        return replace(value, node=made, kind=Kind.DATE if whole else Kind.TIMESTAMP)

    def joined_texts(self, node: exp.Expr, separator: exp.Expr, orders: list[exp.Ordered], distinct: bool) -> exp.Expr:
        """group_concat; its ORDER BY came with 3.44, and DISTINCT takes no separator."""
        if orders:
            raise Untranslatable("GROUP_CONCAT with ORDER BY, which SQLite has only since 3.44")
        if distinct:
            if separator.name != ",":
                raise Untranslatable("GROUP_CONCAT(DISTINCT) with a separator")
            return call("group_concat", exp.Distinct(expressions=[node]))
        return call("group_concat", node, separator)

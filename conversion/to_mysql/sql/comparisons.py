"""Comparisons of PostgreSQL as MySQL gives the same answer: collations, moments, and what can't be compared."""

from __future__ import annotations

from sqlglot import exp

from conversion.shapes import NUMBERS, Untranslatable
from conversion.to_mysql.sql.translator import Translator
from conversion.to_mysql.sql.values import MOMENTS, OPAQUE, TEXTS, Value, collated, made, moment_text
from engines.catalog import Kind
from engines.mysql.quoting import quote_literal

COMPARED: dict[type[exp.Expr], str] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=", exp.NullSafeEQ: "<=>",
}  # fmt: skip
ORDERING = (exp.LT, exp.LTE, exp.GT, exp.GTE)


def compare(translator: Translator, operator: type[exp.Expr], left: Value, right: Value) -> Value:
    """left operator right as a condition; refused where the two engines compare differently."""
    one, other = sides(translator, left, right, operator in ORDERING)
    return made(f"{one.grouped} {COMPARED[operator]} {other.grouped}", Kind.BOOLEAN, one, other)


def sides(translator: Translator, left: Value, right: Value, ordering: bool) -> tuple[Value, Value]:
    """Both operands in a form that MySQL compares as PostgreSQL does."""
    kinds = {left.kind, right.kind}
    if None in kinds:
        return left, right
    if kinds & OPAQUE:
        raise Untranslatable("it compares values that MySQL keeps as text or JSON")
    if kinds <= NUMBERS or kinds == {Kind.BOOLEAN} or kinds in ({Kind.BINARY}, {Kind.BIT}, {Kind.TIME}):
        return left, right
    if kinds <= TEXTS:
        if ordering and kinds & {Kind.ENUM, Kind.UUID}:
            raise Untranslatable("PostgreSQL orders enums by their place and UUIDs by their bytes, MySQL compares text")
        return _texts(translator, left, right)
    if kinds <= MOMENTS | {Kind.TEXT}:
        return _moments(left, right)
    names = " with ".join(sorted(kind.value for kind in kinds if kind))
    raise Untranslatable(f"it compares {names}")


def _texts(translator: Translator, left: Value, right: Value) -> tuple[Value, Value]:
    found = {left.collation, right.collation} - {""}
    if len(found) == 1:
        return left, right
    if not found or not any(name.startswith("ascii") for name in found):
        exact = translator.flavour.exact
        return (collated(left, exact), right) if left.literal is None else (left, collated(right, exact))
    return left, right


def _moments(left: Value, right: Value) -> tuple[Value, Value]:
    if left.kind in MOMENTS and right.kind in MOMENTS:
        if left.zoned != right.zoned and Kind.DATE not in (left.kind, right.kind):
            raise Untranslatable("a moment meets a date-time without a zone: the session's zone decides in PostgreSQL")
        return left, right
    one, other = (left, right) if left.kind in MOMENTS else (right, left)
    if other.literal is None:
        raise Untranslatable("it compares a date-time with a text")
    literal = moment_literal(other.literal, Kind.TIMESTAMP, one.zoned)
    return (left, literal) if one is left else (literal, right)


def moment_literal(text: str, kind: Kind, zoned: bool) -> Value:
    """A date or timestamp literal of MySQL."""
    spelled, named = moment_text(text)
    if named and not zoned:
        spelled = text.strip()[:26].split("+")[0].strip()
    if kind is Kind.DATE:
        return Value(f"DATE{quote_literal(spelled[:10])}", Kind.DATE, literal=spelled[:10], nullable=False)
    spelled = f"{spelled} 00:00:00" if len(spelled) == 10 else spelled
    return Value(f"TIMESTAMP{quote_literal(spelled)}", Kind.TIMESTAMP, literal=spelled, zoned=zoned, nullable=False)

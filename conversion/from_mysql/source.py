"""What rules from MySQL look at in a column: its declared words, its collation, its default as written."""

from __future__ import annotations

import re
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from conversion.relational.choice import ColumnFacts
from conversion.shapes import Untranslatable

BASE = re.compile(r"^\s*([a-z0-9_]+(?: precision)?)", re.IGNORECASE)
ZERO_MOMENT = re.compile(r"^\d{0,4}-00-\d\d|^\d{4}-\d\d-00|^0000-")

DAY_ZERO = "0000-01-01"


def base(native: str) -> str:
    """The type's first word in lower case: `int(10) unsigned` gives `int`."""
    found = BASE.match(native)
    return found[1].lower() if found else native.lower()


def folds(collation: str | None) -> bool:
    """True for a collation that takes upper and lower case as equal (its name ends in _ci)."""
    return bool(collation) and "_ci" in (collation or "").lower()


def parse_expression(sql: str) -> exp.Expr:
    """One expression as MySQL reads it; Untranslatable where the parser can't read it."""
    return _parsed(sql).copy()


@lru_cache(maxsize=4096)
def _parsed(sql: str) -> exp.Expr:
    """Defaults and clocks repeat in every table of a schema."""
    node = parse_statement(f"SELECT {sql.strip()}\n")
    if not isinstance(node, exp.Select) or len(node.expressions) != 1:
        raise Untranslatable("the expression can't be read")
    if [name for name, value in node.args.items() if value and name != "expressions"]:
        raise Untranslatable("the expression can't be read")
    found: exp.Expr = node.expressions[0].unalias()
    return found


def parse_statement(sql: str) -> exp.Expr:
    """One statement as MySQL reads it."""
    try:
        found = [node for node in sqlglot.parse(sql, read="mysql") if node is not None]
    except SqlglotError as error:
        raise Untranslatable("the parser can't read it") from error
    if len(found) != 1 or isinstance(found[0], exp.Command):
        raise Untranslatable("the parser can't read it")
    return found[0]


def literal(node: exp.Expr) -> str | None:
    """The text of a literal with its sign; None for anything else. Character set introducers are dropped."""
    node = node.unnest()
    if isinstance(node, exp.Introducer):
        node = node.expression
    if isinstance(node, exp.Neg):
        inner = literal(node.this)
        return None if inner is None else f"-{inner}"
    return str(node.this) if isinstance(node, (exp.Literal, exp.National)) else None


def is_day_zero(node: exp.Expr) -> bool:
    """True for the start that TO_DAYS counts from, as the parser writes it."""
    inner = node.this if isinstance(node, exp.TsOrDsToDate) else node
    return isinstance(inner, exp.Literal) and inner.name == DAY_ZERO


def to_days_of(node: exp.Expr) -> exp.Expr | None:
    """x where the expression is TO_DAYS(x), which the parser writes as the days between it and the year 0, and one."""
    inner = node.unnest()
    if not isinstance(inner, exp.Add) or not isinstance(inner.this, exp.DateDiff):
        return None
    found: exp.Expr = inner.this.this
    if not is_day_zero(inner.this.expression):
        return None
    return found.this if isinstance(found, exp.TsOrDsToDate) else found


def plain_default(facts: ColumnFacts) -> str | None:
    """The default's text where it is a literal, else None."""
    if facts.column.default is None:
        return None
    try:
        return literal(parse_expression(facts.column.default))
    except Untranslatable:
        return None


def labels(facts: ColumnFacts) -> tuple[str, ...]:
    """The labels, and before them the empty text that MySQL stores for a wrong one, where a row has or may have it."""
    found = tuple(facts.column.type.labels)
    wrong = bool(found) and (facts.unscanned or facts.form("empty_label") > 0)
    return ("", *found) if wrong and "" not in found else found

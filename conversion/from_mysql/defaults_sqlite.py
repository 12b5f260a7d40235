"""DEFAULT expressions of MySQL columns in the spelling of SQLite."""

from __future__ import annotations

import re

from sqlglot import exp

from conversion.from_mysql.defaults_postgresql import CLOCK_NAMES, CLOCKS
from conversion.from_mysql.source import literal, parse_expression
from conversion.from_mysql.sqlite_expressions import scalar
from conversion.relational.choice import Choice, ColumnFacts
from conversion.shapes import TableShape, Untranslatable
from engines.catalog import Kind
from engines.sqlite.quoting import quote_literal

NUMBER = re.compile(r"^-?\d+(\.\d+)?$")
NUMERIC = {"integer", "double", "boolean", "bit_boolean", "bit_integer"}


def convert_default(facts: ColumnFacts, choice: Choice) -> str | None:
    """The default; None for DEFAULT NULL. Untranslatable where SQLite has no such value."""
    sql = facts.column.default
    if sql is None:
        return None
    node = parse_expression(sql).unnest()
    if isinstance(node, exp.Null):
        return None
    if isinstance(node, exp.Introducer):
        node = node.expression
    if isinstance(node, (exp.BitString, exp.HexString)):
        return _bits(node, choice)
    if isinstance(node, exp.Boolean):
        return str(int(bool(node.this)))
    written = literal(node)
    if written is not None:
        return _literal(written, facts, choice)
    name = str(node.this).upper() if isinstance(node, exp.Anonymous) else ""
    if isinstance(node, CLOCKS) or name in CLOCK_NAMES:
        return clock(facts, choice)
    if isinstance(node, exp.CurrentDate):
        return "CURRENT_DATE"
    translated = scalar(sql, TableShape("", "", {}))
    if choice.kind is not translated.kind:
        raise Untranslatable(f"it gives {translated.kind.value}, the column is {choice.native}")
    return f"({translated.sql})"


def clock(facts: ColumnFacts, choice: Choice) -> str:
    """The clock in UTC with the column's digits, as the column's text spells it."""
    digits = facts.column.type.precision or 0
    zone = "+00:00" if choice.route == "timestamptz" else ""
    if facts.column.type.kind is not Kind.TIMESTAMP:
        raise Untranslatable("the clock as the default of a column that is no date-time")
    if not digits and not zone:
        return "CURRENT_TIMESTAMP"
    if digits not in (0, 3):
        raise Untranslatable(f"SQLite's clock has three digits behind the second, not {digits}")
    return f"(strftime('%Y-%m-%d %H:%M:{'%f' if digits else '%S'}{zone}', 'now'))"


def _literal(written: str, facts: ColumnFacts, choice: Choice) -> str:
    if choice.route in NUMERIC:
        if not NUMBER.match(written):
            raise Untranslatable(f"the default {written!r} is no number")
        if choice.native != "REAL":
            written = re.sub(r"\.0+$", "", written)
        return written
    if choice.native == "BLOB":
        found = written.encode()
        if facts.column.native.lower().startswith("binary"):
            found = found.ljust(facts.column.type.length or 1, b"\0")
        return f"X'{found.hex()}'"
    if "\0" in written:
        raise Untranslatable("a text with NUL")
    if facts.column.type.kind is Kind.ENUM:
        known = {label.lower(): label for label in facts.column.type.labels}
        written = known.get(written.lower(), written)
    if choice.route == "timestamptz":
        written += "+00:00"
    return quote_literal(written)


def _bits(node: exp.Expr, choice: Choice) -> str:
    digits = str(node.this)
    if choice.native == "BLOB" and isinstance(node, exp.HexString):
        return f"X'{digits.lower()}'"
    if choice.route in NUMERIC:
        return str(int(digits or "0", 2 if isinstance(node, exp.BitString) else 16))
    raise Untranslatable(f"the default {node.sql(dialect='mysql')} is no value of {choice.native}")

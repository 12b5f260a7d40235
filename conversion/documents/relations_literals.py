"""Constants of SQL conditions as the values that fields of documents hold."""

from __future__ import annotations

import datetime
import decimal
import json
import re
from typing import Any

from bson import json_util
from sqlglot import exp

from conversion.documents.relations_values import encoding
from conversion.shapes import Untranslatable


def bare(node: exp.Expr) -> exp.Expr:
    """Without parentheses and without casts that PostgreSQL writes around literals and text."""
    while isinstance(node, (exp.Paren, exp.Cast)):
        if isinstance(node, exp.Cast) and not _harmless(node):
            break
        node = node.this
    return node


def _harmless(node: exp.Cast) -> bool:
    inner = node.this.unnest()
    if isinstance(inner, exp.Array):
        return True
    if isinstance(inner, (exp.Literal, exp.Neg)):
        return not ("." in inner.sql() and node.to.is_type("int", "bigint", "smallint"))
    return bool(node.to.is_type("text", "varchar")) and isinstance(inner, exp.Column)


def elements(node: exp.Any) -> list[exp.Expr]:
    """What stands in the list of = ANY (ARRAY[...])."""
    inner = bare(node.this)
    if not isinstance(inner, exp.Array):
        raise Untranslatable("ANY of something else than a list")
    return list(inner.expressions)


def written(node: exp.Expr) -> str:
    """The text of a constant; Untranslatable where it is none."""
    if isinstance(node, exp.Neg) and isinstance(bare(node.this), exp.Literal):
        return "-" + bare(node.this).name
    if isinstance(node, exp.Boolean):
        return str(bool(node.this)).lower()
    if isinstance(node, exp.Literal):
        return str(node.this)
    raise Untranslatable(f"{node.sql()[:60]} is no constant")


def number(node: exp.Expr) -> decimal.Decimal:
    """A number, exactly as it is written."""
    try:
        return decimal.Decimal(written(node))
    except decimal.InvalidOperation as error:
        raise Untranslatable(f"{node.sql()[:60]} is no number") from error


def as_number(value: decimal.Decimal, encoded: str) -> Any:
    """The number as a field of that encoding is compared with it."""
    if value == value.to_integral_value() and abs(value) < 2**63:
        return int(value)
    return encoding("decimal").encode(value) if encoded == "decimal" else float(value)


def day(written: str) -> Any:
    """A day as its field holds it."""
    try:
        return encoding("date").encode(datetime.date.fromisoformat(written))
    except ValueError as error:
        raise Untranslatable(f"{written[:40]} is no day") from error


def reading(written: str) -> Any:
    """A wall-clock reading of whole milliseconds, as its field holds it."""
    try:
        found = datetime.datetime.fromisoformat(written)
    except ValueError as error:
        raise Untranslatable(f"{written[:40]} is no date and time") from error
    if found.tzinfo is not None or found.microsecond % 1000:
        raise Untranslatable(f"{written[:40]} is no reading in whole milliseconds")
    return encoding("timestamp").encode(found)


def plain(value: Any) -> Any:
    """A BSON value as JSON data (relaxed Extended JSON)."""
    return json.loads(json_util.dumps(value, json_options=json_util.RELAXED_JSON_OPTIONS))


def regex(pattern: str) -> str:
    """A LIKE pattern as regular expression; a backslash takes the next character as it is."""
    parts: list[str] = []
    escaped = False
    for character in pattern:
        if escaped or character not in "%_\\":
            parts.append(re.escape(character))
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            parts.append(".*" if character == "%" else ".")
    return "".join(parts)

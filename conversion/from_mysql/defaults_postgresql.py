"""DEFAULT expressions of MySQL columns in the spelling that the PostgreSQL column's type takes."""

from __future__ import annotations

import datetime
import json
import re

from sqlglot import exp

from conversion.expressions import text_of
from conversion.from_mysql.postgresql_expressions import constant
from conversion.from_mysql.source import ZERO_MOMENT, literal, parse_expression
from conversion.from_mysql.spelling_postgresql import literal as quoted
from conversion.from_mysql.value import Value
from conversion.postgresql_types import arguments, base_name, kind_of
from conversion.relational.choice import Choice, ColumnFacts
from conversion.shapes import Untranslatable
from conversion.typed import call, cast, integer, text
from engines.catalog import Kind

INTEGER = re.compile(r"^[+-]?\d+$")
NUMBER = re.compile(r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$")
TIME = re.compile(r"^-?\d{1,3}:\d\d:\d\d(\.\d{1,6})?$")
UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
PLAIN_ELEMENT = re.compile(r"^[^\s\"\\{},]+$")
ZERO = "the default {value} exists in no calendar: PostgreSQL has no zero dates, inserts must name a value or NULL"
WRONG = "the default {value} is no value of {native}"
CLOCKS = (exp.CurrentTimestamp, exp.Localtimestamp, exp.Localtime)
CLOCK_NAMES = {"NOW", "LOCALTIMESTAMP", "LOCALTIME", "CURRENT_TIMESTAMP"}


def convert_default(facts: ColumnFacts, choice: Choice) -> str | None:
    """The default for a column of the chosen type; None for DEFAULT NULL. Untranslatable where it has no such value."""
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
    written = literal(node)
    if isinstance(node, exp.Boolean):
        written = "1" if node.this else "0"
    found = _literal(written, facts, choice) if written is not None else _computed(node, sql, facts, choice)
    if found is None:
        raise Untranslatable(WRONG.format(value=sql.strip(), native=choice.native or "the type"))
    return found if isinstance(found, str) else text_of(found)


def _literal(written: str, facts: ColumnFacts, choice: Choice) -> exp.Expr | str | None:
    if choice.labels:
        return _label(written, choice)
    if choice.route == "set" and choice.native.endswith("[]"):
        return text(_array([part for part in written.split(",") if part]))
    kind = kind_of(choice.native)
    if kind in (Kind.DATE, Kind.TIMESTAMP):
        return _moment(written, kind, choice)
    maker = LITERALS.get(kind)
    return maker(written, facts, choice) if maker else None


def _label(written: str, choice: Choice) -> exp.Expr | None:
    """A label as the list spells it: MySQL finds it without case."""
    known = {label.lower(): label for label in choice.labels}
    label = written if written in choice.labels else known.get(written.lower())
    return text(label) if label is not None else None


def _array(labels: list[str]) -> str:
    """The text of an array as the server prints it: quotes only where they are needed."""
    return "{" + ",".join(_element(label) for label in labels) + "}"


def _element(label: str) -> str:
    if PLAIN_ELEMENT.match(label) and label.lower() != "null":
        return label
    escaped = label.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _moment(written: str, kind: Kind, choice: Choice) -> exp.Expr | None:
    if ZERO_MOMENT.match(written) or written in ("0", ""):
        raise Untranslatable(ZERO.format(value=repr(written)))
    try:
        datetime.datetime.fromisoformat(written)
    except ValueError:
        return None
    if kind is Kind.DATE:
        return text(written[:10])
    if len(written) == len("YYYY-MM-DD"):
        written += " 00:00:00"
    return text(written + "+00" if choice.route == "timestamptz" else written)


def _boolean(written: str, facts: ColumnFacts, choice: Choice) -> exp.Expr | None:
    return exp.Boolean(this=written == "1") if written in ("0", "1") else None


def _integer(written: str, facts: ColumnFacts, choice: Choice) -> exp.Expr | None:
    if not INTEGER.match(written):
        plain = re.sub(r"\.0+$", "", written)
        return integer(int(plain)) if INTEGER.match(plain) else None
    return integer(int(written))


def _number(written: str, facts: ColumnFacts, choice: Choice) -> exp.Expr | None:
    if not NUMBER.match(written):
        return None
    node = exp.Literal.number(written.lstrip("+-"))
    return exp.Neg(this=node) if written.startswith("-") else node


def _text(written: str, facts: ColumnFacts, choice: Choice) -> exp.Expr | str | None:
    size = arguments(choice.native)
    if "\0" in written or (size and len(written) > size[0]):
        return None
    return quoted(written)


def _time(written: str, facts: ColumnFacts, choice: Choice) -> exp.Expr | None:
    return text(written) if TIME.match(written) else None


def _json(written: str, facts: ColumnFacts, choice: Choice) -> exp.Expr | str | None:
    try:
        found = json.loads(written)
    except ValueError:
        return None
    if base_name(choice.native) == "json":
        return quoted(written)
    return quoted(json.dumps(_sorted(found), ensure_ascii=False))


def _sorted(value: object) -> object:
    """Keys in the order in which jsonb keeps them: by length, then by bytes."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value, key=lambda key: (len(key.encode()), key.encode()))}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _binary(written: str, facts: ColumnFacts, choice: Choice) -> exp.Expr | None:
    return _bytes(written.encode(), facts)


def _bytes(found: bytes, facts: ColumnFacts | None) -> exp.Expr:
    if facts is not None and facts.column.native.lower().startswith("binary"):
        found = found.ljust(facts.column.type.length or 1, b"\0")
    return text("\\x" + found.hex())


def _uuid(written: str, facts: ColumnFacts, choice: Choice) -> exp.Expr | None:
    return text(written.lower()) if UUID.match(written) else None


def _network(written: str, facts: ColumnFacts, choice: Choice) -> exp.Expr | None:
    return text(written)


LITERALS = {
    Kind.BOOLEAN: _boolean,
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _number,
    Kind.FLOAT: _number,
    Kind.TEXT: _text,
    Kind.CHAR: _text,
    Kind.TIME: _time,
    Kind.INTERVAL: _time,
    Kind.JSON: _json,
    Kind.BINARY: _binary,
    Kind.UUID: _uuid,
    Kind.NETWORK: _network,
}


def _bits(node: exp.Expr, choice: Choice) -> str | None:
    """b'101' and x'05': a bit string, a number, or bytes, as the column takes it."""
    is_bits = isinstance(node, exp.BitString)
    digits = str(node.this)
    value = int(digits or "0", 2 if is_bits else 16)
    kind = kind_of(choice.native)
    if kind is Kind.BOOLEAN and value in (0, 1):
        return "true" if value else "false"
    if kind is Kind.BIT:
        size = (arguments(choice.native) or [1])[0]
        return quoted(format(value, "b").zfill(size)) if value < 2**size else None
    if kind is Kind.BINARY and not is_bits:
        return text_of(text("\\x" + digits.lower()))
    if kind in (Kind.INTEGER, Kind.DECIMAL):
        return str(value)
    if kind in (Kind.TEXT, Kind.CHAR) and not is_bits:
        try:
            return quoted(bytes.fromhex(digits).decode())
        except (ValueError, UnicodeDecodeError):
            return None
    return None


def _computed(node: exp.Expr, sql: str, facts: ColumnFacts, choice: Choice) -> exp.Expr | str | None:
    kind = kind_of(choice.native)
    name = str(node.this).upper() if isinstance(node, exp.Anonymous) else ""
    if isinstance(node, CLOCKS) or name in CLOCK_NAMES:
        return _clock(kind, choice)
    if isinstance(node, exp.Uuid) and kind is Kind.UUID:
        return call("gen_random_uuid")
    if kind is Kind.JSON and name in ("JSON_ARRAY", "JSON_OBJECT") and not node.expressions:
        return text("[]" if name == "JSON_ARRAY" else "{}")
    if kind is Kind.JSON and isinstance(node, (exp.JSONArray, exp.JSONObject)) and not node.expressions:
        return text("[]" if isinstance(node, exp.JSONArray) else "{}")
    value = constant(sql)
    return _assigned(value, kind, choice)


def _clock(kind: Kind, choice: Choice) -> str | exp.Expr | None:
    """The clock of the column's kind; the column's own precision rounds it."""
    if kind is Kind.TIMESTAMP:
        return "CURRENT_TIMESTAMP" if choice.route == "timestamptz" else "LOCALTIMESTAMP"
    if kind is Kind.DATE:
        return "CURRENT_DATE"
    if kind is Kind.TIME:
        return "LOCALTIME"
    return None


def _assigned(value: Value, kind: Kind, choice: Choice) -> exp.Expr | str | None:
    """A computed default whose kind the column's type takes as it is."""
    if value.kind is None:
        return None
    texts, numbers = {Kind.TEXT, Kind.CHAR}, {Kind.INTEGER, Kind.DECIMAL}
    same = value.kind is kind or {value.kind, kind} <= texts or {value.kind, kind} <= numbers
    if not same:
        if value.kind is Kind.BOOLEAN and kind is Kind.INTEGER:
            return cast(exp.Paren(this=value.node), "integer")
        raise Untranslatable(f"it gives {value.kind.value}, the column is {choice.native}")
    return value.node

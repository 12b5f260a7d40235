"""DEFAULT expressions of PostgreSQL columns for the MySQL type the column gets."""

from __future__ import annotations

import json
import re

from sqlglot import exp

from conversion.postgresql_types import kind_of
from conversion.relational.choice import Choice
from conversion.shapes import NUMBERS, TableShape, Untranslatable
from conversion.to_mysql.flavour import Flavour
from conversion.to_mysql.limits import base, holds, numbers
from conversion.to_mysql.sql.entry import expression, value_of
from conversion.to_mysql.sql.values import TEXTS, Value, moment_text
from engines.catalog import Kind
from engines.full_names import qualified
from engines.mysql.quoting import quote_literal

NO_COLUMNS = TableShape("", "", {})
CLOCKS = {"UTC_TIMESTAMP(6)", "CURRENT_TIMESTAMP(6)"}
# the clock as a text, which PostgreSQL reads when the value is stored
NOW_TEXT = re.compile(r"^\(?\s*'(now|today)'::(?:text|character varying)\s*\)?::(.+)$", re.IGNORECASE)
NULLS = re.compile(r"^\s*null\s*(::.*)?$", re.IGNORECASE | re.DOTALL)
NEXTVAL = re.compile(r"""^nextval\(\(?'((?:[^']|'')*)'(?:::text\)?)?::(?:regclass|text)\)$""", re.IGNORECASE)
WRONG = "the default {sql} is no value of the target type {native}"


def convert_default(sql: str, choice: Choice, flavour: Flavour) -> str | None:
    """The default for a column of that type; None for DEFAULT NULL. Untranslatable where MySQL has no such value."""
    if NULLS.match(sql):
        return None
    opaque = _as_written(sql, choice)
    if opaque is not None:
        return opaque
    now = NOW_TEXT.match(sql.strip())
    if now:
        sql = "CURRENT_DATE" if kind_of(now[2]) is Kind.DATE else "now()"
    value, _ = value_of(sql, NO_COLUMNS, flavour)
    found = _literal(value, choice) if value.literal is not None else _computed(value, choice, flavour)
    if found is None:
        raise Untranslatable(WRONG.format(sql=sql.strip()[:80], native=choice.native))
    return found


def sequence_of(sql: str | None, schema: str) -> str | None:
    """The full name of the sequence that nextval('...') of a default names.

    schema: where a name without schema is looked for (PostgreSQL keeps it as text then and looks it up each time).
    """
    found = NEXTVAL.match((sql or "").strip())
    if not found:
        return None
    parts = re.findall(r'"((?:[^"]|"")*)"|([^."]+)', found[1].replace("''", "'"))
    names = [quoted.replace('""', '"') if quoted else plain for quoted, plain in parts]
    return qualified(*names) if len(names) == 2 else qualified(schema, ".".join(names))


def _as_written(sql: str, choice: Choice) -> str | None:
    """Arrays, intervals, addresses and other types that became text or JSON keep the text that the server writes."""
    if choice.kind not in (Kind.DYNAMIC, Kind.ARRAY, Kind.COMPOSITE):
        return None
    node = expression(sql).unnest()
    if choice.kind is Kind.ARRAY and isinstance(node, (exp.Cast, exp.Array)):
        return quote_literal(json.dumps(_array(node), ensure_ascii=False))
    if choice.kind is Kind.DYNAMIC and isinstance(node, exp.Cast) and isinstance(node.this.unnest(), exp.Literal):
        return quote_literal(node.this.unnest().name)
    if isinstance(node, exp.Literal) and choice.kind is Kind.DYNAMIC:
        return quote_literal(node.name)
    raise Untranslatable(WRONG.format(sql=sql.strip()[:80], native=choice.native))


def _array(node: exp.Expr) -> list[object]:
    """The elements of `'{a,b}'::text[]` or `ARRAY['a','b']`."""
    while isinstance(node, (exp.Cast, exp.Paren)):
        of_numbers = isinstance(node, exp.Cast) and _numeric_elements(node)
        inner = node.this
        if isinstance(inner, exp.Literal):
            return _elements(inner.name, of_numbers)
        node = inner
    if isinstance(node, exp.Array):
        return [_element(item) for item in node.expressions]
    raise Untranslatable("an array that isn't written out")


def _numeric_elements(node: exp.Cast) -> bool:
    spelled = node.args["to"].sql(dialect="postgres").lower()
    return kind_of(spelled.split("[")[0]) in NUMBERS


def _elements(text: str, of_numbers: bool) -> list[object]:
    inside = text.strip()
    if not (inside.startswith("{") and inside.endswith("}")) or "\\" in inside or "{" in inside[1:]:
        raise Untranslatable("an array of arrays or with escapes")
    if inside == "{}":
        return []
    pieces = re.findall(r'"([^"]*)"|([^,"]+)', inside[1:-1])
    found: list[object] = []
    for quoted, plain in pieces:
        if plain.strip().upper() == "NULL":
            found.append(None)
        else:
            found.append(json.loads(plain) if of_numbers else quoted or plain.strip())
    return found


def _element(node: exp.Expr) -> object:
    while isinstance(node, (exp.Cast, exp.Paren)):
        node = node.this
    if isinstance(node, exp.Literal):
        return node.name if node.args.get("is_string") else json.loads(node.name)
    if isinstance(node, exp.Null):
        return None
    raise Untranslatable("an array with computed elements")


def _literal(value: Value, choice: Choice) -> str | None:
    text, name = value.literal or "", base(choice.native)
    if choice.kind is Kind.BOOLEAN:
        return text if text in ("0", "1") and value.kind is Kind.BOOLEAN else None
    if name in ("tinyint", "smallint", "int", "bigint"):
        digits = text.strip()
        whole = re.fullmatch(r"[+-]?\d+", digits) and value.kind in (*NUMBERS, *TEXTS)
        return digits if whole and holds(choice.native, digits) else None
    if name in ("decimal", "float", "double"):
        spelled = re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", text)
        return text if spelled and holds(choice.native, text) else None
    if name in ("date", "datetime", "time", "timestamp"):
        return _moment(text, name, (*numbers(choice.native), 0)[0])
    if name == "bit":
        return value.sql if value.kind is Kind.BIT else None
    if name in ("longblob", "varbinary", "blob", "mediumblob", "binary"):
        written = re.fullmatch(r"\\x((?:[0-9a-fA-F]{2})*)", text)
        return _bytes(bytes.fromhex(written[1]), name) if written else None
    if value.kind in (*TEXTS, Kind.JSON, *NUMBERS) or choice.kind is Kind.DYNAMIC:
        length = numbers(choice.native)
        fits = not length or not name.endswith("char") or len(text) <= length[0]
        return quote_literal(text) if fits else None
    return None


def _bytes(value: bytes, name: str) -> str:
    """Bytes in hexadecimal; those of ASCII letters in a short column as text, which is how the server prints them."""
    if name in ("varbinary", "binary") and value.isascii() and value.decode("ascii").isprintable():
        return quote_literal(value.decode("ascii"))
    return f"X'{value.hex()}'"


def _moment(text: str, name: str, digits: int) -> str:
    """A date or time with as many digits of a second as its column keeps, as the server prints it."""
    if name == "date":
        return quote_literal(moment_text(text)[0][:10])
    spelled = text.strip() if name == "time" else moment_text(text)[0]
    spelled += " 00:00:00" if name != "time" and len(spelled) == 10 else ""
    whole, _, fraction = spelled.partition(".")
    whole += ":00" if whole.count(":") == 1 else ""
    return quote_literal(f"{whole}.{fraction[:digits].ljust(digits, '0')}" if digits else whole)


def _computed(value: Value, choice: Choice, flavour: Flavour) -> str | None:
    name, length = base(choice.native), numbers(choice.native)
    if value.kind is Kind.TIMESTAMP and name in ("datetime", "timestamp") and value.sql in CLOCKS:
        return _clock(value, choice, length[0] if length else 0, flavour)
    if not flavour.has("expression defaults"):
        raise Untranslatable("an expression as default, which this version hasn't")
    wanted = {"date": Kind.DATE, "datetime": Kind.TIMESTAMP, "uuid": Kind.UUID, "time": Kind.TIME}.get(name)
    if wanted is not None and value.kind in (wanted, *((Kind.TIMESTAMP,) if name == "date" else ())):
        return value.sql
    if choice.kind is Kind.UUID and value.kind is Kind.UUID:
        return value.sql
    if value.kind in NUMBERS and name in ("tinyint", "smallint", "int", "bigint", "decimal", "float", "double"):
        return value.sql
    if value.kind in TEXTS and choice.kind in (None, Kind.CHAR, Kind.ENUM) and base(choice.native) != "json":
        return value.sql
    return None


def _clock(value: Value, choice: Choice, digits: int, flavour: Flavour) -> str:
    """The clock in UTC for moments, the session's for date-times without a zone."""
    places = f"({digits})" if digits else ""
    if choice.route == "pg_timestamptz" or (value.sql == "UTC_TIMESTAMP(6)" and not value.zoned):
        if not flavour.has("expression defaults"):
            raise Untranslatable("the clock in UTC as default, which this version hasn't")
        return f"utc_timestamp({digits or ''})"
    return f"current_timestamp{places}"

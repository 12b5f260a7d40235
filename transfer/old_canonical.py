"""The canonical text of a value: equal values give equal bytes, whichever engine holds them.

One row per route: how PostgreSQL renders it in SQL, and how a SQLite value is rendered here. None of it is shared
with the mover. A value that the route does not expect is rendered with its class and differs from everything.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from conversion.mapping import ColumnMapping

Value = int | float | bytes
Render = Callable[[str, Value], str | bytes]


class Unexpected(ValueError):
    """The value is not what the route is for."""


@dataclass(frozen=True)
class Canonical:
    """postgresql: SQL text of column {c}; sqlite: the same from a class and a value."""

    postgresql: str
    sqlite: Render


def _integer(klass: str, value: Value) -> str:
    return str(_of(klass, value, "integer"))


def _boolean(klass: str, value: Value) -> str:
    number = _of(klass, value, "integer")
    if number not in (0, 1):
        raise Unexpected
    return "true" if number else "false"


def _double(klass: str, value: Value) -> str:
    return struct.pack(">d", _of(klass, value, "integer", "real")).hex()


def _decimal(klass: str, value: Value) -> str:
    return _plain(Decimal(repr(_of(klass, value, "integer", "real"))))


def _plain(number: Decimal) -> str:
    if not number.is_finite():
        raise Unexpected
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _text(klass: str, value: Value) -> bytes:
    found = _of(klass, value, "text")
    assert isinstance(found, bytes)
    return found


def _text_any(klass: str, value: Value) -> str | bytes:
    found = _of(klass, value, "text", "integer", "real")
    return found if isinstance(found, bytes) else repr(found)


def _hex(klass: str, value: Value) -> str:
    found = _of(klass, value, "blob", "text")
    assert isinstance(found, bytes)
    return found.hex()


def _json_any(klass: str, value: Value) -> str:
    if klass == "blob":
        return "object:" + _hex(klass, value)
    if klass == "text":
        return "string:" + _text(klass, value).decode()
    number = Decimal(repr(value))
    if not number.is_finite():
        raise Unexpected
    # jsonb keeps numbers as numeric, which has no negative zero
    return "number:" + format(number if number else abs(number), "f")


def _moment(klass: str, value: Value) -> str:
    return _stamp(datetime.fromisoformat(_text(klass, value).decode()).replace(tzinfo=None))


def _moment_zone(klass: str, value: Value) -> str:
    text = _text(klass, value).decode().replace(" +", "+").replace(" -", "-").replace(" Z", "Z")
    return _stamp(datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)) + "+00"


def _stamp(moment: datetime) -> str:
    whole = moment.isoformat(" ", "microseconds")
    return whole.rstrip("0").rstrip(".")


def _clock(klass: str, value: Value) -> str:
    return time.fromisoformat(_text(klass, value).decode()).isoformat("microseconds").rstrip("0").rstrip(".")


def _epoch(unit: timedelta) -> Render:
    def render(klass: str, value: Value) -> str:
        return _stamp(datetime(1970, 1, 1) + unit * _of(klass, value, "integer"))  # type: ignore[operator]

    return render


def _julian_day(klass: str, value: Value) -> str:
    days = Fraction(_of(klass, value, "integer", "real")) - Fraction(4881175, 2)  # type: ignore[arg-type]
    return _stamp(datetime(1970, 1, 1) + timedelta(microseconds=round(days * 86_400_000_000)))


def _of(klass: str, value: Value, *classes: str) -> Value:
    if klass not in classes:
        raise Unexpected
    return value


def _with_class(klass: str, value: Value) -> bytes:
    """A value of SQLite beside a value of SQLite: its class and its own bytes."""
    shown = value if klass == "text" and isinstance(value, bytes) else _any(value).encode()
    return klass.encode() + b" " + shown


NUMERIC_SQL = "CASE WHEN strpos({c}::text, '.') > 0 THEN rtrim(rtrim({c}::text, '0'), '.') ELSE {c}::text END"
JSON_ANY_SQL = (
    "jsonb_typeof({c}) || ':' || CASE jsonb_typeof({c}) WHEN 'object' THEN {c} ->> '$blob' ELSE {c} #>> '{{}}' END"
)

CANONICAL: dict[str, Canonical] = {
    "identity": Canonical("{c}::text", _with_class),
    "integer": Canonical("{c}::text", _integer),
    "boolean": Canonical("{c}::text", _boolean),
    "double": Canonical("encode(float8send({c}), 'hex')", _double),
    "numeric": Canonical(NUMERIC_SQL, _decimal),
    "text": Canonical("{c}::text", _text),
    "text_any": Canonical("{c}::text", _text_any),
    "bytea": Canonical("encode({c}, 'hex')", _hex),
    "bytea_any": Canonical("encode({c}, 'hex')", _hex),
    "jsonb_any": Canonical(JSON_ANY_SQL, _json_any),
    "date": Canonical("{c}::text", _text),
    "time": Canonical("{c}::text", _clock),
    "timestamp": Canonical("{c}::text", _moment),
    "timestamptz": Canonical("{c}::text", _moment_zone),
    "epoch_seconds": Canonical("{c}::text", _epoch(timedelta(seconds=1))),
    "epoch_milliseconds": Canonical("{c}::text", _epoch(timedelta(milliseconds=1))),
    "julian_day": Canonical("{c}::text", _julian_day),
    "uuid": Canonical("{c}::text", _text),
    "json": Canonical("{c}::text", _text),
}


def _pg_real(klass: str, value: Value) -> str:
    """SQLite keeps no negative zero in a REAL column, and NaN only as text."""
    return "NaN" if value == b"NaN" else _double(klass, value + 0.0 if isinstance(value, float) else value)


PG_REAL_SQL = "CASE WHEN {c} = 'NaN' THEN 'NaN' ELSE encode(float8send({c}::float8 + 0), 'hex') END"
CANONICAL |= {
    "pg_integer": Canonical("{c}::bigint::text", _integer),
    "pg_boolean": Canonical("{c}::int::text", _integer),
    "pg_real": Canonical(PG_REAL_SQL, _pg_real),
    "pg_blob": Canonical("encode({c}, 'hex')", _hex),
    "pg_timestamptz": Canonical("({c} AT TIME ZONE 'UTC')::text || '+00:00'", _text),
    "pg_array": Canonical("to_json({c})::text", _text),
}
CANONICAL |= {
    route: Canonical("{c}::text", _text)
    for route in ("pg_text", "pg_numeric", "pg_date", "pg_time", "pg_timestamp", "pg_json", "pg_interval")
}


# ::text on a type that somebody made may call a function of theirs (CREATE CAST); concat writes what COPY would
OWN_TYPE_SQL = "CASE WHEN {c} IS DISTINCT FROM NULL THEN pg_catalog.concat({c}) END"


def postgresql_text(column: ColumnMapping, quoted: str) -> str:
    """SQL that renders a column of a PostgreSQL side; NULL for NULL."""
    own = "." in column.source_type or "." in column.target_type
    return as_text(CANONICAL[column.route].postgresql, own).replace("{c}", quoted).replace("{{}}", "{}")


def as_text(expression: str, own: bool) -> str:
    """The expression, without a cast where the column's type is not the engine's own (its name has a schema)."""
    return OWN_TYPE_SQL if own and expression == "{c}::text" else expression


def sqlite_text(column: ColumnMapping, klass: str, value: Value | None) -> bytes | None:
    """The rendering of a SQLite value; None for NULL."""
    if klass == "null" or value is None:
        return None
    try:
        text = CANONICAL[column.route].sqlite(klass, value)
        return text if isinstance(text, bytes) else text.encode()
    except (ValueError, OverflowError, struct.error):
        return b"unexpected " + klass.encode() + b" " + _any(value).encode()


def sqlite_texts(column: ColumnMapping, klasses: Sequence[str], values: Sequence[Value | None]) -> list[bytes | None]:
    """A whole column at once; the common case, one class that the route expects, without a look at single values."""
    usual = USUAL.get(column.route)
    if usual is not None and set(klasses) == {usual[0]}:
        return list(map(usual[1], values))
    return [sqlite_text(column, klass, value) for klass, value in zip(klasses, values, strict=True)]


# Routes with one usual class, and its rendering: the same as in the table above.
USUAL: dict[str, tuple[str, Callable[[Any], bytes]]] = {
    "integer": ("integer", lambda value: b"%d" % value),
    "text": ("text", lambda value: value),
    "text_any": ("text", lambda value: value),
    "date": ("text", lambda value: value),
    "uuid": ("text", lambda value: value),
    "json": ("text", lambda value: value),
    "double": ("real", lambda value: struct.pack(">d", value).hex().encode()),
}


def _any(value: Value) -> str:
    return value.hex() if isinstance(value, bytes) else repr(value)


def encode_row(texts: list[bytes | None]) -> bytes:
    """A row without ambiguity: every value with its length, NULL apart from every text."""
    return b"".join(b"n" if text is None else b"%d:%b" % (len(text), text) for text in texts)


def encoded_sql(expression: str, utf8: bool) -> str:
    """The same encoding of one rendered value in PostgreSQL; utf8 says whether the server stores UTF-8."""
    size = f"octet_length({expression})" if utf8 else f"octet_length(convert_to({expression}, 'UTF8'))"
    return f"coalesce({size}::text || ':' || ({expression}), 'n')"


def is_original(original: str, klass: str, value: Value | None) -> bool:
    """Whether a quarantined original (JSON) is this very value, class and bytes."""
    return _same(json.loads(original), klass, value)


def is_original_row(original: str, row: dict[str, tuple[str, Value | None]]) -> bool:
    """Whether a withheld row's original (JSON by column) holds exactly these values."""
    kept = json.loads(original)
    return set(kept) == set(row) and all(_same(kept[name], *pair) for name, pair in row.items())


def _same(kept: dict[str, str], klass: str, value: Value | None) -> bool:
    if kept["class"] != klass:
        return False
    if "hex" in kept:
        return bytes.fromhex(kept["hex"]) == value
    if "text" in kept:
        return kept["text"].encode() == value
    return kept.get("number") == (None if value is None else repr(value))

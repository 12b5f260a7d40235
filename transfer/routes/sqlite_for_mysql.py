"""Exact conversion of single SQLite values to what MySQL reads as the same, where PostgreSQL's text is another."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from datetime import UTC, datetime

from conversion.mapping import ColumnMapping
from engines.catalog import Kind
from engines.mysql.load import STORED
from engines.mysql.types import logical_type
from transfer.routes.policy import Refused
from transfer.routes.sqlite_values import converter
from transfer.routes.sqlite_values_text import Convert, Value
from transfer.routes.texts import utf8

FIRST_YEAR = b"1000"
MOMENTS = frozenset({"date", "timestamp", "timestamptz", "epoch_seconds", "epoch_milliseconds", "julian_day"})
BYTES = ("bytea", "bytea_any")
# routes whose values SQLite can't write as MySQL reads them, so that each is converted here
ONE_BY_ONE = frozenset({"timestamptz", "jsonb_any"})
MILLISECONDS = 3
UNHEX = "UNHEX(SUBSTR({}, 3))"  # behind \x, as the lines have bytes
# a year that MySQL's manual doesn't know but its servers store: made one that they refuse
YEARS = "IF({} < '1000', 'a year before 1000', {})"


def wrap_of(column: ColumnMapping) -> str:
    """SQL of the target's value."""
    if column.route in BYTES:
        return UNHEX
    if logical_type(column.target_type).kind is Kind.BIT:
        return "CAST({} AS UNSIGNED)"
    return YEARS if column.route in MOMENTS else STORED


def one_by_one(column: ColumnMapping) -> bool:
    """Whether each value of the column has to be looked at here."""
    target = logical_type(column.target_type)
    small = target.kind is Kind.FLOAT and target.bits == 32
    cut = column.route == "epoch_milliseconds" and (target.precision or 0) < MILLISECONDS
    return column.route in ONE_BY_ONE or small or cut


def mysql_converter(column: ColumnMapping) -> Convert:
    """The conversion of a column's values; EngineError ROUTE_UNKNOWN for a route nobody wrote."""
    target = logical_type(column.target_type)
    own = OWN.get(column.route)
    convert = own if own is not None else converter(column.route, column.target_type)
    if column.route == "text":
        convert = _text(target.length)
    if column.route in MOMENTS and target.kind in (Kind.DATE, Kind.TIMESTAMP):
        return _moment(convert, target.precision or 0)
    if target.kind is Kind.FLOAT and column.route in ("double", "integer", "numeric"):
        return _float(convert, target.bits == 32)
    return convert


def _moment(convert: Convert, digits: int) -> Convert:
    def moment(klass: str, value: Value) -> bytes:
        text = convert(klass, value)
        if text[:4] < FIRST_YEAR:
            raise Refused("date_range", "a year before 1000")
        if text.partition(b".")[2][digits:].strip(b"0"):
            raise Refused("date_range", f"more than {digits} digits of a second")
        return text

    return moment


def _float(convert: Convert, single: bool) -> Convert:
    def number(klass: str, value: Value) -> bytes:
        text = convert(klass, value)
        found = float(text)
        if found in (float("inf"), float("-inf")) or found != found:
            raise Refused("not_finite", "NaN or infinity")
        if single and not _is_single(found):
            raise Refused("out_of_range", "a number that a float doesn't hold exactly")
        return text

    return number


def _is_single(number: float) -> bool:
    try:
        return bool(struct.unpack("f", struct.pack("f", number))[0] == number)
    except OverflowError:
        return False


def _text(length: int | None) -> Convert:
    def convert(klass: str, value: Value) -> bytes:
        if klass != "text" or not isinstance(value, bytes):
            raise Refused("wrong_class", f"{klass} in a text column")
        text = utf8(value)
        if length is not None and len(text.decode()) > length:
            raise Refused("too_long", f"text longer than {length} characters")
        return text

    return convert


def _text_any(klass: str, value: Value) -> bytes:
    if klass == "blob":
        raise Refused("wrong_class", "blob in a text column")
    return utf8(value) if isinstance(value, bytes) else repr(value).encode()


def _json_any(klass: str, value: Value) -> bytes:
    """A value of any class as JSON: a string, a number, or {"$blob": hex}."""
    if klass == "blob" and isinstance(value, bytes):
        return json.dumps({"$blob": value.hex()}).encode()
    if isinstance(value, bytes):
        try:
            return json.dumps(utf8(value).decode(), ensure_ascii=False).encode()
        except Refused as refused:
            mended = json.dumps(refused.converted.decode(), ensure_ascii=False).encode()
            raise refused.instead(mended) from None
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        raise Refused("not_finite", "infinity in a JSON column")
    return repr(value).encode()


def _in_utc(klass: str, value: Value) -> bytes:
    """The moment in UTC; what the text names must be one that Python has too (years 1 to 9999)."""
    text = converter("timestamptz", "timestamp with time zone")(klass, value).decode()
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("date_range", "a moment outside of the years 1 to 9999") from None
    return moment.replace(tzinfo=None).isoformat(" ").encode()


OWN: dict[str, Callable[[str, Value], bytes]] = {
    "text_any": _text_any,
    "jsonb_any": _json_any,
    "timestamptz": _in_utc,
}

"""SQLite values in canonical form: from the class of each value and the reading of its column."""

from __future__ import annotations

import re
from binascii import hexlify
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from engines.columns import Kind
from transfer.canonical import numbers_text
from transfer.canonical import readers_sqlite as readers
from transfer.canonical.columns import ComparedColumn, Form, Role
from transfer.canonical.moments_text import Moment
from transfer.canonical.readers_sqlite import CLASSES, Reader, Value
from transfer.canonical.rendered import Rendered, apart, integers, rendered

Batch = Callable[[Reader, Sequence[Any]], Sequence[Any]]
OF_INTEGERS = frozenset({"integer", "double", "numeric", "pg_real"})  # readings that take any integer


def renderer(column: ComparedColumn, role: Role) -> Callable[[Sequence[Any]], Rendered]:
    """What renders the column's values of a batch of rows: text as bytearray, blobs as bytes.

    A value that the reading doesn't expect is rendered with its class, and equals nothing of another engine.
    """
    held = column.held(role)
    named = held.reading in READINGS
    read = (READINGS[held.reading] if named else NATIVE[column.form])(column, role)
    usual = USUAL.get(held.reading if named else column.form) if column.digits is None else None
    counted = column.form is Form.NUMBER and (not named or held.reading in OF_INTEGERS)

    def render(values: Sequence[Any]) -> Rendered:
        classes = set(map(type, values))
        if counted and classes == {int}:
            return integers(values)
        classes.discard(type(None))
        if usual is not None and classes == {usual[0]}:
            return rendered(column, usual[1](read, values))
        return rendered(column, [None if value is None else _one(read, value) for value in values])

    return render


def _as_stored(read: Reader, values: Sequence[Any]) -> Sequence[Any]:
    return values


def _each(fast: Callable[[Any], bytes]) -> Batch:
    return lambda read, values: [None if value is None else fast(value) for value in values]


def _doubles(read: Reader, values: Sequence[Any]) -> Sequence[Any]:
    if None not in values:
        return numbers_text.doubles(values)
    return [None if value is None else numbers_text.double(value) for value in values]


def _spelled(pattern: bytes) -> Batch:
    """Texts that are canonical already, which one look at all of them together shows."""
    lines = re.compile(rb"%b(?:\n%b)*" % (pattern, pattern))

    def render(read: Reader, values: Sequence[Any]) -> Sequence[Any]:
        there = [value for value in values if value is not None]
        together = b"\n".join(there)
        if lines.fullmatch(together) and together.count(b"\n") == len(there) - 1:
            return values
        return [None if value is None else _one(read, value) for value in values]

    return render


def _one(read: Reader, value: Value) -> bytes | bytearray:
    text = read(value)
    return apart(CLASSES[type(value)], value) if text is None else text


def _width(column: ComparedColumn) -> int | None:
    kinds = {held.type.kind: held.type.length for held in (column.source, column.target)}
    return kinds.get(Kind.BIT)


def _says_boolean(column: ComparedColumn) -> bool:
    return Kind.BOOLEAN in (column.source.type.kind, column.target.type.kind)


Make = Callable[[ComparedColumn, Role], Reader]


def _plain(read: Reader) -> Make:
    return lambda column, role: read


def _native_number(column: ComparedColumn, role: Role) -> Reader:
    if _width(column) is not None:
        return readers.number_of_bits
    return readers.boolean_or_number if _says_boolean(column) else partial(readers.number, column.digits)


def _as_text(column: ComparedColumn, role: Role) -> Reader:
    return readers.only(NATIVE[column.form](column, role), bytearray)


def _counted(read: Callable[[Value], Moment | None]) -> Make:
    return lambda column, role: readers.only(partial(readers.timestamp, column.digits, read=read), int, float)


# Form -> the reading of a column that is not known to be written in one way: whatever class means the form's value.
NATIVE: dict[Form, Make] = {
    Form.NUMBER: _native_number,
    Form.SINGLE: _plain(lambda value: None if type(value) is bytes else numbers_text.single(value)),
    Form.TEXT: _plain(readers.text),
    Form.CHAR: _plain(readers.char),
    Form.BYTES: _plain(readers.hexadecimal),
    Form.BITS: lambda column, role: partial(readers.bits, _width(column)),
    Form.DATE: _plain(readers.date),
    Form.TIME: lambda column, role: partial(readers.time, column.digits),
    Form.TIMETZ: lambda column, role: partial(readers.timetz, column.digits),
    Form.TIMESTAMP: lambda column, role: partial(readers.timestamp, column.digits),
    Form.INTERVAL: _plain(readers.interval),
    Form.UUID: _plain(readers.uuid_of),
    Form.JSON: _plain(readers.json_value),
    Form.SET: _plain(readers.labels),
    Form.POINT: _plain(readers.point),
    Form.GEOMETRY: _plain(readers.geometry),
    Form.NATIVE: _plain(readers.dynamic),
    Form.DYNAMIC: _plain(readers.dynamic),
}
# Reading (a plan's route) -> what it expects; of the forms that have a native reading of that name, only these classes.
READINGS: dict[str, Make] = {
    "integer": _plain(readers.only(partial(readers.number, None), int)),
    "boolean": _plain(readers.flag),
    "double": _plain(readers.only(partial(readers.number, None), int, float)),
    "numeric": lambda column, role: readers.only(partial(readers.number, column.digits), int, float),
    "text": _plain(readers.only(readers.text, bytearray)),
    "text_any": _plain(readers.text),
    "bytea": _plain(readers.only(readers.hexadecimal, bytes)),
    "bytea_any": _plain(readers.hexadecimal),
    "jsonb_any": _plain(readers.json_of_any),
    "date": _as_text,
    "time": _as_text,
    "timestamp": _as_text,
    "timestamptz": _as_text,
    "epoch_seconds": _counted(partial(readers.epoch, 1)),
    "epoch_milliseconds": _counted(partial(readers.epoch, 1000)),
    "julian_day": _counted(readers.julian),
    "uuid": _as_text,
    "json": _as_text,
    "pg_real": _plain(readers.pg_real),
    "pg_numeric": _as_text,
    "pg_date": _as_text,
    "pg_time": _as_text,
    "pg_timestamp": _as_text,
    "pg_timestamptz": _as_text,
    "pg_array": _as_text,
}
DAY, CLOCK = rb"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])", rb"[0-2][0-9]:[0-5][0-9]:[0-5][0-9]"
SPELLED_MOMENT = _spelled(DAY + b" " + CLOCK)
SPELLED_UUID = _spelled(b"-".join(b"[0-9a-f]{%d}" % count for count in (8, 4, 4, 4, 12)))
# Reading or form -> the class that its values usually have, and how a batch of nothing else (and NULL) is rendered.
USUAL: dict[str, tuple[type, Batch]] = {
    "text": (bytearray, _as_stored), "text_any": (bytearray, _as_stored), Form.TEXT: (bytearray, _as_stored),
    "double": (float, _doubles), "numeric": (float, _doubles),
    "pg_real": (float, _doubles), Form.NUMBER: (float, _doubles),
    "bytea": (bytes, _each(hexlify)),
    "pg_timestamp": (bytearray, SPELLED_MOMENT), "timestamp": (bytearray, SPELLED_MOMENT),
    Form.TIMESTAMP: (bytearray, SPELLED_MOMENT), Form.DATE: (bytearray, _spelled(DAY)),
    Form.TIME: (bytearray, _spelled(CLOCK)), Form.UUID: (bytearray, SPELLED_UUID), "uuid": (bytearray, SPELLED_UUID),
}  # fmt: skip

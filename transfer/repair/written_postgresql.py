"""Canonical texts as PostgreSQL's own input: what a column's input function is given for a value."""

from __future__ import annotations

from collections.abc import Callable

from engines.columns import Kind
from transfer.canonical.columns import Form, Held
from transfer.repair.unholdable import Unholdable, decoded, microseconds_clock, span_parts

Write = Callable[[bytes, Held], str]


def _text(text: bytes, held: Held) -> str:
    if b"\0" in text:
        raise Unholdable("text with NUL, which PostgreSQL can't hold")
    return decoded(text)


def _bytes(text: bytes, held: Held) -> str:
    return rf"\x{text.decode()}" if held.type.kind is Kind.BINARY else _text(bytes.fromhex(text.decode()), held)


def _bits(text: bytes, held: Held) -> str:
    return format(int(text), f"0{held.type.length or 1}b")


def _moment(text: bytes, held: Held) -> str:
    shown = text.decode()
    day = shown.partition(" ")[0]
    if "-00" in day or day.startswith("0000"):
        raise Unholdable(f"{day} is no date of PostgreSQL")
    return shown


def _interval(text: bytes, held: Held) -> str:
    months, days, microseconds = span_parts(text)
    if held.type.kind is Kind.INTERVAL:
        return f"{months} mons {days} days {microseconds} microseconds"
    if months or days:
        raise Unholdable("a span of months or days is no time of day")
    return microseconds_clock(microseconds)


def _uuid(text: bytes, held: Held) -> str:
    return rf"\x{text.decode().replace('-', '')}" if held.type.kind is Kind.BINARY else text.decode()


def _point(text: bytes, held: Held) -> str:
    return f"({text.decode().replace(' ', ',')})"


def _geometry(text: bytes, held: Held) -> str:
    srid, _, wkb = text.decode().partition(":")
    return wkb if srid == "0" else f"SRID={srid};{wkb}"


# form -> how its text is written, by the kind of the target's column; None: any other kind
WRITTEN: dict[Form, dict[Kind | None, Write]] = {
    Form.NUMBER: {
        Kind.BIT: _bits,
        **dict.fromkeys((Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.BOOLEAN, Kind.TEXT, Kind.CHAR), _text),
    },
    Form.SINGLE: dict.fromkeys((Kind.FLOAT, Kind.DECIMAL, Kind.TEXT), _text),
    Form.TEXT: {None: _text},
    Form.CHAR: {None: _text},
    Form.BYTES: dict.fromkeys((Kind.BINARY, Kind.TEXT, Kind.CHAR), _bytes),
    Form.BITS: dict.fromkeys((Kind.BIT, Kind.TEXT, Kind.CHAR), _text),
    Form.DATE: dict.fromkeys((Kind.DATE, Kind.TEXT, Kind.CHAR), _moment),
    Form.TIME: dict.fromkeys((Kind.TIME, Kind.TEXT, Kind.CHAR), _text),
    Form.TIMETZ: dict.fromkeys((Kind.TIME, Kind.TEXT, Kind.CHAR), _text),
    Form.TIMESTAMP: dict.fromkeys((Kind.TIMESTAMP, Kind.DATE, Kind.TEXT, Kind.CHAR), _moment),
    Form.INTERVAL: dict.fromkeys((Kind.INTERVAL, Kind.TIME), _interval),
    Form.UUID: dict.fromkeys((Kind.UUID, Kind.TEXT, Kind.CHAR, Kind.BINARY), _uuid),
    Form.JSON: dict.fromkeys((Kind.JSON, Kind.TEXT), _text),
    Form.SET: dict.fromkeys((Kind.TEXT, Kind.CHAR), _text),
    Form.POINT: {None: _point},
    Form.GEOMETRY: {Kind.GEOMETRY: _geometry},
    Form.NATIVE: {None: _text},
}

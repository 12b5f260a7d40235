"""Canonical texts as parameters of MySQL and MariaDB, and the expressions that they stand in."""

from __future__ import annotations

from collections.abc import Callable

from engines.columns import Kind
from transfer.canonical.columns import Form, Held
from transfer.repair.unholdable import Unholdable, decoded, microseconds_clock, span_parts

Write = Callable[[bytes, Held], object]
FINITE = frozenset("-.0123456789")
LONGEST_TIME = 839 * 3_600_000_000  # microseconds: MySQL manual, The TIME Type: up to 838:59:59
# forms whose parameter stands in an expression; every other one is the column's value as it is
EXPRESSIONS: dict[Form, str] = {
    Form.POINT: "ST_GeomFromText(CONCAT('POINT(', %s, ')'))",
    Form.GEOMETRY: "ST_GeomFromWKB(UNHEX(SUBSTRING_INDEX(%s, ':', -1)), SUBSTRING_INDEX(%s, ':', 1))",
}


def _text(text: bytes, held: Held) -> object:
    return decoded(text)


def _number(text: bytes, held: Held) -> object:
    shown = decoded(text)
    if not FINITE.issuperset(shown):
        raise Unholdable(f"{shown} is no number of MySQL")
    return int(shown) if held.type.kind is Kind.BIT else shown


def _bytes(text: bytes, held: Held) -> object:
    raw = bytes.fromhex(decoded(text))
    return raw if held.type.kind is Kind.BINARY else decoded(raw)


def _bits(text: bytes, held: Held) -> object:
    return int(text, 2) if held.type.kind is Kind.BIT else decoded(text)


def _moment(text: bytes, held: Held) -> object:
    shown = decoded(text)
    if not shown[:4].isdigit() or shown[4:5] != "-" or "BC" in shown:
        raise Unholdable(f"{shown} is no date of MySQL (years 0 to 9999)")
    return shown


def _interval(text: bytes, held: Held) -> object:
    months, days, microseconds = span_parts(text)
    if months or days or abs(microseconds) >= LONGEST_TIME:
        raise Unholdable("a span of months, days or more than 838 hours is no TIME of MySQL")
    return microseconds_clock(microseconds)


def _uuid(text: bytes, held: Held) -> object:
    return bytes.fromhex(text.decode().replace("-", "")) if held.type.kind is Kind.BINARY else decoded(text)


TEXTS = (Kind.TEXT, Kind.CHAR)
NUMBERS = (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.BOOLEAN, Kind.YEAR, Kind.BIT)
# form -> how its text is written, by the kind of the target's column; None: any other kind
WRITTEN: dict[Form, dict[Kind | None, Write]] = {
    Form.NUMBER: dict.fromkeys((*NUMBERS, *TEXTS), _number),
    Form.SINGLE: dict.fromkeys((Kind.FLOAT, Kind.DECIMAL, *TEXTS), _number),
    Form.TEXT: {None: _text},
    Form.CHAR: {None: _text},
    Form.BYTES: dict.fromkeys((Kind.BINARY, *TEXTS), _bytes),
    Form.BITS: dict.fromkeys((Kind.BIT, *TEXTS), _bits),
    Form.DATE: dict.fromkeys((Kind.DATE, *TEXTS), _moment),
    Form.TIME: dict.fromkeys((Kind.TIME, *TEXTS), _text),
    Form.TIMETZ: dict.fromkeys(TEXTS, _text),
    Form.TIMESTAMP: dict.fromkeys((Kind.TIMESTAMP, Kind.DATE, *TEXTS), _moment),
    Form.INTERVAL: {Kind.TIME: _interval},
    Form.UUID: dict.fromkeys((Kind.UUID, Kind.BINARY, *TEXTS), _uuid),
    Form.JSON: dict.fromkeys((Kind.JSON, *TEXTS), _text),
    Form.SET: dict.fromkeys((Kind.SET, *TEXTS), _text),
    Form.POINT: {Kind.GEOMETRY: _text},
    Form.GEOMETRY: {Kind.GEOMETRY: _text},
    Form.NATIVE: dict.fromkeys(TEXTS, _text),
}

"""Canonical texts as SQLite's values: the storage class that the target's column is read as."""

from __future__ import annotations

from collections.abc import Callable

from engines.columns import Kind
from transfer.canonical.columns import Form, Held
from transfer.repair.unholdable import Unholdable, decoded

Write = Callable[[bytes, Held], object]
INT64 = 1 << 63
ZONED = {"pg_timestamptz"}  # readings whose text says the zone


def _text(text: bytes, held: Held) -> object:
    return decoded(text)


def _number(text: bytes, held: Held) -> object:
    """An integer where it fits one, a double where that says the same, else the digits as text."""
    shown = decoded(text)
    if held.reading == "pg_numeric" or held.type.kind in (Kind.TEXT, Kind.CHAR):
        return shown
    if shown.lstrip("-").isdigit() and -INT64 <= int(shown) < INT64:
        return float(shown) if held.type.kind is Kind.FLOAT else int(shown)
    return shown if shown in ("NaN", "Infinity", "-Infinity") and held.reading == "pg_real" else _double(shown, held)


def _double(shown: str, held: Held) -> object:
    if shown == "NaN":
        raise Unholdable("SQLite has no NaN")
    return shown if held.type.kind is Kind.DECIMAL and len(shown.lstrip("-0.").replace(".", "")) > 15 else float(shown)


def _bytes(text: bytes, held: Held) -> object:
    raw = bytes.fromhex(decoded(text))
    return decoded(raw) if held.type.kind in (Kind.TEXT, Kind.CHAR) else raw


def _bits(text: bytes, held: Held) -> object:
    return int(text, 2) if held.type.kind in (Kind.INTEGER, Kind.BOOLEAN) else decoded(text)


def _moment(text: bytes, held: Held) -> object:
    return decoded(text) + ("+00:00" if held.reading in ZONED else "")


def _dynamic(text: bytes, held: Held) -> object:
    """Class and bytes (transfer/canonical/values_sqlite.py), as the source holds them."""
    klass, _, value = text.partition(b" ")
    if klass == b"blob":
        return value
    return int(value) if klass == b"integer" else float(value) if klass == b"real" else decoded(value)


# form -> how its text is written, whatever the kind of the target's column
WRITTEN: dict[Form, dict[Kind | None, Write]] = {
    Form.NUMBER: {None: _number},
    Form.SINGLE: {None: _number},
    Form.TEXT: {None: _text},
    Form.CHAR: {None: _text},
    Form.BYTES: {None: _bytes},
    Form.BITS: {None: _bits},
    Form.DATE: {None: _text},
    Form.TIME: {None: _text},
    Form.TIMETZ: {None: _text},
    Form.TIMESTAMP: {None: _moment},
    Form.UUID: {None: _text},
    Form.JSON: {None: _text},
    Form.SET: {None: _text},
    Form.NATIVE: {None: _dynamic},
    Form.DYNAMIC: {None: _dynamic},
}

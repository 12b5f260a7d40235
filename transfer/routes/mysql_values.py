"""Exact conversion of single MySQL values to PostgreSQL's text input, or a refusal with what else could be stored."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation

from conversion.mapping import ColumnMapping
from conversion.postgresql_types import base_name
from engines.catalog import Kind
from engines.mysql.types import logical_type
from transfer.routes.json_escapes import refusal
from transfer.routes.mysql_column import INTEGERS, TEXTS, sizes
from transfer.routes.mysql_marks import NO_CODE_POINTS
from transfer.routes.mysql_moments import clock, moment
from transfer.routes.policy import Refused
from transfer.routes.texts import Convert, clean_text, following

MARK = 0xFF  # begins a text that has no code points: its length in UTF-8, ":", the server's conversion, its bytes
UUID = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
LARGEST_REAL = Decimal("3.4028235677973366e38")


def converter(column: ColumnMapping, labels: frozenset[str] | None = None) -> Convert:
    """What makes PostgreSQL's text of a value's bytes (transfer/routes/mysql_columns.py, exact); not escaped for COPY.

    labels: those of the target's enum type, where it is one. The converter raises Refused.
    """
    target, limits = column.target_type, sizes(column.target_type)
    base, own = base_name(target), logical_type(column.source_type)
    textual = own.kind in (Kind.TEXT, Kind.CHAR)
    limit = limits[0] if limits else 1 if base == "character" else None
    if base in TEXTS:
        return text(limit, characters if column.route != "bytes_text" else clean_text)
    if column.route in ("integer", "numeric", "double", "boolean", "bit_integer"):
        return boolean if column.route == "boolean" else number(base, limits)
    if column.route in ("date", "timestamp", "timestamptz"):
        return moment(base, characters if textual else plain)
    if column.route == "bit":
        varying = base == "bit varying"
        return bits(own.length or 1, limits[0] if limits else None if varying else 1, varying)
    if column.route == "uuid":
        return uuid if textual else plain
    if column.route == "json":
        return document(base == "jsonb")
    if column.route == "wkb" and base != "bytea":
        return plain
    return SIMPLE[column.route] if column.route != "enum" else label(labels)


def plain(value: bytes) -> bytes:
    """As it is."""
    return value


def characters(value: bytes) -> bytes:
    """Text in UTF-8 without NUL."""
    if value[:1] == bytes((MARK,)):
        size, _, rest = value[1:].partition(b":")
        given = rest[: int(size)]
        raise Refused("invalid_encoding", NO_CODE_POINTS, given.replace(b"\0", b""))
    return clean_text(value)


def text(limit: int | None, read: Convert) -> Convert:
    """Text of at most so many characters; read: what looks at it first."""

    def fitting(value: bytes) -> bytes:
        if limit is not None and len(value) > limit and len(value.decode()) > limit:
            raise Refused("too_long", f"text longer than {limit} characters", value.decode()[:limit].encode())
        return value

    return following(read, fitting)


def boolean(value: bytes) -> bytes:
    """0 and 1; anything else is true where it is converted, as MySQL reads it."""
    if int(value) not in (0, 1):
        raise Refused("not_boolean", "neither 0 nor 1 in a boolean column", b"true")
    return b"%d" % int(value)


def number(base: str, limits: list[int]) -> Convert:
    """A number of that type; what is beyond it becomes its nearest bound where it is converted."""
    if base in INTEGERS:
        high = 2 ** (INTEGERS[base] - 1) - 1
        return _within(Decimal(-high - 1), Decimal(high), f"number outside of {base}", None)
    if base == "numeric" and limits:
        digits, scale = limits[0], limits[1] if len(limits) > 1 else 0
        largest = Decimal(f"{'9' * digits}e{-scale}")
        return _within(-largest, largest, f"number outside of numeric({digits},{scale})", scale)
    return real if base == "real" else plain


def _within(low: Decimal, high: Decimal, reason: str, scale: int | None) -> Convert:
    """Numbers in that range, once rounded to the scale as PostgreSQL does it; without a scale whole ones only."""
    whole = scale is None
    half = Decimal(0) if scale is None else Decimal(5).scaleb(-scale - 1)

    def convert(value: bytes) -> bytes:
        try:
            found = Decimal(value.decode())
        except InvalidOperation:
            raise Refused("malformed", "text that is no number") from None
        if whole and found != int(found):
            nearest = min(max(Decimal(round(found)), low), high)
            raise Refused("out_of_range", "number with a fraction", f"{nearest:f}".encode())
        if not low - half < found < high + half and not low <= found <= high:
            raise Refused("out_of_range", reason, f"{min(max(found, low), high):f}".encode())
        return b"%d" % int(found) if whole else value

    return convert


def real(value: bytes) -> bytes:
    """A number that a 4-byte float is near to."""
    found = Decimal(value.decode())
    if abs(found) > LARGEST_REAL or (found and abs(found) < Decimal("7.1e-46")):
        raise Refused("out_of_range", "number outside of real")
    return value


def bits(own: int, wanted: int | None, varying: bool) -> Convert:
    """The bits of a number, in as many places as the type has; in a varying one as many as the source's has."""

    def convert(value: bytes) -> bytes:
        found = f"{int(value):b}"
        if wanted is not None and len(found) > wanted:
            raise Refused("out_of_range", f"more than {wanted} bits", found[-wanted:].encode())
        places = min(own, wanted or own) if varying else max(wanted or own, 1)
        return found.rjust(places, "0").encode()

    return convert


def uuid(value: bytes) -> bytes:
    """36 characters."""
    if UUID.fullmatch(value) is None:
        raise Refused("malformed", "text that is not a UUID")
    return value


def document(parsed: bool) -> Convert:
    """JSON; parsed: for jsonb, which holds neither U+0000 nor half of a surrogate pair."""

    def convert(value: bytes) -> bytes:
        try:
            json.loads(value.decode(), parse_constant=_constant)
        except (ValueError, RecursionError):
            raise Refused("malformed", "text that is not JSON") from None
        if parsed and (refused := refusal(value)) is not None:
            raise refused
        return value

    return following(characters, convert)


def _constant(word: str) -> None:
    raise ValueError(word)


def label(labels: frozenset[str] | None) -> Convert:
    """One of an enum's labels; MySQL keeps a refused one as the empty text."""

    def convert(value: bytes) -> bytes:
        if labels is not None and value.decode() not in labels:
            raise Refused("malformed", "no label of the enum")
        return value

    return following(characters, convert)


def _array(value: bytes) -> bytes:
    quoted = (b'"' + part.replace(b"\\", rb"\\").replace(b'"', rb"\"") + b'"' for part in value.split(b","))
    return b"{" + b",".join(quoted) + b"}" if value else b"{}"


def hexed(value: bytes) -> bytes:
    """bytea's hex form."""
    return b"\\x" + value.hex().encode()


def _marked(value: bytes) -> bytes:
    """A text of any characters, NUL among them."""
    return characters(value) if value[:1] == bytes((MARK,)) else value


labels_array = following(characters, _array, spelled=True)  # a set's labels as an array
text_bytes = following(_marked, hexed, spelled=True)  # the bytes of a text in UTF-8


def bytes_uuid(value: bytes) -> bytes:
    """Sixteen bytes."""
    if len(value) != 16:
        raise Refused("malformed", "not 16 bytes")
    return value.hex().encode()


SIMPLE: dict[str, Convert] = {
    "bit_boolean": boolean,
    "text": characters,
    "text_bytes": text_bytes,
    "bytea": hexed,
    "bytes_uuid": bytes_uuid,
    "time": clock,
    "interval": plain,
    "set": labels_array,
    "network": plain,
    "wkb": hexed,
    "wkt": plain,
}

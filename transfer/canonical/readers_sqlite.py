"""What single SQLite values mean in a form: each reader gives the canonical text, None where it doesn't expect one."""

from __future__ import annotations

import uuid
from binascii import hexlify
from collections.abc import Callable
from decimal import Decimal

from transfer.canonical import geometry_text, json_text, moments_text, numbers_text, spans_text
from transfer.canonical.moments_text import ENDLESS, Moment

Value = int | float | bytearray | bytes  # integer, real, text, blob
Reader = Callable[[Value], bytes | bytearray | None]  # None: not what the reading expects
CLASSES: dict[type, str] = {int: "integer", float: "real", bytearray: "text", bytes: "blob", type(None): "null"}
WORDS = {
    b"t": b"1", b"true": b"1", b"y": b"1", b"yes": b"1", b"on": b"1",
    b"f": b"0", b"false": b"0", b"n": b"0", b"no": b"0", b"off": b"0",
}  # fmt: skip
SECONDS_BELOW = 10**11  # a count of seconds since 1970 up to the year 5138; what is larger counts milliseconds
JULIAN_DAYS = (0.0, 5_373_484.5)  # years -4713 to 9999, https://www.sqlite.org/lang_datefunc.html
MASK = (1 << 64) - 1


def only(read: Reader, *classes: type) -> Reader:
    """What the reader makes of values of these classes; of others nothing."""
    return lambda value: read(value) if type(value) in classes else None


def number(digits: int | None, value: Value) -> bytes | None:
    """A number, or text that spells one."""
    return None if type(value) is bytes else numbers_text.number(value, digits)


def boolean_or_number(value: Value) -> bytes | None:
    """The same, and the words of truth values."""
    if type(value) is bytearray:
        return WORDS.get(bytes(value).strip().lower()) or numbers_text.number(value)
    return number(None, value)


def number_of_bits(value: Value) -> bytes | None:
    """A number, or the bytes of a bit column as one."""
    return b"%d" % int.from_bytes(value, "big") if type(value) is bytes else number(None, value)


def flag(value: Value) -> bytes | None:
    """0 or 1."""
    return b"%d" % value if type(value) is int and value in (0, 1) else None


def text(value: Value) -> bytes | bytearray | None:
    """Text; numbers as Python shows them."""
    if type(value) is bytearray:
        return value
    return None if type(value) is bytes else repr(value).encode()


def char(value: Value) -> bytes | None:
    """Text without blanks at its end."""
    found = text(value)
    return None if found is None else bytes(found.rstrip(b" "))


def hexadecimal(value: Value) -> bytes | None:
    """Bytes, or those of a text."""
    return hexlify(value) if isinstance(value, bytes | bytearray) else None


def bits(width: int | None, value: Value) -> bytes | None:
    """Digits 0 and 1, as many as the other side has; of integers, blobs and such texts."""
    if type(value) is bytearray:
        return bytes(value) if not value.strip(b"01") else None
    if type(value) is float:
        return None
    number = int.from_bytes(value, "big") if type(value) is bytes else int(value) & MASK
    return f"{number:0{width or 1}b}".encode()


def moment(value: Value) -> Moment | None:
    """The reading of a text, of seconds or milliseconds since 1970, or of a julian day.

    Integers count from 1970 (https://www.sqlite.org/datatype3.html, 2.2); a column of numeric affinity that holds
    julian days keeps noons as integers, and needs the reading `julian_day`.
    """
    if type(value) is bytearray:
        return moments_text.parse(value)
    if type(value) is int:
        return moments_text.of_epoch(Decimal(value) if abs(value) < SECONDS_BELOW else Decimal(value) / 1000)
    if type(value) is float and JULIAN_DAYS[0] <= value <= JULIAN_DAYS[1]:
        return moments_text.of_julian_day(Decimal(value))
    if type(value) is float and abs(value) < SECONDS_BELOW:
        return moments_text.of_epoch(Decimal(repr(value)))
    return None


def endless(value: Value) -> bytes | None:
    """infinity and -infinity as PostgreSQL writes them, also where a mover put an offset behind."""
    if type(value) is not bytearray:
        return None
    bare = bytes(value).strip().lower().removesuffix(b"+00:00").removesuffix(b"+00")
    return bare if bare in ENDLESS else None


def timestamp(digits: int | None, value: Value, read: Callable[[Value], Moment | None] = moment) -> bytes | None:
    """`date time` of whatever says a moment."""
    found = read(value)
    return endless(value) if found is None else moments_text.moment(found, digits)


def date(value: Value) -> bytes | None:
    """A day, or whatever says a midnight."""
    found = moment(value)
    return endless(value) if found is None else moments_text.date(found)


def time(digits: int | None, value: Value) -> bytes | None:
    """A time of day, from text."""
    return moments_text.clock(value, digits) if type(value) is bytearray else None


def timetz(digits: int | None, value: Value) -> bytes | None:
    """A time of day with its offset, from text."""
    return moments_text.clock_zone(value, digits) if type(value) is bytearray else None


def interval(value: Value) -> bytes | None:
    """A span, from text."""
    return spans_text.interval(bytes(value)) if type(value) is bytearray else None


def uuid_of(value: Value) -> bytes | None:
    """A UUID, from text or 16 bytes."""
    try:
        if type(value) is bytes:
            return str(uuid.UUID(bytes=value)).encode()
        return str(uuid.UUID(value.decode().strip())).encode() if type(value) is bytearray else None
    except ValueError:
        return None


def json_value(value: Value) -> bytes | None:
    """JSON text by value; numbers are JSON too."""
    if type(value) is not bytearray:
        return numbers_text.number(value) if type(value) in (int, float) else None
    try:
        return json_text.canonical(bytes(value))
    except json_text.NotJson:
        return None


def json_of_any(value: Value) -> bytes | None:
    """What the conversion writes of a column of mixed classes: a string, a number, or {"$blob": hex}."""
    if type(value) is bytes:
        return b'{"$blob":"' + value.hex().encode() + b'"}'
    if type(value) is bytearray:
        return json_text.string(value.decode(errors="surrogateescape"))
    return numbers_text.number(value)


def labels(value: Value) -> bytes | None:
    """Labels in alphabetical order."""
    return b",".join(sorted(label for label in bytes(value).split(b",") if label)) if type(value) is bytearray else None


def point(value: Value) -> bytes | None:
    """`x y`, from text or well-known bytes."""
    return geometry_text.point(bytes(value)) if isinstance(value, bytes | bytearray) else None


def geometry(value: Value) -> bytes | None:
    """SRID and well-known bytes."""
    return geometry_text.geometry(bytes(value)) if isinstance(value, bytes | bytearray) else None


def dynamic(value: Value) -> bytes:
    """Class and bytes; a negative zero is zero, because a column of affinity REAL doesn't keep its sign."""
    if isinstance(value, bytes | bytearray):
        return CLASSES[type(value)].encode() + b" " + value
    return f"{CLASSES[type(value)]} {value + 0.0 if type(value) is float else value!r}".encode()


def epoch(unit: int, value: Value) -> Moment | None:
    """The moment of an integer that counts so many parts of a second since 1970."""
    return moments_text.of_epoch(Decimal(value) / unit) if type(value) is int else None


def julian(value: Value) -> Moment | None:
    """The moment of a julian day."""
    return moments_text.of_julian_day(Decimal(value)) if isinstance(value, int | float) else None


def pg_real(value: Value) -> bytes | None:
    """A double; PostgreSQL's NaN stands as text, because SQLite has none."""
    return b"NaN" if value == b"NaN" else (number(None, value) if type(value) in (int, float) else None)

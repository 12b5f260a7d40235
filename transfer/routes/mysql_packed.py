"""How a MySQL or MariaDB server writes a column in PostgreSQL's binary form, which costs the target half of the text.

Each form is the one that the type's receive function reads (PostgreSQL: COPY, Binary Format; src/backend/utils/adt): a
length of 4 bytes, then the value, integers with the most significant byte first. A column that has no such form here
sends its table the other way, as text.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from weakref import WeakKeyDictionary

from conversion.postgresql_types import base_name
from engines.columns import Kind
from engines.errors import DbmoError
from engines.mysql.snapshot import MysqlSnapshot
from engines.postgresql.copying import NO_VALUE
from transfer.retry import passes
from transfer.routes.mysql_column import INTEGERS, TEXTS, Column
from transfer.routes.mysql_columns import Written
from transfer.routes.mysql_lines import constant
from transfer.routes.mysql_numbers import ALWAYS, INTEGER_DIGITS

ZERO = constant(b"\0")
DAY_ZERO = 730_485  # TO_DAYS('2000-01-01'), PostgreSQL's day 0
MOMENT_ZERO = "TIMESTAMP'2000-01-01 00:00:00'"
CHARS = 4  # bytes that one argument of CHAR() gives at the most
GROUP = 4  # decimal digits in one digit of PostgreSQL's numeric
MOST_DIGITS = 19  # of an unsigned integer of 64 bits that may have any value
NEGATIVE, POSITIVE = b"\x40\0", b"\0\0"  # signs of a numeric

Pack = Callable[[Column, Written], str | None]


def packed(column: Column, written: Written) -> str | None:
    """SQL of the value with its length, or of a NULL; None where there is no binary form of it here."""
    if written.guard is not None and ALWAYS in written.guard.split(" OR "):
        return None
    base = base_name(column.target)
    pack = BY_ROUTE.get(column.mapping.route) or (_text if base in TEXTS else BY_TYPE.get(base))
    found = pack(column, written) if pack is not None else None
    if found is None or not column.live.nullable:
        return found
    return f"IF({column.name} IS NULL, {constant(NO_VALUE)}, {found})"


def row(columns: Sequence[str], guard: str | None) -> str:
    """SQL of a row; NULL where the guard is true or a value can't be written."""
    packed_row = f"CONCAT({', '.join([constant(len(columns).to_bytes(2, 'big')), *columns])})"
    return packed_row if guard is None else f"IF({guard}, NULL, {packed_row})"


def big_endian(size: int, value: str) -> str:
    """SQL of the last bytes of an integer: CHAR() leaves leading zeros out, and takes four bytes at the most."""
    if size > CHARS:
        return f"{big_endian(4, f'({value}) >> 32')}, {big_endian(4, value)}"
    last = value if size == CHARS else f"({value}) & {256**size - 1}"
    return f"LPAD(CHAR({last}), {size}, {ZERO})"


def _fixed(size: int, *parts: str) -> str:
    return f"CONCAT({', '.join([constant(size.to_bytes(4, 'big')), *parts])})"


def _sized(value: str, before: bytes = b"") -> str:
    length = f"LENGTH({value})" + (f" + {len(before)}" if before else "")
    parts = [big_endian(4, length), *([constant(before)] if before else []), value]
    return f"CONCAT({', '.join(parts)})"


def _text(c: Column, written: Written) -> str:
    return _sized(written.plain if c.is_text else f"CONCAT({written.plain})")


def _integer(c: Column, written: Written) -> str | None:
    if c.type.kind not in (Kind.INTEGER, Kind.YEAR, Kind.BIT, Kind.BOOLEAN):
        return None
    size = INTEGERS[base_name(c.target)] // 8
    return _fixed(size, big_endian(size, written.plain))


def _boolean(c: Column, written: Written) -> str:
    return _fixed(1, big_endian(1, written.plain))


def double(value: str) -> str:
    """SQL of the eight bytes of a double: those of a point's coordinate, which are kept with the least one first."""
    return f"REVERSE(RIGHT(POINT(0, {value}), 8))"


def _double(c: Column, written: Written) -> str | None:
    return _fixed(8, double(f"{c.name} * 1e0")) if c.type.kind is Kind.FLOAT else None


def _numeric(c: Column, written: Written) -> str | None:
    if c.type.kind is Kind.DECIMAL:
        digits, scale = c.type.precision or 10, c.type.scale or 0
    elif c.type.kind is Kind.INTEGER and c.type.unsigned:
        digits, scale = INTEGER_DIGITS[c.type.bits or 64], 0
    else:
        return None
    fraction = -(-scale // GROUP)
    if c.type.kind is Kind.DECIMAL and max(digits - scale, fraction * GROUP) > MOST_DIGITS:
        return None
    return numeric(written.plain, digits - scale, scale, c.type.kind is Kind.DECIMAL)


def numeric(value: str, whole: int, scale: int, is_decimal: bool) -> str:
    """SQL of a numeric: groups, weight, sign, scale, then groups of four digits from the decimal point to both sides.

    value: SQL; whole: its digits before the point, as many as its type has.
    """
    before, behind = max(-(-whole // GROUP), 1), -(-scale // GROUP)
    head = struct.pack(">hH", before + behind, before - 1)
    positive = f"ABS({value})" if is_decimal else value
    integer = f"CAST(TRUNCATE({positive}, 0) AS UNSIGNED)" if is_decimal else positive
    part = f"CAST(({positive} - TRUNCATE({positive}, 0)) * {10 ** (behind * GROUP)} AS UNSIGNED)"
    if scale and whole + behind * GROUP <= MOST_DIGITS:  # both in one integer
        part = integer = f"CAST({positive} * {10 ** (behind * GROUP)} AS UNSIGNED)"
        groups = [_group(part, place) for place in reversed(range(before + behind))]
    else:
        groups = [_group(integer, place) for place in reversed(range(before))]
        groups += [_group(part, place) for place in reversed(range(behind))]
    sign = f"IF({value} < 0, {constant(NEGATIVE)}, {constant(POSITIVE)})" if is_decimal else constant(POSITIVE)
    size = 8 + 2 * len(groups)
    return _fixed(size, constant(head), sign, constant(scale.to_bytes(2, "big")), *groups)


def _group(integer: str, place: int) -> str:
    shifted = f"{integer} DIV {10 ** (GROUP * place)}" if place else integer
    return big_endian(2, f"{shifted} MOD {10**GROUP}")


def _date(c: Column, written: Written) -> str | None:
    if c.type.kind not in (Kind.DATE, Kind.TIMESTAMP):
        return None
    return _fixed(4, big_endian(4, f"TO_DAYS({c.name}) - {DAY_ZERO}"))


def moment(value: str) -> str:
    """SQL of the microseconds since PostgreSQL's first one."""
    return f"TIMESTAMPDIFF(MICROSECOND, {MOMENT_ZERO}, {value})"


def _moment(c: Column, written: Written) -> str | None:
    if c.type.kind not in (Kind.DATE, Kind.TIMESTAMP):
        return None
    return _fixed(8, big_endian(8, moment(c.name)))


def clock(value: str) -> str:
    """SQL of the microseconds of a TIME, without its sign."""
    return f"(((HOUR({value}) * 60 + MINUTE({value})) * 60 + SECOND({value})) * 1000000 + MICROSECOND({value}))"


def _time(c: Column, written: Written) -> str | None:
    return _fixed(8, big_endian(8, clock(c.name))) if c.type.kind is Kind.TIME else None


def _interval(c: Column, written: Written) -> str | None:
    if c.type.kind is not Kind.TIME:
        return None
    signed = f"IF({c.name} < '00:00:00', -{clock(c.name)}, {clock(c.name)})"
    return _fixed(16, big_endian(8, signed), constant(bytes(8)))


def _json(c: Column, written: Written) -> str:
    return _sized(written.plain, b"\x01" if base_name(c.target) == "jsonb" else b"")


def _uuid(c: Column, written: Written) -> str:
    return _fixed(16, f"UNHEX(REPLACE({written.plain}, '-', ''))")


def _bytes(c: Column, written: Written) -> str | None:
    return _sized(c.text if c.is_text else c.name) if c.type.kind is not Kind.GEOMETRY else None


BY_ROUTE: dict[str, Pack] = {
    "enum": _text,
    "bytes_uuid": lambda c, written: _fixed(16, c.name),
    "text_bytes": _bytes,
    "bytea": _bytes,
    # these write input texts of which PostgreSQL makes something else
    "set": lambda c, written: None,
    "wkb": lambda c, written: None,
    "wkt": lambda c, written: None,
    "network": lambda c, written: None,
    "bit": lambda c, written: None,
}
BY_TYPE: dict[str, Pack] = {
    "smallint": _integer,
    "integer": _integer,
    "bigint": _integer,
    "boolean": _boolean,
    "double precision": _double,
    "numeric": _numeric,
    "date": _date,
    "timestamp without time zone": _moment,
    "timestamp with time zone": _moment,
    "time without time zone": _time,
    "interval": _interval,
    "json": _json,
    "jsonb": _json,
    "uuid": _uuid,
}

# SQL of known values, and the bytes that a server must make of them for any of this to be right; x: a text
PROOFS: list[tuple[str, bytes]] = [
    (big_endian(1, "0"), b"\0"),
    *((big_endian(2, str(n)), struct.pack(">h", n)) for n in (258, -2, -(2**15))),
    *((big_endian(4, str(n)), struct.pack(">i", n)) for n in (2**24, 255, -2, -(2**31))),
    *((big_endian(8, str(n)), struct.pack(">q", n)) for n in (0, -1, 2**63 - 1, -(2**63), 2**56 + 255, -(2**32))),
    *((double(repr(x)), struct.pack(">d", x)) for x in (0.1e0, -2.5e-8, 1.7976931348623157e308, 5e-324)),
    (big_endian(4, f"TO_DAYS('0001-01-01') - {DAY_ZERO}"), struct.pack(">i", -730_119)),
    (big_endian(4, f"TO_DAYS('9999-12-31') - {DAY_ZERO}"), struct.pack(">i", 2_921_939)),
    (big_endian(8, moment("'0001-01-01 00:00:00.000001'")), struct.pack(">q", -730_119 * 86_400_000_000 + 1)),
    (big_endian(8, moment("'9999-12-31 23:59:59.999999'")), struct.pack(">q", 2_921_940 * 86_400_000_000 - 1)),
    (big_endian(8, clock("'838:59:59.000001'")), struct.pack(">q", 3_020_399_000_001)),
    (numeric("-1234567.891", 9, 3, True), struct.pack(">iHHHHHHHH", 16, 4, 2, 0x4000, 3, 0, 123, 4567, 8910)),
    (row([_fixed(4, big_endian(4, "-85"))], None), struct.pack(">hii", 1, 4, -85)),
    (row([_fixed(4, big_endian(4, "-85")), _sized("x")], None), struct.pack(">hiii", 2, 4, -85, 2) + "é".encode()),
]
_proved: WeakKeyDictionary[MysqlSnapshot, bool] = WeakKeyDictionary()


def proved(snapshot: MysqlSnapshot) -> bool:
    """Whether this server knows all of it and writes known values as they must be; asked once per snapshot."""
    if snapshot not in _proved:
        values = ", ".join(f"CONCAT({sql})" for sql, _ in PROOFS)
        try:
            (found,) = snapshot.query(f"SELECT {values} FROM (SELECT CONVERT('é' USING utf8mb4) AS x) AS one")
        except DbmoError as error:
            if passes(error):
                raise
            found = ()
        _proved[snapshot] = [*found] == [expected for _, expected in PROOFS]
    return _proved[snapshot]

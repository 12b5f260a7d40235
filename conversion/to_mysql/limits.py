"""How many bytes rows and keys of InnoDB may take, and what a column takes of them."""

from __future__ import annotations

import re
from decimal import Decimal, localcontext

from engines.catalog import Column, Kind, LogicalType, Table
from engines.profile import ColumnProfile

# https://dev.mysql.com/doc/refman/8.4/en/innodb-limits.html: ROW_FORMAT DYNAMIC and a page of 16 kB
KEY_BYTES = 3072
# https://dev.mysql.com/doc/refman/8.4/en/column-count-limit.html
ROW_BYTES = 65_535
COLUMNS = 1017
KEY_COLUMNS = 16
BYTES_PER_CHARACTER = 4  # utf8mb4
LONGEST_VARCHAR = ROW_BYTES // BYTES_PER_CHARACTER
LONGEST_CHAR = 255
LONGEST_KEY_TEXT = KEY_BYTES // BYTES_PER_CHARACTER
# values that may be stored apart from the row leave so much of them in the page, of which half is 8,126 bytes
PAGE_BYTES = 8126
INLINE_BYTES = 20  # on MariaDB
PREFIX_BYTES = 41  # on MySQL, of any value of variable length
TEXT_TYPES = ("tinytext", "text", "mediumtext", "longtext")
BLOB_TYPES = ("tinyblob", "blob", "mediumblob", "longblob", "json", "geometry")
POINTER_BYTES = 12  # what a text or blob takes of the row's 65,535 bytes
FIXED_BYTES = {
    "tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "bigint": 8, "float": 4, "double": 8, "date": 3, "year": 1,
    "datetime": 8, "timestamp": 7, "time": 6, "uuid": 16, "inet4": 4, "inet6": 16, "enum": 2, "set": 8,
}  # fmt: skip
MOST_DIGITS = 65  # of a decimal
LARGEST = {"float": 3.4028234663852886e38, "double": 1.7976931348623157e308}
# most bytes of a character, of which a column of so many characters may take as many (SHOW CHARACTER SET, Maxlen)
CHARSET_BYTES = {
    **dict.fromkeys((
        "armscii8", "ascii", "binary", "cp1250", "cp1251", "cp1256", "cp1257", "cp850", "cp852", "cp866", "dec8",
        "geostd8", "greek", "hebrew", "hp8", "keybcs2", "koi8r", "koi8u", "latin1", "latin2", "latin5", "latin7",
        "macce", "macroman", "swe7", "tis620",
    ), 1),
    **dict.fromkeys(("big5", "cp932", "euckr", "gb2312", "gbk", "sjis", "ucs2"), 2),
    **dict.fromkeys(("eucjpms", "ujis", "utf8", "utf8mb3"), 3),
}  # fmt: skip
# https://dev.mysql.com/doc/refman/8.4/en/storage-requirements.html: bytes that a text or blob holds
CAPACITY = (("", 2**16 - 1), ("medium", 2**24 - 1))
ARGUMENTS = re.compile(r"\((\d+)(?:,\s*(\d+))?\)")


def base(native: str) -> str:
    """The type's name without arguments and modifiers: `varchar(3)` gives varchar."""
    return re.split(r"[( ]", native.strip().lower(), maxsplit=1)[0]


def sized(family: str, profile: ColumnProfile | None) -> str:
    """The smallest of text, mediumtext, longtext (or of blob) that the values found leave half of for growth.

    family: text or blob. Where nobody looked it is the longest, which holds whatever the source's type may.
    """
    if profile is None:
        return f"long{family}"
    longest = profile.max_bytes or 0
    return next((prefix + family for prefix, room in CAPACITY if longest <= room // 2), f"long{family}")


def numbers(native: str) -> tuple[int, ...]:
    """The numbers in parentheses."""
    found = ARGUMENTS.search(native)
    return tuple(int(part) for part in found.groups() if part) if found else ()


def holds(native: str, number: str) -> bool:
    """Whether a type of numbers has room for one, whose last digits may be rounded away."""
    name, (digits, scale) = base(native), (*numbers(native), 10, 0)[:2]
    if name in LARGEST:
        return abs(float(number)) <= LARGEST[name]
    if name == "decimal":
        with localcontext(prec=2 * MOST_DIGITS):
            exact = Decimal(number)
            fits = exact.adjusted() < digits - scale
            return not exact or (fits and abs(round(exact, scale)) < Decimal(10) ** (digits - scale))
    whole = 1 << 8 * FIXED_BYTES[name]
    low = 0 if "unsigned" in native.lower() else -whole // 2
    return low <= int(number) < low + whole


def is_long(native: str) -> bool:
    """True for texts and blobs, which a key can only hold the beginning of."""
    return base(native) in TEXT_TYPES + BLOB_TYPES


def unit(column: Column) -> int:
    """Bytes per character of a text column at most, 1 for bytes."""
    if column.type.kind is Kind.BINARY:
        return 1
    return CHARSET_BYTES.get(column.charset or (column.collation or "").partition("_")[0], BYTES_PER_CHARACTER)


def key_bytes(column: Column) -> int | None:
    """Bytes that the whole column takes of a key; None where only a prefix of it can be in one."""
    name, found = base(column.native), numbers(column.native)
    if is_long(column.native):
        return None
    if name in ("varchar", "char", "varbinary", "binary"):
        return (found[0] if found else 1) * unit(column)
    if name == "decimal":
        return decimal_bytes(*(found or (10, 0)))
    if name == "bit":
        return ((found[0] if found else 1) + 7) // 8
    return FIXED_BYTES.get(name, 8)


def decimal_bytes(precision: int, scale: int = 0) -> int:
    """https://dev.mysql.com/doc/refman/8.4/en/precision-math-decimal-characteristics.html: 9 digits in 4 bytes."""
    left = (0, 1, 1, 2, 2, 3, 3, 4, 4)
    return sum(digits // 9 * 4 + left[digits % 9] for digits in (precision - scale, scale))


def source_key_bytes(found: LogicalType) -> int | None:
    """Bytes of a key that a PostgreSQL or SQLite type will take; None where its length isn't limited."""
    if found.kind in (Kind.TEXT, Kind.CHAR):
        return found.length * BYTES_PER_CHARACTER if found.length else None
    if found.kind is Kind.BINARY:
        return None
    if found.kind is Kind.DECIMAL:
        return 30
    if found.kind is Kind.UUID:
        return 36
    return 8


def key_room(table: Table, column: str, bytes_per_unit: int = BYTES_PER_CHARACTER) -> int:
    """Characters (or bytes) that a column without a length may have so that every unique key of its table fits."""
    keys = [list(key.columns) for key in (*table.uniques, table.primary_key) if key is not None]
    keys += [[key.column or "" for key in index.keys] for index in table.indexes if index.unique]
    rooms = [_room(table, columns) for columns in keys if column in columns]
    return max(min(rooms, default=KEY_BYTES) // bytes_per_unit, 1)


def _room(table: Table, columns: list[str]) -> int:
    taken, open_ended = 0, 0
    by_name = {column.name: column for column in table.columns}
    for name in columns:
        found = source_key_bytes(by_name[name].type) if name in by_name else 0
        taken += found or 0
        open_ended += 1 if found is None else 0
    return max(KEY_BYTES - taken, 0) // max(open_ended, 1)

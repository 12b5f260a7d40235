"""Rows as InnoDB holds them: 65,535 bytes without texts, and every text with its collation."""

from __future__ import annotations

from collections.abc import Mapping

from conversion.mapping import TableMapping
from conversion.to_mysql.limits import (
    BYTES_PER_CHARACTER,
    INLINE_BYTES,
    PAGE_BYTES,
    POINTER_BYTES,
    PREFIX_BYTES,
    ROW_BYTES,
    base,
    is_long,
    key_bytes,
    numbers,
    unit,
)
from conversion.to_mysql.speaker import Speaker
from engines.catalog import Column, Kind, Table
from engines.errors import UsageError
from engines.mysql.types import logical_type

APART = 256
LONGEST_FIXED = 768  # bytes: a longer char or binary is stored like a varying one
STRICT = (
    "a server whose innodb_strict_mode is ON, which it is unless somebody changed it, refuses its table: rows may take"
    " more than half a page of InnoDB"
)
# where the bytes depend on digits and labels: what they take at least
BY_OPTIONS = "options.overrides.columns"  # where a person says which types a table gets
LEAST = {"datetime": 5, "timestamp": 4, "time": 3, "set": 1, "enum": 1}
LETTERS = frozenset({"varchar", "char", "varbinary", "binary"})
# keys of 3,072 bytes need this row format, which is the default unless a server's settings say otherwise
TABLE_OPTIONS = {"engine": "InnoDB", "charset": "utf8mb4", "row_format": "DYNAMIC"}


def spell_collations(table: Table, direction: Speaker) -> None:
    """Every text column says its character set and collation, as a server's catalog does."""
    exact = direction.flavour.exact
    table.options = TABLE_OPTIONS | {"collation": exact} | table.options
    for column in table.columns:
        textual = column.type.kind in (Kind.TEXT, Kind.CHAR, Kind.ENUM, Kind.SET)
        if column.type.kind is Kind.JSON and direction.flavour.is_mariadb:
            column.charset, column.collation = "utf8mb4", "utf8mb4_bin"
        elif not textual:
            column.charset = column.collation = None
        elif column.collation is None:
            column.charset, column.collation = "utf8mb4", exact


def _row_bytes(column: Column) -> int:
    if is_long(column.native):
        return POINTER_BYTES
    length_bytes = 2 if base(column.native).startswith("var") else 0
    return (key_bytes(column) or 0) + length_bytes


def fit_row(table: Table, mapping: TableMapping | None, direction: Speaker) -> None:
    """Rows hold 65,535 bytes without texts: the longest varchar that no key needs becomes one until the rest fits."""
    keyed = {name for key in (*table.uniques, table.primary_key) if key for name in key.columns}
    keyed |= {name for key in table.foreign_keys for name in key.columns}
    keyed |= {key.column or "" for index in table.indexes if index.unique for key in index.keys}
    sizes = {column.name: _row_bytes(column) for column in table.columns}
    free = [column for column in table.columns if column.name not in keyed and base(column.native) == "varchar"]
    free.sort(key=lambda column: (sizes[column.name], column.name))
    while sum(sizes.values()) + len(table.columns) // 8 + 1 > ROW_BYTES and free:
        column = free.pop()
        length = numbers(column.native)[0]
        column.native = "text" if length * BYTES_PER_CHARACTER <= ROW_BYTES else "longtext"
        column.type = logical_type(column.native)
        sizes[column.name] = POINTER_BYTES
        _retype(mapping, column, "a row of InnoDB holds 65,535 bytes without texts")
    _check(table, mapping, sizes, direction)


def _check(table: Table, mapping: TableMapping | None, sizes: Mapping[str, int], direction: Speaker) -> None:
    """Refuse what the server is sure to refuse, whatever is in the rows; say what it may refuse."""
    name = mapping.source if mapping else table.full_name
    wide = sum(sizes[column.name] for column in table.columns if base(column.native) in LETTERS)
    if wide > ROW_BYTES:
        told = "Ask for shorter types of its columns"
        raise _too_large(name, wide, "without its texts and blobs", ROW_BYTES, told, BY_OPTIONS)
    check_page(table, name, direction)


def check_page(table: Table, name: str, direction: Speaker, mended_by: str = BY_OPTIONS) -> None:
    """Refuse a table of InnoDB whose rows are sure not to fit half a page, by its name on the source.

    mended_by: how a person gives its columns other types.

    MySQL manual, Row Size Limits. What columns take of a page was measured on MariaDB; on MySQL it is what its
    dict_index_too_big_for_tree() counts, which refuses a table unless somebody set innodb_strict_mode = OFF.
    """
    stored = [column for column in table.columns if column.generated is None or column.generated.stored]
    if direction.flavour.is_mariadb:
        inline = sum(map(_inline, stored))
        if inline > PAGE_BYTES:
            told = "Ask for text, or for varchars that may take 256 bytes, where its varchars are shorter"
            raise _too_large(name, inline, "of its page", PAGE_BYTES, told, mended_by)
        return
    fixed = sum(map(_fixed, stored))
    if fixed > PAGE_BYTES:
        told = "Ask for varchar, varbinary or text where its columns have a fixed length"
        raise _too_large(name, fixed, "of its page", PAGE_BYTES, told, mended_by)
    if fixed + sum(_varying(column) for column in stored if not _fixed(column)) > PAGE_BYTES:
        direction.say(name, STRICT)


def _too_large(name: str, needed: int, of_what: str, most: int, mend: str, by: str) -> UsageError:
    return UsageError(
        "ROW_TOO_LARGE",
        f"A row of {name} may take {needed:,} bytes {of_what}, one of InnoDB {most:,} at most.",
        f"{mend} ({by}), leave the table out, or divide it in the source.",
    )


def _inline(column: Column) -> int:
    """Bytes that a column may take of a page, be its value stored apart, which those of 256 bytes and more may be."""
    size = key_bytes(column) or 0
    if is_long(column.native) or (base(column.native) in LETTERS and size >= APART):
        return INLINE_BYTES
    return LEAST.get(base(column.native), size)


def _fixed(column: Column) -> int:
    """Bytes of a column whose values all take as many, on MySQL, at least; 0 for others."""
    name, size = base(column.native), key_bytes(column) or 0
    if is_long(column.native) or name.startswith("var"):
        return 0
    if name in LETTERS and (unit(column) > 1 or size >= LONGEST_FIXED):
        return 0
    return LEAST.get(name, size)


def _varying(column: Column) -> int:
    return PREFIX_BYTES if is_long(column.native) else min((key_bytes(column) or 0) + 1, PREFIX_BYTES)


def _retype(mapping: TableMapping | None, column: Column, why: str) -> None:
    for item in mapping.columns if mapping else []:
        if item.target == column.name:
            item.alternatives = [item.target_type, *item.alternatives]
            item.target_type, item.reason = column.native, f"{item.reason}; {why}"

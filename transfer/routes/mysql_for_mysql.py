"""How one MySQL or MariaDB server is asked for a column's values so that another one stores the same bytes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from conversion.mapping import ColumnMapping
from engines.catalog import Kind
from engines.mysql.charsets import AS_UTF8, UTF8, WHOLE, unmapped
from engines.mysql.load import STORED
from engines.mysql.load_target import LoadTarget
from engines.mysql.quoting import quote_identifier
from engines.mysql.server import Server
from engines.mysql.types import logical_type
from transfer.moveplan import ChunkKey
from transfer.routes.lines_to_mysql import AS_SENT
from transfer.routes.mysql_column import double_text, float_text, shown_characters
from transfer.routes.mysql_facts import Facts
from transfer.routes.mysql_fields import (
    Field,
    Original,
    bits_original,
    blob_original,
    hexed_original,
    number_original,
)
from transfer.routes.mysql_lines import DELIMITER, NULL, constant
from transfer.routes.mysql_marks import TEXT_MARK, marked_text
from transfer.routes.texts import text_original

UNHEX, UNSIGNED = "UNHEX({})", "CAST({} AS UNSIGNED)"
TEXTS = (Kind.TEXT, Kind.CHAR)
LABELS = (Kind.ENUM, Kind.SET)
BYTEWISE = (Kind.NETWORK, Kind.UUID)  # whose IFNULL() would take the bytes of a mark for a value of the type
IN_HEX = (Kind.BINARY, Kind.GEOMETRY, Kind.OTHER)
# 8.0.17: CAST AS DOUBLE (MySQL manual, Cast Functions); before it a product makes a double (a sum loses the sign of -0)
DOUBLE = "CAST({c} AS DOUBLE)", "({c} * 1e0)"


def fields(
    columns: list[ColumnMapping], key: ChunkKey, extra: list[str], live: Facts, target: LoadTarget, server: Server
) -> list[Field]:
    """The fields of a line: every copied column, then columns that only name the row."""
    found = [_field(column, live, target, server) for column in columns]
    known = {item.name for item in found}
    named = [*extra, *(column.name for column in key.columns)]
    for name in dict.fromkeys(named):
        if name not in known and name in live.columns:
            found.append(Field(None, _key_read(name, live), name=name, nullable=live.columns[name].nullable))
    return found


def _field(column: ColumnMapping, live: Facts, target: LoadTarget, server: Server) -> Field:
    charset, own = live.columns[column.source].charset, quote_identifier(column.source)
    read, wrap = _rendered(column, charset, target, server)
    original, place = _told(column, wrap)
    guard = unmapped(own, charset) if wrap == STORED else None
    return Field(
        column,
        marked_text(guard, own, read) if guard else read,
        wrap,
        original,
        name=column.source,
        nullable=live.columns[column.source].nullable,
        mark=TEXT_MARK if guard else b"",
        guard=guard,
        place=place,
    )


def _told(column: ColumnMapping, wrap: str) -> tuple[Original, Callable[[bytes], str] | None]:
    """How a value is written down, and how it names its row, where that is otherwise (transfer/sides/mysql_queries.py).

    A text in hex names it by its digits: transfer/routes/mysql_own_texts.py.
    """
    own = logical_type(column.source_type)
    if wrap == UNHEX:
        return (blob_original, None) if own.kind in IN_HEX else (hexed_original, lambda value: value.decode())
    if own.kind is Kind.BIT:
        return partial(bits_original, bits=own.length or 1), _number
    if own.kind is Kind.YEAR:
        return number_original, _number
    return text_original, _number if own.kind is Kind.INTEGER else None


def _number(value: bytes) -> str:
    """Without the zeros of ZEROFILL."""
    return str(int(value))


def _key_read(name: str, live: Facts) -> str:
    """A column that only names the row, as text."""
    c, kind = quote_identifier(name), logical_type(live.columns[name].native)
    if kind.kind is Kind.FLOAT:
        return float_text(c, kind)
    if live.columns[name].charset:
        return AS_UTF8.format(c=c)
    return f"CONCAT({c})" if kind.kind in BYTEWISE else c


def _rendered(column: ColumnMapping, charset: str | None, target: LoadTarget, server: Server) -> tuple[str, str]:
    """SQL of the text, and of the value that the target makes of it."""
    c, kind = quote_identifier(column.source), logical_type(column.source_type)
    if kind.kind in TEXTS:
        if charset in UTF8:
            return c, STORED
        if charset in WHOLE or charset != target.charsets.get(column.target):
            return AS_UTF8.format(c=c), STORED
        return f"HEX({c})", UNHEX  # the bytes: some character sets have more of them than Unicode knows
    if kind.kind in LABELS or kind.kind is Kind.JSON:
        return AS_UTF8.format(c=c), STORED
    if kind.kind in IN_HEX:
        return f"HEX({c})", UNHEX
    if kind.kind is Kind.BIT:
        return f"CAST({c} AS UNSIGNED)", UNSIGNED
    if kind.kind is Kind.FLOAT:
        number = server.since((0,), (8, 0, 17), *DOUBLE).format(c=c) if kind.bits == 32 else c
        return double_text(number, shown_characters(kind)), STORED
    if kind.kind in BYTEWISE:
        return f"CONCAT({c})", STORED
    return c, STORED


def line(fields: list[Field]) -> str:
    """SQL of a row as one line: bytes, so that nothing is brought into another character set."""
    reads = [f"IFNULL({item.read}, {constant(NULL)})" if item.nullable else item.read for item in fields]
    return f"CONCAT_WS({constant(DELIMITER)}, {', '.join(reads)})"


def in_hex(field: Field) -> str:
    """SQL of the digits of a field's text, whatever bytes it has; NULL for NULL."""
    return f"HEX(CONCAT({field.read}))"


def as_stored(field: Field, live: Facts, target: LoadTarget) -> str:
    """SQL of the bytes that the target's column is to hold, or of its text in UTF-8: translated()."""
    column, own = quote_identifier(field.name), live.columns[field.name].charset
    wanted = target.charsets.get(field.mapping.target) if field.mapping else None
    if own is None or wanted is None:
        return column if field.wrap == UNHEX else f"CONCAT({field.read})"
    if own in UTF8:
        return column
    return f"CAST({column if own == wanted else AS_UTF8.format(c=column)} AS BINARY)"


def translated(field: Field, live: Facts, target: LoadTarget) -> bool:
    """Whether the target has to bring as_stored()'s UTF-8 into its column's own character set.

    The source would put question marks for what has no place there, without a word.
    """
    own = live.columns[field.name].charset
    wanted = target.charsets.get(field.mapping.target) if field.mapping else None
    return own is not None and wanted not in AS_SENT and own != wanted

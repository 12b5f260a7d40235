"""Defaults and expressions of the catalog, as SQL that reads the same from MySQL and from MariaDB."""

from __future__ import annotations

import re

from engines.catalog import Kind, LogicalType
from engines.mysql.quoting import quote_literal
from engines.mysql.server import Server

NOW = re.compile(r"(?:current_timestamp|now|localtime|localtimestamp)(?:\((\d*)\))?", re.IGNORECASE)
ON_UPDATE = re.compile(r"on update (\S+)", re.IGNORECASE)
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.IGNORECASE)
BITS = re.compile(r"(?:b'[01]*'|x'[0-9a-f]*'|0x[0-9a-f]+)", re.IGNORECASE)
ESCAPED = re.compile(r"\\(['\"\\])")
LITERAL = r"'(?:[^'\\]|\\.|'')*'"
INTRODUCED = re.compile(rf"{LITERAL}|`(?:[^`]|``)*`|\b_(?!binary\b)[a-z]\w*\s?({LITERAL})", re.DOTALL)
NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.YEAR})
MOMENTS = frozenset({Kind.TIMESTAMP, Kind.DATE, Kind.TIME})


def default_of(server: Server, text: str | None, kind: LogicalType, marks: str) -> str | None:
    """COLUMN_DEFAULT as an SQL expression; None for no default and for DEFAULT NULL.

    MariaDB (since 10.2) gives SQL. MySQL gives the value without quotes, and SQL where EXTRA (marks, in upper case)
    says DEFAULT_GENERATED (MySQL manual, The INFORMATION_SCHEMA COLUMNS Table).
    """
    if text is None:
        return None
    if server.is_mariadb:
        return None if text.upper() == "NULL" else normal_expression(server, text)
    if "DEFAULT_GENERATED" in marks:
        return normal_expression(server, text)
    if kind.kind in MOMENTS and NOW.fullmatch(text):
        return normal_expression(server, text)
    if kind.kind in NUMBERS and NUMBER.fullmatch(text):
        return text
    if BITS.fullmatch(text) and kind.kind in (Kind.BIT, Kind.BINARY):
        return f"x'{text[2:].lower()}'" if text[:2] == "0x" else text
    return quote_literal(text)


def on_update_of(extra: str) -> str | None:
    """What EXTRA says an UPDATE sets the column to."""
    found = ON_UPDATE.search(extra)
    return _now(found[1]) if found else None


def normal_expression(server: Server, text: str) -> str:
    """An expression of the catalog as SQL that may be written again.

    MySQL puts a backslash before every quote of a generated column, check or default, so that 'a' reads \\'a\\', and
    names the character set of each literal (without_introducers); MariaDB gives what can be run.
    """
    return _now(text if server.is_mariadb else without_introducers(ESCAPED.sub(r"\1", text)))


def without_introducers(text: str) -> str:
    """_utf8mb4'a' as 'a', where the literal is ASCII: there the character set changes nothing but its collation."""
    return INTRODUCED.sub(lambda match: match[1] if match[1] and match[1].isascii() else match[0], text)


def _now(text: str) -> str:
    found = NOW.fullmatch(text.strip())
    return f"current_timestamp({found[1] or ''})" if found else text

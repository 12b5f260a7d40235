"""Declared types of SQLite columns: what the words mean to people, and what SQLite makes of them."""

from __future__ import annotations

import re
from typing import NamedTuple

from engines.catalog import Kind, LogicalType


class Declared(NamedTuple):
    """Words (without sizes) and the type they declare; bits for numbers, zone for moments."""

    words: str
    kind: Kind
    bits: int | None = None
    with_zone: bool = False


# SQLite gives declared types no meaning beyond affinity; these are the meanings that schemas use them with.
DECLARED: list[Declared] = [
    Declared(r"BOOL(EAN)?", Kind.BOOLEAN),
    Declared(r"DATE", Kind.DATE),
    Declared(r"TIME( WITHOUT TIME ZONE)?", Kind.TIME),
    Declared(r"TIMETZ|TIME WITH TIME ZONE", Kind.TIME, with_zone=True),
    Declared(r"DATETIME2?|SMALLDATETIME|TIMESTAMP( WITHOUT TIME ZONE)?", Kind.TIMESTAMP),
    Declared(r"TIMESTAMPTZ|DATETIMEOFFSET|TIMESTAMP WITH (LOCAL )?TIME ZONE", Kind.TIMESTAMP, with_zone=True),
    Declared(r"DEC(IMAL)?|NUMERIC|NUMBER|MONEY", Kind.DECIMAL),
    Declared(r"UUID|GUID|UNIQUEIDENTIFIER", Kind.UUID),
    Declared(r"JSONB?", Kind.JSON),
    Declared(r"XML", Kind.XML),
    Declared(r"TINYINT|INT1", Kind.INTEGER, 8),
    Declared(r"SMALLINT|INT2", Kind.INTEGER, 16),
    Declared(r"MEDIUMINT|INT3|INT4", Kind.INTEGER, 32),
    Declared(r"(UNSIGNED )?(BIG )?(INT|INTEGER|BIGINT|INT8|LONG)( UNSIGNED| SIGNED)?", Kind.INTEGER, 64),
    Declared(r"REAL|DOUBLE|DOUBLE PRECISION|FLOAT|FLOAT8|FLOAT4", Kind.FLOAT, 64),
    Declared(r"(N|NATIVE |NATIONAL )?(CHAR|CHARACTER|BPCHAR)", Kind.CHAR),
    Declared(r"(NATIONAL )?(N?VARCHAR2?|CHARACTER VARYING|CHAR VARYING|VARYING CHARACTER|STRING)", Kind.TEXT),
    Declared(r"(TINY|MEDIUM|LONG|N)?TEXT|N?CLOB|CITEXT", Kind.TEXT),
    Declared(r"(TINY|MEDIUM|LONG)?BLOB|BYTEA|(VAR)?BINARY|BINARY VARYING|IMAGE", Kind.BINARY),
    Declared(r"ANY|", Kind.DYNAMIC),
]
# The rules of affinity, in their order (https://www.sqlite.org/datatype3.html, 3.1), for all other words.
AFFINITIES: list[tuple[str, Kind, int | None]] = [
    (r"INT", Kind.INTEGER, 64),
    (r"CHAR|CLOB|TEXT", Kind.TEXT, None),
    (r"BLOB", Kind.BINARY, None),
    (r"REAL|FLOA|DOUB", Kind.FLOAT, 64),
]
SIZES = re.compile(r"\(\s*([+-]?\d+)\s*(?:,\s*([+-]?\d+)\s*)?[^)]*\)")
SIZED_BY_LENGTH = {Kind.TEXT, Kind.CHAR, Kind.BINARY}
SIZED_BY_PRECISION = {Kind.TIME, Kind.TIMESTAMP}


def logical_type(declared: str) -> LogicalType:
    """The type a declaration means: DECIMAL(10,2) -> decimal, 10 digits, 2 of them after the point.

    Words that nobody gives a meaning to (NUMERIC affinity) are Kind.DYNAMIC: nothing can be said before the values
    were looked at. The length of an integer (INT(11)) is a display width and dropped.
    """
    sizes = SIZES.search(declared)
    words = " ".join(SIZES.sub(" ", declared).upper().split())
    kind, bits, with_zone = _meaning(words)
    first = int(sizes[1]) if sizes else None
    second = int(sizes[2]) if sizes and sizes[2] else None
    found = LogicalType(kind=kind, bits=bits, with_zone=with_zone)
    if kind in SIZED_BY_LENGTH and first is not None and first > 0:
        found.length = first
    elif kind is Kind.DECIMAL and first is not None and first > 0:
        found.precision, found.scale = first, max(second or 0, 0)
    elif kind in SIZED_BY_PRECISION and first is not None:
        found.precision = first
    return found


def _meaning(words: str) -> tuple[Kind, int | None, bool]:
    for declared in DECLARED:
        if re.fullmatch(declared.words, words):
            return declared.kind, declared.bits, declared.with_zone
    for part, kind, bits in AFFINITIES:
        if re.search(part, words):
            return kind, bits, False
    return Kind.DYNAMIC, None, False


def affinity(declared: str) -> str:
    """What SQLite itself makes of a declaration: integer, text, blob, real or numeric (datatype3.html, 3.1)."""
    words = declared.upper()
    if not words.strip():
        return "blob"
    names = {Kind.INTEGER: "integer", Kind.TEXT: "text", Kind.BINARY: "blob", Kind.FLOAT: "real"}
    return next((names[kind] for part, kind, _ in AFFINITIES if re.search(part, words)), "numeric")

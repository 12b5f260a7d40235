"""Bounds of a source's key as literals that the target compares with its own column."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from conversion.declared import affinity
from engines.columns import Kind
from engines.mysql.quoting import quote_literal as quote_mysql
from engines.postgresql.quoting import quote_literal as quote_postgresql
from engines.sqlite.quoting import quote_literal as quote_sqlite
from transfer.canonical.columns import Held
from transfer.moveplan import KeyColumn

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")
MOMENT = re.compile(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?)?")
TIME = re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
WORD = re.compile(r"[A-Za-z0-9_]+")
BLOB = re.compile(r"x'([0-9a-f]*)'")
SQLITE_TEXT = re.compile(r"CAST\(x'([0-9a-f]*)' AS TEXT\)")
UTC = "+00"  # ends a moment of PostgreSQL in its sessions' zone
NUMERIC = frozenset({"INTEGER", "REAL", "NUMERIC"})
NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.YEAR, Kind.BOOLEAN})


@dataclass(frozen=True)
class Value:
    """A bound's value as no engine spells it; text: digits of a number, hex digits of bytes, else the text."""

    kind: Literal["number", "bytes", "text"]
    text: str


def value_of(family: str, column: KeyColumn, raw: int | str, encoding: str | None = None) -> Value | None:
    """What a bound of a source says, as transfer/cutting has written it; None where that is not text in its encoding.

    encoding: of a SQLite file.
    """
    if isinstance(raw, int):
        return Value("number", str(raw))
    return READ[family](column, raw, encoding or "UTF-8")


def _postgresql(column: KeyColumn, raw: str, encoding: str) -> Value:
    if column.kind is Kind.BINARY and raw.startswith("\\x"):
        return Value("bytes", raw[2:])
    if column.kind is Kind.BOOLEAN:
        return Value("number", "1" if raw in ("t", "true") else "0")
    return Value("number" if column.kind in NUMBERS and NUMBER.fullmatch(raw) else "text", raw)


def _mysql(column: KeyColumn, raw: str, encoding: str) -> Value:
    if column.kind is Kind.BINARY:
        return Value("bytes", raw.lower())
    return Value("number" if column.kind in NUMBERS else "text", raw)


def _sqlite(column: KeyColumn, raw: str, encoding: str) -> Value | None:
    blob, text = BLOB.fullmatch(raw), SQLITE_TEXT.fullmatch(raw)
    if blob:
        return Value("bytes", blob[1])
    if text:
        try:
            return Value("text", bytes.fromhex(text[1]).decode(encoding))
        except UnicodeDecodeError:
            return None
    return Value("number", raw) if NUMBER.fullmatch(raw) else None


READ: dict[str, Callable[[KeyColumn, str, str], Value | None]] = {
    "postgresql": _postgresql,
    "mysql": _mysql,
    "sqlite": _sqlite,
}


def literal(family: str, held: Held, value: Value) -> str | None:
    """SQL that the target compares with a column in that column's own order; None where it has no such literal."""
    return WRITTEN[family](held, value)


def _to_postgresql(held: Held, value: Value) -> str | None:
    """A literal without a type takes the column's."""
    kind = held.type.kind
    if value.kind == "number":
        if kind is Kind.BOOLEAN:
            return "false" if value.text == "0" else "true"
        return value.text if kind in NUMBERS else None
    if value.kind == "bytes":
        wanted = {Kind.BINARY: f"'\\x{value.text}'", Kind.UUID: f"'{value.text}'" if len(value.text) == 32 else None}
        return wanted.get(kind)
    if "\0" in value.text:
        return None
    zoned = kind is Kind.TIMESTAMP and held.type.with_zone and MOMENT.fullmatch(value.text)
    return quote_postgresql(value.text + UTC if zoned else value.text)


def _to_mysql(held: Held, value: Value) -> str | None:
    """Only what is compared in the column's order: a number with a text, or a text that is no date, would not be."""
    kind, text = held.type.kind, value.text
    if value.kind == "number":
        return text if kind in NUMBERS else None
    if value.kind == "bytes":
        return f"x'{text}'" if kind is Kind.BINARY else None
    if kind in (Kind.TEXT, Kind.CHAR):
        return _mysql_text(held.collation, text)
    if kind in (Kind.DATE, Kind.TIMESTAMP):
        bare = text.removesuffix(UTC)
        return quote_mysql(bare) if MOMENT.fullmatch(bare) else None
    if kind is Kind.TIME:
        return quote_mysql(text) if TIME.fullmatch(text) else None
    if not UUID.fullmatch(text):
        return None
    if kind is Kind.UUID:
        return f"CAST('{text}' AS UUID)"
    return f"x'{text.replace('-', '')}'" if kind is Kind.BINARY else None


def _mysql_text(collation: str | None, text: str) -> str | None:
    """With the column's own character set and collation said, so that nothing else can decide how they compare."""
    if collation is None or not WORD.fullmatch(collation):
        return None
    return f"CONVERT(_utf8mb4 x'{text.encode().hex()}' USING {collation.partition('_')[0]}) COLLATE {collation}"


def _to_sqlite(held: Held, value: Value) -> str | None:
    """Only what a column's affinity leaves as it is, so that all of them lie in one order."""
    numeric, text = affinity(held.native) in NUMERIC, value.text
    if value.kind == "number":
        return text if numeric else None
    if value.kind == "bytes":
        return f"x'{text}'"
    if "\0" in text or (numeric and not (MOMENT.match(text) or UUID.fullmatch(text))):
        return None
    return quote_sqlite(text.removesuffix(UTC) if MOMENT.match(text) else text)


WRITTEN: dict[str, Callable[[Held, Value], str | None]] = {
    "postgresql": _to_postgresql,
    "mysql": _to_mysql,
    "sqlite": _to_sqlite,
}

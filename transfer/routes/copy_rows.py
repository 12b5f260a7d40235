"""Rows of Python values as lines for PostgreSQL's COPY and MySQL's LOAD DATA, column by column.

Formats: PostgreSQL documentation, COPY, "Text Format"; engines/mysql/load_text.py. A column of one type, NULLs aside,
takes one call per value at most; texts are searched for what has to be escaped all at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import repeat
from typing import Any

from engines.postgresql.copying import COPY_NULL, ESCAPES

NONE = type(None)
NULL = COPY_NULL.decode()
MARKS = [(plain.decode(), escaped.decode()) for plain, escaped in ESCAPES]


def _texts(values: Sequence[str]) -> Sequence[str]:
    whole = "\0".join(values)
    if not any(plain in whole for plain, _ in MARKS):
        return values
    found = _escaped(whole).split("\0")
    return found if len(found) == len(values) else list(map(_escaped, values))  # some text has NULs of its own


def _escaped(text: str) -> str:
    for plain, escaped in MARKS:
        if plain in text:
            text = text.replace(plain, escaped)
    return text


def _moments(values: Sequence[datetime]) -> Sequence[str]:
    return list(map(datetime.isoformat, values, repeat(" "), repeat("milliseconds")))


def _every(render: Callable[[Any], str]) -> Callable[[Sequence[Any]], Sequence[str]]:
    return lambda values: list(map(render, values))


Way = Callable[[Sequence[Any]], Sequence[str]]
# type -> how values of it are written; subclasses (Int64) are written as their base
POSTGRESQL: dict[type, Way] = {
    str: _texts,
    int: _every(int.__repr__),
    float: _every(float.__repr__),
    bool: _every(lambda value: "t" if value else "f"),
    bytes: _every(lambda value: rf"\\x{value.hex()}"),
    Decimal: _every(str),
    datetime: _moments,
    uuid.UUID: _every(str),
}
# bytes: for UNHEX
MYSQL: dict[type, Way] = {
    **POSTGRESQL,
    bool: _every(lambda value: "1" if value else "0"),
    bytes: _every(bytes.hex),
}


def block(rows: Sequence[Sequence[Any]], ways: Mapping[type, Way] = POSTGRESQL) -> bytes:
    """Rows of equal length as lines; TypeError for types without a way."""
    columns = [column(values, ways) for values in zip(*rows, strict=True)]
    lines = map("\t".join, zip(*columns, strict=True))
    return ("\n".join(lines) + "\n").encode()


def column(values: Sequence[Any], ways: Mapping[type, Way] = POSTGRESQL) -> Sequence[str]:
    """A column's texts, with NULL's mark where there is no value."""
    kinds = set(map(type, values))
    if len(kinds) == 1:
        kind = kinds.pop()
        return [NULL] * len(values) if kind is NONE else _way(kind, ways)(values)
    if NONE in kinds and len(kinds) == 2:
        [kind] = kinds - {NONE}
        following = iter(_way(kind, ways)([value for value in values if value is not None]))
        return [NULL if value is None else next(following) for value in values]
    return [NULL if value is None else _way(type(value), ways)([value])[0] for value in values]


def _way(kind: type, ways: Mapping[type, Way]) -> Way:
    for base in kind.__mro__:
        if base in ways:
            return ways[base]
    raise TypeError(f"{kind.__name__} has no text for a load")

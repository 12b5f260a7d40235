"""Rows of a SQLite table as blocks of PostgreSQL's binary COPY, in which nothing is parsed or escaped.

Format: PostgreSQL documentation, COPY, "Binary Format". A row is the number of its columns, then each value with its
length before it. Columns are packed one at a time, and rows put together at the end.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, repeat
from typing import Any

from conversion.mapping import ColumnMapping
from conversion.postgresql_types import base_name
from engines.postgresql.copying import HEADER, NO_VALUE, TRAILER
from engines.sqlite.quoting import quote_identifier
from engines.sqlite.snapshot import Row
from transfer.routes.sqlite_packed_forms import Form, form
from transfer.routes.sqlite_packed_numeric import Unfit

NONE = type(None)


class Packed(bytes):
    """A block of whole rows in the binary form; other blocks of the route are text."""


class Packer:
    """Packs rows of `reads`: the columns, in their order, and what the guards say where there are any."""

    def __init__(self, columns: Sequence[ColumnMapping], forms: Sequence[Form]) -> None:
        names = [quote_identifier(column.source) for column in columns]
        guards = [made.guard.replace("{c}", name) for made, name in zip(forms, names, strict=True) if made.guard]
        reads = [made.read.replace("{c}", name) for made, name in zip(forms, names, strict=True)]
        self.reads = ", ".join([*reads, *([" AND ".join(guards)] if guards else [])])
        self.width = len(forms)  # any column of SQLite may hold a long text
        self._guarded = bool(guards)
        self._columns = [(made, column.nullable) for made, column in zip(forms, columns, strict=True)]

    def block(self, rows: Sequence[Row]) -> Packed | None:
        """The rows; None where one of them holds a value that isn't sure to arrive as the plan expects."""
        columns = list(zip(*rows, strict=True))
        if self._guarded and 0 in columns.pop():
            return None
        try:
            return Packed(b"".join(chain.from_iterable(zip(*self._pieces(columns), strict=True))))
        except (ValueError, TypeError, OverflowError, struct.error):
            return None

    def _pieces(self, columns: Sequence[Sequence[Any]]) -> list[Iterable[bytes]]:
        """What follows each other in a row; neighbours that have one size for all rows are packed at once."""
        pieces: list[Iterable[bytes]] = []
        count = len(columns[0])
        layout, fills = "h", [_always(len(columns), count)]
        for (made, nullable), values in zip(self._columns, columns, strict=True):
            kinds = made.kinds if made.refuses and not nullable else set(map(type, values))
            if not kinds <= made.kinds:
                if not nullable or not kinds <= made.kinds | {NONE}:
                    raise Unfit
                pieces += [*_run(layout, fills), _with_nulls(made, values)]
                layout, fills = "", []
            elif made.layout:
                layout += "i" + made.layout
                fills += [_always(made.size, count), *made.parts(values)]
            else:
                [texts] = made.parts(values)
                pieces += [*_run(layout + "i", [*fills, map(len, texts)]), texts]
                layout, fills = "", []
        return [*pieces, *_run(layout, fills)]


def packer(columns: Sequence[ColumnMapping], types: Mapping[str, str]) -> Packer | None:
    """Of a table; None where a column has no binary form, or isn't of the plan's type in the target.

    types: the target's own, by column, without arguments.
    """
    forms = [form(column) for column in columns]
    found = [made for made in forms if made is not None]
    same = all(types.get(column.target) == base_name(column.target_type) for column in columns)
    return Packer(columns, found) if found and same and len(found) == len(columns) else None


def framed(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Blocks of rows as one COPY takes them."""
    yield HEADER
    yield from blocks
    yield TRAILER


def _always(number: int, count: int) -> Iterable[Any]:
    return repeat(number, count)


def _run(layout: str, fills: Sequence[Iterable[Any]]) -> list[Iterable[bytes]]:
    return [map(_struct(layout).pack, *fills)] if layout else []


@lru_cache(1_000)
def _struct(layout: str) -> struct.Struct:
    return struct.Struct(">" + layout)


def _with_nulls(made: Form, values: Sequence[Any]) -> Iterable[bytes]:
    """Values with their lengths, or the mark of no value."""
    present = [value for value in values if value is not None]
    if not present:
        return repeat(NO_VALUE, len(values))
    parts = made.parts(present)
    if made.layout:
        packed = map(_struct("i" + made.layout).pack, repeat(made.size), *parts)
    else:
        packed = map(bytes.__add__, map(_struct("i").pack, map(len, parts[0])), parts[0])
    return [NO_VALUE if value is None else next(packed) for value in values]

"""Rows of a SQLite table as blocks of PostgreSQL's binary COPY, in which nothing is parsed or escaped.

Format: PostgreSQL documentation, COPY, "Binary Format". A row is the number of its columns, then each value with its
length before it. Columns are packed one at a time, and rows put together at the end: those of fixed sizes stand first,
so that one call packs all of them, then the texts.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, repeat
from typing import Any

from conversion.mapping import ColumnMapping
from conversion.postgresql_types import base_name
from engines.chained import chained
from engines.postgresql.copying import HEADER, NO_VALUE, TRAILER
from engines.sqlite.quoting import quote_identifier
from engines.sqlite.snapshot import Row
from transfer.routes.sqlite_packed_forms import Form, form
from transfer.routes.sqlite_packed_numeric import Unfit

NONE = type(None)
MISSING = -1  # the length of no value
MANY = 2  # more than one value of so many that is none: such a column is packed by itself
SHORT = 4096  # bytes of texts whose lengths are remembered


class Packed(bytes):
    """A block of whole rows in the binary form; other blocks of the route are text."""


class Lengths(dict[int, bytes]):
    """Lengths in the binary form; the same ones come again and again."""

    def __missing__(self, size: int) -> bytes:
        packed = struct.pack(">i", size)
        if size < SHORT:
            self[size] = packed
        return packed


LENGTHS = Lengths()


class Packer:
    """Packs rows of `reads`: `columns`, in their order, and what the guards say where there are any."""

    def __init__(self, columns: Sequence[ColumnMapping], forms: Sequence[Form]) -> None:
        self.columns = tuple(columns)
        names = [quote_identifier(column.source) for column in columns]
        guards = [made.guard.replace("{c}", name) for made, name in zip(forms, names, strict=True) if made.guard]
        reads = [made.read.replace("{c}", name) for made, name in zip(forms, names, strict=True)]
        self.reads = ", ".join([*reads, *([chained("AND", guards)] if guards else [])])
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
        count = len(columns[0])
        run = _Run()
        run.add("h", [repeat(len(columns), count)])
        for (made, nullable), values in zip(self._columns, columns, strict=True):
            gaps = [] if made.refuses and not nullable else _gaps(made, nullable, values)
            if len(gaps) == count:
                run.add("i", [repeat(MISSING, count)])
            elif made.layout and len(gaps) * MANY > count:
                parts = made.parts([value for value in values if value is not None])
                packed = map(_packing("i" + made.layout), repeat(made.size), *parts)
                run.end([NO_VALUE if value is None else next(packed) for value in values])
            elif made.layout:
                run.add("i" + made.layout, [repeat(made.size, count), *made.parts(_filled(values, gaps))])
                run.cut(gaps, made.size)
            else:
                [texts] = made.parts([value for value in values if value is not None] if gaps else values)
                run.add("i", [_with(gaps, MISSING, map(len, texts))])
                run.end(_with(gaps, b"", texts))
        return run.end()


class _Run:
    """Pieces of rows that follow each other: values of fixed sizes, which are packed together, and texts."""

    def __init__(self) -> None:
        self._pieces: list[Iterable[bytes]] = []
        self._begin()

    def _begin(self) -> None:
        self._layout = ""
        self._fills: list[Iterable[Any]] = []
        self._cuts: list[tuple[int, int, Sequence[int]]] = []

    def add(self, layout: str, fills: Iterable[Iterable[Any]]) -> None:
        """Numbers that follow in each row."""
        self._layout += layout
        self._fills += fills

    def cut(self, rows: Sequence[int], size: int) -> None:
        """The value of so many bytes that was just added, and its length, are no value in these rows."""
        if rows:
            self._cuts.append((struct.calcsize(">" + self._layout) - (size + 4), size + 4, rows))

    def end(self, *texts: Iterable[bytes]) -> list[Iterable[bytes]]:
        """Texts that follow in each row; all pieces so far."""
        if self._layout:
            packed: Iterable[bytes] = map(_packing(self._layout), *self._fills)
            if self._cuts:
                packed = cut = list(packed)
                for at, size, rows in reversed(self._cuts):  # what lies before stays where it is
                    for n in rows:
                        row = cut[n]
                        cut[n] = row[:at] + NO_VALUE + row[at + size :]
            self._pieces.append(packed)
            self._begin()
        self._pieces += texts
        return self._pieces


def _gaps(made: Form, nullable: bool, values: Sequence[Any]) -> Sequence[int]:
    """Where there is no value; Unfit where there must be one, or is one of another type than the form's."""
    kinds = set(map(type, values))
    if kinds <= made.kinds:
        return ()
    if not nullable or not kinds <= made.kinds | {NONE}:
        raise Unfit
    return [n for n, value in enumerate(values) if value is None]


def _filled(values: Sequence[Any], gaps: Sequence[int]) -> Sequence[Any]:
    """The same with another one of them where there is none."""
    if not gaps:
        return values
    some = next(value for value in values if value is not None)
    return [some if value is None else value for value in values]


def _with(gaps: Sequence[int], what: Any, values: Iterable[Any]) -> Iterable[Any]:
    """The same with something in each gap."""
    if not gaps:
        return values
    found = list(values)
    for n in gaps:
        found.insert(n, what)
    return found


def packer(columns: Sequence[ColumnMapping], types: Mapping[str, str]) -> Packer | None:
    """Of a table; None where a column has no binary form, or isn't of the plan's type in the target.

    types: the target's own, by column, without arguments.
    """
    found = [(column, made) for column in columns if (made := form(column)) is not None]
    same = all(types.get(column.target) == base_name(column.target_type) for column in columns)
    if not found or not same or len(found) < len(columns):
        return None
    found.sort(key=lambda pair: not pair[1].layout)  # stable: fixed sizes first
    return Packer([column for column, _ in found], [made for _, made in found])


def framed(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Blocks of rows as one COPY takes them."""
    yield HEADER
    yield from blocks
    yield TRAILER


@lru_cache(1_000)
def _packing(layout: str) -> Callable[..., bytes]:
    return LENGTHS.__getitem__ if layout == "i" else struct.Struct(">" + layout).pack

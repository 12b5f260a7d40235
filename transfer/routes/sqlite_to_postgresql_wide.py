"""A row of SQLite with large values as COPY text in pieces, so that no value is ever in memory whole.

Only tables with a rowid can be read in pieces. A value that is neither text for a text column nor bytes for bytea is
converted whole up to WHOLE bytes; what is larger, or makes the row larger than PostgreSQL takes, is a `wide_row`. The
original of a large value is told by its size and SHA-256; its bytes stay in the source.
"""

from __future__ import annotations

import codecs
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conversion.mapping import ColumnMapping
from engines.postgresql.copying import COPY_NULL, copy_text_escaped
from engines.sqlite.quoting import quote_identifier
from engines.sqlite.snapshot import SqliteSnapshot
from transfer.moveplan import Unholdable
from transfer.routes.policy import Judge, Refused, RowWithheld
from transfer.routes.sqlite_fast import sizes
from transfer.routes.sqlite_to_postgresql_exact import ExactRows, Located, original_value, sql_name
from transfer.routes.sqlite_values_text import Value

PIECE = 1 << 18
LARGE = 1 << 18  # values above it are read in pieces
WHOLE = 1 << 24  # the most of a value that is converted in memory
ROW_LIMIT = (1 << 30) - (1 << 20)  # PostgreSQL's 1 GB for a line of COPY and for a row, less what goes with it
SHOWN = 1_000  # bytes of a key that are shown
BYTES_ROUTES = {"bytea": ("blob",), "bytea_any": ("blob", "text")}  # and the classes that they take
TEXT_ROUTES = frozenset({"text", "text_any"})


@dataclass(frozen=True)
class Cell:
    """A value of the row: its class, its bytes where it is a text or blob, itself where it is small."""

    klass: str
    size: int
    value: Value

    @property
    def large(self) -> bool:
        """Whether it was not read."""
        return self.size > LARGE


Pieces = Callable[[], Iterator[bytes]]


class WideRows:
    """Writes single rows of a table that has a rowid."""

    def __init__(self, exact: ExactRows, snapshot: SqliteSnapshot, judge: Judge, table: str, rowid: str) -> None:
        self.exact, self.snapshot, self.judge = exact, snapshot, judge
        self.table, self.rowid = table, rowid
        self._last: tuple[Located, dict[str, Cell], int]

    def blocks(self, number: int) -> Iterator[bytes]:
        """The row's line in pieces; nothing where it is withheld."""
        columns = self.exact.columns
        cells = {name: self._cell(name, number) for name in self._names()}
        at = self.exact.where([self._shown(cells[name], name) for name in self._names()])
        self._last = at, cells, number
        try:
            written = [self._written(n, cells[column.source], number, at) for n, column in enumerate(columns)]
            written = self._fitting(written, cells, at, number)
        except RowWithheld as why:
            self._withhold(str(why))
            return
        for place, (_, pieces) in enumerate(written):
            if place:
                yield b"\t"
            yield from pieces()
        yield b"\n"

    def refuse(self, words: str, kind: Unholdable = "wide_row") -> None:
        """Set the row that was written last aside, or end the copy, as the policy of that kind says."""
        self.judge.allow(kind, words, self._last[0].key)
        self._withhold(words)

    def _withhold(self, why: str) -> None:
        at, cells, number = self._last
        names = [column.source for column in self.exact.columns]
        originals = {name: self._original(cells[name], name, number) for name in names}
        self.judge.withhold(at.locator, at.key, why, originals)

    def _names(self) -> Sequence[str]:
        return [*self.exact.located, *self.exact.keys, *(column.source for column in self.exact.columns)]

    def _cell(self, name: str, number: int) -> Cell:
        column = sql_name(name)
        plain = f"CASE WHEN typeof({column}) IN ('integer', 'real') THEN {column} END"
        found = self.snapshot.first(
            f"SELECT typeof({column}), {plain} FROM {quote_identifier(self.table)} WHERE {self.rowid} = ?", (number,)
        )
        assert found is not None
        klass = bytes(found[0]).decode()
        if klass not in ("text", "blob"):
            return Cell(klass, 0, found[1])
        size = self.snapshot.size(self.table, name, number)
        return Cell(klass, size, None if size > LARGE else self._whole(name, klass, number))

    def _whole(self, name: str, klass: str, number: int) -> Value:
        return self.exact.value(klass.encode(), b"".join(self.snapshot.pieces(self.table, name, number, PIECE)))

    def _shown(self, cell: Cell, name: str) -> tuple[str, Value]:
        return cell.klass, f"<{cell.size} bytes>".encode() if cell.large else cell.value

    def _original(self, cell: Cell, name: str, number: int) -> dict[str, Any]:
        if not cell.large:
            return {"class": cell.klass, **original_value(cell.value)}
        digest = hashlib.sha256()
        for piece in self.snapshot.pieces(self.table, name, number, PIECE):
            digest.update(piece)
        return {"class": cell.klass, "bytes": cell.size, "sha256": digest.hexdigest()}

    def _written(self, place: int, cell: Cell, number: int, at: Located) -> tuple[int, Pieces]:
        """Bytes of a column's COPY text and what gives it."""
        column = self.exact.columns[place]
        try:
            return self._converted(place, column, cell, number)
        except Refused as refused:
            original = self._original(cell, column.source, number)
            if not cell.large:
                return _ready(self.exact.settle(column, refused, at, original))
            kept = self.judge.settle(column, refused, at.locator, at.key, original)
            if kept is None:
                return _ready(COPY_NULL)
            # the converted text is told by its rule: what is invalid left out or replaced
            last = self.judge.found.pop()
            self.judge.found.append(replace(last, original=json.dumps(original)))
            return cell.size * 2, lambda: _mended(self._pieces(column.source, number))

    def _converted(self, place: int, column: ColumnMapping, cell: Cell, number: int) -> tuple[int, Pieces]:
        if not cell.large:
            return _ready(self.exact.one(place, cell.klass, cell.value))
        direct = cell.klass == "blob" or self.exact.utf8
        if direct and cell.klass in BYTES_ROUTES.get(column.route, ()):
            return cell.size * 2 + 3, lambda: _hex(self._pieces(column.source, number))
        if direct and cell.klass == "text" and column.route in TEXT_ROUTES:
            limits = sizes(column.target_type) if column.route == "text" else []
            size = _checked(self._pieces(column.source, number), limits[0] if limits else None)
            return size, lambda: map(copy_text_escaped, self._pieces(column.source, number))
        if cell.size > WHOLE:
            raise Refused("wide_row", f"a {cell.klass} of {cell.size:,} bytes, which can't be converted in pieces")
        return _ready(self.exact.one(place, cell.klass, self._whole(column.source, cell.klass, number)))

    def _pieces(self, name: str, number: int) -> Iterator[bytes]:
        return self.snapshot.pieces(self.table, name, number, PIECE)

    def _fitting(
        self, written: list[tuple[int, Pieces]], cells: dict[str, Cell], at: Located, number: int
    ) -> list[tuple[int, Pieces]]:
        """The same, the largest values set aside until the row is one that PostgreSQL takes."""
        while sum(size + 1 for size, _ in written) > ROW_LIMIT:
            place = max(range(len(written)), key=lambda n: written[n][0])
            column = self.exact.columns[place]
            refused = Refused("wide_row", f"the row is larger than PostgreSQL's {ROW_LIMIT:,} bytes")
            original = self._original(cells[column.source], column.source, number)
            self.judge.found = [
                entry for entry in self.judge.found if (entry.locator, entry.column) != (at.locator, column.source)
            ]
            written[place] = _ready(self.exact.settle(column, refused, at, original))
        return written


def _ready(text: bytes) -> tuple[int, Pieces]:
    return len(text), lambda: iter((text,))


def _hex(pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield rb"\\x"
    for piece in pieces:
        yield piece.hex().encode()


def _checked(pieces: Iterator[bytes], length: int | None) -> int:
    """Bytes of the escaped text; Refused where PostgreSQL can't hold it as it is."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    size = characters = 0
    nul = False
    try:
        for piece in pieces:
            characters += len(decoder.decode(piece))
            nul = nul or b"\0" in piece
            size += len(piece) + sum(map(piece.count, (b"\\", b"\n", b"\r", b"\t")))
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise Refused("invalid_encoding", "invalid UTF-8 in text", b"") from None
    if length is not None and characters > length:
        raise Refused("too_long", f"text longer than {length} characters")
    if nul:
        raise Refused("nul_in_text", "NUL in text", b"")
    return size


def _mended(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The text without NUL, U+FFFD for bytes that are not UTF-8, as COPY text."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for piece in pieces:
        yield copy_text_escaped(decoder.decode(piece).replace("\0", "").encode())
    yield decoder.decode(b"", final=True).encode()

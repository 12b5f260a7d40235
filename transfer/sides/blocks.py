"""Blocks: rows of a span in the order of their key, hashed column by column at once instead of row by row.

A hash function that is called once per block costs a fraction of one that is called once per row. Equal blocks prove
equal rows in equal order; blocks that differ prove nothing (the order may be another one), the rows are hashed then.

Layout, the same in SQL and here: the forms that are DELIMITED (transfer/canonical/encoding.py) are one stream, row by
row, every text (`n` for NULL) ended by a comma but the last; every other column is a stream of its own, texts divided
by NUL, NULL as the byte FF. One side is a PostgreSQL database in UTF-8, whose texts hold neither NUL nor FF: so a NUL
in a text of the other side makes one divider too many for the same number of rows, and FF is looked for there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import md5

from transfer.canonical.columns import ComparedColumn, ComparedTable
from transfer.canonical.encoding import DELIMITED

NULL, DIVIDER = b"\xff", b"\0"
Column = Sequence[bytes | None]


@dataclass(frozen=True)
class Block:
    """Rows of a span and a keyed 128-bit digest of every stream; digests None: it can't be equal to another."""

    rows: int
    digests: tuple[bytes, ...] | None

    def proves(self, other: Block) -> bool:
        """Whether both hold the same rows; False where that isn't known."""
        return self.digests is not None and self == other


@dataclass(frozen=True)
class Layout:
    """Places of a table's columns in its streams."""

    delimited: tuple[int, ...]
    texts: tuple[int, ...]

    @classmethod
    def of(cls, columns: Sequence[ComparedColumn]) -> Layout:
        """The layout of these columns."""
        places = range(len(columns))
        delimited = tuple(place for place in places if columns[place].form in DELIMITED)
        return cls(delimited, tuple(place for place in places if place not in delimited))


def blockable(table: ComparedTable) -> bool:
    """Whether the rows have one order on both sides: the range column alone is the key."""
    return table.range_column is not None and table.key == [table.range_column] and table.documents is None


class BlockHash:
    """A block that grows batch by batch of rows in the order of their key."""

    def __init__(self, columns: Sequence[ComparedColumn], key: str) -> None:
        self._layout = Layout.of(columns)
        streams = len(self._layout.texts) + bool(self._layout.delimited)
        self._hashes = [md5(key.encode(), usedforsecurity=False) for _ in range(streams)]
        self._rows = 0
        self._clean = True

    def add(self, columns: Sequence[Column]) -> None:
        """Take the next rows, column by column; at least one row."""
        if len(columns[0]) == 1:  # a long one comes alone, and would be copied to be joined
            self.add_row([column[0] for column in columns])
            return
        streams = []
        if self._layout.delimited:
            streams.append((b",", b",".join(_delimited([columns[place] for place in self._layout.delimited]))))
        for place in self._layout.texts:
            stream, nulls = _joined(columns[place])
            self._clean = self._clean and stream.count(NULL) == nulls
            streams.append((DIVIDER, stream))
        for hashed, (divider, stream) in zip(self._hashes, streams, strict=True):
            if self._rows:
                hashed.update(divider)
            hashed.update(stream)
        self._rows += len(columns[0])

    def add_row(self, texts: Sequence[bytes | Iterator[bytes] | None]) -> None:
        """Take the next row, of which long texts come in pieces."""
        hashes = iter(self._hashes)
        if self._layout.delimited:
            hashed = next(hashes)
            for number, place in enumerate(self._layout.delimited):
                if number or self._rows:
                    hashed.update(b",")
                text = texts[place]
                for piece in _pieces(b"n" if text is None else text):
                    hashed.update(piece)
        for place, hashed in zip(self._layout.texts, hashes, strict=True):
            if self._rows:
                hashed.update(DIVIDER)
            text = texts[place]
            for piece in _pieces(NULL if text is None else text):
                self._clean = self._clean and (text is None or NULL not in piece)
                hashed.update(piece)
        self._rows += 1

    def done(self) -> Block:
        """The block of all rows."""
        if not self._rows:
            return Block(0, ())
        return Block(self._rows, tuple(hashed.digest() for hashed in self._hashes) if self._clean else None)


def _pieces(text: bytes | Iterator[bytes]) -> Iterator[bytes]:
    return iter((text,)) if isinstance(text, bytes) else text


def _delimited(columns: Sequence[Column]) -> list[bytes]:
    """The texts row by row."""
    woven: list[bytes] = [b""] * (len(columns) * len(columns[0]))
    for place, column in enumerate(columns):
        texts = [b"n" if text is None else text for text in column] if None in column else column
        woven[place :: len(columns)] = texts  # type: ignore[assignment]
    return woven


def _joined(column: Column) -> tuple[bytes, int]:
    nulls = column.count(None)
    texts = [NULL if text is None else text for text in column] if nulls else column
    return DIVIDER.join(texts), nulls  # type: ignore[arg-type]

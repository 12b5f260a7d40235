"""A row with canonical texts that are too long for memory: hashed from their pieces, as it would be whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import md5

from transfer.canonical.columns import ComparedColumn, ComparedTable
from transfer.canonical.encoding import DELIMITED, Hashing, encode
from transfer.sides.blocks import BlockHash
from transfer.sides.local import Batch


@dataclass(frozen=True)
class LongText:
    """A canonical text that is read anew each time; size: its bytes."""

    size: int
    pieces: Callable[[], Iterator[bytes]]


Text = bytes | LongText | None


@dataclass(frozen=True)
class WideRow(Batch):
    """One row; only hashes() and add_to() leave its long texts in pieces."""

    table_columns: Sequence[ComparedColumn]
    texts: Sequence[Text]

    @classmethod
    def of(cls, columns: Sequence[ComparedColumn], texts: Sequence[Text]) -> WideRow:
        """A row with these texts."""
        return cls([], 1, columns, texts)

    def encoded(self) -> list[bytes]:
        """The whole row."""
        return [encode(self.table_columns, [_whole(text) for text in self.texts])]

    def keys(self, table: ComparedTable) -> list[bytes]:
        """The row's key, which has no long text."""
        texts = {column.name: text for column, text in zip(self.table_columns, self.texts, strict=True)}
        return [encode(table.key_columns, [_whole(texts[name]) for name in table.key])]

    def hashes(self, hashing: Hashing) -> list[bytes]:
        """The row's hash (method md5)."""
        found = md5(hashing.key.encode(), usedforsecurity=False)
        for column, text in zip(self.table_columns, self.texts, strict=True):
            if not isinstance(text, LongText):
                found.update(encode([column], [text]))
                continue
            if column.form not in DELIMITED:
                found.update(b"%d:" % text.size)
            for piece in text.pieces():
                found.update(piece)
            if column.form in DELIMITED:
                found.update(b",")
        return [found.digest()]

    def add_to(self, block: BlockHash) -> None:
        """Take the row into a block."""
        block.add_row([text.pieces() if isinstance(text, LongText) else text for text in self.texts])


def _whole(text: Text) -> bytes | None:
    return b"".join(text.pieces()) if isinstance(text, LongText) else text

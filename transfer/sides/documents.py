"""How the documents of a compared table are read: as fields beside fields, or as the rows of a mapping."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from bson.raw_bson import RawBSONDocument

from conversion.documents.mapping import CollectionMapping
from conversion.documents.relations_mapping import ID
from engines.mongodb.bson_exact import INT32, OPTIONS
from transfer.canonical.columns import ComparedTable, Role
from transfer.canonical.encoding import decode as decode_key
from transfer.canonical.rendered import Rendered, rendered
from transfer.canonical.values_mongodb import Fields
from transfer.sides.mapped_documents import GatheredReader, ShreddedReader, Values


class Reader(Protocol):
    """How a collection becomes rows.

    collection: its name; single: every document is one row; exact: condition() finds every document of the keys, else
    one that is not found may still be there, spelled otherwise.
    """

    collection: str
    single: bool
    exact: bool

    def rows(self, raw: bytes) -> Iterable[Values]:
        """The rows of a document, a value per compared column."""
        ...

    def columns(self, rows: Sequence[Values]) -> list[Rendered]:
        """Rows column by column, rendered."""
        ...

    def condition(self, keys: Iterable[bytes]) -> Iterator[Mapping[str, Any]] | None:
        """Filters that find the documents with the rows of these keys by _id; None where only reading all does."""
        ...


def reader_for(table: ComparedTable, role: Role, display: str) -> Reader:
    """The reader of a table on the MongoDB side; EngineError MAPPING_UNKNOWN for a mapping without the table."""
    if table.documents is None:
        return FieldReader(table, role, display)
    if isinstance(table.documents, CollectionMapping):
        return ShreddedReader(table, table.documents, role)
    return GatheredReader(table, table.documents, role)


class FieldReader:
    """A collection beside a collection: a document is a row, its fields are compared by type and bytes."""

    single = True
    exact = True

    def __init__(self, table: ComparedTable, role: Role, display: str) -> None:
        self.table = table
        self.collection = table.place(role)[1]
        self.fields = Fields(table.columns, [column.held(role).name for column in table.columns], display)
        self.by_id = [column.held(role).name for column in table.key_columns] == [ID]

    def rows(self, raw: bytes) -> Iterable[Values]:
        """One row."""
        return (self.fields.texts(raw),)

    def columns(self, rows: Sequence[Values]) -> list[Rendered]:
        """The texts are there already."""
        values = zip(*rows, strict=True)
        return [rendered(column, texts) for column, texts in zip(self.table.columns, values, strict=True)]

    def condition(self, keys: Iterable[bytes]) -> Iterator[Mapping[str, Any]] | None:
        """By the very bytes of _id."""
        if not self.by_id:
            return None
        texts = [decode_key(self.table.key_columns, key)[0] for key in keys]
        return _lots([text for text in texts if text is not None])


RAW = OPTIONS.with_options(document_class=RawBSONDocument)
LOT_BYTES = 4_000_000  # of keys in one filter; a command has at most 16 MB


def _lots(texts: Sequence[bytes]) -> Iterator[Mapping[str, Any]]:
    """Filters `{_id: {$in: [...]}}` of the very bytes."""
    body: list[bytes] = []
    size = 0
    for place, text in enumerate(texts):
        body.append(text[:1] + b"%d\0" % len(body) + text[1:])
        size += len(text) + 12
        if size >= LOT_BYTES or place == len(texts) - 1:
            array = _document(b"".join(body))
            chosen = _document(b"\x04$in\0" + array)
            yield RawBSONDocument(_document(b"\x03_id\0" + chosen), RAW)
            body, size = [], 0


def _document(body: bytes) -> bytes:
    return INT32.pack(len(body) + 5) + body + b"\0"

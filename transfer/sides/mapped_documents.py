"""The rows that documents hold by a mapping: of tables they became, or of tables they were made of."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from bson import Binary, Decimal128, Int64, ObjectId
from bson.errors import BSONError

from conversion.documents.extended_json import loads
from conversion.documents.mapping import CollectionMapping
from conversion.documents.relations_mapping import ID, DocumentMapping, FieldMapping
from conversion.documents.relations_values import encoding
from conversion.documents.shred import Shredder
from conversion.documents.values import MISSING, is_int64
from engines.errors import EngineError
from engines.mongodb.bson_exact import decode
from transfer.canonical.columns import ComparedColumn, ComparedTable, Form, Role
from transfer.canonical.encoding import decode as decode_key
from transfer.canonical.rendered import APART, Rendered
from transfer.canonical.values_mongodb import renderer
from transfer.sides.gathered import MISFITS, cell, gathered

Values = Sequence[Any]
OTHER: dict[Role, Role] = {"source": "target", "target": "source"}
MOST_DIGITS = 34  # of a Decimal128


class _MappedReader:
    """What readers of mappings share: named rows become values of the compared columns."""

    single = False
    exact = False

    def __init__(self, table: ComparedTable, role: Role, collection: str) -> None:
        self.table = table
        self.collection = collection
        self.names = [column.held(role).name for column in table.columns]
        self._render: list[Callable[[Values], Rendered]] = [renderer(column) for column in table.columns]

    def columns(self, rows: Sequence[Values]) -> list[Rendered]:
        """Every value by the form of its column."""
        return [render(values) for render, values in zip(self._render, zip(*rows, strict=True), strict=True)]

    def _values(self, row: Mapping[str, Any]) -> Values:
        return [row[name] for name in self.names]


class ShreddedReader(_MappedReader):
    """Documents whose rows in tables are those of a CollectionMapping."""

    def __init__(self, table: ComparedTable, mapping: CollectionMapping, role: Role) -> None:
        super().__init__(table, role, mapping.collection)
        self.shredder = Shredder(mapping)
        self.name = table.full_name(OTHER[role])
        self.key = mapping.root.key[0]
        self.single = self.name == mapping.root.table
        self.withheld = table.withheld
        _known(self.name, [found.table for found in mapping.tables], mapping.collection)

    def rows(self, raw: bytes) -> Iterable[Values]:
        """The rows of the one table; none of a document that was set aside as it is."""
        if self.set_aside(raw):
            return ()
        return self.among(self.shredder.rows(decode(raw)))

    def among(self, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterable[Values]:
        """The rows of the one table among those that a document becomes."""
        return map(self._values, rows[self.name])

    def set_aside(self, raw: bytes) -> bool:
        """Whether the migration withheld this very document."""
        return bool(self.withheld) and sha256(raw).hexdigest() in self.withheld

    def left_out(self, raw: bytes) -> int:
        """How many rows of the table a withheld document would have; of one that can't be read the document's own."""
        try:
            return len(self.shredder.rows(decode(raw))[self.name])
        except EngineError:
            return int(self.single)

    def condition(self, keys: Iterable[bytes]) -> Iterator[Mapping[str, Any]] | None:
        """By _id, where the first column of the key is the document's and no stand-in."""
        columns = self.table.key_columns
        places = [place for place, column in enumerate(columns) if self._is_document_key(column)]
        if not places:
            return None
        texts = {decode_key(columns, key)[places[0]] for key in keys}
        found = []
        for text in texts:
            value = _stored(columns[places[0]], text)
            try:
                back = MISSING if value is None else self.shredder.plan.key.decode(value)
            except (*MISFITS, BSONError):  # the target's own: no document has such a key
                continue
            if back is MISSING:
                return None
            found.append(back)
        return iter([{ID: {"$in": found}}])

    def _is_document_key(self, column: ComparedColumn) -> bool:
        return self.key in (column.source.name, column.target.name)


class GatheredReader(_MappedReader):
    """Documents that were made of rows by a DocumentMapping: the rows are taken out of them again."""

    def __init__(self, table: ComparedTable, mapping: DocumentMapping, role: Role) -> None:
        super().__init__(table, role, mapping.collection)
        self.mapping = mapping
        self.name = table.full_name(OTHER[role])
        self.single = self.name == mapping.table
        _known(self.name, list(mapping.tables()), mapping.collection)
        self.fields = {found.column: found for found in mapping.fields}

    def rows(self, raw: bytes) -> Iterable[Values]:
        """The rows of the one table; a document that isn't made as the mapping says is read as far as it is."""
        for row in gathered(self.mapping, decode(raw), self.name):
            yield [cell(column, row[name]) for column, name in zip(self.table.columns, self.names, strict=True)]

    def condition(self, keys: Iterable[bytes]) -> Iterator[Mapping[str, Any]] | None:
        """By _id, for the table of the documents themselves where one column with a plain type is the key."""
        columns = self.table.key_columns
        if not self.single or len(columns) != 1 or len(self.mapping.key) != 1:
            return None
        field = self.fields.get(self.mapping.key[0])
        if field is None or field.column not in (columns[0].source.name, columns[0].target.name):
            return None
        found = []
        for key in keys:
            value = _stored(columns[0], decode_key(columns, key)[0])
            if value is None:
                return None
            found += _spellings(value, field)
        return iter([{ID: {"$in": found}}])


def by_ids(keys: Iterable[str]) -> Mapping[str, Any]:
    """The filter of documents by their _id as Extended JSON; all of them where one has none that can be read."""
    wanted = list(keys)
    return {} if UNKNOWN in wanted else {ID: {"$in": [loads(key) for key in wanted]}}


UNKNOWN = "unknown"  # the key of a document whose _id isn't there or can't be read (transfer/routes/documents_aside.py)


def _spellings(value: Any, field: FieldMapping) -> list[Any]:
    """What an _id may be that stands for a key's value: as the mapping writes it, and as other tools do."""
    found: list[Any] = []
    if isinstance(value, uuid.UUID):
        found = [Binary(value.bytes, 4), value.bytes, str(value)]
    elif isinstance(value, int):
        found = [Int64(value) if is_int64(value) else Decimal128(str(value)), str(value)]
    elif isinstance(value, str):
        found = [value, *([ObjectId(value)] if ObjectId.is_valid(value) else [])]
    try:
        return [*found, encoding(field.encoding).encode(value)]
    except TypeError:  # an encoding of another class
        return found


def _known(name: str, tables: Sequence[str], collection: str) -> None:
    if name not in tables:
        raise EngineError(
            "MAPPING_UNKNOWN",
            f"Nothing says which parts of the documents of {collection} are the rows of {name}.",
            "Compare the databases again, so that their catalogs are read anew.",
        )


def _stored(column: ComparedColumn, text: bytes | None) -> Any:
    """What a driver gives for a key's text; None where several values may have it."""
    if text is None or text.startswith(APART):
        return None
    shown = text.decode(errors="surrogateescape")
    if column.form is Form.NUMBER:
        return int(shown) if shown.removeprefix("-").isdecimal() and len(shown) <= MOST_DIGITS else None
    if column.form is Form.UUID:
        return uuid.UUID(shown)
    return shown if column.form in (Form.TEXT, Form.CHAR) else None

"""Rows of PostgreSQL, MySQL, MariaDB and SQLite as documents of MongoDB, with the rows of embedded tables inside."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import bson
from bson.objectid import ObjectId

from conversion.documents.relations_mapping import ID
from conversion.documents.relations_rows import DocumentMaker
from engines.errors import EngineError, UsageError
from engines.mongodb.batches import Transaction
from engines.mongodb.bson_exact import OPTIONS
from engines.mongodb.writer import MongodbWriter
from transfer.chunks import Chunk
from transfer.cutting import cutter
from transfer.moveplan import MovePlan
from transfer.quarantined import Quarantined
from transfer.routes.documents_written import write
from transfer.routes.mongodb_to_mongodb import made_by
from transfer.routes.relations_aside import RowsAside
from transfer.routes.relations_orphans import check_parents
from transfer.routes.relations_pages import LARGEST_DOCUMENT, Document, Pages, too_wide
from transfer.routes.relations_readers import source_of
from transfer.routes.route import Copied, Pace
from transfer.state.document_marks import mark_begun
from transfer.units import DocumentUnit

PACE_BLOCK = 256 << 10
WIDE = "its document would have more than the 16 MB that MongoDB takes ({size:,} bytes)"
NO_ID = "MongoDB takes no {what} as _id"


class RelationsToDocuments:
    """A range of the root table; rows counts documents."""

    def __init__(self, plan: MovePlan, unit: DocumentUnit, snapshot: Any, writer: MongodbWriter) -> None:
        self.plan, self.unit, self.writer = plan, unit, writer
        self.mapping = unit.mapping
        self.pages = Pages(source_of(snapshot, plan.source_engine), self.mapping)
        self.maker = DocumentMaker(self.mapping)
        self.condition = cutter(plan.source_engine).condition
        self.policies = plan.policy()
        made = made_by(plan, self.mapping.collection)
        self.unchecked = made is not None and '"validator"' in made.sql

    def copy(self, chunk: Chunk, into: Transaction, pace: Pace) -> Copied:
        """See Route. Memory: a page of about 8 MB of long values and a batch of documents, or one document."""
        self._check(chunk, into)
        if chunk.lower is None:  # once for all ranges
            check_parents(self.pages.source, self.mapping)
        aside = RowsAside(self.pages.source, self.mapping, self.policies)
        condition = self.condition(self.unit.key, chunk)

        def documents() -> Generator[bytes, None, None]:
            aside.clear()
            return self._documents(condition, aside, pace)

        known = chunk if self.mapping.key else None
        loaded = write(self.writer, into, self.mapping.collection, documents, self.unchecked, known)
        return Copied(loaded.rows, loaded.bytes, aside.written(condition))

    def again(self, chunk: Chunk, told: list[Quarantined]) -> Iterator[bytes]:
        """The documents that copying a range would write now; told: takes what it would set aside."""
        aside = RowsAside(self.pages.source, self.mapping, self.policies)
        condition = self.condition(self.unit.key, chunk)
        yield from self._documents(condition, aside, lambda size: None)
        told += aside.written(condition)

    def _check(self, chunk: Chunk, into: Transaction) -> None:
        """Without a transaction a range may be written twice: then only a key tells what is there already."""
        if into.session is not None or self.mapping.key:
            return
        if not chunk.whole:
            raise UsageError(
                "KEY_NEEDED",
                f"{self.mapping.table} has no key, and the target server has no transactions: a range of it that was"
                " broken off could not be told from the rest.",
                "Give the table a key, or make the server a replica set (of one member, if need be).",
            )
        mark_begun(self.writer, chunk)
        into.collection(self.mapping.collection).delete_many({})

    def _documents(self, condition: str, aside: RowsAside, pace: Pace) -> Generator[bytes, None, None]:
        size = 0
        for found in self.pages.documents(condition):
            raw = self._document(found, aside)
            if raw is None:
                continue
            size += len(raw)
            if size >= PACE_BLOCK:
                pace(size)
                size = 0
            yield raw
        if size:
            pace(size)

    def _document(self, found: Document, aside: RowsAside) -> bytes | None:
        """The bytes of a document; None where it is set aside."""
        if too_wide(found):
            aside.add("wide_row", found.row, WIDE.format(size=found.size))
            return None
        kept = self.pages.kept(found)
        made = self.maker.document(found.row, self.pages.children(found))
        self.pages.check_taken(found)
        reason = _refused_id(made.get(ID)) if self.mapping.key else None
        if reason is not None:
            aside.add("wrong_class", found.row, reason)
            return None
        raw = bson.encode(made if ID in made else {ID: ObjectId(), **made}, codec_options=OPTIONS)
        if len(raw) > LARGEST_DOCUMENT:
            aside.add("wide_row", found.row, WIDE.format(size=len(raw)))
            return None
        if kept:
            aside.keep(found.row, kept)
        return raw


def _refused_id(value: Any) -> str | None:
    """Why the server would refuse an _id; None where it wouldn't (reference: documents, the _id field)."""
    if isinstance(value, list):
        return NO_ID.format(what="array")
    if isinstance(value, dict) and any(name.startswith("$") for name in value):
        return NO_ID.format(what="object with names that begin with $")
    return None


def open_route(plan: MovePlan, unit: DocumentUnit, snapshot: Any, writer: MongodbWriter) -> RelationsToDocuments:
    """The route of a table that becomes a collection; CONVERSION_IMPOSSIBLE is never needed: see the encodings."""
    if writer.engine != "mongodb":
        raise EngineError("ROUTE_UNKNOWN", "Documents are written to MongoDB only.", "Choose another target.")
    return RelationsToDocuments(plan, unit, snapshot, writer)

"""Rows of PostgreSQL, MySQL, MariaDB and SQLite as documents of MongoDB, with the rows of embedded tables inside."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any

import bson
from bson.objectid import ObjectId

from conversion.documents.relations_mapping import ID
from conversion.documents.relations_rows import DocumentMaker
from engines.errors import Aborted, EngineError, UsageError
from engines.mongodb.bson_exact import OPTIONS
from engines.mongodb.writer import MongodbWriter, Transaction
from transfer.chunks import Chunk
from transfer.cutting import cutter
from transfer.moveplan import MovePlan, Unholdable
from transfer.quarantined import Quarantined
from transfer.routes.documents_written import write
from transfer.routes.mongodb_to_mongodb import made_by
from transfer.routes.relations_pages import LARGEST_DOCUMENT, Document, Pages, too_wide
from transfer.routes.relations_readers import source_of
from transfer.routes.route import Copied, Pace
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
        aside: list[Quarantined] = []
        condition = self.condition(self.unit.key, chunk)

        def documents() -> Generator[bytes, None, None]:
            aside.clear()
            return self._documents(condition, aside, pace)

        keyed = bool(self.mapping.key)
        loaded = write(self.writer, into, self.mapping.collection, documents, self.unchecked, keyed)
        return Copied(loaded.rows, loaded.bytes, aside)

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
        into.collection(self.mapping.collection).delete_many({})

    def _documents(self, condition: str, aside: list[Quarantined], pace: Pace) -> Generator[bytes, None, None]:
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

    def _document(self, found: Document, aside: list[Quarantined]) -> bytes | None:
        """The bytes of a document; None where it is set aside."""
        if too_wide(found):
            self._withhold("wide_row", found, WIDE.format(size=found.size), aside)
            return None
        made = self.maker.document(found.row, self.pages.children(found))
        self.pages.check_taken(found)
        reason = _refused_id(made.get(ID)) if self.mapping.key else None
        if reason is not None:
            self._withhold("wrong_class", found, reason, aside)
            return None
        raw = bson.encode(made if ID in made else {ID: ObjectId(), **made}, codec_options=OPTIONS)
        if len(raw) > LARGEST_DOCUMENT:
            self._withhold("wide_row", found, WIDE.format(size=len(raw)), aside)
            return None
        return raw

    def _withhold(self, kind: Unholdable, found: Document, reason: str, aside: list[Quarantined]) -> None:
        names = self.mapping.key or [field.column for field in self.mapping.fields]
        key = {name: found.row[name] for name in names}
        shown = json.dumps(key, default=str, ensure_ascii=False)
        if self.policies.get(kind) == "stop":
            raise Aborted(
                "VALUE_NOT_HOLDABLE",
                f"{self.mapping.table} {shown[:500]}: {reason}; the plan says to stop.",
                f"Mend the row in the source, or allow another policy (options.policies.{kind}); plan again.",
            )
        locator = json.dumps([value if isinstance(value, int) else str(value) for value in key.values()])
        if not self.mapping.key:
            locator = json.dumps([locator, len(aside)])
        unread = self.pages.root.long if kind == "wide_row" else frozenset()
        original = {
            name: {"class": "unread"} if value is None and name in unread else _original(value)
            for name, value in found.row.items()
        }
        aside.append(Quarantined(locator, "", shown, reason, "row_withheld", json.dumps(original)))


LONGEST_ORIGINAL = 100_000


def _original(value: Any) -> dict[str, Any]:
    """A value of a row that is set aside: of long ones only how long they are, since the source has them."""
    if value is None:
        return {"class": "null"}
    if isinstance(value, bytes):
        return {"class": "blob", "hex": value.hex()} if len(value) < LONGEST_ORIGINAL else _long("blob", len(value))
    text = str(value)
    if len(text) >= LONGEST_ORIGINAL:
        return _long("text", len(text))
    return {"class": "text", "text": text.encode(errors="backslashreplace").decode()}


def _long(name: str, length: int) -> dict[str, Any]:
    return {"class": name, "length": length}


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

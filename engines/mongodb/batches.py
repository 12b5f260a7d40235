"""BSON documents inserted in batches: within a transaction, or without one so that doing it twice is as once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from bson.raw_bson import RawBSONDocument
from pymongo import ReplaceOne, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import BulkWriteError, DocumentTooLarge

from engines.errors import EngineError
from engines.mongodb.bson_exact import encode
from engines.protocols import Loaded

BATCH = 1_000
BATCH_BYTES = 8_000_000  # of documents held before they are sent
MAJORITY = WriteConcern("majority")
DUPLICATE_KEY = 11000
ID = "_id"


def open_to_all() -> None:
    """No fence."""


@dataclass(frozen=True)
class Transaction:
    """What begin() yields: the database, and the session of the transaction; None where the server has none.

    replaces: documents that are there already are replaced, because nothing takes back what was broken off. fence: what
    asks before each batch whether this process may still write, where no transaction would keep it from that.
    """

    database: Database[Any]
    session: ClientSession | None
    replaces: bool = False
    fence: Callable[[], None] = open_to_all

    def collection(self, name: str) -> Collection[Any]:
        """A collection whose single writes a majority holds, should there be no transaction."""
        concern = MAJORITY if self.session is None else None
        return self.database.get_collection(name, write_concern=concern)


def load_raw(into: Transaction, name: str, documents: Iterable[bytes], unchecked: bool = False) -> Loaded:
    """Insert BSON documents in batches of at most 1,000 and 8 MB; DOCUMENT_REFUSED for one that is too large.

    unchecked: the collection's validator is not asked, which needs the right bypassDocumentValidation (dbAdmin).
    """
    loaded = size = 0
    for batch in lots(documents, BATCH_BYTES):
        _insert(into, name, batch, unchecked or None)
        loaded += len(batch)
        size += sum(map(len, batch))
    return Loaded(loaded, size)


def lots(documents: Iterable[bytes], most: int) -> Iterator[list[bytes]]:
    """Documents in lists of at most BATCH and so many bytes; a larger one is a list of its own."""
    batch: list[bytes] = []
    size = 0
    for raw in documents:
        if batch and (len(batch) == BATCH or size + len(raw) > most):
            yield batch
            batch, size = [], 0
        batch.append(raw)
        size += len(raw)
    if batch:
        yield batch


def _insert(into: Transaction, name: str, batch: list[bytes], unchecked: bool | None) -> None:
    into.fence()
    collection = into.collection(name)
    documents = [RawBSONDocument(raw) for raw in batch]
    try:
        if into.replaces:
            _insert_or_replace(collection, documents, unchecked)
        else:
            collection.insert_many(documents, ordered=True, bypass_document_validation=unchecked, session=into.session)
    except DocumentTooLarge as error:
        raise EngineError(
            "DOCUMENT_REFUSED",
            f"A document of {name} is larger than the server takes (16 MB).",
            "Ask for `reference` in overrides.relations where its arrays come from.",
        ) from error


def _insert_or_replace(collection: Collection[Any], documents: list[RawBSONDocument], unchecked: bool | None) -> None:
    """Insert; where a document with the very same _id is there, put this one in its place."""
    try:
        collection.insert_many(documents, ordered=False, bypass_document_validation=unchecked)
        return
    except BulkWriteError as error:
        failed = error.details["writeErrors"]
        if any(one["code"] != DUPLICATE_KEY for one in failed):
            raise
        again = [documents[one["index"]] for one in failed]
        for document in again:
            there = collection.find_one({ID: document[ID]}, {ID: 1})
            if there is None or encode({ID: there[ID]}) != encode({ID: document[ID]}):
                raise
    replacements = [ReplaceOne({ID: document[ID]}, document) for document in again]
    collection.bulk_write(replacements, ordered=True, bypass_document_validation=unchecked)

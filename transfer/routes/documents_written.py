"""Documents of a range into MongoDB: within its transaction, or, where they are too many for one, safely beside it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing

from pymongo.errors import BulkWriteError, PyMongoError

from engines.errors import DbmoError
from engines.mongodb.batches import DUPLICATE_KEY, Transaction, load_raw, lots
from engines.mongodb.bson_exact import decode, encode, id_bytes
from engines.mongodb.writer import MongodbWriter
from engines.protocols import Loaded
from transfer.chunks import Chunk
from transfer.failpoints import failpoint
from transfer.state.document_marks import hold, mark_begun

MOST_BYTES = 8_000_000  # of documents in one transaction; the server's cache holds all of them until it ends
LOT_BYTES = 2_000_000  # of documents in a transaction beside it
# TransactionTooLargeForCache; NoSuchTransaction: it took too long (src/mongo/base/error_codes.yml)
TOO_LARGE, ENDED = 388, 251
Documents = Callable[[], Generator[bytes, None, None]]


class _Overflow(Exception):
    """More documents than one transaction should hold."""


def write(
    writer: MongodbWriter,
    into: Transaction,
    collection: str,
    documents: Documents,
    unchecked: bool,
    chunk: Chunk | None,
) -> Loaded:
    """Insert what documents() gives; chunk: of which they are, where a second reading gives each the same _id again.

    Sizes of ranges are estimates (PostgreSQL's are of compressed values). Where a range turns out larger, or takes
    longer, than a transaction may, or a part of it is there already from an attempt like this one, the transaction is
    given up; the documents go in transactions of some MB each, in which a document that is there is replaced and no
    newer run may have begun; then the range's own transaction is begun again, for its status. Whoever is killed in
    between copies the range again the same way.
    """
    if chunk is None:
        with closing(documents()) as found:
            return load_raw(into, collection, found, unchecked)
    if into.session is None:
        mark_begun(writer, chunk)
        with closing(documents()) as found:
            return load_raw(into, collection, found, unchecked)
    try:
        with closing(documents()) as found:
            return load_raw(into, collection, _limited(found), unchecked)
    except _Overflow:
        pass
    except PyMongoError as error:
        if not _again(error):
            raise
    into.session.abort_transaction()
    mark_begun(writer, chunk)
    with closing(documents()) as found:
        loaded = _beside(writer, collection, found, unchecked, chunk)
    writer.start(into.session)
    return loaded


def _limited(documents: Iterator[bytes]) -> Iterator[bytes]:
    size = 0
    for raw in documents:
        size += len(raw)
        if size > MOST_BYTES:
            raise _Overflow
        yield raw


def _again(error: PyMongoError) -> bool:
    """Whether the range is too large, takes too long, or is there in part."""
    if isinstance(error, BulkWriteError):
        return any(one["code"] == DUPLICATE_KEY for one in error.details.get("writeErrors", ()))
    return getattr(error, "code", None) in (TOO_LARGE, ENDED) or "too large" in str(error).lower()


def _beside(
    writer: MongodbWriter, collection: str, documents: Iterator[bytes], unchecked: bool, chunk: Chunk
) -> Loaded:
    loaded = Loaded(0, 0)
    for batch in lots(documents, LOT_BYTES):
        done = _written(writer, collection, batch, unchecked, chunk)
        failpoint("documents.beside")
        loaded = Loaded(loaded.rows + done.rows, loaded.bytes + done.bytes)
    return loaded


def _written(writer: MongodbWriter, collection: str, batch: list[bytes], unchecked: bool, chunk: Chunk) -> Loaded:
    """A lot in a transaction; without one where the server's cache is too small even for that (16 MB documents)."""
    try:
        with writer.begin() as part:
            hold(writer, part, chunk)
            _make_room(part, collection, batch)
            return load_raw(part, collection, batch, unchecked)
    except DbmoError as error:
        if error.data.get("server_code") != TOO_LARGE:
            raise
    with writer.connected() as database:
        return load_raw(writer.beside(database, replaces=True), collection, batch, unchecked)


def _make_room(part: Transaction, collection: str, batch: list[bytes]) -> None:
    """Delete documents with the very same _id; one that only compares equal stays, and is a duplicate key."""
    wanted = [decode(id_bytes(raw))["_id"] for raw in batch]
    exact = {encode({"_id": one}) for one in wanted}
    target = part.collection(collection)
    there = target.find({"_id": {"$in": wanted}}, {"_id": 1}, session=part.session)
    same = [found["_id"] for found in there if encode({"_id": found["_id"]}) in exact]
    if same:
        target.delete_many({"_id": {"$in": same}}, session=part.session)

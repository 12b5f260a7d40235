"""Writing to MongoDB: commands one by one, documents in transactions where the server has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bson.objectid import ObjectId
from bson.raw_bson import RawBSONDocument
from pymongo import ReplaceOne, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import BulkWriteError, DocumentTooLarge
from pymongo.read_concern import ReadConcern

from engines.errors import Aborted, EngineError
from engines.grant import Grant
from engines.mongodb.bson_exact import encode
from engines.mongodb.commands import parsed, run_again
from engines.mongodb.database import MongodbDatabase
from engines.mongodb.introspect.server import ROUTER
from engines.protocols import Loaded

BATCH = 1_000
BATCH_BYTES = 8_000_000  # of documents held before they are sent
MAJORITY = WriteConcern("majority")
DUPLICATE_KEY = 11000
ID = "_id"


@dataclass(frozen=True)
class Transaction:
    """What begin() yields: the database, and the session of the transaction; None where the server has none.

    replaces: documents that are there already are replaced, because nothing takes back what was broken off.
    """

    database: Database[Any]
    session: ClientSession | None
    replaces: bool = False

    def collection(self, name: str) -> Collection[Any]:
        """A collection whose single writes a majority holds, should there be no transaction."""
        concern = MAJORITY if self.session is None else None
        return self.database.get_collection(name, write_concern=concern)


class MongodbWriter(MongodbDatabase):
    """A MongoDB database that may be written, because a grant for exactly this one says so.

    range_rows, range_bytes: the most that one transaction should hold. The server ends one that is open for more than
    60 seconds (transactionLifetimeLimitSeconds), and keeps all of it in its cache until it ends
    (https://www.mongodb.com/docs/manual/core/transactions-production-consideration/). fenced: collection and condition
    that find a document as long as this process may write; None: it may.
    """

    range_rows = 20_000
    range_bytes = 16_000_000

    def __init__(self, url: str, display: str, grant: Grant) -> None:
        super().__init__(url, display)
        if grant.target != self.identity:
            self.close()
            raise Aborted(
                "GRANT_FOR_ANOTHER_TARGET",
                f"The approval is for another database than {display}.",
                "Point the request at the database that was approved, or plan and approve again.",
            )
        self.grant = grant
        self.fenced: tuple[str, dict[str, Any]] | None = None

    @cached_property
    def transactional(self) -> bool:
        """Whether the server has transactions: replica sets and sharded clusters do, a standalone server doesn't."""
        with self._connected() as database:
            hello = database.client.admin.command("hello")
            return "setName" in hello or hello.get("msg") == ROUTER

    @contextmanager
    def begin(self, durable: bool = False) -> Iterator[Transaction]:
        """A transaction that a majority holds once it is committed; without one each write is held by a majority.

        durable makes no difference: what a majority holds survives the loss of any minority. CONNECTION_LOST with
        commit_unknown in its data where the answer to the commit was lost.
        """
        with self._connected() as database:
            if not self.transactional:
                yield Transaction(database, None, replaces=True)
                return
            with database.client.start_session() as session, self.start(session):
                yield Transaction(database, session)

    @staticmethod
    def start(session: ClientSession) -> AbstractContextManager[Any]:
        """Begin the transaction of a session, which reads one moment and is held by a majority once committed."""
        return session.start_transaction(ReadConcern("snapshot"), MAJORITY)

    @contextmanager
    def transaction(self) -> Iterator[ClientSession]:
        """The session of a transaction, on a server that has them."""
        with self._connected() as database, database.client.start_session() as session, self.start(session):
            yield session

    def run(self, transaction: Transaction, sql: str) -> None:
        """Run a statement of conversion/documents/commands.py beside the transaction; twice is the same as once.

        Most commands that make or change collections can't be part of a transaction.
        """
        self.run_command(sql)

    def run_command(self, text: str) -> None:
        """Run a statement of conversion/documents/commands.py: one command as Extended JSON.

        NOT_A_COMMAND for anything that doesn't make, change or drop collections and indexes; OBJECT_DIFFERS where a
        collection of that name is there already, made otherwise.
        """
        command = parsed(text)
        with self._connected() as database:
            run_again(database, command)

    def collection(self, name: str) -> Any:
        """A collection, for what transaction() is to hold; errors come translated from there."""
        with self._connected() as database:
            return database[name]

    def insert(
        self, collection: str, documents: Iterable[Mapping[str, Any]], session: ClientSession | None = None
    ) -> Loaded:
        """Insert documents, byte for byte as bson_exact.encode() writes them; _id is theirs, or the server's."""
        raws = (encode(found if ID in found else {ID: ObjectId(), **found}) for found in documents)
        with self._connected() as database:
            return load_raw(Transaction(database, session), collection, raws)

    def load(
        self, transaction: Transaction, table: str, columns: Sequence[str], blocks: Iterable[Sequence[bytes]]
    ) -> Loaded:
        """Insert lists of BSON documents, each with its _id, into a collection; columns mean nothing here.

        Without a transaction documents that are there already, of an attempt that was broken off, are replaced.
        """
        return load_raw(transaction, table, (raw for block in blocks for raw in block))


def load_raw(into: Transaction, name: str, documents: Iterable[bytes], unchecked: bool = False) -> Loaded:
    """Insert BSON documents in batches of at most 1,000 and 8 MB; DOCUMENT_REFUSED for one that is too large.

    unchecked: the collection's validator is not asked, which needs the right bypassDocumentValidation (dbAdmin).
    """
    loaded = size = 0
    for batch in _batches(documents):
        _insert(into, name, batch, unchecked or None)
        loaded += len(batch)
        size += sum(map(len, batch))
    return Loaded(loaded, size)


def _batches(documents: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for raw in documents:
        if batch and (len(batch) == BATCH or size + len(raw) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(raw)
        size += len(raw)
    if batch:
        yield batch


def _insert(into: Transaction, name: str, batch: list[bytes], unchecked: bool | None) -> None:
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

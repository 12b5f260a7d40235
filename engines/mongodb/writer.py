"""Writing to MongoDB: commands one by one, documents in transactions where the server has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from typing import Any

from bson.objectid import ObjectId
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import ConnectionFailure, OperationFailure
from pymongo.read_concern import ReadConcern

from engines.grant import Grant, passed
from engines.mongodb.batches import ID, MAJORITY, Transaction, load_raw
from engines.mongodb.bson_exact import encode
from engines.mongodb.commands import parsed, run_again
from engines.mongodb.database import MongodbDatabase
from engines.mongodb.introspect.server import ROUTER
from engines.protocols import Loaded


class MongodbWriter(MongodbDatabase):
    """A MongoDB database that may be written, because a grant for exactly this one says so.

    range_rows, range_bytes: the most that one transaction should hold. The server ends one that is open for more than
    60 seconds (transactionLifetimeLimitSeconds), which a copy under a low ceiling soon is, and keeps all of it in its
    cache until it ends, of 256 MB on the smallest; its manual advises a thousand documents
    (https://www.mongodb.com/docs/manual/core/transactions-production-consideration/). fenced: collection and condition
    that find a document as long as this process may write; None: it may. noting: called with the id of each session
    that transactions are to be in.
    """

    range_rows = 5_000
    range_bytes = 4_000_000

    def __init__(self, url: str, display: str, grant: Grant) -> None:
        super().__init__(url, display)
        try:
            grant.check(self.identity, display)
        except BaseException:
            self.close()
            raise
        self.grant = grant
        self.fenced: tuple[str, dict[str, Any]] | None = None
        self.noting: Callable[[Any], None] | None = None
        self.noted: set[bytes] = set()
        self._left: list[Any] = []  # sessions that the driver gave up with their connections; something may be open

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
                yield self.beside(database, replaces=True)
                return
            left = list(self._left)
            self.end_sessions(left)
            self._left = [one for one in self._left if one not in left]
            with database.client.start_session() as session:
                self._note(session)
                try:
                    with self.start(session):
                        yield Transaction(database, session)
                except ConnectionFailure:
                    self._left.append(session.session_id["id"])
                    raise

    def beside(self, database: Database[Any], replaces: bool = False) -> Transaction:
        """Writes that no transaction holds: each batch asks first whether a newer run has taken over.

        What was asked and is on its way just then still arrives: at most 1,000 documents or 8 MB.
        """
        return Transaction(database, None, replaces, self.check_fence)

    def check_fence(self, session: ClientSession | None = None) -> None:
        """EPOCH_PASSED when a newer run of the migration has taken over."""
        if self.fenced is None:
            return
        name, condition = self.fenced
        with self._connected() as database:
            found = database[name].find_one(condition, {ID: 1}, session=session)
        if found is None:
            raise passed()

    def _note(self, session: ClientSession) -> None:
        """Tell a session's id before its first transaction: what is open in it outlives this process."""
        found = session.session_id["id"]
        if self.noting is not None and bytes(found) not in self.noted:
            self.noting(found)
            self.noted.add(bytes(found))

    def end_sessions(self, identifiers: Sequence[Any]) -> None:
        """Abort what is open in sessions, of other processes too; the sessions themselves may go on.

        A user may do so to sessions of his own (https://www.mongodb.com/docs/manual/reference/command/killSessions/);
        endSessions would let their transactions be. A server that doesn't know or permit it (Atlas M0 and Flex) ends
        an open transaction itself, after 60 seconds (transactionLifetimeLimitSeconds).
        """
        if not identifiers:  # an empty list means all sessions of the user
            return
        with self._connected() as database:
            try:
                database.client.admin.command("killSessions", [{"id": one} for one in identifiers])
            except OperationFailure:  # no right, no such command
                return

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

"""Writing to MongoDB: commands one by one, documents in transactions where the server has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bson import json_util
from bson.objectid import ObjectId
from bson.raw_bson import RawBSONDocument
from pymongo import WriteConcern
from pymongo.client_session import ClientSession
from pymongo.errors import DocumentTooLarge
from pymongo.read_concern import ReadConcern

from engines.errors import Aborted, EngineError, UsageError
from engines.grant import Grant
from engines.mongodb.bson_exact import encode
from engines.mongodb.database import MongodbDatabase
from engines.protocols import Loaded

BATCH = 1_000
# what conversion/documents/commands.py writes, and what takes it back
COMMANDS = frozenset({"create", "createIndexes", "collMod", "drop", "dropIndexes"})


class MongodbWriter(MongodbDatabase):
    """A MongoDB database that may be written, because a grant for exactly this one says so."""

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

    def run_command(self, text: str) -> None:
        """Run a statement of conversion/documents/commands.py: one command as Extended JSON.

        NOT_A_COMMAND for anything that doesn't make, change or drop collections and indexes.
        """
        try:
            command = json_util.loads(text)
        except ValueError:
            command = None
        name = next(iter(command), "") if isinstance(command, dict) else ""
        if name not in COMMANDS:
            raise UsageError(
                "NOT_A_COMMAND",
                f"The statement {name or text[:40]!r} makes no collection or index.",
                f"Write one of {', '.join(sorted(COMMANDS))} as JSON.",
            )
        with self._connected() as database:
            database.command(command)

    @contextmanager
    def transaction(self) -> Iterator[ClientSession]:
        """A session with a transaction that a majority holds when it commits; replica sets and clusters have them."""
        with (
            self._connected() as database,
            database.client.start_session() as session,
            session.start_transaction(ReadConcern("snapshot"), WriteConcern("majority")),
        ):
            yield session

    def collection(self, name: str) -> Any:
        """A collection, for what transaction() is to hold; errors come translated from there."""
        with self._connected() as database:
            return database[name]

    def insert(
        self, collection: str, documents: Iterable[Mapping[str, Any]], session: ClientSession | None = None
    ) -> Loaded:
        """Insert documents, byte for byte as bson_exact.encode() writes them; _id is theirs, or the server's."""
        loaded = size = 0
        with self._connected() as database:
            batch: list[RawBSONDocument] = []
            for document in documents:
                raw = encode(document if "_id" in document else {"_id": ObjectId(), **document})
                size += len(raw)
                batch.append(RawBSONDocument(raw))
                if len(batch) == BATCH:
                    loaded += _insert(database[collection], batch, session)
                    batch = []
            if batch:
                loaded += _insert(database[collection], batch, session)
        return Loaded(loaded, size)


def _insert(collection: Any, batch: list[RawBSONDocument], session: ClientSession | None) -> int:
    try:
        collection.insert_many(batch, ordered=True, session=session)
    except DocumentTooLarge as error:
        raise EngineError(
            "DOCUMENT_REFUSED",
            f"A document of {collection.name} is larger than the server takes (16 MB).",
            "Ask for `reference` in overrides.relations where its arrays come from.",
        ) from error
    return len(batch)

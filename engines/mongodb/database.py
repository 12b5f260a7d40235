"""An open MongoDB database: its collections, what was seen in their documents, and the documents themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import PyMongoError

from engines.catalog import Catalog, Table
from engines.errors import EngineError, UsageError
from engines.mongodb.bson_exact import OPTIONS, split
from engines.mongodb.errors import translate_error
from engines.mongodb.identity import cluster_of
from engines.mongodb.introspect import read_catalog
from engines.mongodb.sessions import session_at, snapshot_session
from engines.profile import TableProfile
from engines.protocols import QueryMeasure
from engines.scanning import Told, silent

__all__ = ["MongodbDatabase", "translate_error"]

OLDEST = (4, 4)  # hidden indexes and unions in views; older ones are past their end of life
CONNECT_MS = 10_000
WAITS = ("serverSelectionTimeoutMS", "connectTimeoutMS")
BATCH = 1_000
SAMPLE = 10_000


class MongodbDatabase:
    """A MongoDB database for reading, connected when it is first asked for something.

    url: a connection string with its secrets resolved, with the name of the database in its path; display: the same
    as people may see it. sample: how many documents of a larger collection the catalog looks at; None: all. Errors
    come as children of DbmoError (`translate_error`). What takes SQL or tables is refused with NOT_RELATIONAL.
    """

    engine = "mongodb"

    def __init__(self, url: str, display: str, sample: int | None = SAMPLE) -> None:
        self.url = url
        self.display = display
        self.sample = sample
        self.name = self._database_name()
        self._client: MongoClient[Any] | None = None
        self._catalog: Catalog | None = None
        self._version: str | None = None
        self._cancelled = False

    @property
    def version(self) -> str:
        """The server's version as it calls itself, such as 8.0.4."""
        if self._version is None:
            with self._connected() as database:
                self._version = str(database.client.server_info()["version"])
        return self._version

    @property
    def identity(self) -> str:
        """`mongodb:`, the identifier of the replica set or cluster (without the right to see it: its name and hosts,
        or the server's address) and the database."""
        with self._connected() as database:
            return f"mongodb:{cluster_of(database)}:{self.name}"

    def catalog(self) -> Catalog:
        """Everything the database contains; cached until refresh()."""
        if self._catalog is None:
            with self._connected() as database:
                self._catalog = read_catalog(database, self.version, self.sample, partial(self._read, database))
        return self._catalog

    def refresh(self) -> None:
        """Forget the cached catalog."""
        self._catalog = None

    def count(self, table: Table) -> int:
        """Exact number of documents in the collection of the table's name."""
        return self.count_documents(table.name)

    def count_documents(self, collection: str) -> int:
        """Exact number of documents of a collection."""
        with self._connected() as database:
            return int(database[collection].count_documents({}))

    def read_documents(
        self,
        collection: str,
        condition: Mapping[str, Any] | None = None,
        batch: int = BATCH,
        session: ClientSession | None = None,
        ordered: bool = True,
    ) -> Iterator[bytes]:
        """The documents of a collection as BSON bytes, in the order of _id; bson_exact.decode() makes values of them.

        condition: a filter, such as a range of _id; batch: documents per round trip; session: of snapshot(), so that
        several collections are read as of one moment; ordered: False takes the server's own order, which is faster,
        and the only one that a view or time series gives without sorting.
        """
        with self._connected() as database:
            found = database[collection].find_raw_batches(
                condition or {}, batch_size=batch, session=session, sort=[("_id", 1)] if ordered else None
            )
            yield from self._documents(found)

    def count_at(self, collection: str, session: ClientSession | None) -> int:
        """Exact number of documents of a collection at the moment of a session."""
        with self._connected() as database:
            return int(database[collection].count_documents({}, session=session))

    def session(self, join: str | None = None) -> tuple[ClientSession | None, str]:
        """A session of one moment, and that moment's name; None where the server has no such sessions.

        Then the second says so, with the time of this call. join: the text of a moment that another session has. The
        caller ends the session.
        """
        with self._connected() as database:
            if join is not None:
                return session_at(database, join), f"snapshot {join}"
            return snapshot_session(database)

    @contextmanager
    def snapshot(self) -> Iterator[ClientSession]:
        """A session whose reads all see one moment; a replica set or sharded cluster of version 5 or newer has it."""
        with self._connected() as database, database.client.start_session(snapshot=True) as session:
            yield session

    def profile(self, table: Table, told: Told = silent) -> TableProfile:
        """NOT_RELATIONAL: what was seen in documents stands in the catalog's collections."""
        self._refuse("a profile of a table")

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """NOT_RELATIONAL."""
        self._refuse("SQL")

    def measure(self, sql: str) -> QueryMeasure:
        """NOT_RELATIONAL."""
        self._refuse("SQL")

    def run_workload(self, sql: str, limit: int) -> tuple[list[str], list[tuple[Any, ...]]]:
        """NOT_RELATIONAL."""
        self._refuse("SQL")

    def cancel(self) -> None:
        """End the reading that runs now at its next batch, from another thread."""
        self._cancelled = True

    def privileges_missing(self) -> list[str]:
        """What the user may not read: the unread parts of the catalog that are refused, one phrase each."""
        return [f"read {item.part}" for item in self.catalog().unread if "lacks the right" in item.reason]

    def close(self) -> None:
        """Close the connections; the next call opens others."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _refuse(self, what: str) -> NoReturn:
        raise UsageError(
            "NOT_RELATIONAL",
            f"{self.display} holds documents: there is no {what}.",
            "Use its collections; queries are to be written as aggregation pipelines.",
        )

    def _read(self, database: Database[Any], collection: str, sample: int | None) -> Iterator[bytes]:
        """Documents for the inference: a random sample of that size, or all in their natural order."""
        if sample is None:
            return self._documents(database[collection].find_raw_batches({}, batch_size=BATCH))
        stages = [{"$sample": {"size": sample}}]
        return self._documents(database[collection].aggregate_raw_batches(stages, allowDiskUse=True, batchSize=BATCH))

    def _documents(self, batches: Iterator[bytes]) -> Iterator[bytes]:
        self._cancelled = False
        for batch in batches:
            self.stop_if_cancelled()
            yield from split(batch)

    def stop_if_cancelled(self) -> None:
        """CANCELLED, once, where cancel() was called since."""
        if self._cancelled:
            self._cancelled = False
            raise EngineError(
                "CANCELLED", f"The reading of {self.display} was cancelled.", "Run the same command again."
            )

    def _database_name(self) -> str:
        try:
            name = unquote(urlsplit(self.url).path.lstrip("/"))
        except ValueError as error:
            raise self._invalid() from error
        if not name:
            raise UsageError(
                "DATABASE_MISSING", f"{self.display} names no database.", "Write its name behind the host: /name."
            )
        return name

    def _invalid(self) -> UsageError:
        return UsageError(
            "URL_INVALID",
            f"The reference {self.display} can't be read.",
            "Write it as mongodb://user@host:port/database.",
        )

    @contextmanager
    def connected(self) -> Iterator[Database[Any]]:
        """The driver's database, connected if need be; what it raises comes translated."""
        with self._connected() as database:
            yield database

    @contextmanager
    def _connected(self) -> Iterator[Database[Any]]:
        try:
            if self._client is None:
                self._client = self._connect()
            yield self._client.get_database(self.name, codec_options=OPTIONS)
        except PyMongoError as error:
            raise translate_error(error, self.display) from error

    def _connect(self) -> MongoClient[Any]:
        waits: dict[str, Any] = {name: CONNECT_MS for name in WAITS if name.lower() not in self.url.lower()}
        try:
            client: MongoClient[Any] = MongoClient(self.url, appname="dbmo", **waits)
        except ValueError as error:
            raise self._invalid() from error
        try:
            version = client.server_info()["versionArray"][:2]
            if tuple(version) < OLDEST:
                raise UsageError(
                    "UNSUPPORTED_VERSION",
                    f"{self.display} is MongoDB {'.'.join(map(str, version))}.",
                    "MongoDB 4.4 and newer are supported.",
                )
        except BaseException:
            client.close()
            raise
        return client

"""One moment of a MongoDB database, shared by every process that reads it, or honest words that there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import OperationFailure

from engines.mongodb.bson_exact import split
from engines.mongodb.database import MongodbDatabase
from engines.mongodb.introspect.collections import kind_of
from engines.mongodb.sessions import UNSHARED, WINDOW, cluster_time, moment_of, snapshot_session, text_of
from engines.mongodb.unchanged import unchanged_since
from engines.protocols import UNKNOWN

ID = "_id"
BY_ID = [(ID, 1)]
BLOCK_DOCUMENTS = 1_000  # the server ends a batch at 16 MB by itself
# Kinds that are read whole, in the server's own order: no index over _id finds their documents, or the order counts.
UNCUT = frozenset({"view", "timeseries", "capped"})
# https://www.mongodb.com/docs/manual/reference/read-concern-snapshot/: not on capped collections
WITHOUT_MOMENT = frozenset({"capped"})


class MongodbSnapshot:
    """A session whose reads all see one cluster time, on replica sets and clusters from version 5 on.

    url: with its secrets resolved; display: the same for people. join: the token of the process that took the moment.
    position: `cluster time T:I` (a change stream that starts at operation time T:I+1 gives what came later), or
    `unknown (why); changes from T:I` where the server has no such reads: each document is then read as it was at some
    time during the copy, once, because ranges of _id don't overlap and no _id ever changes; nothing proves afterwards
    that two of them were like that at the same time. shared: whether there is one moment. window: seconds that the
    server keeps it, None where that is not told; later readings end with SNAPSHOT_TOO_OLD.
    """

    engine = "mongodb"

    def __init__(self, url: str, display: str, join: str | None = None) -> None:
        self.display = display
        self._opened = MongodbDatabase(url, display)
        self._session: ClientSession | None = None
        self._kinds: dict[str, str] | None = None
        self._counted: dict[str, Mapping[str, Any]] = {}
        try:
            self._begin(join)
        except BaseException:
            self.close()
            raise

    def _begin(self, join: str | None) -> None:
        if join is not None and join != UNSHARED:
            self._session, _ = self._opened.session(join)
            self.position = f"cluster time {join}"
        elif join == UNSHARED:
            self.position = f"{UNKNOWN} (the moment of another process can't be shared on this server)"
        else:
            self._take()
        self.shared = self._session is not None
        self.token = self.position.removeprefix("cluster time ") if self.shared else UNSHARED

    def _take(self) -> None:
        with self._opened.connected() as database:
            before = cluster_time(database)
            self._session, words = snapshot_session(database)
            found = moment_of(self._session)
        if found is not None:
            self.position = f"cluster time {text_of(found)}"
            return
        self._end_session()
        resume = f"; changes from {text_of(before)}" if before is not None else ""
        self.position = f"{UNKNOWN} ({words}){resume}"

    @property
    def window(self) -> int | None:
        """Seconds that the server keeps a moment (300 unless set); None where it doesn't tell or has none."""
        if not self.shared:
            return None
        try:
            with self._opened.connected() as database:
                found = database.client.admin.command({"getParameter": 1, WINDOW: 1})
        except Exception as error:
            if isinstance(error.__cause__, OperationFailure):
                return None
            raise
        return int(found[WINDOW]) if WINDOW in found else None

    def refresh(self) -> None:
        """Read at a new moment, which position and token then name."""
        self._end_session()
        self._kinds = None
        self._begin(None)

    def recover(self) -> None:
        """Nothing: a reading that failed leaves the session at its moment."""

    def alive(self) -> bool:
        """Whether the moment can still be read; asks the server, raises what it answers."""
        with self._opened.connected() as database:
            database.command("find", "_dbmo.moment", limit=1, session=self._session)
        return True

    def cancel(self) -> None:
        """End the reading that runs now at its next batch, from another thread."""
        self._opened.cancel()

    @contextmanager
    def hold(self) -> Iterator[bool]:
        """False: there is no need to keep others from writing, every process can join the moment or none can."""
        yield False

    def unchanged_since(self, position: str) -> bool:
        """Whether the server's own log proves that nothing was written between an earlier position and this one."""
        with self._opened.connected() as database:
            return unchanged_since(database, position, self.position)

    def kind(self, collection: str) -> str:
        """collection, capped, view, timeseries; the empty text for one that isn't there."""
        if self._kinds is None:
            with self._opened.connected() as database:
                self._kinds = {entry["name"]: kind_of(entry) for entry in database.list_collections()}
        return self._kinds.get(collection, "")

    def is_cut(self, collection: str) -> bool:
        """Whether ranges of _id find its documents."""
        return self.kind(collection) not in UNCUT

    def blocks(self, collection: str, lower: Any = None, upper: Any = None) -> Iterator[bytes]:
        """Batches of documents with lower <= _id < upper in BSON's order over all types, as the server's bytes.

        Bounds: a document {_id: ...} or its bytes; None is open. At most 16 MB, or 1,000 documents, each.
        """
        with self._opened.connected() as database:
            found = self._collection(database, collection)
            session = self._session if self.kind(collection) not in WITHOUT_MOMENT else None
            if self.is_cut(collection):
                ends = {"min": lower, "max": upper}
                given: dict[str, Any] = {name: end for name, end in ends.items() if end is not None}
                cursor = found.find_raw_batches(
                    {}, batch_size=BLOCK_DOCUMENTS, session=session, sort=BY_ID, hint=BY_ID, **given
                )  # fmt: skip
            else:
                cursor = found.find_raw_batches({}, batch_size=BLOCK_DOCUMENTS, session=session)
            with cursor:
                for block in cursor:
                    self._opened.stop_if_cancelled()
                    yield block

    def documents(self, collection: str, lower: Any = None, upper: Any = None) -> Iterator[bytes]:
        """The same, document by document."""
        for block in self.blocks(collection, lower, upper):
            yield from split(block)

    def key_after(self, collection: str, lower: Any, skip: int) -> list[bytes]:
        """The document {_id} that comes so many keys after a bound, read from the index alone; empty at the end."""
        with self._opened.connected() as database:
            given = {"min": lower} if lower is not None else {}
            cursor = self._collection(database, collection).find_raw_batches(
                {}, {ID: 1}, sort=BY_ID, hint=BY_ID, skip=skip, limit=1, session=self._session, **given
            )
            return [raw for block in cursor for raw in split(block)]

    def average_bytes(self, collection: str) -> int:
        """Bytes of an average document, by the server's statistics when they were first asked for; 0 if it has none."""
        return int(self._statistics(collection).get("avgObjSize") or 0)

    def rows(self, collection: str) -> int:
        """About how many documents there are, by the same statistics."""
        return int(self._statistics(collection).get("count") or 0)

    def _statistics(self, collection: str) -> Mapping[str, Any]:
        if self.kind(collection) not in ("collection", "capped"):
            return {}
        if collection not in self._counted:
            with self._opened.connected() as database:
                self._counted[collection] = database.command("collStats", collection)
        return self._counted[collection]

    def close(self) -> None:
        """End the session and the connections."""
        self._end_session()
        self._opened.close()

    def _end_session(self) -> None:
        if self._session is not None:
            self._session.end_session()
            self._session = None

    @staticmethod
    def _collection(database: Database[Any], name: str) -> Collection[Any]:
        return database[name]

"""Puts documents of a MongoDB database right, in one transaction that the server refuses where others wrote as well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from bson.raw_bson import RawBSONDocument
from pymongo.client_session import ClientSession
from pymongo.errors import OperationFailure

from engines.catalog import Catalog
from engines.connection import parse, secret
from engines.errors import Aborted
from engines.grant import Grant
from engines.mongodb.writer import MongodbWriter
from transfer.repair.carrying import Carried
from transfer.repair.prepared import Prepared
from transfer.repair.rows import Row
from transfer.repair.steps import Values
from transfer.sides.open import open_side
from transfer.sides.side import Side

LOT = 500
NOT_A_MEMBER = 20  # IllegalOperation: "Transaction numbers are only allowed on a replica set member or mongos"


def open_rewriter(url: str, grant: Grant, catalog: Catalog) -> MongodbRewriter:
    """A rewriter with its own client."""
    reference = parse(url)
    return MongodbRewriter(MongodbWriter(secret(reference), reference.display, grant), url)


class MongodbRewriter:
    """See transfer/repair/rewriter.py; a document that others change between side() and the commit ends all of it."""

    def __init__(self, writer: MongodbWriter, url: str) -> None:
        self._writer = writer
        self._url = url
        self._session: ClientSession | None = None
        self._side: Side | None = None

    @contextmanager
    def transaction(self, tables: Sequence[Prepared]) -> Iterator[None]:
        """A transaction whose moment is before that of side()."""
        with self._writer.transaction() as session:
            self._session = session
            try:
                for made in tables:
                    self._begin(made, session)
                yield
            finally:
                if self._side is not None:
                    self._side.close()
                self._side = self._session = None

    def _begin(self, made: Prepared, session: ClientSession) -> None:
        """The first reading sets the transaction's moment."""
        try:
            self._collection(made).find_one({}, {"_id": 1}, session=session)
        except OperationFailure as error:
            if error.code != NOT_A_MEMBER:
                raise
            raise Aborted(
                "NO_TRANSACTIONS",
                f"{self._writer.display} has no transactions: a repair could end half done.",
                "Make the server a replica set (of one member, too), or move the documents again.",
            ) from error

    def side(self) -> Side:
        """A moment after the transaction's; what it writes is not in it."""
        self._side = self._side or open_side(self._url, "target")
        return self._side

    def hold(self, made: Prepared, rows: Iterable[Row]) -> None:
        """The server finds out at the commit."""

    def delete(self, made: Prepared, rows: Iterable[Row]) -> int:
        """One by one, by _id."""
        collection = self._collection(made)
        return sum(
            self._one(made, collection.delete_one(_id(row), session=self._session).deleted_count) for row in rows
        )

    def update(self, made: Prepared, columns: Sequence[Carried], rows: Iterable[tuple[Row, Values]]) -> int:
        """Documents are replaced whole, byte by byte."""
        collection = self._collection(made)
        return sum(
            self._one(made, collection.replace_one(_id(row), _document(value), session=self._session).matched_count)
            for row, (value,) in rows
        )

    def insert(self, made: Prepared, rows: Iterable[Values]) -> int:
        """In lots."""
        waiting = iter(rows)
        done = 0
        while lot := [_document(value) for (value,) in islice(waiting, LOT)]:
            self._collection(made).insert_many(lot, session=self._session)
            done += len(lot)
        return done

    def close(self) -> None:
        """Close the client."""
        self._writer.close()

    def _collection(self, made: Prepared) -> Any:
        return self._writer.collection(made.table.place("target")[1])

    def _one(self, made: Prepared, count: int) -> int:
        if count != 1:
            raise Aborted(
                "REPAIR_MISSED",
                f"{made.table.target}: a document was not found again as it was read; nothing was kept.",
                "Compare again, then repair.",
            )
        return count


def _document(value: object) -> RawBSONDocument:
    assert isinstance(value, bytes)
    return RawBSONDocument(value)


def _id(row: Row) -> dict[str, Any]:
    return {"_id": _document(row.beyond[0])["_id"]}

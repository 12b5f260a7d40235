"""A MongoDB database as a side of a comparison: documents are read, rendered and hashed here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from pymongo.client_session import ClientSession

from engines.connection import Reference, secret
from engines.errors import DbmoError, EngineError
from engines.mongodb.bson_exact import decode
from engines.mongodb.database import MongodbDatabase
from engines.mongodb.sessions import UNSHARED
from engines.mongodb.values import bson_type
from transfer.canonical.columns import ComparedTable, Role
from transfer.canonical.encoding import Hashing, Texts
from transfer.canonical.rendered import Rendered
from transfer.sides.documents import Reader, reader_for
from transfer.sides.local import BATCH_BYTES, BATCH_ROWS, Batch, Rows, hashed
from transfer.sides.mapped_documents import ShreddedReader, by_ids
from transfer.sides.reading import ReadingSide
from transfer.sides.side import Span

SNAPSHOT_TOO_OLD = 239  # src/mongo/base/error_codes.yml


def open_side(reference: Reference, role: Role, join: str | None = None) -> MongodbSide:
    """The database in a snapshot session where the server has them; `position` says where it hasn't.

    join: the token of a MongodbSnapshot, at whose moment the side reads, as long as it is not refreshed.
    """
    return MongodbSide(MongodbDatabase(secret(reference), reference.display), role, join)


class MongodbSide(ReadingSide):
    """A MongoDB database; without snapshots, what is written meanwhile may be seen or not."""

    engine = "mongodb"

    def __init__(self, database: MongodbDatabase, role: Role, join: str | None = None) -> None:
        self.database = database
        self._join = join
        self.role = role
        self.display = database.display
        self._session: ClientSession | None = None
        try:
            self.refresh()
        except BaseException:
            self.close()
            raise

    def count(self, table: ComparedTable) -> int:
        """By the server where every document is a row, else by reading."""
        reader = self._reader(table)
        if reader.single:
            return self.database.count_at(reader.collection, self._session)
        return sum(len(rows) for rows in self._watched(self._read(reader, {})))

    def bounds(self, table: ComparedTable, rows: int) -> list[int]:
        """None: documents are cut by their hash, because no index gives their rows in ranges."""
        return []

    def read(self, table: ComparedTable, span: Span) -> Iterator[Rows]:
        """All rows of the collection; those of a range are chosen here."""
        reader = self._reader(table)
        for rows in self._read(reader, {}):
            yield rows if not span.ranged else _within(table, span, rows, reader.columns(rows))

    def rendering(self, table: ComparedTable) -> Callable[[Rows], list[Rendered]]:
        """Each column by its form."""
        return self._reader(table).columns

    def by_key(self, table: ComparedTable, keys: Collection[bytes]) -> Iterator[Rows] | None:
        """By _id, where the key says it."""
        reader = self._reader(table)
        conditions = reader.condition(keys)
        if conditions is None:
            return None
        return self._by_key(table, reader, conditions, set(keys))

    def _by_key(
        self, table: ComparedTable, reader: Reader, conditions: Iterator[Mapping[str, Any]], left: set[bytes]
    ) -> Iterator[Rows]:
        """Look-ups by _id, then one reading of all for keys that may be spelled otherwise."""
        found: set[bytes] = set()
        for condition in conditions:
            for rows in self._read(reader, condition):
                found.update(Batch(reader.columns(rows), len(rows)).keys(table))
                yield rows
        left -= found
        if left and not reader.exact:
            for rows in self._read(reader, {}):
                names = Batch(reader.columns(rows), len(rows)).keys(table)
                yield [row for row, name in zip(rows, names, strict=True) if name in left]

    def originals(
        self,
        table: ComparedTable,
        columns: Sequence[str],
        keys: Collection[bytes],
        hashing: Hashing | None = None,
    ) -> Iterator[tuple[bytes, dict[str, tuple[str, object]]]]:
        """BSON type and Python value of top-level fields, `missing` and None where there is none."""
        reader = self._reader(table)
        wanted = set(keys)
        conditions = (reader.condition(wanted) if table.key else None) or iter([{}])
        for condition in conditions:
            for raw in self._documents(reader.collection, condition):
                rows = list(reader.rows(raw))
                batch = Batch(reader.columns(rows), len(rows)) if rows else Batch([], 0)
                names = batch.keys(table) if table.key else hashed(batch.encoded(), hashing or Hashing.new())
                chosen = [name for name in names if name in wanted]
                if chosen:
                    fields = decode(raw)
                    for name in chosen:
                        yield name, {one: _original(fields, one) for one in columns}

    def left_out(self, table: ComparedTable) -> int:
        """Rows of the table in documents that the migration withheld and that are still what they were."""
        reader = self._reader(table)
        if not isinstance(reader, ShreddedReader):
            return 0
        found = self._documents(reader.collection, by_ids(table.withheld.values()))
        return sum(reader.left_out(raw) for raw in found if reader.set_aside(raw))

    def documents(self, table: ComparedTable, keys: Collection[bytes]) -> Iterator[tuple[bytes, Texts, bytes]]:
        """Encoded key, texts and bytes of documents by their _id, of a collection beside a collection."""
        reader = self._reader(table)
        for condition in reader.condition(keys) or iter([{}]):
            for raw in self._documents(reader.collection, condition):
                batch = Batch(reader.columns(list(reader.rows(raw))), 1)
                (key,) = batch.keys(table)
                if key in keys:
                    yield key, [column.texts[0] for column in batch.columns], raw

    def refresh(self) -> None:
        """A new session; where there are none, only a new position."""
        self._end()
        join, self._join = self._join, None
        self._session, self.position = self.database.session(join if join != UNSHARED else None)

    def cancel(self) -> None:
        """End the reading that runs now."""
        super().cancel()
        self.database.cancel()

    def close(self) -> None:
        """End the session and the connections."""
        self._end()
        self.database.close()

    def _end(self) -> None:
        if self._session is not None:
            self._session.end_session()
            self._session = None

    def _reader(self, table: ComparedTable) -> Reader:
        return reader_for(table, self.role, self.display)

    def _read(self, reader: Reader, condition: Mapping[str, Any]) -> Iterator[Rows]:
        rows: Rows = []
        size = 0
        for raw in self._documents(reader.collection, condition):
            rows += reader.rows(raw)
            size += len(raw)
            if len(rows) >= BATCH_ROWS or size >= BATCH_BYTES:
                yield rows
                rows, size = [], 0
        if rows:
            yield rows

    def _documents(self, collection: str, condition: Mapping[str, Any]) -> Iterator[bytes]:
        try:
            yield from self.database.read_documents(collection, condition, session=self._session, ordered=False)
        except DbmoError as error:
            if error.data.get("server_code") == SNAPSHOT_TOO_OLD:
                raise EngineError(
                    "SNAPSHOT_TOO_OLD",
                    f"{self.display} no longer keeps the moment that the comparison reads.",
                    "Raise minSnapshotHistoryWindowInSeconds on the server for as long as the comparison takes.",
                ) from error
            raise


def _within(table: ComparedTable, span: Span, rows: Rows, columns: list[Rendered]) -> Rows:
    """The rows whose range column lies in the span; NULL and what is no integer belong to the first."""
    place = [column.name for column in table.columns].index(table.range_column or "")
    return [row for row, text in zip(rows, columns[place].texts, strict=True) if _inside(text, span)]


def _inside(text: bytes | None, span: Span) -> bool:
    if text is None or not text.lstrip(b"-").isdigit():
        return span.lower is None
    return (span.lower is None or int(text) > span.lower) and (span.upper is None or int(text) <= span.upper)


def _original(fields: Mapping[str, Any], name: str) -> tuple[str, object]:
    return (bson_type(fields[name]), fields[name]) if name in fields else ("missing", None)

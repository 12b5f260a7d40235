"""Documents of MongoDB as rows of several tables, by the mapping of the conversion: PostgreSQL, MySQL, SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conversion.documents.shred import KEY_FIELD, Rows, Shredder
from engines.errors import EngineError
from engines.families import family
from engines.full_names import parts
from engines.mongodb.bson_exact import decode, split
from engines.mongodb.snapshot import MongodbSnapshot
from transfer.chunks import Chunk
from transfer.cutting.mongodb import condition
from transfer.moveplan import MovePlan
from transfer.routes.documents_apart import DocumentsApart
from transfer.routes.documents_aside import Withheld, widest_row
from transfer.routes.postgresql_halves import APART
from transfer.routes.route import Copied, Pace
from transfer.routes.table_buffers import TableBuffers, loads_of
from transfer.units import CollectionUnit

RANGE = "dbmo_range"  # the savepoint before a range that may have to be copied again
RENDERED_EVERY = 512 << 10  # bytes of documents whose rows are held as Python values


class DocumentsToRelations:
    """A range of a collection; rows counts those of all its tables."""

    def __init__(self, plan: MovePlan, unit: CollectionUnit, snapshot: MongodbSnapshot, writer: Any) -> None:
        assert unit.mapping is not None
        self.plan, self.unit, self.snapshot, self.writer = plan, unit, snapshot, writer
        self.source = parts(unit.name)[1]
        self.shredder = Shredder(unit.mapping)
        self.tables = {found.table: tuple(columns) for found, columns in self.shredder.plan.columns()}
        self.widest = widest_row(writer)
        self.unsure = family(writer.engine) == "postgresql" and writer.encoding != "UTF8"
        self.load = loads_of(writer, unit.mapping, self.tables, alone=plan.parallel <= 1)

    def copy(self, chunk: Chunk, into: Any, pace: Pace) -> Copied:
        """See Route. Memory: a batch of the server (16 MB at most), one document, and 8 MB of rows.

        A range of which the encoding of a PostgreSQL target refuses a text is copied again, in halves of its documents.
        """
        if not self.unsure:
            return self._copy(chunk, into, pace)
        self.writer.run(into, f"SAVEPOINT {RANGE}")
        try:
            return self._copy(chunk, into, pace)
        except APART:
            self.writer.run(into, f"ROLLBACK TO {RANGE}")
        return self._copy_apart(chunk, into, pace)

    def _copy_apart(self, chunk: Chunk, into: Any, pace: Pace) -> Copied:
        withheld = Withheld(self.unit.name, self.plan.policy())

        def buffers() -> TableBuffers:
            return TableBuffers(self.load, self.tables, pace, into)

        apart = DocumentsApart(self.writer, buffers, self.shredder, into)
        for batch in self._batches(chunk):
            found = [(raw, fields) for raw in split(batch) if (fields := self._fields(raw, withheld)) is not None]
            apart.load(found, withheld)
        return Copied(apart.rows, apart.bytes, withheld.found)

    def _batches(self, chunk: Chunk) -> Iterator[bytes]:
        ends = condition(self.unit.key, chunk)
        return self.snapshot.blocks(self.source, ends.get("min"), ends.get("max"))

    def _copy(self, chunk: Chunk, into: Any, pace: Pace) -> Copied:
        buffers = TableBuffers(self.load, self.tables, pace, into)
        withheld = Withheld(self.unit.name, self.plan.policy())
        self.shredder.full = buffers.take
        rows: Rows = {name: [] for name in self.shredder.tables}
        size = 0
        for batch in self._batches(chunk):
            for raw in split(batch):
                fields = self._fields(raw, withheld)
                if fields is not None:
                    self.shredder.add(fields, rows)
                size += len(raw)
                if size >= RENDERED_EVERY:
                    buffers.take(rows)
                    size = 0
        buffers.take(rows)
        buffers.send()
        return Copied(buffers.rows, buffers.bytes, withheld.found)

    def _fields(self, raw: bytes, withheld: Withheld) -> dict[str, Any] | None:
        """The document; None where it is set aside."""
        if self.widest is not None and len(raw) > self.widest // MOST_GROWTH:
            needed = self._needed(raw)
            if needed > self.widest:
                withheld.add("wide_row", raw, f"a row of it takes {needed:,} bytes, the server {self.widest:,}")
                return None
        try:
            fields = decode(raw)
        except EngineError as error:
            withheld.add("malformed", raw, error.what)
            return None
        if KEY_FIELD not in fields:
            withheld.add("malformed", raw, "it has no _id, so its rows would have no key")
            return None
        return fields

    def _needed(self, raw: bytes) -> int:
        """Bytes of the largest row that the document becomes, as a packet to the server."""
        try:
            found = Shredder(self.shredder.plan.mapping).rows(decode(raw))
        except EngineError:
            return 0
        values = (row.values() for rows in found.values() for row in rows)
        return max(sum(2 * len(v) if isinstance(v, str | bytes) else 32 for v in row) for row in values)


MOST_GROWTH = 16  # how many times its bytes a value may take as JSON text with escapes, in a packet


def open_route(plan: MovePlan, unit: CollectionUnit, snapshot: MongodbSnapshot, writer: Any) -> DocumentsToRelations:
    """The route of a collection that becomes tables."""
    return DocumentsToRelations(plan, unit, snapshot, writer)

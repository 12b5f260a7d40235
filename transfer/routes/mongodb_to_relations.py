"""Documents of MongoDB as rows of several tables, by the mapping of the conversion: PostgreSQL, MySQL, SQLite."""

from __future__ import annotations

from typing import Any

from conversion.documents.shred import KEY_FIELD, Rows, Shredder
from engines.errors import EngineError
from engines.full_names import parts
from engines.mongodb.bson_exact import decode, split
from engines.mongodb.snapshot import MongodbSnapshot
from transfer.chunks import Chunk
from transfer.cutting.mongodb import condition
from transfer.moveplan import MovePlan
from transfer.routes.documents_aside import Withheld, widest_row
from transfer.routes.route import Copied, Pace
from transfer.routes.table_buffers import TableBuffers, loads_of
from transfer.units import CollectionUnit

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
        self.load = loads_of(writer, unit.mapping, self.tables, alone=plan.parallel <= 1)

    def copy(self, chunk: Chunk, into: Any, pace: Pace) -> Copied:
        """See Route. Memory: a batch of the server (16 MB at most), one document, and 8 MB of rows."""
        buffers = TableBuffers(self.load, self.tables, pace, into)
        withheld = Withheld(self.unit.name, self.plan.policy())
        self.shredder.full = buffers.take
        rows: Rows = {name: [] for name in self.shredder.tables}
        ends, size = condition(self.unit.key, chunk), 0
        for batch in self.snapshot.blocks(self.source, ends.get("min"), ends.get("max")):
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

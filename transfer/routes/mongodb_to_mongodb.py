"""Documents relayed from MongoDB to MongoDB as the bytes they are."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

from conversion.mapping import Statement
from engines.full_names import parts
from engines.mongodb.batches import Transaction
from engines.mongodb.bson_exact import split
from engines.mongodb.snapshot import MongodbSnapshot
from engines.mongodb.writer import MongodbWriter
from transfer.chunks import Chunk
from transfer.cutting.mongodb import condition
from transfer.moveplan import MovePlan
from transfer.quarantined import Quarantined
from transfer.routes.documents_written import write
from transfer.routes.route import Copied, Pace
from transfer.units import CollectionUnit

# Kinds that no transaction may write to, and that documents can't be deleted from one by one: made anew and filled
# (https://www.mongodb.com/docs/manual/core/transactions-operations/).
MADE_ANEW = frozenset({"capped", "timeseries"})


class DocumentRelay:
    """A range of a collection, in the order of _id; capped collections and time series whole, in their own order."""

    def __init__(self, plan: MovePlan, unit: CollectionUnit, snapshot: MongodbSnapshot, writer: MongodbWriter) -> None:
        self.unit, self.snapshot, self.writer = unit, snapshot, writer
        self.source = parts(unit.name)[1]
        self.anew = snapshot.kind(self.source) in MADE_ANEW
        self.made = made_by(plan, unit.target)
        self.unchecked = self.made is not None and '"validator"' in self.made.sql

    def copy(self, chunk: Chunk, into: Transaction, pace: Pace) -> Copied:
        """See Route. Bytes of documents are neither read nor changed."""
        if self.anew:
            self.writer.check_fence()
            self._make_anew()
            into = self.writer.beside(into.database)
        ends = condition(self.unit.key, chunk)
        loaded = write(
            self.writer,
            into,
            self.unit.target,
            lambda: self._documents(ends, pace),
            self.unchecked,
            None if self.anew else chunk,
        )
        return Copied(loaded.rows, loaded.bytes)

    def again(self, chunk: Chunk, told: list[Quarantined]) -> Iterator[bytes]:
        """The documents that copying a range would write now; nothing of them is ever set aside."""
        return self._documents(condition(self.unit.key, chunk), lambda size: None)

    def _documents(self, ends: dict[str, Any], pace: Pace) -> Generator[bytes, None, None]:
        for block in self.snapshot.blocks(self.source, ends.get("min"), ends.get("max")):
            pace(len(block))
            yield from split(block)

    def _make_anew(self) -> None:
        """What an attempt before left goes with the collection; it is made again by the plan's own statement."""
        if self.made is not None and self.made.undo is not None:
            self.writer.run_command(self.made.undo)
            self.writer.run_command(self.made.sql)


def made_by(plan: MovePlan, collection: str) -> Statement | None:
    """The plan's statement that makes a collection."""
    return next((one for one in plan.statements if one.kind == "collection" and one.object == collection), None)


def open_route(plan: MovePlan, unit: CollectionUnit, snapshot: MongodbSnapshot, writer: MongodbWriter) -> DocumentRelay:
    """The route of a collection that stays one."""
    return DocumentRelay(plan, unit, snapshot, writer)

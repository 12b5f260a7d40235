"""Whether all finished ranges of a unit brought to the target what they would bring now, where MongoDB is on a side.

Such ranges can't be told apart on the target: a document is rows of several tables, and _id sorts otherwise than a key.
So the target's whole unit is held against all of them together, by digests that no order changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

from conversion.documents.mapping import CollectionMapping
from conversion.documents.shred import Shredder
from engines.catalog import Catalog
from engines.errors import DbmoError, UsageError
from engines.full_names import parts as parts_of
from engines.mongodb.bson_exact import decode, split
from engines.mongodb.snapshot import MongodbSnapshot
from engines.registry import open_database
from transfer.apart.doubts import Doubt
from transfer.canonical.columns import ComparedTable
from transfer.canonical.encoding import Digest, Hashing
from transfer.chunks import Chunk
from transfer.compare.aside_documents import leaving_out
from transfer.compare.mapped_documents import from_documents
from transfer.cutting.mongodb import condition
from transfer.endpoints import Endpoints
from transfer.moveplan import MovePlan
from transfer.quarantined import Quarantined
from transfer.retry import passes
from transfer.routes.mongodb_to_mongodb import DocumentRelay
from transfer.routes.relations_to_mongodb import RelationsToDocuments
from transfer.routes.route import open_route
from transfer.sides.local import BATCH_BYTES, BATCH_ROWS, Batch, hashed
from transfer.sides.mapped_documents import ShreddedReader, Values
from transfer.sides.open import open_side
from transfer.sides.side import Span
from transfer.units import CollectionUnit, DocumentUnit, TableUnit, Unit

CHANGED = "it differs, and its ranges can't be told apart on the target"
BROKEN_OFF = "a range of it was broken off with documents written"
# a document begins with its length and, without a key, an ObjectId that is made anew each time: type, name, 12 bytes
OWN_ID = b"\x07_id\0"
BEHIND_ID = 4 + len(OWN_ID) + 12
Aside = list[tuple[str, Quarantined]]


@dataclass
class Together:
    """Compares finished ranges with the source's present moment; writer: of the target."""

    plan: MovePlan
    endpoints: Endpoints
    snapshot: Any
    writer: Any

    def doubts(
        self, known: Mapping[str, Unit], finished: Mapping[str, list[Chunk]], begun: Iterable[Chunk], aside: Aside
    ) -> dict[str, Doubt]:
        """What is not proved equal, by unit; begun: ranges that may have left documents and are not finished.

        Nothing is known of what is gone on a side, or can't be read.
        """
        broken = {chunk.table for chunk in begun}
        found = {name: Doubt(finished.get(name, []), None, BROKEN_OFF) for name in broken}
        with ExitStack() as opened:
            ends: _Ends | None = None
            for name, parts in finished.items():
                if name in broken:
                    continue
                try:
                    if isinstance(known[name], CollectionUnit) and ends is None and self.plan.documents:
                        ends = opened.enter_context(closing(_Ends(self.endpoints, self.snapshot)))
                    equal = self._equal(known[name], parts, aside, ends)
                    why = CHANGED
                except DbmoError as error:
                    if passes(error) and not isinstance(error, UsageError):
                        raise
                    self.snapshot.recover()
                    equal, why = False, error.what
                if not equal:
                    found[name] = Doubt(parts, None, why)
        return found

    def _equal(self, unit: Unit, parts: list[Chunk], aside: Aside, ends: _Ends | None) -> bool:
        assert not isinstance(unit, TableUnit)
        own = [(name, entry) for name, entry in aside if name == unit.name]
        if isinstance(unit, CollectionUnit) and unit.mapping is not None:
            assert ends is not None
            return ends.equal(unit, parts, own)
        return self._alike(unit, parts, own)

    def _alike(self, unit: CollectionUnit | DocumentUnit, parts: list[Chunk], aside: Aside) -> bool:
        """Whether the mover would write the documents, byte for byte, that the collection holds."""
        route = open_route(self.plan, unit, self.snapshot, self.writer)
        assert isinstance(route, DocumentRelay | RelationsToDocuments)
        collection = unit.target if isinstance(unit, CollectionUnit) else unit.mapping.collection
        keyed = isinstance(unit, CollectionUnit) or bool(unit.mapping.key)
        ordered = isinstance(route, DocumentRelay) and route.anew  # their order is a part of them
        hashing = Hashing.new()
        told: list[Quarantined] = []
        here = _digest(_written(route, parts, told), hashing, keyed, ordered)
        there = _digest(self.writer.read_documents(collection, ordered=False), hashing, keyed, ordered)
        return here == there and _names(told) == _names(entry for _, entry in aside)


class _Ends:
    """A MongoDB source, read by the copy's own snapshot, and the tables of a target."""

    def __init__(self, endpoints: Endpoints, snapshot: MongodbSnapshot) -> None:
        self.snapshot = snapshot
        self.catalogs = _catalog(endpoints.source), _catalog(endpoints.target)
        self.target = open_side(endpoints.target, "target")

    def close(self) -> None:
        """Close the target's side; the snapshot stays open."""
        self.target.close()

    def equal(self, unit: CollectionUnit, parts: list[Chunk], aside: Aside) -> bool:
        """Whether each table of a collection holds the rows of the documents in these ranges.

        What was set aside has to be in the source still, as it was.
        """
        assert unit.mapping is not None
        found = from_documents([unit.mapping], [], {}, *self.catalogs).tables
        tables = [leaving_out(table, aside) for table in found]
        if any(table.uncompared for table in tables):
            return False
        hashing, reading = Hashing.new(), _Reading(unit.mapping, tables)
        for chunk in parts:
            ends = condition(unit.key, chunk)
            for block in self.snapshot.blocks(parts_of(unit.name)[1], ends.get("min"), ends.get("max")):
                reading.take(block, hashing)
        reading.digest(hashing)
        return reading.withheld == len(tables[0].withheld) and all(
            one == reduce(add, self.target.digests(table, Span(), hashing).values(), Digest())
            for table, one in zip(tables, reading.found, strict=True)
        )


class _Reading:
    """Digests of the rows that documents become, of all tables by one reading; withheld: documents without rows."""

    def __init__(self, mapping: CollectionMapping, tables: Sequence[ComparedTable]) -> None:
        self.shredder = Shredder(mapping)
        self.readers = [ShreddedReader(table, mapping, "source") for table in tables]
        self.found = [Digest() for _ in tables]
        self.withheld = 0
        self._rows: list[list[Values]] = [[] for _ in tables]
        self._bytes = 0

    def take(self, block: bytes, hashing: Hashing) -> None:
        """The documents of a batch of the server."""
        for raw in split(block):
            if self.readers[0].set_aside(raw):
                self.withheld += 1
                continue
            rows = self.shredder.rows(decode(raw))
            for reader, kept in zip(self.readers, self._rows, strict=True):
                kept += reader.among(rows)
            self._bytes += len(raw)
            if self._bytes >= BATCH_BYTES or max(map(len, self._rows)) >= BATCH_ROWS:
                self.digest(hashing)

    def digest(self, hashing: Hashing) -> None:
        """Count what was taken, and forget it."""
        for place, (reader, rows) in enumerate(zip(self.readers, self._rows, strict=True)):
            if rows:
                hashes = hashed(Batch(reader.columns(rows), len(rows)).encoded(), hashing)
                self.found[place] = reduce(Digest.with_row, hashes, self.found[place])
        self._rows, self._bytes = [[] for _ in self.readers], 0


def _written(
    route: DocumentRelay | RelationsToDocuments, parts: Iterable[Chunk], told: list[Quarantined]
) -> Iterator[bytes]:
    for chunk in parts:
        yield from route.again(chunk, told)


def _digest(documents: Iterable[bytes], hashing: Hashing, keyed: bool, ordered: bool) -> Digest:
    """ordered: each with its number; not keyed: each without its _id."""
    found = Digest()
    for number, raw in enumerate(documents):
        if not keyed and raw.startswith(OWN_ID, 4):
            raw = raw[BEHIND_ID:]
        found = found.with_row(hashing.row(b"%d:%b" % (number, raw) if ordered else raw))
    return found


def _names(entries: Iterable[Quarantined]) -> Counter[tuple[str, str]]:
    return Counter((entry.locator, entry.original) for entry in entries)


def _catalog(url: str) -> Catalog:
    with closing(open_database(url)) as database:
        return database.catalog()

"""The chunks of a migration in collections of its MongoDB target."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engines.mongodb.batches import Transaction
from transfer.chunks import Chunk, ChunkResult, Range, bound_of, bound_text
from transfer.quarantined import Quarantined, shortened
from transfer.state.document_marks import BEGUN, range_done
from transfer.state.protocol import Cut

if TYPE_CHECKING:
    from transfer.state.documents import DocumentState

LOT = 1_000
LONGEST_ORIGINAL = 8_000_000  # bytes; a document of the state can't be larger than 16 MB
FIGURES = ("rows", "bytes", "seconds", "quarantined")


class DocumentChunks:
    """See Chunks. last: of a finished range the number of its last part, in case only the first could be written."""

    def __init__(self, state: DocumentState) -> None:
        self.state = state

    def cuts(self) -> dict[str, Cut]:
        """How far each unit is cut that has chunks already."""
        found: dict[str, Cut] = {}
        for row in self._rows():
            number = max(row["number"], row.get("last") or 0)
            found[row["table_name"]] = Cut(number + 1, bound_of(row["upper"]), row["upper"] is None)
        return found

    def add(self, chunks: Sequence[Chunk]) -> None:
        """Store chunks of any units, all or none, fenced; without transactions in their order, each once."""
        rows = [
            {
                "_id": self._id(chunk.table, chunk.number),
                "migration": self.state.migration,
                "table_name": chunk.table,
                "number": chunk.number,
                "lower": bound_text(chunk.lower),
                "upper": bound_text(chunk.upper),
                "done": False,
                "epoch": self.state.epoch,
                "copies": 0,
            }
            for chunk in chunks
        ]
        if not rows:
            return
        with self.state.writer.begin() as transaction:
            self.state.hold(transaction)
            self.state.of(transaction, "chunk").insert_many(rows, ordered=True, session=transaction.session)

    def pending(self) -> list[Chunk]:
        """Chunks still to copy."""
        return [_chunk(row) for row in self._rows() if not row["done"]]

    def finished(self) -> list[Chunk]:
        """Ranges whose documents are in the target."""
        return [_chunk(row) for row in self._rows() if row["done"]]

    def begun(self) -> list[Chunk]:
        """Ranges that are not finished, of which documents may be there."""
        return [_chunk(row) for row in self._rows() if row.get(BEGUN) and not row["done"]]

    def figures(self) -> dict[str, dict[str, Any]]:
        """Per unit: chunks, chunks done, rows, bytes, seconds, quarantined, most copies of one chunk."""
        totals: dict[str, dict[str, Any]] = {}
        for row in self._rows():
            figures = totals.setdefault(
                row["table_name"],
                {"chunks": 0, "done": 0, "rows": 0, "bytes": 0, "seconds": 0.0, "quarantined": 0, "copies": 0},
            )
            figures["chunks"] += 1
            figures["done"] += bool(row["done"])
            figures["copies"] = max(figures["copies"], row["copies"])
            for name in FIGURES:
                figures[name] += (row["done"] and row.get(name)) or 0
        return totals

    def finish(self, transaction: Transaction, part: Range, result: ChunkResult, position: str) -> None:
        """Mark a range done in the transaction that holds its documents: its chunks become one. Fenced."""
        self.state.fence(transaction)
        chunks, numbers = self.state.of(transaction, "chunk"), part.numbers
        open_ones = {"migration": self.state.migration, "done": False, "epoch": self.state.epoch}
        values = {
            "upper": bound_text(part.chunk.upper),
            "last": numbers[-1],
            "done": True,
            "rows": result.rows,
            "bytes": result.bytes,
            "quarantined": result.quarantined,
            "seconds": result.seconds,
            "position": position,
        }
        changed = chunks.update_one(
            {"_id": self._id(part.chunk.table, numbers[0]), **open_ones},
            {"$set": values, "$inc": {"copies": 1}},
            session=transaction.session,
        ).matched_count
        for start in range(1, len(numbers), LOT):
            ids = [self._id(part.chunk.table, number) for number in numbers[start : start + LOT]]
            found = chunks.delete_many({"_id": {"$in": ids}, **open_ones}, session=transaction.session)
            changed += found.deleted_count
        if changed != len(numbers):
            raise range_done(part.chunk)

    def done(self, part: Range) -> ChunkResult | None:
        """What committing this range noted, if it was committed."""
        found = self.state.find("chunk", {"_id": self._id(part.chunk.table, part.chunk.number)})
        row = found[0] if found else None
        if row is None or not row["done"] or bound_of(row["upper"]) != part.chunk.upper:
            return None
        return ChunkResult(part.chunk, row["rows"], row["bytes"], row["quarantined"], row["seconds"], len(part.numbers))

    def forget(self, transaction: Transaction, chunk: Chunk) -> None:
        """Mark a range as not copied and drop what was quarantined in it; its documents go in the same transaction."""
        self.state.hold(transaction)
        empty = dict.fromkeys(("last", *FIGURES))
        self.state.of(transaction, "chunk").update_one(
            {"_id": self._id(chunk.table, chunk.number)},
            {"$set": {"done": False, "epoch": self.state.epoch, **empty}},
            session=transaction.session,
        )
        self._forget_aside(transaction, chunk.table, number=chunk.number)

    def restart(self, transaction: Transaction, unit: str) -> None:
        """Forget every chunk of a unit and what was quarantined in it."""
        self.state.hold(transaction)
        own = {"migration": self.state.migration, "table_name": unit}
        self.state.of(transaction, "chunk").delete_many(own, session=transaction.session)
        self._forget_aside(transaction, unit)

    def set_aside(self, transaction: Transaction, chunk: Chunk, found: Sequence[Quarantined]) -> None:
        """Store quarantined values in the transaction that holds the range's documents.

        Without one, what an attempt before left of this range goes first.
        """
        aside = self.state.of(transaction, "quarantine")
        if transaction.session is None:
            self.state.fence(transaction)
            self._forget_aside(transaction, chunk.table, number=chunk.number)
        rows = [
            {
                "_id": {**self._id(chunk.table, chunk.number), "entry": entry},
                "migration": self.state.migration,
                "table_name": chunk.table,
                "number": chunk.number,
                "entry": entry,
                "locator": _text(item.locator),
                "column_name": _text(item.column),
                "row_key": _text(item.key),
                "reason": _text(item.reason),
                "action": item.action,
                "original": _original(item.original),
            }
            for entry, item in enumerate(found)
        ]
        for start in range(0, len(rows), LOT):
            aside.insert_many(rows[start : start + LOT], session=transaction.session)

    def quarantined(self, most: int | None = None) -> list[tuple[str, Quarantined]]:
        """See Chunks."""
        names = ("locator", "column_name", "row_key", "reason", "action", "original")
        found: list[tuple[tuple[Any, ...], tuple[str, Quarantined]]] = []

        def read(transaction: Transaction) -> None:
            found.clear()
            own = self.state.of(transaction, "quarantine").find(
                {"migration": self.state.migration}, session=transaction.session
            )
            for row in own:
                if most is not None:
                    row["original"] = shortened(row["original"], most)
                entry = row["table_name"], Quarantined(*(row[name] for name in names))
                found.append(((row["table_name"], row["number"], row["entry"]), entry))

        self.state.read(read)
        return [entry for _, entry in sorted(found, key=lambda pair: pair[0])]

    def quarantined_count(self) -> int:
        """Values and rows set aside so far, all units."""
        return sum(row.get("quarantined") or 0 for row in self._rows())

    def _rows(self) -> list[dict[str, Any]]:
        """All chunks in order, without those that a finished range before them holds already."""
        found = self.state.find("chunk", {"migration": self.state.migration})
        found.sort(key=lambda row: (row["table_name"], row["number"]))
        kept: list[dict[str, Any]] = []
        covered: dict[str, int] = {}
        for row in found:
            if row["done"] or row["number"] > covered.get(row["table_name"], -1):
                kept.append(row)
            if row["done"]:
                covered[row["table_name"]] = row.get("last") or row["number"]
        return kept

    def _id(self, unit: str, number: int) -> dict[str, Any]:
        return {"migration": self.state.migration, "table_name": unit, "number": number}

    def _forget_aside(self, transaction: Transaction, unit: str, **narrower: int) -> None:
        own = {"migration": self.state.migration, "table_name": unit, **narrower}
        self.state.of(transaction, "quarantine").delete_many(own, session=transaction.session)


def _chunk(row: dict[str, Any]) -> Chunk:
    return Chunk(row["table_name"], row["number"], bound_of(row["lower"]), bound_of(row["upper"]))


def _text(value: str) -> str:
    """Text as BSON takes it: bytes that were no UTF-8 are shown."""
    return value.encode(errors="backslashreplace").decode()


def _original(text: str) -> str:
    """What was set aside; of what no document of the state can hold, its size and digest."""
    data = text.encode(errors="backslashreplace")
    if len(data) <= LONGEST_ORIGINAL:
        return data.decode()
    return json.dumps({"class": "too long", "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})

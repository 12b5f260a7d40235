"""The chunks of a migration in SQL tables of its target."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engines.errors import EngineError
from transfer.chunks import Chunk, ChunkResult, Range, bound_of, bound_text
from transfer.quarantined import Quarantined, shortened
from transfer.state.protocol import Cut

if TYPE_CHECKING:
    from transfer.state.sql import SqlState

LOT = 1_000
PARTS = 4  # of the largest statement of MySQL, of which an original takes one at most
UTF8 = "UTF8"
ENTRY = ("table_name", "number", "entry", "locator", "column_name", "row_key", "reason", "action")
NO_ASCII = re.compile(r"[^\x00-\x7f]")


class SqlChunks:
    """See Chunks."""

    def __init__(self, state: SqlState) -> None:
        self.state = state
        self.table = state.tables.chunks
        self.aside = state.tables.quarantine
        self._finishing = _finishing(state)

    def cuts(self) -> dict[str, Cut]:
        """How far each unit is cut that has chunks already."""
        found: dict[str, Cut] = {}
        for row in self._rows():
            found[row.table_name] = Cut(row.number + 1, bound_of(row.upper), row.upper is None)
        return found

    def add(self, chunks: Sequence[Chunk]) -> None:
        """Store chunks of any units, all or none, fenced."""
        rows = [
            {
                "migration": self.state.migration,
                "table_name": chunk.table,
                "number": chunk.number,
                "lower": bound_text(chunk.lower),
                "upper": bound_text(chunk.upper),
                "done": False,
                "copies": 0,
            }
            for chunk in chunks
        ]
        with self.state.writer.begin(durable=True) as connection:  # none may be lost behind which others are stored
            self.state.fence(connection)
            for start in range(0, len(rows), LOT):
                connection.execute(self.table.insert(), rows[start : start + LOT])

    def pending(self) -> list[Chunk]:
        """Chunks still to copy."""
        return [_chunk(row) for row in self._rows() if not row.done]

    def finished(self) -> list[Chunk]:
        """Ranges whose rows are in the target."""
        return [_chunk(row) for row in self._rows() if row.done]

    def begun(self) -> list[Chunk]:
        """None: rows and status are committed together."""
        return []

    def figures(self) -> dict[str, dict[str, Any]]:
        """Per unit: chunks, chunks done, rows, bytes, seconds, quarantined, most copies of one chunk."""
        totals: dict[str, dict[str, Any]] = {}
        for row in self._rows():
            figures = totals.setdefault(
                row.table_name,
                {"chunks": 0, "done": 0, "rows": 0, "bytes": 0, "seconds": 0.0, "quarantined": 0, "copies": 0},
            )
            figures["chunks"] += 1
            figures["done"] += bool(row.done)
            figures["copies"] = max(figures["copies"], row.copies)
            for name in ("rows", "bytes", "seconds", "quarantined"):
                figures[name] += (row.done and getattr(row, name)) or 0
        return totals

    def finish(self, connection: Connection, part: Range, result: ChunkResult, position: str) -> None:
        """Mark a range done in the transaction that holds its rows: its chunks become one. Fenced by the same query."""
        numbers = part.numbers
        changed = connection.execute(
            self._finishing,
            {
                "b_migration": self.state.migration,
                "b_epoch": self.state.epoch,
                "b_table": part.chunk.table,
                "b_number": numbers[0],
                "b_upper": bound_text(part.chunk.upper),
                "b_rows": result.rows,
                "b_bytes": result.bytes,
                "b_quarantined": result.quarantined,
                "b_seconds": result.seconds,
                "b_position": position,
            },
        ).rowcount
        for start in range(1, len(numbers), LOT):
            lot = numbers[start : start + LOT]
            others = self._of(self.table.delete(), part.chunk.table).where(self.table.c.done.is_(False))
            changed += connection.execute(others.where(self.table.c.number.in_(lot))).rowcount
        if changed != len(numbers):
            self.state.fence(connection)
            raise EngineError(
                "RANGE_DONE",
                f"A part of {part.chunk.table} (chunk {part.chunk.number}) was committed by another worker already.",
                "Run the same command again; nothing was written twice.",
            )

    def done(self, part: Range) -> ChunkResult | None:
        """What committing this range noted, if it was committed."""
        query = self._of(sa.select(self.table), part.chunk.table).where(self.table.c.number == part.chunk.number)
        row = self.state.read(lambda connection: connection.execute(query).one_or_none())
        if row is None or not row.done or bound_of(row.upper) != part.chunk.upper:
            return None
        return ChunkResult(part.chunk, row.rows, row.bytes, row.quarantined, row.seconds, len(part.numbers))

    def forget(self, connection: Connection, chunk: Chunk) -> None:
        """Mark a range as not copied and drop what was quarantined in it; its rows go in the same transaction."""
        self.state.fence(connection)
        here = self.table.c.number == chunk.number
        connection.execute(
            self._of(self.table.update(), chunk.table)
            .where(here)
            .values(done=False, rows=None, bytes=None, quarantined=None, seconds=None)
        )
        self._forget_aside(connection, chunk.table, self.aside.c.number == chunk.number)

    def restart(self, connection: Connection, unit: str) -> None:
        """Forget every chunk of a unit and what was quarantined in it."""
        self.state.fence(connection)
        connection.execute(self._of(self.table.delete(), unit))
        self._forget_aside(connection, unit)

    def set_aside(self, connection: Connection, chunk: Chunk, found: Sequence[Quarantined]) -> None:
        """Store quarantined values in the transaction that holds the range's rows."""
        # a value may be there because the database's encoding lacks a character of it
        kept: Callable[[str], str] = escaped if getattr(self.state.writer, "encoding", UTF8) != UTF8 else str
        packet: int | None = getattr(self.state.writer, "packet", None)  # a literal of it may take twice its bytes
        rows = [
            {
                "migration": self.state.migration,
                "table_name": chunk.table,
                "number": chunk.number,
                "entry": entry,
                "locator": kept(item.locator),
                "column_name": item.column,
                "row_key": kept(item.key),
                "reason": item.reason,
                "action": item.action,
                "original": kept(shortened(item.original, packet // PARTS) if packet else item.original),
            }
            for entry, item in enumerate(found)
        ]
        for start in range(0, len(rows), LOT):
            connection.execute(self.aside.insert(), rows[start : start + LOT])

    def quarantined(self, most: int | None = None) -> list[tuple[str, Quarantined]]:
        """See Chunks."""
        table = self.aside.c
        fits = sa.func.length(table.original) <= most if most is not None else sa.true()
        original = sa.case((fits, table.original), else_=None).label("original")
        query = sa.select(*(table[name] for name in ENTRY), original).where(table.migration == self.state.migration)
        ordered = query.order_by(table.table_name, table.number, table.entry)
        rows = self.state.read(lambda connection: connection.execute(ordered).all())
        return [
            (r.table_name, Quarantined(r.locator, r.column_name, r.row_key, r.reason, r.action, self._told(r, most)))
            for r in rows
        ]

    def _told(self, row: Any, most: int | None) -> str:
        """The original of an entry; of one that was too long to be read with the others in short."""
        if row.original is not None or most is None:
            return str(row.original)
        table = self.aside.c
        query = self._of(sa.select(table.original), row.table_name, table)
        one = query.where(table.number == row.number, table.entry == row.entry)
        return shortened(str(self.state.read(lambda connection: connection.execute(one).scalar_one())), most)

    def quarantined_count(self) -> int:
        """Values and rows set aside so far, all units."""
        figures = self.table.c
        query = sa.select(sa.func.coalesce(sa.func.sum(figures.quarantined), 0)).where(
            figures.migration == self.state.migration
        )
        return int(self.state.read(lambda connection: connection.execute(query).scalar_one()))

    def _rows(self) -> list[Any]:
        chunks = self.table
        query = sa.select(chunks).where(chunks.c.migration == self.state.migration)
        ordered = query.order_by(chunks.c.table_name, chunks.c.number)
        return list(self.state.read(lambda connection: connection.execute(ordered).all()))

    def _of(self, statement: Any, unit: str, own: Any = None) -> Any:
        own = self.table.c if own is None else own
        return statement.where(own.migration == self.state.migration, own.table_name == unit)

    def _forget_aside(self, connection: Connection, unit: str, *narrower: Any) -> None:
        connection.execute(self._of(self.aside.delete(), unit, self.aside.c).where(*narrower))


def _chunk(row: Any) -> Chunk:
    return Chunk(row.table_name, row.number, bound_of(row.lower), bound_of(row.upper))


def _finishing(state: SqlState) -> Any:
    """The statement of finish(), made once; it holds the epoch like fence().

    InnoDB locks rows that an UPDATE reads elsewhere by itself, and SQLite has one writer.
    """
    own, run = state.tables.chunks, state.migrations
    epoch = sa.select(run.c.id).where(run.c.id == sa.bindparam("b_migration"), run.c.epoch == sa.bindparam("b_epoch"))
    if state.writer.engine == "postgresql":
        epoch = epoch.with_for_update(read=True)
    return (
        own.update()
        .where(
            own.c.migration == sa.bindparam("b_migration"),
            own.c.table_name == sa.bindparam("b_table"),
            own.c.number == sa.bindparam("b_number"),
            own.c.done.is_(False),
            sa.exists(epoch),
        )
        .values(
            upper=sa.bindparam("b_upper"),
            done=True,
            rows=sa.bindparam("b_rows"),
            bytes=sa.bindparam("b_bytes"),
            quarantined=sa.bindparam("b_quarantined"),
            seconds=sa.bindparam("b_seconds"),
            position=sa.bindparam("b_position"),
            epoch=sa.bindparam("b_epoch"),
            copies=own.c.copies + 1,
        )
    )


def escaped(text: str) -> str:
    """JSON in ASCII."""
    return NO_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], text)

"""Chunks: ranges of a table's key, their status in the target, and what was quarantined in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from transfer.quarantined import Quarantined
from transfer.state import State


@dataclass(frozen=True)
class Chunk:
    """Rows of a table with lower < key <= upper; None is open, so the first and last take what comes later."""

    table: str
    number: int
    lower: int | None
    upper: int | None


@dataclass(frozen=True)
class ChunkResult:
    """What copying a chunk did; quarantined counts values and rows kept aside."""

    chunk: Chunk
    rows: int
    bytes: int
    quarantined: int
    seconds: float


def cut(table: str, bounds: list[int]) -> list[Chunk]:
    """Half-open ranges around the bounds, open at both ends."""
    edges: list[int | None] = [None, *bounds, None]
    return [Chunk(table, n, lower, edges[n + 1]) for n, lower in enumerate(edges[:-1])]


class Chunks:
    """The chunk rows of one migration."""

    def __init__(self, state: State) -> None:
        self.state = state

    def planned(self) -> set[str]:
        """Tables that have their chunks already."""
        with self.state.writer.begin() as connection:
            return set(connection.execute(self._select(self.state.chunks.c.table_name).distinct()).scalars())

    def add(self, chunks: list[Chunk]) -> None:
        """Store the chunks of one table, all or none."""
        with self.state.writer.begin() as connection:
            self.state.fence(connection)
            for chunk in chunks:
                connection.execute(
                    self.state.chunks.insert().values(
                        migration=self.state.migration,
                        table_name=chunk.table,
                        number=chunk.number,
                        lower=chunk.lower,
                        upper=chunk.upper,
                        done=False,
                        copies=0,
                    )
                )

    def pending(self) -> list[Chunk]:
        """Chunks still to copy, in the order of the tables and keys."""
        return [Chunk(r.table_name, r.number, r.lower, r.upper) for r in self._rows() if not r.done]

    def finished(self) -> list[Chunk]:
        """Chunks whose rows are in the target."""
        return [Chunk(r.table_name, r.number, r.lower, r.upper) for r in self._rows() if r.done]

    def figures(self) -> dict[str, dict[str, Any]]:
        """Per table: chunks, chunks done, rows, bytes, seconds, quarantined, most copies of one chunk."""
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
                figures[name] += getattr(row, name) or 0
        return totals

    def finish(self, connection: Connection, result: ChunkResult, position: str) -> None:
        """Mark a chunk done in the transaction that holds its rows."""
        self.state.fence(connection)
        chunks = self.state.chunks
        connection.execute(
            self._where(chunks.update(), result.chunk).values(
                done=True,
                rows=result.rows,
                bytes=result.bytes,
                quarantined=result.quarantined,
                seconds=result.seconds,
                position=position,
                epoch=self.state.epoch,
                copies=chunks.c.copies + 1,
            )
        )

    def forget(self, connection: Connection, chunk: Chunk) -> None:
        """Mark a chunk as not copied and drop what was quarantined in it; its rows go in the same transaction."""
        self.state.fence(connection)
        connection.execute(self._where(self.state.chunks.update(), chunk).values(done=False))
        quarantine = self.state.quarantine
        connection.execute(
            quarantine.delete().where(
                quarantine.c.migration == self.state.migration,
                quarantine.c.table_name == chunk.table,
                quarantine.c.number == chunk.number,
            )
        )

    def set_aside(self, connection: Connection, chunk: Chunk, found: list[Quarantined]) -> None:
        """Store quarantined values in the transaction that holds the chunk's rows."""
        for item in found:
            connection.execute(
                self.state.quarantine.insert().values(
                    migration=self.state.migration,
                    table_name=chunk.table,
                    number=chunk.number,
                    locator=item.locator,
                    column_name=item.column,
                    row_key=item.key,
                    reason=item.reason,
                    action=item.action,
                    original=item.original,
                )
            )

    def quarantined(self) -> list[tuple[str, Quarantined]]:
        """All that was set aside, with its table."""
        table = self.state.quarantine
        query = (
            sa.select(table)
            .where(table.c.migration == self.state.migration)
            .order_by(table.c.table_name, table.c.number, table.c.locator, table.c.column_name)
        )
        with self.state.writer.begin() as connection:
            return [
                (r.table_name, Quarantined(r.locator, r.column_name, r.row_key, r.reason, r.action, r.original))
                for r in connection.execute(query)
            ]

    def quarantined_count(self) -> int:
        """Values and rows set aside so far, all tables."""
        figures = self.state.chunks.c
        query = sa.select(sa.func.coalesce(sa.func.sum(figures.quarantined), 0)).where(
            figures.migration == self.state.migration
        )
        with self.state.writer.begin() as connection:
            return int(connection.execute(query).scalar_one())

    def _rows(self) -> list[Any]:
        chunks = self.state.chunks
        with self.state.writer.begin() as connection:
            return list(connection.execute(self._select(chunks).order_by(chunks.c.table_name, chunks.c.number)))

    def _select(self, *columns: Any) -> Any:
        return sa.select(*columns).where(self.state.chunks.c.migration == self.state.migration)

    def _where(self, statement: Any, chunk: Chunk) -> Any:
        chunks = self.state.chunks
        return statement.where(
            chunks.c.migration == self.state.migration,
            chunks.c.table_name == chunk.table,
            chunks.c.number == chunk.number,
        )

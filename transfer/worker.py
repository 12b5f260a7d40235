"""Copies one chunk: rows, their quarantine and the chunk's status in one transaction of the target."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import dataclass

from conversion.mapping import TableMapping
from engines.errors import Aborted
from engines.postgresql.snapshot import PostgresqlSnapshot
from engines.postgresql.writer import PostgresqlWriter
from engines.sqlite.snapshot import SqliteSnapshot
from transfer.chunks import Chunk, ChunkResult, Chunks
from transfer.endpoints import AnySnapshot, Endpoints
from transfer.failpoints import failpoint
from transfer.moveplan import MovePlan
from transfer.routes.postgresql_to_postgresql import PostgresqlRelay
from transfer.routes.rows_to_sqlite import RowsToSqlite
from transfer.routes.sqlite_to_postgresql import SqliteToCopyText
from transfer.state import State


@dataclass(frozen=True)
class Assignment:
    """What a worker is started with."""

    plan: MovePlan
    endpoints: Endpoints
    token: str
    position: str
    epoch: int


class Worker:
    """Both ends open, at the shared moment of the source."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        self.snapshot: AnySnapshot = assignment.endpoints.snapshot(assignment.token)
        self.writer = assignment.endpoints.writer()
        self.state = State(self.writer, assignment.plan.migration)
        self.state.join(assignment.epoch)
        self.chunks = Chunks(self.state)
        self.tables = {table.source: table for table in assignment.plan.tables}

    def copy(self, chunk: Chunk) -> ChunkResult:
        """Copy a chunk; when this returns, its rows and its status are committed."""
        table = self.tables[chunk.table]
        started = time.monotonic()
        source = self._source(table, chunk)
        columns = [column.target for column in table.copied]
        with self.writer.begin() as connection:
            failpoint("chunk.before_rows")
            if isinstance(source, PostgresqlRelay) and source.binary and isinstance(self.writer, PostgresqlWriter):
                loaded = self.writer.load_binary(connection, table.target, columns, source.blocks())
            else:
                loaded = self.writer.load(connection, table.target, columns, source.blocks())
            failpoint("chunk.after_rows")
            aside = getattr(source, "quarantined", [])
            self.chunks.set_aside(connection, chunk, aside)
            result = ChunkResult(chunk, loaded.rows, loaded.bytes, len(aside), time.monotonic() - started)
            self.chunks.finish(connection, result, self.assignment.position)
            failpoint("chunk.before_commit")
        failpoint("chunk.after_commit")
        self._check_limit()
        return result

    def _source(self, table: TableMapping, chunk: Chunk) -> SqliteToCopyText | PostgresqlRelay | RowsToSqlite:
        plan = self.assignment.plan
        if plan.target_engine == "sqlite":
            return RowsToSqlite(self.snapshot, table, chunk)
        if isinstance(self.snapshot, SqliteSnapshot):
            return SqliteToCopyText(self.snapshot, table, chunk, stop=plan.unholdable == "stop")
        assert isinstance(self.snapshot, PostgresqlSnapshot)
        return PostgresqlRelay(self.snapshot, table, chunk)

    def _check_limit(self) -> None:
        limit = self.assignment.plan.quarantine_limit
        if self.chunks.quarantined_count() > limit:
            raise Aborted(
                "QUARANTINE_LIMIT",
                f"More than {limit:,} values of the source do not fit the types of the plan.",
                "Look at _dbmo.quarantine, choose wider types (options.overrides) or raise options.quarantine_limit.",
            )

    def close(self) -> None:
        """Close both ends."""
        self.snapshot.close()
        self.writer.close()


_worker: Worker | None = None


def start_in_process(assignment: Assignment) -> None:
    """Initializer of a pool's process: open both ends, end when the parent is gone."""
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    _worker = Worker(assignment)


def copy_in_process(chunk: Chunk) -> ChunkResult:
    """Copy a chunk with the process's own worker."""
    assert _worker is not None
    return _worker.copy(chunk)


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)

"""Documents of which PostgreSQL refuses a text: loaded in halves, all their tables at once, until those stand alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from conversion.documents.shred import Rows, Shredder
from engines.postgresql.writer import PostgresqlWriter
from transfer.routes.documents_aside import Withheld
from transfer.routes.postgresql_asked import why_refused
from transfer.routes.postgresql_halves import APART, BACK, RELEASE, SAVEPOINT
from transfer.routes.table_buffers import TableBuffers

Read = tuple[bytes, dict[str, Any]]  # a document's bytes and its fields


class DocumentsApart:
    """Loads documents of one range; rows and bytes: of those that arrived.

    buffers: makes empty ones for an attempt, whose rows are all loaded or all taken back.
    """

    def __init__(
        self, writer: PostgresqlWriter, buffers: Callable[[], TableBuffers], shredder: Shredder, into: Any
    ) -> None:
        self.writer, self.buffers, self.shredder, self.into = writer, buffers, shredder, into
        self.rows = self.bytes = 0

    def load(self, documents: Sequence[Read], withheld: Withheld) -> None:
        """Load them; what is refused by itself is set aside whole, as the policy of its kind says."""
        if not documents:
            return
        refused = self._attempt(documents)
        if refused is None:
            return
        if len(documents) > 1:
            middle = len(documents) // 2
            self.load(documents[:middle], withheld)
            self.load(documents[middle:], withheld)
            return
        words, kind = why_refused(refused, self.writer.encoding)
        withheld.add(kind, documents[0][0], words)

    def _attempt(self, documents: Sequence[Read]) -> psycopg.Error | None:
        """All of them, or none and why."""
        buffers = self.buffers()
        self.shredder.full = buffers.take
        rows: Rows = {name: [] for name in self.shredder.tables}
        self.writer.run(self.into, SAVEPOINT)
        try:
            for _, fields in documents:
                self.shredder.add(fields, rows)
            buffers.take(rows)
            buffers.send()
        except APART as error:
            self.writer.run(self.into, BACK)
            return error
        self.writer.run(self.into, RELEASE)
        self.rows += buffers.rows
        self.bytes += buffers.bytes
        return None

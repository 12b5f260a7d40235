"""The differing rows of a comparison, kept on disk: a million of them take no memory."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from transfer.compare.model import Kind

SCHEMA = """
    CREATE TABLE IF NOT EXISTS finding (
        table_name TEXT NOT NULL, kind TEXT NOT NULL, key BLOB NOT NULL, times INTEGER NOT NULL,
        PRIMARY KEY (table_name, key, kind)) WITHOUT ROWID
"""


@dataclass(frozen=True)
class Finding:
    """A differing row: encoded key (transfer/canonical/encoding.py; without a key the row's hash), how often."""

    kind: Kind
    key: bytes
    times: int = 1


class Findings:
    """Findings by table in a SQLite file; path None: a temporary file that goes with the object."""

    def __init__(self, path: Path | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="dbmo-findings-") if path is None else None
        self.path = path or Path(self._folder.name if self._folder else "") / "findings.db"
        self._connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        self._connection.execute(SCHEMA)

    def add(self, table: str, found: Iterable[Finding]) -> None:
        """Store findings of a table, all or none; one that is there already is replaced."""
        self._connection.execute("BEGIN")
        self._connection.executemany(
            "INSERT OR REPLACE INTO finding VALUES (?, ?, ?, ?)", ((table, f.kind, f.key, f.times) for f in found)
        )
        self._connection.execute("COMMIT")

    def remove(self, table: str, keys: Iterable[bytes]) -> None:
        """Forget findings of a table by key."""
        self._connection.execute("BEGIN")
        self._connection.executemany("DELETE FROM finding WHERE table_name = ? AND key = ?", ((table, k) for k in keys))
        self._connection.execute("COMMIT")

    def counts(self, table: str) -> dict[str, int]:
        """Rows by kind."""
        query = "SELECT kind, sum(times) FROM finding WHERE table_name = ? GROUP BY kind"
        return {str(kind): int(rows) for kind, rows in self._connection.execute(query, (table,))}

    def of(
        self, table: str, kind: Kind | None = None, after: bytes | None = None, limit: int = -1
    ) -> Iterator[Finding]:
        """Findings of a table in the order of their keys, from behind a key on."""
        query = "SELECT kind, key, times FROM finding WHERE table_name = ?"
        values: list[object] = [table]
        if kind is not None:
            query, values = query + " AND kind = ?", [*values, kind]
        if after is not None:
            query, values = query + " AND key > ?", [*values, after]
        for found in self._connection.execute(query + " ORDER BY key, kind LIMIT ?", (*values, limit)):
            yield Finding(*found)

    def close(self) -> None:
        """Close the file, and remove a temporary one."""
        self._connection.close()
        if self._folder is not None:
            self._folder.cleanup()

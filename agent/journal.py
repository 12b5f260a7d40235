"""The migration's own story: an append-only, hash-chained journal, so that nothing in it can be changed unseen."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engines.connection import redact

GENESIS = "0" * 64
MESSAGES = frozenset({"what", "remedy", "detail", "reason", "error"})  # keys of free text, which may quote a driver
TABLE = """CREATE TABLE IF NOT EXISTS entry (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
    previous TEXT NOT NULL, hash TEXT NOT NULL UNIQUE)"""


@dataclass(frozen=True)
class Entry:
    """One line of the story; hash covers all other fields and the hash before it."""

    number: int
    at: str
    kind: str
    body: dict[str, Any]
    previous: str
    hash: str


def entry_hash(number: int, at: str, kind: str, body: str, previous: str) -> str:
    """sha256 over the fields as a JSON list."""
    return hashlib.sha256(json.dumps([number, at, kind, body, previous]).encode()).hexdigest()


class Journal:
    """journal.db in the migration's folder; every append is on disk when it returns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute(TABLE)

    @property
    def head(self) -> str:
        """Hash of the last entry."""
        row = self._connection.execute("SELECT hash FROM entry ORDER BY number DESC LIMIT 1").fetchone()
        return str(row[0]) if row else GENESIS

    def append(self, kind: str, body: dict[str, Any]) -> str:
        """Add an entry, secrets redacted in its messages; the new head."""
        told = {
            name: redact(value) if name in MESSAGES and isinstance(value, str) else value
            for name, value in body.items()
        }
        text = json.dumps(told, sort_keys=True, default=str)
        self._connection.execute("BEGIN IMMEDIATE")
        row = self._connection.execute("SELECT number, hash FROM entry ORDER BY number DESC LIMIT 1").fetchone()
        number, previous = (row[0] + 1, row[1]) if row else (1, GENESIS)
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        found = entry_hash(number, at, kind, text, previous)
        self._connection.execute(
            "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)", (number, at, kind, text, previous, found)
        )
        self._connection.execute("COMMIT")
        return found

    def entries(self, *kinds: str) -> Iterator[Entry]:
        """Entries in order, all or of these kinds."""
        where = f"WHERE kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
        for row in self._connection.execute(f"SELECT * FROM entry {where} ORDER BY number", kinds):
            yield Entry(row[0], row[1], row[2], json.loads(row[3]), row[4], row[5])

    def last(self, kind: str) -> Entry | None:
        """The newest entry of a kind."""
        found = list(self.entries(kind))
        return found[-1] if found else None

    def problems(self) -> list[str]:
        """What is wrong with the chain, one sentence each; empty when it is whole."""
        found: list[str] = []
        previous, expected = GENESIS, 1
        for number, at, kind, body, before, stored in self._connection.execute("SELECT * FROM entry ORDER BY number"):
            if number != expected:
                found.append(f"Entry {expected} is missing from the journal.")
            if before != previous or entry_hash(number, at, kind, body, before) != stored:
                found.append(f"Entry {number} ({kind}) of the journal was changed.")
            previous, expected = stored, number + 1
        return found

    def has(self, head: str) -> bool:
        """Whether a head stands in the chain."""
        if head == GENESIS:
            return True
        return self._connection.execute("SELECT 1 FROM entry WHERE hash = ?", (head,)).fetchone() is not None

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

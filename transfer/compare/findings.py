"""The differing rows of a comparison, kept on disk: a million of them take no memory."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engines.errors import UsageError
from engines.sqlite.errors import translate_error
from transfer.compare.model import Kind

# settling and unsettled: what transfer/compare/unsettled.py knows of rows that are read again until they are stable
SCHEMA = (
    """
    CREATE TABLE IF NOT EXISTS finding (
        table_name TEXT NOT NULL, kind TEXT NOT NULL, key BLOB NOT NULL, times INTEGER NOT NULL,
        PRIMARY KEY (table_name, key, kind)) WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS settling (
        table_name TEXT PRIMARY KEY, signature TEXT NOT NULL, result TEXT NOT NULL, method TEXT NOT NULL,
        hash_key TEXT NOT NULL, rounds INTEGER NOT NULL, seconds REAL NOT NULL, at REAL NOT NULL)
    """,
    """
    CREATE TABLE IF NOT EXISTS unsettled (
        table_name TEXT NOT NULL, key BLOB NOT NULL, seen BLOB, PRIMARY KEY (table_name, key)) WITHOUT ROWID
    """,
)
MARK = 0x64626D6F  # "dbmo", in the header of the file
PARAMETERS = 500  # of one query


@dataclass(frozen=True)
class Finding:
    """A differing row: encoded key (transfer/canonical/encoding.py; without a key the row's hash), how often."""

    kind: Kind
    key: bytes
    times: int = 1


class Findings:
    """Findings by table in a SQLite file; path None: a temporary file that goes with the object.

    Used by one thread at a time. Errors: STATE_UNREADABLE for a file that is something else, DISK_FULL and others of a
    SQLite file.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="dbmo-findings-") if path is None else None
        self.path = path or Path(self._folder.name if self._folder else "") / "findings.db"
        self.connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        if not self._ours():
            self.connection.close()
            raise UsageError(
                "STATE_UNREADABLE",
                f"{self.path} is no file that a comparison kept its findings in.",
                "Name a file that isn't there yet, or the one of an earlier comparison.",
            )
        self.connection.execute("PRAGMA cache_size = -16000")  # KiB: keys come in no order
        if path is None:
            self.connection.execute("PRAGMA synchronous = OFF")
        for statement in SCHEMA:
            self.connection.execute(statement)

    def _ours(self) -> bool:
        """Whether the file is new, or made by this class; a new one is marked."""
        try:
            [(mark,)] = self.connection.execute("PRAGMA application_id").fetchall()
            [(objects,)] = self.connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
        except sqlite3.DatabaseError:
            return False
        if not objects and not mark:
            self.connection.execute(f"PRAGMA application_id = {MARK}")
            return True
        return bool(mark == MARK)

    def add(self, table: str, found: Iterable[Finding]) -> None:
        """Store findings of a table, all or none; one that is there already is replaced."""
        rows = ((table, f.kind, f.key, f.times) for f in found)
        with self.all_or_none():
            self.connection.executemany("INSERT OR REPLACE INTO finding VALUES (?, ?, ?, ?)", rows)

    def remove(self, table: str, keys: Iterable[bytes]) -> None:
        """Forget findings of a table by key."""
        self.replace(table, keys, ())

    def replace(self, table: str, keys: Iterable[bytes], found: Iterable[Finding]) -> None:
        """Forget what is known of these keys and store findings instead, all or none."""
        forget = "DELETE FROM finding WHERE table_name = ? AND key = ?"
        with self.all_or_none():
            self.connection.executemany(forget, ((table, key) for key in keys))
            rows = ((table, f.kind, f.key, f.times) for f in found)
            self.connection.executemany("INSERT INTO finding VALUES (?, ?, ?, ?)", rows)

    def correct(self, table: str, before: Sequence[Finding], after: Sequence[Finding]) -> None:
        """Replace findings by what is known now, as far as it is something else."""
        old, new = set(before), set(after)
        if old != new:
            keys = {finding.key for finding in old ^ new}
            self.replace(table, keys, [finding for finding in after if finding.key in keys])

    def clear(self, table: str) -> None:
        """Forget all about a table."""
        with self.all_or_none():
            for name in ("finding", "settling", "unsettled"):
                self.connection.execute(f"DELETE FROM {name} WHERE table_name = ?", (table,))

    def counts(self, table: str) -> dict[str, int]:
        """Rows by kind."""
        query = "SELECT kind, sum(times) FROM finding WHERE table_name = ? GROUP BY kind"
        return {str(kind): int(rows) for kind, rows in self.connection.execute(query, (table,))}

    def keys(self, table: str) -> int:
        """How many keys a table's findings have."""
        query = "SELECT count(DISTINCT key) FROM finding WHERE table_name = ?"
        return int(self.connection.execute(query, (table,)).fetchone()[0])

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
        for found in self.connection.execute(query + " ORDER BY key, kind LIMIT ?", (*values, limit)):
            yield Finding(*found)

    def of_keys(self, table: str, keys: Sequence[bytes]) -> list[Finding]:
        """Findings of these keys, in the order of the keys."""
        found: list[Finding] = []
        for start in range(0, len(keys), PARAMETERS):
            lot = keys[start : start + PARAMETERS]
            marks = ", ".join("?" * len(lot))
            query = f"SELECT kind, key, times FROM finding WHERE table_name = ? AND key IN ({marks})"
            found += [Finding(*row) for row in self.connection.execute(query, (table, *lot))]
        return sorted(found, key=lambda finding: (finding.key, finding.kind))

    def of_key(self, table: str, key: bytes) -> list[Finding]:
        """Findings of one key."""
        return self.of_keys(table, [key])

    def lots(self, table: str, size: int) -> Iterator[list[Finding]]:
        """All findings of a table in lots of about that many, in the order of the keys; others may write meanwhile.

        The findings of one key are always in the same lot.
        """
        after: bytes | None = None
        while lot := list(self.of(table, after=after, limit=size)):
            after = lot[-1].key
            yield [*(f for f in lot if f.key != after), *self.of_keys(table, [after])]

    @contextmanager
    def all_or_none(self) -> Iterator[None]:
        """A transaction; database errors come as ours."""
        try:
            self.connection.execute("BEGIN")
            yield
            self.connection.execute("COMMIT")
        except BaseException as error:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise translate_error(error, str(self.path)) from error
            raise

    def close(self) -> None:
        """Close the file, and remove a temporary one."""
        self.connection.close()
        if self._folder is not None:
            self._folder.cleanup()


def encoded_keys(found: Sequence[Finding]) -> list[bytes]:
    """Their keys, each once, in order."""
    return list(dict.fromkeys(finding.key for finding in found))

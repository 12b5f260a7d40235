"""What is known of rows that are read again until they are stable, beside the findings: it outlives a kill."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from transfer.canonical.columns import ComparedTable
from transfer.canonical.encoding import Hashing
from transfer.compare.findings import Findings
from transfer.compare.model import Options, TableComparison
from transfer.sides.side import Side

FRESH_SECONDS = 3600.0  # an older state is not taken up: rows that were equal then may not be any more


@dataclass
class Kept:
    """Where an interrupted settling stood: the result so far, how rows were hashed, rounds and seconds spent."""

    result: TableComparison
    hashing: Hashing
    rounds: int
    seconds: float


def signature(source: Side, target: Side, table: ComparedTable, options: Options) -> str:
    """What must be the same for a settling to be continued."""
    whole = "\n".join([source.display, target.display, options.level, table.model_dump_json()])
    return hashlib.sha256(whole.encode()).hexdigest()


class Unsettled:
    """The keys of a table that are not settled yet; seen: what the source held when it was last read."""

    def __init__(self, findings: Findings, table: str) -> None:
        self.connection = findings.connection
        self.table = table
        self._findings = findings

    def begin(self, signature: str, result: TableComparison, hashing: Hashing) -> None:
        """All keys of the findings are open."""
        with self._findings.all_or_none():
            self._forget()
            self.connection.execute(
                "INSERT INTO settling VALUES (?, ?, ?, ?, ?, 0, 0, ?)",
                (self.table, signature, result.model_dump_json(), hashing.method, hashing.key, time.time()),
            )
            self.connection.execute(
                "INSERT INTO unsettled SELECT DISTINCT table_name, key, NULL FROM finding WHERE table_name = ?",
                (self.table,),
            )

    def kept(self, signature: str) -> Kept | None:
        """Where an interrupted settling of the same comparison stood, not long ago."""
        query = (
            "SELECT result, method, hash_key, rounds, seconds FROM settling"
            " WHERE table_name = ? AND signature = ? AND at > ?"
        )
        row = self.connection.execute(query, (self.table, signature, time.time() - FRESH_SECONDS)).fetchone()
        if row is None:
            return None
        result, method, key, rounds, seconds = row
        return Kept(TableComparison.model_validate_json(result), Hashing(method, key), rounds, seconds)

    def lots(self, size: int) -> Iterator[list[tuple[bytes, bytes | None]]]:
        """Open keys and what was seen of them, in lots; keys may be closed meanwhile."""
        query = "SELECT key, seen FROM unsettled WHERE table_name = ? AND key > ? ORDER BY key LIMIT ?"
        after = b""
        while lot := self.connection.execute(query, (self.table, after, size)).fetchall():
            yield lot
            after = lot[-1][0]

    def count(self) -> int:
        """How many keys are open."""
        query = "SELECT count(*) FROM unsettled WHERE table_name = ?"
        return int(self.connection.execute(query, (self.table,)).fetchone()[0])

    def note(self, closed: Iterable[bytes], seen: dict[bytes, bytes]) -> None:
        """Close keys, and remember what was seen of others."""
        with self._findings.all_or_none():
            self.connection.executemany(
                "DELETE FROM unsettled WHERE table_name = ? AND key = ?", ((self.table, key) for key in closed)
            )
            self.connection.executemany(
                "UPDATE unsettled SET seen = ? WHERE table_name = ? AND key = ?",
                ((value, self.table, key) for key, value in seen.items()),
            )

    def round_over(self, result: TableComparison, seconds: float) -> None:
        """Store how far it is."""
        self.connection.execute(
            "UPDATE settling SET rounds = rounds + 1, seconds = ?, result = ? WHERE table_name = ?",
            (seconds, result.model_dump_json(), self.table),
        )

    def end(self) -> None:
        """Forget the state: what is left are findings."""
        with self._findings.all_or_none():
            self._forget()

    def _forget(self) -> None:
        for name in ("settling", "unsettled"):
            self.connection.execute(f"DELETE FROM {name} WHERE table_name = ?", (self.table,))

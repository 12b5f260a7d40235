"""What the target held of every differing row when a repair was planned: rows that changed since are not touched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from transfer.compare.findings import Findings

SCHEMA = """
    CREATE TABLE IF NOT EXISTS held (
        table_name TEXT NOT NULL, key BLOB NOT NULL, state BLOB NOT NULL, needs TEXT NOT NULL,
        PRIMARY KEY (table_name, key)) WITHOUT ROWID
"""


class HeldRows:
    """States (transfer/repair/rows.state) by table and key, beside the findings in their file, and what a key needs.

    needs: any of the letters d, u and i (delete, update, insert). A key without a state is not to be repaired.
    """

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        findings.connection.execute(SCHEMA)

    def start(self, table: str) -> None:
        """Forget a table's states."""
        self.findings.connection.execute("DELETE FROM held WHERE table_name = ?", (table,))

    def keep(self, table: str, rows: Mapping[bytes, tuple[bytes, str]]) -> None:
        """Store states and needs of a table, all or none."""
        with self.findings.all_or_none():
            self.findings.connection.executemany(
                "INSERT OR REPLACE INTO held VALUES (?, ?, ?, ?)",
                ((table, key, state, needs) for key, (state, needs) in rows.items()),
            )

    def of(self, table: str, keys: Iterable[bytes], need: str = "") -> dict[bytes, bytes]:
        """The states of these keys, as far as they have one; need: of those alone that need it."""
        query = "SELECT state FROM held WHERE table_name = ? AND key = ? AND instr(needs, ?)"
        found = {key: self.findings.connection.execute(query, (table, key, need)).fetchone() for key in keys}
        return {key: row[0] for key, row in found.items() if row is not None}

    def drop(self, table: str, keys: Iterable[bytes]) -> None:
        """Don't repair these keys after all."""
        with self.findings.all_or_none():
            self.findings.connection.executemany(
                "DELETE FROM held WHERE table_name = ? AND key = ?", ((table, key) for key in keys)
            )

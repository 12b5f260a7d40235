"""A logical replication slot and the moment that it begins at, so that a copy and the changes after it fit together."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import psycopg

from engines.errors import UsageError
from engines.postgresql.errors import translate_error
from engines.postgresql.session import connect

NAME = re.compile(r"[a-z0-9_]{1,63}")  # documentation: streaming replication protocol, CREATE_REPLICATION_SLOT
PLUGIN = "pgoutput"


@dataclass(frozen=True)
class SlotMoment:
    """What a slot was made with: every change before lsn is in the snapshot, every change after it in the slot."""

    slot: str
    lsn: str
    snapshot: str

    @property
    def token(self) -> str:
        """What PostgresqlSnapshot joins this moment by."""
        return f"{self.snapshot};{self.lsn};{self.slot}"


class Slot:
    """A logical slot of the connection's database; its snapshot can be joined until close() or another command.

    Needs wal_level = logical, a free slot (max_replication_slots) and the right to replicate; errors come as children
    of DbmoError. The slot stays when the connection ends, and keeps the server's log until drop().
    """

    def __init__(self, dsn: str, display: str, name: str) -> None:
        if not NAME.fullmatch(name):
            raise UsageError(
                "SLOT_NAME_INVALID",
                f"{name!r} can't name a replication slot.",
                "Use a-z, 0-9 and _, at most 63 of them.",
            )
        self.dsn, self.display, self.name = dsn, display, name
        self._connection: psycopg.Connection[Any] | None = None

    def create(self) -> SlotMoment:
        """Make the slot and export the snapshot of its consistent point; waits for transactions that run now."""
        try:
            self._connection = connect(self.dsn, replication="database")
            statement = f'CREATE_REPLICATION_SLOT "{self.name}" LOGICAL "{PLUGIN}" EXPORT_SNAPSHOT'
            row = self._connection.execute(statement.encode()).fetchone()
        except psycopg.Error as error:
            self.close()
            raise translate_error(error, self.display) from error
        assert row is not None
        return SlotMoment(self.name, str(row[1]), str(row[2]))

    def drop(self) -> None:
        """Remove the slot, if it is there; what it kept of the log goes with it."""
        self.close()
        exists = "SELECT pg_catalog.pg_drop_replication_slot(slot_name) FROM pg_catalog.pg_replication_slots"
        try:
            with connect(self.dsn) as connection:
                connection.execute(f"{exists} WHERE slot_name = %s".encode(), (self.name,))
        except psycopg.Error as error:
            raise translate_error(error, self.display) from error

    def close(self) -> None:
        """End the connection that exports the snapshot; who joined it keeps it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

"""Opening both ends of a migration from their references, in any process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engines.connection import Reference, parse
from engines.grant import Grant
from engines.postgresql.snapshot import PostgresqlSnapshot
from engines.protocols import Writer
from engines.registry import dsn_of, open_writer
from engines.sqlite.snapshot import SqliteSnapshot

AnySnapshot = SqliteSnapshot | PostgresqlSnapshot


@dataclass(frozen=True)
class Endpoints:
    """References of source and target and the grant for the target; safe to hand to another process."""

    source: str
    target: str
    grant: Grant

    def snapshot(self, join: str | None = None) -> AnySnapshot:
        """A consistent moment of the source; join: the token of the one to share."""
        return open_snapshot(parse(self.source), join)

    def writer(self) -> Writer:
        """The target, writable."""
        return open_writer(self.target, self.grant)


def open_snapshot(reference: Reference, join: str | None = None) -> AnySnapshot:
    """A consistent moment of any engine that can be a source."""
    if reference.engine == "sqlite":
        return SqliteSnapshot(Path(reference.sqlite_path), reference.display, join)
    return PostgresqlSnapshot(dsn_of(reference), reference.display, join)

"""What an engine can do, as small protocols; an engine implements those that it can keep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from engines.model import Model
from engines.profile import TableProfile
from engines.scanning import Told, silent

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from engines.catalog import Catalog, Table


UNKNOWN = "unknown"  # begins a position that names no moment: `unknown (why)`


def names_moment(position: str | None) -> bool:
    """Whether a snapshot's position says which moment it is."""
    return bool(position) and not str(position).startswith(UNKNOWN)


class QueryMeasure(Model):
    """One run of a query: milliseconds, rows, an order-free digest of the result, and what bounded it.

    resources: counters the engine gives (PostgreSQL: shared_hit, shared_read, temp_written, rows_scanned;
    SQLite: cpu_ms, vm_steps is not given); bound_by: one phrase, from the plan the engine chose.
    """

    milliseconds: float
    rows: int
    resources: dict[str, float]
    bound_by: str


@runtime_checkable
class LooksUp(Protocol):
    """An end that can be asked at once for many tables that will be needed one by one."""

    def look_up(self, tables: Sequence[str]) -> None:
        """Full names; those that are not there are told when they are needed."""
        ...


@runtime_checkable
class Bounded(Protocol):
    """A target whose transactions should not hold more than so many rows, and so many bytes."""

    range_rows: int
    range_bytes: int


@dataclass(frozen=True)
class Loaded:
    """Rows and bytes that went into a table."""

    rows: int
    bytes: int


@runtime_checkable
class Database(Protocol):
    """An open database. Read-only unless it was opened with a grant."""

    engine: str
    display: str  # the reference as people may see it, without secrets

    @property
    def version(self) -> str: ...

    @property
    def identity(self) -> str:
        """Which server and database this is, the same after a restart; for the plan's hash."""
        ...

    def catalog(self) -> Catalog:
        """Read the whole catalog; cached until refresh()."""
        ...

    def refresh(self) -> None:
        """Forget the cached catalog and profiles."""
        ...

    def profile(self, table: Table, told: Told = silent) -> TableProfile:
        """Scan a table for the classes and forms of its values; cached. told: of the rows that were looked at so far,
        after each piece where the engine can be asked in pieces."""
        ...

    def count(self, table: Table) -> int:
        """Exact number of rows."""
        ...

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one prepared statement of ours that reads; stacked statements are refused by the protocol."""
        ...

    def measure(self, sql: str) -> QueryMeasure:
        """Run a reading query of a workload once and say what it cost."""
        ...

    def run_workload(self, sql: str, limit: int) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Run a reading query of a workload in a read-only transaction; column names and at most limit rows."""
        ...

    def cancel(self) -> None:
        """End the query that runs now; called from another thread, it fails there. Nothing where none runs."""
        ...

    def privileges_missing(self) -> list[str]:
        """What this connection may not do that an assessment needs, one phrase each; empty when all is there."""
        ...

    def close(self) -> None: ...


class Writer(Database, Protocol):
    """A database opened with a grant: the state tables and the rows go through one transaction."""

    def begin(self, durable: bool = False) -> AbstractContextManager[Connection]:
        """A transaction on a SQLAlchemy connection; commits at the end, rolls back on an error."""
        ...

    def run(self, connection: Connection, sql: str) -> None:
        """Run one statement inside the connection's transaction, its text as it is: percent signs mean nothing."""
        ...

    def load(self, connection: Connection, table: str, columns: Sequence[str], blocks: Iterable[Any]) -> Loaded:
        """Load blocks into a table (schema.name) inside the connection's transaction.

        The blocks are what the target's fastest exact input takes: COPY text for PostgreSQL, rows for SQLite.
        """
        ...

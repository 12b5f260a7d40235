"""Looks at the values of a source's tables one by one, and tells how far that is: bars, `dbmo status`, the journal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from conversion.source_values import Look
from engines.catalog import Catalog, Table
from engines.profile import TableProfile
from engines.protocols import Database
from engines.scanning import PIECE_ROWS
from skills.context import Progress, SkillContext
from transfer.standing import SCAN, SCANNED, Standing, TableStanding

EVERY = 1.0  # seconds between two standings
NOTED = 10.0  # seconds between two entries of the journal about one table
WORTH = 1.0  # seconds from which on a table's scan is an entry
LEAST = 0.5  # seconds of scanning before a rate says anything
SHOWN = 200  # tables in a standing, the last ones
UNBOUND = frozenset({"sqlite"})  # a column says nothing of its values there: all are looked at


def look(context: SkillContext, stage: str, most: int | None = None) -> Look:
    """Scans tables and tells of it; most: the rows above which, as the server estimates them, a table is left out.

    stage: what the progress is called. A table that was scanned before stays known, whatever the server estimates now.
    A cancelled run leaves the rest out.
    """

    def scanned(source: Database, tables: Sequence[Table]) -> dict[str, TableProfile]:
        large = {table.full_name for table in left_out(source, tables, most)}
        return Scan(context, stage, source, [table for table in tables if table.full_name not in large]).run()

    return scanned


def above(engine: str, table: Table, most: int | None) -> bool:
    """Whether a table is too large to be looked at."""
    return most is not None and engine not in UNBOUND and table.rows is not None and table.rows > most


def left_out(source: Database, tables: Sequence[Table], most: int | None) -> list[Table]:
    """The tables that are too large, and that no earlier look has seen."""
    known = getattr(source, "profiled", {})
    return [table for table in tables if above(source.engine, table, most) and table.full_name not in known]


def unseen(source: Database, catalog: Catalog, most: int | None) -> Iterator[str]:
    """A sentence per table whose values are not looked at."""
    for table in left_out(source, catalog.tables, most):
        yield f"{table.full_name} has about {table.rows:,} rows, more than options.scan_max_rows ({most:,})."


@dataclass
class Scan:
    """One walk over tables; rows: of all tables that were looked at so far."""

    context: SkillContext
    stage: str
    source: Database
    tables: Sequence[Table]
    clock: Callable[[], float] = time.monotonic
    rows: int = 0
    _begun: float = 0.0
    _told: float = 0.0
    _long: bool = False  # whether it was worth telling
    _noted: float = 0.0
    _started_at: str = ""
    _standings: dict[str, TableStanding] = field(default_factory=dict)
    _counted: dict[str, int | None] = field(default_factory=dict)

    def run(self) -> dict[str, TableProfile]:
        """The profiles, by full name."""
        known = getattr(self.source, "profiled", {})  # from an earlier look: nothing is scanned again
        found: dict[str, TableProfile] = {t.full_name: known[t.full_name] for t in self.tables if t.full_name in known}
        total = len(self.tables)
        self.tables = [table for table in self.tables if table.full_name not in found]
        self._counted = {table.full_name: self._count(table) for table in self.tables}
        self._begun = self._told = self.clock()
        self._started_at = _now()
        for number, table in enumerate(self.tables, 1):
            if self.context.cancelled():
                break
            found[table.full_name] = self._table(table)
            self.context.progress(Progress(self.stage, table.full_name, total - len(self.tables) + number, total))
        if self._long:
            self._tell(SCANNED)
        return found

    def _table(self, table: Table) -> TableProfile:
        begun, before = self.clock(), self.rows
        self._noted = begun

        def told(rows: int) -> None:
            self.rows = before + rows
            self._standings[table.full_name] = self._measured(table, rows, self.clock() - begun)
            self._note(table.full_name)
            if self.clock() - self._told >= EVERY:
                self._tell(SCAN)

        self._standings[table.full_name] = self._measured(table, 0, 0.0)
        if self.clock() - self._told >= EVERY or (self._counted[table.full_name] or 0) >= PIECE_ROWS:
            self._tell(SCAN)
        profile = self.source.profile(table, told)
        seconds = self.clock() - begun
        self.rows = before + profile.rows
        self._standings[table.full_name] = self._measured(table, profile.rows, seconds, profile.rows)
        if seconds >= WORTH:
            self.context.journal(
                "scanned", {"table": table.full_name, "rows": profile.rows, "seconds": round(seconds, 3)}
            )
        return profile

    def _measured(self, table: Table, rows: int, seconds: float, expected: int | None = None) -> TableStanding:
        rate = rows / seconds if seconds >= LEAST else None
        counted = self._counted[table.full_name]
        expected = expected if expected is not None else None if counted is None else max(counted, rows)
        left = (expected - rows) / rate if rate and expected is not None else None
        return TableStanding(
            name=table.full_name, rows=rows, rows_expected=expected, rows_per_second=rate, seconds_left=left
        )

    def _note(self, name: str) -> None:
        if self.clock() - self._noted >= NOTED:
            self._noted = self.clock()
            wanted = {"name", "rows", "rows_expected", "rows_per_second", "seconds_left"}
            self.context.journal("scanning", self._standings[name].model_dump(include=wanted))

    def _tell(self, stage: str) -> None:
        """Tell where the scan stands as a whole; of tables that nobody counted the time left isn't known."""
        self._told, self._long = self.clock(), True
        seconds = self._told - self._begun
        rate = self.rows / seconds if seconds >= LEAST and self.rows else None
        uncounted = [t.full_name for t in self.tables if self._expected(t) is None]
        expected = None if uncounted else sum(self._expected(table) or 0 for table in self.tables)
        left = (expected - self.rows) / rate if rate and expected is not None else None
        why = f"nobody counted the rows of {uncounted[0]}" if uncounted else "nothing was measured yet"
        self.context.standing(
            Standing(
                migration=self.context.migration,
                stage=stage,
                started_at=self._started_at,
                at=_now(),
                rows=self.rows,
                rows_expected=expected,
                rows_per_second=rate if stage == SCAN else None,
                seconds_left=0.0 if stage == SCANNED else left,
                unknown_because=None if left is not None or stage == SCANNED else why,
                tables_planned=len(self.tables),
                tables_begun=len(self._standings),
                tables=list(self._standings.values())[: -SHOWN - 1 : -1],
            )
        )

    def _expected(self, table: Table) -> int | None:
        known = self._standings.get(table.full_name)
        return known.rows_expected if known is not None else self._counted[table.full_name]

    def _count(self, table: Table) -> int | None:
        """About how many rows there are; counted where the engine doesn't know, which costs about 1 % of a scan."""
        return self.source.count(table) if table.rows is None and self.source.engine in UNBOUND else table.rows


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")

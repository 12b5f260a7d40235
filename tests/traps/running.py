"""Runs cells of the trap table: pairs two loaded databases and compares one table of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Literal

from engines.catalog import Catalog
from engines.protocols import Database
from engines.registry import open_database
from tests.traps.cases.rows import BEHIND, CAUGHT_UP, WRITTEN
from tests.traps.cases.schemas import SchemaCase, State
from tests.traps.loading import Loaded, writing
from tests.traps.model import WRITES, Case, Found, Variant
from transfer.canonical.columns import ComparedTable, Role
from transfer.compare.findings import Findings
from transfer.compare.model import Options, TableComparison
from transfer.compare.pairing import Pairing, pair_catalogs
from transfer.compare.schema_findings import SchemaFinding
from transfer.compare.schema_level import compare_schemas
from transfer.compare.table import compare_table
from transfer.sides.open import open_side
from transfer.sides.side import Side

Half = Literal["differ", "same"]
CLASS = re.compile("^(?:integer|real|text|blob) ")
SETTLE_SECONDS = 2  # an upper end: rows that are stable end it sooner


def wrong(case: Case, half: Half, result: TableComparison) -> str | None:
    """What is wrong with a cell's result; None: it is as it has to be."""
    if result.problem is not None:
        return f"{result.problem.code}: {result.problem.what}"
    if result.uncompared:
        return f"not compared: {result.uncompared[0].column}: {result.uncompared[0].reason}"
    found, wanted = found_in(result), set(case.found) if half == "differ" else set()
    if found == wanted:
        return None
    missed, alarms = (sorted(map(str, group)) for group in (wanted - found, found - wanted))
    return "; ".join(text for text in (missed and f"missed {missed}", alarms and f"alarms {alarms}") if text)


def found_in(result: TableComparison) -> set[Found]:
    """The differences of a result; keys without the class of SQLite beside SQLite and the quotes of documents."""
    return {
        Found(
            row.kind,
            tuple(map(_plain, row.key.values())),
            tuple(sorted(row.columns)) if row.kind == "different" else (),
        )
        for row in result.rows
    }


def _plain(text: str | None) -> str | None:
    if text is not None and text.startswith('"'):
        return str(json.loads(text))
    return text if text is None else CLASS.sub("", text)


@dataclass
class Bench:
    """All databases with their catalogs, pairings and sides, each opened once."""

    loaded: Loaded
    schemas: dict[tuple[str, State], str] = field(default_factory=dict)
    _catalogs: dict[tuple[str, Variant], Catalog] = field(default_factory=dict)
    _pairings: dict[tuple[str, str, Variant], Pairing] = field(default_factory=dict)
    _compared: dict[tuple[str, str, State], list[SchemaFinding]] = field(default_factory=dict)
    _databases: dict[tuple[str, State], Database] = field(default_factory=dict)
    _sides: dict[tuple[str, Variant, Role], Side] = field(default_factory=dict)

    def compare(self, case: Case, source: str, target: str, half: Half) -> TableComparison:
        """The comparison of one cell's half."""
        variant = "differ" if half == "differ" else case.equal_variant(source, target)
        table = self.table(case, source, target, variant)
        if case.trap == WRITES:
            return self._while_written(table, source, target, variant)
        sides = self._side(source, "base", "source"), self._side(target, variant, "target")
        with findings() as found:
            return compare_table(*sides, table, Options(), found)

    def _while_written(self, table: ComparedTable, source: str, target: str, variant: Variant) -> TableComparison:
        """A row of the target catches up behind the moment at which the comparison begins."""
        name, url = table.place("target")[1], self.loaded.url(target, variant)
        here, there = self._side(source, "base", "source"), self._side(target, variant, "target")
        with writing(url) as write, findings() as found:
            write(name, WRITTEN, BEHIND)
            there.refresh()
            there.count(table)
            write(name, WRITTEN, CAUGHT_UP)
            return compare_table(here, there, table, Options(settle_seconds=SETTLE_SECONDS), found)

    def table(self, case: Case, source: str, target: str, variant: Variant) -> ComparedTable:
        """How the pairing of both catalogs compares that table."""
        key = (source, target, variant)
        if key not in self._pairings:
            self._pairings[key] = pair_catalogs(self._catalog(source, "base"), self._catalog(target, variant))
        pairing = self._pairings[key]
        for table in pairing.tables:
            if table.source.rpartition(".")[2] == case.table:
                return table
        reasons = [item.reason for item in pairing.unpaired if item.name.rpartition(".")[2] == case.table]
        raise LookupError(f"{case.table} is not paired: {reasons}")

    def shows(self, case: SchemaCase, source: str, target: str, state: State) -> bool:
        """Whether the level schema names what a target in that state lacks."""
        key = (source, target, state)
        if key not in self._compared:
            self._compared[key] = compare_schemas(self._database(source, "whole"), self._database(target, state))
        named = (item for item in self._compared[key] if item.kind == case.kind and case.object in item.object)
        return any(case.detail in ("", item.detail) for item in named)

    def _database(self, engine: str, state: State) -> Database:
        if (engine, state) not in self._databases:
            self._databases[engine, state] = open_database(self.schemas[engine, state])
        return self._databases[engine, state]

    def close(self) -> None:
        """Close all sides and databases."""
        for side in self._sides.values():
            side.close()
        for database in self._databases.values():
            database.close()

    def _catalog(self, engine: str, variant: Variant) -> Catalog:
        if (engine, variant) not in self._catalogs:
            self._catalogs[engine, variant] = catalog_of(self.loaded.url(engine, variant))
        return self._catalogs[engine, variant]

    def _side(self, engine: str, variant: Variant, role: Role) -> Side:
        if (engine, variant, role) not in self._sides:
            self._sides[engine, variant, role] = open_side(self.loaded.url(engine, variant), role)
        return self._sides[engine, variant, role]


def catalog_of(url: str) -> Catalog:
    """A database's catalog."""
    with closing(open_database(url)) as database:
        return database.catalog()


@contextmanager
def findings() -> Iterator[Findings]:
    """A place for differing keys that goes with the block."""
    found = Findings()
    try:
        yield found
    finally:
        found.close()

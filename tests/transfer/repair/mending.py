"""Compares two databases, repairs the target, and says what both steps gave."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from engines.catalog import Catalog
from engines.grant import Grant
from engines.registry import open_database
from transfer.canonical.columns import ComparedTable
from transfer.compare.findings import Findings
from transfer.compare.model import Options, TableComparison
from transfer.compare.pairing import pair_catalogs
from transfer.compare.table import compare_table
from transfer.quarantined import Quarantined
from transfer.repair.model import RepairPlan, RepairResult
from transfer.repair.planning import plan_repair
from transfer.repair.run import repair
from transfer.sides.open import open_sides
from transfer.sides.side import Side

KEY = "00112233445566778899aabbccddeeff"


@dataclass
class Mending:
    """A comparison that may be repaired."""

    source_url: str
    target_url: str
    source: Side
    target: Side
    tables: list[ComparedTable]
    catalog: Catalog
    findings: Findings
    aside: dict[str, list[Quarantined]] = field(default_factory=dict)
    results: list[TableComparison] = field(default_factory=list)

    def compare(self) -> list[TableComparison]:
        """Compare at new moments."""
        self.source.refresh()
        self.target.refresh()
        options = Options(key=KEY)
        self.results = [
            compare_table(self.source, self.target, table, options, self.findings, self.aside.get(table.source, []))
            for table in self.tables
        ]
        return self.results

    def plan(self) -> RepairPlan:
        """Compare and plan."""
        self.compare()
        return plan_repair(
            self.source, self.target, self.tables, self.results, self.findings, KEY, self.catalog, self.aside
        )

    def repair(self, plan: RepairPlan, deletes: bool = False) -> RepairResult:
        """Do what was planned."""
        with closing(open_database(self.target_url)) as database:
            grant = Grant("repair", database.identity, plan.hash)
        return repair(
            plan, self.source, self.target_url, grant, self.tables, self.results, self.findings, KEY, self.catalog,
            deletes, self.aside, reader=self.target,
        )  # fmt: skip

    @property
    def equal(self) -> bool:
        """Whether a new comparison finds nothing."""
        return all(result.equal for result in self.compare())


@contextmanager
def mending(source: str, target: str, tables: list[ComparedTable] | None = None) -> Iterator[Mending]:
    """Both ends open; tables: of the live catalogs where none are given."""
    catalogs = []
    for url in (source, target):
        with closing(open_database(url)) as database:
            catalogs.append(database.catalog())
    found = pair_catalogs(catalogs[0], catalogs[1]).tables if tables is None else tables
    with open_sides(source, target) as (here, there), closing(Findings()) as findings:
        yield Mending(source, target, here, there, found, catalogs[1], findings)

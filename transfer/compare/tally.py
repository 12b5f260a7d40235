"""Counts what is seen of differing rows, and keeps those that are shown."""

from __future__ import annotations

from collections import Counter

from transfer.canonical.columns import ComparedTable
from transfer.compare.findings import Findings
from transfer.compare.model import Options, TableComparison
from transfer.compare.rows import Looked
from transfer.compare.show import Shown


class Tally:
    """What was seen of a table's differing rows."""

    def __init__(self, table: ComparedTable, options: Options) -> None:
        self.table = table
        self.shown = Shown(table, options.limit, options.values)
        self.columns: Counter[str] = Counter()
        self.looked = 0
        self.tolerated = 0
        self.settled = 0

    def take(self, looked: Looked) -> None:
        """Count rows that were looked at."""
        self.shown.take(looked)
        self.looked += sum(row.times for row in looked.rows)
        self.tolerated += looked.tolerated
        self.settled += looked.settled
        for row in looked.rows:
            for place in row.columns:
                self.columns[self.table.columns[place].name] += row.times

    def into(self, result: TableComparison, findings: Findings) -> None:
        """Write it into the table's result, with the findings' counts."""
        counts = findings.counts(self.table.name)
        result.different = counts.get("different", 0)
        result.missing = counts.get("missing", 0)
        result.extra = counts.get("extra", 0)
        result.columns = {column.name: n for column in self.table.columns if (n := self.columns[column.name])}
        result.looked = self.looked
        result.tolerated += self.tolerated
        result.settled += self.settled
        result.rows = self.shown.rows()

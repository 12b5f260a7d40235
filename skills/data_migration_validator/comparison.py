"""A comparison as it goes: both sides open, table by table."""

from __future__ import annotations

from dataclasses import dataclass, field

from skills.context import Progress, SkillContext
from transfer.canonical.columns import ComparedTable
from transfer.compare.aside_documents import entries_of
from transfer.compare.findings import Findings
from transfer.compare.model import Options, TableComparison
from transfer.compare.pairing import Pairing
from transfer.compare.table import compare_table
from transfer.quarantined import Quarantined
from transfer.sides.side import Side


@dataclass
class Comparison:
    """A comparison as it goes: both ends, what is compared, and what was found."""

    source: Side
    target: Side
    pairing: Pairing
    options: Options
    aside: list[tuple[str, Quarantined]]
    findings: Findings
    of_tables: list[TableComparison] = field(default_factory=list)

    @property
    def positions(self) -> dict[str, str]:
        """The moments of both sides."""
        return {"source": self.source.position, "target": self.target.position}

    @property
    def results(self) -> list[TableComparison]:
        """One per table of the pairing, those first that can't be compared at all."""
        return [*self.pairing.refused(self.options.level), *self.of_tables]

    @property
    def notes(self) -> dict[str, list[str]]:
        """What a person should know of how a table is compared, by table."""
        found = {name: list(notes) for name, notes in self.pairing.notes.items()}
        for side in (self.source, self.target):
            for name, why in side.momentless(self.pairing.tables).items():
                words = f"On the {side.role} it is read at no single moment: {why}; nobody may write to it meanwhile."
                found.setdefault(name, []).append(words)
        return found

    def again(self, context: SkillContext) -> None:
        """Compare everything once more, at new moments."""
        self.source.refresh()
        self.target.refresh()
        for table in self.pairing.tables:
            self.findings.clear(table.name)
        self.compare(context)

    def compare(self, context: SkillContext) -> None:
        """Compare every table."""
        tables = self.pairing.tables
        self.of_tables = []
        for number, table in enumerate(tables):
            context.progress(Progress("validate", table.name, number, len(tables)))
            self.of_tables.append(self._one(table, context))
            context.journal("table compared", _noted(self.of_tables[-1]))

    def _one(self, table: ComparedTable, context: SkillContext) -> TableComparison:
        own = entries_of(table, self.aside)
        return compare_table(
            self.source,
            self.target,
            table,
            self.options,
            self.findings,
            own,
            lambda rows: context.progress(Progress("validate", table.name, rows, None)),
            context.cancelled,
        )


def _noted(result: TableComparison) -> dict[str, object]:
    return result.model_dump(mode="json", exclude={"rows", "parts"}) | {"equal": result.equal}

"""Which table and column of the source is compared with which of the target."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from pydantic import Field

from engines.catalog import Catalog
from engines.collector import paused_collector
from engines.families import family
from engines.model import Model
from transfer.canonical.columns import ComparedTable, Role
from transfer.compare.model import Level, TableComparison
from transfer.compare.pairing_columns import Refused, paired_table
from transfer.compare.pairing_given import Given, Side, check_ignored, given_names
from transfer.compare.pairing_names import Ends, Matched, Named, match_tables
from transfer.compare.relations import UNFILLED, Relation, parts, relations, root_of

NO_COUNTERPART = "The {other} has no table or view of that name."
AMBIGUOUS = "Its name fits several on the {other}: {names}."
EMPTY = "It is a materialized view that was never filled, on neither side."
OTHER: dict[Role, Role] = {"source": "target", "target": "source"}


class Unpaired(Model):
    """A table that only one side has, or that can't be compared, and why; loses: rows may be lost with it."""

    name: str
    side: Literal["source", "target"]
    reason: str
    loses: bool = True


class Pairing(Model):
    """Tables to compare, and those that have no other side.

    problems: tables that both sides have and that can't be compared; ignored: columns left out by wish, by table;
    notes: what a person should know of how a table is compared, by table.
    """

    tables: list[ComparedTable]
    unpaired: list[Unpaired] = Field(default_factory=list)
    problems: list[Refused] = Field(default_factory=list)
    ignored: dict[str, list[str]] = Field(default_factory=dict)
    notes: dict[str, list[str]] = Field(default_factory=dict)

    def refused(self, level: Level) -> list[TableComparison]:
        """The results of the tables that can't be compared."""
        return [
            TableComparison(name=one.name, source=one.source, target=one.target, level=level, problem=one.problem)
            for one in self.problems
        ]


@paused_collector()
def pair_catalogs(
    source: Catalog, target: Catalog, names: dict[str, str] | None = None, ignored: Collection[str] = ()
) -> Pairing:
    """Pair two live catalogs by name.

    names: target names of source tables that are called otherwise there (schema.table), or of whole schemas; ignored:
    columns to leave out, as schema.table.column of the source. UsageError NAME_UNKNOWN for names that a side doesn't
    have.
    """
    if "mongodb" in (family(source.engine), family(target.engine)):
        from transfer.compare.pairing_documents import pair_documents

        return pair_documents(source, target, names, ignored)
    sides = Side(source, relations(source)), Side(target, relations(target))
    check_ignored(sides[0], frozenset(ignored))
    return _Pairer(sides[0], sides[1], frozenset(ignored)).pairing(names or {})


class _Pairer:
    def __init__(self, source: Side, target: Side, ignored: frozenset[str]) -> None:
        self.source = source
        self.target = target
        self.ignored = ignored
        self.found = Pairing(tables=[])

    def pairing(self, names: dict[str, str]) -> Pairing:
        matched = self._match(self.source, self.target, given_names(self.source, self.target, names))
        self._add_pairs(self.source, self.target, matched)
        left = matched.left(len(self.source.relations), len(self.target.relations))
        covered = self._parts("source", left[1]) | self._parts("target", left[0])
        for role, side, other, lone, doubtful in (
            ("source", self.source, self.target, left[0], matched.source_ambiguous),
            ("target", self.target, self.source, left[1], matched.target_ambiguous),
        ):
            here: Role = "source" if role == "source" else "target"
            for relation in (side.relations[number] for number in lone):
                if (here, relation.full_name) not in covered:
                    self._unpaired(here, relation, NO_COUNTERPART.format(other=OTHER[here]), relation.harmless is None)
            for number, fits in doubtful.items():
                fitting = ", ".join(sorted(other.relations[one].full_name for one in fits))
                self._unpaired(here, side.relations[number], AMBIGUOUS.format(other=OTHER[here], names=fitting), True)
            self._unread(here, side.catalog)
        self.found.tables.sort(key=lambda table: table.name)
        self.found.unpaired.sort(key=lambda one: (one.side, one.name))
        return self.found

    def _match(self, source: Side, target: Side, given: Given) -> Matched:
        ends = [
            Ends(one.catalog.engine, one.catalog.database, [Named(item.schema, item.name) for item in one.relations])
            for one in (source, target)
        ]
        return match_tables(ends[0], ends[1], given.schemas, given.pairs)

    def _add_pairs(self, source: Side, target: Side, matched: Matched) -> None:
        engines = source.catalog.engine, target.catalog.engine
        for here, there in sorted(matched.pairs):
            both = source.relations[here], target.relations[there]
            if all(relation.unreadable == UNFILLED for relation in both):
                self.found.unpaired.append(Unpaired(name=both[0].full_name, side="source", reason=EMPTY, loses=False))
                continue
            made = paired_table(*both, engines, self.ignored)
            if isinstance(made, Refused):
                self.found.problems.append(made)
                continue
            self.found.tables.append(made.table)
            if made.ignored:
                self.found.ignored[made.table.name] = made.ignored
            if made.notes:
                self.found.notes[made.table.name] = made.notes

    def _parts(self, role: Role, lone: list[int]) -> set[tuple[Role, str]]:
        """Look for partitions of one side among the tables of the other that have no counterpart yet.

        They are compared themselves, unless the table that they are a part of is compared. Gives what needs no other
        counterpart then: these tables, and the partitioned ones.
        """
        side, other = (self.source, self.target) if role == "source" else (self.target, self.source)
        ours = Side(side.catalog, parts(side.catalog))
        theirs = Side(other.catalog, [other.relations[number] for number in lone])
        if not ours.relations or not lone:
            return set()
        both = (ours, theirs) if role == "source" else (theirs, ours)
        matched = self._match(*both, Given())
        compared = {table.full_name(role) for table in self.found.tables}
        covered: set[tuple[Role, str]] = set()
        alone = []
        for pair in matched.pairs:
            part, table = pair if role == "source" else pair[::-1]
            root = root_of(side.catalog, ours.relations[part].full_name)
            covered |= {(role, root), (OTHER[role], theirs.relations[table].full_name)}
            if root not in compared:
                alone.append(pair)
        self._add_pairs(*both, Matched(pairs=alone))
        return covered

    def _unpaired(self, side: Role, relation: Relation, reason: str, loses: bool) -> None:
        reason = reason if relation.harmless is None else f"{reason} {relation.harmless}"
        self.found.unpaired.append(Unpaired(name=relation.full_name, side=side, reason=reason, loses=loses))

    def _unread(self, side: Role, catalog: Catalog) -> None:
        """Tables that a catalog couldn't describe, or may hide."""
        for part in catalog.unread:
            if part.kind == "table" or part.part.startswith("table ") or part.part == "tables and views":
                name = part.part.removeprefix("table ")
                self.found.unpaired.append(Unpaired(name=name, side=side, reason=part.reason))

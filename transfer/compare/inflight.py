"""Compares single ranges: chunks that are finished while others still copy, and targets before anything was copied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from itertools import islice
from typing import Any

from conversion.mapping import TableMapping
from engines.catalog import Catalog
from engines.connection import Reference, parse
from engines.errors import CheckFailed, DbmoError
from engines.families import family
from engines.registry import open_database
from transfer.canonical.columns import ComparedTable
from transfer.canonical.encoding import Digest, Hashing
from transfer.chunks import Chunk, integer
from transfer.compare.aside import explain
from transfer.compare.bisect import differing_hashes, found
from transfer.compare.both import Both
from transfer.compare.digests import Outcome
from transfer.compare.findings import Findings
from transfer.compare.mapped import from_mapping
from transfer.compare.model import Problem, TableComparison
from transfer.endpoints import Endpoints
from transfer.moveplan import ChunkKey, MovePlan
from transfer.quarantined import RECOGNIZED, Quarantined
from transfer.sides.open import agree_on_money, open_side
from transfer.sides.side import Side, Span
from transfer.state import State, open_chunks
from transfer.units import TableUnit

LOT = 1_000
# families whose moments another connection can't join, or only as long as nobody writes
READ_SHARED = frozenset({"mysql", "sqlite"})


class Ranges:
    """Both sides of a running migration, at one moment each, and its tables as they are compared."""

    def __init__(self, source: Side, target: Side, catalogs: tuple[Catalog, Catalog]) -> None:
        self.source = source
        self.target = target
        self._catalogs = catalogs
        self._hashing = Hashing.new()

    def on_target(self, mapping: TableMapping) -> bool:
        """Whether the target has the plan's table."""
        return any(table.full_name == mapping.target for table in self._catalogs[1].tables)

    def table(self, mapping: TableMapping, key: ChunkKey | None = None) -> ComparedTable:
        """The plan's table, cut by that key; UsageError TABLE_MISSING where it is not there."""
        return from_mapping(mapping, *self._catalogs, key=key)

    def compare(
        self, table: ComparedTable, chunks: Sequence[Chunk], aside: list[Quarantined], result: TableComparison
    ) -> TableComparison:
        """Add what the chunks' rows give on both sides to a result; chunks: ranges of the table's range column."""
        spans = [Span(integer(chunk.lower), integer(chunk.upper)) for chunk in chunks]
        return self.compare_spans(table, spans, aside, result)

    def compare_spans(
        self, table: ComparedTable, spans: Sequence[Span], aside: list[Quarantined], result: TableComparison
    ) -> TableComparison:
        """The same for parts of any kind."""
        with Both(self.source, self.target) as both, closing(Findings()) as findings:
            for span in spans:
                outcome = self._outcome(both, table, span)
                result.rows_source = (result.rows_source or 0) + outcome.rows_source
                result.rows_target = (result.rows_target or 0) + outcome.rows_target
                part = outcome.part()
                if not outcome.equal:
                    part.equal = self._explained(both, table, span, aside, findings, result)
                result.parts.append(part)
            for kind, rows in findings.counts(table.name).items():
                setattr(result, kind, rows)
        return result

    def digests(self, table: ComparedTable, source: Sequence[str], target: Sequence[str]) -> list[list[Digest]]:
        """Digests of the rows that conditions hold for, on each side: [source's, target's]."""

        def each(side: Side) -> list[Digest]:
            spans = [Span(where=(where, where)) for where in (source if side.role == "source" else target)]
            return [side.digests(table, span, self._hashing).get(0, Digest()) for span in spans]

        with Both(self.source, self.target) as both:
            return list(both.both(each))

    @property
    def families(self) -> tuple[str, str]:
        """Of source and target."""
        return family(self._catalogs[0].engine), family(self._catalogs[1].engine)

    @property
    def encoding(self) -> str | None:
        """Of the source's texts, where its engine has several."""
        return self._catalogs[0].encoding

    def _outcome(self, both: Both, table: ComparedTable, span: Span) -> Outcome:
        here, there = both.both(lambda side: side.digests(table, span, self._hashing).get(0, Digest()))
        return Outcome.of(span, here, there)

    def _explained(
        self,
        both: Both,
        table: ComparedTable,
        span: Span,
        aside: list[Quarantined],
        findings: Findings,
        result: TableComparison,
    ) -> bool:
        """Store the range's differences; whether all of them are values that were set aside."""
        before = findings.keys(table.name)
        differing = (one for each in differing_hashes(both, table, span, self._hashing) for one in found(each))
        while lot := list(islice(differing, LOT)):
            findings.add(table.name, lot)
        if aside:
            made = explain(self.source, self.target, table, findings, aside, self._hashing)
            result.set_aside += made.set_aside
            result.withheld += made.withheld
        return findings.keys(table.name) == before


@contextmanager
def open_ranges(endpoints: Endpoints, join: str | None = None, shared: Any = None) -> Iterator[Ranges]:
    """Both ends of a migration, read only.

    join: token of the snapshot that the copy reads the source at, so that what was written to the source since is no
    difference; None: a moment of now. shared: that snapshot itself, which is read where its moment can't be joined by
    another connection; it stays open.
    """
    catalogs = []
    for url in (endpoints.source, endpoints.target):
        with closing(open_database(url)) as database:
            catalogs.append(database.catalog())
    with ExitStack() as stack:
        source: Side = (
            stack.enter_context(closing(open_side(endpoints.source, "source", join)))
            if shared is None or family(parse(endpoints.source).engine) not in READ_SHARED
            else stack.enter_context(_shared(parse(endpoints.source), shared))
        )
        target = stack.enter_context(closing(open_side(endpoints.target, "target")))
        agree_on_money(source, target, endpoints.grant.stands_in)
        yield Ranges(source, target, (catalogs[0], catalogs[1]))


@contextmanager
def _shared(reference: Reference, snapshot: Any) -> Iterator[Side]:
    """A side that reads somebody else's snapshot, which is left as it was."""
    if family(reference.engine) == "mysql":
        from transfer.sides.mysql import MysqlSide

        yield MysqlSide(snapshot, "source", reference.display)
        return
    from transfer.sides.sqlite import SqliteSide

    texts = snapshot.connection.text_factory
    try:
        yield SqliteSide(snapshot, "source", reference.display)
    finally:
        snapshot.connection.text_factory = texts


def check_finished(
    plan: MovePlan, endpoints: Endpoints, state: State, join: str | None = None
) -> list[TableComparison]:
    """Compare the chunks that are finished, while others may still be copied: a result per table that has some.

    A table whose chunks can't be told apart on the target gives CHUNKS_NOT_APART until all of them are finished.
    """
    chunks = open_chunks(state)
    finished = chunks.finished()  # before the target's moment: their rows are committed
    open_tables = {chunk.table for chunk in chunks.pending()}
    open_tables |= {name for name, cut in chunks.cuts().items() if not cut.complete}
    aside = chunks.quarantined(RECOGNIZED)
    results = []
    with open_ranges(endpoints, join) as ranges:
        for mapping in plan.tables:
            own = [chunk for chunk in finished if chunk.table == mapping.source]
            if own:
                entries = [entry for name, entry in aside if name == mapping.source]
                unit = TableUnit(mapping, plan.key_of(mapping.source))
                results.append(_checked(ranges, unit, own, entries, mapping.source in open_tables))
    return results


def check_empty(plan: MovePlan, endpoints: Endpoints) -> list[TableComparison]:
    """Before the rows are copied: every row that a table of the target holds already is an extra one."""
    with open_ranges(endpoints) as ranges:
        return [_empty(ranges, mapping) for mapping in plan.tables]


def _empty(ranges: Ranges, mapping: TableMapping) -> TableComparison:
    result = _result(mapping)
    result.level = "counts"
    bare = ComparedTable(name=mapping.source, source=mapping.source, target=mapping.target, columns=[])
    try:
        result.rows_target = result.extra = ranges.target.count(bare) if ranges.on_target(mapping) else 0
    except DbmoError as error:
        result.problem = Problem.of(error)
    return result


def _checked(
    ranges: Ranges, unit: TableUnit, chunks: list[Chunk], aside: list[Quarantined], others_open: bool
) -> TableComparison:
    mapping, result = unit.mapping, _result(unit.mapping)
    try:
        table = ranges.table(mapping, unit.key)
        result.tolerances, result.uncompared = table.tolerances, table.uncompared
        if all(chunk.whole for chunk in chunks) or (unit.apart and table.range_column is not None):
            return ranges.compare(table, chunks, aside, result)
        if not others_open:
            return ranges.compare(table, [Chunk(mapping.source, 0, None, None)], aside, result)
        raise CheckFailed(
            "CHUNKS_NOT_APART",
            f"{mapping.target} has no column that tells its finished chunks from others.",
            "Compare it once all of it is copied.",
        )
    except DbmoError as error:
        result.problem = Problem.of(error)
    return result


def _result(mapping: TableMapping) -> TableComparison:
    return TableComparison(name=mapping.source, source=mapping.source, target=mapping.target, level="checksums")

"""Finds the keys that differ: by digests of parts, by counting, or by comparing all rows here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from operator import attrgetter

from transfer.canonical.columns import ComparedTable
from transfer.canonical.encoding import Hashing
from transfer.compare.bisect import bucketed_keys, differing_keys, found
from transfer.compare.both import Both, Report
from transfer.compare.digests import BUCKETS, Outcome, compared_buckets, compared_parts, spans
from transfer.compare.findings import Findings
from transfer.compare.model import Options, TableComparison
from transfer.compare.multiset import Differing
from transfer.compare.route import Route, choose_route
from transfer.compare.stream import streamed
from transfer.sides.side import Span

LOT = 20_000  # findings that are stored at once: half the time of lots of 1,000


class Locator:
    """One table's search for differing keys; counts go into the result, keys into the findings."""

    def __init__(
        self, both: Both, table: ComparedTable, options: Options, result: TableComparison, report: Report
    ) -> None:
        self.both = both
        self.table = table
        self.options = options
        self.result = result
        self.hashing = Hashing("md5", options.key) if options.key else Hashing.new()
        self.plain = False
        self._route: Route | None = None
        self._report = report
        self._source = self._target = 0

    @property
    def route(self) -> Route:
        """How parts are compared; chosen once. plain: md5 of every row, whatever would be faster."""
        if self._route is None and self.plain:
            self._route = Route(self.hashing)
        elif self._route is None:
            keyed = self.options.model_copy(update={"key": self.hashing.key})
            self._route = choose_route(self.both.source, self.both.target, self.table, keyed)
        return self._route

    def take_up(self, result: TableComparison, hashing: Hashing) -> None:
        """Go on with what an interrupted comparison had found."""
        for name in type(result).model_fields:
            setattr(self.result, name, getattr(result, name))
        self.hashing = hashing

    def by_digests(self, findings: Findings) -> None:
        """Digests of parts on both sides; only parts that differ are looked into."""
        route = self.route
        self.hashing = route.hashing
        self.result.method = route.hashing.method
        self.result.route = route.words if route.outcomes is None or not self.options.parts else "md5 of every row"
        if self.table.range_column is None:
            outcomes = compared_buckets(self.both, self.table, Span(), BUCKETS, self.hashing)
            self.store(findings, bucketed_keys(self.both, self.table, self._differing(outcomes), self.hashing))
            return
        if route.whole and self._whole_is_equal():
            return
        parts = self.spans()
        if route.outcomes is None or self.options.parts:
            outcomes = compared_parts(self.both, self.table, parts, self.hashing)
        else:
            outcomes = route.outcomes(self.both, self.table, parts)
        differing = self._differing(outcomes)
        self.store(findings, differing_keys(self.both, self.table, differing, len(parts), self.hashing))

    def _whole_is_equal(self) -> bool:
        """Whether one digest of the whole table is the same on both sides; counted only then."""
        [outcome] = compared_parts(self.both, self.table, [Span()], self.hashing)
        if outcome.equal:
            self._differing(iter([outcome]))
        return outcome.equal

    def by_stream(self, findings: Findings) -> None:
        """All rows of both sides, read and compared here."""
        self.result.method, self.result.route = "stream", "all rows of both sides read and compared here"
        for span in self.spans():
            self.both.check()
            source, target, differing = streamed(self.both, self.table, span, self.hashing)
            self.store(findings, differing)
            self._counted(source, target)

    def counts(self) -> tuple[int, int]:
        """Rows of both sides, whole."""
        source, target = self.both.both(lambda side: side.count(self.table))
        self._counted(source, target)
        return source, target

    def spans(self) -> list[Span]:
        """The table cut into ranges of about as many rows each, by what one side holds; whole without such a key."""
        if self.table.range_column is None:
            return [Span()]
        route = self.route
        return spans(self.both.one(route.bounds, lambda side: side.bounds(self.table, route.part_rows)))

    def store(self, findings: Findings, differing: Iterable[Differing]) -> None:
        """Store what keys differ, lot by lot."""
        every = (finding for one in differing for finding in found(one))
        while lot := sorted(islice(every, LOT), key=attrgetter("key")):
            findings.add(self.table.name, lot)

    def _differing(self, outcomes: Iterator[Outcome]) -> list[Outcome]:
        differing = []
        for outcome in outcomes:
            if not outcome.equal:
                differing.append(outcome)
            if self.options.parts:
                self.result.parts.append(outcome.part())
            self._counted(outcome.rows_source, outcome.rows_target)
        if self.result.rows_source is None:
            self._counted(0, 0)
        return differing

    def _counted(self, source: int, target: int) -> None:
        self._source += source
        self._target += target
        self.result.rows_source, self.result.rows_target = self._source, self._target
        self._report(self._source)

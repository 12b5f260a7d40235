"""Which finished ranges of a table no longer hold what the source holds, and how their rows are found on the target."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

from engines.errors import DbmoError, UsageError
from transfer.apart.order import Query, TargetOrder, order_of
from transfer.canonical.columns import ComparedTable
from transfer.canonical.encoding import Digest
from transfer.chunks import Bound, Chunk
from transfer.compare.inflight import Ranges
from transfer.compare.model import TableComparison
from transfer.cutting import cutter
from transfer.quarantined import Quarantined
from transfer.retry import passes
from transfer.sides.side import Span
from transfer.units import TableUnit

FEW = 8  # ranges that are looked for by a scan each
MakeIndex = Callable[[TargetOrder], None]
NO_ORDER = "the target has no order in which the bounds of its ranges ascend"
KEY_ASIDE = "values of its key were set aside"


@dataclass(frozen=True)
class Doubt:
    """Ranges of a unit that are to be copied again.

    remove: conditions of the target's rows that go: those of the ranges, and rows that are in none ("": all rows);
    None: its ranges can't be told apart there, so all of the unit is cut and copied anew, why says why.
    """

    parts: list[Chunk]
    remove: list[str] | None = None
    why: str = ""


@dataclass
class Doubts:
    """Compares finished ranges with the source's present moment.

    query: asks the target; make_index: makes an index there, by which PostgreSQL finds many ranges: while a table is
    copied it has no keys yet.
    """

    ranges: Ranges
    query: Query
    make_index: MakeIndex

    def of(self, unit: TableUnit, finished: list[Chunk], aside: list[Quarantined]) -> Doubt | None:
        """What is doubtful of a unit's finished ranges, in the order of their numbers; None: nothing.

        Nothing is known of a table or column that is gone on either side, or of a range that can't be read.
        """
        try:
            table = self.ranges.table(unit.mapping, unit.key)
            if table.uncompared:
                return Doubt(finished, None, f"column {table.uncompared[0].column} is not compared")
            return self._of(unit, table, finished, aside)
        except UsageError as error:
            return Doubt(finished, None, error.what)
        except DbmoError as error:
            if passes(error):
                raise
            return Doubt(finished, None, error.what)

    def _of(
        self, unit: TableUnit, table: ComparedTable, finished: list[Chunk], aside: list[Quarantined]
    ) -> Doubt | None:
        """First all finished ranges together, which needs no order on the target, then one by one."""
        source = cutter(self.ranges.families[0])
        wheres = [source.condition(unit.key, chunk) for chunk in finished]
        here, [whole] = self.ranges.digests(table, wheres, [""])
        if reduce(add, here, Digest()) == whole:
            return None
        keys = {column.name for column in unit.key.columns}
        moved = any(entry.column in keys for entry in aside if entry.column)
        order = None if moved else self._order(unit, table, finished)
        if order is None:
            together = _either(source.condition(unit.key, run) for run in runs(finished))
            if aside and self._explained(table, (together, ""), aside):
                return None
            return Doubt(finished, None, KEY_ASIDE if moved else NO_ORDER)
        if len(finished) > FEW and order.family == "postgresql":
            self.make_index(order)
        targets = [order.condition(chunk.lower, chunk.upper) for chunk in finished]
        _, there = self.ranges.digests(table, [], targets)
        doubtful = []
        for chunk, pair, one, other in zip(finished, zip(wheres, targets, strict=True), here, there, strict=True):
            if one != other and not (aside and self._explained(table, pair, aside)):
                doubtful.append((chunk, pair[1]))
        if len(doubtful) == len(finished):
            return Doubt(finished, [""])
        remove = [where for _, where in doubtful]
        if reduce(add, there, Digest()).rows != whole.rows:
            remove += outside(order, finished)
        return Doubt([chunk for chunk, _ in doubtful], remove) if remove else None

    def _order(self, unit: TableUnit, table: ComparedTable, finished: list[Chunk]) -> TargetOrder | None:
        return order_of(self.ranges.families, table, unit.key, finished, self.ranges.encoding, self.query)

    def _explained(self, table: ComparedTable, where: tuple[str, str], aside: list[Quarantined]) -> bool:
        """Whether rows differ by nothing but what was set aside and is still so in the source."""
        result = TableComparison(name=table.name, source=table.source, target=table.target, level="checksums")
        return self.ranges.compare_spans(table, [Span(where=where)], aside, result).equal


def runs(chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """Ranges that follow each other as one."""
    current: Chunk | None = None
    for chunk in chunks:
        if current is not None and current.upper is not None and current.upper == chunk.lower:
            current = Chunk(current.table, current.number, current.lower, chunk.upper)
        else:
            if current is not None:
                yield current
            current = chunk
    if current is not None:
        yield current


def outside(order: TargetOrder, finished: Sequence[Chunk]) -> list[str]:
    """Conditions of the rows that are in no finished range: in the gaps between them, or without a key."""
    found = [order.nulls()]
    after: Bound | None = None
    first, closed = True, True
    for run in runs(finished):
        if run.lower is not None:
            found.append(order.condition(None if first else after, run.lower))
        after, closed, first = run.upper, run.upper is not None, False
    if closed:
        found.append(order.condition(after, None))
    return found


def _either(wheres: Iterable[str]) -> str:
    """One condition of several; "" where one holds for every row."""
    terms = list(wheres)
    return "" if "" in terms else " OR ".join(f"({term})" for term in terms)

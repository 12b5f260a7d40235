"""Looks at differing rows by key: which columns differ, what is within a tolerance, what both sides hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import attrgetter

from transfer.canonical.columns import ComparedTable
from transfer.canonical.encoding import Hashing
from transfer.canonical.tolerance import within
from transfer.compare.both import Both
from transfer.compare.findings import Finding, Findings
from transfer.compare.model import Kind
from transfer.sides.side import Side, Span

LOT = 1_000  # keys of one query
LOT_BYTES = 8 << 20  # of one side's rows in memory; keys whose rows are more are asked for in smaller lots

Row = tuple[bytes | None, ...]  # canonical texts, in the order of the columns
Rows = Counter[Row]  # how often each is there
ByKey = dict[bytes, Rows]


@dataclass(frozen=True)
class Seen:
    """Differing rows as both sides hold them (None: not at all); columns: places of those that differ; times: rows."""

    kind: Kind
    key: bytes
    source: Row | None
    target: Row | None
    columns: tuple[int, ...] = ()
    times: int = 1


@dataclass
class Looked:
    """What looking at keys brought: rows that differ, rows within a tolerance, and keys whose rows are equal."""

    rows: list[Seen] = field(default_factory=list)
    tolerated: int = 0
    settled: int = 0

    def add(self, other: Looked) -> None:
        """Take in what looking at further keys brought."""
        self.rows += other.rows
        self.tolerated += other.tolerated
        self.settled += other.settled


def read_rows(
    both: Both, table: ComparedTable, keys: Sequence[bytes], hashing: Hashing
) -> Iterator[tuple[Sequence[bytes], ByKey, ByKey]]:
    """The rows with these keys on both sides, by key, in lots of keys whose rows fit into memory."""

    def read(side: Side) -> ByKey | None:
        rows: ByKey = {}
        size = 0
        with closing(both.paced(side, side.rows(table, Span(), keys, hashing))) as found:
            for key, texts in found:
                same = rows.setdefault(key, Counter())
                row = tuple(texts)
                size += 0 if row in same else sum(len(text) for text in texts if text is not None)
                same[row] += 1
                if size > LOT_BYTES and len(keys) > 1:
                    return None
        return rows

    here, there = both.both(read, paced=True)
    if here is not None and there is not None:
        yield keys, here, there
        return
    here = there = None
    middle = len(keys) // 2
    for half in (keys[:middle], keys[middle:]):
        yield from read_rows(both, table, half, hashing)


def look(both: Both, table: ComparedTable, found: Sequence[Finding], hashing: Hashing) -> Iterator[Looked]:
    """Read the rows of these findings (in the order of their keys) again and say what differs, lot by lot.

    A finding whose rows can't be read again stays what it was found to be: never equal because nothing came.
    """
    needs = {key: {f.kind: f.times for f in same} for key, same in groupby(found, attrgetter("key"))}
    for keys, here, there in read_rows(both, table, list(needs), hashing):
        looked = Looked()
        for key in keys:
            looked.add(_looked_at(table, key, needs[key], here.get(key, Counter()), there.get(key, Counter())))
        yield looked


def _looked_at(table: ComparedTable, key: bytes, needs: Mapping[Kind, int], source: Rows, target: Rows) -> Looked:
    if (needs.keys() - {"extra"} and not source) or (needs.keys() - {"missing"} and not target):
        return Looked([Seen(kind, key, None, None, times=times) for kind, times in sorted(needs.items())])
    return _left(judged(table, key, source, target), needs)


def judged(table: ComparedTable, key: bytes, source: Rows, target: Rows) -> Looked:
    """How all rows of a key differ: equal ones cancel out, the others are pairs as far as both sides have some."""
    if not table.key:
        more = source.total() - target.total()
        surplus = _first(source, more) if more > 0 else _first(target, -more)
        rows = [_alone("missing" if more > 0 else "extra", key, row, times) for row, times in surplus]
        return Looked(rows, settled=not more)
    left, right = sorted((source - target).items(), key=_order), sorted((target - source).items(), key=_order)
    looked = Looked(settled=not left and not right)
    while left and right:
        (here, many), (there, other) = left.pop(0), right.pop(0)
        times = min(many, other)
        left[:0] = [(here, many - times)] if many > times else []
        right[:0] = [(there, other - times)] if other > times else []
        beyond = _beyond(table, here, there)
        if beyond:
            looked.rows.append(Seen("different", key, here, there, beyond, times))
        else:
            looked.tolerated += times
    looked.rows += [_alone("missing", key, *row) for row in left]
    looked.rows += [_alone("extra", key, *row) for row in right]
    return looked


def _beyond(table: ComparedTable, source: Row, target: Row) -> tuple[int, ...]:
    """Places of the columns that differ by more than a tolerance."""
    pairs = enumerate(zip(table.columns, source, target, strict=True))
    return tuple(place for place, (column, a, b) in pairs if a != b and not within(column, a, b))


def _alone(kind: Kind, key: bytes, row: Row, times: int) -> Seen:
    return Seen(kind, key, row if kind == "missing" else None, row if kind == "extra" else None, times=times)


def _first(rows: Rows, times: int) -> Iterator[tuple[Row, int]]:
    """So many of the rows."""
    for row, there in rows.items():
        if times > 0:
            yield row, min(there, times)
        times -= there


def _order(item: tuple[Row, int]) -> list[bytes]:
    return [b"" if text is None else b"=" + text for text in item[0]]


def _left(looked: Looked, needs: Mapping[Kind, int]) -> Looked:
    """No more rows of a kind than are findings still: of several rows with one key some may be set aside on purpose."""
    left = dict(needs)
    rows = []
    for row in looked.rows:
        times = min(row.times, left.get(row.kind, row.times))
        if row.kind in left:
            left[row.kind] -= times
        rows += [replace(row, times=times)] if times else []
    return Looked(rows, looked.tolerated, looked.settled)


def findings_of(rows: Iterable[Seen]) -> Iterator[Finding]:
    """The findings that rows are."""
    counted: Counter[tuple[Kind, bytes]] = Counter()
    for row in rows:
        counted[row.kind, row.key] += row.times
    for (kind, key), times in counted.items():
        yield Finding(kind, key, times)


def look_at_all(
    both: Both,
    table: ComparedTable,
    findings: Findings,
    hashing: Hashing,
    take: Callable[[Looked], None],
    most: int | None = None,
) -> None:
    """Look at a table's findings lot by lot (about `most`, if so), correct them by what is seen, and hand that on."""
    at = 0
    for lot in findings.lots(table.name, LOT if most is None else min(LOT, most)):
        known: list[Finding] = []
        for looked in look(both, table, lot, hashing):
            known += findings_of(looked.rows)
            take(looked)
        findings.correct(table.name, lot, known)
        at += len(lot)
        if most is not None and at >= most:
            return

"""Finds, among rows without a key that only one side has, pairs that differ by no more than a tolerance."""

from __future__ import annotations

import marshal
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from transfer.canonical.columns import ComparedColumn, ComparedTable
from transfer.canonical.encoding import Texts, decode, encode
from transfer.canonical.tolerance import quantity, within
from transfer.compare.findings import Findings
from transfer.compare.locate import Locator
from transfer.compare.model import Kind
from transfer.compare.multiset import Differing, Multisets
from transfer.compare.rows import Looked, Seen, look
from transfer.compare.tally import Tally

LOT = 20_000  # keys of one query: without an index each is a scan
Named = tuple[Texts, bytes]


def match_tolerated(locator: Locator, findings: Findings, tally: Tally) -> None:
    """Take pairs within the tolerance out of the findings of a table without a key, and count them.

    Rows are paired among those whose other columns are equal, in the order of the first column with a tolerance. With
    a key this is never needed, except where the key itself has a tolerance: such rows stay missing and extra.
    """
    table = locator.table
    loose = [column for column in table.columns if column.digits is not None]
    counts = findings.counts(table.name)
    if table.key or not loose or not (counts.get("missing") and counts.get("extra")):
        return
    with Multisets() as rows:
        for lot in findings.lots(table.name, LOT):
            for row in (row for looked in look(locator.both, table, lot, locator.hashing) for row in looked.rows):
                side = rows.source if row.kind == "missing" else rows.target
                side.add([_record(table, row)] * (row.times if row.source or row.target else 0))
        for group in rows.differing():
            _forget(findings, table.name, Counter(_matched(table, loose, group)), tally)


def _record(table: ComparedTable, row: Seen) -> tuple[bytes, bytes]:
    texts = row.source if row.source is not None else row.target
    assert texts is not None
    exact = [(column, text) for column, text in zip(table.columns, texts, strict=True) if column.digits is None]
    kept = marshal.dumps((row.key, encode(table.columns, texts)))
    return encode([column for column, _ in exact], [text for _, text in exact]), kept


def _matched(table: ComparedTable, loose: list[ComparedColumn], group: Differing) -> Iterator[tuple[Kind, bytes]]:
    """Kind and key of rows that have a partner."""
    here, there = (_ordered(table, loose, side) for side in (group.source, group.target))
    for texts, key in here:
        partner = next((row for row in _near(table, loose, texts, there) if _alike(table, texts, row[0])), None)
        if partner is not None:
            there.remove(partner)
            yield "missing", key
            yield "extra", partner[1]


def _ordered(table: ComparedTable, loose: list[ComparedColumn], side: list[bytes]) -> list[Named]:
    rows = [(decode(table.columns, texts), key) for key, texts in map(marshal.loads, side)]
    return sorted(rows, key=lambda row: _first(table, loose, row[0]))


def _first(table: ComparedTable, loose: list[ComparedColumn], texts: Texts) -> Decimal:
    return quantity(loose[0], texts[table.columns.index(loose[0])])


def _near(table: ComparedTable, loose: list[ComparedColumn], texts: Texts, rows: list[Named]) -> Iterator[Named]:
    """Rows whose first quantity is within a unit; those that are too small for all that follow are dropped."""
    unit = Decimal(1).scaleb(-(loose[0].digits or 0))
    own = _first(table, loose, texts)
    small = 0
    for row in rows:
        other = _first(table, loose, row[0])
        if other > own + unit:
            break
        if other < own - unit:
            small += 1
        else:
            yield row
    del rows[:small]


def _alike(table: ComparedTable, source: Texts, target: Texts) -> bool:
    return all(within(column, a, b) for column, a, b in zip(table.columns, source, target, strict=True))


def _forget(findings: Findings, table: str, matched: Counter[tuple[Kind, bytes]], tally: Tally) -> None:
    if not matched:
        return
    tally.take(Looked(tolerated=sum(n for (kind, _), n in matched.items() if kind == "missing")))
    keys = list(dict.fromkeys(key for _, key in matched))
    before = findings.of_keys(table, keys)
    after = [replace(finding, times=finding.times - matched[finding.kind, finding.key]) for finding in before]
    findings.correct(table, before, [finding for finding in after if finding.times > 0])

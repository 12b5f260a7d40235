"""What becomes of the keys that differ: explained by the quarantine, within a tolerance, or a difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from transfer.canonical.encoding import decode
from transfer.compare.aside import explain
from transfer.compare.findings import Findings, encoded_keys
from transfer.compare.locate import Locator
from transfer.compare.matching import match_tolerated
from transfer.compare.multiset import Differing
from transfer.compare.rows import LOT, LOT_BYTES, Looked, findings_of, judged, look, look_at_all
from transfer.compare.show import KINDS
from transfer.compare.stream import streamed
from transfer.compare.tally import Tally
from transfer.quarantined import Quarantined

LOOKED = 1_000  # differing rows whose columns are counted where nobody asked for all
BY_KEY = 5_000  # keys that are looked up; of more than that, and a tenth of all rows, all rows are read instead
SCANNED = 10


def examine(locator: Locator, findings: Findings, tally: Tally, aside: list[Quarantined]) -> None:
    """Go through a table's findings; those that are no differences are removed, the others counted and shown."""
    table, result, hashing = locator.table, locator.result, locator.hashing
    if aside:
        explained = explain(locator.both.source, locator.both.target, table, findings, aside, hashing)
        result.set_aside, result.withheld = explained.set_aside, explained.withheld
    loose = any(column.digits is not None for column in table.columns)
    every = bool(table.key) and (loose or locator.options.level == "rows")
    if every and locator.options.level != "sample" and _many(locator, findings):
        _look_by_stream(locator, findings, tally)
    else:
        look_at_all(locator.both, table, findings, hashing, tally.take, None if every else LOOKED)
    match_tolerated(locator, findings, tally)
    _look_at_kinds(locator, findings, tally)


def _many(locator: Locator, findings: Findings) -> bool:
    keys = findings.keys(locator.table.name)
    return keys > BY_KEY and keys * SCANNED > (locator.result.rows_source or 0)


def _look_by_stream(locator: Locator, findings: Findings, tally: Tally) -> None:
    """Look at all findings by reading both sides whole, range by range, with all digits that they hold."""
    table = locator.table
    loose = [c if c.name in table.key else c.model_copy(update={"digits": None}) for c in table.columns]
    whole = table.model_copy(update={"columns": loose})
    for span in locator.spans():
        _, _, differing = streamed(locator.both, whole, span, locator.hashing)
        for lot in _lots(differing):
            before = findings.of_keys(table.name, [one.key for one in lot])
            known = {finding.key for finding in before}
            looked = Looked()
            for one in lot:
                if one.key in known:
                    rows = (Counter(tuple(decode(table.columns, r)) for r in side) for side in (one.source, one.target))
                    looked.add(judged(table, one.key, *rows))
            findings.correct(table.name, before, list(findings_of(looked.rows)))
            tally.take(looked)


def _lots(differing: Iterable[Differing]) -> Iterator[list[Differing]]:
    """Lots that fit into memory."""
    lot: list[Differing] = []
    size = 0
    for one in differing:
        lot.append(one)
        size += sum(map(len, one.source)) + sum(map(len, one.target))
        if len(lot) >= LOT or size > LOT_BYTES:
            yield lot
            lot, size = [], 0
    if lot:
        yield lot


def _look_at_kinds(locator: Locator, findings: Findings, tally: Tally) -> None:
    """See to it that something of every kind is shown."""
    for kind in KINDS:
        if tally.shown.lacks(kind):
            lot = list(findings.of(locator.table.name, kind, limit=tally.shown.limit))
            if lot:
                every = findings.of_keys(locator.table.name, encoded_keys(lot))
                for looked in look(locator.both, locator.table, every, locator.hashing):
                    tally.take(looked)

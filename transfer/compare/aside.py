"""Tells differences that the migration made on purpose (values and rows it set aside) from all others.

A difference is explained when the source still holds the very value that was set aside, class and bytes, and the
target holds what the migration gave it instead: NULL, the documented conversion, or no row at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from transfer.canonical.columns import ComparedTable
from transfer.canonical.encoding import Hashing
from transfer.canonical.tolerance import same
from transfer.compare.aside_entries import SetAside
from transfer.compare.aside_inside import explain_inside
from transfer.compare.aside_rows import (
    LOT,
    Explained,
    Tally,
    cut,
    key_of,
    originals_of,
    rows_of,
    store,
    tally_of,
)
from transfer.compare.findings import Findings, encoded_keys
from transfer.compare.model import Kind
from transfer.compare.originals import undigested
from transfer.quarantined import Quarantined
from transfer.sides.side import Side


def explain(
    source: Side,
    target: Side,
    table: ComparedTable,
    findings: Findings,
    aside: Collection[Quarantined],
    hashing: Hashing,
) -> Explained:
    """Take what differs on purpose out of a table's findings; how many values and rows that are.

    findings: complete, with differing rows of either side; hashing: the one that made their keys.
    """
    if table.above is not None:
        return explain_inside(source, table, findings, aside, hashing)
    made = SetAside(table, aside, source.engine == "sqlite")
    found = Explained()
    if not made or not table.locator:
        return found
    for lot in _lots(table, made, findings):
        if found.set_aside + found.withheld >= len(aside):
            break
        _explain_lot(source, target, made, findings, lot, hashing, found)
    return found


def _lots(table: ComparedTable, made: SetAside, findings: Findings) -> Iterator[list[bytes]]:
    """Keys of findings whose rows may have been set aside."""
    known = made.keys()
    if known is not None:
        yield from cut(known)
        return
    for lot in findings.lots(table.name, LOT):
        yield encoded_keys(lot)


def _explain_lot(
    source: Side,
    target: Side,
    made: SetAside,
    findings: Findings,
    keys: list[bytes],
    hashing: Hashing,
    found: Explained,
) -> None:
    table = made.table
    own = originals_of(source, made, keys, hashing)
    if not own:
        return
    here = rows_of(source, table, own, hashing, short=True)
    expected = []
    for key, raws in own.items():
        rows = here.get(key, [])
        for one in raws:
            place = made.place(rows, one.raw, one.entries)
            if place is not None:
                expected.append((key, one.given(rows.pop(place)), one.entries))
    wanted = {key_of(table, row, hashing) for _, row, _ in expected if row is not None} | set(own)
    there = rows_of(target, table, wanted, hashing, short=True)
    tally = tally_of(findings, table.name, wanted)
    for key, row, entries in expected:
        if row is None:
            if _take(tally, key, "missing"):
                found.withheld += 1
            continue
        given = key_of(table, row, hashing)
        place = next(
            (n for n, texts in enumerate(there.get(given, [])) if same(table, undigested(row, texts), texts)), None
        )
        if place is None:
            continue
        if _take(tally, key, "different") if given == key else _take_moved(tally, key, given):
            del there[given][place]
            found.set_aside += len(entries)
    found.keys |= store(findings, table.name, tally)


def _take(tally: Tally, key: bytes, kind: Kind) -> bool:
    if tally.get(key, Counter())[kind] <= 0:
        return False
    tally[key][kind] -= 1
    return True


def _take_moved(tally: Tally, key: bytes, given: bytes) -> bool:
    """A row whose key (or hash, where it has none) is another one on the target: missing here and extra there."""
    if tally.get(given, Counter())["extra"] <= 0 or not _take(tally, key, "missing"):
        return False
    return _take(tally, given, "extra")

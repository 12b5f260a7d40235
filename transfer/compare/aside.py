"""Tells differences that the migration made on purpose (values and rows it set aside) from all others.

A difference is explained when the source still holds the very value that was set aside, class and bytes, and the
target holds what the migration gave it instead: NULL, the documented conversion, or no row at all.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from transfer.canonical.columns import ComparedTable, Form
from transfer.canonical.encoding import Hashing, Texts, encode
from transfer.canonical.tolerance import within
from transfer.compare.findings import Finding, Findings, encoded_keys
from transfer.compare.model import Kind
from transfer.compare.originals import (
    Raw,
    is_original,
    is_original_row,
    locator,
    place_of,
    placed,
    rendered_from,
    stored_instead,
)
from transfer.quarantined import Quarantined
from transfer.sides.side import Side, Span

LOT = 1_000
Tally = dict[bytes, Counter[Kind]]
Owned = dict[bytes, list[tuple[Raw, dict[str, Quarantined]]]]


@dataclass
class Explained:
    """Values and rows that differ on purpose; keys: those of findings that are no differences any more."""

    set_aside: int = 0
    withheld: int = 0
    keys: set[bytes] = field(default_factory=set)


class SetAside:
    """What was set aside of one table, found by the row it was set aside of.

    classes: values of the source have classes of their own (SQLite), which its locators and originals keep.
    """

    def __init__(self, table: ComparedTable, aside: Iterable[Quarantined], classes: bool = True) -> None:
        self.table = table
        self.classes = classes
        self._rows: dict[str | tuple[str | None, ...], dict[str, Quarantined]] = {}
        for entry in aside:
            place = entry.locator if classes else place_of(entry.locator, table.numbered)
            self._rows.setdefault(place, {})[entry.column] = entry
        entries = [entry for row in self._rows.values() for entry in row.values()]
        withheld = {name for entry in entries if not entry.column for name in json.loads(entry.original)}
        self.columns = sorted({*table.locator, *(entry.column for entry in entries if entry.column), *withheld})

    def __len__(self) -> int:
        return len(self._rows)

    def of(self, raw: Raw) -> dict[str, Quarantined]:
        """Column -> what was set aside of this row of the source ('': the whole row), as far as it still holds that."""
        pairs = (raw[name] for name in self.table.locator)
        entries = self._rows.get(locator(pairs) if self.classes else placed(pairs), {})
        return {name: entry for name, entry in entries.items() if self._still(entry, raw)}

    def _still(self, entry: Quarantined, raw: Raw) -> bool:
        if entry.column:
            return entry.column in raw and is_original(entry.original, *raw[entry.column], self.classes)
        kept = json.loads(entry.original)
        return is_original_row(entry.original, {name: raw[name] for name in kept if name in raw}, self.classes)

    def given(self, texts: Texts, raw: Raw, entries: Mapping[str, Quarantined]) -> Texts | None:
        """The texts of the row as the target was given it; None for a row that was withheld."""
        if "" in entries:
            return None
        row = list(texts)
        for place, column in enumerate(self.table.columns):
            entry = entries.get(column.source.name)
            if entry is not None:
                value = raw[column.source.name][1]
                row[place] = None if entry.action == "null" else stored_instead(entry.original, column, value)
        return row

    def place(self, rows: Sequence[Texts], raw: Raw, entries: Mapping[str, Quarantined]) -> int | None:
        """Which of the rows with one key these entries are of; without a key all of them are the same.

        Of several, the first whose texts may be those of the raw values.
        """
        if len(rows) == 1 or not self.table.key or not self.classes:
            return 0 if rows else None
        places = [n for n, column in enumerate(self.table.columns) if column.source.name in entries]
        for number, texts in enumerate(rows):
            if all(rendered_from(texts[n], raw[self.table.columns[n].source.name][1]) for n in places):
                return number
        return None

    def keys(self) -> list[bytes] | None:
        """Encoded keys of these rows where their locators say them; None where the rows have to be looked for."""
        key = self.table.key_columns
        if len(key) != 1 or key[0].form is not Form.NUMBER or self.table.locator != [key[0].source.name]:
            return None
        values = [json.loads(entry.locator)[0] for row in self._rows.values() for entry in list(row.values())[:1]]
        if not all(type(value) is int for value in values):
            return None
        return [encode(key, [b"%d" % value]) for value in values]


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
        yield from _cut(known)
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
    own = _originals(source, made, keys, hashing)
    if not own:
        return
    here = _rows(source, table, own, hashing)
    expected = []
    for key, raws in own.items():
        rows = here.get(key, [])
        for raw, entries in raws:
            place = made.place(rows, raw, entries)
            if place is not None:
                expected.append((key, made.given(rows.pop(place), raw, entries), entries))
    wanted = {_key(table, row, hashing) for _, row, _ in expected if row is not None} | set(own)
    there = _rows(target, table, wanted, hashing)
    tally = _tally(findings, table.name, wanted)
    for key, row, entries in expected:
        if row is None:
            if _take(tally, key, "missing"):
                found.withheld += 1
            continue
        given = _key(table, row, hashing)
        place = next((n for n, texts in enumerate(there.get(given, [])) if _same_row(table, row, texts)), None)
        if place is None:
            continue
        if _take(tally, key, "different") if given == key else _take_moved(tally, key, given):
            del there[given][place]
            found.set_aside += len(entries)
    found.keys |= _store(findings, table.name, tally)


def _same_row(table: ComparedTable, here: Texts, there: Texts) -> bool:
    return all(within(column, a, b) for column, a, b in zip(table.columns, here, there, strict=True))


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


def _originals(
    source: Side, made: SetAside, keys: list[bytes], hashing: Hashing
) -> dict[bytes, list[tuple[Raw, dict[str, Quarantined]]]]:
    """Key -> raw values and entries of its rows of which something was set aside."""
    found: Owned = {}
    for lot in _cut(keys):
        for key, raw in source.originals(made.table, made.columns, lot, hashing):
            entries = made.of(raw)
            if entries:
                found.setdefault(key, []).append((raw, entries))
    return found


def _rows(side: Side, table: ComparedTable, keys: Iterable[bytes], hashing: Hashing) -> dict[bytes, list[Texts]]:
    found: dict[bytes, list[Texts]] = {}
    for lot in _cut(sorted(keys)):
        for key, texts in side.rows(table, Span(), lot, hashing):
            found.setdefault(key, []).append(texts)
    return found


def _key(table: ComparedTable, texts: Texts, hashing: Hashing) -> bytes:
    """The key under which findings know a row with these texts."""
    if not table.key:
        return hashing.row(encode(table.columns, texts))
    places = {column.name: place for place, column in enumerate(table.columns)}
    return encode(table.key_columns, [texts[places[name]] for name in table.key])


def _tally(findings: Findings, table: str, keys: Collection[bytes]) -> Tally:
    """Key -> kind -> times, of these keys."""
    tally: Tally = {}
    for key in keys:
        for finding in findings.of_key(table, key):
            tally.setdefault(key, Counter())[finding.kind] = finding.times
    return tally


def _store(findings: Findings, table: str, tally: Tally) -> set[bytes]:
    """Write back what remains; the keys of which nothing does."""
    left = [Finding(kind, key, times) for key, kinds in tally.items() for kind, times in (+kinds).items()]
    findings.replace(table, tally, left)
    return set(tally) - {finding.key for finding in left}


def _cut(keys: Collection[bytes]) -> Iterator[list[bytes]]:
    waiting = iter(keys)
    while lot := list(islice(waiting, LOT)):
        yield lot

"""Rows and findings by key, as what was set aside is looked up and accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from transfer.canonical.columns import ComparedColumn, ComparedTable
from transfer.canonical.encoding import Hashing, Texts, encode
from transfer.compare.aside_entries import SetAside
from transfer.compare.findings import Finding, Findings
from transfer.compare.model import Kind
from transfer.compare.originals import Raw, Short
from transfer.quarantined import Quarantined
from transfer.sides.side import Side, Span

LOT = 1_000
LONG = 2_000  # bytes above which a value is held against others by size and digest
Tally = dict[bytes, Counter[Kind]]


@dataclass(frozen=True)
class Own:
    """A row of the source of which something was set aside; instead: what the target was given, by place of column."""

    raw: Raw
    entries: dict[str, Quarantined]
    instead: dict[int, bytes | None]

    def given(self, texts: Texts) -> Texts | None:
        """The row's texts as the target was given them; None for a row that was withheld."""
        return None if "" in self.entries else [self.instead.get(n, text) for n, text in enumerate(texts)]


Owned = dict[bytes, list[Own]]


@dataclass
class Explained:
    """Values and rows that differ on purpose; keys: those of findings that are no differences any more."""

    set_aside: int = 0
    withheld: int = 0
    keys: set[bytes] = field(default_factory=set)


def originals_of(source: Side, made: SetAside, keys: list[bytes], hashing: Hashing) -> Owned:
    """Key -> its rows of which something was set aside; long values as rows_of() has them when they are short."""
    found: Owned = {}
    table = made.table
    columns = {column.source.name: column for column in table.columns}
    for lot in cut(keys):
        for key, raw in source.originals(table, made.columns, lot, hashing):
            entries = made.of(raw)
            if entries:
                instead = made.instead(raw, entries)
                held = {
                    name: (klass, _short(table, columns[name], value, hashing))
                    for name, (klass, value) in raw.items()
                    if name in columns
                }
                given = {n: _short(table, table.columns[n], text, hashing) for n, text in instead.items()}
                found.setdefault(key, []).append(Own(held, entries, given))
                del instead
            del raw  # before the next one is read
    return found


def rows_of(
    side: Side, table: ComparedTable, keys: Iterable[bytes], hashing: Hashing, short: bool = False
) -> dict[bytes, list[Texts]]:
    """Key -> texts of its rows on a side; short: of a table with a key a size and a keyed digest for each long one."""
    found: dict[bytes, list[Texts]] = {}
    for lot in cut(sorted(keys)):
        for key, texts in side.rows(table, Span(), lot, hashing):
            columns = zip(table.columns, texts, strict=True)
            row = [_short(table, column, text, hashing) for column, text in columns] if short else texts
            found.setdefault(key, []).append(row)
            del texts, columns, row  # before the next one is read
    return found


def _short(table: ComparedTable, column: ComparedColumn, value: Any, hashing: Hashing) -> Any:
    """Equal values give equal ones. A row without a key is named by the hash of all it holds, which has to stay."""
    if not table.key or column.name in table.key or column.digits is not None:
        return value
    if not isinstance(value, bytes | bytearray) or len(value) <= LONG:
        return value
    return Short.of(value, hashing.key)


def key_of(table: ComparedTable, texts: Texts, hashing: Hashing) -> bytes:
    """The key under which findings know a row with these texts."""
    if not table.key:
        return hashing.row(encode(table.columns, texts))
    places = {column.name: place for place, column in enumerate(table.columns)}
    return encode(table.key_columns, [texts[places[name]] for name in table.key])


def tally_of(findings: Findings, table: str, keys: Collection[bytes]) -> Tally:
    """Key -> kind -> times, of these keys."""
    tally: Tally = {}
    for key in keys:
        for finding in findings.of_key(table, key):
            tally.setdefault(key, Counter())[finding.kind] = finding.times
    return tally


def store(findings: Findings, table: str, tally: Tally) -> set[bytes]:
    """Write back what remains; the keys of which nothing does."""
    left = [Finding(kind, key, times) for key, kinds in tally.items() for kind, times in (+kinds).items()]
    findings.replace(table, tally, left)
    return set(tally) - {finding.key for finding in left}


def cut(keys: Collection[bytes]) -> Iterator[list[bytes]]:
    """The keys in lots."""
    waiting = iter(keys)
    while lot := list(islice(waiting, LOT)):
        yield lot

"""Rows and findings by key, as what was set aside is looked up and accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from transfer.canonical.columns import ComparedTable
from transfer.canonical.encoding import Hashing, Texts, encode
from transfer.compare.aside_entries import SetAside
from transfer.compare.findings import Finding, Findings
from transfer.compare.model import Kind
from transfer.compare.originals import Raw
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


def originals_of(source: Side, made: SetAside, keys: list[bytes], hashing: Hashing) -> Owned:
    """Key -> raw values and entries of its rows of which something was set aside."""
    found: Owned = {}
    for lot in cut(keys):
        for key, raw in source.originals(made.table, made.columns, lot, hashing):
            entries = made.of(raw)
            if entries:
                found.setdefault(key, []).append((raw, entries))
    return found


def rows_of(side: Side, table: ComparedTable, keys: Iterable[bytes], hashing: Hashing) -> dict[bytes, list[Texts]]:
    """Key -> texts of its rows on a side."""
    found: dict[bytes, list[Texts]] = {}
    for lot in cut(sorted(keys)):
        for key, texts in side.rows(table, Span(), lot, hashing):
            found.setdefault(key, []).append(texts)
    return found


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

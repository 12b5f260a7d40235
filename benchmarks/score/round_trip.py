"""There and back: what a schema lost on its way through another engine, and whether either conversion had said so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from benchmarks.score.corpus import Corpus
from benchmarks.score.listing import Listing
from benchmarks.score.outcome import Outcome, carried
from conversion.diff import diff
from conversion.differences import Difference
from engines.catalog import Catalog

PAIRS = (("mysql", "postgresql"), ("postgresql", "mysql"))
HEAD = "| schema | there and back | objects | differences | listed | unlisted | refused |"
# What holds and protects rows: may be gone or another only where the target can't have it, never by carelessness.
CORE = frozenset({"table", "column", "primary key", "nullability", "foreign key"})


@dataclass(frozen=True)
class RoundTrip:
    """A schema (`there.source`) on another engine, and what came back from there (`back.made`)."""

    there: Outcome
    back: Outcome

    @cached_property
    def differences(self) -> list[Difference]:
        """From what was to what came back."""
        return diff(self.there.source, self.back.made)

    @cached_property
    def unlisted(self) -> list[Difference]:
        """Differences that no omission, note, rename or reason of either conversion names; should be empty."""
        listing = Listing(self.there, self.back)
        return [item for item in self.differences if not listing.names(item)]

    @property
    def core(self) -> list[Difference]:
        """Tables, columns, primary keys, NOT NULL and foreign keys of the source that did not come back as they were.

        What came in addition (a computed column that an index needs) is in differences only.
        """
        return [
            item
            for item in self.differences
            if item.kind in CORE and item.detail != "added" and not _same_columns(item)
        ]

    @property
    def refused(self) -> list[str]:
        """Statements that a server refused, on either way."""
        ways = self.there, self.back
        return [f"{way.direction} {statement.id}: {words}" for way in ways for statement, words in way.refused]

    def line(self) -> str:
        """The line of the table."""
        numbers = objects(self.there.source), len(self.differences), len(self.differences) - len(self.unlisted)
        way = f"{self.there.direction} -> {self.back.target}"
        cells = [self.there.name, way, *numbers, len(self.unlisted), len(self.refused)]
        return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _same_columns(item: Difference) -> bool:
    """A primary key of the same columns, of which one side looks at the beginning of a value only."""
    before, _, after = item.detail.partition(" -> ")
    return item.kind == "primary key" and before == after


def travelled(corpus: Corpus, name: str, engine: str, other: str) -> RoundTrip:
    """The engine's schema of that name made on the other engine, and what is there made on the first again."""
    there = carried(corpus, name, corpus.catalog(name, engine), corpus.profiles(name, engine), other)
    return RoundTrip(there, carried(corpus, name, there.made, {}, engine))


def journeys(corpus: Corpus) -> Iterator[RoundTrip]:
    """Every schema that exists for both engines, from both sides."""
    for engine, other in PAIRS:
        for name in corpus.names(engine, other):
            yield travelled(corpus, name, engine, other)


def objects(catalog: Catalog) -> int:
    """Tables, columns, keys, references, checks, indexes, triggers, views, sequences, types, routines and events."""
    parts = 0
    for table in catalog.tables:
        parts += 1 + len(table.columns) + (table.primary_key is not None) + len(table.uniques) + len(table.indexes)
        parts += len(table.foreign_keys) + len(table.checks) + len(table.exclusions) + len(table.triggers)
    rest = catalog.views, catalog.sequences, catalog.types, catalog.routines, catalog.events
    return parts + sum(len(items) for items in rest)

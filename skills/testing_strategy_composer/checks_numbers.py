"""Whether the next number of every numbered column of the live target is free, or taken in the source already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engines.catalog import Catalog, Table
from engines.errors import DbmoError
from engines.full_names import column_name
from engines.protocols import Database
from skills.testing_strategy_composer.checks_target import Answer, moved, verdict
from skills.testing_strategy_composer.facts import TableOutcome
from skills.testing_strategy_composer.quoting import quoted, quoted_name

AS_IT_WAS = "taken in the source as well, whose state was copied"
UNREAD = "what is behind may be so in the source as well, which can't be read"


@dataclass(frozen=True)
class Numbered:
    """A column that an identity or a sequence of its own numbers: what it gives next, and in which steps."""

    column: str
    following: int
    step: int

    @property
    def end(self) -> str:
        """The function that gives the value up to which numbers are taken."""
        return "max" if self.step > 0 else "min"

    def is_free(self, last: int) -> bool:
        """Whether the next number is beyond the last that is there."""
        return self.following > last if self.step > 0 else self.following < last


def numbers_ahead(
    target: Database, catalog: Catalog, outcomes: list[TableOutcome], source: Database | None = None
) -> Answer:
    """Every next number is beyond the last that is there.

    A sequence that stands behind its table's numbers in the source, with the very next number, does so here too: it was
    copied as it is, and what the application makes of it stays as it was. That is told, and no failure.
    """
    behind: list[tuple[TableOutcome, Numbered, str]] = []
    found = 0
    for outcome, table in moved(catalog, outcomes):
        for one in numbered(catalog, table):
            found += 1
            last = _last(target, table, one)
            if last is not None and not one.is_free(last):
                words = f"{column_name(table.full_name, one.column)}: next {one.following}, {one.end} {last}"
                behind.append((outcome, one, words))
    if not found:
        return "not_run", "the moved tables have no numbered columns"
    if not behind:
        return verdict([], f"{found} numbered columns")
    try:
        as_it_was = _taken(source, [(outcome, one) for outcome, one, _ in behind])
    except DbmoError as error:
        return "failed", f"{verdict([words for *_, words in behind], '')[1]}; {UNREAD}: {error.code}"
    told = [words for number, (*_, words) in enumerate(behind) if number in as_it_was]
    wrong = [words for number, (*_, words) in enumerate(behind) if number not in as_it_was]
    result, evidence = verdict(wrong, f"{found} numbered columns")
    return result, f"{evidence}; {AS_IT_WAS}: {verdict(told, '')[1]}" if told else evidence


def numbered(catalog: Catalog, table: Table) -> Iterator[Numbered]:
    """The columns of a table that have a number to give."""
    sequences = {sequence.full_name: sequence for sequence in catalog.sequences}
    owned = {sequence.owned_by: sequence for sequence in catalog.sequences if sequence.owned_by}
    for column in table.columns:
        if column.identity is not None and column.identity.next_value is not None:
            own = sequences.get(column.identity.sequence or "")
            yield Numbered(column.name, column.identity.next_value, own.increment if own else 1)
            continue
        sequence = owned.get(column_name(table.full_name, column.name))
        if column.identity is None and sequence is not None and sequence.last_value is not None:
            step = sequence.increment
            yield Numbered(column.name, sequence.last_value + (step if sequence.is_called else 0), step)


def _taken(source: Database | None, behind: Sequence[tuple[TableOutcome, Numbered]]) -> set[int]:
    """The places of those that the source numbers just so, from a next number that is taken there, too."""
    if source is None:
        return set()
    catalog = source.catalog()
    tables = {table.full_name: table for table in catalog.tables}
    found = set()
    for place, (outcome, one) in enumerate(behind):
        table = tables.get(outcome.source)
        if table is not None and one in numbered(catalog, table):
            last = _last(source, table, one)
            if last is not None and not one.is_free(last):
                found.add(place)
    return found


def _last(database: Database, table: Table, one: Numbered) -> int | None:
    name = quoted(one.column, database.engine)
    value = database.query(f"SELECT {one.end}({name}) FROM {quoted_name(table.full_name, database.engine)}")[0][0]
    return None if value is None else int(value)

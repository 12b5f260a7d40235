"""What has to be done for one key, from what both sides hold of it now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from transfer.canonical.columns import ComparedTable
from transfer.canonical.tolerance import same
from transfer.compare.originals import Digest, undigested
from transfer.repair.carrying import Carried
from transfer.repair.rows import Row, differing
from transfer.repair.unholdable import Unholdable

Values = list[object]


@dataclass
class Step:
    """Rows of the target to delete, to update (with the row of the source) and to insert, of one key.

    Rows of the target have their places beyond the compared columns; columns: those in which updated rows differ.
    """

    delete: list[Row] = field(default_factory=list)
    update: list[tuple[Row, Row]] = field(default_factory=list)
    insert: list[Row] = field(default_factory=list)
    columns: set[str] = field(default_factory=set)


def step(table: ComparedTable, source: Sequence[Row], target: Sequence[Row]) -> Step:
    """Equal rows stay; of the others a row of the source replaces one of the target, the rest is too few or too many.

    Without a key nothing is updated: rows of one hash are equal, and only their number differs.
    """
    made = Step()
    left = list(target)
    open_rows: list[Row] = []
    for row in source:
        place = next(
            (n for n, other in enumerate(left) if same(table, undigested(row.texts, other.texts), other.texts)), None
        )
        if place is None:
            open_rows.append(row)
        else:
            del left[place]
    pairs = min(len(open_rows), len(left)) if table.key else 0
    for row, other in zip(open_rows[:pairs], left[:pairs], strict=True):
        row = replace(row, texts=undigested(row.texts, other.texts))
        made.update.append((other, row))
        made.columns |= differing(table, row.texts, other.texts)
    made.insert = open_rows[pairs:]
    made.delete = left[pairs:]
    return made


def values(table: ComparedTable, columns: Sequence[Carried], row: Row, only: Collection[str] | None = None) -> Values:
    """What the target is given for a source row; Unholdable names the column.

    columns: all that are carried, in whose order the row was read; only: names of those that are wanted.
    """
    compared = {column.name: text for column, text in zip(table.columns, row.texts, strict=True)}
    beyond = iter(row.beyond)
    given: Values = []
    for column in columns:
        text = next(beyond) if column.whole else compared[column.compared]
        if only is not None and column.compared not in only:
            continue
        if isinstance(text, Digest):
            raise Unholdable(f"{column.compared}: what was stored of the source's value is known by its digest alone")
        try:
            given.append(column.value(text))
        except Unholdable as error:
            raise Unholdable(f"{column.compared}: {error}") from error
    return given

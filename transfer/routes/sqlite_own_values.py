"""What SQLite itself holds of values that a MySQL server refused: a line has their text, and not their class."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from engines.sqlite.quoting import quote_identifier
from transfer.quarantined import Quarantined, with_own
from transfer.routes.sqlite_to_postgresql_exact import ExactRows, Pairs, original_value
from transfer.routes.sqlite_values_text import Value

Place = tuple[str | None, ...]  # texts of what a row was found by


def with_own_values(
    found: Sequence[Quarantined], exact: ExactRows, table: str, rowid: str | None, key: Sequence[str], range_: str
) -> list[Quarantined]:
    """Entries whose originals, locators and keys are those that SQLite's other routes write down.

    rowid: by which the entries name their rows, None where they do by the columns of key; range_: FROM and WHERE that
    give these rows, which are then read a second time. A row that is not found again stays as it was noted.
    """
    wanted = {_place(entry) for entry in found}
    if rowid is not None:
        name = quote_identifier(table)
        rows: Iterable[tuple[Place, Pairs]] = (
            (place, exact.pairs_of_one(f"FROM {name} WHERE {rowid} = {int(place[0] or 0)}", 1 << 25))
            for place in wanted
        )
    else:
        rows = _scanned(exact, key, range_)
    own = {place: pairs for place, pairs in rows if place in wanted}
    return [_entry(entry, own[_place(entry)], exact) if _place(entry) in own else entry for entry in found]


def _place(entry: Quarantined) -> Place:
    return tuple(None if value is None else str(value) for value in json.loads(entry.locator))


def _scanned(exact: ExactRows, key: Sequence[str], range_: str) -> Iterator[tuple[Place, Pairs]]:
    names = [column.source for column in exact.columns]
    for pairs in exact.pairs(range_):
        values = dict(zip(names, _columns(exact, pairs), strict=True))
        yield tuple(_text(*values[name]) for name in key), pairs


def _columns(exact: ExactRows, pairs: Pairs) -> Pairs:
    return pairs[len(exact.located) + len(exact.keys) :]


def _text(klass: str, value: Value | object) -> str | None:
    """As the line of a row has it."""
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace") if klass == "text" else f"\\x{value.hex()}"
    return None if value is None else repr(value)


def _entry(entry: Quarantined, pairs: Pairs, exact: ExactRows) -> Quarantined:
    at = exact.where(pairs)
    columns = zip(exact.columns, _columns(exact, pairs), strict=True)
    own = {column.source: {"class": klass, **original_value(value)} for column, (klass, value) in columns}
    return with_own(entry, at.locator, at.key, own)

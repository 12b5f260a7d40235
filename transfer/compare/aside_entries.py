"""What a migration set aside of one table, found by the row it was set aside of, as long as the source holds it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from transfer.canonical.columns import ComparedTable, Form
from transfer.canonical.encoding import Texts, encode
from transfer.compare.originals import (
    Raw,
    is_original,
    is_original_row,
    keeps_bytes,
    locator,
    place_of,
    placed,
    rendered_from,
    stored_instead,
)
from transfer.quarantined import Quarantined
from transfer.sides.side import SHOWN


class SetAside:
    """What was set aside of one table, found by the row it was set aside of.

    classes: values of the source have classes of their own (SQLite), which its locators and originals keep.
    """

    def __init__(self, table: ComparedTable, aside: Iterable[Quarantined], classes: bool = True) -> None:
        self.table = table
        self.classes = classes
        # several rows may have one place, where long values are told by their size: each entry says which it is of
        self._rows: dict[str | tuple[str | None, ...], dict[tuple[str, str, str], Quarantined]] = {}
        for entry in aside:
            if entry.column and keeps_bytes(entry.original):
                continue
            place = entry.locator if classes else place_of(entry.locator, table.numbered)
            self._rows.setdefault(place, {})[entry.column, entry.original, entry.action] = entry
        entries = [entry for row in self._rows.values() for entry in row.values()]
        withheld = {name for entry in entries if not entry.column for name in json.loads(entry.original)}
        self.columns = sorted({*table.locator, *(entry.column for entry in entries if entry.column), *withheld})

    def __len__(self) -> int:
        return len(self._rows)

    def of(self, raw: Raw) -> dict[str, Quarantined]:
        """Column -> what was set aside of this row of the source ('': the whole row), as far as it still holds that."""
        pairs = [raw.get(SHOWN + name, raw[name]) for name in self.table.locator]
        places = [locator(pairs)] if self.classes else [placed(pairs), placed(pairs, sizes=True)]
        entries = next((self._rows[place] for place in places if place in self._rows), {})
        return {entry.column: entry for entry in entries.values() if self._still(entry, raw)}

    def _still(self, entry: Quarantined, raw: Raw) -> bool:
        if entry.column:
            return entry.column in raw and is_original(entry.original, *raw[entry.column], self.classes)
        kept = json.loads(entry.original)
        return is_original_row(entry.original, {name: raw[name] for name in kept if name in raw}, self.classes)

    def given(self, texts: Texts, raw: Raw, entries: Mapping[str, Quarantined]) -> Texts | None:
        """The texts of the row as the target was given it; None for a row that was withheld."""
        instead = self.instead(raw, entries)
        return None if "" in entries else [instead.get(place, text) for place, text in enumerate(texts)]

    def instead(self, raw: Raw, entries: Mapping[str, Quarantined]) -> dict[int, bytes | None]:
        """Place of a column -> the text of what the target was given instead of its value."""
        found: dict[int, bytes | None] = {}
        for place, column in enumerate(self.table.columns):
            entry = entries.get(column.source.name)
            if entry is not None:
                value = raw[column.source.name][1]
                found[place] = None if entry.action == "null" else stored_instead(entry.original, column, value)
        return found

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

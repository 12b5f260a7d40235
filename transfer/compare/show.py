"""The differing rows that are shown: a few of every kind, in the order of their keys, long values cut."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from heapq import nsmallest
from operator import itemgetter

from transfer.canonical.columns import ComparedTable, Form
from transfer.canonical.encoding import decode, shown
from transfer.canonical.rendered import APART
from transfer.compare.model import Kind, RowDifference
from transfer.compare.rows import Looked, Seen

SHOWN_BYTES = 1_000  # of one value
BEFORE = 40  # bytes that are shown before the first difference of long values
Place = list[tuple[bool, Decimal, bytes]]
KINDS: tuple[Kind, ...] = ("different", "missing", "extra")


class Shown:
    """Chooses among the rows that are looked at; limit: how many may be shown, values: with what they hold."""

    def __init__(self, table: ComparedTable, limit: int, values: bool) -> None:
        self.table = table
        self.limit = limit
        self.values = values
        self._rows: dict[Kind, list[tuple[Place, RowDifference]]] = {kind: [] for kind in KINDS}

    def take(self, looked: Looked) -> None:
        """Keep what may be shown: those with the smallest keys."""
        for kind, kept in self._rows.items():
            found = [(self._place(row), row) for row in looked.rows if row.kind == kind]
            chosen = nsmallest(self.limit, found, key=itemgetter(0))
            told = [(place, difference(self.table, row, self.values)) for place, row in chosen]
            self._rows[kind] = nsmallest(self.limit, [*kept, *told], key=itemgetter(0))

    def lacks(self, kind: Kind) -> bool:
        """Whether no row of this kind was taken yet."""
        return self.limit > 0 and not self._rows[kind]

    def rows(self) -> list[RowDifference]:
        """At most `limit` rows; no kind is crowded out by the others."""
        left, share = self.limit, dict.fromkeys(KINDS, 0)
        while left and any(share[kind] < len(rows) for kind, rows in self._rows.items()):
            for kind, rows in self._rows.items():
                if left and share[kind] < len(rows):
                    share[kind] += 1
                    left -= 1
        return [row for kind in KINDS for _, row in self._rows[kind][: share[kind]]]

    def _place(self, row: Seen) -> Place:
        if self.table.key:
            columns, texts = self.table.key_columns, decode(self.table.key_columns, row.key)
        else:
            columns, texts = self.table.columns, list(row.source or row.target or ())
        return [_order(column.form, text) for column, text in zip(columns, texts, strict=False)]


def _order(form: Form, text: bytes | None) -> tuple[bool, Decimal, bytes]:
    if text is not None and form in (Form.NUMBER, Form.SINGLE):
        try:
            number = Decimal(text.decode())
            return (True, number, b"") if number.is_finite() else (True, Decimal(0), text)
        except (InvalidOperation, UnicodeDecodeError):
            pass
    return text is not None, Decimal(0), text or b""


def difference(table: ComparedTable, row: Seen, values: bool) -> RowDifference:
    """A row as results tell it: of one without a key all values are its key."""
    names = [column.name for column in table.columns]
    columns = [names[n] for n in row.columns]
    found = RowDifference(kind=row.kind, key=_key(table, row, values), columns=columns)
    if not values or not table.key:
        return found
    wanted = [n for n, name in enumerate(names) if name in columns or row.kind != "different"]
    pairs = {names[n]: _both(table.columns[n].form, row, n) for n in wanted}
    if row.source is not None:
        found.source = {name: pair[0] for name, pair in pairs.items()}
    if row.target is not None:
        found.target = {name: pair[1] for name, pair in pairs.items()}
    return found


def _key(table: ComparedTable, row: Seen, values: bool) -> dict[str, str | None]:
    if table.key:
        texts = decode(table.key_columns, row.key)
        return {c.name: _cut(readable(c.form, text)) for c, text in zip(table.key_columns, texts, strict=True)}
    whole = row.source if row.source is not None else row.target
    if whole is None or not values:
        return {"(hash of the row)": row.key.hex()}
    return {c.name: _cut(readable(c.form, text)) for c, text in zip(table.columns, whole, strict=True)}


def readable(form: Form, text: bytes | None) -> bytes | None:
    """A canonical text as people can read it."""
    if text is not None and form is Form.BSON:
        from transfer.canonical.values_mongodb import shown as extended_json

        return extended_json(text).encode(errors="backslashreplace")
    if text is not None and form is Form.DYNAMIC and text.startswith(b"blob "):
        return b"blob " + text.removeprefix(b"blob ").hex().encode()
    return None if text is None else text.removeprefix(APART)


def _both(form: Form, row: Seen, place: int) -> tuple[str | None, str | None]:
    here, there = (readable(form, None if side is None else side[place]) for side in (row.source, row.target))
    start = 0
    if here is not None and there is not None and max(len(here), len(there)) > SHOWN_BYTES:
        start = max(0, _common(here, there) - BEFORE)
    return _cut(here, start), _cut(there, start)


def _common(here: bytes, there: bytes) -> int:
    """Bytes that both begin with."""
    low, high = 0, min(len(here), len(there))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if here[low:middle] == there[low:middle] else (low, middle - 1)
    return low


def _cut(text: bytes | None, start: int = 0) -> str | None:
    """A value for people; of a long one a window, with its whole length said."""
    if text is None or len(text) <= SHOWN_BYTES:
        return shown(text)
    window = shown(text[start : start + SHOWN_BYTES])
    return f"{'…' if start else ''}{window}… ({len(text)} bytes{f', from byte {start}' if start else ''})"

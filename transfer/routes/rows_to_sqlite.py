"""Rows into SQLite: a source's values as SQLite's own classes, large ones in pieces, others set aside by the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

from conversion.mapping import ColumnMapping
from engines.postgresql.snapshot import PostgresqlSnapshot
from engines.sqlite.writer import Large, SqliteWriter, weight
from transfer.chunks import Chunk
from transfer.moveplan import MovePlan, Unholdable
from transfer.routes.policy import Judge, Refused, RowWithheld
from transfer.routes.route import Copied, Pace, Route
from transfer.routes.texts import text_original
from transfer.units import TableUnit, Unit

WIDE = 1 << 18  # bytes of a value from which on it is read in pieces
MOST = 110_000_000  # bytes of the large values of a row: SQLite holds a row twice while it is inserted
KEPT = 1 << 20  # bytes of a large text that is written down whole when it is set aside
VALUE_WEIGHT = 8  # bytes of a number

Values = tuple[Any, ...]


class ReadRow(NamedTuple):
    """A row as the source gives it: its values, what finds it again, and a mark where large values were left out."""

    values: Values
    key: Values
    mark: Any = None


class RowSource(Protocol):
    """The rows of one table of a source, as values that the driver gives."""

    @property
    def columns(self) -> Sequence[ColumnMapping]:
        """Those that are copied."""
        ...

    def batches(self, chunk: Chunk) -> Iterator[list[ReadRow]]:
        """The rows of a range, a few hundred KB at a time; a value above WIDE bytes is None and its row is marked."""
        ...

    def converter(self, place: int) -> Callable[[Any], Any] | None:
        """What makes SQLite's value of a column's, None where it is that already; Refused where there is none."""
        ...

    def original(self, place: int, value: Any) -> dict[str, Any]:
        """A value as JSON that loses nothing."""
        ...

    def located(self, row: ReadRow) -> tuple[str, str]:
        """Locator and key of a row, as Quarantined has them."""
        ...

    def large(self, row: ReadRow) -> dict[int, Large | Refused]:
        """The values that were left out of a marked row, by their columns' places, to be taken in their order."""
        ...


def open_route(plan: MovePlan, unit: Unit, snapshot: Any, writer: Any) -> Route:
    """See transfer.routes.route."""
    assert isinstance(unit, TableUnit)
    judge = Judge(unit.mapping, plan.policy())
    if isinstance(snapshot, PostgresqlSnapshot):
        from transfer.routes.rows_to_sqlite_postgresql import PostgresqlRows

        return RowsToSqlite(PostgresqlRows(snapshot, unit), writer, judge)
    from transfer.routes.rows_to_sqlite_within import SqliteToSqlite

    return SqliteToSqlite(unit, snapshot, writer, judge)


class RowsToSqlite:
    """Rows of one table, by INSERT."""

    def __init__(self, source: RowSource, writer: SqliteWriter, judge: Judge) -> None:
        self.source, self.writer, self.judge = source, writer, judge
        self.columns = source.columns
        self.names = [column.target for column in source.columns]
        self.converters = [source.converter(place) for place in range(len(source.columns))]
        self.required = [place for place, column in enumerate(source.columns) if not column.nullable]

    def copy(self, chunk: Chunk, into: Any, pace: Pace) -> Copied:
        """See Route."""
        self.judge.found = []
        rows = size = 0
        for batch in self.source.batches(chunk):
            read = weight([row.values for row in batch], VALUE_WEIGHT)
            pace(read)
            rows += self._load(into, batch)
            size += read
            for row in batch:
                if row.mark is not None:
                    written = self._wide(into, row, pace)
                    rows += written is not None
                    size += written or 0
        return Copied(rows, size, self.judge.found)

    def _load(self, into: Any, batch: Sequence[ReadRow]) -> int:
        plain = [row for row in batch if row.mark is None]
        try:
            rows = self._converted([row.values for row in plain])
        except Refused:
            rows = [made for row in plain if (made := self._exact(row)) is not None]
        return self.writer.load(into, self.judge.table.target, self.names, [rows]).rows if rows else 0

    def _converted(self, rows: list[Values]) -> list[Values]:
        """Rows as SQLite takes them; Refused where one of the values has to be looked at."""
        if not rows or not (self.required or any(self.converters)):
            return rows
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        if any(None in columns[place] for place in self.required):
            raise Refused("wrong_class", "NULL")
        for place, convert in enumerate(self.converters):
            if convert is not None:
                columns[place] = [None if value is None else convert(value) for value in columns[place]]
        return list(zip(*columns, strict=True))

    def _exact(self, row: ReadRow, large: Mapping[int, Large | Refused] | None = None) -> Values | None:
        """A row value by value; None when it is withheld. large: values that are not looked at, by their places."""
        made: list[Any] = []
        try:
            for place, value in enumerate(row.values):
                made.append(None if place in (large or {}) else self._value(place, value, row))
        except RowWithheld as why:
            self._withhold(row, str(why), large)
            return None
        return tuple(made)

    def _value(self, place: int, value: Any, row: ReadRow) -> Any:
        column, convert = self.columns[place], self.converters[place]
        try:
            if value is None and not column.nullable:
                raise Refused("wrong_class", "NULL in a column that must have a value")
            return convert(value) if convert is not None and value is not None else value
        except Refused as refused:
            return self.judge.settle(column, refused, *self.source.located(row), self.source.original(place, value))

    def _wide(self, into: Any, row: ReadRow, pace: Pace) -> int | None:
        """Insert a row with large values; its bytes, None when it is withheld."""
        large = self.source.large(row)
        made = self._exact(row, large)
        if made is None:
            return None
        values: list[Any] = list(made)
        try:
            for place, value in self._fitting(large).items():
                if isinstance(value, Refused):
                    located = self.source.located(row)
                    values[place] = self.judge.settle(self.columns[place], value, *located, unread(value))
                else:
                    values[place] = value
        except RowWithheld as why:
            self._withhold(row, str(why), large)
            return None
        pace(sum(value.size for value in values if isinstance(value, Large)))
        return self.writer.insert_row(into, self.judge.table.target, self.names, values)

    def _fitting(self, large: dict[int, Large | Refused]) -> dict[int, Large | Refused]:
        """The same, the largest refused until the rest can be inserted."""
        found = dict(large)
        while sum(value.size for value in found.values() if isinstance(value, Large)) > MOST:
            sizes = {place: value.size for place, value in found.items() if isinstance(value, Large)}
            place = max(sizes, key=lambda n: sizes[n])
            found[place] = TooWide(sizes[place])
        return found

    def _withhold(self, row: ReadRow, why: str, large: Mapping[int, Large | Refused] | None = None) -> None:
        pairs = zip(self.columns, enumerate(row.values), strict=True)
        originals = {column.source: self.source.original(place, value) for column, (place, value) in pairs}
        originals |= {self.columns[place].source: unread(value) for place, value in (large or {}).items()}
        self.judge.withhold(*self.source.located(row), why, originals)


class LargeKept(Refused):
    """A large text that the target can't hold; original: all of it up to KEPT bytes, above that size and digest."""

    def __init__(self, kind: Unholdable, reason: str, pieces: Iterator[bytes]) -> None:
        super().__init__(kind, reason)
        text, size, digest = b"", 0, sha256()
        for piece in pieces:
            size += len(piece)
            digest.update(piece)
            text = text + piece if size <= KEPT else b""
        told = {"class": "text", "bytes": size, "sha256": digest.hexdigest()}
        self.original: dict[str, Any] = told if size > KEPT else dict(text_original(text))


class TooWide(Refused):
    """A value that is larger than a row of SQLite is given."""

    def __init__(self, size: int) -> None:
        super().__init__("wide_row", f"a value of {size:,} bytes in a row of more than {MOST:,} bytes")
        self.size = size


def unread(value: Large | Refused) -> dict[str, Any]:
    """What is kept of a value that was not taken: what its reader kept, else its size, or what it is larger than."""
    if isinstance(value, LargeKept):
        return value.original
    above = getattr(value, "above", None)
    return (
        {"class": "unread", "bytes_above": above}
        if above
        else {"class": "unread", "bytes": getattr(value, "size", None)}
    )

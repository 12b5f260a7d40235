"""Rows into SQLite: a source's values as SQLite's own classes, large ones in pieces, others set aside by the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from conversion.mapping import ColumnMapping
from engines.full_names import parts
from engines.postgresql.snapshot import PostgresqlSnapshot
from engines.sqlite.blobs import may_check
from engines.sqlite.writer import Large, SqliteWriter, raw_connection, weight
from transfer.chunks import Chunk
from transfer.moveplan import MovePlan
from transfer.routes.policy import Judge, Refused, RowWithheld
from transfer.routes.route import Copied, Pace, Route
from transfer.routes.rows_to_sqlite_checked import CheckFailed, attempted
from transfer.routes.rows_to_sqlite_large import MOST, TooWide, unread
from transfer.units import TableUnit, Unit

WIDE = 1 << 18  # bytes of a value from which on it is read in pieces
VALUE_WEIGHT = 8  # bytes of a number
NO_LABEL = "no label of the enum"

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
        self.checks: bool | None = None  # of the target's table, once that was asked
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
            made = list(zip(plain, self._converted([row.values for row in plain]), strict=True))
        except Refused:
            made = [(row, values) for row in plain if (values := self._exact(row)) is not None]
        try:
            return self._inserted(into, [values for _, values in made])
        except CheckFailed:
            return sum(self._checked(into, row, values) for row, values in made)

    def _inserted(self, into: Any, rows: list[Values]) -> int:
        """All of them; CheckFailed."""
        if not rows:
            return 0
        with attempted(into, self._may_check(into)):
            return self.writer.load(into, self.judge.table.target, self.names, [rows]).rows

    def _may_check(self, into: Any) -> bool:
        if self.checks is None:
            self.checks = may_check(raw_connection(into), parts(self.judge.table.target)[1])
        return self.checks

    def _checked(self, into: Any, row: ReadRow, values: Values) -> int:
        """Insert a row that a check may refuse: without what is no label of an enum, or not at all."""
        try:
            return self._inserted(into, [values])
        except CheckFailed:
            pass
        try:
            return self._inserted(into, [self._labelled(row, values)])
        except RowWithheld as why:
            self._withhold(row, str(why))
        except CheckFailed as error:
            self._refused(row, str(error))
        return 0

    def _labelled(self, row: ReadRow, values: Values) -> Values:
        """The row without the '' that MySQL stores for a wrong label."""
        made = list(values)
        for place, column in enumerate(self.columns):
            if column.route == "enum" and values[place] == "":
                original = self.source.original(place, row.values[place])
                located = self.source.located(row)
                made[place] = self.judge.settle(column, Refused("malformed", NO_LABEL), *located, original)
        return tuple(made)

    def _refused(self, row: ReadRow, words: str, large: Mapping[int, Large | Refused] | None = None) -> None:
        """Set a row aside that a check refuses as it is."""
        self.judge.allow("malformed", words, self.source.located(row)[1])
        self._withhold(row, words, large)

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
        try:
            with attempted(into, self._may_check(into)):
                return self.writer.insert_row(into, self.judge.table.target, self.names, values)
        except CheckFailed as error:
            self._refused(row, str(error), large)
            return None

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

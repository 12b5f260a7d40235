"""SQLite to MySQL and MariaDB: the lines that SQLite writes for PostgreSQL, where MySQL reads them alike.

Tables with a column that has to be converted value by value are read row by row; a row that is too large for a block is
loaded by itself, in pieces.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from typing import Any

from conversion.mapping import ColumnMapping
from engines.full_names import parts
from engines.mysql import load_text
from engines.mysql.quoting import quote_name
from engines.sqlite.quoting import quote_identifier
from engines.sqlite.snapshot import SqliteSnapshot
from transfer.chunks import Chunk
from transfer.cutting.sqlite import condition, order
from transfer.moveplan import MovePlan
from transfer.quarantined import Quarantined
from transfer.routes.lines_to_mysql import LinesToMysql
from transfer.routes.mysql_fields import Field
from transfer.routes.policy import Judge, Refused, RowWithheld
from transfer.routes.route import Copied, Pace
from transfer.routes.sqlite_for_mysql import BYTES, mysql_converter, one_by_one, wrap_of
from transfer.routes.sqlite_own_values import with_own_values
from transfer.routes.sqlite_to_postgresql import rowid_of
from transfer.routes.sqlite_to_postgresql_exact import ExactRows, Located
from transfer.routes.sqlite_to_postgresql_ordered import OrderedBlocks
from transfer.routes.sqlite_to_postgresql_ranges import RangeBlocks
from transfer.routes.sqlite_values_text import Value
from transfer.units import TableUnit

PIECE = 1 << 18
WHOLE = 1 << 24  # the most of a value that is converted in memory
TEXT_ROUTES = frozenset({"text", "text_any"})


def open_route(plan: MovePlan, unit: TableUnit, snapshot: SqliteSnapshot, writer: Any) -> SqliteToMysql:
    """See transfer/routes/route.py."""
    return SqliteToMysql(plan, unit, snapshot, writer)


class SqliteToMysql:
    """The route of one table."""

    def __init__(self, plan: MovePlan, unit: TableUnit, snapshot: SqliteSnapshot, writer: Any) -> None:
        self.plan, self.unit, self.snapshot = plan, unit, snapshot
        self.name = parts(unit.mapping.source)[1]
        self.rowid = rowid_of(snapshot, self.name)
        alias = unit.mapping.source_key
        columns = list(unit.mapping.copied)
        self.by_rowid = self.rowid is not None and (
            unit.key.kind != "columns" or [column.name for column in unit.key.columns] == [alias]
        )
        self.hidden = self.by_rowid and alias not in {column.source for column in columns}
        if self.hidden and self.rowid is not None:  # a field that only names the row
            columns.append(_rowid_column(self.rowid))
        self.ranges = self.ordered = None
        self.slow = any(one_by_one(column) for column in columns)
        if self.by_rowid and self.rowid is not None:
            self.ranges = RangeBlocks(snapshot, self.name, columns, self.rowid, alias)
            self.order = list(self.ranges.order)
        else:
            self.ordered = OrderedBlocks(snapshot, unit)
            self.order = list(self.ordered.order)
        self.located = unit.mapping.locator_columns or ([self.rowid] if self.rowid else [])
        fields = [_field(column, self.rowid) for column in self.order]
        # the columns by which a line names its row
        self.named = (
            [self.rowid] if self.hidden and self.rowid else [alias] if self.by_rowid else unit.mapping.key_columns
        )
        self.lines = LinesToMysql(plan, unit, writer, fields, located=self.named)
        self.wide: list[int] = []

    def copy(self, chunk: Chunk, into: Any, pace: Pace) -> Copied:
        """See transfer/routes/route.py."""
        judge = Judge(self.unit.mapping, self.plan.policy())
        exact = ExactRows(self.snapshot, judge, self.order, self.located)
        exact.converters = [mysql_converter(column) for column in self.order]
        self.wide = []
        with closing(self._lines(chunk, exact)) as blocks:
            copied = self.lines.copy(blocks, into, pace)
        if copied.quarantined:
            copied = Copied(copied.rows, copied.bytes, self._owned(copied.quarantined, exact, chunk))
        for number in self.wide:
            copied = self._one(number, copied, exact, chunk, into, pace)
        return Copied(copied.rows, copied.bytes, [*judge.found, *copied.quarantined])

    def _owned(self, found: list[Quarantined], exact: ExactRows, chunk: Chunk) -> list[Quarantined]:
        """What the server refused, as SQLite has it."""
        rowid = self.rowid if self.by_rowid else None
        return with_own_values(found, exact, self.name, rowid, self.named, self._source(chunk))

    def _lines(self, chunk: Chunk, exact: ExactRows) -> Generator[bytes, None, None]:
        if self.slow and self.ranges is None:
            yield from exact.blocks(self._source(chunk))
        elif self.slow and self.ranges is not None:
            # the ranges find rows that are too large; every block of theirs goes the exact way
            self.ranges.unreadable = True
            yield from self.ranges.blocks(chunk, exact, self)  # type: ignore[arg-type]
        elif self.ranges is not None:
            yield from self.ranges.blocks(chunk, exact, self)  # type: ignore[arg-type]
        elif self.ordered is not None:
            yield from self.ordered.blocks(chunk, exact)

    def _source(self, chunk: Chunk) -> str:
        where, by = condition(self.unit.key, chunk), order(self.unit.key)
        source = f"FROM {quote_identifier(self.name)}" + (f" WHERE {where}" if where else "")
        return source + (f" ORDER BY {by}" if by else "")

    def blocks(self, number: int) -> Iterator[bytes]:
        """What the ranges call for a row that is too large for a block: it is loaded when the others are."""
        self.wide.append(number)
        return iter(())

    def _one(self, number: int, copied: Copied, exact: ExactRows, chunk: Chunk, into: Any, pace: Pace) -> Copied:
        """A row of large values by a LOAD DATA of its own."""
        key = {self.located[0]: number}
        run = self.lines.run(into)
        target = self.lines.target
        try:
            cells = [self._cell(column, number) for column in self.order]
            written = [self._written(place, cell, exact, number, key) for place, cell in enumerate(cells)]
        except RowWithheld as why:
            run.withhold_wide(key, str(why))
            return _joined(copied, Copied(0, 0, run.judge.found))
        if not target.local_infile:
            run.withhold_wide(key, "a row of many megabytes, and the target takes no LOAD DATA LOCAL")
            return _joined(copied, Copied(0, 0, run.judge.found))
        statement = run.loader.load_statement(
            quote_name(target.schema, target.name), "binary", self.lines.wraps_of_bytes()
        )
        run.loader.settle(run.connection)
        attempt = self.lines.load_alone(run, statement, self._pieces(written, number, pace))
        run.loader.unsettle(run.connection)
        if attempt.troubles:
            run.withhold_wide(key, f"a row of many megabytes: {attempt.troubles[-1].words}")
        return _joined(copied, Copied(attempt.rows, attempt.bytes, run.judge.found))

    def _cell(self, column: ColumnMapping, number: int) -> tuple[str, int, Value]:
        """Class and bytes of a value, and itself where it is a number."""
        name = column.source if column.target == "" else quote_identifier(column.source)
        plain = f"CASE WHEN typeof({name}) IN ('integer', 'real') THEN {name} END"
        found = self.snapshot.first(
            f"SELECT typeof({name}), {plain} FROM {quote_identifier(self.name)} WHERE {self.rowid} = ?", (number,)
        )
        assert found is not None
        klass = bytes(found[0]).decode()
        if klass not in ("text", "blob"):
            return klass, 0, found[1]
        return klass, self.snapshot.size(self.name, column.source, number), None

    def _written(
        self, place: int, cell: tuple[str, int, Value], exact: ExactRows, number: int, key: Mapping[str, Any]
    ) -> bytes | str:
        """The text of a small value; of a large one the name of its column, to be read in pieces."""
        column, (klass, size, value) = self.order[place], cell
        at = Located(f"[{number}]", str(dict(key)))
        direct = klass == "blob" or exact.utf8
        fits = (klass == "blob" and column.route in BYTES) or (
            klass == "text" and (column.route in TEXT_ROUTES or column.route == "bytea_any")
        )
        if size > PIECE and direct and fits:
            return column.source
        try:
            if size > WHOLE:
                raise Refused("wide_row", f"a {klass} of {size:,} bytes, which can't be converted in pieces")
            if klass in ("text", "blob"):
                pieces = self.snapshot.pieces(self.name, column.source, number, PIECE)
                value = exact.value(klass.encode(), b"".join(pieces))
            if column.route in BYTES and isinstance(value, bytes) and klass in ("blob", "text"):
                exact.one(place, klass, value)
                return load_text.escaped(value)  # the bytes, not their digits
            return exact.one(place, klass, value)
        except Refused as refused:
            return exact.settle(column, refused, at, {"class": klass, "bytes": size})

    def _pieces(self, written: list[bytes | str], number: int, pace: Pace) -> Iterator[bytes]:
        for place, found in enumerate(written):
            if place:
                yield load_text.TAB
            if isinstance(found, bytes):
                yield from self.lines.watched(place, [found])
                continue
            for piece in self.lines.watched(place, self.snapshot.pieces(self.name, found, number, PIECE)):
                pace(len(piece))
                yield load_text.escaped(piece)
        yield load_text.END


def _rowid_column(rowid: str) -> ColumnMapping:
    return ColumnMapping(
        source=rowid, target="", source_type="INTEGER", target_type="bigint", route="integer", reason="", nullable=False
    )


def _field(column: ColumnMapping, rowid: str | None) -> Field:
    if column.target == "":
        return Field(None, "", name=rowid or "")
    return Field(column, "", wrap_of(column), name=column.source, nullable=column.nullable)


def _joined(one: Copied, other: Copied) -> Copied:
    return Copied(one.rows + other.rows, one.bytes + other.bytes, one.quarantined + other.quarantined)

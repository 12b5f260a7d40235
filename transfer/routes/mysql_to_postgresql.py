"""MySQL and MariaDB rows into PostgreSQL: the source's server writes them, the client only proves and escapes.

Where each column has a binary form, rows are sent in it, which costs the target half; else, and where a range holds a
row that the form isn't right for, as lines of text.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg

from conversion.postgresql_types import base_name
from engines.chained import chained
from engines.columns import Kind
from engines.full_names import parts
from engines.mysql.quoting import quote_identifier, quote_name
from engines.mysql.snapshot import MysqlSnapshot
from engines.mysql.types import logical_type
from engines.postgresql.copying import HEADER, TRAILER
from engines.postgresql.writer import PostgresqlWriter
from transfer.chunks import Chunk
from transfer.moveplan import MovePlan
from transfer.routes.mysql_apart import RowsApart
from transfer.routes.mysql_column import Column
from transfer.routes.mysql_columns import written
from transfer.routes.mysql_exact import ExactRows
from transfer.routes.mysql_facts import Facts, facts
from transfer.routes.mysql_lines import Care, Lines, Unproved, block, check_wide
from transfer.routes.mysql_packed import packed, proved, row
from transfer.routes.mysql_read import Reader
from transfer.routes.mysql_values import converter
from transfer.routes.mysql_wide import WideRows
from transfer.routes.policy import Judge
from transfer.routes.postgresql_asked import Asked, asking
from transfer.routes.postgresql_halves import added
from transfer.routes.route import Copied, Pace
from transfer.routes.texts import Convert
from transfer.units import TableUnit, Unit

WIDE_BYTES = 1_000_000  # of large values in one row; more are read in pieces
PACKET_PARTS = 8  # of max_allowed_packet that a line may take: hex doubles it, a conversion may take four times as much
CERTAIN = frozenset({"integer", "boolean", "bit_boolean", "bit_integer", "bit", "bytea"})  # never asked about
MISSES = 3  # ranges that the binary form wasn't right for, until a table is only read as text
SAVEPOINT = "SAVEPOINT dbmo_range"  # sent with the COPY; the commit releases it
LABELS = "SELECT enumlabel FROM pg_catalog.pg_enum WHERE enumtypid = pg_catalog.to_regtype(%s)"


@dataclass
class Read:
    """What was read of a range: rows that are to arrive, and how many wide ones are still to be read."""

    rows: int = 0
    wide: int = 0


def open_route(plan: MovePlan, unit: Unit, snapshot: MysqlSnapshot, writer: PostgresqlWriter) -> MysqlToPostgresql:
    """See transfer/routes/route.py."""
    assert isinstance(unit, TableUnit)
    return MysqlToPostgresql(plan, unit, snapshot, writer)


class MysqlToPostgresql:
    """One table. A range that PostgreSQL refuses as plain lines is copied again with more care, from a savepoint."""

    def __init__(self, plan: MovePlan, unit: TableUnit, snapshot: MysqlSnapshot, writer: PostgresqlWriter) -> None:
        self.plan, self.unit, self.snapshot, self.writer = plan, unit, snapshot, writer
        self.table = unit.mapping
        live = facts(snapshot, self.table.source, [table.source for table in plan.tables])
        columns = [
            Column(column, logical_type(column.source_type), live.columns[column.source], snapshot.server.is_mariadb)
            for column in self.table.copied
        ]
        self.columns = [written(column) for column in columns]
        nullable = [live.columns[column.source].nullable for column in self.table.copied]
        self.large = [live.columns[column.source].large for column in self.table.copied]
        self.wide = self._wide(live)
        self.lines = Lines(self.columns, nullable, unit.key, self.wide)
        self.reader = Reader(snapshot, quote_name(*parts(self.table.source)), unit.key, self.table.rows)
        self.converters = [self._converter(place) for place in range(len(self.columns))]
        self.packed = self._packed(columns)
        self.care = Care.PLAIN if self.packed is None else Care.PACKED
        self.misses = 0

    def copy(self, chunk: Chunk, into: Any, pace: Pace) -> Copied:
        """See transfer/routes/route.py."""
        care, apart = self.care, False
        while True:
            try:
                if care is Care.PACKED:
                    return self._copy_packed(chunk, into, pace)
                return (self._copy_apart if apart else self._copy)(chunk, into, pace, care)
            except psycopg.errors.ProgramLimitExceeded:
                self.snapshot.recover()
                if apart:
                    raise
                self.writer.run(into, f"ROLLBACK TO {SAVEPOINT}")
                care, apart = max(care, Care.EXACT), True
            except (psycopg.DataError, Unproved):
                self.snapshot.recover()
                if care is Care.ASKED and apart:
                    raise
                self.writer.run(into, f"ROLLBACK TO {SAVEPOINT}")
                if care is Care.ASKED:
                    apart = True  # a row in pieces, of which no value can be asked about
                    continue
                self._learn(care)
                care = Care(care + 1)

    def _learn(self, refused: Care) -> None:
        """What the next range begins with: the binary form until it was wrong a few times."""
        if refused is Care.PACKED:
            self.misses += 1
            self.care = Care.PACKED if self.misses < MISSES else Care.PLAIN
        elif self.care is not Care.PACKED:
            self.care = max(self.care, min(Care(refused + 1), Care.CAREFUL))

    def _copy_packed(self, chunk: Chunk, into: Any, pace: Pace) -> Copied:
        assert self.packed is not None
        read, names = Read(), [column.target for column in self.table.copied]
        with closing(self._packed_blocks(self.packed, chunk, read, pace)) as blocks:
            loaded = self.writer.load(into, self.table.target, names, blocks, (SAVEPOINT,), "binary")
        if loaded.rows != read.rows:
            raise Unproved
        return Copied(loaded.rows, loaded.bytes, [])

    def _packed_blocks(self, row: str, chunk: Chunk, read: Read, pace: Pace) -> Generator[bytes, None, None]:
        with closing(self.reader.blocks(row, chunk, b"")) as blocks:
            yield HEADER
            for block, rows in blocks:
                read.rows += rows
                if block:
                    pace(len(block))
                    yield block
            yield TRAILER

    def _packed(self, columns: Sequence[Column]) -> str | None:
        """SQL of a row in PostgreSQL's binary form; None where a column has none, or a type isn't the plan's.

        Of a number that is wider than its planned type only the last bytes would be written.
        """
        types = self.writer.relation(self.table.target).types
        forms = []
        for column, how in zip(columns, self.columns, strict=True):
            if types.get(column.mapping.target) != base_name(column.target):
                return None
            # MariaDB's JSON is a LONGTEXT with a check
            if column.type.kind is not Kind.JSON and column.type != logical_type(column.live.native):
                return None
            forms.append(packed(column, how))
        found = [form for form in forms if form is not None]
        if len(found) < len(forms) or not forms or not proved(self.snapshot):
            return None
        guards = [guard for guard in (self.wide, *(how.guard for how in self.columns)) if guard]
        return row(found, " OR ".join(f"({guard})" for guard in guards) or None)

    def _copy(self, chunk: Chunk, into: Any, pace: Pace, care: Care) -> Copied:
        exact = self._exact(care)
        names = [column.target for column in self.table.copied]
        read = Read()
        with closing(self._blocks(chunk, exact, care, read, pace)) as blocks:
            loaded = self.writer.load(into, self.table.target, names, blocks, (SAVEPOINT,))
        if loaded.rows != read.rows:
            raise Unproved
        if read.wide:
            pieces, order = self._pieces(exact)
            with closing(pieces.blocks(pieces.sql(self.reader.rows_of(chunk, self.wide)), pace)) as blocks:
                loaded = added(loaded, self.writer.load(into, self.table.target, order, blocks))
            check_wide(pieces.found, read.wide, self.table.source)
        return Copied(loaded.rows, loaded.bytes, exact.judge.found)

    def _copy_apart(self, chunk: Chunk, into: Any, pace: Pace, care: Care) -> Copied:
        """Rows are loaded so that one which is too wide is told from the others."""
        exact = self._exact(care)
        apart = RowsApart(self.writer, exact)
        loaded = apart.rows(self.reader, self.lines, chunk, into, pace)
        if apart.wide:
            pieces, order = self._pieces(exact)
            sql = pieces.sql(self.reader.rows_of(chunk, self.wide))
            loaded = added(loaded, apart.large(pieces, sql, order, into, pace))
            check_wide(pieces.found, apart.wide, self.table.source)
        return Copied(loaded.rows, loaded.bytes, exact.judge.found)

    def _exact(self, care: Care) -> ExactRows:
        judge = Judge(self.table, self.plan.policy())
        return ExactRows(self.table, self.unit.key, self._converters(care), judge)

    def _pieces(self, exact: ExactRows) -> tuple[WideRows, list[str]]:
        """What reads rows too large for a line, and the target's columns in its order."""
        order = sorted(range(len(self.columns)), key=lambda place: self.large[place])
        names = [column.target for column in self.table.copied]
        return WideRows(self.snapshot, self.columns, self.large, order, exact), [names[place] for place in order]

    def _blocks(
        self, chunk: Chunk, exact: ExactRows, care: Care, read: Read, pace: Pace
    ) -> Generator[bytes, None, None]:
        columns = len(self.columns)
        with closing(self.reader.blocks(self.lines.sql(care), chunk)) as blocks:
            for lines, rows in blocks:
                found = block(lines)
                text = found.text
                read.wide += found.wide
                read.rows += rows - found.wide
                if found.exact:
                    made = [exact.line(values[:columns], values[columns:]) for values in found.exact]
                    text += b"".join(line for line in made if line is not None)
                    read.rows -= made.count(None)
                if text:
                    pace(len(text))
                    yield text

    def _wide(self, live: Facts) -> str | None:
        """SQL that is true for a row that one line can't hold."""
        limit = min(WIDE_BYTES, live.packet // PACKET_PARTS)
        large = [column for column in self.table.copied if live.columns[column.source].large]
        if sum(live.columns[column.source].octets for column in large) <= limit:
            return None
        sizes = [f"IFNULL(LENGTH({quote_identifier(column.source)}), 0)" for column in large]
        return f"{chained('+', sizes)} > {limit}"

    def _converter(self, place: int) -> Convert:
        column = self.table.copied[place]
        labels = None
        if column.route == "enum":
            labels = frozenset(str(row[0]) for row in self.writer.query(LABELS, (column.target_type,))) or None
        return converter(column, labels)

    def _converters(self, care: Care) -> list[Convert]:
        if care is not Care.ASKED:
            return self.converters
        target, pairs = Asked(self.writer), zip(self.table.copied, self.converters, strict=True)
        return [convert if column.route in CERTAIN else asking(target, column, convert) for column, convert in pairs]

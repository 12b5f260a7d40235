"""MySQL and MariaDB to each other: the source's server writes lines, the target's LOAD DATA reads them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from engines.chained import chained
from engines.full_names import parts
from engines.mysql import load_text
from engines.mysql.load import ANY_DATE
from engines.mysql.quoting import quote_identifier, quote_name
from engines.mysql.snapshot import MysqlSnapshot
from transfer.chunks import Chunk
from transfer.moveplan import MovePlan
from transfer.routes.lines_to_mysql import LinesToMysql
from transfer.routes.mysql_facts import Facts, facts
from transfer.routes.mysql_fields import hexed_original
from transfer.routes.mysql_for_mysql import as_stored, fields, in_hex, line, translated
from transfer.routes.mysql_lines import DELIMITER, END, WIDE, Unproved, constant, copy_text
from transfer.routes.mysql_own_texts import OwnTexts
from transfer.routes.mysql_read import Reader
from transfer.routes.mysql_staged import Stage
from transfer.routes.mysql_wide_to_mysql import WideRows
from transfer.routes.route import Copied, Pace
from transfer.units import TableUnit

WIDE_BYTES = 1_000_000  # of large values in one row; more are read in pieces
PACKET_PARTS = 8  # of max_allowed_packet that a line may take: hex doubles it, a conversion may take four times as much
ROWS, SIZE = 1_000, 4_000_000  # of a list of rows whose values are looked at one by one


def open_route(plan: MovePlan, unit: TableUnit, snapshot: MysqlSnapshot, writer: Any) -> MysqlToMysql:
    """See transfer/routes/route.py."""
    return MysqlToMysql(plan, unit, snapshot, writer)


@dataclass
class Read:
    """What was read of a range: rows that are too large for a line, and are still to be read."""

    wide: int = 0


class MysqlToMysql:
    """The route of one table."""

    def __init__(self, plan: MovePlan, unit: TableUnit, snapshot: MysqlSnapshot, writer: Any) -> None:
        self.unit, self.snapshot = unit, snapshot
        mapping = unit.mapping
        self.live = live = facts(snapshot, mapping.source, [table.source for table in plan.tables])
        target = writer.load_target(parts(mapping.target)[1])
        self.fields = fields(mapping.copied, unit.key, mapping.key_columns, live, target, snapshot.server)
        self.lines = LinesToMysql(plan, unit, writer, self.fields, ANY_DATE, target)
        self.wide = self._wide(live)
        self.reader = Reader(snapshot, quote_name(*parts(mapping.source)), unit.key, mapping.rows)
        self.line = line(self.fields)
        if self.wide is not None:
            self.line = f"IF({self.wide}, {constant(WIDE)}, {self.line})"
        self.stored = [as_stored(item, live, target) for item in self.fields]
        self.translated = [translated(item, live, target) for item in self.fields]
        in_bytes = {item.name for item in self.fields if item.mapping and item.original is hexed_original}
        charsets = {name: charset for name in in_bytes if (charset := live.columns[name].charset) is not None}
        self.own = OwnTexts(snapshot, mapping, unit.key, charsets, live.packet)
        self.proved = True  # until a text was found that its own character set doesn't have

    def copy(self, chunk: Chunk, into: Any, pace: Pace) -> Copied:
        """See transfer/routes/route.py."""
        if self.lines.target.transactional:
            return self._copied(chunk, into, pace, None)
        with Stage(self.lines, into) as stage:
            copied = self._copied(chunk, into, pace, stage)
            stage.store(chunk, copied.rows)
        return copied

    def _copied(self, chunk: Chunk, into: Any, pace: Pace, stage: Stage | None) -> Copied:
        loader, read = stage.loader() if stage else None, Read()
        if self.proved:
            into.exec_driver_sql("SAVEPOINT dbmo_range")
            try:
                with closing(self._blocks(chunk, read)) as blocks:
                    copied = self.lines.copy(blocks, into, pace, loader)
            except Unproved:
                self.snapshot.recover()
                into.exec_driver_sql("ROLLBACK TO SAVEPOINT dbmo_range")
                if stage is not None:
                    stage.clear()
                self.proved = False
        if not self.proved:
            read = Read()
            with closing(self._exact(chunk, read)) as blocks:
                copied = self.lines.copy(blocks, into, pace, loader)
        copied = Copied(copied.rows, copied.bytes, self.own.of(copied.quarantined))
        if self.wide is None:
            return copied
        loader = loader or self.lines.loader
        wide = WideRows(self.snapshot, self.fields, self.stored, self.translated, self.lines, loader, self.live)
        return wide.add(copied, read.wide, into, pace, self.reader.rows_of(chunk, self.wide))

    def _blocks(self, chunk: Chunk, read: Read) -> Generator[bytes, None, None]:
        """Lines of the range; Unproved at a block that isn't what its lines should be."""
        between = len(self.fields) - 1
        with closing(self.reader.blocks(self.line, chunk)) as blocks:
            for found, rows in blocks:
                lines = found
                if self.wide is not None and WIDE in lines:
                    kept = [line for line in lines.split(END)[:-1] if line != WIDE]
                    read.wide += rows - len(kept)
                    lines, rows = END.join([*kept, b""]) if kept else b"", len(kept)
                if lines.count(DELIMITER) != rows * between or lines.count(END) != rows:
                    raise Unproved
                if lines:
                    yield copy_text(lines)

    def _exact(self, chunk: Chunk, read: Read) -> Generator[bytes, None, None]:
        """The same with every value in hex, so that any bytes are told from separators."""
        wide = self.wide or "0"
        reads = ", ".join(f"IF({wide}, NULL, {in_hex(item)})" for item in self.fields)
        sql = f"SELECT {wide}, {reads} {self.reader.rows_of(chunk)}"
        with closing(self.snapshot.rows(sql, ROWS, SIZE)) as batches:
            for rows in batches:
                narrow = [row[1:] for row in rows if row[0] == b"0"]
                read.wide += len(rows) - len(narrow)
                yield b"".join(
                    load_text.written([None if value is None else bytes.fromhex(value.decode()) for value in row])
                    for row in narrow
                )

    def _wide(self, live: Facts) -> str | None:
        """SQL that is true for a row that one line can't hold."""
        limit = min(WIDE_BYTES, live.packet // PACKET_PARTS)
        large = [item.name for item in self.fields if live.columns[item.name].large]
        if sum(live.columns[name].octets for name in large) <= limit:
            return None
        return f"{chained('+', [f'IFNULL(LENGTH({quote_identifier(name)}), 0)' for name in large])} > {limit}"

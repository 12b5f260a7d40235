"""Rows of MySQL that are too large for a line: read from the socket in pieces and loaded while they are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from engines.mysql import load_text
from engines.mysql.fast_pieces import PieceStream
from engines.mysql.load import STORED, Loader
from engines.mysql.quoting import quote_name
from engines.mysql.snapshot import MysqlSnapshot
from transfer.routes.lines_to_mysql import AS_UTF8, NO_BYTES, LinesToMysql
from transfer.routes.mysql_fields import Field
from transfer.routes.mysql_for_mysql import UNHEX
from transfer.routes.mysql_lines import check_wide, key_value
from transfer.routes.mysql_marks import NO_CODE_POINTS
from transfer.routes.mysql_run import Run
from transfer.routes.route import Copied, Pace


@dataclass
class WideRows:
    """The wide rows of a range; reads: SQL of what every field's column is to hold; translated: those in UTF-8."""

    snapshot: MysqlSnapshot
    fields: Sequence[Field]
    reads: Sequence[str]
    translated: Sequence[bool]
    lines: LinesToMysql
    loader: Loader

    def add(self, copied: Copied, expected: int, into: Any, pace: Pace, rows: str) -> Copied:
        """What was copied, with the wide rows; rows: FROM and WHERE that find them, expected: how many those are."""
        run = self.lines.run(into, self.loader)
        key = self.lines.unit.key.columns
        guards = " OR ".join(item.guard for item in self.fields if item.guard)
        reads = [*(key_value(column) for column in key), guards or "0", *self.reads]
        statement, found = self._statement(), 0
        self.loader.settle(run.connection)
        with closing(self.snapshot.pieces(f"SELECT {', '.join(reads)} {rows}")) as streams:
            for stream in streams:
                found += 1
                located = {column.name: _text(stream.whole()) for column in key}
                if stream.whole() == b"1":
                    run.withhold_wide(located, f"a row of many megabytes with {NO_CODE_POINTS}")
                else:
                    self._one(run, stream, statement, located, pace)
        check_wide(found, expected, self.lines.unit.name)
        self.loader.unsettle(run.connection)
        return Copied(copied.rows + run.rows, copied.bytes + run.size, copied.quarantined + run.judge.found)

    def _one(self, run: Run, stream: PieceStream, statement: bytes, key: dict[str, Any], pace: Pace) -> None:
        if not self.lines.target.local_infile:
            run.withhold_wide(key, "a row of many megabytes, and the target takes no LOAD DATA LOCAL")
            return
        attempt = self.lines.load_alone(run, statement, self._line(stream, pace))
        if attempt.troubles:
            run.withhold_wide(key, f"a row of many megabytes: {attempt.troubles[-1].words}")
        run.rows, run.size = run.rows + attempt.rows, run.size + attempt.bytes

    def _line(self, stream: PieceStream, pace: Pace) -> Iterator[bytes]:
        for number, _ in enumerate(self.fields):
            if number:
                yield load_text.TAB
            size = stream.size()
            if size is None:
                yield load_text.NULL
                continue
            for piece in self.lines.watched(number, stream.pieces(size)):
                pace(len(piece))
                yield load_text.escaped(piece)
        yield load_text.END

    def _statement(self) -> bytes:
        """Bytes go into the columns as they are: what a function makes may be no larger than max_allowed_packet."""
        wraps = []
        for item, translated in zip(self.fields, self.translated, strict=True):
            wrap = STORED if item.wrap == UNHEX else item.wrap
            type_ = self.lines.target.types.get(item.mapping.target) if item.mapping else None
            wraps.append(AS_UTF8 if translated or type_ in NO_BYTES else self.lines.strict(item, wrap))
        target = self.lines.target
        return self.loader.load_statement(self.loader.table or quote_name(target.schema, target.name), "binary", wraps)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="backslashreplace")

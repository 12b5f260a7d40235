"""Rows of MySQL that are too large for a line: read from the socket in pieces and loaded while they are read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

from engines.mysql import load_text
from engines.mysql.fast_pieces import PieceStream
from engines.mysql.load import STORED, Loader
from engines.mysql.quoting import quote_name
from engines.mysql.snapshot import MysqlSnapshot
from transfer.routes.lines_to_mysql import AS_UTF8, NO_BYTES, LinesToMysql
from transfer.routes.mysql_facts import Facts
from transfer.routes.mysql_fields import Field
from transfer.routes.mysql_for_mysql import UNHEX
from transfer.routes.mysql_lines import check_wide, key_value
from transfer.routes.mysql_marks import NO_CODE_POINTS
from transfer.routes.mysql_measured import Told, measuring
from transfer.routes.mysql_run import SHOWN, Run
from transfer.routes.route import Copied, Pace

Withhold = Callable[[str], None]  # sets the row that is read aside, for a reason


@dataclass
class WideRows:
    """The wide rows of a range; reads: SQL of what every field's column is to hold; translated: those in UTF-8."""

    snapshot: MysqlSnapshot
    fields: Sequence[Field]
    reads: Sequence[str]
    translated: Sequence[bool]
    lines: LinesToMysql
    loader: Loader
    facts: Facts

    def add(self, copied: Copied, expected: int, into: Any, pace: Pace, rows: str) -> Copied:
        """What was copied, with the wide rows; rows: FROM and WHERE that find them, expected: how many those are."""
        run = self.lines.run(into, self.loader)
        key = self.lines.unit.key.columns
        measured = [] if key else measuring(self.fields, self.facts)
        guards = " OR ".join(item.guard for item in self.fields if item.guard)
        named = [*(key_value(column) for column in key), *(sql for one in measured for sql in one.reads)]
        reads = [*named, guards or "0", *self.reads]
        statement, found = self._statement(), 0
        self.loader.settle(run.connection)
        with closing(self.snapshot.pieces(f"SELECT {', '.join(reads)} {rows}")) as streams:
            for stream in streams:
                found += 1
                if key:
                    located = {column.name: _text(stream.whole()) for column in key}
                    withhold: Withhold = partial(run.withhold_wide, located)
                else:
                    told = [one.taken(stream) for one in measured]
                    withhold = partial(self._whole, run, told, len(copied.quarantined) + found)
                if stream.whole() == b"1":
                    withhold(f"a row of many megabytes with {NO_CODE_POINTS}")
                else:
                    self._one(run, stream, statement, withhold, pace)
        check_wide(found, expected, self.lines.unit.name)
        self.loader.unsettle(run.connection)
        return Copied(copied.rows + run.rows, copied.bytes + run.size, copied.quarantined + run.judge.found)

    def _one(self, run: Run, stream: PieceStream, statement: bytes, withhold: Withhold, pace: Pace) -> None:
        if not self.lines.target.local_infile:
            withhold("a row of many megabytes, and the target takes no LOAD DATA LOCAL")
            return
        attempt = self.lines.load_alone(run, statement, self._line(stream, pace))
        if attempt.troubles:
            withhold(f"a row of many megabytes: {attempt.troubles[-1].words}")
        run.rows, run.size = run.rows + attempt.rows, run.size + attempt.bytes

    def _whole(self, run: Run, told: Sequence[Told], number: int, reason: str) -> None:
        """Set a row without a key aside: by all its values, large ones by their digests, and a number of its own."""
        mapping = self.lines.unit.mapping
        names, places = [column.source for column in mapping.copied], [place for _, place in told]
        by_name = dict(zip(names, places, strict=True))
        people = {name: by_name[name] for name in mapping.key_columns if name in by_name}
        key = json.dumps(people or [place and place[:SHOWN] for place in places], ensure_ascii=False)
        run.judge.allow("wide_row", reason, key)
        originals = dict(zip(names, (original for original, _ in told), strict=True))
        run.judge.withhold(json.dumps([*places, number], ensure_ascii=False), key, reason, originals)

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

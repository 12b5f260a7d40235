"""Rows that are too large for a line: their large values go through in pieces, the others like all exact ones."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from conversion.postgresql_types import base_name
from engines.mysql.fast_pieces import PieceStream
from engines.mysql.snapshot import MysqlSnapshot
from engines.postgresql.copying import COPY_NULL, copy_text_escaped
from transfer.moveplan import Unholdable
from transfer.routes.mysql_columns import Written
from transfer.routes.mysql_exact import ExactRows
from transfer.routes.mysql_lines import key_value
from transfer.routes.policy import Judge, Refused, RowWithheld
from transfer.routes.route import Pace, paced

LARGEST = 1_000_000_000  # bytes of a line of COPY that PostgreSQL takes: it reads it into a buffer of 1 GB
WHOLE = frozenset({"text", "json"})  # routes whose large values travel as they are, escaped
HEXED = frozenset({"bytea", "text_bytes", "wkb"})  # and those that travel in hex
NUL = "NUL in text"
TOO_LARGE = "the row is larger than PostgreSQL takes"


@dataclass
class WideRows:
    """The wide rows of a range, with small values first and large ones behind: order has the columns' places so."""

    snapshot: MysqlSnapshot
    columns: Sequence[Written]
    large: Sequence[bool]
    order: Sequence[int]
    exact: ExactRows
    found: int = 0  # rows that were read
    _last: tuple[list[bytes | None], list[list[bytes | None]], str, str] | None = None

    def sql(self, rows: str) -> str:
        """Key, small values, then of every large one its size, digest and whether it needs a look, then themselves."""
        key = [key_value(column) for column in self.exact.key.columns]
        small = [self.columns[place].exact for place in self.small]
        facts = []
        for place in self.big:
            written = self.columns[place]
            nul, guard = written.careful or "0", written.guard or "0"
            digest = f"IF(({nul}) OR ({guard}), MD5({written.exact}), NULL)"
            facts += [f"LENGTH({written.exact})", digest, nul, guard]
        big = [self.columns[place].exact for place in self.big]
        return f"SELECT {', '.join([*key, *small, *facts, *big])} {rows}"

    @property
    def small(self) -> list[int]:
        """Places of the columns whose values are small."""
        return [place for place in self.order if not self.large[place]]

    @property
    def big(self) -> list[int]:
        """Places of the others."""
        return [place for place in self.order if self.large[place]]

    def blocks(self, sql: str, pace: Pace) -> Generator[bytes, None, None]:
        """COPY text in pieces."""
        with closing(self.rows(sql, pace)) as rows:
            for row in rows:
                yield from row

    def rows(self, sql: str, pace: Pace) -> Generator[Iterator[bytes], None, None]:
        """The same row by row, each to be read to its end before the next one."""
        with closing(self.snapshot.pieces(sql)) as rows:
            for stream in rows:
                self.found += 1
                yield paced(self._row(stream), pace)

    def refuse(self, reason: str, why: Unholdable = "wide_row") -> None:
        """Set the row that was read last aside, or end the copy, as the policy of that kind says."""
        assert self._last is not None
        values, facts, locator, key = self._last
        self.exact.judge.allow(why, reason, key)
        self._withhold(values, facts, reason, locator, key)

    def _row(self, stream: PieceStream) -> Generator[bytes, None, None]:
        """The row's line; nothing at all when it is withheld."""
        key = [stream.whole() for _ in self.exact.key.columns]
        small = [stream.whole() for _ in self.small]
        facts = [[stream.whole() for _ in range(4)] for _ in self.big]
        values: list[bytes | None] = [None] * len(self.columns)
        for place, value in zip(self.small, small, strict=True):
            values[place] = value
        located = self.exact.locate(values, key)
        self._last = values, facts, *located
        table = self.exact.table.copied
        try:
            head = [
                self.exact.value(table[place], self.exact.converters[place], values[place], *located)
                for place in self.small
            ]
            kept = [self._kept(place, fact, *located) for place, fact in zip(self.big, facts, strict=True)]
            if self._size(facts) > LARGEST:
                self.exact.judge.allow("wide_row", TOO_LARGE, located[1])
                raise RowWithheld(TOO_LARGE)
        except RowWithheld as withheld:
            self._withhold(values, facts, str(withheld), *located)
            return
        yield b"\t".join(head)
        for number, (place, stored) in enumerate(zip(self.big, kept, strict=True)):
            if head or number:
                yield b"\t"
            yield from self._value(stream, place, stored)
        yield b"\n"

    def _size(self, facts: Sequence[Sequence[bytes | None]]) -> int:
        """Bytes of the large values in COPY text, their escapes aside."""
        growth = [2 if self.exact.table.copied[place].route in HEXED else 1 for place in self.big]
        return sum(int(fact[0] or 0) * times for fact, times in zip(facts, growth, strict=True))

    def _kept(self, place: int, fact: list[bytes | None], locator: str, key: str) -> bool:
        """Whether a large value goes through; False where NULL is stored instead."""
        column, (size, _, nul, guard) = self.exact.table.copied[place], fact
        if size is None:
            if not column.nullable:
                raise RowWithheld(f"{column.source}: NULL in a column that must have a value")
            return True
        refused: Refused | None = None
        if column.route not in WHOLE | HEXED or base_name(column.target_type) in ("uuid",) or guard not in (b"0", None):
            refused = Refused("wide_row", f"a value of {int(size):,} bytes that has to be looked at as a whole")
        elif nul not in (b"0", None):
            refused = (
                Refused("nul_in_text", NUL, b"")
                if column.route == "text"
                else Refused("wide_row", f"JSON of {int(size):,} bytes with escapes that have to be looked at")
            )
        if refused is None:
            return True
        return self.exact.judge.settle(column, refused, locator, key, _shown(fact)) is not None

    def _value(self, stream: PieceStream, place: int, stored: bool) -> Iterator[bytes]:
        size = stream.size()
        if size is None:
            yield COPY_NULL
            return
        pieces = stream.pieces(size)
        if not stored:
            for _ in pieces:
                pass
            yield COPY_NULL
        elif self.exact.table.copied[place].route in HEXED:
            yield b"\\\\x"
            yield from (piece.hex().encode() for piece in pieces)
        else:
            yield from (copy_text_escaped(piece.replace(b"\0", b"")) for piece in pieces)

    def _withhold(
        self, values: Sequence[bytes | None], facts: list[list[bytes | None]], reason: str, locator: str, key: str
    ) -> None:
        judge: Judge = self.exact.judge
        self.exact.withhold(values, reason, locator, key)
        sizes = ", ".join(str(int(fact[0] or 0)) for fact in facts)
        entry = judge.found.pop()
        kept = json.loads(entry.original)
        kept |= {self.exact.table.copied[n].source: _shown(fact) for n, fact in zip(self.big, facts, strict=True)}
        told = {"reason": f"{reason} (large values of {sizes} bytes)", "original": json.dumps(kept, ensure_ascii=False)}
        judge.found.append(type(entry)(**{**entry.__dict__, **told}))


def _shown(fact: Sequence[bytes | None]) -> dict[str, Any]:
    """What is written down of a large value: how long it is, and its digest where it was looked at."""
    size, digest = fact[:2]
    if size is None:
        return {"class": "null"}
    return {"class": "text", "bytes": int(size)} | ({"md5": digest.decode()} if digest else {})

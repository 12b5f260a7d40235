"""Rows of SQLite as COPY text one by one, each value with its class, under the policies of the plan."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conversion.mapping import ColumnMapping
from engines.postgresql.copying import COPY_NULL, copy_text_escaped
from engines.sqlite.quoting import quote_identifier
from engines.sqlite.rowid import ROWIDS
from engines.sqlite.snapshot import SqliteSnapshot, TooLarge
from transfer.moveplan import Unholdable
from transfer.routes.policy import Judge, Refused, RowWithheld
from transfer.routes.sqlite_values import converter
from transfer.routes.sqlite_values_text import Convert, Value

BLOCK_BYTES = 1 << 18
CLASSES = {ord(name[0]): name for name in ("null", "integer", "real", "text", "blob")}
TOGETHER = 200  # classes in one column of a result, which has 2,000 at most; an expression is at most 1,000 deep


@dataclass(frozen=True)
class Located:
    """Where a row is: locator as Quarantined has it, key for people."""

    locator: str
    key: str


@dataclass(frozen=True)
class Unread:
    """A value that is larger than what is read into memory: more than limit bytes."""

    limit: int


Pairs = Sequence[tuple[str, "Value | Unread"]]  # class and value of each of a row's names


class ExactRows:
    """Writes rows of one table; columns: in the order of the target's COPY, located: what finds a row again."""

    def __init__(
        self, snapshot: SqliteSnapshot, judge: Judge, columns: Sequence[ColumnMapping], located: Sequence[str]
    ) -> None:
        self.snapshot, self.judge, self.columns = snapshot, judge, tuple(columns)
        self.located = tuple(located)
        self.unnamed = 0  # rows without any name of their own that were set aside
        self.keys = tuple(judge.table.key_columns)
        self.converters = [converter(column.route, column.target_type) for column in columns]
        self.names = [*map(sql_name, self.located), *map(quote_identifier, self.keys)]
        self.names += [quote_identifier(column.source) for column in columns]
        self.utf8 = snapshot.encoding == "UTF-8"
        self._encoding = {"UTF-8": None, "UTF-16le": "utf-16-le", "UTF-16be": "utf-16-be"}[snapshot.encoding]

    def blocks(self, source: str, parameters: tuple[Any, ...] = ()) -> Iterator[bytes]:
        """Blocks of lines of the rows that `source` (FROM and what follows) gives; TooLarge as SqliteSnapshot.each."""
        lines: list[bytes] = []
        size = 0
        for pairs in self.pairs(source, parameters):
            line = self.line(pairs)
            if line is not None:
                lines.append(line)
                size += len(line)
            if size >= BLOCK_BYTES:
                yield b"".join(lines)
                lines, size = [], 0
        if lines:
            yield b"".join(lines)

    def pairs(self, source: str, parameters: tuple[Any, ...] = ()) -> Iterator[Pairs]:
        """Class and value of each name, of the rows that `source` gives; TooLarge as blocks()."""
        firsts = [f"substr(typeof({name}), 1, 1)" for name in self.names]
        classes = [" || ".join(firsts[at : at + TOGETHER]) for at in range(0, len(firsts), TOGETHER)]
        reads, count = ", ".join([*classes, *map(self._read, self.names)]), len(classes)
        for row in self.snapshot.each(f"SELECT {reads} {source}", parameters):
            told = map(CLASSES.__getitem__, b"".join(row[:count]))
            yield [(klass, self.value(klass.encode(), value)) for klass, value in zip(told, row[count:], strict=True)]

    def single(self, source: str, limit: int) -> Iterator[bytes]:
        """The one row that `source` gives; values above the limit, which are not read, are a `wide_row`."""
        line = self.line(self.pairs_of_one(source, limit))
        if line is not None:
            yield line

    def pairs_of_one(self, source: str, limit: int) -> Pairs:
        """Class and value of each name, of the one row that `source` gives; values above the limit are not read."""
        pairs: list[tuple[str, Value | Unread]] = []
        for name in self.names:
            found = self.snapshot.first(f"SELECT typeof({name}) {source}")
            klass = bytes(found[0]) if found else b"null"
            try:
                with self.snapshot.limited(limit):
                    value = self.snapshot.first(f"SELECT {self._read(name)} {source}")
                pairs.append((klass.decode(), self.value(klass, value[0] if value else None)))
            except TooLarge:
                pairs.append((klass.decode(), Unread(limit)))
        return pairs

    def _read(self, name: str) -> str:
        """SQLite gives a text of a UTF-16 database in UTF-8, but not one that is broken, and doesn't say so."""
        if self._encoding is None:
            return name
        return f"CASE typeof({name}) WHEN 'text' THEN CAST({name} AS BLOB) ELSE {name} END"

    def value(self, klass: bytes, value: Any) -> Value:
        """A value with its text as UTF-8; halves of surrogate pairs become bytes that are no UTF-8."""
        if self._encoding is None or klass != b"text":
            return value  # type: ignore[no-any-return]
        try:
            return bytes(value).decode(self._encoding, "surrogatepass").encode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return bytes(value).decode(self._encoding, "replace").encode() + b"\xff"

    def line(self, pairs: Pairs, converters: Sequence[Convert] | None = None) -> bytes | None:
        """One row in COPY text with its newline; None when it is withheld.

        pairs: class and value of each name; converters: others than those of the columns' routes.
        """
        values = pairs[len(self.located) + len(self.keys) :]
        written: list[bytes] = []
        try:
            for place, (column, (klass, value)) in enumerate(zip(self.columns, values, strict=True)):
                try:
                    written.append(self.one(place, klass, value, converters))
                except Refused as refused:
                    original = {"class": klass, **original_value(value)}
                    written.append(self.settle(column, refused, self.where(pairs), original))
        except RowWithheld as why:
            self.withhold(self.where(pairs), str(why), values)
            return None
        return b"\t".join(written) + b"\n"

    def one(self, place: int, klass: str, value: Value | Unread, converters: Sequence[Convert] | None = None) -> bytes:
        """COPY text of a value of the column at that place; Refused where the target can't hold it."""
        if isinstance(value, Unread):
            raise Refused("wide_row", f"a {klass} of more than {value.limit:,} bytes in a table without rowid")
        if klass != "null":
            return copy_text_escaped((converters or self.converters)[place](klass, value))
        if not self.columns[place].nullable:
            raise Refused("wrong_class", "NULL in a column that must have a value")
        return COPY_NULL

    def settle(self, column: ColumnMapping, refused: Refused, at: Located, original: Mapping[str, Any]) -> bytes:
        """What COPY gets instead of a refused value."""
        instead = self.judge.settle(column, refused, at.locator, at.key, original)
        return COPY_NULL if instead is None else copy_text_escaped(instead)

    def refuse(self, pairs: Pairs, words: str, kind: Unholdable = "wide_row") -> None:
        """Set a row aside that the target refuses, or end the copy, as the policy of that kind says."""
        at = self.where(pairs)
        self.judge.allow(kind, words, at.key)
        self.withhold(at, words, pairs[len(self.located) + len(self.keys) :])

    def withhold(self, at: Located, why: str, values: Sequence[tuple[str, Value | Unread]]) -> None:
        """Set a whole row aside; values: class and value of each column."""
        pairs = zip(self.columns, values, strict=True)
        originals = {column.source: {"class": klass, **original_value(value)} for column, (klass, value) in pairs}
        self.judge.withhold(at.locator, at.key, why, originals)

    def where(self, pairs: Pairs) -> Located:
        """How the source finds the row again, and its key for people."""
        count = len(self.located)
        names: Sequence[str] = self.keys or self.located
        shown = pairs[count : count + len(self.keys)] or pairs[:count]
        key = {name: _shown(*pair) for name, pair in zip(names, shown, strict=True)}
        locator = [_shown(*pair) for pair in pairs[:count]]
        if not count:
            self.unnamed += 1
            locator = [*(_shown(*pair) for pair in pairs), self.unnamed]
        return Located(json.dumps(locator, ensure_ascii=False), json.dumps(key, ensure_ascii=False))


def sql_name(located: str) -> str:
    """A hidden rowid is no column and stands without quotes, which would make a text of a name that isn't there."""
    return located if located in ROWIDS else quote_identifier(located)


def original_value(value: Value | Unread) -> dict[str, Any]:
    """A value as JSON that loses nothing: valid text as text, other bytes as hex, floats by repr."""
    if isinstance(value, Unread):
        return {"bytes_above": value.limit}
    if isinstance(value, bytes):
        try:
            text = value.decode()
        except UnicodeDecodeError:
            return {"hex": value.hex()}
        return {"hex": value.hex()} if "\0" in text else {"text": text}
    return {"number": repr(value)} if value is not None else {}


def _shown(klass: str, value: Value | Unread) -> Any:
    if isinstance(value, Unread):
        return f"<more than {value.limit} bytes>"
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace").replace("\0", "\\0") if klass == "text" else value.hex()
    return value if not isinstance(value, float) else repr(value)

"""MySQL rows one by one: every value converted exactly, or set aside by the plan's policy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from conversion.mapping import ColumnMapping, TableMapping
from engines.catalog import Kind
from engines.mysql.types import logical_type
from engines.postgresql.copying import COPY_NULL, copy_text_escaped
from transfer.moveplan import ChunkKey
from transfer.routes.mysql_values import MARK
from transfer.routes.policy import Judge, Refused, RowWithheld
from transfer.routes.texts import Convert, text_original

Values = Sequence[bytes | None]
BYTES = (Kind.BINARY, Kind.GEOMETRY)
SHOWN = 200  # characters of a value in a key for people


@dataclass
class ExactRows:
    """Rows of one table as lines of COPY text; what was set aside is in judge."""

    table: TableMapping
    key: ChunkKey
    converters: Sequence[Convert]
    judge: Judge
    unkeyed: int = field(default=0)

    def line(self, values: Values, key: Values) -> bytes | None:
        """A row with its end; None when it is withheld."""
        located = self.locate(values, key)
        written: list[bytes] = []
        try:
            for column, convert, value in zip(self.table.copied, self.converters, values, strict=True):
                written.append(self.value(column, convert, value, *located))
        except RowWithheld as withheld:
            self.withhold(values, str(withheld), *located)
            return None
        return b"\t".join(written) + b"\n"

    def value(self, column: ColumnMapping, convert: Convert, value: bytes | None, locator: str, key: str) -> bytes:
        """A value as COPY text, or what the policy puts there; RowWithheld where nothing can be."""
        try:
            if value is not None:
                return copy_text_escaped(convert(value))
            if column.nullable:
                return COPY_NULL
            raise Refused("wrong_class", "NULL in a column that must have a value")
        except Refused as refused:
            settled = self.judge.settle(column, refused, locator, key, original(column, value))
            return COPY_NULL if settled is None else copy_text_escaped(settled)

    def withhold(self, values: Values, reason: str, locator: str, key: str) -> None:
        """Set the row aside."""
        pairs = zip(self.table.copied, values, strict=True)
        self.judge.withhold(locator, key, reason, {column.source: original(column, value) for column, value in pairs})

    def locate(self, values: Values, key: Values) -> tuple[str, str]:
        """What finds the row again, for programs and for people: its key, else all its values and a number."""
        if self.key.columns:
            names = [column.name for column in self.key.columns]
            parts = [part_of(column.kind, value) for column, value in zip(self.key.columns, key, strict=True)]
        else:
            self.unkeyed += 1
            names = [column.source for column in self.table.copied]
            pairs = zip(self.table.copied, values, strict=True)
            parts = [part_of(logical_type(column.source_type).kind, value) for column, value in pairs]
        shown = {name: part[:SHOWN] if isinstance(part, str) else part for name, part in zip(names, parts, strict=True)}
        located = parts if self.key.columns else [*parts, self.unkeyed]
        return json.dumps(located, ensure_ascii=False), json.dumps(shown, ensure_ascii=False)


def original(column: ColumnMapping, value: bytes | None) -> dict[str, Any]:
    """A value as JSON that loses nothing: its class, and its text or its bytes in hex."""
    own = logical_type(column.source_type)
    if value is None:
        return {"class": "null"}
    if own.kind in BYTES:
        return {"class": "blob", "hex": value.hex()}
    if own.kind is Kind.BIT:
        return {"class": "blob", "hex": int(value).to_bytes(((own.length or 1) + 7) // 8, "big").hex()}
    if value[:1] == bytes((MARK,)):
        size, _, rest = value[1:].partition(b":")
        return {"class": "text", "hex": rest[int(size) :].hex()}
    return text_original(value)


def part_of(kind: Kind, value: bytes | None) -> int | str | None:
    """A value as a row's locator has it."""
    if value is None:
        return None
    if kind in BYTES:
        return value.hex()
    if value[:1] == bytes((MARK,)):  # as the server converts it
        size, _, rest = value[1:].partition(b":")
        value = rest[: int(size)]
    return int(value) if kind is Kind.INTEGER else value.decode(errors="backslashreplace").replace("\0", "\\0")

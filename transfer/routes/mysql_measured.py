"""What is written down of a row of MySQL too large to be held: small values whole, large ones by size and digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engines.columns import Kind
from engines.mysql.charsets import AS_UTF8
from engines.mysql.fast_pieces import PieceStream
from engines.mysql.quoting import quote_identifier
from engines.mysql.types import logical_type
from transfer.canonical import sql_mysql
from transfer.compare.originals import LONGEST_PLACE, placed, sized
from transfer.routes.mysql_facts import Facts, Live
from transfer.routes.mysql_fields import Field
from transfer.routes.texts import text_original
from transfer.sides.mysql_queries import shown, spelled

BYTES = (Kind.BINARY, Kind.GEOMETRY)
# of a value: its bytes (a conversion that no packet holds gives NULL), their digest if it is long, else the value
TERMS = "COALESCE(LENGTH({text}), LENGTH({c}))", "IF({long}, MD5({text}), NULL)", "IF({long}, NULL, {text})"
LONG = "LENGTH({text}) IS NULL OR LENGTH({text}) > {most}"


Told = tuple[Mapping[str, Any], str | None]  # what is written down of a value, and what of it names its row


class Measured:
    """One column of a table that no key cuts; reads: SQL of what tells its value, in front of the row's own."""

    def __init__(self, item: Field, live: Live) -> None:
        assert item.mapping is not None
        self.name = item.name
        self.kind = logical_type(item.mapping.source_type).kind
        self.large = live.large
        own = self._in_utf8(spelled(item.name, sql_mysql.Live(live.charset, live.nullable), self.kind), live)
        placed_as = self._in_utf8(shown(item.name, self.kind), live)
        self.placed_apart = placed_as != own
        self.reads = [*self._terms(own), *(self._terms(placed_as) if self.placed_apart else [])]

    def _in_utf8(self, sql: str, live: Live) -> str:
        """A text whose column alone is read would come in the character set of its own."""
        plain = sql == quote_identifier(self.name)
        textual = live.charset is not None or self.kind is Kind.JSON
        return AS_UTF8.format(c=sql) if plain and textual and self.kind not in BYTES else sql

    def _terms(self, text: str) -> list[str]:
        if not self.large:
            return [text]
        long = LONG.format(text=text, most=LONGEST_PLACE)
        return [term.format(text=text, c=quote_identifier(self.name), long=long) for term in TERMS]

    def taken(self, stream: PieceStream) -> Told:
        """The value of the row that is read."""
        original, place = self._value(stream)
        return original, self._value(stream)[1] if self.placed_apart else place

    def _value(self, stream: PieceStream) -> Told:
        klass = "blob" if self.kind in BYTES else "text"
        size, digest = (stream.whole(), stream.whole()) if self.large else (None, None)
        value = stream.whole()
        if value is None and size is not None:
            told = {"class": klass, "bytes": int(size)}
            return (told if digest is None else {**told, "md5": digest.decode()}), sized(int(size))
        written = text_original(value) if value is None or klass == "text" else {"class": klass, "hex": value.hex()}
        return written, placed([(klass, value)], sizes=True)[0]


def measuring(fields: Sequence[Field], live: Facts) -> list[Measured]:
    """Those of all copied columns, in their order."""
    return [Measured(item, live.columns[item.name]) for item in fields if item.mapping is not None]

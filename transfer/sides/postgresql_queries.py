"""The queries of a PostgreSQL side: rows as canonical texts, encoded and hashed by the server."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from engines.columns import Kind
from engines.postgresql.quoting import quote_identifier, quote_literal
from transfer.canonical.arrays_postgresql import array_json
from transfer.canonical.columns import ComparedColumn, ComparedTable, Role
from transfer.canonical.encoding import Hashing
from transfer.canonical.probe_postgresql import lookup
from transfer.canonical.rendered import Rendered, rendered
from transfer.canonical.sql_postgresql import OWN_TEXT, is_own, raw_sql, text_sql
from transfer.canonical.values_sqlite import renderer
from transfer.sides.postgresql_extended import expressions
from transfer.sides.side import Span
from transfer.sides.sql import encoded_parts, range_column, span_condition

HASHED_TEXT = "('x' || pg_catalog.substr(m, {at}, {digits}))::bit({bits})::int{bytes}"
HIGH = HASHED_TEXT.format(at=1, digits=16, bits=64, bytes=8)
LOW = HASHED_TEXT.format(at=17, digits=16, bits=64, bytes=8)
EXTENDED_HASH = "pg_catalog.int8send(h) || pg_catalog.int8send(l)"
FIRST_BITS = HASHED_TEXT.format(at=1, digits=4, bits=16, bytes=4)


@dataclass(frozen=True)
class Relation:
    """A table as it stands behind FROM with its alias t; its pg_class.relkind, about how many rows it has.

    loose: columns whose collation takes different texts for equal; bound: those that are NOT NULL now.
    """

    source: str
    kind: str
    estimate: float
    loose: frozenset[str] = frozenset()
    bound: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Reading:
    """How a column is read: SQL of its text, and what renders that here (None: it is the canonical text)."""

    column: ComparedColumn
    sql: str
    here: Callable[[Sequence[Any]], Rendered] | None

    def rendered(self, values: Sequence[Any]) -> Rendered:
        """The texts of a batch of values as they come."""
        if self.here is None:
            return rendered(self.column, values)
        return self.here([None if value is None else bytearray(value) for value in values])


@dataclass(frozen=True)
class Hashed:
    """A subquery with a hash per row: SQL of its halves, its bucket ({mask}: how many less one) and all of it."""

    source: str
    high: str
    low: str
    bucket: str
    whole: str


class Queries:
    """SQL for one server: its version as a number, and its encoding."""

    def __init__(self, role: Role, version: int, encoding: str) -> None:
        self.role = role
        self.version = version
        self.encoding = encoding
        # texts are bytes of UTF-8 already, or nobody knows what they are
        self.as_is = encoding in ("UTF8", "SQL_ASCII")
        self._wanted_encoding = quote_literal(encoding if self.as_is else "UTF8")

    def quoted(self, column: ComparedColumn) -> str:
        """The column of the table t."""
        return f"t.{quote_identifier(column.held(self.role).name)}"

    def reading(self, column: ComparedColumn, whole: bool = False) -> Reading:
        """How the column is read; whole: with all fractional digits."""
        quoted = self.quoted(column)
        sql = text_sql(column, self.role, quoted, self.version, whole)
        if sql is not None:
            return Reading(column, f"({sql})", None)
        shown = column.model_copy(update={"digits": None}) if whole else column
        return Reading(column, f"({raw_sql(column, self.role, quoted)})", self._here(shown))

    def _here(self, column: ComparedColumn) -> Callable[[Sequence[Any]], Rendered]:
        """What renders the raw texts of a column."""
        render, held = renderer(column, self.role), column.held(self.role)
        if held.type.kind is not Kind.ARRAY or not is_own(held):
            return render
        element = held.type.element.kind if held.type.element else None
        return lambda values: render([None if v is None else bytearray(array_json(v, element)) for v in values])

    def readings(self, table: ComparedTable) -> list[Reading]:
        """How the table's columns are read."""
        return [self.reading(column) for column in table.columns]

    def as_bytes(self, text: str) -> str:
        """A text as bytes of UTF-8."""
        return f"pg_catalog.convert_to({text}, {self._wanted_encoding})"

    def own_text(self, column: str) -> str:
        """The server's own text of a column of the table t, as bytes."""
        return self.as_bytes(OWN_TEXT.replace("{c}", f"t.{quote_identifier(column)}"))

    def encoded(self, readings: Sequence[Reading]) -> str | None:
        """The encoding of these columns as one text; None where one of them is rendered here."""
        if any(reading.here is not None for reading in readings):
            return None
        length = "pg_catalog.octet_length({x})" if self.as_is else f"pg_catalog.octet_length({self.as_bytes('{x}')})"
        parts = encoded_parts([r.column for r in readings], [r.sql for r in readings], " || ".join, length)
        return " || ".join(parts) or "''"

    def key(self, table: ComparedTable) -> str | None:
        """The encoded key as text."""
        return self.encoded([self.reading(column) for column in table.key_columns])

    def row_hash(self, table: ComparedTable, hashing: Hashing) -> str | None:
        """The 16 bytes of a row's hash; None where rows are hashed here."""
        halves = self._extended(table, hashing)
        if halves is not None:
            return f"(pg_catalog.int8send({halves[0]}) || pg_catalog.int8send({halves[1]}))"
        text = self._md5(table, hashing)
        return None if text is None else f"pg_catalog.decode({text}, 'hex')"

    def hashed(self, table: ComparedTable, relation: Relation, span: Span, hashing: Hashing) -> Hashed | None:
        """The span's rows with their hashes and encoded keys (column k); None where rows are hashed here."""
        key = self.key(table) if table.key else None
        if table.key and key is None:
            return None
        reads = f", {self.as_bytes(key)} AS k" if key else ""
        # OFFSET 0: else the hash would be computed once for every place that names it
        behind = f"FROM {relation.source}{self.where(table, span)} OFFSET 0) AS hashed"
        halves = self._extended(table, hashing)
        if halves is not None:
            source = f"(SELECT {halves[0]} AS h, {halves[1]} AS l{reads} {behind}"
            return Hashed(source, "h", "l", "((h >> 48)::int4 & {mask})", EXTENDED_HASH)
        text = self._md5(table, hashing)
        if text is None:
            return None
        source = f"(SELECT {text} AS m{reads} {behind}"
        return Hashed(source, HIGH, LOW, f"({FIRST_BITS} & {{mask}})", "pg_catalog.decode(m, 'hex')")

    def where(self, table: ComparedTable, span: Span, *conditions: str) -> str:
        """The WHERE clause of a span's bounds and more conditions; may be empty."""
        terms = [condition for condition in conditions if condition]
        column = range_column(table)
        if span.where is not None:
            terms += [f"({found})" for found in [span.condition(self.role)] if found]
        elif span.ranged and column is not None:
            terms.append(span_condition(self.quoted(column), span, True))
        return f" WHERE {' AND '.join(terms)}" if terms else ""

    def wanted(
        self, table: ComparedTable, relation: Relation, hashing: Hashing, keys: Collection[bytes]
    ) -> tuple[str, list[Any]]:
        """A condition that holds for every row with one of the keys, and for few others; its parameters."""
        columns = table.key_columns
        quoted = [self.quoted(column) for column in columns]
        found = lookup(columns, self.role, quoted, keys, relation.loose) if columns else None
        if found is not None:
            return found.condition, list(found.parameters)
        key = self.key(table) if columns else None
        name = self.as_bytes(key) if key else None if columns else self.row_hash(table, hashing)
        if name is None:
            return "", []
        return f"EXISTS (SELECT FROM pg_catalog.unnest($1::bytea[]) AS k(k) WHERE k.k = {name})", [list(keys)]

    def _extended(self, table: ComparedTable, hashing: Hashing) -> tuple[str, str] | None:
        """Both halves of the hash by PostgreSQL's own functions, where the method asks for them."""
        if hashing.method != "extended":
            return None
        return expressions(table, self.role, hashing.key, self.version)

    def _md5(self, table: ComparedTable, hashing: Hashing) -> str | None:
        """The hash as 32 hex digits."""
        encoded = self.encoded(self.readings(table))
        if encoded is None:
            return None
        keyed = f"{quote_literal(hashing.key)} || {encoded}"
        return f"pg_catalog.md5({keyed})" if self.as_is else f"pg_catalog.md5({self.as_bytes(keyed)})"


def in_buckets(hashed: Hashed, span: Span) -> str:
    """The WHERE clause of the span's buckets."""
    if span.buckets is None:
        return ""
    listed = ",".join(map(str, sorted(span.buckets)))
    return f" WHERE {hashed.bucket.replace('{mask}', str(span.of - 1))} = ANY ('{{{listed}}}'::int4[])"

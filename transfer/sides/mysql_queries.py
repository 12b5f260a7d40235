"""SQL of a MySQL side: rows of spans, their sums of hashes, and conditions that find rows by their keys."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from engines.columns import Kind
from engines.mysql.charsets import AS_UTF8, unmapped
from engines.mysql.quoting import quote_identifier, quote_name
from engines.mysql.server import Server
from transfer.canonical.columns import ComparedTable, Role
from transfer.canonical.encoding import Hashing
from transfer.canonical.fetch_mysql import Fetched, fetched
from transfer.canonical.keys_mysql import condition
from transfer.canonical.sql_mysql import Live
from transfer.sides.side import Span
from transfer.sides.sql import range_column, span_condition

KEYS_PER_QUERY = 500
ALL = "LIMIT 18446744073709551615"  # keeps a derived table from being merged, which would hash every row several times
HALF = "CAST(CONV({}, 16, 10) AS UNSIGNED)"
SHOWN_AS = {
    Kind.INTEGER: "CONCAT({c} + 0)",  # without the zeros of ZEROFILL
    Kind.FLOAT: "CONCAT({c} * 1e0)",
    Kind.YEAR: "CONCAT({c} + 0)",
    Kind.BIT: "CONCAT({c} + 0)",
}


@dataclass(frozen=True)
class Plan:
    """How a table of one side is read: its quoted name, its columns, and SQL that joins to its encoded rows and keys.

    row, key: None where the server can't write a column's form; key is None too where the table has none. variables:
    the server sets user variables inside of expressions: MariaDB; MySQL 8 announces their end (not tested live).
    """

    table: ComparedTable
    role: Role
    name: str
    columns: list[Fetched]
    row: str | None
    key: str | None
    variables: bool
    live: dict[str, Live]

    @classmethod
    def of(cls, table: ComparedTable, role: Role, server: Server, live: dict[str, Live]) -> Plan:
        """The plan; live: what the server says of the table's columns."""
        columns = [fetched(column, role, server, live[column.held(role).name]) for column in table.columns]
        by_name = {found.column.name: found for found in columns}
        key = _joined([by_name[name] for name in table.key]) if table.key else None
        return cls(
            table,
            role,
            quote_name(*table.place(role)),
            columns,
            _joined(columns),
            None if key is None else f"CONCAT({key}, '')",
            server.is_mariadb,
            live,
        )

    @property
    def pushed(self) -> bool:
        """Whether the server can encode rows and keys."""
        return self.row is not None and (self.key is not None or not self.table.key)

    def hash(self, hashing: Hashing) -> str:
        """SQL of a row's hash in hex; NULL where the row passes max_allowed_packet."""
        return f"MD5(CONCAT('{hashing.key}', {self.row}))"

    def select(self, span: Span, where: str = "", more: Sequence[str] = ()) -> str:
        """A query of the columns as they are read, and more of them."""
        reads = ", ".join([*(column.select for column in self.columns), *more]) or "1"
        return f"SELECT {reads} {self.source(span, where)}"

    def source(self, span: Span, where: str = "") -> str:
        """FROM and WHERE of the span's rows, its buckets aside."""
        terms = [where] if where else []
        column = range_column(self.table)
        if span.where is not None:
            terms += [f"({found})" for found in [span.condition(self.role)] if found]
        elif column is not None and span.ranged:
            terms.append(span_condition(quote_identifier(column.held(self.role).name), span, True))
        return f"FROM {self.name}" + (f" WHERE {' AND '.join(terms)}" if terms else "")

    def hashes(self, span: Span, hashing: Hashing) -> str:
        """A query of key (where there is one) and hash of the rows in the span's buckets."""
        key = f"{self.key}, " if self.key else ""
        having = f" HAVING {_in_buckets('h', span)}" if span.buckets is not None else ""
        return f"SELECT {key}{self.hash(hashing)} AS h {self.source(span)}{having}"

    def sums(self, span: Span, hashing: Hashing) -> str:
        """A query of bucket, rows, hashed rows and the sums of both halves."""
        if span.of == 1 and self.variables:
            # the variable is set by the first of two sums; a hash of its own for each would double the time
            high = HALF.format(f"LEFT(@dbmo := {self.hash(hashing)}, 16)")
            low = HALF.format("RIGHT(@dbmo, 16)")
            counts = f"SUM({high}) AS high, SUM({low}) AS low, COUNT(@dbmo) AS hashes, COUNT(*) AS whole"
            return f"SELECT 0, whole, hashes, high, low FROM (SELECT {counts} {self.source(span)}) AS sums"
        hashes = f"SELECT {self.hash(hashing)} AS h {self.source(span)} {ALL}"
        where = f" WHERE {_in_buckets('h', span)}" if span.buckets is not None else ""
        return (
            f"SELECT {_first_bits('h')} & {span.of - 1} AS bucket, COUNT(*), COUNT(h),"
            f" SUM({HALF.format('LEFT(h, 16)')}), SUM({HALF.format('RIGHT(h, 16)')})"
            f" FROM ({hashes}) AS hashed{where} GROUP BY bucket"
        )

    def wheres(self, keys: Collection[bytes], hashing: Hashing) -> Iterator[str]:
        """Conditions that hold for every row with one of the keys, each row under one; they may hold for others too.

        By the key's index where its values have literals, else over the texts of all rows.
        """
        chosen = sorted(keys)
        if not chosen:
            return
        if self.table.key:
            columns = self.table.key_columns
            lots = (chosen[start : start + KEYS_PER_QUERY] for start in range(0, len(chosen), KEYS_PER_QUERY))
            found = [condition(columns, self.role, self.live, lot) for lot in lots]
            if None not in found:
                yield from (f"({where})" for where in found if where != "FALSE")
                return
        if (self.key if self.table.key else self.row) is None:
            yield "TRUE"
        elif self.table.key:
            literals = ", ".join(f"x'{key.hex()}'" for key in chosen)
            yield f"CAST({self.key} AS BINARY) IN ({literals})"
        else:
            literals = ", ".join(f"'{key.hex()}'" for key in chosen)
            yield f"({self.hash(hashing)} IN ({literals}) OR {self.hash(hashing)} IS NULL)"


def _joined(columns: Sequence[Fetched]) -> str | None:
    """SQL of the parts of an encoded row, to be joined by CONCAT; None where the server can't write one of them."""
    parts = [column.encoded for column in columns]
    return None if None in parts else ", ".join(str(part) for part in parts) or "''"


def _first_bits(hash_: str) -> str:
    return f"CAST(CONV(LEFT({hash_}, 4), 16, 10) AS UNSIGNED)"


def _in_buckets(hash_: str, span: Span) -> str:
    chosen = ", ".join(map(str, sorted(span.buckets or ()))) or "-1"
    return f"({hash_} IS NULL OR {_first_bits(hash_)} & {span.of - 1} IN ({chosen}))"


def spelled(name: str, live: Live | None, kind: Kind | None) -> str:
    """SQL of a value as it was set aside (exact() of transfer/routes/mysql_columns.py)."""
    guard = unmapped(quote_identifier(name), live.charset) if live is not None else None
    if guard is None:
        return shown(name, kind) if kind not in (Kind.BIT, Kind.INTEGER) else quote_identifier(name)
    quoted = quote_identifier(name)
    return f"IF({guard}, CAST({quoted} AS BINARY), CAST({AS_UTF8.format(c=quoted)} AS BINARY))"


def shown(name: str, kind: Kind | None) -> str:
    """SQL of a value as a row's locator has it."""
    return SHOWN_AS.get(kind, "{c}").format(c=quote_identifier(name)) if kind else quote_identifier(name)

"""Ranges of a source's key as conditions on the target's own columns, in an order that the target itself has proved.

The two orders need not be the same. What is asked of the target's is that the bounds ascend in it: then its conditions
cut the table into parts of which every row is in one, and a part that equals its range of the source holds all of that
range and nothing else. Where the orders differ, parts differ from their ranges and are copied again, no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Any

from engines.columns import Kind
from engines.errors import DbmoError
from engines.mysql.quoting import quote_identifier as quote_mysql
from engines.postgresql.quoting import quote_identifier as quote_postgresql
from engines.sqlite.quoting import quote_identifier as quote_sqlite
from transfer.apart.literals import literal, value_of
from transfer.canonical.columns import ComparedColumn, ComparedTable
from transfer.chunks import Bound, Chunk
from transfer.moveplan import ChunkKey
from transfer.retry import passes

LOT = 200  # bounds that are put in order by one query; SQLite takes at most 500 parts of a compound SELECT
BYTEWISE = ' COLLATE "C"'
QUOTED: dict[str, Callable[[str], str]] = {
    "postgresql": quote_postgresql,
    "mysql": quote_mysql,
    "sqlite": quote_sqlite,
}
Literals = tuple[str, ...]
Query = Callable[[str], Sequence[Sequence[Any]]]


@dataclass(frozen=True)
class TargetOrder:
    """An order of the target's rows; table, names of the key's columns, and these with their collation, as SQL."""

    family: str
    table: str
    names: tuple[str, ...]
    terms: tuple[str, ...]
    literals: dict[Bound, Literals]

    def condition(self, lower: Bound | None, upper: Bound | None) -> str:
        """WHERE of the rows with lower < key <= upper, without the word; "" for all rows. Rows with NULL are in none.

        The terms on the first column let an index find the range where row values don't.
        """
        found = [self._beyond(self.literals[lower], ">")] if lower is not None else []
        found += [self._beyond(self.literals[upper], "<")] if upper is not None else []
        return " AND ".join(found)

    def nulls(self) -> str:
        """Condition of the rows that are in no range."""
        return " OR ".join(f"{name} IS NULL" for name in self.names)

    def _beyond(self, bound: Literals, sign: str) -> str:
        last = ">" if sign == ">" else "<="
        pairs = list(zip(self.terms, bound, strict=True))
        if self.family != "mysql" and len(pairs) > 1:
            row, values = ", ".join(self.terms), ", ".join(bound)
            return f"{pairs[0][0]} {sign}= {pairs[0][1]} AND ({row}) {last} ({values})"
        name, value = pairs[-1]
        term = f"{name} {last} {value}"
        for name, value in reversed(pairs[:-1]):
            term = f"{name} {sign}= {value} AND ({name} {sign} {value} OR {term})"
        return f"({term})"

    def ascends(self, bounds: Sequence[Bound], query: Query) -> bool:
        """Whether the target says that these bounds ascend; False where it can't compare them.

        The literals are put in order together with the column, so that they take its type and collation.
        """
        try:
            for start in range(0, max(1, len(bounds) - 1), LOT - 1):
                found = [int(row[0]) for row in query(self._sorted(bounds[start : start + LOT]))]
                if any(one > following for one, following in pairwise(found)):
                    return False
        except DbmoError as error:
            if passes(error):
                raise
            return False
        return True

    def _sorted(self, bounds: Sequence[Bound]) -> str:
        column = [f"{name} AS k{place}" for place, name in enumerate(self.names)]
        parts = [f"SELECT 0 AS n, {', '.join(column)} FROM {self.table} WHERE 1 = 0"]
        parts += [f"SELECT {n}, {', '.join(self.literals[bound])}" for n, bound in enumerate(bounds, 1)]
        order = [
            term.replace(name, f"k{n}", 1) for n, (name, term) in enumerate(zip(self.names, self.terms, strict=True))
        ]
        return f"SELECT n FROM ({' UNION ALL '.join(parts)}) AS bounds ORDER BY {', '.join(order)}"

    def index(self, prefix: str) -> str:
        """A statement that makes an index by which PostgreSQL finds the ranges of a table without its key."""
        name = quote_postgresql(prefix + sha256(self.table.encode()).hexdigest()[:24])
        return f"CREATE INDEX IF NOT EXISTS {name} ON {self.table} ({', '.join(self.terms)})"


def order_of(
    families: tuple[str, str],
    table: ComparedTable,
    key: ChunkKey,
    chunks: Sequence[Chunk],
    encoding: str | None,
    query: Query,
) -> TargetOrder | None:
    """The order in which the target tells ranges of the source apart, these in the order of their numbers.

    families: of source and target; encoding: of a SQLite source; query: asks the target. None where it has no order.
    """
    bounds = list(dict.fromkeys(bound for chunk in chunks for bound in (chunk.lower, chunk.upper) if bound is not None))
    if any(len(bound) != len(key.columns) for bound in bounds):
        return None
    found = orders(families, table, key, bounds, encoding)
    return next((order for order in found if order.ascends(bounds, query)), None)


def orders(
    families: tuple[str, str], table: ComparedTable, key: ChunkKey, bounds: Sequence[Bound], encoding: str | None
) -> Iterator[TargetOrder]:
    """Orders of the target in which ranges of the source's key may be found again, the likeliest first.

    families: of source and target. None where the key is no key of columns that both sides have, or where a bound has
    no literal there.
    """
    by_name = {column.name: column for column in table.columns}
    columns = [by_name.get(column.name) for column in key.columns]
    if key.kind != "columns" or not columns:
        return
    found = [column for column in columns if column is not None]
    literals = _literals(families, key, found, bounds, encoding) if len(found) == len(columns) else None
    if literals is None:
        return
    schema, name = table.place("target")
    quoted = QUOTED[families[1]]
    full = quoted(name) if families[1] == "sqlite" else f"{quoted(schema)}.{quoted(name)}"
    names = [quoted(column.target.name) for column in found]
    for terms in _terms(families, found, names):
        yield TargetOrder(families[1], full, tuple(names), tuple(terms), literals)


def _literals(
    families: tuple[str, str],
    key: ChunkKey,
    columns: list[ComparedColumn],
    bounds: Sequence[Bound],
    encoding: str | None,
) -> dict[Bound, Literals] | None:
    made: dict[Bound, Literals] = {}
    for bound in bounds:
        written: list[str] = []
        for named, column, raw in zip(key.columns, columns, bound, strict=True):
            value = value_of(families[0], named, raw, encoding)
            text = literal(families[1], column.target, value) if value is not None else None
            if text is None:
                return None
            written.append(text)
        made[bound] = tuple(written)
    return made


def _terms(families: tuple[str, str], columns: list[ComparedColumn], names: list[str]) -> list[list[str]]:
    """Texts in PostgreSQL are tried in the order of the column and in that of bytes; that of other engines is fixed."""
    if families[1] == "sqlite":
        pairs = zip(columns, names, strict=True)
        return [[f"{n} COLLATE {quote_sqlite(c.target.collation)}" if c.target.collation else n for c, n in pairs]]
    texts = [column.target.type.kind in (Kind.TEXT, Kind.CHAR) for column in columns]
    if families[1] != "postgresql" or not any(texts):
        return [names]
    bytewise = [name + BYTEWISE if text else name for name, text in zip(names, texts, strict=True)]
    return [names, bytewise] if families[0] == "postgresql" else [bytewise, names]

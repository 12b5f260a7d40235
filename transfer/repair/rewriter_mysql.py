"""Puts rows of a MySQL or MariaDB database right, row by row inside one transaction of InnoDB.

Rows that are to be changed are locked first. References stay in force; triggers can't be kept from running, so a table
that has some is refused by the plan. MySQL 8 was not tested live.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, cast

from sqlalchemy.engine import Connection

from engines.catalog import Catalog, ForeignKey, Table
from engines.columns import Kind
from engines.connection import parse
from engines.errors import Aborted
from engines.grant import Grant
from engines.mysql.quoting import quote_identifier, quote_name
from engines.mysql.writer import MysqlWriter
from engines.registry import open_writer
from transfer.canonical.columns import ComparedColumn
from transfer.repair.carrying import Carried
from transfer.repair.order import acting_references
from transfer.repair.prepared import Prepared
from transfer.repair.rows import Row
from transfer.repair.steps import Values
from transfer.repair.written_mysql import EXPRESSIONS, WRITTEN
from transfer.sides.open import open_side
from transfer.sides.side import Side

LOCK_SECONDS = 10  # others are waited for so long
LOT = 200  # rows in one INSERT, or of one locking read
TEXTS = frozenset({Kind.TEXT, Kind.CHAR, Kind.ENUM, Kind.SET})
ENGINES = "SELECT engine FROM information_schema.tables WHERE table_schema = %s AND table_name = %s"


def open_rewriter(url: str, grant: Grant, catalog: Catalog) -> MysqlRewriter:
    """A rewriter with its own connection."""
    return MysqlRewriter(cast(MysqlWriter, open_writer(url, grant)), url, catalog)


class MysqlRewriter:
    """See transfer/repair/rewriter.py."""

    def __init__(self, writer: MysqlWriter, url: str, catalog: Catalog) -> None:
        self._writer = writer
        self._url = parse(url).text
        self._catalog = catalog
        self._raw: Any = None
        self._side: Side | None = None

    @contextmanager
    def transaction(self, tables: Sequence[Prepared]) -> Iterator[None]:
        """A transaction of tables that have them."""
        with self._writer.begin(durable=True) as connection:
            self._raw = _driver(connection)
            try:
                self._run(f"SET SESSION innodb_lock_wait_timeout = {LOCK_SECONDS}")
                for made in tables:
                    self._demand_transactions(made)
                yield
            finally:
                self._close_side()
                self._raw = None

    def _demand_transactions(self, made: Prepared) -> None:
        found = self._query(ENGINES, made.table.place("target"))
        if not found or str(found[0][0]).lower() != "innodb":
            raise Aborted(
                "NO_TRANSACTIONS",
                f"{made.table.target} is kept by an engine without transactions: a repair could end half done.",
                "Change its engine to InnoDB, or copy it again whole.",
            )

    def side(self) -> Side:
        """A moment after the rows were locked; what this transaction writes is not in it."""
        self._side = self._side or open_side(self._url, "target")
        return self._side

    def hold(self, made: Prepared, rows: Iterable[Row]) -> None:
        """Locking reads of the rows, or of the whole table where no key finds them; then a new moment for side()."""
        waiting = iter(rows)
        name = _name(made)
        while lot := list(islice(waiting, LOT)):
            where, parameters = self._where(made, lot)
            self._query(f"SELECT 1 FROM {name} WHERE {where} FOR UPDATE", parameters)
            if not made.places:
                break
        self._close_side()

    def delete(self, made: Prepared, rows: Iterable[Row]) -> int:
        """One by one, after it was seen that no rows of other tables would go or change with them."""
        acting = acting_references(self._catalog, made.target)
        done = 0
        for row in rows:
            where, parameters = self._where(made, [row])
            for other, key in acting:
                self._refuse_following(made, where, parameters, other, key)
            done += self._exactly(made, f"DELETE FROM {_name(made)} WHERE {where} LIMIT 1", parameters)
        return done

    def update(self, made: Prepared, columns: Sequence[Carried], rows: Iterable[tuple[Row, Values]]) -> int:
        """One by one; the server counts rows that had these values already as well."""
        setting = ", ".join(f"{_quoted(column.held.name)} = {_expression(column)}" for column in columns)
        done = 0
        for row, values in rows if columns else ():
            where, parameters = self._where(made, [row])
            self._run(
                f"UPDATE {_name(made)} SET {setting} WHERE {where} LIMIT 1", [*_given(columns, values), *parameters]
            )
            done += 1
        return done

    def insert(self, made: Prepared, rows: Iterable[Values]) -> int:
        """In lots; AUTO_INCREMENT columns take the source's numbers, 0 too."""
        names = ", ".join(_quoted(column.held.name) for column in made.columns)
        marks = f"({', '.join(_expression(column) for column in made.columns)})"
        waiting = iter(rows)
        done = 0
        while lot := list(islice(waiting, LOT)):
            sql = f"INSERT INTO {_name(made)} ({names}) VALUES {', '.join([marks] * len(lot))}"
            self._run(sql, [value for row in lot for value in _given(made.columns, row)])
            done += len(lot)
        return done

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()

    def _where(self, made: Prepared, rows: Sequence[Row]) -> tuple[str, list[object]]:
        """By the primary key, or by every column; text byte by byte."""
        columns = made.places or [c.read for c in made.columns]
        terms, parameters = [], []
        for row in rows:
            texts = row.beyond if made.places else _own_texts(made, row)
            parts = [_equal(column, text) for column, text in zip(columns, texts, strict=True)]
            terms.append("(" + " AND ".join(sql for sql, _ in parts) + ")")
            parameters += [value for _, values in parts for value in values]
        return " OR ".join(terms), parameters

    def _refuse_following(
        self, made: Prepared, where: str, parameters: Sequence[object], other: Table, key: ForeignKey
    ) -> None:
        child = quote_name(other.schema_name, other.name).replace("%", "%%")
        parents = ", ".join(_quoted(name) for name in key.referenced_columns)
        names = ", ".join(f"c.{_quoted(name)}" for name in key.columns)
        sql = (
            f"SELECT 1 FROM {child} AS c WHERE ({names}) IN (SELECT {parents} FROM {_name(made)} WHERE {where}) LIMIT 1"
        )
        if self._query(sql, parameters):
            raise Aborted(
                "REFERENCES_WOULD_FOLLOW",
                f"{other.full_name} has rows that would go or change with extra rows of {made.table.target}.",
                "Look at these rows first: the source has none that they refer to.",
            )

    def _exactly(self, made: Prepared, sql: str, parameters: Sequence[object]) -> int:
        if self._run(sql, parameters) != 1:
            raise Aborted(
                "REPAIR_MISSED",
                f"{made.table.target}: a row was not found again as it was read; nothing was kept.",
                "Give the table a primary key, or look at its columns of floating point, then repair again.",
            )
        return 1

    def _run(self, sql: str, parameters: Sequence[object] = ()) -> int:
        with self._raw.cursor() as cursor:
            return int(cursor.execute(sql, tuple(parameters)))

    def _query(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._raw.cursor() as cursor:
            cursor.execute(sql, tuple(parameters))
            return list(cursor.fetchall())

    def _close_side(self) -> None:
        if self._side is not None:
            self._side.close()
        self._side = None


def _equal(column: ComparedColumn, text: bytes | None) -> tuple[str, list[object]]:
    """SQL that is true for this very value, and its parameters."""
    name = _quoted(column.target.name)
    if text is None:
        return f"{name} IS NULL", []
    kind = column.target.type.kind
    write = WRITTEN[column.form].get(kind) or WRITTEN[column.form][None]
    value = write(text, column.target)
    if kind in TEXTS and isinstance(value, str):
        exact = f"CAST(CONVERT({name} USING utf8mb4) AS BINARY) = CAST(CONVERT(%s USING utf8mb4) AS BINARY)"
        return f"{name} = %s AND {exact}", [value, value]
    expression = EXPRESSIONS.get(column.form, "%s")
    return f"{name} = {expression}", [value] * expression.count("%s")


def _own_texts(made: Prepared, row: Row) -> list[bytes | None]:
    """The target's texts of the carried columns."""
    found = {column.name: text for column, text in zip(made.table.columns, row.texts, strict=True)}
    return [found[column.compared] for column in made.columns]


def _expression(column: Carried) -> str:
    return EXPRESSIONS.get(column.read.form, "%s")


def _given(columns: Sequence[Carried], values: Values) -> list[object]:
    """Values as often as their expressions have marks."""
    pairs = zip(columns, values, strict=True)
    return [value for column, value in pairs for _ in range(_expression(column).count("%s"))]


def _quoted(name: str) -> str:
    return quote_identifier(name).replace("%", "%%")


def _name(made: Prepared) -> str:
    return quote_name(*made.table.place("target")).replace("%", "%%")


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection

"""MySQL and MariaDB to SQLite: the rules that the relational converter follows in this direction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from conversion.columns_of_targets import unmakeable
from conversion.ddl_sqlite import SqliteWriter, view_sql
from conversion.from_mysql import defaults_sqlite, sqlite_expressions
from conversion.from_mysql.on_update_sqlite import on_update
from conversion.from_mysql.source import folds
from conversion.from_mysql.types_sqlite import RULES, choose
from conversion.names import Namer, for_sqlite
from conversion.relational.choice import Choice, ColumnFacts
from conversion.relational.converter import convert
from conversion.relational.direction import Direction, OnUpdate, TargetAbilities
from conversion.result import Conversion, Request
from conversion.shapes import Shapes, TableShape, Translation, Untranslatable
from engines.catalog import Catalog, Column, Index, IndexKey, Key, Kind, LogicalType, Table, View
from engines.errors import UsageError
from engines.sqlite.quoting import quote_identifier
from engines.sqlite.types import logical_type

COLLATIONS = "columns of collations ending in _ci get COLLATE NOCASE, which folds the letters of ASCII only"
CLOCK = "SQLite's clock shows UTC: defaults of the current time differ where the source's sessions are in another zone"


def convert_catalog(request: Request) -> Conversion:
    """The target's catalog, mappings and omissions."""
    return convert(request, MysqlToSqlite())


# (route by the rules, type asked for) -> route
ASKED = {
    ("numeric", "REAL"): "double", ("numeric", "NUMERIC"): "double", ("numeric", "INTEGER"): "integer",
    ("double", "TEXT"): "text",
}  # fmt: skip


class MysqlToSqlite(Direction):
    """SQLite's side of the rules."""

    abilities = TargetAbilities(
        engine="sqlite",
        version=(3,),
        encoding="UTF-8",
        schemas=False,
        home="main",
        comments=False,
        sequences=False,
        identity="rowid",
        deferrable=True,
        not_valid=False,
        include_columns=False,
        virtual_columns=True,
    )

    def namer(self) -> Namer:
        """Compared without case."""
        return for_sqlite()

    def quote(self, name: str) -> str:
        """In double quotes."""
        return quote_identifier(name)

    def choose(self, facts: ColumnFacts) -> Choice:
        """By the table of types."""
        return choose(facts)

    def overridden(self, facts: ColumnFacts, choice: Choice, wanted: str) -> Choice:
        """SQLite takes any value into any column: what counts is the affinity of the declared word."""
        known = {rule.native for rule in RULES} | {"NUMERIC", "DATE", "DATETIME", "TIMESTAMP"}
        native = wanted.upper().split("(")[0].strip()
        found = facts.column.type
        broken = native == "INTEGER" and choice.route == "numeric" and bool(found.kind is Kind.DECIMAL and found.scale)
        if native not in known or broken:
            raise UsageError(
                "TYPE_WITHOUT_ROUTE",
                f"Column {facts.column.name} ({facts.column.native}) can't be moved into {wanted}.",
                f"Ask for one of {', '.join(sorted(known))}.",
            )
        # text in a column of numbers becomes a double, and a double in one of text has 15 digits
        route = ASKED.get((choice.route, wanted.upper()), choice.route)
        return replace(choice, native=wanted.upper(), route=route, reason="asked for", alternatives=(choice.native,))

    def logical(self, native: str) -> LogicalType:
        """By SQLite's affinities."""
        return logical_type(native)

    def default(self, facts: ColumnFacts, choice: Choice) -> str | None:
        """In SQLite's spelling."""
        return defaults_sqlite.convert_default(facts, choice)

    def scalar(self, sql: str, shape: TableShape) -> Translation:
        """An expression over one table."""
        return sqlite_expressions.scalar(sql, shape)

    def predicate(self, sql: str, shape: TableShape) -> Translation:
        """A condition over one table."""
        return sqlite_expressions.predicate(sql, shape)

    def query(self, sql: str, shapes: Shapes) -> Translation:
        """A view's query."""
        return sqlite_expressions.query(sql, shapes)

    def assigned(self, translated: Translation, target: Column) -> str:
        """SQLite stores what the expression gives: numbers in columns of numbers, text in columns of text."""
        kinds = {Kind.INTEGER, Kind.BOOLEAN} if target.native in ("INTEGER", "BOOLEAN") else {Kind.TEXT, Kind.FLOAT}
        if translated.kind not in kinds or (translated.kind is Kind.FLOAT and target.native != "REAL"):
            raise Untranslatable(f"it gives {translated.kind.value}, the column is {target.native}")
        return translated.sql

    def index(self, source: Index, table: Table, shape: TableShape) -> Index:
        """B-trees; a prefix that must be unique becomes an expression."""
        if source.method not in ("btree", "hash"):
            raise Untranslatable(f"SQLite has no {source.method} indexes")
        keys = [self._key(key, source.unique, shape) for key in source.keys]
        return Index(name=source.name, keys=keys, unique=source.unique)

    def _key(self, key: IndexKey, unique: bool, shape: TableShape) -> IndexKey:
        if key.column is None:
            translated = sqlite_expressions.scalar(key.expression or "", shape)
            return IndexKey(expression=translated.sql, descending=key.descending)
        column = shape.find(key.column)
        if column is None:
            raise Untranslatable(f"column {key.column} isn't on the target")
        if unique and key.prefix:
            sql = f"substr({quote_identifier(column.name)}, 1, {key.prefix})"
            collation = _nocase(column.kind, column.collation)
            return IndexKey(expression=sql, descending=key.descending, collation=collation)
        return IndexKey(column=column.name, descending=key.descending, collation=_nocase(column.kind, column.collation))

    def key_collations(self, columns: Sequence[Column]) -> list[str | None]:
        """Each column's own; none where all are plain."""
        found = [column.collation or "BINARY" for column in columns]
        return list(found) if "NOCASE" in found else []

    def key_parts(self, key: Key, shape: TableShape, target: Table) -> list[IndexKey] | None:
        """Only prefixes need an index beside the key: the columns compare without case by themselves."""
        if not key.prefixes:
            return None
        return [self._key(IndexKey(column=name, prefix=key.prefixes.get(name)), True, shape) for name in key.columns]

    def source_home(self, source: Catalog) -> str:
        """A MySQL catalog is one database."""
        return source.database

    def carried(self, table: Table) -> str | None:
        """All but MariaDB's sequences in the shape of tables, and what has more columns than a table may."""
        return "it is a sequence" if table.kind == "sequence" else unmakeable("sqlite", table)

    def comparable(self, child: Column, parent: Column) -> bool:
        """SQLite compares what it is given; the same affinity gives the same answer."""
        return child.native == parent.native or {child.native, parent.native} <= {"INTEGER", "BOOLEAN"}

    def on_update(self, table: Table, columns: Sequence[tuple[Column, ColumnFacts, Choice]]) -> OnUpdate:
        """A trigger per table."""
        return on_update(table, columns)

    def notes(self, source: Catalog) -> list[str]:
        """How text compares and where the clock differs."""
        columns = [column for table in source.tables for column in table.columns]
        found = [COLLATIONS] if any("_ci" in (column.collation or "") for column in columns) else []
        clocks = any("current_timestamp" in (column.default or "").lower() for column in columns)
        return [*found, CLOCK] if clocks else found

    def trial(self, target: Catalog) -> SqliteTrial:
        """A database in memory with the tables made so far."""
        return SqliteTrial(target)


class SqliteTrial:
    """Makes views in a database in memory."""

    def __init__(self, target: Catalog) -> None:
        self.connection = sqlite3.connect(":memory:")
        plain = target.model_copy(update={"tables": [_without_triggers(table) for table in target.tables]})
        for statement in SqliteWriter(plain).statements():
            self.connection.execute(statement.sql)

    def refused(self, view: View) -> str | None:
        """None where SQLite made the view and can read it."""
        try:
            self.connection.execute(view_sql(view))
            self.connection.execute(f"SELECT * FROM {quote_identifier(view.name)} LIMIT 0")
        except sqlite3.Error as error:
            return str(error)
        return None

    def close(self) -> None:
        """Throw it away."""
        self.connection.close()


def _nocase(kind: Kind, collation: str) -> str | None:
    return "NOCASE" if folds(collation) and kind in (Kind.TEXT, Kind.ENUM) else None


def _without_triggers(table: Table) -> Table:
    return table.model_copy(update={"triggers": []})

"""One table of a SQLite database: columns, keys, indexes and references, from PRAGMAs and its CREATE text."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engines.catalog import Check, Column, ForeignKey, Generated, Identity, Index, IndexKey, Key, Table
from engines.sqlite.parse import ReferenceText, TableText, parse_index, parse_table
from engines.sqlite.quoting import quote_identifier, quote_literal
from engines.sqlite.tokens import Reader
from engines.sqlite.types import logical_type

SCHEMA = "main"
VIRTUAL_GENERATED, STORED_GENERATED, HIDDEN = 2, 3, 1  # the column `hidden` of PRAGMA table_xinfo
MAX_ROWID = 2**63 - 1


@dataclass(frozen=True)
class Listed:
    """A row of PRAGMA table_list with the table's CREATE text."""

    name: str
    kind: str  # table | virtual | shadow
    without_rowid: bool
    strict: bool
    sql: str


def fold(name: str) -> str:
    """The name as SQLite compares names: ASCII letters without case, all others as they are."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in name)


def pragma(connection: sqlite3.Connection, name: str, argument: str) -> list[tuple[Any, ...]]:
    """The rows of a PRAGMA about one object; it takes no parameters, so the argument is quoted."""
    return connection.execute(f"PRAGMA main.{name}({quote_literal(argument)})").fetchall()


class TableReader:
    """Reads one table; listed holds all tables by folded name, for references to them."""

    def __init__(self, connection: sqlite3.Connection, table: Listed, listed: Mapping[str, Listed]) -> None:
        self.connection = connection
        self.table = table
        self.listed = listed
        self.text = TableText() if table.kind == "virtual" else parse_table(table.sql)
        self.info = [row for row in pragma(connection, "table_xinfo", table.name) if row[6] != HIDDEN]
        self.indexes = list(reversed(pragma(connection, "index_list", table.name)))  # in order of creation
        self.keyed = [str(row[1]) for row in sorted(self.info, key=lambda row: int(row[5])) if row[5]]
        self._uniques = list(self.text.uniques)
        self._written = {fold(text.name): text for text in reversed(self.text.columns.values())}  # the first of a name

    def read(self) -> Table:
        """The table; rows and sizes are left to whoever counts them. sqlite3.Error where SQLite can't make it out."""
        return Table(
            schema_name=SCHEMA,
            name=self.table.name,
            columns=[self._column(position, row) for position, row in enumerate(self.info, 1)],
            primary_key=self._primary_key(),
            uniques=[self._unique(row) for row in self.indexes if row[3] == "u"],
            indexes=[self._index(row) for row in self.indexes if row[3] == "c"],
            foreign_keys=self._foreign_keys(),
            checks=[Check(name=name, expression=expression) for name, expression in self.text.checks],
            kind=self.table.kind,
            options=self._options(),
            definition=self.table.sql,
        )

    def _column(self, position: int, row: tuple[Any, ...]) -> Column:
        _, name, native, not_null, default, _, hidden = row
        written = self._written.get(fold(name))
        generated = None
        if hidden in (VIRTUAL_GENERATED, STORED_GENERATED):
            expression = written.generated if written and written.generated else ""
            generated = Generated(expression=expression, stored=hidden == STORED_GENERATED)
        identity = self._identity(name) if [name] == self._rowid_alias() else None
        return Column(
            name=name,
            position=position,
            native=native,
            type=logical_type(native),
            nullable=not (not_null or identity),
            default=default,
            generated=generated,
            identity=identity,
            collation=written.collation.upper() if written and written.collation else None,
        )

    def _rowid_alias(self) -> list[str]:
        """The INTEGER PRIMARY KEY: the only kind of key of a rowid table that needs no index of its own."""
        plain = self.table.kind != "virtual" and not self.table.without_rowid
        return [] if not plain or any(row[3] == "pk" for row in self.indexes) else self.keyed

    def _identity(self, column: str) -> Identity:
        name = quote_identifier(self.table.name)
        highest = self.connection.execute(f"SELECT max({quote_identifier(column)}) FROM {name}").fetchone()[0] or 0
        if self.text.autoincrement:
            seen = self.connection.execute(
                "SELECT seq FROM sqlite_sequence WHERE name = ?", (self.table.name,)
            ).fetchone()
            highest = max(highest, seen[0] if seen and isinstance(seen[0], int) else 0)
        following = highest + 1 if highest < MAX_ROWID else None
        return Identity(strict=self.text.autoincrement, next_value=max(following, 1) if following else None)

    def _primary_key(self) -> Key | None:
        if not self.keyed:
            return None
        name = self.text.primary_key.name if self.text.primary_key else None
        index = next((row[1] for row in self.indexes if row[3] == "pk"), None)
        collations = [row[4] for row in self._index_columns(index)] if index else ["BINARY"]
        return Key(name=name, columns=self.keyed, collations=collations)

    def _index_columns(self, index: str) -> list[tuple[Any, ...]]:
        return [row for row in pragma(self.connection, "index_xinfo", index) if row[5]]

    def _unique(self, row: tuple[Any, ...]) -> Key:
        parts = self._index_columns(row[1])
        columns = [str(part[2]) for part in parts]
        return Key(name=self._name_of_unique(columns), columns=columns, collations=[part[4] for part in parts])

    def _name_of_unique(self, columns: list[str]) -> str | None:
        wanted = [fold(column) for column in columns]
        for written in self._uniques:
            if [fold(column) for column in written.columns] == wanted:
                self._uniques.remove(written)
                return written.name
        return None

    def _index(self, row: tuple[Any, ...]) -> Index:
        found = self.connection.execute("SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = ?", (row[1],))
        sql = str(found.fetchone()[0])
        text = parse_index(sql)
        keys = [self._index_key(part, text.keys) for part in self._index_columns(row[1])]
        return Index(name=row[1], keys=keys, unique=bool(row[2]), predicate=text.predicate, definition=sql)

    def _index_key(self, part: tuple[Any, ...], texts: list[str]) -> IndexKey:
        place, column, name, descending, collation, _ = part
        if column >= 0:
            written = self._written.get(fold(name))
            own = (written.collation or "BINARY").upper() if written else "BINARY"
        else:
            own = "BINARY"
        stated = collation if collation != "BINARY" or own != "BINARY" else None
        if column == -1:
            return IndexKey(column="rowid", descending=bool(descending))
        if column < 0:
            return IndexKey(expression=texts[place], descending=bool(descending), collation=stated)
        return IndexKey(column=name, descending=bool(descending), collation=stated)

    def _foreign_keys(self) -> list[ForeignKey]:
        rows = pragma(self.connection, "foreign_key_list", self.table.name)
        numbers = sorted({row[0] for row in rows}, reverse=True)  # 0 is the one written last
        return [self._foreign_key(place, [row for row in rows if row[0] == n]) for place, n in enumerate(numbers)]

    def _foreign_key(self, place: int, rows: list[tuple[Any, ...]]) -> ForeignKey:
        _, _, table, _, _, on_update, on_delete, _ = rows[0]
        columns = [self._own(str(row[3])) for row in rows]
        parent = self.listed.get(fold(table))
        referenced = [row[4] for row in rows if row[4] is not None] or (self._key_of(parent) if parent else [])
        written = self.text.references[place] if place < len(self.text.references) else ReferenceText(None, [], "")
        return ForeignKey(
            name=written.name,
            columns=columns,
            referenced_schema=SCHEMA,
            referenced_table=parent.name if parent else table,
            referenced_columns=self._spelled(parent, referenced) if parent else referenced,
            on_update=on_update,
            on_delete=on_delete,
            deferrable=written.deferrable,
            initially_deferred=written.initially_deferred,
        )

    def _own(self, name: str) -> str:
        return next((str(row[1]) for row in self.info if fold(row[1]) == fold(name)), name)

    def _key_of(self, parent: Listed) -> list[str]:
        rows = pragma(self.connection, "table_xinfo", parent.name)
        return [str(row[1]) for row in sorted(rows, key=lambda row: int(row[5])) if row[5]]

    def _spelled(self, parent: Listed, names: list[str]) -> list[str]:
        real = {fold(row[1]): str(row[1]) for row in pragma(self.connection, "table_xinfo", parent.name)}
        return [real.get(fold(name), name) for name in names]

    def _options(self) -> dict[str, str]:
        options = {}
        if self.table.without_rowid:
            options["without_rowid"] = "1"
        if self.table.strict:
            options["strict"] = "1"
        if self.table.kind == "virtual":
            options["module"] = _module(self.table.sql)
        return options


def _module(sql: str) -> str:
    reader = Reader(sql)
    while not reader.done and not reader.take("USING"):
        reader.next()
    return reader.next().name

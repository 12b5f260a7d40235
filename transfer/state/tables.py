"""The SQL tables of a migration's state: schema `_dbmo` on PostgreSQL, names with `_dbmo_` in MySQL and SQLite."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.schema import CreateColumn, CreateSchema

from engines.errors import EngineError
from engines.families import family
from engines.mysql.server import LOCK_WAIT, Server
from engines.own_state import SCHEMA, TABLES, note

# the row format, because keys of COMPACT, which may be a server's default, hold 767 bytes
MYSQL_TABLE = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_row_format": "DYNAMIC"}
# Names differ that MySQL's usual collations think equal: in case, in accents, in blanks at their end. MySQL before
# 8.0.17 has none that takes notice of the last: there two such names are refused as the same key.
BYTEWISE = {"mariadb": "utf8mb4_nopad_bin", "mysql": "utf8mb4_0900_bin"}
BEFORE = "utf8mb4_bin"
# family -> SQL of the state's tables and columns that there are, on MySQL with the collation of each text
THERE = {
    "postgresql": f"""
SELECT c.relname::text, a.attname::text, NULL
  FROM pg_catalog.pg_namespace AS n
  JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE n.nspname = '{SCHEMA}'
""",
    "mysql": "SELECT TABLE_NAME, COLUMN_NAME, COLLATION_NAME FROM information_schema.COLUMNS"
    f" WHERE TABLE_SCHEMA = DATABASE() AND LEFT(TABLE_NAME, {len(SCHEMA) + 1}) = '{SCHEMA}_'",
    "sqlite": "SELECT m.name, c.name, NULL FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c"
    f" WHERE m.type = 'table' AND substr(m.name, 1, {len(SCHEMA) + 1}) = '{SCHEMA}_'",
}
# How long MySQL waits for whoever uses a table, here and else; PostgreSQL's wait is set by the caller.
PATIENT = {"mysql": ("SET SESSION lock_wait_timeout = 60", f"SET SESSION lock_wait_timeout = {LOCK_WAIT}")}


@dataclass(frozen=True)
class Field:
    """A column; name_length: of a text in the key, in characters; place: it is a number in the key."""

    name: str
    type: Callable[[], sa.types.TypeEngine[Any]] = sa.Text
    nullable: bool = False
    name_length: int = 0
    place: bool = False


MIGRATION, TABLE = Field("migration", name_length=128), Field("table_name", name_length=512)
LAYOUT: dict[str, tuple[Field, ...]] = {
    "migration": (
        Field("id", name_length=128),
        Field("plan_hash"),
        Field("epoch", sa.BigInteger),
        Field("status"),
        Field("approval", nullable=True),
        Field("position", nullable=True),
        Field("journal_head", nullable=True),
        Field("started_at"),
        Field("finished_at", nullable=True),
        Field("taken_by", nullable=True),  # not in states of earlier versions
    ),
    "step": (
        MIGRATION,
        Field("id", name_length=512),
        Field("epoch", sa.BigInteger),
        Field("seconds", sa.Double),
        Field("done_at"),
    ),
    "chunk": (
        MIGRATION,
        TABLE,
        Field("number", sa.Integer, place=True),
        Field("lower", nullable=True),
        Field("upper", nullable=True),
        Field("done", sa.Boolean),
        Field("rows", sa.BigInteger, nullable=True),
        Field("bytes", sa.BigInteger, nullable=True),
        Field("quarantined", sa.BigInteger, nullable=True),
        Field("seconds", sa.Double, nullable=True),
        Field("position", nullable=True),
        Field("epoch", sa.BigInteger, nullable=True),
        Field("copies", sa.Integer),
    ),
    "quarantine": (
        MIGRATION,
        TABLE,
        Field("number", sa.Integer, place=True),
        Field("entry", sa.Integer, place=True),
        Field("locator"),
        Field("column_name"),
        Field("row_key"),
        Field("reason"),
        Field("action"),
        Field("original"),
    ),
}


class StateTables:
    """The four tables, as an engine has them; server: of a MySQL or MariaDB target."""

    def __init__(self, engine: str, server: Server | None = None) -> None:
        self.family = family(engine)
        self.schema = SCHEMA if engine == "postgresql" else None
        self.collation: str | None = None
        if server is not None:
            self.collation = server.since((10, 3), (8, 0, 17), BYTEWISE[server.engine], BEFORE)
        self.meta = sa.MetaData(schema=self.schema)
        self.migrations, self.steps, self.chunks, self.quarantine = (self._table(name, LAYOUT[name]) for name in TABLES)

    def _table(self, name: str, fields: Sequence[Field]) -> sa.Table:
        own: dict[str, Any] = MYSQL_TABLE | {"mysql_collate": self.collation} if self.collation else {}
        called = name if self.schema else note(name, self.family)
        return sa.Table(called, self.meta, *map(self._column, fields), **own)

    def _column(self, field: Field) -> sa.Column[Any]:
        if not field.name_length:
            return sa.Column(
                field.name, self._type(field), nullable=field.nullable, primary_key=field.place, autoincrement=False
            )
        return sa.Column(field.name, self._type(field), primary_key=True)

    def _type(self, field: Field) -> sa.types.TypeEngine[Any]:
        """Texts of MySQL: an index there holds 3072 bytes, and TEXT is short."""
        if self.collation is None or field.type is not sa.Text:
            return field.type()
        from sqlalchemy.dialects.mysql import LONGTEXT, VARCHAR  # the whole dialect, which other targets don't need

        if field.name_length:
            return VARCHAR(field.name_length, charset="utf8mb4", collation=self.collation)
        return LONGTEXT(charset="utf8mb4", collation=BEFORE)

    def make(self, connection: Connection) -> None:
        """Make the tables that are not there; add to those of an earlier version what they lack, if it may be NULL.

        EngineError STATE_LAYOUT where more than that is otherwise.
        """
        there: dict[str, dict[str, Any]] = {}
        for table, column, collation in connection.exec_driver_sql(THERE[self.family]):
            there.setdefault(table, {})[column] = collation
        if self.schema and not there:
            connection.execute(CreateSchema(self.schema, if_not_exists=True))
        missing = [table for table in self.meta.sorted_tables if table.name not in there]
        self.meta.create_all(connection, missing, checkfirst=False)
        for table in self.meta.sorted_tables:
            columns = there.get(table.name)
            if columns is not None:
                self._complete(connection, table, columns)

    def _complete(self, connection: Connection, table: sa.Table, there: dict[str, Any]) -> None:
        """there: names of the columns that a table has, with their collations."""
        lacking = [column for column in table.columns if column.name not in there]
        bytewise = self.collation is None or table is not self.chunks or there.get("table_name") == self.collation
        if not bytewise or not all(column.nullable for column in lacking):
            raise EngineError(
                "STATE_LAYOUT",
                f"The target's state (tables {SCHEMA}_*) was made by an earlier version of this program.",
                "Finish or take back (rollback.sql) that migration with the version that began it, then drop these"
                " tables.",
            )
        before, after = PATIENT.get(self.family, ("", "")) if lacking else ("", "")
        name = connection.dialect.identifier_preparer.format_table(table)
        changes = [f"ALTER TABLE {name} ADD COLUMN {_definition(column, connection)}" for column in lacking]
        for statement in filter(None, (before, *changes, after)):
            connection.exec_driver_sql(statement)


def _definition(column: sa.Column[Any], connection: Connection) -> str:
    return str(CreateColumn(column).compile(dialect=connection.dialect))

"""The SQL tables of a migration's state: schema `_dbmo` on PostgreSQL, names with `_dbmo_` in MySQL and SQLite."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import LONGTEXT, VARCHAR

from engines.errors import EngineError
from engines.mysql.server import Server

SCHEMA = "_dbmo"
MYSQL_TABLE = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4"}
# Names differ that MySQL's usual collations think equal: in case, in accents, in blanks at their end. MySQL before
# 8.0.17 has none that takes notice of the last: there two such names are refused as the same key.
BYTEWISE = {"mariadb": "utf8mb4_nopad_bin", "mysql": "utf8mb4_0900_bin"}
BEFORE = "utf8mb4_bin"
COLLATION = (
    "SELECT COLLATION_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()"
    f" AND TABLE_NAME = '{SCHEMA}_chunk' AND COLUMN_NAME = 'table_name'"
)


def _long() -> sa.types.TypeEngine[Any]:
    return sa.Text().with_variant(LONGTEXT(charset="utf8mb4", collation=BEFORE), "mysql", "mariadb")


@dataclass(frozen=True)
class Field:
    """A column; name_length: of a text in the key, in characters; place: it is a number in the key."""

    name: str
    type: Callable[[], sa.types.TypeEngine[Any]] = _long
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
        self.schema = SCHEMA if engine == "postgresql" else None
        self.collation: str | None = None
        if server is not None:
            self.collation = server.since((10, 3), (8, 0, 17), BYTEWISE[server.engine], BEFORE)
        self.meta = sa.MetaData(schema=self.schema)
        self.migrations, self.steps, self.chunks, self.quarantine = (
            self._table(name, LAYOUT[name]) for name in ("migration", "step", "chunk", "quarantine")
        )

    def _table(self, name: str, fields: Sequence[Field]) -> sa.Table:
        own: dict[str, Any] = MYSQL_TABLE | {"mysql_collate": self.collation} if self.collation else {}
        prefix = "" if self.schema else f"{SCHEMA}_"
        return sa.Table(f"{prefix}{name}", self.meta, *map(self._column, fields), **own)

    def _column(self, field: Field) -> sa.Column[Any]:
        if not field.name_length:
            return sa.Column(
                field.name, field.type(), nullable=field.nullable, primary_key=field.place, autoincrement=False
            )
        text: sa.types.TypeEngine[Any] = sa.Text()
        if self.collation:  # an index there holds 3072 bytes
            text = VARCHAR(field.name_length, charset="utf8mb4", collation=self.collation)
        return sa.Column(field.name, text, primary_key=True)

    def check(self, connection: Any) -> None:
        """EngineError STATE_LAYOUT where the target has the tables as an earlier version of this program made them."""
        if self.collation is None:
            return
        found = connection.exec_driver_sql(COLLATION).scalar()
        if found not in (None, self.collation):
            raise EngineError(
                "STATE_LAYOUT",
                f"The target's state (tables {SCHEMA}_*) was made by an earlier version of this program.",
                "Finish or take back (rollback.sql) that migration with the version that began it, then drop these"
                " tables.",
            )

"""The SQL tables of a migration's state: schema `_dbmo` on PostgreSQL, names with `_dbmo_` in MySQL and SQLite."""

from __future__ import annotations

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


def _long() -> sa.types.TypeEngine[str]:
    return sa.Text().with_variant(LONGTEXT(charset="utf8mb4", collation=BEFORE), "mysql", "mariadb")


class StateTables:
    """The four tables, as an engine has them; server: of a MySQL or MariaDB target."""

    def __init__(self, engine: str, server: Server | None = None) -> None:
        self.schema = SCHEMA if engine == "postgresql" else None
        prefix = "" if self.schema else f"{SCHEMA}_"
        self.collation: str | None = None
        own: dict[str, Any] = {}
        if server is not None:
            self.collation = server.since((10, 3), (8, 0, 17), BYTEWISE[server.engine], BEFORE)
            own = MYSQL_TABLE | {"mysql_collate": self.collation}

        def _key(name: str, length: int) -> sa.Column[str]:
            if server is None:
                return sa.Column(name, sa.Text(), primary_key=True)
            kind = VARCHAR(length, charset="utf8mb4", collation=self.collation)  # an index holds 3072 bytes
            return sa.Column(name, kind, primary_key=True)

        self.meta = meta = sa.MetaData(schema=self.schema)
        self.migrations = sa.Table(
            f"{prefix}migration",
            meta,
            _key("id", 128),
            sa.Column("plan_hash", _long(), nullable=False),
            sa.Column("epoch", sa.BigInteger, nullable=False),
            sa.Column("status", _long(), nullable=False),
            sa.Column("approval", _long()),
            sa.Column("position", _long()),
            sa.Column("journal_head", _long()),
            sa.Column("started_at", _long(), nullable=False),
            sa.Column("finished_at", _long()),
            **own,
        )
        self.steps = sa.Table(
            f"{prefix}step",
            meta,
            _key("migration", 128),
            _key("id", 512),
            sa.Column("epoch", sa.BigInteger, nullable=False),
            sa.Column("seconds", sa.Double, nullable=False),
            sa.Column("done_at", _long(), nullable=False),
            **own,
        )
        self.chunks = sa.Table(
            f"{prefix}chunk",
            meta,
            _key("migration", 128),
            _key("table_name", 512),
            sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("lower", _long()),
            sa.Column("upper", _long()),
            sa.Column("done", sa.Boolean, nullable=False),
            sa.Column("rows", sa.BigInteger),
            sa.Column("bytes", sa.BigInteger),
            sa.Column("quarantined", sa.BigInteger),
            sa.Column("seconds", sa.Double),
            sa.Column("position", _long()),
            sa.Column("epoch", sa.BigInteger),
            sa.Column("copies", sa.Integer, nullable=False),
            **own,
        )
        self.quarantine = sa.Table(
            f"{prefix}quarantine",
            meta,
            _key("migration", 128),
            _key("table_name", 512),
            sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("entry", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("locator", _long(), nullable=False),
            sa.Column("column_name", _long(), nullable=False),
            sa.Column("row_key", _long(), nullable=False),
            sa.Column("reason", _long(), nullable=False),
            sa.Column("action", _long(), nullable=False),
            sa.Column("original", _long(), nullable=False),
            **own,
        )

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

"""The SQL tables of a migration's state: schema `_dbmo` on PostgreSQL, names with `_dbmo_` in MySQL and SQLite."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import LONGTEXT, VARCHAR

from engines.families import family

SCHEMA = "_dbmo"
# MySQL: an index holds 3072 bytes, and names differ that its usual collation thinks equal
MYSQL_TABLE = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def _name(length: int) -> sa.types.TypeEngine[str]:
    return sa.Text().with_variant(VARCHAR(length, charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb")


def _long() -> sa.types.TypeEngine[str]:
    return sa.Text().with_variant(LONGTEXT(charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb")


def _key(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, _name(length), primary_key=True)


class StateTables:
    """The four tables, as an engine has them."""

    def __init__(self, engine: str) -> None:
        self.schema = SCHEMA if engine == "postgresql" else None
        prefix = "" if self.schema else f"{SCHEMA}_"
        own: dict[str, Any] = dict(MYSQL_TABLE) if family(engine) == "mysql" else {}
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

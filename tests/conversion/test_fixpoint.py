"""diff(A, A made anew from our own statements) is empty, for every real schema of every engine."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from conversion.convert import convert
from conversion.diff import diff
from conversion.fingerprint import fingerprint
from conversion.mapping import Statement
from engines.catalog import Catalog
from engines.registry import open_database
from tests.conversion.schemas import apply, apply_sqlite, postgresql_catalog, sqlite_source
from tests.mysql_servers import connected
from tests.servers import CHECKOUT, MysqlServer, Server, load_mysql, load_sql

SCHEMAS = Path(os.environ.get("DBMO_CORPORA", CHECKOUT.parent / "shared" / "corpora")) / "schemas"
RICH_MYSQL = CHECKOUT / "tests" / "engines" / "mysql_rich.sql"
STATES = {"dolphinscheduler-3.0.0", "ejabberd-new"}  # other states of schemas that are here already
NOT_MADE_ANEW = {"virtual table", "shadow table"}  # SQLite: their modules make what belongs to them
BROKEN_ROWS = {"smf3"}  # one of its rows isn't PostgreSQL's SQL
LOOSE = {"vaultwarden"}  # its references come before what they refer to
PARTLY = {"temporal", "smf3"}  # statements that only MySQL 8 takes, and a row that no strict server takes


def names(engine: str) -> list[str]:
    found = sorted({path.parent.name for path in SCHEMAS.glob(f"*/{engine}.sql")} - STATES)
    return found or ["no corpora"]


def there(name: str, corpora: Path, engine: str) -> Path:
    path = corpora / "schemas" / name / f"{engine}.sql"
    if not path.exists():
        pytest.skip(f"{path} is missing")
    return path


def held(a: Catalog, anew: Callable[[], Catalog]) -> None:
    b = anew()
    assert diff(a, b) == []
    assert diff(b, a) == []


@pytest.mark.parametrize("name", [name for name in names("postgresql") if name not in BROKEN_ROWS])
def test_postgresql(name: str, corpora: Path, postgresql_15: Server, postgresql_18: Server) -> None:
    url = postgresql_15.create_database()
    load_sql(url, there(name, corpora, "postgresql"))
    a = postgresql_catalog(url)
    result = convert(a, {}, "postgresql", "18")
    held(a, lambda: apply(postgresql_18.create_database(), result))
    assert {item.kind for item in result.omissions} <= {"privileges"}


@pytest.mark.parametrize("name", names("sqlite"))
def test_sqlite(name: str, corpora: Path, tmp_path: Path) -> None:
    a = sqlite_source(tmp_path / "a.db", there(name, corpora, "sqlite").read_text()).catalog
    result = convert(a, {}, "sqlite", "3.40")
    held(result.target, lambda: apply_sqlite(tmp_path / "b.db", result))
    assert {item.kind for item in result.omissions} <= {*NOT_MADE_ANEW, "trigger"}
    whole = [table for table in a.tables if table.kind == "table"]
    assert [table.name for table in result.target.tables] == [table.name for table in whole]


@pytest.mark.parametrize("name", ["rich", *names("mysql")])
def test_mysql(name: str, corpora: Path, mariadb: MysqlServer) -> None:
    url = mariadb.create_database()
    script = RICH_MYSQL if name == "rich" else there(name, corpora, "mysql")
    load_mysql(url, script, foreign_key_checks=name not in LOOSE, tolerant=name in PARTLY)
    a = read(url)
    result = convert(a, {}, a.engine, a.version)
    held(result.target, lambda: applied(mariadb.create_database(), result.statements))
    if not result.omissions:
        assert diff(a, result.target) == []


def applied(url: str, statements: list[Statement]) -> Catalog:
    with connected(url) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement.sql)
    return read(url)


def read(url: str) -> Catalog:
    database = open_database(url)
    try:
        return database.catalog()
    finally:
        database.close()


def test_a_schema_read_twice_has_one_fingerprint(empty_18: str, postgresql_18: Server, corpora: Path) -> None:
    """On one version, and under another database's name."""
    other = postgresql_18.create_database()
    for url in (empty_18, other):
        load_sql(url, there("chinook", corpora, "postgresql"))
    assert fingerprint(postgresql_catalog(empty_18)) == fingerprint(postgresql_catalog(other))

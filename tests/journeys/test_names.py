"""Names of any kind go the whole way: planned, copied, compared, found different, repaired."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg

from engines.mysql.quoting import quote_identifier as backticked
from engines.postgresql.quoting import quote_identifier as quoted
from tests.journeys.life import Life, finished
from tests.moving import change, fetch
from tests.mysql_servers import MysqlServer, connected
from tests.servers import Server

# none of them ends in a blank, which MySQL doesn't take; no two differ in case alone, which SQLite doesn't tell apart
TABLES = (
    "a.b", "b.select", 'quo"te', "tick`", "back\\slash", "per%s %", "li\nne", "sp ace", "select", "ключ", "x" * 63,
    ":x", "$1",
)  # fmt: skip
COLUMNS = ("c.d", 'q"c', "k`", "b\\c", "p%s %%", "l\nc", "order", "y" * 63, "{x}", ":v")
# "a"."b.select" and "a.b"."select" are two tables
SCHEMAS = {"public": ("a.b",), "a": ("a.b", "b.select"), "a.b": TABLES, 'say "x" %s\n': ("a.b", "select")}
ROW = tuple(f"value {number}" for number in range(len(COLUMNS)))
Quote = Callable[[str], str]


def made(name: str, quote: Quote, number: str, text: str) -> list[str]:
    """Statements that make a table of hostile columns with two rows, under its name as statements write it."""
    columns = ", ".join(f"{quote(column)} {text}" for column in COLUMNS)
    names, values = ", ".join(map(quote, COLUMNS)), ", ".join(f"'{value}'" for value in ROW)
    return [f"CREATE TABLE {name} (id {number}, {columns})", *[f"INSERT INTO {name} ({names}) VALUES ({values})"] * 2]


def with_child(home: str, quote: Quote, text: str) -> list[str]:
    """A table of a composite key that refers to another, and a view over both."""
    child, parent = home + quote("ch.ild"), home + quote("a.b")
    return [
        f"CREATE TABLE {child} (k {text}, {quote('p.id')} integer, PRIMARY KEY (k, {quote('p.id')}),"
        f" CONSTRAINT {quote('f.k')} FOREIGN KEY ({quote('p.id')}) REFERENCES {parent} (id))",
        f"INSERT INTO {child} VALUES ('one', 1), ('two', 2)",
        f"CREATE VIEW {home}{quote('v.iew')} AS SELECT k, {quote('c.d')} FROM {child}"
        f" JOIN {parent} ON {parent}.id = {quote('p.id')}",
    ]


def postgresql(url: str) -> None:
    with psycopg.connect(url) as connection:
        for schema, names in SCHEMAS.items():
            home = f"{quoted(schema)}."
            texts = [] if schema == "public" else [f"CREATE SCHEMA {quoted(schema)}"]
            for name in names:
                texts += made(home + quoted(name), quoted, "serial PRIMARY KEY", "text")
            for text in (*texts, *with_child(home, quoted, "text")):
                connection.execute(text.encode())


def from_mariadb(url: str) -> None:
    with connected(url) as connection, connection.cursor() as cursor:
        for name in TABLES:
            for text in made(backticked(name), backticked, "integer AUTO_INCREMENT PRIMARY KEY", "varchar(20)"):
                cursor.execute(text)
        for text in with_child("", backticked, "varchar(20)"):
            cursor.execute(text)


def sqlite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for name in TABLES:
            for text in made(quoted(name), quoted, "INTEGER PRIMARY KEY AUTOINCREMENT", "TEXT"):
                connection.execute(text)
        for text in with_child("", quoted, "TEXT"):
            connection.execute(text)
        connection.commit()


def repaired(life: Life) -> None:
    """A difference is found, shown and put right."""
    shown = life.command("validate", "--repair")
    approved = re.search(r"--approve ([0-9a-f]{64})", shown.err)
    assert approved is not None, shown.err
    done = life.command("validate", "--repair", "--approve", approved[1])
    assert done.status == 0, done.err


def test_between_schemas_of_postgresql(life: Life, postgresql_18: Server, empty_18: str) -> None:
    source = postgresql_18.create_database(f'{empty_18.rpartition("/")[2].partition("?")[0]} "s.r`c" %s\n')
    postgresql(source)
    finished(life.ask(source, empty_18))
    count = "SELECT count(*) FROM {}.{}"
    for schema, names in SCHEMAS.items():
        for name in names:
            assert fetch(empty_18, f"SELECT * FROM {quoted(schema)}.{quoted(name)} ORDER BY 1") == [
                (1, *ROW), (2, *ROW),
            ], (schema, name)  # fmt: skip
        assert fetch(empty_18, count.format(quoted(schema), quoted("v.iew"))) == [(2,)]
    numbered = f'INSERT INTO "a.b".{quoted("li" + chr(10) + "ne")} DEFAULT VALUES RETURNING id'
    assert fetch(empty_18, numbered) == [(3,)]
    change(empty_18, 'UPDATE "a.b"."a.b" SET "c.d" = NULL WHERE id = 2', 'DELETE FROM "a"."b.select" WHERE id = 1',
           f'DELETE FROM "a.b".{quoted("li" + chr(10) + "ne")} WHERE id = 3')  # fmt: skip
    repaired(life)
    assert fetch(empty_18, 'SELECT "c.d" FROM "a.b"."a.b" WHERE id = 2') == [(ROW[0],)]


def test_from_schemas_to_a_database_of_mariadb(life: Life, empty_15: str, mariadb: MysqlServer) -> None:
    postgresql(empty_15)
    target = mariadb.create_database(f'{empty_15.rpartition("/")[2].partition("?")[0]} "t.g`" %s')
    finished(life.ask(empty_15, target, options={"scratch": {"mysql": mariadb.admin}}))
    with connected(target) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = database()")
        names = [name for (name,) in cursor.fetchall() if not name.startswith("_dbmo")]
        assert len(names) == sum(len(own) + 2 for own in SCHEMAS.values())
        cursor.execute("UPDATE `a.b` SET `c.d` = NULL WHERE id = 2")
    repaired(life)


def test_from_a_database_of_mariadb(life: Life, mariadb: MysqlServer, empty_18: str) -> None:
    source = mariadb.create_database(f'{empty_18.rpartition("/")[2].partition("?")[0]} "s.r`c" %s')
    from_mariadb(source)
    finished(life.ask(source, empty_18, options={"scratch": {"mysql": mariadb.admin}}))
    for name in TABLES:
        assert fetch(empty_18, f"SELECT * FROM {quoted(name)} ORDER BY 1") == [(1, *ROW), (2, *ROW)]


def test_from_a_file_of_sqlite(life: Life, tmp_path: Path, mariadb: MysqlServer, empty_mariadb: str) -> None:
    source = tmp_path / "s.r\"c' %s.db"
    sqlite(source)
    finished(life.ask(source, empty_mariadb, options={"scratch": {"mysql": mariadb.admin}}))
    with connected(empty_mariadb) as connection, connection.cursor() as cursor:
        for name in TABLES:
            cursor.execute(f"SELECT * FROM {backticked(name)} ORDER BY 1")
            assert cursor.fetchall() == ((1, *ROW), (2, *ROW))

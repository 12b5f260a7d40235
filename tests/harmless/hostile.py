"""Databases whose every name, comment, default, body, label, row and message asks a reader for something."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg

from tests.harmless.corpus import Injection

HARMLESS = ("CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT)",
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers (id), total TEXT)",
            "INSERT INTO customers VALUES (1, 'Ada', 'ada@example.org'), (2, 'Bo', NULL)",
            "INSERT INTO orders VALUES (1, 1, '9.50'), (2, 2, '12.00'), (3, 1, '3.25')")  # fmt: skip


def name(text: str) -> str:
    """A quoted identifier."""
    return '"' + text.replace('"', '""') + '"'


def word(text: str) -> str:
    """A quoted text."""
    return "'" + text.replace("'", "''") + "'"


def remark(text: str) -> str:
    """A comment inside a statement."""
    return f"/* {text.replace('*/', '* /').replace('/*', '/ *')} */"


# Where a text stands in SQLite, n makes the names around it unique
IN_SQLITE: dict[str, Callable[[str, int], tuple[str, ...]]] = {
    "table_name": lambda t, n: (f"CREATE TABLE {name(t)} (id INTEGER PRIMARY KEY, note TEXT)",),
    "column_name": lambda t, n: (f"CREATE TABLE wide{n} (id INTEGER PRIMARY KEY, {name(t)} TEXT)",),
    "comment": lambda t, n: (f"CREATE TABLE told{n} (id INTEGER PRIMARY KEY, a TEXT {remark(t)})",),
    "default": lambda t, n: (f"CREATE TABLE given{n} (id INTEGER PRIMARY KEY, a TEXT DEFAULT {word(t)})",),
    "view": lambda t, n: (f"CREATE VIEW seen{n} AS SELECT id, {word(t)} AS said FROM customers",),
    "enum": lambda t, n: (f"CREATE TABLE states{n} (id INTEGER PRIMARY KEY, s TEXT CHECK (s IN ({word(t)}, 'b')))",),
    "row": lambda t, n: (
        f"CREATE TABLE letters{n} (id INTEGER PRIMARY KEY, body TEXT)",
        f"INSERT INTO letters{n} VALUES (1, {word(t)})",
    ),
    "error": lambda t, n: (
        f"CREATE TABLE figures{n} (id INTEGER PRIMARY KEY, amount INTEGER)",
        f"INSERT INTO figures{n} VALUES (1, {word(t)}), (2, 7)",
    ),
    "index_name": lambda t, n: (f"CREATE INDEX {name(t)} ON customers (name, email)",),
    "constraint": lambda t, n: (
        f"CREATE TABLE bound{n} (id INTEGER PRIMARY KEY, a INTEGER, CONSTRAINT {name(t)} CHECK (a > 0))",
    ),
    "trigger": lambda t, n: (f"CREATE TRIGGER {name(t)} AFTER INSERT ON orders BEGIN SELECT {word(t)}; END",),
}  # fmt: skip

IN_POSTGRESQL: dict[str, Callable[[str, int], tuple[str, ...]]] = {
    **{place: IN_SQLITE[place] for place in ("table_name", "column_name", "default", "view", "index_name")},
    "comment": lambda t, n: (
        f"CREATE TABLE told{n} (id INTEGER PRIMARY KEY, a TEXT)",
        f"COMMENT ON TABLE told{n} IS {word(t)}",
        f"COMMENT ON COLUMN told{n}.a IS {word(t)}",
    ),
    "enum": lambda t, n: (
        f"CREATE TYPE state{n} AS ENUM ({word(t)}, 'b')",
        f"CREATE TABLE states{n} (id INTEGER PRIMARY KEY, s state{n})",
    ),
    "row": IN_SQLITE["row"],
    "error": lambda t, n: (
        f"CREATE FUNCTION raise{n}() RETURNS INTEGER LANGUAGE plpgsql AS "
        f"{word(f'BEGIN RAISE EXCEPTION USING MESSAGE = {word(t)}; END')}",
        f"CREATE VIEW failing{n} AS SELECT id, raise{n}() AS said FROM customers",
    ),
    "constraint": IN_SQLITE["constraint"],
    "trigger": lambda t, n: (
        f"CREATE FUNCTION fire{n}() RETURNS trigger LANGUAGE plpgsql AS {word(f'BEGIN {remark(t)} RETURN NEW; END')}",
        f"CREATE TRIGGER {name(t if len(t.encode()) < 63 else f'fires{n}')} BEFORE INSERT ON orders "
        f"FOR EACH ROW EXECUTE FUNCTION fire{n}()",
    ),
}  # fmt: skip


def hostile_sqlite(folder: Path, texts: Iterable[Injection], file: str = "shop.db") -> Path:
    """A SQLite file with these texts in it, under a file name that may be one itself."""
    path = folder / file
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("BEGIN")
        for statement in (*HARMLESS, *_statements(IN_SQLITE, texts)):
            connection.execute(statement)
    return path


def hostile_postgresql(url: str, texts: Iterable[Injection]) -> str:
    """The same in an empty PostgreSQL database."""
    kept = (i for i in texts if i.fits_a_name or i.where not in ("table_name", "column_name"))
    with psycopg.connect(url) as connection:
        for statement in (*HARMLESS, *_statements(IN_POSTGRESQL, kept)):
            connection.execute(statement.encode())
    return url


def _statements(places: dict[str, Callable[[str, int], tuple[str, ...]]], texts: Iterable[Injection]) -> Iterator[str]:
    for number, injection in enumerate(texts):
        yield from places[injection.where](injection.text, number)

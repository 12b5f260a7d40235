"""Loads all traps: per engine one database for the base, one that says the same otherwise, one with the differences."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import psycopg
from bson.codec_options import CodecOptions
from psycopg.conninfo import conninfo_to_dict
from pymongo import MongoClient

from engines.connection import parse
from tests.mysql_servers import connected
from tests.traps.cases.schemas import STATEMENTS, State
from tests.traps.model import ENGINES, MARIADB, MONGODB, POSTGRESQL, SQLITE, VARIANTS, Case, Held, Variant

# what a user's database may set for every session: nothing of it may be seen in a canonical text
HOSTILE = {
    "datestyle": "German, DMY",
    "intervalstyle": "sql_standard",
    "timezone": "Asia/Kathmandu",
    "extra_float_digits": "-15",
    "bytea_output": "escape",
    "xmloption": "document",
    "standard_conforming_strings": "off",
    "search_path": "pg_temp",
}
HOSTILE_GLOBALS = {
    "time_zone": "'+05:45'",
    "sql_mode": "'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,HIGH_NOT_PRECEDENCE'",
    "group_concat_max_len": "4",
    "max_allowed_packet": "1048576",
    "div_precision_increment": "0",
    "character_set_server": "latin1",
}


@dataclass(frozen=True)
class Servers:
    """Where databases are made: each call gives the URL of a new empty one."""

    postgresql: Callable[[], str]
    mysql: Callable[[], str]
    mongodb: Callable[[], str]
    folder: Path

    def new(self, engine: str, variant: str) -> str:
        """The URL of an empty database of that engine."""
        if engine == SQLITE:
            return f"sqlite:{self.folder / f'{variant}.db'}"
        makers = {POSTGRESQL: self.postgresql, MARIADB: self.mysql, MONGODB: self.mongodb}
        return makers[engine]()


@dataclass(frozen=True)
class Loaded:
    """The URL of every engine's database per variant."""

    urls: Mapping[tuple[str, Variant], str]

    def url(self, engine: str, variant: Variant) -> str:
        """Where a variant of all traps stands on that engine."""
        return self.urls[engine, variant]


def load(cases: Iterable[Case], servers: Servers, engines: Iterable[str] = ENGINES) -> Loaded:
    """Make and fill all databases."""
    given = list(cases)
    urls = {(engine, variant): servers.new(engine, variant) for engine in engines for variant in VARIANTS}
    for (engine, variant), url in urls.items():
        held = [(case, case.sides[engine]) for case in given if engine in case.sides]
        LOADERS[engine](url, held, variant)
    return Loaded(urls)


def load_schemas(servers: Servers) -> dict[tuple[str, State], str]:
    """A whole and a lossy database per engine, for the traps that no row shows."""
    urls = {}
    for (engine, state), statements in STATEMENTS.items():
        urls[engine, state] = servers.new(engine, state)
        EXECUTE[engine](urls[engine, state], statements)
    return urls


def _statements(held: Iterable[tuple[Case, Held]], variant: Variant) -> Iterator[str]:
    for case, side in held:
        columns, rows = side.of(variant)
        if side.before:
            yield side.before
        key = "id INTEGER PRIMARY KEY, " if case.keyed else ""
        yield f"CREATE TABLE {case.table} ({key}{columns})"
        values = [f"({number}, {row})" if case.keyed else f"({row})" for number, row in rows.items()]
        if values:
            yield f"INSERT INTO {case.table} VALUES {', '.join(values)}"


def _in_postgresql(url: str, statements: Iterable[str]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(cast(Any, ";".join(statements)))


def _in_mysql(url: str, statements: Iterable[str]) -> None:
    with connected(url) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _in_sqlite(url: str, statements: Iterable[str]) -> None:
    with closing(sqlite3.connect(url.removeprefix("sqlite:"))) as connection:
        connection.executescript(";".join([*statements, ""]))


EXECUTE = {POSTGRESQL: _in_postgresql, MARIADB: _in_mysql, SQLITE: _in_sqlite}


def _postgresql(url: str, held: Iterable[tuple[Case, Held]], variant: Variant) -> None:
    _in_postgresql(url, ["SET timezone = 'UTC'", *_statements(held, variant)])
    if variant != "base":
        name = conninfo_to_dict(url)["dbname"]
        changes = [f"ALTER DATABASE \"{name}\" SET {setting} = '{value}'" for setting, value in HOSTILE.items()]
        _in_postgresql(url, changes)


def _mysql(url: str, held: Iterable[tuple[Case, Held]], variant: Variant) -> None:
    _in_mysql(url, ["SET sql_mode = '', time_zone = '+00:00'", *_statements(held, variant)])


def _sqlite(url: str, held: Iterable[tuple[Case, Held]], variant: Variant) -> None:
    mode = "DELETE" if variant == "base" else "WAL"
    _in_sqlite(url, [f"PRAGMA journal_mode = {mode}", *_statements(held, variant)])


def _mongodb(url: str, held: Iterable[tuple[Case, Held]], variant: Variant) -> None:
    with MongoClient[Any](url) as client:
        database = client.get_default_database(codec_options=CodecOptions(tz_aware=True))
        for case, side in held:
            _, rows = side.of(variant)
            documents = [
                {"_id": number, **cast(Mapping[str, Any], row)} if case.keyed else dict(cast(Mapping[str, Any], row))
                for number, row in rows.items()
            ]
            database.create_collection(case.table).insert_many(documents)


LOADERS = {POSTGRESQL: _postgresql, MARIADB: _mysql, SQLITE: _sqlite, MONGODB: _mongodb}


@contextmanager
def hostile_settings(admin: str) -> Iterator[None]:
    """Settings of a MariaDB for all new sessions that must not be seen in a comparison; put back afterwards."""
    with connected(admin) as connection, connection.cursor() as cursor:
        before = {}
        for name, value in HOSTILE_GLOBALS.items():
            cursor.execute(f"SELECT @@GLOBAL.{name}")
            before[name] = cursor.fetchone()[0]
            cursor.execute(f"SET GLOBAL {name} = {value}")
        try:
            yield
        finally:
            for name, old in before.items():
                cursor.execute(f"SET GLOBAL {name} = %s", (old,))


@contextmanager
def writing(url: str) -> Iterator[Callable[[str, int, int], None]]:
    """What gives a row's column v another value (table, key, value), in a session of its own."""
    engine = parse(url).engine
    with ExitStack() as stack:
        if engine == MONGODB:
            database = stack.enter_context(MongoClient[Any](url)).get_default_database()

            def write_document(table: str, key: int, value: int) -> None:
                database[table].update_one({"_id": key}, {"$set": {"v": value}})

            yield write_document
            return
        execute: Callable[[Any], object]
        if engine == SQLITE:
            file = stack.enter_context(closing(sqlite3.connect(url.removeprefix("sqlite:"), isolation_level=None)))
            execute = file.execute
        elif engine == MARIADB:
            execute = stack.enter_context(stack.enter_context(connected(url)).cursor()).execute
        else:
            execute = stack.enter_context(psycopg.connect(url, autocommit=True)).execute
        schema = "public." if engine == POSTGRESQL else ""

        def write(table: str, key: int, value: int) -> None:
            execute(f"UPDATE {schema}{table} SET v = {value} WHERE id = {key}")

        yield write

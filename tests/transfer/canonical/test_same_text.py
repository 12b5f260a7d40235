"""A hundred thousand random values that drivers wrote into MariaDB, PostgreSQL and SQLite are equal everywhere."""

from __future__ import annotations

import datetime
import json
import os
import random
import sqlite3
import struct
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
import pytest

from engines.registry import open_database
from tests.mysql_servers import MysqlServer, connected
from tests.servers import Server
from transfer.canonical.columns import ComparedTable
from transfer.canonical.encoding import Hashing, decode, shown
from transfer.compare.pairing import pair_catalogs
from transfer.sides.open import open_side
from transfer.sides.side import Side, Span

ROWS = int(os.environ.get("DBMO_TEST_SAME_ROWS", "3300"))  # of 31 values each
NULLS = 0.04
LETTERS = "aAbB zZ019 ,:;n'\"\\%_{}$?\n\t\réÉßıİσςﬁ\u00a0\u0301\u200b中文\U0001f600\U00010348\ufffd"
LATIN = "aAzZ é€ŸÐ ,'\\"
EPOCH = datetime.datetime(1970, 1, 1)
Chance = random.Random


@dataclass(frozen=True)
class Kind:
    """A column's type in each engine (SQLite None: it can't hold this one), and what makes a value.

    mysql, postgresql, sqlite: how the value is given to that driver, where not as it is.
    """

    mysql: str
    postgresql: str
    sqlite: str | None
    make: Callable[[Chance], Any]
    to_mysql: Callable[[Any], Any] = lambda value: value
    to_postgresql: Callable[[Any], Any] = lambda value: value
    to_sqlite: Callable[[Any], Any] = lambda value: value


def integer(bits: int, signed: bool = True) -> Callable[[Chance], int]:
    """Of every length, and the ends of the range."""
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    return lambda chance: chance.choice([low, high, 0, 1, max(low, min(high, chance.randint(-9, 9))),
                                         max(low, chance.getrandbits(chance.randint(1, bits - signed)))])  # fmt: skip


def decimal(whole: int, scale: int) -> Callable[[Chance], Decimal]:
    """With zeros at either end."""

    def make(chance: Chance) -> Decimal:
        digits = chance.randrange(10 ** chance.randint(1, whole + scale - 1)) * chance.choice([1, 1, 10])
        return Decimal(chance.choice([-1, 1]) * digits).scaleb(-scale)

    return make


def double(chance: Chance) -> float:
    """Short and long ones, the smallest and largest, those between whose texts rounding decides."""
    kind = chance.randrange(4)
    if kind == 0:
        return chance.choice([0.0, -0.0, 0.1, 1e23, 5e-324, 2.0**53 + 2, 1e15, 1e17, -1.7976931348623157e308, 2.5e-7])
    if kind == 1:
        return round(chance.uniform(-1e6, 1e6), chance.randint(0, 6))
    found = float(struct.unpack("<d", chance.randbytes(8))[0]) if kind == 2 else chance.uniform(-1, 1)
    return found if found - found == 0 else 1.5


def single(chance: Chance) -> float:
    """A 32-bit float, as the double that it is."""
    size = chance.uniform(-1, 1) * 10.0 ** chance.randint(-37, 37)
    return float(struct.unpack("<f", struct.pack("<f", size))[0])


def text(letters: str, longest: int) -> Callable[[Chance], str]:
    """Of every length, blanks at the ends too."""
    return lambda chance: "".join(chance.choice(letters) for _ in range(chance.randrange(longest + 1)))


def moment(first: datetime.datetime, last: datetime.datetime, digits: int) -> Callable[[Chance], datetime.datetime]:
    """With so many digits of a second."""
    span, step = (last - first) // datetime.timedelta(microseconds=1), 10 ** (6 - digits)
    return lambda chance: first + datetime.timedelta(microseconds=chance.randrange(span) // step * step)


def clock(chance: Chance) -> datetime.time:
    """A time of day to the microsecond."""
    return (EPOCH + datetime.timedelta(microseconds=chance.randrange(86_400_000_000))).time()


def hours(chance: Chance) -> datetime.timedelta:
    """MySQL's TIME goes from -838:59:59 to 838:59:59."""
    return datetime.timedelta(seconds=chance.randint(-3_020_399, 3_020_399))


def document(chance: Chance, depth: int = 0) -> str:
    """A JSON text with blanks, any order of keys and any spelling of numbers and letters."""
    kind = chance.randrange(6 if depth < 3 else 4)
    if kind == 0:
        return chance.choice(["null", "true", "false", "0", "-0.0", "1.50", "1e2", "12345678901234567890.125", "1E-3"])
    if kind == 1:
        return str(chance.randint(-(10**15), 10**15))
    if kind in (2, 3):
        return json.dumps(text(LETTERS, 6)(chance), ensure_ascii=chance.random() < 0.5)
    inner = [document(chance, depth + 1) for _ in range(chance.randrange(4))]
    if kind == 4:
        return f"[{' , '.join(inner)}]"
    return "{ " + ", ".join(f"{json.dumps(text('abBé', 2)(chance))} :{value}" for value in inner) + "}"


def random_uuid(chance: Chance) -> str:
    """Of version 4: MariaDB takes only those that the standard describes."""
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def labels(chance: Chance) -> list[str]:
    """Some of z, y, x in any order."""
    return chance.sample(["z", "y", "x"], chance.randrange(4))


def unhyphened(value: str) -> bytes:
    """The 16 bytes of a uuid."""
    return bytes.fromhex(value.replace("-", ""))


YEAR_1970, YEAR_2038 = datetime.datetime(1970, 1, 2), datetime.datetime(2038, 1, 1)
YEAR_1, YEAR_9999 = datetime.datetime(1, 1, 2), datetime.datetime(9999, 12, 30)
KINDS: dict[str, Kind] = {
    "tiny": Kind("tinyint", "smallint", "INTEGER", integer(8)),
    "medium": Kind("mediumint unsigned", "integer", "INTEGER", integer(24, signed=False)),
    "whole": Kind("int(9) zerofill", "bigint", "INTEGER", integer(31, signed=False)),
    "big": Kind("bigint", "bigint", "INTEGER", integer(64)),
    "huge": Kind("bigint unsigned", "numeric(20)", None, integer(64, signed=False)),
    "flag": Kind("tinyint(1)", "boolean", "INTEGER", lambda chance: chance.randrange(2), to_postgresql=bool),
    "year": Kind("year", "integer", "INTEGER", lambda chance: chance.randint(1901, 2155)),
    "money": Kind("decimal(14,2)", "numeric(16,4)", None, decimal(12, 2)),
    "long": Kind("decimal(40,20)", "numeric", "TEXT", decimal(20, 20), to_sqlite=str),
    "real": Kind("double", "double precision", "REAL", double, to_mysql=repr),
    "small": Kind("float", "real", "REAL", single, to_mysql=repr),
    "words": Kind("varchar(60)", "text", "TEXT", text(LETTERS, 30)),
    "latin": Kind("varchar(60) character set latin1", "varchar(60)", "TEXT", text(LATIN, 30)),
    "wide": Kind("text character set utf16", "text", "TEXT", text(LETTERS, 30)),
    "padded": Kind("char(12)", "char(12)", "TEXT", text(LETTERS, 12)),
    "bytes": Kind("varbinary(30)", "bytea", "BLOB", lambda chance: chance.randbytes(chance.randrange(30))),
    "fixed": Kind("binary(8)", "bytea", "BLOB", lambda chance: chance.randbytes(8)),
    "day": Kind("date", "date", "TEXT", lambda chance: moment(YEAR_1, YEAR_9999, 0)(chance).date(), to_sqlite=str),
    "wall": Kind("datetime(6)", "timestamp", "TEXT", moment(YEAR_1, YEAR_9999, 6), to_sqlite=str),
    "second": Kind("datetime", "timestamp(0)", "TEXT", moment(YEAR_1, YEAR_9999, 0), to_sqlite=str),
    "point_in_time": Kind(
        "timestamp(3) NULL", "timestamptz", "TEXT", moment(YEAR_1970, YEAR_2038, 3),
        to_postgresql=lambda value: value.replace(tzinfo=datetime.UTC), to_sqlite=lambda value: f"{value}Z",
    ),
    "clock": Kind("time(6)", "time", "TEXT", clock, to_sqlite=str),
    "hours": Kind("time", "interval", None, hours, to_postgresql=lambda value: f"{value.total_seconds()} s"),
    "bits": Kind("bit(13)", "bit(13)", None, integer(13, signed=False), to_postgresql=lambda value: f"{value:013b}"),
    "uuid": Kind("uuid", "uuid", "TEXT", random_uuid),
    "uuid_text": Kind("char(36)", "uuid", "TEXT", random_uuid, to_mysql=str.upper, to_sqlite=str.upper),
    "uuid_bytes": Kind("binary(16)", "uuid", "BLOB", random_uuid, to_mysql=unhyphened, to_sqlite=unhyphened),
    "json": Kind("json", "jsonb", "TEXT", document),
    "json_text": Kind("json", "json", "TEXT", document),
    "label": Kind("enum('b','a','é')", "text", "TEXT", lambda chance: chance.choice("baé")),
    "labels": Kind("set('z','y','x')", "text[]", None, labels, to_mysql=",".join),
}  # fmt: skip


def rows(names: list[str], count: int) -> list[list[Any]]:
    """Random values of these columns behind a number, the same every time; NULL now and then."""
    chance = random.Random(20)
    return [
        [number, *(None if chance.random() < NULLS else KINDS[name].make(chance) for name in names)]
        for number in range(count)
    ]


def given(kinds: list[Callable[[Any], Any]], row: list[Any]) -> list[Any]:
    """A row as a driver is given it."""
    return [row[0], *(None if value is None else to(value) for to, value in zip(kinds, row[1:], strict=True))]


def into_mysql(url: str, values: list[list[Any]], names: list[str]) -> None:
    """The table t of MariaDB."""
    kinds = [KINDS[name].to_mysql for name in names]
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute("SET time_zone = '+00:00'")
        ddl = ", ".join(f"c_{name} {KINDS[name].mysql}" for name in names)
        cursor.execute(f"CREATE TABLE t (id INT PRIMARY KEY, {ddl})")
        marks = ", ".join(["%s"] * (len(names) + 1))
        cursor.executemany(f"INSERT INTO t VALUES ({marks})", (given(kinds, row) for row in values))


def into_postgresql(url: str, values: list[list[Any]], names: list[str]) -> None:
    """The table t of PostgreSQL."""
    kinds = [KINDS[name].to_postgresql for name in names]
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        ddl = ", ".join(f"c_{name} {KINDS[name].postgresql}" for name in names)
        cursor.execute(f"CREATE TABLE t (id INT PRIMARY KEY, {ddl})")
        with cursor.copy("COPY t FROM STDIN") as copy:
            for row in values:
                copy.write_row(given(kinds, row))


def into_sqlite(path: Path, values: list[list[Any]], names: list[str]) -> None:
    """The table t of SQLite, without what it can't hold."""
    held = [place for place, name in enumerate(names) if KINDS[name].sqlite is not None]
    kinds = [KINDS[names[place]].to_sqlite for place in held]
    with closing(sqlite3.connect(path)) as connection:
        ddl = ", ".join(f"c_{names[place]} {KINDS[names[place]].sqlite}" for place in held)
        connection.execute(f"CREATE TABLE t (id INTEGER PRIMARY KEY, {ddl})")
        marks = ", ".join("?" * (len(held) + 1))
        lines = (given(kinds, [row[0], *(row[place + 1] for place in held)]) for row in values)
        connection.executemany(f"INSERT INTO t VALUES ({marks})", lines)
        connection.commit()


@pytest.fixture(scope="module")
def databases(mariadb: MysqlServer, postgresql_18: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """References by engine to three databases that hold the same table."""
    names = list(KINDS)
    values = rows(names, ROWS)
    found = {
        "mysql": mariadb.create_database(),
        "postgresql": postgresql_18.create_database(),
        "sqlite": f"sqlite:{tmp_path_factory.mktemp('same') / 'same.db'}",
    }
    into_mysql(found["mysql"], values, names)
    into_postgresql(found["postgresql"], values, names)
    into_sqlite(Path(found["sqlite"].removeprefix("sqlite:")), values, names)
    return found


def columns_that_differ(source: Side, target: Side, table: ComparedTable) -> list[str]:
    """Each with a few of its rows."""
    hashing = Hashing.new()
    found = []
    for column in table.columns[1:]:
        one = table.model_copy(update={"columns": [table.columns[0], column]})
        if source.digests(one, Span(), hashing) == target.digests(one, Span(), hashing):
            continue
        left, right = (dict(pair for batch in side.stream(one, Span()) for pair in batch) for side in (source, target))
        differ = ((key, row, right.get(key)) for key, row in left.items() if row != right.get(key))
        for key, row, other in islice(differ, 3):
            texts = [None if line is None else shown(decode(one.columns, line)[1]) for line in (row, other)]
            found.append(f"{column.name} ({column.form}) {key!r}: {texts}")
    return found


@pytest.mark.parametrize(
    ("source", "target", "columns"),
    [("mysql", "postgresql", 31), ("postgresql", "mysql", 31), ("mysql", "mysql", 31), ("mysql", "sqlite", 26),
     ("sqlite", "postgresql", 26)],
)  # fmt: skip
def test_equal_values_are_equal(databases: dict[str, str], source: str, target: str, columns: int) -> None:
    """Of all types that both engines have, whoever is the source: no alarm."""
    catalogs = []
    for engine in (source, target):
        with closing(open_database(databases[engine])) as database:
            catalogs.append(database.catalog())
    names = {table.full_name: other.full_name for table, other in zip(*(c.tables for c in catalogs), strict=True)}
    (table,) = pair_catalogs(catalogs[0], catalogs[1], names).tables
    assert len(table.columns) == columns + 1
    with (
        closing(open_side(databases[source], "source")) as here,
        closing(open_side(databases[target], "target")) as there,
    ):
        hashing = Hashing.new()
        same = here.digests(table, Span(), hashing) == there.digests(table, Span(), hashing)
        assert same, "\n".join(columns_that_differ(here, there, table))
        assert here.count(table) == ROWS

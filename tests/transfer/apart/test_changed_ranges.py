"""A copy goes on after its source was written to: only ranges that changed are copied again, whatever the key is."""

import datetime
import hashlib
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from conversion.convert import convert
from conversion.result import Overrides
from engines.connection import parse
from engines.errors import DbmoError
from engines.registry import open_database
from skills.context import SkillContext
from tests.faults.moves import move
from tests.moving import fetch, sqlite_file
from tests.mysql_servers import connected
from tests.servers import MysqlServer, Server
from transfer.make_plan import make_plan
from transfer.moveplan import MovePlan

ROWS, CHUNK, RANGES = 38, 5, 8
CHANGED = {0, 1, 2, 4, 7}  # a row inserted, one updated, one whose key goes to the last range, one deleted
HOSTILE = ["'", "''", "\\", "\\'", "%", "%s", "\n", "\t", "é", "É", "ß", "😀", "Z", "z", "{0}", "--", "\x7f", " x", "("]


@dataclass(frozen=True)
class Keyed:
    """A table with this key: columns as SQL, keys, one below all and one above; apart: its ranges are told apart."""

    columns: str
    keys: list[tuple[Any, ...]]
    first: tuple[Any, ...]
    last: tuple[Any, ...]
    apart: bool = True
    options: str = ""

    @property
    def names(self) -> list[str]:
        return ["a", "b"][: len(self.first)]


def keyed(
    columns: str, key: Callable[[int], Any], first: Any, last: Any, apart: bool = True, options: str = ""
) -> Keyed:
    ends = [value if isinstance(value, tuple) else (value,) for value in (first, last)]
    keys = [found if isinstance(found := key(n), tuple) else (found,) for n in range(ROWS)]
    return Keyed(columns, keys, ends[0], ends[1], apart, options)


def digest(number: int) -> bytes:
    return hashlib.md5(str(number).encode()).digest()


def word(number: int) -> str:
    return f"b{HOSTILE[number % len(HOSTILE)]}{number}"


def day(number: int) -> datetime.date:
    return datetime.date(2020, 2, 20) + datetime.timedelta(days=number * 17)


def moment(number: int) -> datetime.datetime:
    return datetime.datetime(2024, 3, 31, 0, 30) + datetime.timedelta(minutes=37 * number, microseconds=number * 1000)


def amount(number: int) -> Decimal:
    return Decimal(number - 20) * Decimal("7.25")


DAYS = datetime.date(1990, 1, 1), datetime.date(2300, 1, 1)
MOMENTS = datetime.datetime(1990, 1, 1), datetime.datetime(2300, 1, 1)
AMOUNTS = Decimal(-999), Decimal(999)
GUIDS = uuid.UUID(int=0), uuid.UUID(int=2**128 - 1)
BYTES = b"", b"\xff" * 16
PAIR = (0, ""), (99, "")
POSTGRESQL = {
    "number": keyed("a bigint", lambda n: n + 1, 0, 900),
    "words": keyed("a text", word, "a", "c"),
    "bytewise": keyed('a varchar(40) COLLATE "C"', word, "a", "c"),
    "guid": keyed("a uuid", lambda n: uuid.UUID(bytes=digest(n)), *GUIDS),
    "raw": keyed("a bytea", digest, *BYTES),
    "days": keyed("a date", day, *DAYS),
    "moments": keyed("a timestamp", moment, *MOMENTS),
    "amounts": keyed("a numeric(12,2)", amount, *AMOUNTS),
    "pairs": keyed("a integer, b text", lambda n: (1 + n // 7, word(n)), *PAIR),
}
# MariaDB keeps UUIDs of version 4 in another order, PostgreSQL's own collation is none of MariaDB's
TO_MARIADB = {
    **{name: found for name, found in POSTGRESQL.items() if name not in ("words", "guid", "raw", "pairs")},
    "random": keyed("a uuid", lambda n: uuid.UUID(bytes=digest(n), version=4), *GUIDS, apart=False),
    "raw": keyed("a bytea CHECK (length(a) <= 16)", digest, *BYTES),
    "pairs": keyed('a integer, b varchar(40) COLLATE "C"', lambda n: (1 + n // 7, word(n)), *PAIR),
}
# SQLite's own collation is that of bytes; exact decimals are texts there, which sort otherwise
TO_SQLITE = {name: found for name, found in POSTGRESQL.items() if name != "words"}
TO_SQLITE["amounts"] = replace(POSTGRESQL["amounts"], apart=False)
MARIADB = {
    "number": keyed("a int", lambda n: n + 1, 0, 900),
    "words": keyed("a varchar(40) COLLATE utf8mb4_bin", word, "a", "c"),
    "lower": keyed("a char(36)", lambda n: str(uuid.UUID(bytes=digest(n))), str(GUIDS[0]), str(GUIDS[1])),
    "raw": keyed("a binary(16)", digest, b"", b"\xff" * 16),
    "days": keyed("a date", day, *DAYS),
    "moments": keyed("a datetime(3)", moment, *MOMENTS),
    "amounts": keyed("a decimal(12,2)", amount, *AMOUNTS),
    "pairs": keyed("a int, b varchar(40) COLLATE utf8mb4_nopad_bin", lambda n: (1 + n // 7, word(n)), *PAIR),
}
SQLITE = {
    "number": keyed("a INTEGER", lambda n: n + 1, 0, 900),
    "words": keyed("a TEXT NOT NULL", word, "a", "c", options="WITHOUT ROWID"),
    "raw": keyed("a BLOB NOT NULL", digest, *BYTES, options="WITHOUT ROWID"),
    "pairs": keyed(
        "a INTEGER NOT NULL, b TEXT NOT NULL", lambda n: (1 + n // 7, word(n)), *PAIR, options="WITHOUT ROWID"
    ),
    "hidden": keyed("a TEXT NOT NULL", word, "a", "c", apart=False),  # cut by its rowid, which the target hasn't
}


def opened(url: str) -> AbstractContextManager[Any]:
    """A connection by the plain driver."""
    if url.startswith("sqlite"):
        return closing(sqlite3.connect(url.removeprefix("sqlite:")))
    return psycopg.connect(url) if url.startswith("postgresql") else connected(url)


class Source:
    """A source's tables by its plain driver."""

    def __init__(self, url: str, tables: dict[str, Keyed]) -> None:
        self.url, self.tables = url, tables
        with self.cursor() as cursor:
            for name, found in tables.items():
                key = ", ".join(found.names)
                cursor.execute(f"CREATE TABLE {name} ({found.columns}, v int, PRIMARY KEY ({key})) {found.options}")
                for number, values in enumerate(found.keys):
                    self.run(cursor, f"INSERT INTO {name} VALUES ({', '.join('?' * len(values))}, {number})", values)

    def run(self, cursor: Any, sql: str, values: Any = ()) -> None:
        cursor.execute(sql if self.url.startswith("sqlite") else sql.replace("?", "%s"), values)

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        with opened(self.url) as connection:
            yield connection.cursor()
            connection.commit()

    def rows(self, name: str) -> list[tuple[Any, ...]]:
        with self.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(self.tables[name].names)}, v FROM {name} ORDER BY v")
            return list(cursor.fetchall())

    def change(self) -> None:
        with self.cursor() as cursor:
            for name, found in self.tables.items():
                key = ", ".join(found.names)
                cursor.execute(f"SELECT {key} FROM {name} ORDER BY {key}")
                keys = cursor.fetchall()
                where = " AND ".join(f"{column} = ?" for column in found.names)
                given = ", ".join(f"{column} = ?" for column in found.names)
                self.run(cursor, f"UPDATE {name} SET v = 1000 WHERE {where}", keys[7])
                self.run(cursor, f"UPDATE {name} SET {given} WHERE {where}", (*found.last, *keys[12]))
                self.run(cursor, f"DELETE FROM {name} WHERE {where}", keys[22])
                self.run(cursor, f"INSERT INTO {name} VALUES ({', '.join('?' * len(found.first))}, -1)", found.first)


def planned(source: str, target: str) -> MovePlan:
    with closing(open_database(source)) as here, closing(open_database(target)) as there:
        catalog = here.catalog()
        schema = there.catalog().database if parse(target).engine == "mysql" else "public"
        profiles = {table.full_name: here.profile(table) for table in catalog.tables}
        made = convert(catalog, profiles, there.engine, there.version, Overrides(), schema)
        return make_plan(
            "test", catalog, there.engine, made.statements, made.tables, chunk_rows=CHUNK, range_seconds=0.0
        )


def interrupted(source: str, target: str, plan: MovePlan, commits: int) -> None:
    """The move until so many ranges are committed."""
    done: list[str] = []
    context = SkillContext(
        progress=lambda told: done.append(told.item) if told.stage == "copy" else None,
        cancelled=lambda: len(done) >= commits,
    )
    with pytest.raises(DbmoError, match="INTERRUPTED"):
        move(source, target, plan, context)


def ranges(target: str) -> dict[str, dict[int, tuple[bool, int]]]:
    """Whether each range is done, and how often it was copied, by table and number."""
    found: dict[str, dict[int, tuple[bool, int]]] = {}
    state = "_dbmo.chunk" if target.startswith("postgresql") else "_dbmo_chunk"
    with opened(target) as connection:
        cursor = connection.cursor()
        cursor.execute(f"SELECT table_name, number, done, copies FROM {state}")
        for name, number, done, copies in cursor.fetchall():
            found.setdefault(name.partition(".")[2], {})[number] = (bool(done), copies)
    return found


def check(source: Source, target: str, shown: Callable[[tuple[Any, ...]], list[str]] | None = None) -> None:
    shown = shown or plain
    plan = planned(source.url, target)
    interrupted(source.url, target, plan, len(source.tables) * RANGES * 3 // 4)
    before = ranges(target)
    begun = {name for name, found in before.items() if any(done for done, _ in found.values())}
    source.change()
    told: dict[str, Any] = {}
    move(source.url, target, plan, SkillContext(journal=lambda kind, body: told.update({kind: body})))
    after = ranges(target)
    apart = {name for name, found in source.tables.items() if found.apart}
    assert {name.partition(".")[2] for name in told["resumed"]["whole"]} == begun - apart
    for name in apart:
        done = {number for number, (finished, _) in before.get(name, {}).items() if finished}
        again = {number for number, (_, copies) in after[name].items() if copies == 2}
        assert (name, again, len(after[name])) == (name, done & CHANGED, RANGES)
    arrived = Source(target, {})
    arrived.tables = source.tables
    for name in source.tables:
        assert [shown(row) for row in arrived.rows(name)] == [shown(row) for row in source.rows(name)], name


def plain(row: tuple[Any, ...]) -> list[str]:
    return [bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value) for value in row]


def test_between_postgresql(postgresql_18: Server, empty_18: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By an index that is gone afterwards."""
    monkeypatch.setattr("transfer.apart.doubts.FEW", 0)
    check(Source(postgresql_18.create_database(), POSTGRESQL), empty_18)
    assert fetch(empty_18, "SELECT 1 FROM pg_indexes WHERE indexname LIKE 'dbmo%'") == []


def test_from_mariadb_to_postgresql(mariadb: MysqlServer, empty_18: str) -> None:
    check(Source(mariadb.create_database(), MARIADB), empty_18)


def test_from_sqlite_to_postgresql(tmp_path: Path, empty_18: str) -> None:
    check(Source(f"sqlite:{sqlite_file(tmp_path / 's.db')}", SQLITE), empty_18)


def test_from_postgresql_to_mariadb(postgresql_18: Server, empty_mariadb: str) -> None:
    check(Source(postgresql_18.create_database(), TO_MARIADB), empty_mariadb)


def test_from_postgresql_to_sqlite(postgresql_18: Server, tmp_path: Path) -> None:
    """Whose keys plain drivers read as other types; every row is told by its number."""
    target = f"sqlite:{sqlite_file(tmp_path / 't.db')}"
    check(Source(postgresql_18.create_database(), TO_SQLITE), target, lambda row: [str(row[-1])])

"""Tables of a plan are repaired by the meaning of its routes; what was set aside stays as it was left."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from conversion.convert import convert
from engines.registry import open_database
from tests.moving import change, fetch, mapping, move, plan_of, sqlite_file
from tests.transfer.repair.mending import mending
from transfer.aside import quarantined_on
from transfer.compare.mapped import from_mapping

TABLE = mapping(
    "t",
    [
        ("id", "bigint", "integer"),
        ("seen", "timestamp(6) without time zone", "epoch_milliseconds"),
        ("v", "bigint", "integer"),
        ("w", "jsonb", "jsonb_any"),
    ],
)
ROWS = [(1, 1_700_000_000_001, 1, b"\0"), (2, 0, "n/a", "text"), (3, -1, 3, 1.5), (4, None, None, None)]


def test_routes_are_carried_by_their_meaning_and_quarantine_stays(tmp_path: Path, empty_18: str) -> None:
    source = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, seen DATETIME, v INTEGER, w)",
        rows=[("INSERT INTO t VALUES (?, ?, ?, ?)", ROWS)],
    )
    move(source, empty_18, plan_of(TABLE))
    rows = "SELECT id, seen::text, v, w::text FROM t ORDER BY id"
    moved = fetch(empty_18, rows)
    change(empty_18, "UPDATE t SET seen = now(), w = NULL WHERE id < 4", "DELETE FROM t WHERE id = 3")
    catalogs = []
    for url in (f"sqlite:{source}", empty_18):
        with closing(open_database(url)) as database:
            catalogs.append(database.catalog())
    aside = [entry for _, entry in quarantined_on(empty_18, "test")]
    with mending(f"sqlite:{source}", empty_18, [from_mapping(TABLE, *catalogs)]) as made:
        made.aside = {"main.t": aside}
        plan = made.plan()
        assert (plan.tables[0].columns, plan.tables[0].left) == (["seen", "w"], [])
        done = made.repair(plan)
        assert done.clean, done
        (result,) = made.compare()
    assert (result.equal, result.set_aside) == (True, 1)
    assert fetch(empty_18, rows) == moved


VALUES = [
    ("numeric(20,8)", "1.50"), ("real", "0.1"), ("double precision", "'NaN'"), ("boolean", "true"),
    ("char(5)", "'a'"), ("bytea", r"'\x00ff'"), ("timestamptz", "'0044-03-15 00:00:00.5 BC'"),
    ("timestamp", "'infinity'"), ("date", "'20000-01-01'"), ("interval", "'1 mon -3 days'"),
    ("time(3)", "'12:00:00.5'"),
    ("uuid", "'0123456789abcdef0123456789abcdef'"), ("json", """'{"b": 1.0,  "a": 2}'"""), ("jsonb", "'[1.0]'"),
    ("text[]", """'{a,"b c",NULL}'"""), ("inet", "'10.0.0.1'"), ("bit(3)", "B'101'"), ("bigint", "-1"),
]  # fmt: skip


def test_from_postgresql_a_file_gets_what_the_mover_writes(postgresql_18: Any, tmp_path: Path) -> None:
    columns = ", ".join(f"c{n} {native}" for n, (native, _) in enumerate(VALUES))
    row = ", ".join(value for _, value in VALUES)
    url = postgresql_18.create_database()
    change(url, f"CREATE TABLE t (id int PRIMARY KEY, {columns})", f"INSERT INTO t VALUES (1, {row}), (2, {row})")
    change(url, "INSERT INTO t (id) VALUES (3)")
    with closing(open_database(url)) as database:
        made = convert(database.catalog(), {}, "sqlite", "3")
        catalog = database.catalog()
    file = tmp_path / "t.db"
    file.touch()
    with closing(sqlite3.connect(file)) as connection, connection:
        for statement in made.statements:
            connection.execute(statement.sql)
    with closing(open_database(f"sqlite:{file}")) as database:
        tables = [from_mapping(table, catalog, database.catalog()) for table in made.tables]
    with mending(url, f"sqlite:{file}", tables) as mend:
        done = mend.repair(mend.plan())
        assert done.clean, done
        assert mend.equal
    with closing(sqlite3.connect(file)) as connection:
        found = connection.execute("SELECT * FROM t WHERE id = 1").fetchone()
    assert found == (
        1, "1.50000000", 0.10000000149011612, "NaN", 1, "a", b"\0\xff", "0044-03-15 00:00:00.5 BC+00:00", "infinity",
        "20000-01-01", "1 mon -3 days", "12:00:00.5", "01234567-89ab-cdef-0123-456789abcdef", '{"b": 1.0,  "a": 2}',
        "[1.0]", '["a","b c",null]', "10.0.0.1/32", "101", -1,
    )  # fmt: skip

"""A copy goes on after its source was written to elsewhere: no range of a table that did not change is copied twice."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.moving import sqlite_file
from tests.servers import MysqlServer, Server
from tests.transfer.apart.test_changed_ranges import ROWS, digest, interrupted, opened, planned, ranges, word
from transfer.moveplan import ChunkKey, MovePlan

# engine -> tables: columns, a row's values by its number; none of their ranges can be told apart on every target
TABLES: dict[str, dict[str, tuple[str, Any]]] = {
    "postgresql": {
        "bare": ("a int, b text", lambda n: (n // 3, word(n))),
        "paged": ("a uuid PRIMARY KEY, b text", lambda n: (str(uuid.UUID(bytes=digest(n), version=4)), word(n))),
        "empty": ("a int", None),
    },
    "mysql": {
        "bare": ("a int, b varchar(40)", lambda n: (n // 3, word(n))),
        "folded": ("a varchar(40) COLLATE utf8mb4_general_ci PRIMARY KEY, b int", lambda n: ("kK"[n % 2] + word(n), n)),
        "guid": ("a uuid PRIMARY KEY, b int", lambda n: (str(uuid.UUID(bytes=digest(n), version=4)), n)),
    },
    "sqlite": {
        "bare": ("a, b TEXT", lambda n: (n // 3, word(n))),
        "hidden": ("a TEXT PRIMARY KEY NOT NULL, b INTEGER", lambda n: (word(n), n)),
    },
}


def filled(url: str, engine: str) -> str:
    with opened(url) as connection:
        cursor, mark = connection.cursor(), "?" if engine == "sqlite" else "%s"
        cursor.execute("CREATE TABLE elsewhere (a int)")
        for name, (columns, row) in TABLES[engine].items():
            cursor.execute(f"CREATE TABLE {name} ({columns})")
            if row is not None:
                cursor.executemany(f"INSERT INTO {name} VALUES ({mark}, {mark})", [row(n) for n in range(ROWS)])
        connection.commit()
    return url


def by_pages(plan: MovePlan) -> MovePlan:
    """As the plan of a large table whose rows lie in another order than its key."""
    return plan.model_copy(update={"keys": {**plan.keys, "public.paged": ChunkKey(kind="ctid")}})


def check(source: str, target: str, plan: MovePlan) -> None:
    interrupted(source, target, plan, 4)
    with opened(source) as connection:
        connection.cursor().execute("INSERT INTO elsewhere VALUES (1)")
        connection.commit()
    before = ranges(target)
    interrupted(source, target, plan, 1)  # the second run, as far as its first commit
    after = ranges(target)
    done = {(name, number) for name, parts in before.items() for number, (finished, _) in parts.items() if finished}
    assert len(done) == 4
    own = {part for part in done if part[0] != "elsewhere"}
    assert [after[name][number] for name, number in sorted(own)] == [(True, 1)] * len(own)


def test_of_postgresql(postgresql_18: Server, empty_18: str) -> None:
    source = filled(postgresql_18.create_database(), "postgresql")
    check(source, empty_18, by_pages(planned(source, empty_18)))


def test_of_postgresql_to_mariadb(postgresql_18: Server, empty_mariadb: str) -> None:
    source = filled(postgresql_18.create_database(), "postgresql")
    check(source, empty_mariadb, by_pages(planned(source, empty_mariadb)))


def test_of_mariadb(mariadb: MysqlServer, empty_18: str) -> None:
    source = filled(mariadb.create_database(), "mysql")
    check(source, empty_18, planned(source, empty_18))


@pytest.mark.parametrize("to", ["postgresql", "sqlite"])
def test_of_sqlite(tmp_path: Path, empty_18: str, to: str) -> None:
    source = filled(f"sqlite:{sqlite_file(tmp_path / 's.db')}", "sqlite")
    target = empty_18 if to == "postgresql" else f"sqlite:{sqlite_file(tmp_path / 't.db')}"
    check(source, target, planned(source, target))

"""Databases as they shouldn't be: every case is a typed entry in the result, never an equal that isn't one."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from engines.errors import EngineError
from engines.registry import open_database
from tests.faults.moves import end_connections
from tests.servers import MysqlServer, Server, load_mysql, load_sql
from transfer.compare.findings import Findings
from transfer.compare.model import Options, TableComparison
from transfer.compare.pairing import Pairing, pair_catalogs
from transfer.compare.table import compare_table
from transfer.sides.open import open_side

Between = Callable[[], object]


class Compared:
    """Two live databases, paired and compared; between: what happens before the first table is read."""

    def __init__(self, source: str, target: str, between: Between = lambda: None) -> None:
        self.results: dict[str, TableComparison] = {}
        with contextlib.ExitStack() as stack:
            ends = [stack.enter_context(contextlib.closing(open_database(url))) for url in (source, target)]
            self.pairing: Pairing = pair_catalogs(ends[0].catalog(), ends[1].catalog())
            between()
            here = stack.enter_context(contextlib.closing(open_side(source, "source")))
            there = stack.enter_context(contextlib.closing(open_side(target, "target")))
            findings = stack.enter_context(contextlib.closing(Findings()))
            found = self.pairing.refused("checksums")
            found += [compare_table(here, there, table, Options(), findings) for table in self.pairing.tables]
            self.results = {one.name.partition(".")[2]: one for one in found}

    def said(self) -> dict[str, str]:
        """Each table in short: equal, or its problem, or what differs."""
        return {name: _short(one) for name, one in self.results.items()}

    @property
    def unpaired(self) -> list[tuple[str, str]]:
        """Side and name of what has no counterpart."""
        return [(one.side, one.name.partition(".")[2]) for one in self.pairing.unpaired]


def _short(one: TableComparison) -> str:
    if one.problem:
        return one.problem.code
    words = [f"{kind} {getattr(one, kind)}" for kind in ("different", "missing", "extra") if getattr(one, kind)]
    words += [f"{left.side} has {left.column}" for left in one.uncompared]
    assert one.equal is not bool(words)
    return ", ".join(words) or "equal"


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Makes SQLite files from scripts; their URLs."""
    made: list[Path] = []

    def make(script: str) -> str:
        made.append(tmp_path / f"{len(made)}.db")
        with contextlib.closing(sqlite3.connect(made[-1])) as connection:
            connection.executescript(script)
        return f"sqlite:///{made[-1]}"

    yield make


# what is wrong: script of the source, script of the target, what is said of each table, what has no counterpart
BOTH_SQLITE = [
    ("CREATE TABLE t (k TEXT PRIMARY KEY, v); INSERT INTO t VALUES ('a', 1), (NULL, 2), (NULL, 3), (NULL, 3)",
     "CREATE TABLE t (k TEXT PRIMARY KEY, v); INSERT INTO t VALUES (NULL, 3), (NULL, 2), ('a', 1), (NULL, 3)",
     {"t": "equal"}, []),
    ("CREATE TABLE t (k TEXT PRIMARY KEY, v); INSERT INTO t VALUES ('a', 1), (NULL, 2), (NULL, 3)",
     "CREATE TABLE t (k TEXT PRIMARY KEY, v); INSERT INTO t VALUES ('a', 1), (NULL, 2), (NULL, 4)",
     {"t": "different 1"}, []),
    ("CREATE TABLE t (k TEXT PRIMARY KEY, v); INSERT INTO t VALUES (NULL, 2), (NULL, 2)",
     "CREATE TABLE t (k TEXT PRIMARY KEY, v); INSERT INTO t VALUES (NULL, 2)",
     {"t": "missing 1"}, []),
    ("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2)", "CREATE TABLE t (a, c); INSERT INTO t VALUES (1, 2)",
     {"t": "source has b, target has c"}, []),
    ("CREATE TABLE t (a); CREATE TABLE u (a)", "CREATE TABLE t (a); CREATE TABLE w (a)",
     {"t": "equal"}, [("source", "u"), ("target", "w")]),
    ("CREATE TABLE t (a); INSERT INTO t VALUES (1), (1), (2)", "CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (2)",
     {"t": "missing 1, extra 1"}, []),
    ("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2)",
     "CREATE TABLE x (a, b); INSERT INTO x VALUES (1, 2); CREATE VIEW t AS SELECT * FROM x",
     {"t": "equal"}, [("target", "x")]),
    ("CREATE TABLE t (a, b AS (a + 1)); INSERT INTO t VALUES (1)",
     "CREATE TABLE t (a, b AS (a + 2)); INSERT INTO t VALUES (1)", {"t": "missing 1, extra 1"}, []),
]  # fmt: skip


@pytest.mark.parametrize(("source", "target", "wanted", "unpaired"), BOTH_SQLITE)
def test_sqlite_beside_sqlite(
    file: Callable[[str], str], source: str, target: str, wanted: dict[str, str], unpaired: list[tuple[str, str]]
) -> None:
    found = Compared(file(source), file(target))
    assert (found.said(), found.unpaired) == (wanted, unpaired)


def test_a_mover_changed_the_shape_of_tables(file: Callable[[str], str], empty_18: str) -> None:
    source = file(
        "CREATE TABLE gone (id INTEGER PRIMARY KEY);"
        "CREATE TABLE by_text (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO by_text VALUES (1, 'a'), (2, 'b');"
        "CREATE TABLE null_key (k TEXT PRIMARY KEY, v INTEGER); INSERT INTO null_key VALUES ('a', 1), (NULL, 2);"
        "CREATE TABLE viewed (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO viewed VALUES (1, 'a'), (2, 'b');"
        "CREATE TABLE keyless (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO keyless VALUES (1, 'a'), (2, 'b');"
        "CREATE TABLE doubled (id INTEGER PRIMARY KEY, v TEXT, twice INTEGER AS (id * 2));"
        "INSERT INTO doubled VALUES (1, 'a'), (2, 'b');"
    )
    load_sql(
        empty_18,
        "CREATE TABLE by_text (id text PRIMARY KEY, v text); INSERT INTO by_text VALUES ('1', 'a'), ('2', 'x');"
        "CREATE TABLE null_key (k text PRIMARY KEY, v int); INSERT INTO null_key VALUES ('a', 1), ('', 2);"
        "CREATE TABLE really (id int PRIMARY KEY, v text); INSERT INTO really VALUES (1, 'a'), (2, 'B');"
        "CREATE VIEW viewed AS SELECT * FROM really;"
        "CREATE TABLE keyless (id int, v text); INSERT INTO keyless VALUES (1, 'a'), (2, 'b'), (2, 'b');"
        "CREATE TABLE doubled (id int PRIMARY KEY, v text, twice int GENERATED ALWAYS AS (id * 3) STORED);"
        "INSERT INTO doubled VALUES (1, 'a'), (2, 'b');",
    )
    found = Compared(source, empty_18)
    assert found.said() == {
        "by_text": "different 1",
        "null_key": "missing 1, extra 1",
        "viewed": "missing 1, extra 1",
        "keyless": "extra 1",
        "doubled": "different 2",
    }
    assert found.unpaired == [("source", "gone"), ("target", "really")]
    assert {"main.viewed", "main.keyless"} == set(found.pairing.notes)
    assert found.results["by_text"].rows[0].key == {"id": "2"}
    assert found.results["doubled"].columns == {"twice": 2}


@pytest.fixture
def reader(postgresql_18: Server) -> Iterator[str]:
    """A role of PostgreSQL 18 without rights."""
    postgresql_18.run("CREATE ROLE reader LOGIN")
    yield "reader"
    postgresql_18.run("DROP ROLE reader")


def test_rights_row_security_and_a_table_that_is_dropped(reader: str, empty_18: str, empty_15: str) -> None:
    names = ("closed", "dropped", "fine", "filtered", "narrow")
    script = "CREATE TABLE {0} (id int PRIMARY KEY, v text); INSERT INTO {0} VALUES (1, 'a'), (2, 'b');"
    load_sql(empty_15, "".join(script.format(name) for name in names))
    load_sql(
        empty_18,
        "".join(script.format(name) for name in names)
        + f"GRANT SELECT ON dropped, fine, filtered TO {reader}; GRANT SELECT (id) ON narrow TO {reader};"
        "ALTER TABLE filtered ENABLE ROW LEVEL SECURITY; CREATE POLICY half ON filtered USING (id = 1)",
    )
    load_sql(empty_15, "DELETE FROM filtered WHERE id = 2; CREATE TABLE keyed (id timestamptz PRIMARY KEY)")
    load_sql(empty_18, "CREATE TABLE keyed (id integer PRIMARY KEY)")
    try:
        drop = lambda: load_sql(empty_18, "DROP TABLE dropped")  # noqa: E731
        found = Compared(empty_15, empty_18.replace("postgres@", f"{reader}@"), drop)
    finally:
        load_sql(empty_18, f"DROP OWNED BY {reader}")
    assert found.said() == {
        "closed": "PERMISSION_DENIED",
        "dropped": "TABLE_MISSING",
        "fine": "equal",
        "filtered": "PERMISSION_DENIED",
        "narrow": "PERMISSION_DENIED",
        "keyed": "KEY_TYPES_DIFFER",
    }


def test_rights_on_one_table_and_a_dropped_one_in_mariadb(mariadb: MysqlServer, empty_mariadb: str) -> None:
    load_mysql(
        empty_mariadb,
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY);"
        "INSERT INTO a VALUES (1); INSERT INTO b VALUES (1); INSERT INTO c VALUES (1);",
    )
    target = mariadb.create_database()
    database, other = empty_mariadb.rpartition("/")[2], target.rpartition("/")[2]
    load_mysql(target, "".join(f"CREATE TABLE {name} AS SELECT * FROM {database}.{name};" for name in ("a", "b", "c")))
    mariadb.run("CREATE USER half_blind", *(f"GRANT SELECT ON {other}.{name} TO half_blind" for name in ("a", "b")))
    try:
        found = Compared(empty_mariadb, mariadb.url(other, "half_blind"), lambda: load_mysql(target, "DROP TABLE b"))
    finally:
        mariadb.run("DROP USER half_blind", f"DROP DATABASE {other}")
    assert found.said() == {"a": "equal", "b": "TABLE_MISSING"}
    assert ("source", "c") in found.unpaired
    hidden = [one for one in found.pairing.unpaired if one.side == "target"]
    assert [one.reason for one in hidden] == ["Those on which the user has no right are not shown, nor are columns."]


@pytest.mark.parametrize("engine", ["postgresql", "mariadb"])
def test_a_lost_connection_ends_the_comparison(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url = request.getfixturevalue("empty_18" if engine == "postgresql" else "empty_mariadb")
    script = "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1);"
    if engine == "postgresql":
        load_sql(url, script)
    else:
        load_mysql(url, script)
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(contextlib.closing(open_database(url)))
        [table] = pair_catalogs(database.catalog(), database.catalog()).tables
        database.close()
        here = stack.enter_context(contextlib.closing(open_side(url, "source")))
        there = stack.enter_context(contextlib.closing(open_side(url, "target")))
        findings = stack.enter_context(contextlib.closing(Findings()))
        assert compare_table(here, there, table, Options(), findings).equal
        _cut(engine, url)
        with pytest.raises(EngineError) as caught:
            compare_table(here, there, table, Options(), findings)
    assert caught.value.code == "CONNECTION_LOST"


def _cut(engine: str, url: str) -> None:
    """End all other connections to the database."""
    if engine == "postgresql":
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        return
    end_connections(url)


WORDS = ("a", "B", "c", "ä", "Z", "_", "é", "ß", "zz", "aa", "A b", "10", "9", "b-1", "b1", "Ö", "ñ", "日本", "😀")


def test_collations_that_order_and_fold_text_differently(empty_mariadb: str, empty_15: str) -> None:
    rows = ", ".join(f"('{word}', {number})" for number, word in enumerate(WORDS))
    load_mysql(
        empty_mariadb,
        "CREATE TABLE t (k varchar(20) PRIMARY KEY, v int) COLLATE utf8mb4_bin;"
        "CREATE TABLE twins (k varchar(20) PRIMARY KEY, v int) COLLATE utf8mb4_general_ci;"
        f"INSERT INTO t VALUES {rows}; INSERT INTO twins VALUES ('a', 1), ('b', 2), ('c', 3);",
    )
    load_sql(
        empty_15,
        'CREATE TABLE t (k varchar(20) COLLATE "en-x-icu" PRIMARY KEY, v int);'
        "CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
        "CREATE TABLE twins (k varchar(20) PRIMARY KEY, v int);"
        f"INSERT INTO t VALUES {rows}; INSERT INTO twins VALUES ('a', 1), ('A', 1), ('B', 2), ('c', 4);",
    )
    found = Compared(empty_mariadb, empty_15)
    assert found.said() == {"t": "equal", "twins": "different 1, missing 1, extra 2"}
    load_sql(empty_15, "UPDATE t SET v = -1 WHERE k = 'Ö'; ALTER TABLE t ALTER k TYPE varchar(20) COLLATE blind")
    found = Compared(empty_mariadb, empty_15)
    assert [row.key for row in found.results["t"].rows] == [{"k": "Ö"}]

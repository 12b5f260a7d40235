"""Ranges of MySQL tables on their way to PostgreSQL: keys of every kind, no key, rows of any size, invalid text."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from typing import Any

import psycopg
import pytest

from engines.errors import Aborted
from tests.mysql_servers import MysqlServer, connected
from tests.servers import Server
from tests.transfer.routes import moved as moving
from tests.transfer.routes.moved import moved
from transfer.chunks import Chunk
from transfer.make_plan import make_plan
from transfer.routes import mysql_read

HOSTILE = "a\"b`c'd%s:e\\n e"


def _made(server: MysqlServer, *statements: str) -> str:
    url = server.create_database()
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute("SET sql_mode = 'NO_ENGINE_SUBSTITUTION'")
        for statement in statements:
            cursor.execute(statement)
    return url


def _rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize(
    "keys",
    [range(1, 3_001), [-(10**15), -3, 0, 4, 10**6, 10**18], [*range(5), *range(10**9, 10**9 + 500)], [7], []],
    ids=["dense", "sparse", "skewed", "one", "none"],
)
def test_every_row_arrives_once_however_the_keys_lie(
    mariadb: MysqlServer, postgresql_15: Server, monkeypatch: pytest.MonkeyPatch, keys: Any
) -> None:
    monkeypatch.setattr(mysql_read, "FEW", -1)
    monkeypatch.setattr(mysql_read, "BLOCK_BYTES", 2_000)
    values = ", ".join(f"({key}, 'v{key}')" for key in keys)
    source = _made(
        mariadb,
        "CREATE TABLE t (id bigint PRIMARY KEY, v varchar(30))",
        *([f"INSERT INTO t VALUES {values}"] if values else []),
    )
    target = postgresql_15.create_database()
    name = source.rpartition("/")[2] + ".t"
    middle = sorted(keys)[len(keys) // 2] if len(keys) > 1 else 5
    chunks = {name: [Chunk(name, 0, None, (middle,)), Chunk(name, 1, (middle,), None)]}
    assert moved(source, target, chunks=chunks).rows == {name: len(keys)}
    assert _rows(target, "SELECT id, v FROM t ORDER BY id") == [(key, f"v{key}") for key in sorted(keys)]


@pytest.mark.parametrize("kind", ["tinyint", "smallint unsigned", "bigint"])
def test_bounds_beyond_what_a_key_can_hold_leave_no_row_out(
    mariadb: MysqlServer, postgresql_15: Server, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Nothing cuts so; a plan that a person wrote may."""
    monkeypatch.setattr(mysql_read, "FEW", -1)
    monkeypatch.setattr(mysql_read, "FIRST_STEP", 2)
    low, high = {"tinyint": (-128, 127), "smallint unsigned": (0, 65_535), "bigint": (-(2**63), 2**63 - 1)}[kind]
    keys = [low, low + 1, low + 2, 100, high - 1, high]
    values = ", ".join(f"({key})" for key in keys)
    source = _made(mariadb, f"CREATE TABLE t (id {kind} PRIMARY KEY)", f"INSERT INTO t VALUES {values}")
    target, name = postgresql_15.create_database(), source.rpartition("/")[2] + ".t"
    chunks = [
        Chunk(name, 0, (low - 5,), (low - 1,)),
        Chunk(name, 1, (low - 1,), (100,)),
        Chunk(name, 2, (100,), (high + 5,)),
    ]
    moved(source, target, chunks={name: chunks}, looked=False)
    assert [int(row[0]) for row in _rows(target, "SELECT id FROM t ORDER BY id")] == keys


def test_other_keys_are_read_in_blocks_along_their_index(
    mariadb: MysqlServer, postgresql_15: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mysql_read, "FEW", -1)
    monkeypatch.setattr(mysql_read, "FIRST_STEP", 7)
    monkeypatch.setattr(mysql_read, "BLOCK_BYTES", 300)
    source = _made(
        mariadb,
        "CREATE TABLE pair (a varchar(9), b int, v int, PRIMARY KEY (a, b))",
        "INSERT INTO pair SELECT seq DIV 40, seq % 40, seq FROM seq_1_to_1000",
        "CREATE TABLE words (id varchar(20) COLLATE utf8mb4_general_ci PRIMARY KEY)",
        "INSERT INTO words SELECT CONCAT(IF(seq % 2, 'É', 'z'), seq) FROM seq_1_to_500",
        "CREATE TABLE bytes (id binary(4) PRIMARY KEY)",
        "INSERT INTO bytes SELECT UNHEX(LPAD(HEX(seq * 7919 % 65536), 8, '0')) FROM seq_1_to_500",
        "CREATE TABLE empty (a int, b int, PRIMARY KEY (a, b))",
    )
    target = postgresql_15.create_database()
    moved(source, target)
    assert _rows(target, "SELECT count(*), count(DISTINCT (a, b)), sum(v) FROM pair") == [(1000, 1000, 500_500)]
    assert _rows(target, "SELECT count(*), count(DISTINCT id) FROM words") == [(500, 500)]
    assert _rows(target, "SELECT count(*), count(DISTINCT id) FROM bytes") == [(500, 500)]
    assert _rows(target, "SELECT count(*) FROM empty") == [(0,)]


def test_a_result_that_would_be_cut_off_is_read_in_smaller_parts(
    mariadb: MysqlServer, postgresql_15: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GROUP_CONCAT cuts at its longest without an error; a single row that is longer is read by itself."""
    monkeypatch.setattr(mysql_read, "FEW", -1)
    monkeypatch.setattr(mysql_read, "LIMITS", "2000, 2000")
    source = _made(
        mariadb,
        "CREATE TABLE t (id int PRIMARY KEY, v varchar(5000))",
        "INSERT INTO t SELECT seq, REPEAT('x', IF(seq = 50, 5000, 100)) FROM seq_1_to_100",
    )
    target = postgresql_15.create_database()
    moved(source, target)
    assert _rows(target, "SELECT count(*), sum(length(v)) FROM t") == [(100, 14_900)]


@pytest.mark.parametrize("other", [("float", "-1.17549435e-38"), ("int", "-2147483648")], ids=["as text", "packed"])
def test_a_double_arrives_whole_where_its_row_is_as_long_as_it_can_be(
    mariadb: MysqlServer, postgresql_15: Server, monkeypatch: pytest.MonkeyPatch, other: tuple[str, str]
) -> None:
    """GROUP_CONCAT keeps no more of a row than its columns' displays take, and a double's is one character short."""
    monkeypatch.setattr(mysql_read, "FEW", -1)
    source = _made(
        mariadb,
        f"CREATE TABLE t (id int PRIMARY KEY, f {other[0]} NOT NULL, shown double NOT NULL, d double NOT NULL)",
        f"INSERT INTO t VALUES (-2147483648, {other[1]}, -2.2250738585072014e-308, -2.2250738585072014e-308)",
    )
    target = postgresql_15.create_database()
    moved(source, target, {f"{source.rpartition('/')[2]}.t.shown": "text"})
    assert _rows(target, "SELECT shown, d FROM t") == [("-2.2250738585072014e-308", -2.2250738585072014e-308)]


def test_a_column_that_became_wider_since_the_plan_is_read_as_text(
    mariadb: MysqlServer, postgresql_15: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = _made(mariadb, "CREATE TABLE t (id int PRIMARY KEY, v int)", "INSERT INTO t VALUES (1, 1)")
    target = postgresql_15.create_database()

    def altered(*given: Any, **settings: Any) -> Any:
        plan = make_plan(*given, **settings)
        with connected(source) as connection, connection.cursor() as cursor:
            cursor.execute("ALTER TABLE t MODIFY v bigint")
            cursor.execute("UPDATE t SET v = 4294967301")
        return plan

    monkeypatch.setattr(moving, "make_plan", altered)
    found = moved(source, target, policies={"out_of_range": "quarantine"})
    assert [entry.action for entries in found.quarantined.values() for entry in entries] == ["null"]
    assert _rows(target, "SELECT v FROM t") == [(None,)]


def test_tables_with_other_keys_and_hostile_names(mariadb: MysqlServer, postgresql_15: Server) -> None:
    quoted = "`" + HOSTILE.replace("`", "``") + "`"
    source = _made(
        mariadb,
        f"CREATE TABLE {quoted} ({quoted} varchar(20) COLLATE utf8mb4_bin, b int, PRIMARY KEY ({quoted}, b))",
        f"INSERT INTO {quoted} VALUES ('a', 1), ('A', 1), ('é', 2), ('', 0), ('\\0', 5)",
        "CREATE TABLE keyless (a int, b text)",
        "INSERT INTO keyless VALUES (1, 'x'), (1, 'x'), (NULL, NULL), (2, 'nul\\0')",
    )
    target = postgresql_15.create_database()
    found = moved(source, target, policies={"nul_in_text": "quarantine"})
    assert _rows(target, "SELECT a, b FROM keyless ORDER BY a, b") == [(1, "x"), (1, "x"), (2, None), (None, None)]
    keyless, named = (found.quarantined[f"{source.rpartition('/')[2]}.{name}"] for name in ("keyless", HOSTILE))
    assert [(entry.action, json.loads(entry.locator)) for entry in keyless] == [("null", [2, "nul\\0", 1])]
    assert [(entry.action, json.loads(entry.locator)) for entry in named] == [("row_withheld", ["\\0", 5])]
    name = '"' + HOSTILE.replace('"', '""') + '"'
    assert _rows(target, f'SELECT * FROM {name} AS t (a, b) ORDER BY b, a COLLATE "C"') == [
        ("", 0),
        ("A", 1),
        ("a", 1),
        ("é", 2),
    ]


def test_the_policy_stop_ends_the_copy_with_the_key(mariadb: MysqlServer, postgresql_15: Server) -> None:
    source = _made(mariadb, "CREATE TABLE t (id int PRIMARY KEY, d date)", "INSERT INTO t VALUES (41, '0000-00-00')")
    with pytest.raises(Aborted, match='"id": 41'):
        moved(source, postgresql_15.create_database(), policies={"zero_date": "stop"})


WIDE = """
import sys
from tests.memory import peak
from tests.transfer.routes.moved import moved
found = moved(sys.argv[1], sys.argv[2])
print(peak(), [(e.action, e.column) for entries in found.quarantined.values() for e in entries])
"""


def test_values_of_a_hundred_megabytes_go_through_in_pieces(mariadb: MysqlServer, postgresql_15: Server) -> None:
    mariadb.run("SET GLOBAL max_allowed_packet = 1073741824")
    size = 100_000_000
    source = _made(
        mariadb,
        "CREATE TABLE t (a longtext, id int PRIMARY KEY, b longblob, c varchar(9))",
        f"INSERT INTO t SELECT REPEAT(CONCAT('é\\n\\\\', REPEAT('x', 96)), {size // 100}), 1, NULL, 'x'",
        f"INSERT INTO t SELECT '', 2, REPEAT(x'00FF', {size // 20}), NULL",
        "INSERT INTO t VALUES ('small', 3, x'01', 'y')",
        "INSERT INTO t SELECT CONCAT(REPEAT('z', 2000000), '\\0', 'end'), 4, 'b', 'nul'",
    )
    target = postgresql_15.create_database()
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {connection.info.dbname} SET default_toast_compression = 'lz4'")
    done = subprocess.run([sys.executable, "-c", WIDE, source, target], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr[-2000:]
    kib, _, aside = done.stdout.strip().partition(" ")
    assert int(kib) < 300_000
    assert aside == "[('converted', 'a')]"
    text, binary = hashlib.md5(("é\n\\" + "x" * 96).encode() * (size // 100)), hashlib.md5(b"\0\xff" * (size // 20))
    assert _rows(target, "SELECT id, md5(a), md5(b), c FROM t WHERE id < 3 ORDER BY id") == [
        (1, text.hexdigest(), None, "x"),
        (2, hashlib.md5(b"").hexdigest(), binary.hexdigest(), None),
    ]
    assert _rows(target, "SELECT a, b, c FROM t WHERE id = 3") == [("small", b"\x01", "y")]
    assert _rows(target, "SELECT length(a), right(a, 3), c FROM t WHERE id = 4") == [(2_000_003, "end", "nul")]


PARTED = """CREATE TABLE r (d date NOT NULL, n int) PARTITION BY RANGE (TO_DAYS(d)) (
 PARTITION p0 VALUES LESS THAN (0), PARTITION p1 VALUES LESS THAN (TO_DAYS('2020-01-01')),
 PARTITION p2 VALUES LESS THAN MAXVALUE)"""
LISTED = """CREATE TABLE l (d date NOT NULL, n int) PARTITION BY LIST COLUMNS (d) (
 PARTITION a VALUES IN ('0000-00-00'), PARTITION b VALUES IN ('2020-01-01'))"""


@pytest.mark.parametrize(
    ("looked", "policy", "held"),
    [
        (True, "quarantine", [("null", "r_null", None)]),
        (False, "quarantine", [("row_withheld", None, None)]),
        (False, "convert", [("converted", "r_p1", "-infinity")]),
    ],
)
def test_a_zero_date_that_chooses_the_part_has_one_or_its_row_is_withheld(
    mariadb: MysqlServer, postgresql_15: Server, looked: bool, policy: str, held: list[Any]
) -> None:
    inserts = [f"INSERT INTO {name} VALUES ('0000-00-00', 1), ('2020-01-01', 2)" for name in ("r", "l")]
    source, target = _made(mariadb, PARTED, LISTED, *inserts), postgresql_15.create_database()
    found = moved(source, target, looked=looked, policies={"zero_date": policy})
    assert {entry.action for entries in found.quarantined.values() for entry in entries} == {held[0][0]}
    rows = _rows(target, "SELECT tableoid::regclass::text, d::text FROM r WHERE n = 1")
    assert rows == [tuple(one[1:]) for one in held if one[1]]
    assert _rows(target, "SELECT tableoid::regclass::text, n FROM r WHERE n = 2") == [("r_p2", 2)]
    assert [(one.kind, one.reason[:11]) for one in found.conversion.omissions if one.kind == "partitioning"] == [
        ("partitioning", "a bound of ")
    ]

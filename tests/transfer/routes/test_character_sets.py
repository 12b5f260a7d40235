"""Texts of every character set: they arrive as they are, or what became of them is written down."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from engines.mysql.charsets import folded
from engines.registry import open_database
from tests.moving import sqlite_file
from tests.mysql_servers import connected
from tests.servers import MysqlServer, Server
from tests.transfer.routes.moved import Moved, moved
from tests.transfer.routes.test_mysql_to_mysql import source, unproved
from transfer.compare.findings import Findings
from transfer.compare.mapped import from_mapping
from transfer.compare.model import Options
from transfer.compare.table import compare_table
from transfer.routes.mysql_to_mysql import MysqlToMysql
from transfer.sides.open import open_side

# bytes that some sets have and others lack, alone and in pairs, the ones that lie beyond what a set knows among them
LEADS = bytes.fromhex("5b5c80818587a1c2fa")
TRAILS = [b"", *(bytes([trail]) for trail in bytes.fromhex("405ca1fc"))]
SEQUENCES = [bytes([lead]) + trail for lead in LEADS for trail in TRAILS]
# characters that some set lacks, or stores as another one
TEXTS = ["plain ?", "é", "ł", "€", "¥", "\\", "〜", "－", "ソ表", "晡", "😀", "Ж", "\x81", "!dbmo:malformed!x", ""]


@pytest.fixture(scope="module")
def charsets(mariadb: MysqlServer) -> list[str]:
    """All that the server has."""
    with connected(mariadb.admin) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW CHARACTER SET")
        return [row[0] for row in cursor.fetchall() if row[0] != "binary"]


@pytest.fixture(scope="module")
def of_bytes(mariadb: MysqlServer, charsets: list[str]) -> str:
    """A column per character set; of each row's bytes it holds what its set takes as they are."""
    url = mariadb.create_database()
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(table_of({charset: charset for charset in charsets}))
        cursor.execute("SET sql_mode = ''")
        for number, found in enumerate(SEQUENCES):
            values = ", ".join([str(number)] + [f"x'{found.hex()}'"] * len(charsets))
            cursor.execute(f"INSERT IGNORE INTO t VALUES ({values})")
            kept = (f"`{c}` = IF(CAST(`{c}` AS BINARY) = x'{found.hex()}', `{c}`, NULL)" for c in charsets)
            cursor.execute(f"UPDATE t SET {', '.join(kept)} WHERE id = {number}")
    return url


def table_of(charsets: dict[str, str], key: str = "id int PRIMARY KEY") -> str:
    """CREATE TABLE t with a text column of each character set, by the columns' names."""
    return f"CREATE TABLE t ({key}, {', '.join(f'`{n}` varchar(40) CHARACTER SET {c}' for n, c in charsets.items())})"


def column_of(url: str, read: str) -> dict[int, str | None]:
    """By id, where there is something."""
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT id, {read} FROM t")
        return {number: value for number, value in cursor.fetchall() if value is not None}


def settled(result: Moved) -> dict[str, dict[int, tuple[str, dict[str, str]]]]:
    """What was set aside, by column and id: the action and the original."""
    found: dict[str, dict[int, tuple[str, dict[str, str]]]] = {}
    [items] = result.quarantined.values()
    for item in items:
        entry = item.action, json.loads(item.original)
        found.setdefault(item.column, {})[json.loads(item.locator)[0]] = entry
    return found


def check(url: str, result: Moved, arrived: dict[str, dict[int, str]], convert: bool = True) -> None:
    """Every text is there as its server reads it; those without code points are written down by their bytes."""
    aside = settled(result)
    for charset, texts in arrived.items():
        own, shown = column_of(url, f"HEX(`{charset}`)"), column_of(url, f"CONVERT(`{charset}` USING utf8mb4)")
        back = column_of(url, f"HEX(CONVERT(CONVERT(`{charset}` USING utf8mb4) USING {charset}))")
        found = aside.get(charset, {})
        assert found.keys() == {number for number in own if own[number] != back[number]}, charset
        assert texts == {n: text for n, text in shown.items() if convert or n not in found}, charset
        for number, (action, original) in found.items():
            assert action == ("converted" if convert else "null")
            assert original["hex"] == str(own[number]).lower()
    assert sum(map(len, aside.values())) > 100


@pytest.mark.parametrize(("policy", "proved"), [("convert", True), ("quarantine", False)])
def test_bytes_of_every_set_into_utf8mb4(
    policy: str,
    proved: bool,
    of_bytes: str,
    charsets: list[str],
    mariadb: MysqlServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not proved:
        monkeypatch.setattr(MysqlToMysql, "_blocks", unproved)
    target = mariadb.create_database()
    with connected(target) as connection, connection.cursor() as cursor:
        cursor.execute(table_of(dict.fromkeys(charsets, "utf8mb4")))
    result = moved(of_bytes, target, made=False, looked=False, policies={"invalid_encoding": policy})
    check(of_bytes, result, {c: column_of(target, f"`{c}`") for c in charsets}, policy == "convert")  # type: ignore[misc]


@pytest.mark.parametrize("there", ["cp932", "latin1"])
def test_bytes_of_every_set_into_another_one(
    there: str, of_bytes: str, charsets: list[str], mariadb: MysqlServer
) -> None:
    """What arrives is what the server makes of the text; where that is not the same text it is written down."""
    target = mariadb.create_database()
    with connected(target) as connection, connection.cursor() as cursor:
        cursor.execute(table_of(dict.fromkeys(charsets, there)))
    aside = settled(moved(of_bytes, target, made=False, looked=False))
    for charset in [charset for charset in charsets if charset != there]:
        utf8 = f"CONVERT(`{charset}` USING utf8mb4)"
        shown, own = column_of(of_bytes, utf8), column_of(of_bytes, f"HEX(`{charset}`)")
        wanted = column_of(of_bytes, f"CONVERT(CONVERT({utf8} USING {there}) USING utf8mb4)")
        back = column_of(of_bytes, f"HEX(CONVERT({utf8} USING {charset}))")
        assert column_of(target, utf8) == wanted, charset
        lost = {number for number in own if back[number] != own[number] or wanted[number] != shown[number]}
        assert aside.get(charset, {}).keys() == lost, charset


def test_bytes_of_every_set_into_the_same_set(of_bytes: str, charsets: list[str], mariadb: MysqlServer) -> None:
    target = mariadb.create_database()
    assert settled(moved(of_bytes, target, looked=False)) == {}
    for charset in charsets:
        assert column_of(target, f"HEX(`{charset}`)") == column_of(of_bytes, f"HEX(`{charset}`)"), charset


def test_bytes_of_every_set_into_postgresql(of_bytes: str, charsets: list[str], postgresql_15: Server) -> None:
    target = postgresql_15.create_database()
    result = moved(of_bytes, target, looked=False)
    with psycopg.connect(target) as connection:
        read = {c: connection.execute(f'SELECT id, "{c}" FROM t WHERE "{c}" IS NOT NULL') for c in charsets}
        check(of_bytes, result, {charset: dict(found.fetchall()) for charset, found in read.items()})


def test_bytes_of_every_set_into_sqlite(of_bytes: str, charsets: list[str], tmp_path: Path) -> None:
    file = sqlite_file(tmp_path / "t.db", "CREATE TABLE other (a)")
    result = moved(of_bytes, f"sqlite:{file}", looked=False)
    with closing(sqlite3.connect(file)) as connection:
        read = {c: connection.execute(f'SELECT id, "{c}" FROM t WHERE "{c}" IS NOT NULL') for c in charsets}
        check(of_bytes, result, {charset: dict(found.fetchall()) for charset, found in read.items()})


@pytest.mark.parametrize(("engine", "lanes"), [("postgresql", 1), ("sqlite", 1), ("mariadb", 2)], ids=str)
def test_texts_into_every_set(
    engine: str, lanes: int, charsets: list[str], mariadb: MysqlServer, postgresql_15: Server, tmp_path: Path
) -> None:
    """What a set lacks, or would store as another character, is written down with what is stored instead."""
    target = mariadb.create_database()
    with connected(target) as connection, connection.cursor() as cursor:
        key = "id int PRIMARY KEY" + (" AUTO_INCREMENT" if lanes > 1 else "")
        cursor.execute(table_of({charset: charset for charset in charsets}, key))
        reads = [
            f"CONVERT(CONVERT(CONVERT(x'{text.encode().hex()}' USING utf8mb4) USING {charset}) USING utf8mb4)"
            for charset in charsets
            for text in TEXTS
        ]
        cursor.execute(f"SELECT {', '.join(reads)}")
        [stored] = cursor.fetchall()
    servers = {"postgresql": postgresql_15, "sqlite": tmp_path, "mariadb": mariadb}
    result = moved(given(engine, servers[engine], charsets), target, made=False, looked=False, parallel=lanes)
    aside = settled(result)
    for number, charset in enumerate(charsets):
        wanted = dict(enumerate(stored[number * len(TEXTS) : (number + 1) * len(TEXTS)]))
        assert column_of(target, f"CONVERT(`{charset}` USING utf8mb4)") == wanted, charset
        assert aside.get(charset, {}) == {
            place: ("converted", {"class": "text", "text": TEXTS[place], "stored": text})
            for place, text in wanted.items()
            if text != TEXTS[place]
        }, charset


def given(engine: str, server: Any, charsets: list[str]) -> str:
    """A database of that engine with all texts in a column for each character set."""
    rows = [(number, *[text] * len(charsets)) for number, text in enumerate(TEXTS)]
    mark = "?" if engine == "sqlite" else "%s"
    insert = f"INSERT INTO t VALUES ({', '.join([mark] * (len(charsets) + 1))})"
    if engine == "sqlite":
        columns = ", ".join(f'"{charset}" TEXT' for charset in charsets)
        made = f"CREATE TABLE t (id INTEGER PRIMARY KEY, {columns})"
        return f"sqlite:{sqlite_file(server / 's.db', made, rows=[(insert, rows)])}"
    url: str = server.create_database()
    if engine == "postgresql":
        columns = ", ".join(f'"{charset}" text' for charset in charsets)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"CREATE TABLE t (id int PRIMARY KEY, {columns})")
            connection.cursor().executemany(insert, rows)
        return url
    with connected(url) as other, other.cursor() as cursor:
        cursor.execute(table_of(dict.fromkeys(charsets, "utf8mb4")))
        cursor.executemany(insert, rows)
    return url


def test_sets_whose_every_character_comes_back_are_known(mariadb: MysqlServer) -> None:
    with connected(mariadb.admin) as connection, connection.cursor() as cursor:

        def ask(sql: str) -> list[tuple[object, ...]]:
            cursor.execute(sql)
            return list(cursor.fetchall())

        assert [folded(ask, charset) for charset in ("utf8mb4", "utf8mb3", "latin1")] == [frozenset()] * 3


LOST = [
    "SET sql_mode = ''",
    "CREATE TABLE t (id int PRIMARY KEY, a varchar(9) CHARACTER SET ascii, c varchar(9) CHARACTER SET cp1250,"
    " e enum('x', 'ł') CHARACTER SET cp1250)",
    "INSERT INTO t VALUES (1, 'ok', 'ok', 'ł'), (2, x'c3a9', x'81', 'x'), (3, x'80', x'5183', 'x'),"
    " (4, NULL, '', NULL)",
]


@pytest.mark.parametrize("policy", ["convert", "quarantine"])
@pytest.mark.parametrize("key", ["id int PRIMARY KEY", "id int"], ids=["key", "keyless"])
@pytest.mark.parametrize("to", ["mariadb", "postgresql", "sqlite"])
def test_the_comparison_knows_texts_without_code_points(
    to: str, key: str, policy: str, mariadb: MysqlServer, postgresql_15: Server, tmp_path: Path
) -> None:
    made = LOST[1].replace("id int PRIMARY KEY", key)
    url = source(mariadb, LOST[0], made, LOST[2])
    if to == "mariadb":
        target = source(mariadb, made.replace("ascii", "utf8mb3").replace("cp1250", "latin2"))
    elif to == "postgresql":
        target = postgresql_15.create_database()
    else:
        target = f"sqlite:{sqlite_file(tmp_path / 't.db', 'CREATE TABLE other (a)')}"
    result = moved(url, target, made=to != "mariadb", looked=False, policies={"invalid_encoding": policy})
    [table] = result.plan.tables
    with closing(open_database(url)) as here, closing(open_database(target)) as there:
        compared = from_mapping(table, here.catalog(), there.catalog())
    with (
        closing(open_side(url, "source")) as left,
        closing(open_side(target, "target")) as right,
        closing(Findings()) as findings,
    ):
        found = compare_table(left, right, compared, Options(), findings, result.quarantined[table.source])
    assert (found.equal, len(result.quarantined[table.source])) == (True, 4)


@pytest.mark.parametrize(
    ("own", "there", "text", "reason"),
    [
        ("cp1250", "utf8mb4", "x'81'", "no code points"),
        ("utf8mb4", "cp932", "'晡'", "stores as another one"),
        ("utf8mb4", "cp932", "'¤'", "Incorrect string value"),
    ],
)
def test_a_wide_row_that_would_change_is_withheld(
    own: str, there: str, text: str, reason: str, mariadb: MysqlServer
) -> None:
    made = "CREATE TABLE t (id int PRIMARY KEY, x longtext CHARACTER SET {})"
    rows = f"(1, REPEAT('a', 1000001)), (2, CONCAT(REPEAT('a', 1000001), {text}))"
    url = source(mariadb, made.format(own), f"INSERT INTO t VALUES {rows}")
    target = source(mariadb, made.format(there))
    result = moved(url, target, made=False, looked=False)
    [[item]] = result.quarantined.values()
    assert (item.locator, item.action) == ('["2"]', "row_withheld") and reason in item.reason
    assert column_of(target, "CONCAT(CHAR_LENGTH(x))") == {1: "1000001"}

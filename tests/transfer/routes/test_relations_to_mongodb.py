"""Rows of every relational engine as documents; expectations are the documents' Extended JSON."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from conversion.result import Overrides
from engines.errors import DbmoError
from tests.conversion.relational import SHOP
from tests.mysql_servers import connected, load_mysql
from tests.servers import MysqlServer, load_sql
from tests.transfer.compare.test_aside_documents import comparing
from tests.transfer.compare.test_pairing_documents import compared, differences
from tests.transfer.routes.documents import Moved, documents, moved, planned
from tests.transfer.routes.test_character_sets import LOST
from tests.transfer.routes.test_mysql_to_mysql import source

ROWS = """
    INSERT INTO customer VALUES (1, 'a@x', NULL), (2, 'b@x', 'nul''l'), (3, 'c@x', E'tab\\t\\\\');
    INSERT INTO passport VALUES (1, 'p1'), (3, 'p3');
    INSERT INTO orders VALUES (10, 1, 'new'), (11, 1, NULL), (12, 3, 'paid');
    INSERT INTO line VALUES (10, 2, 1.50, NULL), (10, 1, 2.00, 7), (12, 1, 0, 1);
    INSERT INTO tag VALUES (1, 'x'), (2, NULL);
    INSERT INTO order_tag VALUES (10, 2), (10, 1), (12, 1);
    INSERT INTO node VALUES (1, NULL), (2, 1);
    INSERT INTO log VALUES ('2024-01-02 03:04:05.678901Z', 10, 'x'), (NULL, NULL, NULL);
"""


def plain(url: str, collection: str) -> list[Any]:
    """Documents without the wrappers of integers, which other tests look at."""
    return [_bare(json.loads(text)) for text in documents(url, collection)]


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        for name in ("$numberInt", "$numberLong"):
            if name in value:
                return int(value[name])
        return {name: _bare(item) for name, item in value.items()}
    return [_bare(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("settings", [{}, {"chunk_rows": 1, "chunk_bytes": 1}], ids=["at once", "row by row"])
def test_rows_of_referring_tables_stand_inside(empty_18: str, empty_mongodb: str, settings: Any) -> None:
    load_sql(empty_18, SHOP + ROWS)
    done = moved(empty_18, empty_mongodb, "mongodb", **settings)
    assert done.aside == []
    assert plain(empty_mongodb, "customer") == [
        {"_id": 1, "email": "a@x", "passport": {"number": "p1"}},
        {"_id": 2, "email": "b@x", "note": "nul'l"},
        {"_id": 3, "email": "c@x", "note": "tab\t\\", "passport": {"number": "p3"}},
    ]
    price = [{"$numberDecimal": text} for text in ("2.00", "1.50", "0.00")]
    assert plain(empty_mongodb, "orders") == [
        {
            "_id": 10, "customer_id": 1, "state": "new",
            "line": [{"number": 1, "price": price[0], "place": 7}, {"number": 2, "price": price[1]}],
            "order_tag": [1, 2],
        },
        {"_id": 11, "customer_id": 1, "line": [], "order_tag": []},
        {"_id": 12, "customer_id": 3, "state": "paid", "line": [{"number": 1, "price": price[2], "place": 1}],
         "order_tag": [1]},
    ]  # fmt: skip


POSTGRESQL = """
    CREATE TYPE mood AS ENUM ('sad', 'it''s');
    CREATE TABLE t (
        id bigint PRIMARY KEY, i smallint, d double precision, r real, n numeric(12, 3), big numeric, b boolean, v text,
        c char(4), raw bytea, day date, at timestamptz, local timestamp, clock time, span interval, u uuid, j json,
        jb jsonb, ints int[], texts text[], moods mood[], mood mood, net inet, span2 int4range, bits bit(3));
    INSERT INTO t VALUES
        (-9223372036854775808, -1, '-0', 0.1, 1.500, 1e40, true, E'tab\\tnul\\\\ 👩', 'ab', '\\x00ff', '2024-02-29',
         '2024-01-02 03:04:05.678901+02', '1999-12-31 23:59:59', '23:59:59.5', '1 mon 2 days 03:04:05',
         'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"b": 1, "a": 1.10}', '{"x": null}', '{1,NULL}',
         '{"a,b",NULL}', '{sad,it''s}', 'it''s', '10.0.0.1', '[1,5)', '101'),
        (2, NULL, 'NaN', 'Infinity', NULL, 'NaN', NULL, '', NULL, '', 'infinity', '-infinity', '0044-03-15 12:00:00 BC',
         '24:00:00', NULL, NULL, 'null', '[1e400]', '{}', NULL, NULL, NULL, NULL, 'empty', NULL);
"""


def test_every_type_of_postgresql(empty_18: str, empty_mongodb: str) -> None:
    load_sql(empty_18, POSTGRESQL)
    moved(empty_18, empty_mongodb, "mongodb")
    first, second = (json.loads(text) for text in documents(empty_mongodb, "t"))
    assert first == {
        "_id": {"$numberLong": "-9223372036854775808"}, "i": {"$numberInt": "-1"}, "d": {"$numberDouble": "-0.0"},
        "r": {"$numberDouble": "0.10000000149011612"}, "n": {"$numberDecimal": "1.500"},
        "big": "10000000000000000000000000000000000000000", "b": True, "v": "tab\tnul\\ 👩", "c": "ab  ",
        "raw": {"$binary": {"base64": "AP8=", "subType": "00"}}, "day": {"$date": {"$numberLong": "1709164800000"}},
        "at": {"$date": {"$numberLong": "1704157445678"}}, "at__us": {"$numberInt": "901"},
        "local": {"$date": {"$numberLong": "946684799000"}}, "clock": "23:59:59.500000",
        "span": "1 mon 2 days 03:04:05",
        "u": {"$binary": {"base64": "oO68mZwLTvi7bWu5vTgKEQ==", "subType": "04"}},
        "j": {"b": {"$numberInt": "1"}, "a": {"$numberDecimal": "1.10"}}, "jb": {"x": None},
        "ints": [{"$numberInt": "1"}, None], "texts": ["a,b", None], "moods": ["sad", "it's"], "mood": "it's",
        "net": "10.0.0.1", "span2": "[1,5)", "bits": "101",
    }  # fmt: skip
    assert second.pop("jb") is not None
    assert second == {
        "_id": {"$numberLong": "2"}, "d": {"$numberDouble": "NaN"}, "r": {"$numberDouble": "Infinity"}, "big": "NaN",
        "v": "", "raw": {"$binary": {"base64": "", "subType": "00"}}, "day": "infinity", "at": "-infinity",
        "local": "0044-03-15 12:00:00 BC", "clock": "24:00:00", "j": None, "ints": [], "span2": "empty",
    }  # fmt: skip


def test_money_becomes_a_number_whatever_the_currency(empty_18: str, empty_mongodb: str) -> None:
    load_sql(empty_18, "CREATE TABLE t (id int PRIMARY KEY, m money, many money[]);"
                       "INSERT INTO t VALUES (1, -1234567.5, '{1.5,NULL}')")  # fmt: skip
    moved(empty_18, empty_mongodb, "mongodb")
    [found] = (json.loads(text) for text in documents(empty_mongodb, "t"))
    numbers = [{"$numberDecimal": "-1234567.50"}, [{"$numberDecimal": "1.50"}, None]]
    assert [found["m"], found["many"]] == numbers


def test_money_and_bounds_of_arrays_are_no_differences(empty_18: str, empty_mongodb: str) -> None:
    load_sql(empty_18, "CREATE TABLE t (id int PRIMARY KEY, many money[], ints int[]);"
                       "INSERT INTO t VALUES (1, '{1.5,NULL}', '{1}'), (2, '{}', '[0:2]={1,2,3}')")  # fmt: skip
    [(_, entry)] = moved(empty_18, empty_mongodb, "mongodb").aside
    kept = {"class": "text", "text": "[0:2]={1,2,3}", "stored": {"array": "without bounds"}}
    assert (entry.locator, entry.column, entry.action, json.loads(entry.original)) == (
        '["2"]',
        "ints",
        "converted",
        kept,
    )
    assert differences(compared(empty_18, empty_mongodb)[1]) == {}
    load_sql(empty_18, "UPDATE t SET ints = '[0:2]={1,2,4}', many = '{1.51,NULL}'")
    assert differences(compared(empty_18, empty_mongodb)[1]) == {"public.t": (2, 0, 0, ["ints", "many"])}


MARIADB = """
    CREATE TABLE t (
        id bigint unsigned PRIMARY KEY, i tinyint, flag tinyint(1), f float, d double, n decimal(20, 4), v varchar(20),
        c char(4), raw varbinary(9), body longtext, day date, at timestamp(6) NULL, local datetime(6), span time(3),
        y year, mood enum('a', 'it''s'), many set('x', 'y'), bits bit(9), j json);
    INSERT INTO t VALUES
        (18446744073709551615, -1, 1, 0.1, 1e300, 1.5, 'tab\\t\\\\ 👩', 'ab', 0x00ff, 'x', '2024-02-29',
         '2024-01-02 03:04:05.678901', '1999-12-31 23:59:59', '-838:59:59', 2024, 'it''s', 'x,y', b'101',
         '{"b": 1.10}'),
        (2, NULL, 0, -3.4028235e38, -0.0, -1, '', '', '', NULL, '0000-00-00', NULL, '2024-00-10', '00:00:00.5',
         NULL, NULL, '', NULL, NULL);
"""


def test_every_type_of_mariadb(empty_mariadb: str, empty_mongodb: str) -> None:
    load_mysql(empty_mariadb, "SET sql_mode = ''; SET time_zone = '+00:00';" + MARIADB)
    moved(empty_mariadb, empty_mongodb, "mongodb")
    second, first = (json.loads(text) for text in documents(empty_mongodb, "t"))
    assert first == {
        "_id": {"$numberDecimal": "18446744073709551615"}, "i": {"$numberInt": "-1"}, "flag": True,
        "f": {"$numberDouble": "0.10000000149011612"}, "d": {"$numberDouble": "1e+300"},
        "n": {"$numberDecimal": "1.5000"}, "v": "tab\t\\ 👩", "c": "ab",
        "raw": {"$binary": {"base64": "AP8=", "subType": "00"}}, "body": "x",
        "day": {"$date": {"$numberLong": "1709164800000"}}, "at": {"$date": {"$numberLong": "1704164645678"}},
        "at__us": {"$numberInt": "901"}, "local": {"$date": {"$numberLong": "946684799000"}}, "span": "-838:59:59",
        "y": {"$numberInt": "2024"}, "mood": "it's", "many": ["x", "y"],
        "bits": {"$binary": {"base64": "AAU=", "subType": "00"}}, "j": {"b": {"$numberDecimal": "1.10"}},
    }  # fmt: skip
    assert second == {
        "_id": {"$numberLong": "2"}, "flag": False, "f": {"$numberDouble": "-3.4028234663852886e+38"},
        "d": {"$numberDouble": "0.0"}, "n": {"$numberDecimal": "-1.0000"}, "v": "", "c": "",
        "raw": {"$binary": {"base64": "", "subType": "00"}}, "day": "0000-00-00", "local": "2024-00-10 00:00:00.000000",
        "span": "00:00:00.500000", "many": [],
    }  # fmt: skip


def test_every_class_of_sqlite(tmp_path: Path, empty_mongodb: str) -> None:
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        connection.executescript("""
            CREATE TABLE t (id INTEGER PRIMARY KEY, any, day DATE, at DATETIME, n INTEGER);
            CREATE TABLE part (t_id INTEGER NOT NULL REFERENCES t ON DELETE CASCADE, k TEXT, PRIMARY KEY (t_id, k));
            INSERT INTO t VALUES (1, 1.5, '2024-02-29', '2024-01-02 03:04:05', 1), (2, x'00ff', NULL, NULL, 2),
                (3, CAST(x'61ff' AS TEXT), NULL, NULL, 3), (4, 'it''s', NULL, NULL, NULL), (5, -7, NULL, NULL, 0);
            INSERT INTO part VALUES (1, 'b'), (1, 'a'), (5, 'c');
        """)
    moved(f"sqlite:{tmp_path / 's.db'}", empty_mongodb, "mongodb")
    found = plain(empty_mongodb, "t")
    assert [document.get("any") for document in found] == [
        {"$numberDouble": "1.5"}, {"$binary": {"base64": "AP8=", "subType": "00"}},
        {"$binary": {"base64": "Yf8=", "subType": "80"}}, "it's", -7,
    ]  # fmt: skip
    assert found[0]["day"] == {"$date": 1709164800000}
    assert [document["part"] for document in found] == [[{"k": "a"}, {"k": "b"}], [], [], [], [{"k": "c"}]]


def test_tables_without_a_key_get_documents_all_the_same(empty_18: str, empty_mongodb: str) -> None:
    load_sql(empty_18, "CREATE TABLE t (a int, b text); INSERT INTO t SELECT n, 'x' FROM generate_series(1, 50) n")
    moved(empty_18, empty_mongodb, "mongodb", chunk_rows=10)
    assert sorted(one["a"] for one in plain(empty_mongodb, "t")) == list(range(1, 51))


def test_a_row_that_no_document_can_hold_is_set_aside_with_its_key(empty_18: str, empty_mongodb: str) -> None:
    load_sql(
        empty_18,
        "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'x'), (3, 'y');"
        "INSERT INTO t VALUES (2, repeat('x', 17000000))",
    )
    done = moved(empty_18, empty_mongodb, "mongodb")
    [(unit, entry)] = done.aside
    assert (unit, entry.key, entry.action) == ("public.t", '{"id": 2}', "row_withheld")
    assert [one["_id"] for one in plain(empty_mongodb, "t")] == [1, 3]


def test_the_plan_may_say_to_stop_there(empty_18: str, empty_mongodb: str) -> None:
    load_sql(empty_18, "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (2, repeat('x', 17000000))")
    with pytest.raises(DbmoError) as caught:
        moved(empty_18, empty_mongodb, "mongodb", policies={"wide_row": "stop"})
    assert caught.value.code == "VALUE_NOT_HOLDABLE"


def test_hostile_names(empty_18: str, empty_mongodb: str) -> None:
    name = 'a."b%s:{x}\n$' + "é" * 20
    quoted = '"' + name.replace('"', '""') + '"'
    with psycopg.connect(empty_18) as connection:
        connection.execute(f"CREATE TABLE {quoted} ({quoted} int PRIMARY KEY, other text)".encode())
        connection.execute(f"INSERT INTO {quoted} VALUES (1, '%')".encode())
    done = moved(empty_18, empty_mongodb, "mongodb")
    assert sum(one["rows"] for one in done.figures.values()) == 1


def test_documents_keep_the_bytes_of_texts_without_code_points(mariadb: MysqlServer, empty_mongodb: str) -> None:
    done = moved(source(mariadb, *LOST), empty_mongodb, "mongodb")
    found = [json.loads(text) for text in documents(empty_mongodb, "t")]
    assert [(one.get("a"), one.get("c"), one.get("e")) for one in found] == [
        ("ok", "ok", "ł"),
        ({"$binary": {"base64": "w6k=", "subType": "80"}}, {"$binary": {"base64": "gQ==", "subType": "80"}}, "x"),
        ({"$binary": {"base64": "gA==", "subType": "80"}}, {"$binary": {"base64": "UYM=", "subType": "80"}}, "x"),
        (None, "", None),
    ]
    assert [(one.column, one.key, one.action, json.loads(one.original)["hex"]) for _, one in done.aside] == [
        ("a", '{"id": 2}', "converted", "c3a9"),
        ("c", '{"id": 2}', "converted", "81"),
        ("a", '{"id": 3}', "converted", "80"),
        ("c", '{"id": 3}', "converted", "5183"),
    ]


INSIDE = """
    CREATE TABLE a (id TEXT PRIMARY KEY, v TEXT);
    CREATE TABLE b (a_id TEXT NOT NULL REFERENCES a, n INT, w TEXT, PRIMARY KEY (a_id, n));
    INSERT INTO a VALUES ('x', CAST(x'c3' AS TEXT)), (CAST(x'ff' AS TEXT), 'y');
    INSERT INTO b VALUES ('x', 1, CAST(x'80' AS TEXT)), ('x', 2, 'fine');
"""


def test_texts_that_are_none_are_written_down_and_compared_as_equal(tmp_path: Path, empty_mongodb: str) -> None:
    with closing(sqlite3.connect(tmp_path / "s.db")) as file:
        file.executescript(INSIDE)
    url = f"sqlite:{tmp_path / 's.db'}"
    inside = Overrides(relations={"main.b(a_id)": "embed"})
    _, plan, ends = planned(url, empty_mongodb, "mongodb", inside)
    aside = [(one.column, one.key, json.loads(one.original)["hex"]) for _, one in Moved(plan, ends).aside]
    assert sorted(aside) == [
        ("id", '{"id": "\\\\xff"}', "ff"), ("main.b.w", '{"id": "x"}', "80"), ("v", '{"id": "x"}', "c3"),
    ]  # fmt: skip
    compared = comparing(url, empty_mongodb, plan)()
    assert [(one.name, one.problem) for one in compared.tables if one.problem] == []
    assert compared.equal


INNER = (
    "CREATE TABLE b (a_id int NOT NULL REFERENCES t (id), n int, w varchar(9) CHARACTER SET ascii,"
    " PRIMARY KEY (a_id, n))"
)


@pytest.mark.parametrize("key", ["id int PRIMARY KEY", "id int"], ids=["key", "keyless"])
def test_texts_without_code_points_are_compared_by_their_bytes(
    mariadb: MysqlServer, empty_mongodb: str, key: str
) -> None:
    made = [LOST[0], LOST[1].replace("id int PRIMARY KEY", key), LOST[2]]
    if key.endswith("KEY"):
        made += [INNER, "INSERT INTO b VALUES (1, 1, 'fine'), (2, 1, x'ff')"]
    url = source(mariadb, *made)
    inside = Overrides(relations={f"{url.rpartition('/')[2]}.b(a_id)": "embed"} if len(made) > 3 else {})
    _, plan, ends = planned(url, empty_mongodb, "mongodb", inside)
    assert len(Moved(plan, ends).aside) == (5 if len(made) > 3 else 4)
    compare = comparing(url, empty_mongodb, plan)
    assert [compare(level).equal for level in ("counts", "stream")] == [True] * 2
    for change, back in (("a = x'82'", "a = x'80'"), ("c = x'88'", "c = x'5183'")):
        for setting, equal in ((change, False), (back, True)):
            with connected(url) as connection, connection.cursor() as cursor:
                cursor.execute("SET sql_mode = ''")
                cursor.execute(f"UPDATE t SET {setting} WHERE id = '3'")
            assert compare().equal is equal


@pytest.mark.parametrize("stopped", ["x'c3'", "x'80'"])
def test_the_plan_may_say_to_stop_at_texts_that_are_none(tmp_path: Path, empty_mongodb: str, stopped: str) -> None:
    other = {"x'c3'": "x'80'", "x'80'": "x'c3'"}[stopped]
    with closing(sqlite3.connect(tmp_path / "s.db")) as file:
        file.executescript(INSIDE.replace(other, "'fine'").replace("x'ff'", "'z'"))
    with pytest.raises(DbmoError, match=r"VALUE_NOT_HOLDABLE.*no code points"):
        moved(f"sqlite:{tmp_path / 's.db'}", empty_mongodb, "mongodb", policies={"invalid_encoding": "stop"})

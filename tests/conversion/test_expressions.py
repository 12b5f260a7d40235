"""Each expression runs on both engines over the same rows and must give the same values, or be refused."""

import sqlite3
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from conversion.expressions import scalar, view_query
from conversion.shapes import ColumnShape, Shapes, TableShape, Untranslatable
from engines.catalog import Kind

SHAPE = TableShape(
    "public",
    "Things",
    {
        "id": ColumnShape("id", Kind.INTEGER, "integer"),
        "name": ColumnShape("Name", Kind.TEXT, "text"),
        "nick": ColumnShape("nick", Kind.TEXT, "text", "NOCASE"),
        "active": ColumnShape("active", Kind.BOOLEAN, "boolean"),
        "price": ColumnShape("price", Kind.DECIMAL, "numeric"),
        "weight": ColumnShape("weight", Kind.FLOAT, "double"),
        "made_at": ColumnShape("made_at", Kind.TIMESTAMP, "timestamp"),
        "seen_at": ColumnShape("seen_at", Kind.TIMESTAMP, "epoch_seconds"),
        "born": ColumnShape("born", Kind.DATE, "date"),
        "data": ColumnShape("data", Kind.BINARY, "bytea"),
        "mixed": ColumnShape("mixed", Kind.DYNAMIC, "text_any"),
    },
    frozenset({"id"}),
    "id",
)
SHAPES = Shapes([("things", SHAPE)])
ROWS: list[tuple[Any, ...]] = [
    (1, "Anna", "ann", 1, 9.99, 1.5, "2024-02-29 12:34:56", 1700000000, "2000-01-31", b"\x00\xff", "x"),
    (2, "bob", "BOB", 0, 10, -2.5, "2023-12-31 23:59:59", 1600000000, "1999-12-31", b"", 7),
    (3, "Ärger_%", "bob", None, None, None, None, None, None, None, None),
    (-7, "", "", 1, 0.5, 0.0, "2024-01-01 00:00:00", 1500000000, "2024-02-29", b"abc", "7"),
    (5, "a\\b'c\"d", "Ann", 0, 1234567.25, 1e10, "1970-01-01 00:00:00", 1400000000, "1970-01-01", b"a", 1.5),
]
TABLE = """CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT, nick TEXT COLLATE NOCASE, active BOOLEAN,
    price DECIMAL(10,2), weight REAL, made_at DATETIME, seen_at DATETIME, born DATE, data BLOB, mixed)"""
TARGET = """CREATE TABLE "Things" (id bigint PRIMARY KEY, "Name" text, nick text, active boolean, price numeric(10,2),
    weight double precision, made_at timestamp(6), seen_at timestamp(6), born date, data bytea, mixed text)"""


@pytest.fixture(scope="module")
def engines(postgresql_18: Any) -> Iterator[tuple[sqlite3.Connection, psycopg.Connection[Any]]]:
    lite = sqlite3.connect(":memory:")
    lite.execute(TABLE)
    lite.executemany(f"INSERT INTO things VALUES ({', '.join('?' * 11)})", ROWS)
    with psycopg.connect(postgresql_18.create_database(), autocommit=True) as target:
        target.execute(TARGET)
        values = "%s, %s, %s, %s::boolean, %s, %s, %s, to_timestamp(%s) AT TIME ZONE 'UTC', %s, %s, %s"
        for row in ROWS:
            fitted = [
                *row[:3],
                None if row[3] is None else bool(row[3]),
                *row[4:10],
                None if row[10] is None else str(row[10]),
            ]
            target.execute(f'INSERT INTO "Things" VALUES ({values})', fitted)
        yield lite, target
    lite.close()


EXPRESSIONS = [
    "active", "active = 1", "active = 0", "not active", "active in (0, 1)", "active + 1", "id > 0 and price >= 0.5",
    "name like 'a%'", "name like '%\\b%'", "name like '%!_!%' escape '!'", "name not like 'B%'", "name glob 'a*'",
    "name glob '[A-Z]*'", "not name glob '*b*'", "nick = 'ANN'", "nick in ('ann', 'x')", "nick < 'b'", "name < 'b'",
    "name between 'B' and 'b'", "name = 5", "id = '5'", "name is null", "name is 'bob'", "name is not 'bob'",
    "id is not 3", "typeof(id)", "typeof(name) = 'text'", "typeof(weight)", "length(name)", "length(data)", "id / 2",
    "-7 / 2", "7 / 0", "id % 3", "-id", "weight / 3", "weight * id + 1.5", "price * 1.5", "price + 1", "id || name",
    "name || '-' || nick", "name || active", "lower(name)", "upper(name)", "trim(name)", "ltrim(name, 'Ab')",
    "substr(name, 2, 2)", "substr(name, 2)", "instr(name, 'b')", "replace(name, 'b', 'x')", "abs(id)", "abs(weight)",
    "round(weight)", "round(weight, 1)", "max(id, 2)", "min(name, 'b')", "max(id, active)", "coalesce(name, nick)",
    "ifnull(price, 0)", "coalesce(active, 2)", "nullif(id, 5)", "iif(active, 'yes', 'no')",
    "case when id > 1 then 'a' when id < 0 then 'b' end", "case id when 1 then 1.5 else 2 end", "cast(id as text)",
    "cast(weight as integer)", "cast(id as real)", "hex(data)", "x'6162'", "data = x''", "rowid", "\"not a column\"",
    "strftime('%Y-%m', made_at)", "strftime('%d.%m.%Y %H:%M:%S', made_at)", "strftime('%j', born)", "date(made_at)",
    "time(made_at)", "datetime(born)", "date(made_at, '+1 day')", "date(made_at, 'start of month')",
    "date(seen_at, 'unixepoch')", "datetime(seen_at, 'unixepoch', '+2 hours')", "seen_at > 1550000000", "seen_at + 1",
    "strftime('%s', made_at)", "made_at >= '2024-01-01'", "made_at = '2024-01-01 00:00:00'", "born < '2000-01-01'",
    "born || '!'", "date(made_at) = '2024-01-01'", "made_at is null", "mixed is null",
    "1 = 1 and (id = 5 or id = 2)", "id in (1, 2) or null", "true", "0x10", "+id",
]  # fmt: skip


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_translated_expression_gives_the_same_values(expression: str, engines: Any) -> None:
    lite, target = engines
    translated = scalar(expression, SHAPE)
    expected = lite.execute(f"SELECT {expression} FROM things ORDER BY id").fetchall()
    found = target.execute(f'SELECT {translated.sql} FROM "Things" ORDER BY id').fetchall()
    assert [_plain(row[0]) for row in found] == [_plain(row[0]) for row in expected]


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if value is None or isinstance(value, (str, bytes)):
        return value
    return pytest.approx(float(value), rel=1e-12)


@pytest.mark.parametrize(
    "expression",
    [
        "random()", "id = 'x'", "mixed > 3", "mixed || 'a'", "typeof(mixed)", "price / 3", "weight || ''",
        "price || ''",
        "substr(name, -2)", "json_extract(name, '$.a')", "printf('%d', id)", "cast(name as integer)", "no_such_column",
        "name + 1", "julianday(name)", "date(name)", "date(seen_at)", "made_at > 'soon'", "name glob nick", "id & 1",
        "strftime('%W', made_at)", "date(made_at, 'weekday 1')", "case when id = 1 then 'a' else 2 end",
        "raise(abort, 'x')",
        "name || id + 1", "last_insert_rowid()", "nick collate french = 'a'", "id IN (SELECT 1)",
    ],
)  # fmt: skip
def test_what_has_no_proven_counterpart_is_refused_with_a_reason(expression: str) -> None:
    with pytest.raises(Untranslatable) as refused:
        scalar(expression, SHAPE)
    assert refused.value.reason


QUERIES = [
    "SELECT * FROM things ORDER BY id",
    "SELECT name n, count(*) FROM things GROUP BY n ORDER BY n DESC",
    "SELECT t.name || ' ' || t.nick AS whole, t.active = 1 AS flag, NULL AS empty, 'x' AS f FROM Things t ORDER BY 1",
    "SELECT sum(active), sum(id), avg(id), min(name), max(name), total(weight) FROM things",
    "SELECT count(DISTINCT name), max(active), count(*), min(price) FROM things",
    "SELECT s.name FROM (WITH q AS (SELECT name FROM things) SELECT name FROM q) s ORDER BY s.name",
    "WITH q AS (SELECT id FROM things) SELECT s.id FROM (SELECT id FROM q) s ORDER BY s.id LIMIT -1",
    "SELECT id, sum(id) FROM things GROUP BY id HAVING sum(id) > 1 ORDER BY 2 DESC",
    "SELECT a.id, b.id AS other FROM things a JOIN things b ON b.id > a.id AND a.active ORDER BY a.id, b.id",
    "SELECT id FROM things a LEFT JOIN things b USING (id) ORDER BY id",
    "SELECT id FROM things t WHERE EXISTS (SELECT 1 FROM things x WHERE x.id = t.id + 1) ORDER BY id",
    "SELECT name FROM things WHERE id IN (SELECT id FROM things WHERE active) ORDER BY name LIMIT 2",
    "WITH q AS (SELECT id, name AS \"Label\" FROM things) SELECT label FROM q ORDER BY label",
    "SELECT id, row_number() OVER (PARTITION BY active ORDER BY id) AS place FROM things ORDER BY id",
    "SELECT id FROM things UNION SELECT 99",
    "SELECT s.m FROM (SELECT max(id) AS m FROM things) s",
    "SELECT (SELECT count(*) FROM things i WHERE i.id < o.id) AS before FROM things o ORDER BY o.id",
    "SELECT DISTINCT active FROM things ORDER BY active",
    "SELECT price FROM things ORDER BY price DESC, id",
    "SELECT group_concat(id, ';') AS ids FROM things WHERE id = 5",
]  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
def test_a_translated_query_gives_the_same_rows(query: str, engines: Any) -> None:
    lite, target = engines
    translated = view_query(query, SHAPES)
    expected = [tuple(_comparable(value) for value in row) for row in lite.execute(query)]
    found = [tuple(_comparable(value) for value in row) for row in target.execute(translated.sql.encode())]
    if "ORDER BY" not in query:
        expected, found = sorted(expected, key=repr), sorted(found, key=repr)
    if "*" not in query.split("FROM")[0] or "count(*)" in query:
        assert found == expected
    assert [row[0] for row in found] == [row[0] for row in expected]


def _comparable(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return round(float(value), 9) if not isinstance(value, (str, bytes)) and hasattr(value, "__float__") else value


@pytest.mark.parametrize(
    "query",
    [
        "SELECT name, id FROM things GROUP BY name",
        "SELECT max(id), name FROM things",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n",
        "SELECT id FROM nowhere",
        "SELECT id FROM things UNION SELECT name FROM things",
        "SELECT id FROM things a, things b",
        "SELECT json_group_array(id) FROM things",
        "SELECT mixed FROM things ORDER BY mixed",
        "SELECT DISTINCT mixed FROM things",
        "SELECT DISTINCT name FROM things ORDER BY name",
        "SELECT id FROM things LIMIT (SELECT 1)",
    ],
)
def test_queries_that_the_engines_read_differently_are_refused(query: str) -> None:
    with pytest.raises(Untranslatable):
        view_query(query, SHAPES)

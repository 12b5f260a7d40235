"""Expressions and queries of PostgreSQL give the same values on MariaDB, or are refused with a reason."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from conversion.shapes import ColumnShape, Shapes, TableShape, Untranslatable
from conversion.to_mysql.flavour import Flavour
from conversion.to_mysql.sql import entry, sqlite_entry
from engines.catalog import Kind
from tests.mysql_servers import MysqlServer, connected
from tests.servers import Server

MARIADB = Flavour.of("mariadb", "10.11.19")
EXACT = "utf8mb4_nopad_bin"
KINDS = {
    "id": Kind.INTEGER, "i": Kind.INTEGER, "j": Kind.INTEGER, "n": Kind.DECIMAL, "f": Kind.FLOAT, "b": Kind.BOOLEAN,
    "t": Kind.TEXT, "u": Kind.TEXT, "d": Kind.DATE, "ts": Kind.TIMESTAMP, "tz": Kind.TIMESTAMP, "js": Kind.JSON,
}  # fmt: skip
SHAPE = TableShape(
    "public",
    "v",
    {
        name: ColumnShape(name, kind, "pg_timestamptz" if name == "tz" else "", EXACT if kind is Kind.TEXT else "")
        for name, kind in KINDS.items()
    },
    frozenset({"id"}),
)
SHAPES = Shapes([("v", SHAPE), ("public.v", SHAPE)])
POSTGRESQL = """CREATE TABLE v (id integer PRIMARY KEY, i integer, j integer, n numeric(10,2), f double precision,
    b boolean, t text, u text, d date, ts timestamp, tz timestamptz, js jsonb)"""
MYSQL = """CREATE TABLE v (id int PRIMARY KEY, i int, j int, n decimal(10,2), f double, b tinyint(1), t longtext,
    u varchar(50), d date, ts datetime(6), tz datetime(6), js json) DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_nopad_bin"""
ROWS = """INSERT INTO v VALUES
    (1, 7, -2, 10.50, 1.5, {true}, 'Abc', 'abc', '2024-01-31', '2024-01-31 10:20:30.5', '2024-01-31 10:20:30',
        '{{"k": "x", "n": 3, "z": null, "y": true}}'),
    (2, -7, 2, -0.05, -2.25, {false}, 'abc ', ' été ', '1999-12-31', '1999-12-31 23:59:59', '1999-12-31 23:59:59',
        '{{"k": "", "n": 12, "y": false}}'),
    (3, 0, 3, 99.99, 0, NULL, '', 'a_b%c', '2024-02-29', '2024-02-29 00:00:00', '2024-02-29 00:00:00', '{{}}'),
    (4, NULL, NULL, NULL, NULL, {true}, NULL, 'ÀB', NULL, NULL, NULL, NULL)"""
EXPRESSIONS = [
    "i + 2 * j", "i / 2", "(i % 3)", "-i", "n * 2", "n + i", "f / 2", "f + n::double precision", "abs(i)", "ceil(n)",
    "floor(n)", "round(n)", "round(n, 1)", "trunc(n, 1)", "sign(n)", "i & 3", "i | 8", "i # 1",
    "i = 7", "i <> 7 AND j > 0", "NOT b", "b IS TRUE", "b IS NOT TRUE", "i IS NULL", "i IS NOT NULL",
    "i IS DISTINCT FROM j", "b = (i > 0)", "t = 'Abc'::text", "t = 'abc'::text", "t <> u", "t < u", "t || u",
    "'x'::text || i", "lower(t) = u", "upper(u)", "length(u)", "char_length(t)", "octet_length(u)", "btrim(u)",
    "ltrim(u)", "rtrim(t)", "\"substring\"(u, 2, 3)", "\"left\"(t, 2)", "\"right\"(t, 2)", "strpos(u, 'b'::text)",
    "\"position\"(u, 'b'::text)", "replace(u, 'a'::text, 'Z'::text)", "concat(t, '-', u)", "concat_ws('-', t, u)",
    "t ~~ 'A%'::text", "t ~~* 'a%'::text", "u ~~ 'a\\_b\\%c'::text", "u !~~ '%b%'::text", "u ~ '^[a-z_]+'::text",
    "t ~* '^ABC$'::text", "lpad(t, 5, '*'::text)", "repeat(t, 2)", "reverse(t)", "md5(t)", "starts_with(u, 'a'::text)",
    "t = ANY (ARRAY['Abc'::text, ''::text])", "i <> ALL (ARRAY[7, 0])", "i IN (7, 0)", "i BETWEEN 0 AND 7",
    "CASE WHEN i > 0 THEN 'pos'::text WHEN i < 0 THEN 'neg'::text ELSE NULL::text END",
    "CASE i WHEN 7 THEN n ELSE 0 END", "COALESCE(t, u)", "NULLIF(i, 7)", "GREATEST(i, j)", "LEAST(i, j, 3)",
    "(i)::text", "(b)::text", "(n)::integer", "(t)::character varying(2)", "(b)::integer", "(i)::boolean",
    "(n)::numeric(6,1)", "(d)::text", "(ts)::date", "(d)::timestamp without time zone",
    "EXTRACT(year FROM ts)", "EXTRACT(month FROM d)", "EXTRACT(dow FROM d)", "EXTRACT(isodow FROM d)",
    "EXTRACT(doy FROM ts)", "EXTRACT(week FROM d)", "EXTRACT(quarter FROM d)", "EXTRACT(hour FROM ts)",
    "EXTRACT(second FROM ts)", "EXTRACT(epoch FROM ts)", "EXTRACT(isoyear FROM d)", "date_part('day'::text, ts)",
    "date_trunc('month'::text, ts)", "date_trunc('week'::text, ts)", "date_trunc('hour'::text, ts)",
    "to_char(ts, 'YYYY-MM-DD HH24:MI:SS'::text)", "d + '1 mon'::interval", "ts - '1 day 02:00:00'::interval",
    "d + 3", "d - '2024-01-01'::date", "ts > '2000-01-01 00:00:00'::timestamp without time zone",
    "tz > '2000-01-01 00:00:00+00'::timestamp with time zone", "d = '2024-01-31'::date",
    "js ->> 'k'::text", "js ->> 'z'::text", "((js -> 'n'::text))::integer", "((js -> 'y'::text))::boolean",
    "(t COLLATE \"C\") < 'b'::text", "(tz AT TIME ZONE 'UTC'::text)",
]  # fmt: skip
QUERIES = [
    "SELECT count(*) AS n, sum(i) AS s, min(t) AS a, max(d) AS b, avg(n) AS c FROM v",
    "SELECT b, count(*) FILTER (WHERE i > 0) AS n, sum(n) FILTER (WHERE i < 0) AS s FROM v GROUP BY b ORDER BY b",
    "SELECT string_agg(u, ', '::text ORDER BY id DESC) AS s, count(DISTINCT b) AS n FROM v",
    "SELECT id, i FROM v ORDER BY i, id", "SELECT id, i FROM v ORDER BY i DESC, id",
    "SELECT DISTINCT b FROM v ORDER BY b",
    "SELECT id, i FROM v ORDER BY i NULLS FIRST LIMIT 2", "SELECT id FROM v ORDER BY id OFFSET 2",
    "SELECT a.id, c.id AS other FROM (v a LEFT JOIN v c ON ((c.i = (- a.i)))) ORDER BY a.id",
    "SELECT a.id FROM v a, v c WHERE a.id = c.j ORDER BY a.id", "SELECT id FROM v JOIN v w USING (id) ORDER BY id",
    "SELECT id FROM v WHERE i IN (SELECT j FROM v) OR EXISTS (SELECT 1 FROM v w WHERE w.id = v.i) ORDER BY id",
    "SELECT id, (SELECT max(w.n) FROM v w WHERE w.id < v.id) AS m FROM v ORDER BY id",
    "SELECT i AS x FROM v UNION SELECT j AS x FROM v", "SELECT id AS x FROM v EXCEPT SELECT i AS x FROM v",
    "WITH p AS (SELECT id, n * 2 AS m FROM v) SELECT p.id, p.m FROM p WHERE (p.m > 0) ORDER BY p.id",
    "SELECT s.b, s.total FROM (SELECT b, sum(i) AS total FROM v GROUP BY b) s WHERE s.total IS NOT NULL ORDER BY 2",
    "SELECT id, row_number() OVER (PARTITION BY b ORDER BY id) AS r, sum(n) OVER (ORDER BY id) AS s FROM v ORDER BY id",
    "SELECT id, lag(t) OVER (ORDER BY id) AS p FROM v ORDER BY id", "SELECT bool_or(b) AS o, bool_and(b) AS a FROM v",
    "SELECT b, count(*) AS c FROM v GROUP BY b HAVING (count(*) > 1)",
]  # fmt: skip
REFUSED = {
    "age(ts)": "counterpart",
    "js = js": "JSON",
    "i": "as a condition",
    "t ~ '(?<=a)b'::text": "regular expression",
    "b > 1": "compares boolean",
    "nosuch = 1": "column nosuch",
    "ts > tz": "zone",
    "(f)::text": "text of a float",
    "unknown_function(i)": "counterpart",
    "i = ANY (SELECT 1)": "array",
    "((": "parser",
}
REFUSED_QUERIES = {
    "SELECT DISTINCT ON (b) id FROM v": "DISTINCT ON",
    "SELECT * FROM other": "isn't on the target",
    "SELECT id FROM v FULL JOIN v w USING (id)": "FULL",
    "WITH RECURSIVE r AS (SELECT 1 AS x UNION SELECT x FROM r) SELECT x FROM r": "RECURSIVE",
    "SELECT id FROM v, LATERAL (SELECT 1) q": "FROM",
    "SELECT b, sum(i) FROM v GROUP BY ROLLUP (b)": "ROLLUP",
    "SELECT id FROM generate_series(1, 3) id": "FROM",
    "VALUES (1)": "form",
    "SELECT 1; SELECT 2": "parser",
    "DELETE FROM v": "form",
}


@pytest.fixture(scope="module")
def both(postgresql_18: Server, mariadb: MysqlServer) -> Iterator[tuple[Any, Any]]:
    with (
        psycopg.connect(postgresql_18.create_database(), autocommit=True) as one,
        connected(mariadb.create_database()) as other,
    ):
        one.execute(POSTGRESQL)
        one.execute(ROWS.format(true="true", false="false"))
        cursor = other.cursor()
        cursor.execute("SET time_zone = '+00:00'")
        cursor.execute(MYSQL)
        cursor.execute(ROWS.format(true="1", false="0"))
        yield one, cursor


def fetched(both: tuple[Any, Any], sql: str, translated: str) -> tuple[list[Any], list[Any]]:
    one, cursor = both
    cursor.execute(translated)
    return [plain(row) for row in one.execute(sql).fetchall()], [plain(row) for row in cursor.fetchall()]


def plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(simple(value) for value in row)


def simple(value: Any) -> Any:
    if isinstance(value, bool | int | Decimal | float):
        return round(float(value), 9)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


@pytest.mark.parametrize("sql", EXPRESSIONS)
def test_expressions_give_the_same_values(both: tuple[Any, Any], sql: str) -> None:
    translated = entry.scalar(sql, SHAPE, MARIADB)
    before, after = fetched(both, f"SELECT {sql} FROM v ORDER BY id", f"SELECT {translated.sql} FROM v ORDER BY id")
    assert after == before


@pytest.mark.parametrize("sql", QUERIES)
def test_queries_give_the_same_rows(both: tuple[Any, Any], sql: str) -> None:
    before, after = fetched(both, sql, entry.query(sql, SHAPES, MARIADB).sql)
    ordered = " ORDER BY " in sql
    assert after == before if ordered else sorted(after, key=str) == sorted(before, key=str)


@pytest.mark.parametrize(("sql", "reason"), REFUSED.items())
def test_what_isnt_known_to_be_equal_is_refused(sql: str, reason: str) -> None:
    with pytest.raises(Untranslatable) as caught:
        entry.predicate(sql, SHAPE, MARIADB)
    assert reason in caught.value.reason


@pytest.mark.parametrize(("sql", "reason"), REFUSED_QUERIES.items())
def test_queries_without_a_counterpart_are_refused(sql: str, reason: str) -> None:
    with pytest.raises(Untranslatable) as caught:
        entry.query(sql, SHAPES, MARIADB)
    assert reason in caught.value.reason


def test_the_clock_is_not_immutable_and_older_servers_lack_windows() -> None:
    assert not entry.scalar("tz < now()", SHAPE, MARIADB).immutable
    with pytest.raises(Untranslatable):
        entry.query("SELECT row_number() OVER (ORDER BY id) AS r FROM v", SHAPES, Flavour.of("mysql", "5.7.44"))


SQLITE_SHAPE = TableShape("db", "v", {name: ColumnShape(name, KINDS[name]) for name in ("i", "t", "f")})
SQLITE_SHAPE.columns["k"] = ColumnShape("k2", Kind.TEXT, collation="NOCASE")


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("i > 3 AND t <> ''", "(`i` > 3) AND (`t` <> '')"),
        ("ifnull(t, 'x') || i", "CONCAT(COALESCE(`t`, 'x'), CAST(`i` AS CHAR))"),
        ("length(t) <= 5", "CHAR_LENGTH(`t`) <= 5"),
        ("k = 'Ab'", "LOWER(`k2`) = LOWER('Ab')"),
    ],
)
def test_sqlite_expressions_go_by_way_of_postgresql(sql: str, expected: str) -> None:
    found = sqlite_entry.scalar(sql, SQLITE_SHAPE, MARIADB).sql
    assert found.replace("'Ab' COLLATE utf8mb4_nopad_bin", "'Ab'") == expected

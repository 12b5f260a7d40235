"""Views translated from MySQL give the same rows on PostgreSQL and SQLite as on the server they come from."""

import datetime
import decimal
import sqlite3
from pathlib import Path

import psycopg
import pytest

from tests.conversion.mysql_schemas import Row, mysql_rows, mysql_source, plain, postgresql_rows
from tests.conversion.schemas import Source, apply, apply_sqlite
from tests.servers import MysqlServer, Server

TABLE = """
CREATE TABLE t (id int NOT NULL PRIMARY KEY, a int, b int unsigned, n decimal(8,2), f double, s varchar(30),
    c varchar(30) COLLATE utf8mb4_bin, flag tinyint(1), e enum('red','Green') NOT NULL, d date, m datetime,
    ip int unsigned, x varbinary(16), st set('p','q'), z timestamp NULL);
INSERT INTO t VALUES
 (1, 7, 2, 10.25, 1.5, 'Hello World', 'Hello', 1, 'red', '2024-02-29', '2024-02-29 13:45:07', 3232235777, x'00ff41',
  'p,q', '2024-02-29 13:45:07'),
 (2, -7, 0, -3.33, -2.25, 'hello world', NULL, 0, 'Green', '2023-12-31', '2023-12-31 00:00:00', 0, x'', '', NULL),
 (3, NULL, 3, NULL, NULL, 'a_b%c', '', NULL, 'red', NULL, NULL, NULL, NULL, NULL, NULL),
 (4, 0, 5, 0.00, 0, '', 'x', 1, 'Green', '1999-01-01', '1999-01-01 23:59:59', 16909060, x'41', 'q',
  '1999-01-01 23:59:59');
CREATE TABLE u (k int NOT NULL PRIMARY KEY, t_id int NOT NULL, w varchar(20), CONSTRAINT u_t FOREIGN KEY (t_id)
    REFERENCES t (id));
INSERT INTO u VALUES (1, 1, 'one'), (2, 1, 'two'), (3, 2, 'three'), (4, 4, 'TWO');
"""
# Expressions over t; each becomes a view of its own. Both: SQLite takes it as well.
BOTH = [
    "a + id", "a % 3", "a div 3", "ifnull(a, -1)", "coalesce(s, c)", "nullif(a, 7)", "if(a > 0, 'yes', 'no')",
    "isnull(c)", "a <=> null", "a is null", "not flag", "flag", "flag = 1", "a and b", "a or b", "a > 1 xor b > 1",
    "concat(s, '-', id)", "char_length(s)", "length(s)", "substr(s, 2, 3)", "left(s, 3)", "trim(s)",
    "replace(s, 'l', 'L')", "s = 'HELLO WORLD'", "s in ('HELLO world', 'x')", "c = 'hello'", "s like 'HELLO%'",
    "c like 'h%'", "case a when 7 then 'seven' when 0 then 'zero' end", "case when e = 'red' then 1 else 2 end",
    "e = 'GREEN'", "a between -7 and 0", "d = '2024-02-29'", "m > '2000-01-01'", "year(d)", "month(m)",
    "dayofmonth(d)", "hour(m)", "date(m)", "datediff(d, '2024-01-01')", "to_days(d)", "date_add(d, interval 3 day)",
    "date_format(m, '%Y-%m-%d %H:%i:%s')", "abs(a)", "a & 3", "id << 2", "greatest(a, b)", "least(a, b)",
    "field(e, 'Green', 'red')", "exists(select 1 from u where u.t_id = t.id)", "f * 2", "f / 2", "_utf8mb4'x'",
    "(select count(*) from u where u.t_id = t.id)", "cast(a as char)", "b'101' + 0", "id in (select t_id from u)",
    "date_sub(m, interval 90 minute)", "binary s = 'hello world'", "s not like '%W%'", "s like 'a\\\\_b\\\\%c'",
]  # fmt: skip
POSTGRESQL_ONLY = [
    "a / b", "n / 3", "n * n", "round(n, 1)", "floor(n)", "ceiling(n)", "cast(n as signed)", "cast('12' as signed)",
    "upper(s)", "lower(s)", "concat_ws('/', s, c, id)", "right(s, 4)", "lpad(id, 3, '0')", "instr(s, 'W')",
    "locate('o', s)", "substring_index(s, ' ', 1)", "hex(x)", "md5(s)", "reverse(s)", "repeat(s, 2)",
    "inet_ntoa(ip)", "date_add(d, interval 1 month)", "m + interval 1 year", "last_day(d)", "unix_timestamp(z)",
    "dayofweek(d)", "weekday(d)", "quarter(d)", "date_format(m, '%d.%m.%y %T')", "find_in_set('q', st)",
    "extract(year from m)", "truncate(n, 1)", "cast(n as decimal(6,1))", "s regexp 'w.*d$'", "ascii(s)", "sign(a)",
    "concat(n, '')", "if(flag, n, a)", "octet_length(x)", "b ^ 3", "pow(b, 2)",
]  # fmt: skip
QUERIES = [
    "SELECT t.id, count(*) AS c, sum(a) AS s, avg(a) AS v, min(w) AS lo, max(k) AS hi FROM t JOIN u ON u.t_id = t.id "
    "GROUP BY t.id ORDER BY t.id",
    "SELECT e, group_concat(id ORDER BY id DESC SEPARATOR '; ') AS ids FROM t GROUP BY e ORDER BY e",
    "SELECT t.id, t.s, count(*) AS c FROM u JOIN t ON u.t_id = t.id GROUP BY u.t_id ORDER BY t.id",
    "SELECT count(DISTINCT w) AS c FROM u",
    "SELECT id, s FROM t WHERE flag UNION ALL SELECT k, w FROM u WHERE k > 2 ",
    "SELECT x.id FROM ((t x LEFT JOIN u ON u.t_id = x.id) LEFT JOIN t y ON y.id = u.k) WHERE u.k IS NULL ORDER BY 1",
    "SELECT q.n AS n FROM (SELECT count(*) AS n, t_id FROM u GROUP BY t_id HAVING n > 1) q",
    "SELECT id, a FROM t ORDER BY a DESC, id LIMIT 2",
    "SELECT id, row_number() OVER (PARTITION BY e ORDER BY id DESC) AS r FROM t ORDER BY id",
    "SELECT sum(flag) AS f, sum(a > 0) AS p FROM t",
    "WITH w AS (SELECT id, b FROM t WHERE b > 1) SELECT w.id, w.b FROM w ORDER BY w.id",
]
FOR_SQLITE = [4, 5, 7, 10]


@pytest.fixture(scope="module")
def source(mariadb: MysqlServer) -> tuple[str, Source]:
    """A database with one view per expression and query."""
    url = mariadb.create_database()
    views = [
        f"CREATE VIEW e{number} AS SELECT id, {sql} AS v FROM t;"
        for number, sql in enumerate((*BOTH, *POSTGRESQL_ONLY))
    ]
    views += [f"CREATE VIEW q{number} AS {sql};" for number, sql in enumerate(QUERIES)]
    return url, mysql_source(url, TABLE + "\n".join(views))


def test_every_translated_view_gives_the_same_rows_on_postgresql(
    source: tuple[str, Source], postgresql_15: Server
) -> None:
    url, found = source
    target = postgresql_15.create_database()
    result = found.to("postgresql", "15")
    apply(target, result)
    assert [(item.original, item.reason) for item in result.omissions if item.kind == "view"] == []
    _copy(url, target)
    views = {view.name: view.definition for view in result.target.views}
    before = mysql_rows(url, *(f"SELECT * FROM `{name}`" for name in views))
    after = postgresql_rows(target, *(f'SELECT * FROM "{name}"' for name in views))
    assert _different(views, before, after) == ""


def test_views_that_sqlite_can_have_give_the_same_rows_there(source: tuple[str, Source], tmp_path: Path) -> None:
    url, found = source
    result = found.to("sqlite", "3")
    apply_sqlite(tmp_path / "target.db", result)
    connection = sqlite3.connect(tmp_path / "target.db")
    for table, rows in zip(("t", "u"), mysql_rows(url, "SELECT * FROM t", "SELECT * FROM u"), strict=True):
        for row in rows:
            marks = ", ".join("?" for _ in row)
            connection.execute(f"INSERT INTO {table} VALUES ({marks})", [_for_sqlite(value) for value in row])
    made = {view.name for view in result.target.views}
    wanted = {f"e{number}" for number in range(len(BOTH))} | {f"q{number}" for number in FOR_SQLITE}
    reasons = {item.object: item.reason for item in result.omissions if item.kind == "view"}
    assert {name: reasons.get(f"{found.catalog.database}.{name}") for name in wanted - made} == {}
    views = {view.name: view.definition for view in result.target.views}
    before = [
        [tuple(_for_sqlite(value) for value in row) for row in rows]
        for rows in mysql_rows(url, *(f"SELECT * FROM `{name}`" for name in views))
    ]
    after = [
        [tuple(plain(value) for value in row) for row in connection.execute(f'SELECT * FROM "{name}"')]
        for name in views
    ]
    connection.close()
    assert _different(views, before, after) == ""


def _copy(url: str, target: str) -> None:
    of_t, of_u = mysql_rows(url, "SELECT * FROM t", "SELECT * FROM u")
    with psycopg.connect(target) as connection:
        for row in of_t:
            values = list(row)
            values[7] = None if values[7] is None else bool(values[7])
            values[13] = None if values[13] is None else [label for label in values[13].split(",") if label]
            connection.execute(f"INSERT INTO t VALUES ({', '.join('%s' for _ in values)})", values)
        for row in of_u:
            connection.execute("INSERT INTO u VALUES (%s, %s, %s)", row)


def _different(views: dict[str, str], before: list[list[Row]], after: list[list[Row]]) -> str:
    pairs = zip(views.items(), before, after, strict=True)
    found = [f"{name}: {sql}\n  {one}\n  {other}" for (name, sql), one, other in pairs if not _same(one, other)]
    return "\n".join(found)


def _same(rows: list[Row], other: list[Row]) -> bool:
    return sorted(map(repr, rows)) == sorted(map(repr, other))


def _for_sqlite(value: object) -> object:
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    return str(value) if isinstance(value, (datetime.date, decimal.Decimal)) else value

"""PostgreSQL to MariaDB: what arrives, read by plain drivers, is what was written there."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.errors import Aborted, EngineError
from engines.mysql.load import Loader
from engines.mysql.load_troubles import Attempt
from tests.mysql_servers import connected
from tests.servers import MysqlServer, Server
from tests.transfer.routes.moved import Moved, moved
from transfer.pace import stopped

TRAPS = "tab\t nl\n cr\r back\\slash \\N \\. quote' \" \x0b\x0c\x08\x1a\x1d\x1e\x1f\x7f é😀"
# type, the value as SQL, what a plain client of MariaDB reads
VALUES: list[tuple[str, str, Any]] = [
    ("smallint", "-32768", -32768),
    ("bigint", "9223372036854775807", 9223372036854775807),
    ("oid", "4294967295", 4294967295),
    ("boolean", "false", 0),
    ("numeric(65,30)", "12345678901234567890123456789012345.123456789012345678901234567890",
     Decimal("12345678901234567890123456789012345.123456789012345678901234567890")),
    ("numeric", "-0.00000000000000000001", Decimal("-0.00000000000000000001")),
    ("real", "'3.4028235e38'", 3.4028234663852886e38),
    ("real", "'1.4e-45'", 1.401298464324817e-45),
    ("real", "16777217", 16777216.0),
    ("double precision", "'1.7976931348623157e308'", 1.7976931348623157e308),
    ("double precision", "'5e-324'", 5e-324),
    ("double precision", "0.1", 0.1),
    ("money", "'-12.34'", Decimal("-12.34")),
    ("text", f"$q${TRAPS}$q$", TRAPS),
    ("text", "''", ""),
    ("text", r"E'\\N'", r"\N"),
    ("varchar(3)", "'é😀x'", "é😀x"),
    ("char(5)", "'ab'", "ab"),
    ("bytea", r"'\x00ff0a5c095c4e1a27'", b"\x00\xff\n\\\t\\N\x1a'"),
    ("bytea", "''", b""),
    ("bit(10)", "B'1000000001'", b"\x02\x01"),
    ("bit(64)", "B'" + "1" * 64 + "'", b"\xff" * 8),
    ("varbit", "B'00101'", "00101"),
    ("date", "'1000-01-01'", date(1000, 1, 1)),
    ("date", "'9999-12-31'", date(9999, 12, 31)),
    ("time", "'24:00'", timedelta(days=1)),
    ("time", "'23:59:59.999999'", timedelta(hours=23, minutes=59, seconds=59, microseconds=999999)),
    ("timetz", "'10:00+02'", "10:00:00+02"),
    ("timestamp", "'9999-12-31 23:59:59.999999'", datetime(9999, 12, 31, 23, 59, 59, 999999)),
    ("timestamptz", "'2020-06-01 12:00:00.5+05:30'", datetime(2020, 6, 1, 6, 30, 0, 500000)),
    ("timestamp(3)", "'2020-01-01 00:00:00.123'", datetime(2020, 1, 1, 0, 0, 0, 123000)),
    ("interval", "'1 year 2 days 03:04:05.6'", "1 year 2 days 03:04:05.6"),
    ("uuid", "'550E8400-e29b-41d4-a716-446655440000'", "550e8400-e29b-41d4-a716-446655440000"),
    ("json", """'{"a":  1.10, "b": "\\u0001\\n"}'""", '{"a":  1.10, "b": "\\u0001\\n"}'),
    ("jsonb", """'{"b": 1, "a": [12345678901234567890.10]}'""", '{"a": [12345678901234567890.10], "b": 1}'),
    ("int[]", "'{1,NULL,-3}'", "[1,null,-3]"),
    ("text[]", r"""'{"a,b","x\"y\\z",NULL,""}'""", r'["a,b","x\"y\\z",null,""]'),
    ("mood[]", r"""'{sad,"it''s \\ok"}'""", r'["sad","it' + "'" + r's \\ok"]'),
    ("mood", r"'it''s \ok'", "it's \\ok"),
    ("pair", "row(1, E'x\"\\n')", '{"a":1,"b":"x\\"\\n"}'),
    ("inet", "'10.0.0.1'", "10.0.0.1"),
    ("cidr", "'10.0.0.0/8'", "10.0.0.0/8"),
    ("int4range", "'[1,5)'", "[1,5)"),
    ("xml", "'<a>é</a>'", "<a>é</a>"),
    ("point", "'(1,2)'", "(1,2)"),
]  # fmt: skip
# type, value, policy of its kind: MariaDB has no such value
REFUSED = [
    ("double precision", "'NaN'", "not_finite", "NaN"),
    ("real", "'-Infinity'", "not_finite", "-Infinity"),
    ("numeric(20,2)", "'NaN'", "not_finite", "NaN"),
    ("date", "'infinity'", "date_range", "infinity"),
    ("date", "'0999-12-31'", "date_range", "0999-12-31"),
    ("timestamp", "'10000-01-01'", "date_range", "10000-01-01 00:00:00"),
    ("timestamptz", "'0044-03-15 00:00+00 BC'", "date_range", "0044-03-15 00:00:00+00 BC"),
    ("int[]", "'[0:1]={1,2}'", "malformed", "[0:1]={1,2}"),
]
TYPES = r"CREATE TYPE mood AS ENUM ('sad', 'it''s \ok'); CREATE TYPE pair AS (a int, b text);"


def source(server: Server, script: str) -> str:
    """A new database with that in it."""
    url = server.create_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(script)
    return url


def read(url: str, sql: str) -> list[tuple[Any, ...]]:
    """Rows as a plain client gets them."""
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def table_of(values: list[Any]) -> str:
    """A table with a column for each value, a row of them, and a row of NULLs."""
    columns = ", ".join(f"c{n} {item[0]}" for n, item in enumerate(values))
    row = ", ".join(item[1] for item in values)
    made = f"{TYPES} CREATE TABLE t (id int PRIMARY KEY, {columns});"
    return f"{made} INSERT INTO t VALUES (1, {row}); INSERT INTO t VALUES (2)"


@pytest.fixture(scope="module", params=[1, 2], ids=["load", "insert"])
def arrived(request: pytest.FixtureRequest, postgresql_15: Server, mariadb: MysqlServer) -> Iterator[list[Any]]:
    """The row of VALUES in MariaDB; with several lanes and AUTO_INCREMENT it goes by INSERT."""
    script = table_of(VALUES)
    if request.param == 2:
        script = script.replace("id int PRIMARY KEY", "id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY")
    target = mariadb.create_database()
    result = moved(source(postgresql_15, script), target, parallel=request.param)
    assert result.quarantined == {"public.t": []}
    exact = ", ".join(f"c{n} * 1e0" if item[0] == "real" else f"c{n}" for n, item in enumerate(VALUES))
    rows = read(target, f"SELECT {exact} FROM t ORDER BY id")
    assert rows[1] == (None,) * len(VALUES)
    yield list(rows[0])


@pytest.mark.parametrize("place", range(len(VALUES)), ids=[f"{v[0]}-{n}" for n, v in enumerate(VALUES)])
def test_a_value_arrives_as_it_was(arrived: list[Any], place: int) -> None:
    assert arrived[place] == VALUES[place][2]


@pytest.mark.parametrize("lanes", [1, 2], ids=["load", "insert"])
def test_what_mariadb_has_not_is_set_aside_by_its_kind(postgresql_15: Server, mariadb: MysqlServer, lanes: int) -> None:
    target = mariadb.create_database()
    result = moved(source(postgresql_15, table_of(REFUSED)), target, parallel=lanes)
    found = {entry.column: (entry.locator, entry.action, entry.original) for entry in result.quarantined["public.t"]}
    assert found == {
        f"c{n}": ("[1]", "null", f'{{"class": "text", "text": "{item[3]}"}}') for n, item in enumerate(REFUSED)
    }
    assert read(target, "SELECT * FROM t ORDER BY id") == [(i, *[None] * len(REFUSED)) for i in (1, 2)]


# a variant of UUID that MariaDB refuses: of these only its server says so
MANY = (
    "CREATE TABLE t (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, u uuid);"
    "INSERT INTO t SELECT n, '7e7e69ea-3384-8743-0491-1625ac34321c' FROM generate_series(1, 999) AS n"
)


@pytest.mark.parametrize("lanes", [1, 2], ids=["load", "insert"])
def test_many_rows_that_are_refused_do_not_cost_their_number_s_square(
    postgresql_15: Server, mariadb: MysqlServer, monkeypatch: pytest.MonkeyPatch, lanes: int
) -> None:
    sent: list[int] = []
    load = Loader.load

    def counted(loader: Loader, connection: Any, blocks: Any) -> Attempt:
        given = list(blocks)
        sent.append(sum(block.count(b"\n") for block in given))
        return load(loader, connection, given)

    monkeypatch.setattr(Loader, "load", counted)
    result = moved(source(postgresql_15, MANY), mariadb.create_database(), parallel=lanes)
    assert len(result.quarantined["public.t"]) == 999
    assert sum(sent) < 12 * 999


def test_a_lane_that_is_stopped_ends_between_rows_that_are_refused(postgresql_15: Server, mariadb: MysqlServer) -> None:
    def pace(size: int) -> None:
        if size == 0:
            raise stopped()

    with pytest.raises(EngineError, match="INTERRUPTED"):
        moved(source(postgresql_15, MANY), mariadb.create_database(), pace=pace)


@pytest.mark.parametrize(("type_", "value", "kind"), [REFUSED[0][:3], REFUSED[4][:3]])
def test_a_policy_to_stop_stops_with_the_row(
    postgresql_15: Server, mariadb: MysqlServer, type_: str, value: str, kind: str
) -> None:
    url = source(postgresql_15, f"CREATE TABLE t (id int PRIMARY KEY, v {type_}); INSERT INTO t VALUES (7, {value})")
    with pytest.raises(Aborted, match=r'VALUE_NOT_HOLDABLE.*"id": 7.*column v'):
        moved(url, mariadb.create_database(), policies={kind: "stop"})


def test_a_row_whose_column_takes_no_null_is_withheld_and_the_others_arrive(
    postgresql_15: Server, mariadb: MysqlServer
) -> None:
    url = source(
        postgresql_15,
        "CREATE TABLE t (a text, b int, d date, PRIMARY KEY (a, b, d));"
        "INSERT INTO t SELECT 'k\t' || n, n, CASE n % 1000 WHEN 7 THEN date 'infinity' ELSE date '2020-01-01' END"
        " FROM generate_series(1, 5000) AS n",
    )
    target = mariadb.create_database()
    found = [(entry.locator, entry.action) for entry in moved(url, target).quarantined["public.t"] if not entry.column]
    withheld = range(7, 5000, 1000)
    assert found == [(f'["k\\t{n}", {n}, "infinity"]', "row_withheld") for n in withheld]
    total = sum(range(1, 5001)) - sum(withheld)
    assert read(target, "SELECT COUNT(*), SUM(b) FROM t") == [(4995, total)]


UUID = "550e8400-e29b-41d4-a716-446655440000"
# type, value, the type that was asked for, what it holds: None where it can't hold the value exactly
ASKED: list[tuple[str, str, str, Any]] = [
    ("numeric", "1.5", "int", None),
    ("numeric", "2.0", "int", 2),
    ("double precision", "0.1", "float", None),
    ("bigint", "9007199254740993", "double", None),
    ("text", "'12abc'", "int", None),
    ("text", "'12'", "int", 12),
    ("timestamp", "'2020-01-01 00:00:00.1234'", "datetime(3)", None),
    ("timestamp", "'2020-01-01 00:00:01'", "date", None),
    ("timestamptz", "'2038-02-01 00:00+00'", "timestamp(6)", None),
    ("uuid", f"'{UUID}'", "binary(16)", bytes.fromhex(UUID.replace("-", ""))),
    ("boolean", "true", "bit(1)", b"\x01"),
    ("text", "'too long'", "varchar(3)", None),
    ("text", "'abc   '", "varchar(3)", None),
    ("text", "'é'", "varbinary(9)", "é".encode()),
]


def test_a_type_that_was_asked_for_takes_a_value_exactly_or_not_at_all(
    postgresql_15: Server, mariadb: MysqlServer
) -> None:
    database = mariadb.create_database()
    asked = {f"public.t.c{n}": item[2] for n, item in enumerate(ASKED)}
    result = moved(source(postgresql_15, table_of(ASKED)), database, types=asked)
    kept = [item[3] for item in ASKED]
    assert read(database, "SELECT * FROM t WHERE id = 1") == [(1, *kept)]
    aside = {entry.column for entry in result.quarantined["public.t"]}
    assert aside == {f"c{n}" for n, value in enumerate(kept) if value is None}


def test_hostile_names_and_tables_of_every_shape(postgresql_15: Server, mariadb: MysqlServer) -> None:
    url = source(
        postgresql_15,
        """CREATE TABLE "we%ird `t" ("a'b" int PRIMARY KEY, "c""d\\e%s" date, "x{}y" bytea);
        INSERT INTO "we%ird `t" VALUES (1, 'infinity', '\\x5c');
        CREATE TABLE one (v text); INSERT INTO one VALUES (''), (NULL), (E'\\n');
        CREATE TABLE parent (v int); CREATE TABLE child () INHERITS (parent);
        INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2);
        CREATE TABLE split (k int, v text) PARTITION BY RANGE (k);
        CREATE TABLE split_1 PARTITION OF split FOR VALUES FROM (0) TO (10);
        CREATE TABLE split_2 PARTITION OF split FOR VALUES FROM (10) TO (20);
        INSERT INTO split VALUES (1, 'a'), (11, 'b');
        CREATE TABLE empty (v int);
        CREATE TABLE made (a int, b int GENERATED ALWAYS AS (a * 2) STORED); INSERT INTO made VALUES (4)""",
    )
    target = mariadb.create_database()
    result = moved(url, target)
    assert read(target, "SELECT * FROM `we%ird ``t`") == [(1, None, b"\\")]
    assert [entry.column for entry in result.quarantined["public.we%ird `t"]] == ['c"d\\e%s']
    assert sorted(read(target, "SELECT v, v IS NULL FROM one"), key=str) == [("", 0), ("\n", 0), (None, 1)]
    assert read(target, "SELECT v FROM parent") == [(1,)]
    assert sorted(read(target, "SELECT * FROM split")) == [(1, "a"), (11, "b")]
    assert read(target, "SELECT a, b FROM made") == [(4, 8)]


def test_a_text_that_is_too_long_for_its_key_goes_aside_from_the_middle_of_a_block(
    postgresql_15: Server, mariadb: MysqlServer
) -> None:
    url = source(
        postgresql_15,
        "CREATE TABLE t (id int, v text UNIQUE);"
        "INSERT INTO t SELECT n, CASE WHEN n % 97 = 0 THEN repeat('é', 2000) || n ELSE 'v' || n END"
        " FROM generate_series(1, 1000) AS n",
    )
    target = mariadb.create_database()
    result = moved(url, target, types={"public.t.v": "varchar(255)"})
    assert len(result.quarantined["public.t"]) == 10
    assert read(target, "SELECT COUNT(*), COUNT(v) FROM t") == [(1000, 990)]


rows = st.tuples(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])) | st.none(),
    st.binary() | st.none(),
    st.floats(allow_nan=False, allow_infinity=False) | st.none(),
    st.floats(allow_nan=False, allow_infinity=False, width=32) | st.none(),
    st.decimals(allow_nan=False, allow_infinity=False, places=5, min_value=-(10**15), max_value=10**15) | st.none(),
    st.datetimes(min_value=datetime(1000, 1, 1)) | st.none(),
)


@given(st.lists(rows, min_size=1, max_size=30))
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_rows_arrive_as_they_were(
    postgresql_15: Server, mariadb: MysqlServer, values: list[tuple[Any, ...]]
) -> None:
    url = postgresql_15.create_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE t (id int PRIMARY KEY, x text, b bytea, d float8, r float4, n numeric(30,5), t timestamp)"
        )
        for number, row in enumerate(values):
            connection.execute("INSERT INTO t VALUES (%s, %s, %s, %s, %s, %s, %s)", (number, *row))
    target = mariadb.create_database()
    result: Moved = moved(url, target)
    assert not any(result.quarantined.values())
    found = read(target, "SELECT x, b, d, r * 1e0, n, t FROM t ORDER BY id")
    assert [tuple(map(_plain, row)) for row in found] == [tuple(map(_plain, row)) for row in values]


def _plain(value: Any) -> Any:
    """Minus zero is zero in MariaDB."""
    return abs(value) if isinstance(value, float | Decimal) and value == 0 and not math.isnan(value) else value

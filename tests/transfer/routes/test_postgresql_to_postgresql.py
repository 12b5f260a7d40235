"""PostgreSQL to PostgreSQL: what arrives, compared as each server's own text of every row."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing

import psycopg
import pytest

from engines.errors import Aborted, EngineError
from tests.servers import Server, load_sql
from tests.transfer.routes.moved import moved
from transfer.chunks import Chunk
from transfer.routes.postgresql_forms import has_same_bytes

# column type -> values as the source is given them; NULL is added to each
VALUES = {
    "smallint": ["-32768", "32767"],
    "integer": ["-2147483648", "0"],
    "bigint": ["-9223372036854775808", "9223372036854775807"],
    "numeric": ["0.00", "-1e-400", "NaN", "12345678901234567890.123456789012345678901234567890"],
    "numeric(10,2)": ["99999999.99", "-0.01"],
    "real": ["-0", "3.4028235e38", "1e-45", "NaN", "-Infinity", "0.1"],
    "double precision": ["-0", "5e-324", "1.7976931348623157e308", "NaN", "Infinity", "0.1"],
    "money": ["-92233720368547758.08", "1.10"],
    "text": ["", "tab\tnew\nline\rback\\slash \\N \\. quote'", "日本語 😀 e\u0301", "  blanks  ", "\x01\x1a\x7f"],
    "character varying(5)": ["ab   ", "日本語😀é"],
    "character(5)": ["ab", ""],
    '"char"': ["a", ""],
    "name": ["a name"],
    "bytea": ["\\x", "\\x00ff5c0a0d09"],
    "boolean": ["t", "f"],
    "date": ["0001-01-01 BC", "infinity", "5874897-12-31"],
    "time": ["24:00:00", "23:59:59.999999"],
    "time with time zone": ["24:00:00-15:59:59", "00:00:00.000001+14"],
    "timestamp": ["-infinity", "4713-01-01 00:00:00 BC", "294276-12-31 23:59:59.999999"],
    "timestamp(3) with time zone": ["2024-02-29 23:59:59.999+05:30", "infinity"],
    "interval": ["-178000000 years", "1 mon -1 days +00:00:00.000001"],
    "uuid": ["ffffffff-ffff-ffff-ffff-ffffffffffff"],
    "json": ['{"b": 1, "a": [1.0, null],  "a": 2}', "null"],
    "jsonb": ['{"b": 1, "a": [1.0, 1e400, "\\u00e9"]}', "null"],
    "inet": ["::ffff:1.2.3.4/112", "10.0.0.1/8"],
    "cidr": ["10.0.0.0/8"],
    "macaddr": ["08:00:2b:01:02:03"],
    "bit(9)": ["101010101"],
    "bit varying": ["", "1"],
    "point": ["(1e300,-0)"],
    "polygon": ["((0,0),(1,1),(1,0))"],
    "tsvector": ["'fat':2A,4 'it''s':1"],
    "tsquery": ["'a' & !'b' <-> 'c':*"],
    "int4range": ["empty", "(,5]"],
    "tstzrange": ["[2024-01-01 00:00:00+00,)"],
    "integer[]": ["{}", "{{1,NULL},{3,4}}", "[0:1]={1,2}"],
    "text[]": ['{"a,b","\\"","NULL",NULL,""}'],
    "mood": ["sad", "so so, 'la la'"],
    "mood[]": ["{sad,NULL}"],
    "short": ["abc"],
    "moody": ["sad"],
    "pair": ['(1,"a, b")'],
}
TYPES = """
CREATE TYPE mood AS ENUM ('happy', 'sad', 'so so, ''la la''');
CREATE DOMAIN short AS text CHECK (length(VALUE) < 4);
CREATE DOMAIN moody AS mood;
CREATE TYPE pair AS (a integer, b text);
"""


def rows(url: str, table: str) -> list[str]:
    """Every row as the server writes it, in order."""
    with psycopg.connect(url) as connection:
        connection.execute("SET TimeZone = UTC; SET lc_monetary = 'C'; SET extra_float_digits = 3")
        return [str(row[0]) for row in connection.execute(f"SELECT t::text FROM {table} AS t ORDER BY 1".encode())]


def fill(url: str) -> list[str]:
    """A table for each type; their names."""
    with psycopg.connect(url) as connection:
        connection.execute("SET lc_monetary = 'C'; SET TimeZone = UTC")
        connection.execute(TYPES)
        for number, (native, values) in enumerate(VALUES.items()):
            connection.execute(f"CREATE TABLE t{number} (id serial PRIMARY KEY, v {native})".encode())
            for value in [*values, None]:
                connection.execute(f"INSERT INTO t{number} (v) VALUES (%s::text::{native})".encode(), (value,))
    return [f"t{number}" for number in range(len(VALUES))]


@pytest.mark.parametrize("pair", ["15 to 18", "18 to 15"])
def test_every_value_of_every_type_arrives(pair: str, empty_15: str, empty_18: str) -> None:
    source, target = (empty_15, empty_18) if pair == "15 to 18" else (empty_18, empty_15)
    tables = fill(source)

    done = moved(source, target)

    assert done.rows == {f"public.{t}": len(v) + 1 for t, v in zip(tables, VALUES.values(), strict=True)}
    assert {table: rows(target, table) for table in tables} == {table: rows(source, table) for table in tables}


@pytest.mark.parametrize(
    ("native", "source", "target", "same"),
    [
        ("timestamp(3) with time zone", 120022, 180000, True),
        ("character varying(5)[]", 150018, 180000, True),
        ("interval", 180000, 150018, False),
        ("interval(3)[]", 170000, 160000, False),
        ("interval", 150018, 180000, True),
        ("numeric(10,2)", 150018, 130000, False),
        ("xml", 150018, 150018, False),
        ("public.mood", 150018, 150018, False),
    ],
)
def test_binary_is_for_types_that_mean_the_same_on_both_servers(
    native: str, source: int, target: int, same: bool
) -> None:
    assert has_same_bytes(native, source, target) is same


def test_awkward_tables_arrive(empty_15: str, empty_18: str) -> None:
    load_sql(
        empty_15,
        """
        CREATE SCHEMA "a.b"; CREATE TABLE "a.b"."c "".d" ("%s" integer, "x;--" text, "SELECT" text);
        INSERT INTO "a.b"."c "".d" SELECT n, 'x' || n, NULL FROM generate_series(1, 1000) AS n;
        CREATE TABLE parent (id integer GENERATED ALWAYS AS IDENTITY, twice integer GENERATED ALWAYS AS (id * 2) STORED,
                             made timestamptz DEFAULT now());
        CREATE TABLE child (more text) INHERITS (parent);
        INSERT INTO parent DEFAULT VALUES; INSERT INTO child (id, more) VALUES (7, 'only here');
        CREATE TABLE parts (id bigint, at date) PARTITION BY RANGE (at);
        CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
        CREATE TABLE parts_0 PARTITION OF parts DEFAULT;
        INSERT INTO parts VALUES (1, '2024-05-05'), (2, NULL), (3, '2030-01-01');
        CREATE UNLOGGED TABLE nothing ();
        INSERT INTO nothing DEFAULT VALUES; INSERT INTO nothing DEFAULT VALUES;
        """,
    )
    done = moved(empty_15, empty_18)

    names = ['"a.b"."c "".d"', "ONLY parent", "child", "parts_1", "parts_0", "nothing"]
    assert sum(done.rows.values()) == 1000 + 1 + 1 + 3 + 2
    assert [rows(empty_18, name) for name in names] == [rows(empty_15, name) for name in names]


TRIGGERS = """
CREATE TABLE t (id integer PRIMARY KEY);
CREATE TABLE log (id integer);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO log VALUES (NEW.id); RETURN NULL; END';
CREATE TRIGGER plain BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER "al;ways" BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER replicas BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER off BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION note();
ALTER TABLE t ENABLE ALWAYS TRIGGER "al;ways", ENABLE REPLICA TRIGGER replicas, DISABLE TRIGGER off;
"""
STATES = "SELECT tgname, tgenabled::text FROM pg_trigger WHERE tgrelid = 't'::regclass ORDER BY 1"


@pytest.mark.parametrize("superuser", [True, False])
def test_triggers_that_are_there_already_neither_fire_nor_change(
    superuser: bool, postgresql_15: Server, empty_18: str
) -> None:
    from engines.grant import Grant
    from engines.registry import open_database, open_writer

    url = postgresql_15.create_database()
    load_sql(url, TRIGGERS)
    user = "postgres"
    if not superuser:
        user = url.split("/")[3].partition("?")[0] + "_owner"
        load_sql(url, f"CREATE ROLE {user} LOGIN; ALTER TABLE t OWNER TO {user}; ALTER TABLE log OWNER TO {user};")
        url = url.replace("postgres@", f"{user}@")
    with psycopg.connect(url) as connection:
        before = connection.execute(STATES).fetchall()
    database = open_database(url)
    writer = open_writer(url, Grant("m", database.identity, "", scratch=True))
    database.close()

    with writer.begin() as connection:
        loaded = writer.load(connection, "public.t", ["id"], [b"1\n2", b"\n"])
    writer.close()

    with psycopg.connect(url) as connection:
        assert (loaded.rows, connection.execute(STATES).fetchall()) == (2, before)
        assert connection.execute("SELECT count(*) FROM log").fetchone() == (0,)


@pytest.mark.parametrize("plain", [True, False])
def test_a_row_of_100_mb_passes_in_flat_memory(plain: bool, empty_15: str, empty_18: str) -> None:
    binary, text = "decode(repeat('00ff5c0a0d09', 10000000), 'hex')", "repeat(E'a\\\\\\n\\t\\ré€', 2500000)"
    json = """('["' || repeat('é', 9000000) || '"]')::json"""
    load_sql(empty_15, "CREATE TABLE t (id integer PRIMARY KEY, n integer, b bytea, v text, w json);"
                       f"INSERT INTO t VALUES (1, 1, {binary}, {text}, {json}), (2, NULL, NULL, NULL, NULL),"
                       " (3, 3, '', NULL, '1');")  # fmt: skip

    # an encrypted connection can't be had here: the rows go through libpq as they would there
    script = (
        "import sys, engines.postgresql.snapshot as s; from tests.memory import peak;"
        "from tests.transfer.routes.moved import moved; s.is_plain = lambda connection: sys.argv[3] == 'True';"
        "moved(sys.argv[1], sys.argv[2]); print(peak())"
    )
    words = [sys.executable, "-c", script, empty_15, empty_18, str(plain)]
    used = int(subprocess.run(words, check=True, capture_output=True, text=True).stdout)

    digest = "SELECT id, n, md5(b), md5(v), md5(w::text) FROM t ORDER BY id"
    with psycopg.connect(empty_15) as source, psycopg.connect(empty_18) as target:
        assert target.execute(digest).fetchall() == source.execute(digest).fetchall()
    assert used < 300 << 10


REFUSED = """
CREATE TABLE t (id integer PRIMARY KEY, i interval, n numeric NOT NULL, v text);
INSERT INTO t SELECT n, '1 day', n, 'x' || n FROM generate_series(1, 2000) AS n;
UPDATE t SET i = 'infinity' WHERE id IN (7, 1999); UPDATE t SET n = 'Infinity' WHERE id = 12;
"""


def test_values_that_an_older_server_has_not_go_by_the_policies(empty_18: str, empty_12: str) -> None:
    load_sql(empty_18, REFUSED)

    done = moved(empty_18, empty_12)

    aside = [(e.locator, e.column, e.action) for e in done.quarantined["public.t"]]
    assert sorted(aside) == [("[12]", "", "row_withheld"), ("[1999]", "i", "null"), ("[7]", "i", "null")]
    assert rows(empty_12, "t") == [
        row.replace("infinity", "") for row in rows(empty_18, "t") if not row.startswith("(12,")
    ]
    with pytest.raises(Aborted, match="VALUE_NOT_HOLDABLE"):
        load_sql(empty_12, "DROP TABLE t")
        moved(empty_18, empty_12, policies={"date_range": "stop"})


@pytest.mark.parametrize(
    ("source", "target", "stored"),
    [
        ("UTF8", "LATIN1", ["a", "caf\u00e9", "snow ? man"]),
        ("SQL_ASCII", "UTF8", ["a", "caf\ufffd", "snow \u2603 man"]),
    ],
)
def test_texts_that_the_target_has_no_letters_for_are_converted_and_written_down(
    source: str, target: str, stored: list[str], postgresql_15: Server
) -> None:
    urls = []
    for encoding in (source, target):
        name = f"test_{encoding.lower()}_{os.getpid()}_{source.lower()}"
        postgresql_15.run(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'")
        urls.append(postgresql_15.url(name))
    texts = [b"a", "caf\u00e9".encode() if source == "UTF8" else b"caf\xe9", "snow \u2603 man".encode()]
    with psycopg.connect(urls[0]) as connection:
        connection.execute("SET client_encoding = " + source)
        connection.execute("CREATE TABLE t (id integer PRIMARY KEY, v text NOT NULL)")
        for number, text in enumerate(texts):
            connection.execute(b"INSERT INTO t VALUES (%d, '%s')" % (number, text))

    done = moved(urls[0], urls[1])

    with psycopg.connect(urls[1], client_encoding="UTF8") as connection:
        assert [v for (v,) in connection.execute("SELECT v FROM t ORDER BY id")] == stored
    assert [(e.locator, e.column, e.action) for e in done.quarantined["public.t"]] == [
        ("[2]" if source == "UTF8" else "[1]", "v", "converted")
    ]


def test_a_range_that_fails_on_the_target_leaves_both_sides_usable(empty_15: str, empty_18: str) -> None:
    load_sql(empty_15, "CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t SELECT n, repeat('x', 9000)"
                       " FROM generate_series(1, 3000) AS n;")  # fmt: skip
    load_sql(empty_18, "CREATE TABLE other (id integer);")
    from engines.grant import Grant
    from engines.registry import open_database, open_writer
    from transfer.endpoints import Endpoints
    from transfer.routes.route import open_route
    from transfer.units import units

    plan = moved(empty_15, empty_18).plan
    load_sql(empty_18, "TRUNCATE t; CREATE UNIQUE INDEX ON t ((id = 0), (CASE WHEN id < 3 THEN 0 ELSE id END))")
    database = open_database(empty_18)
    ends = Endpoints(empty_15, empty_18, Grant("m", database.identity, "", scratch=True))
    database.close()
    with closing(ends.snapshot()) as snapshot, closing(open_writer(ends.target, ends.grant)) as writer:
        route = open_route(plan, next(units(plan)), snapshot, writer)
        with pytest.raises(EngineError, match="duplicate key"), writer.begin() as connection:
            route.copy(Chunk("public.t", 0, None, None), connection, lambda size: None)
        with pytest.raises(KeyboardInterrupt), writer.begin() as connection:
            route.copy(Chunk("public.t", 0, (2,), None), connection, interrupt)
        with writer.begin() as connection:
            copied = route.copy(Chunk("public.t", 0, (2,), (5,)), connection, lambda size: None)

    assert copied.rows == 3


def interrupt(size: int) -> None:
    """A person's Ctrl-C in the middle of a range."""
    raise KeyboardInterrupt

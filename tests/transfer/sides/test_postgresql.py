"""A PostgreSQL side: spans, buckets, keys, one moment, and what may go wrong with a table."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import psycopg
import pytest

from engines.connection import parse
from engines.errors import DbmoError, EngineError, UsageError
from engines.postgresql.database import PostgresqlDatabase
from tests.meanwhile import again_and_again
from tests.servers import Server, load_sql
from transfer.canonical.choose import compared_column
from transfer.canonical.columns import ComparedColumn, ComparedTable, Held
from transfer.canonical.encoding import DELIMITED, Digest, Hashing, decode, encode
from transfer.sides.postgresql import PostgresqlSide, open_side
from transfer.sides.side import Span

HASHING = Hashing.new()
WHOLE = Span()
SCRIPT = """
    CREATE SCHEMA "a.b";
    CREATE TABLE "a.b"."c""d %s % .e" (id int PRIMARY KEY, "sel'ect %s" text, "{c}" numeric, j jsonb);
    INSERT INTO "a.b"."c""d %s % .e"
    SELECT n, 'text ' || n, n / 8.0, CASE WHEN n % 3 = 0 THEN '{"a": 1.50}'::jsonb END FROM generate_series(-50, 949) n;
    CREATE TABLE parent (id int, v text); CREATE TABLE child () INHERITS (parent);
    INSERT INTO parent VALUES (1, 'own'); INSERT INTO child VALUES (2, 'not own');
    CREATE TABLE parts (id int, v text) PARTITION BY LIST (id);
    CREATE TABLE part_1 PARTITION OF parts FOR VALUES IN (1); CREATE TABLE part_2 PARTITION OF parts FOR VALUES IN (2);
    INSERT INTO parts VALUES (1, 'one'), (2, 'two');
    CREATE VIEW seen AS SELECT id, v FROM parts;
    CREATE TABLE made (id int PRIMARY KEY, v text GENERATED ALWAYS AS (id::text || '!') STORED);
    INSERT INTO made VALUES (7);
    CREATE TABLE twins (v text); INSERT INTO twins VALUES ('x'), ('x'), (NULL), ('n'), ('n,');
    CREATE TABLE gaps (id int, v text); INSERT INTO gaps VALUES (NULL, 'null'), (1, 'one'), (5, 'five');
    CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    CREATE TABLE cased (id text COLLATE loose PRIMARY KEY, v text);
    INSERT INTO cased VALUES ('a', 'small'), ('É', 'acute');
"""
HOSTILE = '"a.b".c"d %s % .e'


@pytest.fixture(scope="module")
def url(postgresql_15: Server) -> str:
    url = postgresql_15.create_database()
    load_sql(url, SCRIPT)
    return url


@pytest.fixture
def side(url: str) -> Iterator[PostgresqlSide]:
    side = open_side(parse(url), "source")
    yield side
    side.close()


def table_of(url: str, name: str, key: list[str] | None = None, ranged: str | None = None) -> ComparedTable:
    database = PostgresqlDatabase(url, "test")
    try:
        catalog = database.catalog()
    finally:
        database.close()
    named = {table.full_name: table for table in catalog.tables}
    source = "public.parts" if name == "public.seen" else name
    columns = []
    for column in named[source].columns:
        held = Held(name=column.name, native=column.native, type=column.type, nullable=column.nullable)
        chosen = compared_column(column.name, held, held, ("postgresql", "postgresql"))
        assert isinstance(chosen, ComparedColumn)
        columns.append(chosen)
    return ComparedTable(
        name=name,
        source=name,
        target=name,
        columns=columns,
        key=key or [],
        range_column=ranged,
    )


def rows_of(side: PostgresqlSide, table: ComparedTable, span: Span = WHOLE) -> dict[bytes, bytes]:
    return dict(pair for batch in side.stream(table, span) for pair in batch)


def values(side: PostgresqlSide, table: ComparedTable) -> list[str]:
    rows = [decode(table.columns, row)[-1] for batch in side.stream(table, Span()) for _, row in batch]
    return sorted(str(text and text.decode()) for text in rows)


def total(digests: dict[int, Digest]) -> Digest:
    return sum(digests.values(), Digest())


@pytest.mark.parametrize("columns", [3, 4], ids=["hashed there", "hashed here"])
def test_spans_and_buckets_add_up_to_the_whole(url: str, side: PostgresqlSide, columns: int) -> None:
    table = table_of(url, HOSTILE, ["id"], "id")
    table = table.model_copy(update={"columns": table.columns[:columns]})
    rows = rows_of(side, table)
    whole = side.digests(table, Span(), HASHING)
    expected = Digest()
    for row in rows.values():
        expected = expected.with_row(HASHING.row(row))
    assert whole == {0: expected}
    assert side.count(table) == expected.rows == 1000
    bounds = side.bounds(table, 300)
    assert bounds == [249, 549, 849]
    edges = [None, *bounds, None]
    spans = [Span(lower, upper) for lower, upper in pairwise(edges)]
    assert total({n: total(side.digests(table, span, HASHING)) for n, span in enumerate(spans)}) == expected
    buckets = side.digests(table, Span(of=16), HASHING)
    assert set(buckets) <= set(range(16))
    assert total(buckets) == expected
    some = Span(of=16, buckets=frozenset({3, 5}))
    assert side.digests(table, some, HASHING) == {n: buckets[n] for n in (3, 5)}
    pairs = [pair for batch in side.hashes(table, some, HASHING) for pair in batch]
    assert len(pairs) == buckets[3].rows + buckets[5].rows
    assert all(HASHING.row(rows[key]) == hashed for key, hashed in pairs)
    assert side.digests(table, Span(lower=5000), HASHING) == {}


@pytest.mark.parametrize("columns", [3, 4])
def test_rows_are_found_by_key_and_by_hash(url: str, side: PostgresqlSide, columns: int) -> None:
    table = table_of(url, HOSTILE, ["id"], "id")
    table = table.model_copy(update={"columns": table.columns[:columns]})
    rows = rows_of(side, table)
    keys = [b"7,", b"-50,", b"5000,", b"n,", b"99999999999999999999,", b"x,"]
    found = {key: encode(table.columns, texts) for key, texts in side.rows(table, Span(), keys, HASHING)}
    assert found == {key: rows[key] for key in keys[:2]}
    keyless = table.model_copy(update={"key": [], "range_column": None})
    names = [HASHING.row(rows[key]) for key in keys[:2]]
    by_hash = {key: encode(table.columns, texts) for key, texts in side.rows(keyless, Span(), names, HASHING)}
    assert by_hash == {HASHING.row(rows[key]): rows[key] for key in keys[:2]}


def test_keys_are_looked_up_by_an_index(url: str, side: PostgresqlSide) -> None:
    table = table_of(url, HOSTILE, ["id"], "id")
    condition, parameters = side.queries.wanted(table, side._relation(table), HASHING, {b"7,", b"8,"})
    with psycopg.connect(url) as connection, psycopg.RawCursor(connection) as cursor:
        cursor.execute("SET enable_seqscan = off")
        query = f'EXPLAIN SELECT FROM "a.b"."c""d %s % .e" AS t WHERE {condition}'
        plan = str(cursor.execute(query.encode(), parameters).fetchall())
    assert "Index Only Scan" in plan or "Index Scan" in plan


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("public.parent", ["own"]),
        ("public.parts", ["one", "two"]),
        ("public.seen", ["one", "two"]),
        ("public.made", ["7!"]),
        ("public.twins", ["None", "n", "n,", "x", "x"]),
    ],
)
def test_tables_of_every_kind(url: str, side: PostgresqlSide, name: str, expected: list[str]) -> None:
    assert values(side, table_of(url, name)) == expected


def test_null_is_in_the_span_that_is_open_below(url: str, side: PostgresqlSide) -> None:
    table = table_of(url, "public.gaps", [], "id")
    spans = [Span(None, 1), Span(1, 4), Span(4, None)]
    assert [total(side.digests(table, span, HASHING)).rows for span in spans] == [2, 0, 1]
    assert side.bounds(table, 1) == [1, 5]


def test_keys_that_a_collation_takes_for_equal_are_not(url: str, side: PostgresqlSide) -> None:
    table = table_of(url, "public.cased", ["id"])
    assert [key for key, _ in side.rows(table, Span(), [b"1:A", b"2:\xc3\xa9", b"1:a"], HASHING)] == [b"1:a"]


def test_it_stays_at_its_moment_until_it_is_refreshed(empty_18: str) -> None:
    load_sql(
        empty_18, "CREATE TABLE t (id int PRIMARY KEY, v int GENERATED ALWAYS AS (id * 2)); INSERT INTO t VALUES (1)"
    )
    side = open_side(parse(empty_18), "source")
    table = table_of(empty_18, "public.t", ["id"], "id")
    joined = open_side(parse(empty_18), "source", side.snapshot.token)
    load_sql(empty_18, "INSERT INTO t VALUES (2)")
    before = side.digests(table, Span(), HASHING)
    assert before[0].rows == 1
    assert joined.digests(table, Span(), HASHING) == before
    position = side.position
    side.refresh()
    assert side.count(table) == 2
    assert side.position != position
    joined.close()
    side.close()


def test_after_an_error_it_goes_on_at_the_same_moment(url: str, side: PostgresqlSide) -> None:
    table = table_of(url, "public.twins")
    assert side.count(table) == 5
    load_sql(url, "INSERT INTO twins VALUES ('later')")
    broken = table.model_copy(update={"source": "public.gone"})
    with pytest.raises(UsageError) as missing:
        side.count(broken)
    assert missing.value.code == "TABLE_MISSING"
    column = table.columns[0]
    renamed = column.model_copy(update={"source": column.source.model_copy(update={"name": "w"})})
    with pytest.raises(UsageError) as changed:
        side.digests(table.model_copy(update={"columns": [renamed]}), Span(), HASHING)
    assert changed.value.code == "COLUMN_MISSING"
    with pytest.raises(DbmoError):
        list(side._fetched("SELECT 1/0"))
    assert side.count(table) == 5
    load_sql(url, "DELETE FROM twins WHERE v = 'later'")


def test_rights_and_row_security_are_errors(url: str, postgresql_15: Server) -> None:
    load_sql(url, "CREATE ROLE looker LOGIN; CREATE TABLE hidden (id int); CREATE TABLE partly (id int);")
    load_sql(url, "GRANT SELECT ON partly TO looker; ALTER TABLE partly ENABLE ROW LEVEL SECURITY;")
    load_sql(url, "CREATE POLICY p ON partly USING (id > 1); INSERT INTO partly VALUES (1), (2)")
    side = open_side(parse(url.replace("postgres@", "looker@")), "source")
    for name in ("public.hidden", "public.partly"):
        with pytest.raises(UsageError) as refused:
            side.digests(table_of(url, name), Span(), HASHING)
        assert refused.value.code == "PERMISSION_DENIED"
    side.close()


def test_cancelling_ends_a_statement_and_leaves_the_side_usable(url: str, side: PostgresqlSide) -> None:
    with again_and_again(side.cancel), pytest.raises(EngineError) as ended:
        list(side._fetched("SELECT pg_catalog.pg_sleep(30)::text"))
    assert ended.value.code == "CANCELLED"
    assert side.count(table_of(url, "public.made")) == 1


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII", "WIN1252"])
def test_other_encodings_give_bytes_of_utf_8(postgresql_15: Server, encoding: str) -> None:
    name = f"enc_{encoding.lower()}"
    postgresql_15.run(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'")
    url = postgresql_15.url(name)
    with psycopg.connect(url, client_encoding="UTF8" if encoding != "SQL_ASCII" else "SQL_ASCII") as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
        connection.execute("INSERT INTO t VALUES (1, 'é ß'), (2, NULL)".encode())
    side = open_side(parse(url), "source")
    table = table_of(url, "public.t", ["id"], "id")
    rows = rows_of(side, table)
    assert rows[b"1,"] == b"1," + b"5:" + "é ß".encode()
    assert dict(pair for batch in side.hashes(table, Span(), HASHING) for pair in batch) == {
        key: HASHING.row(row) for key, row in rows.items()
    }
    assert [texts for _, texts in side.rows(table, Span(), [b"1,"], HASHING)] == [[b"1", "é ß".encode()]]
    side.close()


def test_large_values_come_in_small_batches(empty_18: str) -> None:
    load_sql(
        empty_18,
        "CREATE TABLE t (id int, v text); INSERT INTO t SELECT n, repeat('x', 1000000) FROM generate_series(1, 60) n",
    )
    side = open_side(parse(empty_18), "source")
    sizes = [len(batch) for batch in side.stream(table_of(empty_18, "public.t", ["id"]), Span())]
    assert sum(sizes) == 60
    assert max(sizes[1:]) <= 9
    side.close()


@pytest.mark.parametrize(
    ("type_", "literals", "looked_up"),
    [
        ("int2", ["-3", "7"], True),
        ("numeric", ["1.50", "NaN"], True),
        ("text", ["it's", "a\\b", "n"], True),
        ("varchar(5)", ["x ", "x"], True),
        ("char(5)", ["x", "yy"], True),
        ("uuid", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"], True),
        ("bytea", ["\\x00ff", "\\x"], True),
        ("date", ["2024-02-29", "0044-03-15 BC", "infinity"], False),
        ("date", ["2024-02-29"], True),
        ("timestamp", ["2024-02-29 12:00:00.5"], True),
        ("timestamptz", ["2024-02-29 12:00:00.5+00", "0001-01-01 00:00+00"], True),
        ("float8", ["0.1", "-0"], False),
        ("boolean", ["t", "f"], False),
        ("time", ["12:00"], False),
        ("money", ["1.50"], False),
        ("oid", ["7"], False),
        ("mood", ["sad", "so so"], False),
    ],
)
def test_keys_of_every_type_are_found(
    url: str, side: PostgresqlSide, type_: str, literals: list[str], looked_up: bool
) -> None:
    load_sql(url, "DROP TABLE IF EXISTS keyed; DROP TYPE IF EXISTS mood; CREATE TYPE mood AS ENUM ('sad', 'so so')")
    with psycopg.connect(url) as connection:
        connection.execute(f"CREATE TABLE keyed (id {type_} PRIMARY KEY, v int)")
        connection.cursor().executemany("INSERT INTO keyed VALUES (%s, %s)", [(x, n) for n, x in enumerate(literals)])
    side.refresh()
    table = table_of(url, "public.keyed", ["id"])
    rows = rows_of(side, table)
    assert len(rows) == len(literals)
    delimited = table.columns[0].form in DELIMITED
    others = {b"0000-00-00,", b"2023-02-30,", b"x\xff\x00,", b"n,"} if delimited else {b"1:\xff", b"2:x\x00", b"n"}
    found = {key: encode(table.columns, texts) for key, texts in side.rows(table, Span(), {*rows, *others}, HASHING)}
    assert found == rows
    condition, _ = side.queries.wanted(table, side._relation(table), HASHING, set(rows))
    assert ("$1::text[]" in condition) is looked_up


def test_keys_of_several_columns_are_found(url: str, side: PostgresqlSide) -> None:
    load_sql(url, "DROP TABLE IF EXISTS wide; CREATE TABLE wide (a text, b int, c boolean, PRIMARY KEY (a, b, c))")
    load_sql(url, "INSERT INTO wide SELECT chr(65 + n % 7), n % 5, n % 2 = 0 FROM generate_series(1, 70) n")
    side.refresh()
    table = table_of(url, "public.wide", ["a", "b", "c"])
    rows = rows_of(side, table)
    some = sorted(rows)[:9]
    assert sorted(key for key, _ in side.rows(table, Span(), some, HASHING)) == some


def test_rows_have_all_their_digits_where_hashes_have_those_of_the_target(url: str, side: PostgresqlSide) -> None:
    load_sql(url, "DROP TABLE IF EXISTS fine; CREATE TABLE fine (id int PRIMARY KEY, n numeric, t timestamp)")
    load_sql(url, "INSERT INTO fine VALUES (1, 1.2355, '2024-01-01 00:00:00.1239996')")
    side.refresh()
    table = table_of(url, "public.fine", ["id"])
    columns = [table.columns[0], *(c.model_copy(update={"digits": 2}) for c in table.columns[1:])]
    table = table.model_copy(update={"columns": columns})
    cut, whole = [b"1", b"1.24", b"2024-01-01 00:00:00.12"], [b"1", b"1.2355", b"2024-01-01 00:00:00.124"]
    assert list(side.rows(table, Span(), [b"1,"], HASHING)) == [(b"1,", whole)]
    assert list(side.hashes(table, Span(), HASHING)) == [[(b"1,", HASHING.row(encode(columns, cut)))]]


def test_numbers_of_older_servers(empty_12: str) -> None:
    load_sql(empty_12, "CREATE TABLE t (id int, f float8, n numeric)")
    load_sql(empty_12, "INSERT INTO t VALUES (1, 'Infinity', 'NaN'), (2, 1e23, 1.500), (3, '-Infinity', 100)")
    side = open_side(parse(empty_12), "source")
    table = table_of(empty_12, "public.t", ["id"])
    found = {key: decode(table.columns, row)[1:] for key, row in rows_of(side, table).items()}
    assert found == {
        b"1,": [b"Infinity", b"NaN"],
        b"2,": [b"100000000000000000000000", b"1.5"],
        b"3,": [b"-Infinity", b"100"],
    }
    cut = table.model_copy(update={"columns": [c.model_copy(update={"digits": 1}) for c in table.columns]})
    assert side.digests(cut, Span(), HASHING)[0].rows == 3
    side.close()

"""Rows hashed by PostgreSQL's own functions: by value, with every difference seen, the same on every version."""

from __future__ import annotations

import psycopg
import pytest

from engines.errors import UsageError
from tests.servers import load_sql
from tests.transfer.opened import opened
from transfer.canonical.encoding import Digest, Hashing
from transfer.sides.postgresql_extended import expressions, same_answers, seeds, sufficient
from transfer.sides.side import Span

HASHING = Hashing("extended", "00112233445566778899aabbccddeeff")

# type of the source, of the target -> pairs of values that are equal, and that are not
VALUES: tuple[tuple[str, str, tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]], ...] = (
    ("int8", "int8", (("7", "7"), ("NULL", "NULL")), (("1", "4294967296"), ("-1", "0"), ("0", "NULL"))),
    ("int4", "int8", (("-7", "-7"),), (("1", "4294967296"), ("NULL", "0"))),
    ("numeric", "numeric", (("1.0", "1.00"), ("'NaN'", "'NaN'")),
     (("1.5", "-1.5"), ("'NaN'", "'Infinity'"), ("'Infinity'", "'-Infinity'"), ("1", "10000"), ("0", "NULL"))),
    ("numeric(9,2)", "int8", (("3.00", "3"),), (("3.01", "3"), ("-3", "3"))),
    ("float8", "float8", (("'-0'", "'0'"), ("'NaN'", "'NaN'")), (("0.1", "0.10000000000000002"), ("0", "NULL"))),
    ("float4", "float8", (("0.5", "0.5"), ("0.1", "0.1")), (("0.5", "0.25"), ("NULL", "0"))),
    ("bool", "int2", (("true", "1"),), (("true", "0"), ("false", "NULL"))),
    ("text", "varchar(9)", (("'a'", "'a'"),), (("'a'", "'a '"), ("''", "NULL"), ("U&'\\00e9'", "U&'e\\0301'"))),
    ("char(9)", "char(5)", (("'a'", "'a  '"),), (("'a'", "'A'"), ("''", "NULL"))),
    ("char(9)", "text", (("'a'", "'a'"),), (("'a'", "'b'"), ("''", "NULL"))),
    ("timestamp", "timestamp", (("'2024-01-01 00:00'", "'2024-01-01 00:00:00.0'"), ("'infinity'", "'infinity'")),
     (("'2000-01-01 00:00:00'", "'2000-01-01 01:11:34.967297'"), ("'infinity'", "'-infinity'"))),
    ("timestamptz", "timestamptz", (("'2024-01-01 00:00+00'", "'2024-01-01 02:00+02'"),),
     (("'2024-01-01 00:00+00'", "'2024-01-01 00:00+02'"),)),
    ("time", "time", (("'00:00'", "'00:00:00'"),), (("'00:00:00'", "'01:11:34.967297'"),)),
    ("date", "date", (("'infinity'", "'infinity'"),), (("'2024-02-29'", "'2024-03-01'"), ("'2024-02-29'", "NULL"))),
    ("interval", "interval", (("'1 day'", "'1 day'"),), (("'1 mon'", "'30 days'"), ("'24:00'", "'1 day'"))),
    ("uuid", "uuid", (("'00112233-4455-6677-8899-AABBCCDDEEFF'", "'00112233-4455-6677-8899-aabbccddeeff'"),),
     (("'00000000-0000-0000-0000-000000000000'", "NULL"),)),
    ("bytea", "bytea", (("'\\x00ff'", "'\\x00FF'"),), (("''", "NULL"), ("'\\x00'", "'\\x0000'"))),
    ("inet", "inet", (("'10.0.0.1'", "'10.0.0.1/32'"),), (("'10.0.0.1'", "'10.0.0.1/24'"),)),
)  # fmt: skip

# what PostgreSQL's functions take for the same under every seed; the chain of expressions() must not
COLLISIONS = (
    ("hash_numeric_extended(1.5, {s})", "hash_numeric_extended(-1.5, {s})"),
    ("hash_numeric_extended('NaN', {s})", "hash_numeric_extended('Infinity', {s})"),
    ("hashint8extended(1, {s})", "hashint8extended(4294967296, {s})"),
    ("time_hash_extended('00:00:00', {s})", "time_hash_extended('01:11:34.967297', {s})"),
    ("jsonb_hash_extended('[[1],2]', {s})", "jsonb_hash_extended('[[1,2]]', {s})"),
    ("interval_hash_extended('1 mon', {s})", "interval_hash_extended('30 days', {s})"),
    (
        "hash_record_extended(ROW(1, 'a'::text), {s}) + hash_record_extended(ROW(2, 'b'::text), {s})::numeric",
        "hash_record_extended(ROW(1, 'b'::text), {s}) + hash_record_extended(ROW(2, 'a'::text), {s})::numeric",
    ),
)


@pytest.mark.parametrize("one, other", COLLISIONS)
def test_functions_that_collide_are_known(empty_15: str, one: str, other: str) -> None:
    wrapped = f"SELECT mod(({one}) - ({other}), 18446744073709551616::numeric) = 0"
    with psycopg.connect(empty_15) as connection:
        found = [connection.execute(wrapped.replace("{s}", str(seed)).encode()).fetchone() for seed in (1, 2**62)]
    assert found == [(True,), (True,)]


def test_values_hash_by_value_on_either_version(empty_15: str, empty_18: str) -> None:
    cases = [
        (f"t{number}_{place}_{equal:d}", here, there, pair, equal)
        for number, (here, there, same, different) in enumerate(VALUES)
        for equal, pairs in ((True, same), (False, different))
        for place, pair in enumerate(pairs)
    ]
    for url, side in ((empty_15, 0), (empty_18, 1)):
        script = [f"CREATE TABLE {c[0]} (v {c[1 + side]}); INSERT INTO {c[0]} VALUES ({c[3][side]});" for c in cases]
        load_sql(url, "\n".join(script))
    with opened(empty_15, empty_18) as pair:
        assert same_answers(pair.source.answers(), pair.target.answers())
        wrong = []
        for name, *about, equal in cases:
            table = pair.tables[name]
            assert expressions(table, "source", HASHING.key) and expressions(table, "target", HASHING.key), about
            here, there = (side.digests(table, Span(), HASHING)[0] for side in (pair.source, pair.target))
            if (here == there) != equal:
                wrong.append(about)
    assert wrong == []


SWAPS = (
    ("(1, 'a', 'b'), (2, 'c', 'd')", "(1, 'a', 'd'), (2, 'c', 'b')", "values of a column between rows"),
    ("(1, 'a', 'b'), (2, 'c', 'd')", "(1, 'b', 'a'), (2, 'c', 'd')", "values of a row between columns"),
    ("(1, 'ab', 'c')", "(1, 'a', 'bc')", "a letter between columns"),
    ("(1, 'a', NULL)", "(1, NULL, 'a')", "a NULL between columns"),
    ("(1, 'a', 'b'), (1, 'a', 'b')", "(2, 'c', 'd'), (2, 'c', 'd')", "a pair of duplicates"),
    ("(1, 'a', 'b')", "(1, 'a', 'b'), (1, 'a', 'b')", "one more duplicate"),
)


@pytest.mark.parametrize("here, there, what", SWAPS)
def test_nothing_cancels(empty_15: str, empty_18: str, here: str, there: str, what: str) -> None:
    for url, rows in ((empty_15, here), (empty_18, there)):
        load_sql(url, f"CREATE TABLE t (id int8, a text, b text); INSERT INTO t VALUES {rows}")
    with opened(empty_15, empty_18) as pair:
        table = pair.tables["t"]
        found = [side.digests(table, Span(), HASHING)[0] for side in (pair.source, pair.target)]
    assert found[0] != found[1], what


def test_digest_is_the_sum_of_the_hashes_of_its_rows(empty_15: str) -> None:
    load_sql(empty_15, "CREATE TABLE t AS SELECT n AS id, 'x' || n AS v, n % 3 = 0 AS b FROM generate_series(1, 500) n")
    with opened(empty_15, empty_15) as pair:
        table = pair.tables["t"]
        whole = pair.source.digests(table, Span(), HASHING)[0]
        rows = sum((Digest().with_row(h) for b in pair.source.hashes(table, Span(), HASHING) for _, h in b), Digest())
        buckets = sum(pair.source.digests(table, Span(of=8), HASHING).values(), Digest())
    assert whole == rows == buckets


def test_json_has_only_a_sufficient_digest(empty_15: str, empty_18: str) -> None:
    for url in (empty_15, empty_18):
        load_sql(url, "CREATE TABLE t (id int PRIMARY KEY, j jsonb); INSERT INTO t VALUES (1, '{\"a\": [1.0, null]}')")
    with opened(empty_15, empty_18) as pair:
        table = pair.tables["t"]
        assert expressions(table, "source", HASHING.key) is None
        assert sufficient(table, "source", HASHING.key) is not None
        found = [side.sufficient(table, Span(), HASHING.key) for side in (pair.source, pair.target)]
    assert found[0] == found[1] and found[0].rows == 1


def test_seeds_come_from_the_key() -> None:
    assert len({*seeds("0" * 32), *seeds("0" * 31 + "1")}) == 6


def test_null_where_the_catalog_allows_none_is_an_error(empty_15: str) -> None:
    load_sql(empty_15, "CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL); INSERT INTO t VALUES (1, 'a')")
    with opened(empty_15, empty_15) as pair:
        load_sql(empty_15, "ALTER TABLE t ALTER v DROP NOT NULL; INSERT INTO t VALUES (2, NULL)")
        pair.source.refresh()
        with pytest.raises(UsageError, match="COLUMN_CHANGED"):
            pair.source.digests(pair.tables["t"], Span(), HASHING)

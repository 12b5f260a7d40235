"""SQLite values in PostgreSQL's binary form: what a server takes them for, beside the exactly converted text."""

import sqlite3
import struct
import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engines.postgresql.copying import NO_VALUE, copy_text_escaped
from engines.sqlite.snapshot import SqliteSnapshot
from tests.moving import fetch, mapping, move, plan_of, sqlite_file
from tests.servers import Server
from transfer.chunks import Chunk
from transfer.routes.policy import Judge, Refused
from transfer.routes.sqlite_packed import Packed, Packer, framed, packer
from transfer.routes.sqlite_packed_blocks import PackedRanges
from transfer.routes.sqlite_packed_moments import DAY
from transfer.routes.sqlite_to_postgresql_exact import ExactRows
from transfer.routes.sqlite_to_postgresql_wide import WideRows
from transfer.routes.sqlite_values import converter

Connection = psycopg.Connection[Any]
MOMENT, ZONED = "timestamp(6) without time zone", "timestamp(6) with time zone"
COLUMNS = [
    ("integer", "smallint"), ("integer", "integer"), ("integer", "bigint"), ("boolean", "boolean"),
    ("double", "double precision"), ("numeric", "numeric"), ("numeric", "numeric(12,3)"), ("numeric", "numeric(15,0)"),
    ("numeric", "numeric(3,3)"), ("numeric", "numeric(30,4)"), ("text", "text"), ("text", "character varying(3)"),
    ("text", "character(3)"), ("text_any", "text"), ("bytea", "bytea"), ("bytea_any", "bytea"), ("uuid", "uuid"),
    ("json", "json"), ("json", "jsonb"), ("date", "date"), ("time", "time(6) without time zone"),
    ("time", "time(2) without time zone"), ("timestamp", MOMENT), ("timestamp", "timestamp(0) without time zone"),
    ("timestamptz", ZONED), ("epoch_seconds", MOMENT), ("epoch_seconds", ZONED), ("epoch_milliseconds", MOMENT),
    ("epoch_milliseconds", "timestamp(2) without time zone"), ("julian_day", MOMENT), ("julian_day", ZONED),
    ("jsonb_any", "jsonb"),
]  # fmt: skip
UUID = "0f0e0d0c-0b0a-0908-0706-050403020100"
TRAPS: list[Any] = [
    0, 1, -1, 2, 2**15 - 1, 2**15, -(2**15), 2**31, -(2**31), 2**53, 2**53 + 1, 2**63 - 1, -(2**63), 10**15 - 1, 10**15,
    0.0, -0.0, 1.0, 0.1, 0.3, 0.30000000000000004, -0.001, 0.0005, 9999.9999, 123456789.125, 999999999.999, 1e9, 1e15,
    1e16, 1e22, 1.5e300, 1e-7, 5e-324, 2.5e-8, float("inf"), float("-inf"), 1.7976931348623157e308, 12.345, 0.999, -0.5,
    "", "a", "abc", "abcd", "\u00e9\U0001f600", "ab ", "abc ", "a\tb\nc\\\r", "a\0", "\\N", "12", "1e5", b"", b"abc",
    b"\0\xff", b"2024-02-29", b"1", UUID, UUID.upper(), UUID.replace("-", ""), UUID[:-1] + "\0", UUID.encode(),
    "{}", '{"a": [1, null, "\\u00e9"]}', "[", '"\\u0000"', '"\\ud800"', "1e99999", "null\0", "NaN", b"{}",
    "2024-02-29", "2023-02-29", "0000-00-00", "0001-01-01", "9999-12-31", "2024-W01-1", "20240229", "2024-02-29 ",
    "01:02:03", "01:02", "24:00:00", "23:59:60", "01:02:03.5", "01:02:03.123456", "01:02:03.1234567", "1:02:03",
    "01:02:03.", "01:02:03.1_0", "01:02:03.+1", "01:02:03.25", "23:59:59.999999", "01:02:03\0", "01:02.5",
    "2024-02-29 01:02:03", "2024-02-29T01:02:03.5", "2024-02-29 01:02", "2024-02-29 24:00:00", "0001-01-01T00:00:00",
    "9999-12-31 23:59:59.999999", "2024-02-29  1:02:03", "2024-02-29 01:02:03.", "2024-02-29X01:02:03", "infinity",
    "2024-02-29 01:02:03Z", "2024-02-29T01:02:03.5+05:30", "2024-02-29 01:02 -15:59", "2024-02-29 01:02:03+16:00",
    "0001-01-01 00:00:00+05:30", "2024-02-29 01:02:03-00:60", 1_700_000_000, 1_700_000_000_123, -62_135_596_800,
    -62_135_596_801, 253_402_300_799, 253_402_300_800, 253_402_300_799_999, 253_402_300_800_000,
    2440587.5, 2460310.75, 5373484.5, 5373484.6, None,
]  # fmt: skip
BROKEN = ("CAST(x'ff' AS TEXT)", "CAST(x'c3' AS TEXT)", "CAST(x'eda080' AS TEXT)")


def packer_of(route: str, target: str, nullable: bool = True) -> Packer:
    [column] = mapping("t", [("v", target, route)], required=() if nullable else ("v",)).columns
    base = target.partition("(")[0] + target.partition(")")[2]
    found = packer([column], {"v": base})
    assert found is not None
    return found


def looked_at(values: Sequence[Any], reads: str) -> Iterator[tuple[str, Any, list[Any]]]:
    """Class and value of each, as the route's connections give it, and the row that is read of it."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.text_factory = bytes
        connection.execute("CREATE TABLE t (v)")
        connection.executemany("INSERT INTO t VALUES (?)", [(value,) for value in values])
        for sql in BROKEN:
            connection.execute(f"INSERT INTO t VALUES ({sql})")
        for number in range(1, len(values) + len(BROKEN) + 1):
            [(klass, value)] = connection.execute("SELECT typeof(v), v FROM t WHERE rowid = ?", (number,))
            row = connection.execute(f"SELECT {reads} FROM t WHERE rowid = ?", (number,)).fetchall()
            yield klass.decode(), value, row


@pytest.fixture(scope="module")
def server(postgresql_18: Server) -> Iterator[Connection]:
    with psycopg.connect(postgresql_18.url("postgres"), options="-c timezone=UTC", autocommit=True) as connection:
        yield connection


def held(server: Connection, target: str, form: str, data: bytes) -> list[str]:
    """What a column of a server holds of these rows."""
    with server.transaction(force_rollback=True):
        server.execute(f"CREATE TEMPORARY TABLE t (v {target})".encode())
        with server.cursor().copy(f"COPY t FROM STDIN (FORMAT {form})".encode()) as copy:
            copy.write(data)
        return [text for (text,) in server.execute("SELECT v::text FROM t ORDER BY ctid").fetchall()]


def check(server: Connection, route: str, target: str, values: Sequence[Any]) -> int:
    """Compare every value that is packed; how many of those that can be converted were."""
    made, convert = packer_of(route, target), converter(route, target)
    blocks: list[bytes] = []
    texts: list[bytes] = []
    for klass, value, row in looked_at(values, made.reads):
        block = made.block(row)
        if value is None:
            assert block == struct.pack(">h", 1) + NO_VALUE
        elif block is not None:
            texts.append(convert(klass, value))  # raises Refused where nothing may be packed
            blocks.append(block)
    exact = b"".join(copy_text_escaped(text) + b"\n" for text in texts)
    assert held(server, target, "binary", b"".join(framed(blocks))) == held(server, target, "text", exact)
    return len(blocks)


@pytest.mark.parametrize(("route", "target"), COLUMNS)
def test_a_server_holds_the_same_of_both_forms(server: Connection, route: str, target: str) -> None:
    made, convert = packer_of(route, target), converter(route, target)
    taken = check(server, route, target, TRAPS)
    convertible = 0
    for klass, value, _ in looked_at(TRAPS, made.reads):
        with suppress(Refused):
            convertible += value is not None and convert(klass, value) is not None
    assert taken == convertible


UNHEALTHY = [HealthCheck.function_scoped_fixture]
ANY = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text(max_size=9), st.binary(max_size=9),
    st.integers(-(10**12), 10**12).map(lambda n: n / 1000), st.datetimes().map(str), st.dates().map(str),
    st.times().map(str), st.uuids().map(str), st.sampled_from(TRAPS),
)  # fmt: skip


@settings(max_examples=5, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=UNHEALTHY)
@given(values=st.lists(ANY, min_size=20, max_size=60))
def test_no_value_is_packed_as_another(server: Connection, values: list[Any]) -> None:
    for route, target in COLUMNS:
        check(server, route, target, values)


def test_a_null_where_there_must_be_a_value_is_not_packed() -> None:
    assert packer_of("text", "text", nullable=False).block([(None, None)]) is None


@pytest.mark.parametrize("nulls", [0, 1, 16])
@pytest.mark.parametrize(("route", "target"), COLUMNS)
def test_rows_that_are_packed_together_are_the_rows_packed_alone(route: str, target: str, nulls: int) -> None:
    """Both alike ones and those of many forms; before each of so many values stands a NULL."""
    made = packer_of(route, target)
    alone: list[tuple[Any, bytes]] = []
    for n, (_, _, [row]) in enumerate(looked_at(TRAPS, made.reads)):
        if nulls and n % nulls == 0:
            alone.append(((None,) * len(row), struct.pack(">h", 1) + NO_VALUE))
        found = made.block([row])
        if found is not None:
            alone.append((row, found))
    by_size: dict[int, list[tuple[Any, bytes]]] = {}
    for row, block in alone:
        by_size.setdefault(len(row[0]) if isinstance(row[0], bytes) else 0, []).append((row, block))
    for some in [alone, *by_size.values()]:
        assert made.block([row for row, _ in some]) == b"".join(block for _, block in some)


@pytest.mark.parametrize(
    ("size", "values"),
    [
        (19, [b"2024-02-29 23:59:59", b"2024-02-29 24:00:00"]),
        (19, [b"2024-02-29 23:59:59", b"2023-02-29T00:00:00"]),
        (23, [b"2024-02-29 23:59:59.123", b"2024-02-29 23:59:60.123"]),
        (26, [b"2024-02-29 23:59:59.123456", b"0000-02-29 00:00:00.000000"]),
    ],
)
def test_a_moment_that_is_none_ends_a_block_of_its_size(size: int, values: list[bytes]) -> None:
    made = packer_of("timestamp", MOMENT)
    assert {*map(len, values)} == {size}
    assert made.block([(values[0], 1), (values[0], 1)]) is not None
    assert made.block([(value, 1) for value in values]) is None


@pytest.mark.parametrize(
    ("route", "target", "live"),
    [
        ("double", "real", "real"),
        ("integer", "integer", "bigint"),
        ("date", "text", "text"),
        ("text", "text", "citext"),
    ],
)
def test_a_column_without_a_form_or_of_another_type_is_not_packed(route: str, target: str, live: str) -> None:
    columns = mapping("t", [("v", target, route)]).columns
    assert packer(columns, {"v": live}) is None


MIXED = [
    ("id", "bigint", "integer"), ("n", "numeric(9,2)", "numeric"), ("v", "character varying(40)", "text"),
    ("b", "bytea", "bytea"), ("at", MOMENT, "timestamp"), ("f", "double precision", "double"),
]  # fmt: skip
ODD = {1000: (2, "a\0b"), 1001: (1, 0.125), 2500: (3, "text"), 2501: (4, "no moment"), 3999: (5, 2**53 + 1)}


@pytest.mark.parametrize("rest", ["", "WITHOUT ROWID"])
def test_rows_around_unexpected_values_arrive_in_one_transaction(tmp_path: Path, empty_18: str, rest: str) -> None:
    """Wide values make blocks smaller; odd ones go the exact way, all others as they are."""
    rows: list[list[Any]] = []
    for n in range(4_000):
        row = [n, n / 4, f"row {n}\t\\", b"\0" * (n % 9), f"2024-02-29 01:02:03.{n:06}", n * 0.1]
        if n % 5 == 0:
            row[1 + n % 5] = row[4] = None
        if n % 900 == 899:
            row[3] = b"\xff" * 300_000
        rows.append(row)
    for n, (place, value) in ODD.items():
        rows[n][place] = value
    table = mapping("t", MIXED)
    if rest:
        table = table.model_copy(update={"source_key": ""})
    source = sqlite_file(
        tmp_path / "s.db",
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, n, v, b, at, f) {rest}",
        rows=[("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)", [tuple(row) for row in rows])],
    )
    move(source, empty_18, plan_of(table))
    rows[1000][2] = "ab"
    for n, (place, _) in list(ODD.items())[1:]:
        rows[n][place] = None
    found = fetch(empty_18, "SELECT id, n::float, v, b, at::text, f FROM t ORDER BY id")
    expected = [(*row[:4], row[4] and row[4].rstrip("0").rstrip("."), row[5]) for row in rows]
    assert [(*row[:4], row[4], row[5]) for row in found] == expected
    aside = fetch(empty_18, "SELECT locator::jsonb ->> 0, column_name FROM _dbmo.quarantine")
    assert sorted((int(n), name) for n, name in aside) == [(n, MIXED[place][0]) for n, (place, _) in ODD.items()]


def test_long_texts_behind_short_ones_take_little_memory(tmp_path: Path) -> None:
    rows = [("short" if n < 64 else "x" * 60_000 + "\U0001f600",) for n in range(320)]
    ddl = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)"
    source = sqlite_file(tmp_path / "s.db", ddl, rows=[("INSERT INTO t (v) VALUES (?)", rows)])
    table = mapping("t", [("id", "bigint", "integer"), ("v", "text", "text")])
    with closing(SqliteSnapshot(source, "s.db")) as snapshot:
        ranges, judge = PackedRanges(snapshot, "t", table.copied, "rowid", "id"), Judge(table)
        exact = ExactRows(snapshot, judge, ranges.order, ["rowid"])
        made = packer(ranges.order, {"id": "bigint", "v": "text"})
        assert made is not None
        ranges.pack(made)
        tracemalloc.start()
        blocks = ranges.blocks(Chunk("t", 0, None, None), exact, WideRows(exact, snapshot, judge, "t", "rowid"))
        size = sum(len(block) for block in blocks if isinstance(block, Packed))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert size == 320 * 18 + sum(len(text.encode()) for (text,) in rows)
    assert most < 40 << 20


def test_days_and_moments_count_from_2000() -> None:
    row = [(b"2000-01-02", 1)]
    assert packer_of("date", "date").block(row) == struct.pack(">hii", 1, 4, 1)
    assert packer_of("timestamp", MOMENT).block(row) == struct.pack(">hiq", 1, 8, DAY)

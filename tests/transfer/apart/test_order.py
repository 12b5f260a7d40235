"""Bounds that ascend on the target cut its rows into parts of which every row is in exactly one, whatever they hold."""

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.columns import Kind, LogicalType
from engines.errors import EngineError
from tests.moving import mapping
from transfer.apart.doubts import Doubts, outside, runs
from transfer.apart.literals import Value, literal, value_of
from transfer.apart.order import TargetOrder, orders
from transfer.canonical.columns import ComparedColumn, ComparedTable, Form, Held
from transfer.chunks import Bound, Chunk, cut
from transfer.moveplan import ChunkKey, KeyColumn
from transfer.units import TableUnit

PASS = ["CONNECTION_LOST", "TOO_MANY_CONNECTIONS", "CANCELLED", "LOCK_TIMEOUT", "INTERRUPTED", "EPOCH_PASSED"]
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4)
# kind -> type there, values, how transfer/cutting writes one as a bound of a PostgreSQL source
POSTGRESQL: dict[Kind, tuple[str, Any]] = {
    Kind.TEXT: ("text", TEXTS),
    Kind.CHAR: ("character(6)", TEXTS.map(lambda text: text.rstrip(" "))),
    Kind.UUID: ("uuid", st.uuids().map(str)),
    Kind.BINARY: ("bytea", st.binary(max_size=3).map(lambda data: "\\x" + data.hex())),
    Kind.DATE: ("date", st.dates(date(1, 1, 1)).map(str)),
    Kind.DECIMAL: ("numeric", st.decimals(allow_infinity=False, places=3, min_value=-50, max_value=50).map(str)),
    Kind.FLOAT: ("double precision", st.floats(width=32).map(repr)),
    Kind.INTEGER: ("bigint", st.integers(-(2**63), 2**63 - 1)),
    Kind.BOOLEAN: ("boolean", st.sampled_from(["true", "false"])),
}
NAMES = {kind: f'"of {kind.value}"' for kind in POSTGRESQL}


@pytest.fixture(scope="module")
def connection(postgresql_18: Any) -> Iterator[psycopg.Connection[Any]]:
    with closing(psycopg.connect(postgresql_18.create_database())) as opened:
        columns = ", ".join(f"{NAMES[kind]} {native}" for kind, (native, _) in POSTGRESQL.items())
        opened.execute(f"CREATE TABLE t (n int, {columns})")
        yield opened


def table(kinds: list[Kind], natives: list[str]) -> ComparedTable:
    columns = [
        ComparedColumn(
            name=NAMES[kind].strip('"'),
            form=Form.TEXT,
            source=Held(name=NAMES[kind].strip('"'), native=native, type=LogicalType(kind=kind)),
            target=Held(name=NAMES[kind].strip('"'), native=native, type=LogicalType(kind=kind)),
        )
        for kind, native in zip(kinds, natives, strict=True)
    ]
    return ComparedTable(name="t", source="public.t", target="public.t", columns=columns)


def keyed(kinds: list[Kind]) -> ChunkKey:
    columns = [KeyColumn(name=NAMES[kind].strip('"'), native="", kind=kind) for kind in kinds]
    return ChunkKey(kind="columns", columns=columns)


def held_by(order: TargetOrder, bounds: list[Bound], fetch: Any) -> list[int]:
    """How many of the ranges each row is in; a finished first half and what is outside of it come to the same."""
    parts = [order.condition(chunk.lower, chunk.upper) or "1 = 1" for chunk in cut("t", bounds)]
    several = [f"CASE WHEN {part} THEN 1 ELSE 0 END" for part in parts]
    finished = cut("t", bounds)[: len(bounds) // 2 + 1]
    wholes = [[order.condition(run.lower, run.upper) for run in runs(finished)], outside(order, finished)]
    either = [f"CASE WHEN {part or '1 = 1'} THEN 1 ELSE 0 END" for part in [*wholes[0], *wholes[1]]]
    found = fetch(f"SELECT {' + '.join(several)}, {' + '.join(either)} FROM t WHERE n IS NOT NULL")
    return [count for row in found for count in row]


@given(data=st.data())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_is_in_one_part_in_postgresql(connection: psycopg.Connection[Any], data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(list(POSTGRESQL)), min_size=1, max_size=2, unique=True))
    rows = data.draw(st.lists(st.tuples(*(POSTGRESQL[kind][1] for kind in kinds)), min_size=1, max_size=8))
    names = [NAMES[kind] for kind in kinds]
    connection.execute("TRUNCATE t")
    for row in rows:
        connection.execute(f"INSERT INTO t (n, {', '.join(names)}) VALUES (1, {', '.join(['%s'] * len(row))})", row)
    key = ChunkKey(
        kind="columns", columns=[KeyColumn(name=NAMES[kind].strip('"'), native="", kind=kind) for kind in kinds]
    )

    def query(sql: str) -> list[Any]:
        return connection.execute(sql.encode()).fetchall()

    bounds = list(dict.fromkeys(data.draw(st.lists(st.sampled_from(rows), max_size=4))))
    found = orders(("postgresql", "postgresql"), table(kinds, names), key, bounds, None)
    for order in found:
        ordered = [bounds[row[0] - 1] for row in query(order._sorted(bounds))] if bounds else []
        assert order.ascends(ordered, query)
        assert set(held_by(order, ordered, query)) == {1}


@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_every_row_is_in_one_part_in_sqlite(data: st.DataObject) -> None:
    natives = {Kind.TEXT: "TEXT", Kind.BINARY: "BLOB", Kind.DECIMAL: "DECIMAL", Kind.INTEGER: "INTEGER"}
    kinds = data.draw(st.lists(st.sampled_from(list(natives)), min_size=1, max_size=2, unique=True))
    rows = data.draw(st.lists(st.tuples(*(POSTGRESQL[kind][1] for kind in kinds)), min_size=1, max_size=8))
    key = ChunkKey(
        kind="columns", columns=[KeyColumn(name=NAMES[kind].strip('"'), native="", kind=kind) for kind in kinds]
    )
    with closing(sqlite3.connect(":memory:")) as connection:
        names = [NAMES[kind] for kind in kinds]
        columns = ", ".join(f"{NAMES[kind]} {natives[kind]}" for kind in kinds)
        connection.execute(f"CREATE TABLE t (n INTEGER, {columns})")
        for row in rows:
            values = [bytes.fromhex(v[2:]) if kind is Kind.BINARY else v for kind, v in zip(kinds, row, strict=True)]
            connection.execute(f"INSERT INTO t VALUES (1, {', '.join('?' * len(values))})", values)

        def query(sql: str) -> list[Any]:
            return connection.execute(sql).fetchall()

        bounds = list(dict.fromkeys(data.draw(st.lists(st.sampled_from(rows), max_size=4))))
        made = table(kinds, [natives[kind] for kind in kinds])
        for order in orders(("postgresql", "sqlite"), made, key, bounds, None):
            ordered = [bounds[row[0] - 1] for row in query(order._sorted(bounds))] if bounds else []
            if order.ascends(ordered, query):
                assert set(held_by(order, ordered, query)) == {1}, names


@pytest.mark.parametrize(
    ("family", "kind", "native", "value", "written"),
    [
        ("mysql", Kind.INTEGER, "int", Value("text", "5"), None),
        ("mysql", Kind.TEXT, "text", Value("number", "5"), None),
        ("mysql", Kind.DATE, "date", Value("text", "0044-03-15 BC"), None),
        ("mysql", Kind.TIMESTAMP, "datetime", Value("text", "2020-01-01 10:00:00+00"), "'2020-01-01 10:00:00'"),
        ("mysql", Kind.BINARY, "binary(16)", Value("text", str(uuid.UUID(int=1))), f"x'{1:032x}'"),
        ("mysql", Kind.DECIMAL, "decimal(9,2)", Value("number", "1.50"), "1.50"),
        ("postgresql", Kind.TEXT, "text", Value("text", "nul\0"), None),
        ("postgresql", Kind.TEXT, "text", Value("text", "o'\\"), " E'o''\\\\'"),
        ("postgresql", Kind.UUID, "uuid", Value("bytes", "00" * 16), f"'{'00' * 16}'"),
        ("postgresql", Kind.UUID, "uuid", Value("bytes", "00"), None),
        ("sqlite", Kind.DECIMAL, "DECIMAL", Value("text", "5"), None),
        ("sqlite", Kind.TEXT, "TEXT", Value("number", "5"), None),
        ("sqlite", Kind.DATE, "DATE", Value("text", "2020-01-01"), "'2020-01-01'"),
    ],
)
def test_a_bound_is_written_only_where_the_target_compares_it_in_the_columns_own_order(
    family: str, kind: Kind, native: str, value: Value, written: str | None
) -> None:
    found = literal(family, Held(name="a", native=native, type=LogicalType(kind=kind)), value)
    assert (found and found.strip()) == (written and written.strip())


def test_rows_of_numbers_are_read_from_bounds_of_every_engine() -> None:
    number = KeyColumn(name="a", native="", kind=Kind.DECIMAL)
    assert value_of("mysql", number, "1.5") == value_of("postgresql", number, "1.5") == Value("number", "1.5")
    assert value_of("sqlite", number, "x'00ff'") == Value("bytes", "00ff")
    assert value_of("sqlite", number, "CAST(x'6100' AS TEXT)", "UTF-16le") == Value("text", "a")
    assert value_of("sqlite", number, "CAST(x'ff' AS TEXT)", "UTF-8") is None
    assert value_of("postgresql", number, "NaN") == Value("text", "NaN")


def test_ranges_that_follow_each_other_are_one_run() -> None:
    chunks = [chunk for chunk in cut("t", [(1,), (2,), (3,), (4,)]) if chunk.number != 2]
    assert list(runs(chunks)) == [Chunk("t", 0, None, (2,)), Chunk("t", 3, (3,), None)]


@pytest.mark.parametrize("code", PASS)
def test_rows_are_not_copied_again_for_an_error_that_passes(code: str) -> None:
    """It says nothing of them, and they would be deleted first."""

    def failing(*given: Any) -> Any:
        raise EngineError(code, "", "")

    ranges: Any = SimpleNamespace(table=failing)
    unit = TableUnit(mapping("t", [("id", "bigint", "integer")]), keyed([Kind.INTEGER]))
    with pytest.raises(EngineError, match=code):
        Doubts(ranges, failing, failing).of(unit, cut("t", []), [])

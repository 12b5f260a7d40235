"""Blocks: the same digests by PostgreSQL's SQL, by MariaDB's, and here; no false proof."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mysql_servers import load_mysql
from tests.servers import load_sql
from tests.transfer.opened import opened
from transfer.canonical.columns import ComparedColumn, Form, Held
from transfer.sides.blocks import Block, BlockHash, blockable
from transfer.sides.side import Span

KEY = "00112233445566778899aabbccddeeff"
ROWS = """
    (-5, NULL, 1.50, 'a,b', 'x  ', '2024-01-01 12:00:00.5', 'n'),
    (1, 7, NULL, NULL, '', NULL, 'ü日本😀'),
    (2, -1, 0, 'n', NULL, '1999-12-31 23:59:59.999999', ''),
    (9000000000, 2147483647, -12.34, '\\\\', ' x', '2000-02-29 00:00:00', '''"%s:')
"""
COLUMNS = "id bigint PRIMARY KEY, n int, d decimal(9,2), v varchar(20), c char(5), m {moment}(6), t text NOT NULL"


def test_servers_and_program_agree(empty_mariadb: str, empty_15: str) -> None:
    load_mysql(empty_mariadb, f"CREATE TABLE t ({COLUMNS.format(moment='datetime')}); INSERT INTO t VALUES {ROWS};")
    rows = ROWS.replace("\\\\", "\\")
    load_sql(empty_15, f"CREATE TABLE t ({COLUMNS.format(moment='timestamp')}); INSERT INTO t VALUES {rows};")
    with opened(empty_mariadb, empty_15) as pair:
        table = pair.tables["t"]
        assert blockable(table) and pair.source.blocks_there(table)
        for span in (Span(), Span(-6, 1), Span(1, None), Span(100, 200)):
            there = pair.target.block(table, span, KEY, True)
            assert pair.source.block(table, span, KEY, True) == there, span
            assert pair.source.block(table, span, KEY, False) == there, span
            assert there.proves(there)


def test_sqlite_beside_postgresql(tmp_path: Path, empty_15: str) -> None:
    import sqlite3

    source = tmp_path / "source.db"
    rows = [(n, None if n % 3 else n * 1.25, f"text {n}" if n % 2 else None) for n in range(-20, 5000)]
    with sqlite3.connect(source) as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, f REAL, v TEXT)")
        connection.executemany("INSERT INTO t VALUES (?, ?, ?)", reversed(rows))
    connection.close()
    load_sql(
        empty_15,
        "CREATE TABLE t (id int8 PRIMARY KEY, f float8, v text);"
        " INSERT INTO t SELECT n, CASE WHEN n % 3 = 0 THEN n * 1.25 END, CASE WHEN n % 2 <> 0 THEN 'text ' || n END"
        " FROM generate_series(-20, 4999) n",
    )
    with opened(f"sqlite:///{source}", empty_15) as pair:
        table = pair.tables["t"]
        blocks = [side.block(table, Span(10, 4000), KEY, False) for side in (pair.source, pair.target)]
    assert blocks[0] == blocks[1] and blocks[0].rows == 3990


def columns(*forms: Form) -> list[ComparedColumn]:
    from engines.columns import Kind, LogicalType

    held = Held(name="c", native="text", type=LogicalType(kind=Kind.TEXT))
    return [ComparedColumn(name=f"c{n}", form=form, source=held, target=held) for n, form in enumerate(forms)]


def block(forms: tuple[Form, ...], *batches: list[tuple[bytes | None, ...]]) -> Block:
    hashing = BlockHash(columns(*forms), KEY)
    for rows in batches:
        hashing.add(list(zip(*rows, strict=True)))
    return hashing.done()


TWO = (Form.NUMBER, Form.TEXT)


def test_batches_make_no_difference() -> None:
    rows: list[tuple[bytes | None, ...]] = [(b"1", b"a"), (b"2", None), (b"3", b""), (None, b"d")]
    assert block(TWO, rows) == block(TWO, rows[:1], rows[1:]) == block(TWO, rows[:3], rows[3:])


@pytest.mark.parametrize(
    "one, other",
    [
        ([(b"1", b"a"), (b"2", b"b")], [(b"1", b"b"), (b"2", b"a")]),
        ([(b"1", None)], [(b"1", b"")]),
        ([(b"1", b"ab"), (b"2", b"c")], [(b"1", b"a"), (b"2", b"bc")]),
        ([(None, b"a")], [(b"1", b"a")]),
        ([(b"1", b"a\0b")], [(b"1", b"a"), (b"1", b"b")]),
        ([(b"1", b"a\0b"), (b"2", b"c")], [(b"1", b"a"), (b"2", b"b\0c")]),
    ],
)
def test_different_rows_are_no_proof(
    one: list[tuple[bytes | None, ...]], other: list[tuple[bytes | None, ...]]
) -> None:
    without_nul = b"\0" not in b"".join(text or b"" for row in other for text in row)
    assert not block(TWO, one).proves(block(TWO, other)) or not without_nul


def test_a_text_that_looks_like_null_proves_nothing() -> None:
    assert block(TWO, [(b"1", b"\xff")]).digests is None
    assert not block(TWO, [(b"1", b"\xff")]).proves(block(TWO, [(b"1", None)]))


def test_rows_in_another_order_are_no_proof() -> None:
    rows: list[tuple[bytes | None, ...]] = [(b"1", b"a"), (b"2", b"b")]
    assert not block(TWO, rows).proves(block(TWO, rows[::-1]))

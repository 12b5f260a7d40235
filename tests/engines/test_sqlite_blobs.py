"""Large values of SQLite in pieces, or whole where a blob would be another column's, or something is made of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engines.grant import Grant
from engines.sqlite.blobs import may_fill
from engines.sqlite.snapshot import SqliteSnapshot
from engines.sqlite.writer import Large, SqliteWriter

# columns of a table beside body, and whether its value may be written behind its row
TABLES = [
    ("body TEXT, tail TEXT", True),
    ("tail TEXT, body TEXT CHECK (body LIKE 'b%')", False),
    ("body TEXT, tail TEXT CHECK (tail <> 'b')", True),
    ("tail TEXT, more AS (tail || '!') VIRTUAL, body TEXT, last TEXT DEFAULT 'xxxxxxxxxx'", False),
    ("body TEXT, tail TEXT, more AS (tail || '!') VIRTUAL", True),
    ("tail TEXT, more AS (length(Body)) STORED, body TEXT", False),
    ("tail TEXT, body TEXT UNIQUE", False),
]


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le"])
@pytest.mark.parametrize(("columns", "fills"), TABLES)
def test_a_large_value_is_its_own_column_s(tmp_path: Path, columns: str, fills: bool, encoding: str) -> None:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA encoding = '{encoding}'")
        connection.execute(f"CREATE TABLE t (id INTEGER PRIMARY KEY, {columns})")
        assert may_fill(connection, "t", "body") is (fills and encoding == "UTF-8")

    def pieces() -> Iterator[bytes]:
        yield from (b"bo", b"dy")

    grant = Grant("m", f"sqlite:{path}", "", scratch=True)
    with closing(SqliteWriter(path, "here", grant)) as writer, writer.begin() as transaction:
        writer.insert_row(transaction, "main.t", ["id", "tail", "body"], [7, "tail", Large(4, True, pieces)])
    with closing(SqliteSnapshot(path, "here")) as snapshot:
        assert snapshot.query("SELECT body, tail FROM t") == [(b"body", b"tail")]
        for column in ("body", "tail"):
            own = column.encode(encoding.lower())
            assert list(snapshot.pieces("t", column, 7, 3)) == [own[at : at + 3] for at in range(0, len(own), 3)]
            assert snapshot.size("t", column, 7) == len(own)
        if "more" in columns:
            assert snapshot.query("SELECT more FROM t")[0][0] in (4, b"tail!")

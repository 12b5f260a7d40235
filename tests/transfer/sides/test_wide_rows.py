"""Long values of SQLite are hashed in pieces: the same hashes as whole, every byte of them, in little memory."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.transfer.compare.tables import column, compare_files, counted, table
from transfer.canonical.columns import ComparedTable, Form
from transfer.canonical.encoding import Digest, Hashing
from transfer.sides import sqlite, sqlite_wide
from transfer.sides.blocks import Block
from transfer.sides.open import open_side
from transfer.sides.side import Span

COLUMNS = [column("id", Form.NUMBER), column("a"), column("b", Form.BYTES), column("n")]
WIDE = table(columns=COLUMNS)
DDL = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b BLOB, n TEXT)"
SIZE = 20_000_000
LONG = "ä" * 300_000
ROWS: list[tuple[Any, ...]] = [
    (1, "short", b"\0\xff", None),
    (2, LONG, None, "x\0y"),
    (3, None, LONG.encode(), LONG),
    (4, 7, LONG, 1.5),
    (9, "after", b"", ""),
    (2**40, LONG + "end", LONG.encode(), None),
]
PEAK = """
import sys
from tests.memory import peak
from tests.transfer.sides.test_wide_rows import digest_and_block
before = peak()
digest_and_block(sys.argv[1])
print(peak() - before)
"""


def file(path: Path, rows: Sequence[tuple[Any, ...]], ddl: str = DDL) -> Path:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(ddl)
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows)
    return path


def digest_and_block(path: Path | str, compared: ComparedTable = WIDE) -> tuple[dict[int, Digest], Block]:
    with closing(open_side(f"sqlite:{path}", "source")) as side:
        spans = [Span(upper=3), Span(lower=3)]
        digests = [side.digests(compared, span, Hashing("md5", "0" * 32)).get(0, Digest()) for span in spans]
        return {0: sum(digests, Digest())}, side.block(compared, Span(), "key", False)  # type: ignore[attr-defined]


def test_hashes_are_those_of_whole_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = file(tmp_path / "s.db", ROWS)
    whole = digest_and_block(path)
    for module in (sqlite, sqlite_wide):
        monkeypatch.setattr(module, "LONG", 100_000)
    assert digest_and_block(path) == whole
    monkeypatch.setattr(sqlite, "LONG", 1)
    assert digest_and_block(path) == whole


@pytest.mark.parametrize("ddl", [DDL, DDL.replace("PRIMARY KEY", "PRIMARY KEY DESC"), f"{DDL} WITHOUT ROWID"])
@pytest.mark.parametrize("place", [0, 599_999])
def test_a_change_of_one_byte_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ddl: str, place: int) -> None:
    for module in (sqlite, sqlite_wide):
        monkeypatch.setattr(module, "LONG", 100_000)
    changed = bytearray(LONG.encode())
    changed[place] ^= 1
    source = file(tmp_path / "s.db", ROWS)
    target = file(tmp_path / "t.db", [*ROWS[:2], (3, None, bytes(changed), LONG), *ROWS[3:]], ddl)
    result = compare_files(source, target, WIDE)
    assert (counted(result), result.columns) == ((1, 0, 0), {"b": 1})
    assert compare_files(source, file(tmp_path / "same.db", ROWS, ddl), WIDE).equal


def test_a_long_value_is_never_whole_in_memory(tmp_path: Path) -> None:
    path = file(tmp_path / "s.db", [(1, "a" * SIZE, None, None), (2, None, bytes(SIZE), None)])
    done = subprocess.run([sys.executable, "-c", PEAK, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert int(done.stdout) * 1024 < SIZE

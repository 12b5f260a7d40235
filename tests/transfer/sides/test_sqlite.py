"""A SQLite file as a side: parts, keys of any class, hostile names, moments, long values, cancellation."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from engines.columns import Kind, LogicalType
from engines.errors import DbmoError
from tests.meanwhile import again_and_again
from transfer.canonical.columns import ComparedColumn, ComparedTable, Form, Held
from transfer.canonical.encoding import Digest, Hashing, encode
from transfer.sides.open import open_side
from transfer.sides.side import Side, Span

HASHING = Hashing.new()


def column(name: str, form: Form = Form.DYNAMIC, native: str = "", digits: int | None = None) -> ComparedColumn:
    held = Held(name=name, native=native, type=LogicalType(kind=Kind.DYNAMIC))
    return ComparedColumn(name=name, form=form, source=held, target=held, digits=digits)


def table(
    *columns: ComparedColumn, key: Sequence[str] = (), name: str = "main.t", by: str | None = None
) -> ComparedTable:
    names = {"name": name, "source": name, "target": name}
    return ComparedTable(**names, columns=list(columns), key=list(key), range_column=by)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[tuple[Path, sqlite3.Connection]]:
    path = tmp_path / "side.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield path, connection


def opened(path: Path) -> Side:
    return open_side(f"sqlite:{path}", "source")


NUMBERED = table(column("id", Form.NUMBER, "INTEGER"), column("v"), key=("id",), by="id")


def fill(connection: sqlite3.Connection, rows: int, ddl: str = "CREATE TABLE t (id INTEGER PRIMARY KEY, v)") -> None:
    connection.execute(ddl)
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO t VALUES (?, ?)", ((n, f"v{n}") for n in range(rows)))
    connection.execute("COMMIT")


@pytest.mark.parametrize("key", ["id INTEGER PRIMARY KEY", "id INTEGER", "id INTEGER UNIQUE"])
def test_parts_are_the_whole(file: tuple[Path, sqlite3.Connection], key: str) -> None:
    path, connection = file
    fill(connection, 5_000, f"CREATE TABLE t ({key}, v)")
    if "PRIMARY" not in key:
        odd: list[Any] = [None, None, "text", b"blob", 2.5, -1e300]
        connection.executemany("INSERT INTO t VALUES (?, 'odd')", ((value,) for value in odd))
    with closing(opened(path)) as side:
        whole = side.digests(NUMBERED, Span(), HASHING)[0]
        bounds = side.bounds(NUMBERED, 700)
        assert (whole.rows, bounds) == (side.count(NUMBERED), list(range(699, 5_000, 700)))
        edges = [None, *bounds, None]
        spans = [Span(lower, upper) for lower, upper in pairwise(edges)]
        assert total(side.digests(NUMBERED, span, HASHING) for span in spans) == whole
        buckets = side.digests(NUMBERED, Span(of=16), HASHING)
        assert total([buckets]) == whole and set(buckets) == set(range(16))
        some = frozenset({3, 5})
        lots = [lot for s in spans for lot in side.hashes(NUMBERED, Span(s.lower, s.upper, 16, some), HASHING)]
        pairs = [pair for lot in lots for pair in lot]
        assert sum(buckets[n].rows for n in some) == len(pairs)
        assert {hash_[1] % 16 for _, hash_ in pairs} == some


def total(parts: Any) -> Digest:
    found = Digest()
    for part in parts:
        for digest in part.values():
            found += digest
    return found


def test_bounds_of_numbers_beyond_64_bits_fit_all(file: tuple[Path, sqlite3.Connection]) -> None:
    path, connection = file
    fill(connection, 10)
    with closing(opened(path)) as side:
        spans = [Span(None, -(2**70)), Span(-(2**70), 5), Span(5, 2**64), Span(2**64, None)]
        assert [side.digests(NUMBERED, span, HASHING).get(0, Digest()).rows for span in spans] == [0, 6, 4, 0]


VALUES: list[Any] = [
    None, 0, 1, -(2**63), 2**63 - 1, 0.5, 1e300, 2.0**63, "", "a", "A", "a ", "ä", "ä", "1", "nul\0in", "NULL", b"",
    b"a", b"\0", b"\xff",
]  # fmt: skip


@pytest.mark.parametrize(
    ("declared", "form"),
    [("", Form.DYNAMIC), ("INTEGER", Form.DYNAMIC), ("TEXT", Form.DYNAMIC), ("TEXT COLLATE NOCASE", Form.DYNAMIC),
     ("REAL", Form.DYNAMIC), ("NUMERIC", Form.NUMBER), ("TEXT COLLATE NOCASE", Form.TEXT), ("", Form.TEXT),
     ("BLOB", Form.BYTES), ("TEXT COLLATE RTRIM", Form.CHAR), ("", Form.UUID)],
)  # fmt: skip
@pytest.mark.parametrize("indexed", [True, False])
def test_rows_are_found_by_every_key(
    file: tuple[Path, sqlite3.Connection], declared: str, form: Form, indexed: bool
) -> None:
    path, connection = file
    connection.execute(f"CREATE TABLE t (k {declared}, n)")
    if indexed:
        connection.execute("CREATE INDEX i ON t (k)")
    connection.executemany("INSERT INTO t VALUES (?, ?)", [(value, n) for n, value in enumerate(VALUES * 2)])
    keyed = table(column("k", form, declared.split(" ")[0]), column("n"), key=("k",))
    with closing(opened(path)) as side:
        hashes = [pair for lot in side.hashes(keyed, Span(), HASHING) for pair in lot]
        rows = list(side.rows(keyed, Span(), {key for key, _ in hashes}, HASHING))
        assert sorted(hash_ for _, hash_ in hashes) == sorted(
            HASHING.row(encode(keyed.columns, row)) for _, row in rows
        )
        assert sorted(key for key, _ in hashes) == sorted(key for key, _ in rows)
        for key in {key for key, _ in hashes}:
            found = [row for name, row in side.rows(keyed, Span(), [key], HASHING) if name == key]
            assert len(found) == sum(name == key for name, _ in hashes)
        assert list(side.rows(keyed, Span(), [encode(keyed.key_columns, [b"no such"])], HASHING)) == []


def test_an_index_is_used(file: tuple[Path, sqlite3.Connection]) -> None:
    path, connection = file
    fill(connection, 3_000)
    with closing(opened(path)) as side:
        seen: list[str] = []
        side.snapshot.connection.set_trace_callback(seen.append)  # type: ignore[attr-defined]
        assert len(list(side.rows(NUMBERED, Span(), [b"5,", b"77,", b"99999,"], HASHING))) == 2
        assert all("WHERE" in statement for statement in seen)


def test_rows_without_a_key_are_named_by_their_hash(file: tuple[Path, sqlite3.Connection]) -> None:
    path, connection = file
    connection.execute("CREATE TABLE t (a, b)")
    connection.executemany(
        "INSERT INTO t VALUES (?, ?)", [("ab", "c"), ("a", "bc"), ("a", "bc"), (None, "n"), ("n", None)]
    )
    keyless = table(column("a"), column("b"))
    with closing(opened(path)) as side:
        pairs = [pair for lot in side.hashes(keyless, Span(), HASHING) for pair in lot]
        assert len({key for key, _ in pairs}) == 4 and all(key == hash_ for key, hash_ in pairs)
        twice = next(key for key, _ in pairs if sum(other == key for other, _ in pairs) == 2)
        assert [row for _, row in side.rows(keyless, Span(), [twice], HASHING)] == [[b"text a", b"text bc"]] * 2
        assert [found for _, found in side.originals(keyless, ["b"], [twice], HASHING)] == [{"b": ("text", b"bc")}] * 2


def test_rows_show_all_digits_and_hash_those_of_both(file: tuple[Path, sqlite3.Connection]) -> None:
    path, connection = file
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v)")
    connection.executemany("INSERT INTO t VALUES (?, ?)", [(1, "1.23456"), (2, "1.234")])
    rounded = table(column("id", Form.NUMBER, "INTEGER"), column("v", Form.NUMBER, digits=2), key=("id",))
    with closing(opened(path)) as side:
        assert dict(side.rows(rounded, Span(), [b"1,"], HASHING)) == {b"1,": [b"1", b"1.23456"]}
        streamed = dict(pair for lot in side.stream(rounded, Span()) for pair in lot)
        assert streamed == {b"1,": b"1,1.23,", b"2,": b"2,1.23,"}


NAMES = [
    'we"ird',
    "semi;--",
    "back\\slash",
    "per%cent%s",
    "new\nline",
    "dot.ted",
    "a:b?c",
    "'quote'",
    "select",
    "é" * 40,
]


def test_hostile_names_are_only_names(file: tuple[Path, sqlite3.Connection]) -> None:
    path, connection = file

    def quoted(name: str) -> str:
        return '"' + name.replace('"', '""') + '"'

    for name in NAMES:
        connection.execute(f"CREATE TABLE {quoted(name)} ({quoted(name)} TEXT PRIMARY KEY, {quoted(name + '2')})")
        connection.execute(f"INSERT INTO {quoted(name)} VALUES (?, 1)", (name,))
    with closing(opened(path)) as side:
        for name in NAMES:
            found = table(column(name, Form.TEXT, "TEXT"), column(name + "2"), key=(name,), name=f"main.{name}")
            [(key, _)] = [pair for lot in side.hashes(found, Span(), HASHING) for pair in lot]
            assert [row for _, row in side.rows(found, Span(), [key], HASHING)] == [[name.encode(), b"integer 1"]]


def test_a_column_that_is_gone_is_an_error_and_no_string(file: tuple[Path, sqlite3.Connection]) -> None:
    path, connection = file
    fill(connection, 3)
    with closing(opened(path)) as side:
        with pytest.raises(DbmoError):
            side.digests(table(column("gone")), Span(), HASHING)
        with pytest.raises(DbmoError):
            side.count(table(column("v"), name="main.gone"))
        assert side.count(NUMBERED) == 3


def test_one_moment_is_read_until_the_next_is_asked_for(file: tuple[Path, sqlite3.Connection]) -> None:
    path, connection = file
    connection.execute("PRAGMA journal_mode = WAL")
    fill(connection, 3)
    with closing(opened(path)) as side:
        before, position = side.digests(NUMBERED, Span(), HASHING), side.position
        connection.execute("UPDATE t SET v = 'changed' WHERE id = 1")
        assert side.digests(NUMBERED, Span(), HASHING) == before
        side.refresh()
        assert side.digests(NUMBERED, Span(), HASHING) != before and side.position != position


def test_cancel_ends_what_runs_and_leaves_the_side_usable(file: tuple[Path, sqlite3.Connection]) -> None:
    path, connection = file
    connection.execute(
        "CREATE VIEW t AS WITH RECURSIVE n(id) AS (VALUES (1) UNION ALL SELECT id + 1 FROM n) SELECT id FROM n"
    )
    connection.execute("CREATE TABLE u (id)")
    endless = table(column("id"))
    with closing(opened(path)) as side:
        with again_and_again(side.cancel), pytest.raises(DbmoError) as caught:
            side.digests(endless, Span(), HASHING)
        assert caught.value.code == "CANCELLED"
        assert side.count(table(column("id"), name="main.u")) == 0


LONG = """
import sys
sys.path.insert(0, {root!r})
from tests.transfer.sides.test_sqlite import HASHING, NUMBERED, opened
from tests.memory import peak
from transfer.sides.side import Span
from pathlib import Path
side = opened(Path({path!r}))
print(side.digests(NUMBERED, Span(), HASHING)[0].rows)
side.close()
print(peak())
"""


def test_long_values_are_read_a_few_at_a_time(file: tuple[Path, sqlite3.Connection]) -> None:
    path, connection = file
    fill(connection, 200)
    connection.execute("UPDATE t SET v = zeroblob(17000000) WHERE id >= 184")
    root = str(Path(__file__).parents[3])
    run = subprocess.run([sys.executable, "-c", LONG.format(root=root, path=str(path))], capture_output=True, text=True)
    assert run.stderr == ""
    counted, peak = run.stdout.splitlines()
    assert counted == "200"
    assert int(peak) < 280_000  # KiB; all long values together have 272 MB, the modules take about 100


def test_text_that_is_no_utf8_keeps_its_bytes(file: tuple[Path, sqlite3.Connection]) -> None:
    path, connection = file
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v)")
    connection.execute(
        "INSERT INTO t VALUES (1, CAST(x'61ff62' AS TEXT)), (2, CAST(x'61fe62' AS TEXT)), (3, x'61ff62')"
    )
    with closing(opened(path)) as side:
        rows = [row[1] for _, row in side.rows(NUMBERED, Span(), [b"1,", b"2,", b"3,"], HASHING)]
    assert sorted(row for row in rows if row) == [b"blob a\xffb", b"text a\xfeb", b"text a\xffb"]

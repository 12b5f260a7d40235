"""SQLite to PostgreSQL over every way that rows take: blocks, escapes, row by row, in order, in pieces."""

import hashlib
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from conversion.mapping import TableMapping
from engines.sqlite.quoting import quote_identifier
from tests.moving import fetch, mapping, move, plan_of, sqlite_file
from tests.servers import Server

TEXTS = mapping("t", [("id", "bigint", "integer"), ("v", "text", "text"), ("b", "bytea", "bytea")])
INSERT = "INSERT INTO t VALUES (?, ?, ?)"
DDL = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, b BLOB)"


def copied(source: Path, url: str, table: TableMapping) -> tuple[list[tuple[Any, ...]], dict[str, Any]]:
    """The target's rows, and what was set aside by its locator and column."""
    move(source, url, plan_of(table))
    names = ", ".join(f'"{column.target}"' for column in table.columns)
    aside = {f"{locator} {column}": original for (locator, column), original in set_aside(url).items()}
    return fetch(url, f"SELECT {names} FROM {table.target} ORDER BY 1"), aside


def set_aside(url: str) -> dict[tuple[str, str], dict[str, str]]:
    """Locator and column -> the original, by plain psycopg."""
    rows = fetch(url, "SELECT locator, column_name, original FROM _dbmo.quarantine")
    return {(locator, column): json.loads(original) for locator, column, original in rows}


@pytest.mark.parametrize("step", [1, 1000, 10**15])
def test_rows_arrive_from_dense_sparse_and_extreme_rowids(tmp_path: Path, empty_18: str, step: int) -> None:
    odd = ["tab\t", "line\n", "\\N", "\\", "\r", "", None, "é😀"]
    rows = [(n * step, odd[n // 100] if n % 100 == 7 else f"row {n}", b"\0\xff" if n % 3 else None) for n in range(800)]
    rows = [(-(2**63), "least", None), *rows, (2**63 - 1, "most", b"")]
    found, aside = copied(sqlite_file(tmp_path / "s.db", DDL, rows=[(INSERT, rows)]), empty_18, TEXTS)
    assert (found, aside) == (rows, {})


def test_bytes_that_mark_nulls_inside_texts_are_no_nulls(tmp_path: Path, empty_18: str) -> None:
    bad = "INSERT INTO t VALUES (1001, CAST(x'ff' AS TEXT), CAST(x'fe' AS TEXT))"
    source = sqlite_file(tmp_path / "s.db", DDL, bad)
    found, aside = copied(source, empty_18, TEXTS)
    assert found == [(1001, "\N{REPLACEMENT CHARACTER}", None)]
    assert {key: value["hex"] for key, value in aside.items()} == {"[1001] v": "ff", "[1001] b": "fe"}


NAMES = ['quo"te', "dot.ted", "per%cent", ":colon", "new\nline", "back\\slash", "SELECT", "é" * 30, "tab\t"]


def test_hostile_names_are_quoted_everywhere(tmp_path: Path, empty_18: str) -> None:
    table = mapping('t"%s.x', [("id", "bigint", "integer"), *((name, "text", "text") for name in NAMES)])
    name = quote_identifier('t"%s.x')
    columns = ", ".join(f"{quote_identifier(n)} TEXT" for n in NAMES)
    marks = ", ".join("?" * (len(NAMES) + 1))
    rows = [(n, *(["x"] * (len(NAMES) - 1)), "a\0b" if n == 2 else "y") for n in (1, 2)]
    source = sqlite_file(
        tmp_path / "s.db",
        f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, {columns})",
        rows=[(f"INSERT INTO {name} VALUES ({marks})", rows)],
    )
    table = table.model_copy(update={"target": "public.t"})
    for column in table.columns[1:]:
        column.target = f"c{table.columns.index(column)}"
    found, aside = copied(source, empty_18, table)
    assert [row[-1] for row in found] == ["y", "ab"]
    assert list(aside) == ["[2] tab\t"]


def test_a_column_named_rowid_does_not_hide_rows(tmp_path: Path, empty_18: str) -> None:
    names = ["rowid", "_rowid_", "oid"]
    rows = [(f"{n:04}", "same", "same") for n in range(300)]
    for count in (1, 3):
        table = mapping("t", [(name, "text", "text") for name in names[:count]], key=None, required=())
        source = sqlite_file(
            tmp_path / f"{count}.db",
            f"CREATE TABLE t ({', '.join(f'{name} TEXT' for name in names[:count])})",
            rows=[(f"INSERT INTO t VALUES ({', '.join('?' * count)})", [row[:count] for row in rows])],
        )
        target = table.model_copy(update={"source_key": "", "target": f"public.t{count}"})
        assert copied(source, empty_18, target)[0] == [row[:count] for row in rows]


@pytest.mark.parametrize("encoding", ["UTF-16le", "UTF-16be"])
def test_a_broken_text_of_utf16_is_set_aside_and_not_mended(tmp_path: Path, empty_18: str, encoding: str) -> None:
    half = "00d84100" if encoding == "UTF-16le" else "d8000041"
    source = sqlite_file(
        tmp_path / "s.db",
        f"PRAGMA encoding = '{encoding}'",
        DDL,
        f"INSERT INTO t VALUES (1, 'é😀', x'00'), (2, CAST(x'{half}' AS TEXT), NULL)",
    )
    found, aside = copied(source, empty_18, TEXTS)
    assert found == [(1, "é😀", b"\0"), (2, "\N{REPLACEMENT CHARACTER}" * 3 + "A", None)]
    assert list(aside) == ["[2] v"]


def test_rows_without_rowid_come_in_the_order_of_their_key(tmp_path: Path, empty_18: str) -> None:
    columns = [
        ("a", "text", "text"),
        ("n", "bigint", "integer"),
        ("v", "text", "text"),
        ("d", "numeric(9,2)", "numeric"),
    ]
    table = mapping("t", columns, key=None, required=("a", "n"))
    table = table.model_copy(update={"source_key": "", "key": ["a", "n"]})
    rows: list[Any] = [(f"k{n % 7}", n, "odd\\\t" if n % 90 == 1 else "x" * (n % 50), 0.25) for n in range(9_000)]
    rows[17] = (*rows[17][:2], "y" * 3_000_000, 0.125)
    source = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (a TEXT, n INTEGER, v TEXT, d NUMERIC, PRIMARY KEY (a, n)) WITHOUT ROWID",
        rows=[("INSERT INTO t VALUES (?, ?, ?, ?)", rows)],
    )
    move(source, empty_18, plan_of(table))
    found = fetch(empty_18, "SELECT a, n, v, d FROM t ORDER BY n")
    assert [row[:3] for row in found] == [row[:3] for row in rows]
    assert set_aside(empty_18) == {('["k3", 17]', "d"): {"class": "real", "number": "0.125"}}


MOMENTS: list[tuple[str, str | None]] = [
    ("2024-02-29 01:02:03", "2024-02-29 01:02:03"),
    ("2024-02-29T01:02:03.5", "2024-02-29 01:02:03.5"),
    ("2024-02-29 01:02:03.123456", "2024-02-29 01:02:03.123456"),
    ("2024-02-29", "2024-02-29 00:00:00"),
    ("2023-02-29 01:02:03.5", None),
    ("2024-02-29 24:00:00", None),
    ("2024-02-29 01:02:03.1234567", None),
    ("0000-01-01 00:00:00", None),
    ("2024-02-29 01:02:03\0", None),
]
ZONED: list[tuple[str, str | None]] = [
    ("2024-02-29 01:02:03Z", "2024-02-29 01:02:03+00"),
    ("2024-02-29T01:02:03.5+05:30", "2024-02-28 19:32:03.5+00"),
    ("2024-02-29 01:02:03-15:59", "2024-02-29 17:01:03+00"),
    ("2024-02-29 01:02:03+16:00", None),
    ("2024-02-30 01:02:03Z", None),
]
TIMES: list[tuple[str, str | None]] = [
    ("01:02:03.000001", "01:02:03.000001"),
    ("23:59:59", "23:59:59"),
    ("24:00:00", None),
    ("1:02:03", None),
]


@pytest.mark.parametrize(
    ("route", "target", "pairs"),
    [
        ("timestamp", "timestamp(6) without time zone", MOMENTS),
        ("timestamptz", "timestamp(6) with time zone", ZONED),
        ("time", "time(6) without time zone", TIMES),
    ],
)
def test_moments_arrive_by_their_digits_or_go_aside(
    tmp_path: Path, empty_18: str, route: str, target: str, pairs: list[tuple[str, str | None]]
) -> None:
    """Once together, where the good ones are written by Python, and once alone, where SQLite writes them."""
    good: list[tuple[str, str | None]] = [pair for pair in pairs if pair[1] is not None]
    table = mapping("t", [("id", "bigint", "integer"), ("v", target, route)])
    for number, chosen in enumerate((pairs, good)):
        source = sqlite_file(
            tmp_path / f"{number}.db",
            "CREATE TABLE t (id INTEGER PRIMARY KEY, v)",
            rows=[("INSERT INTO t (v) VALUES (?)", [(text,) for text, _ in chosen])],
        )
        made = table.model_copy(update={"target": f"public.t{number}"})
        move(source, empty_18, plan_of(made, migration=f"m{number}"))
        shown = "(v AT TIME ZONE 'UTC')::text || '+00'" if route == "timestamptz" else "v::text"
        found = fetch(empty_18, f"SELECT {shown} FROM t{number} ORDER BY id")
        assert [value for (value,) in found] == [arrives for _, arrives in chosen]


# target type, route, and what the target must hold of a value that was not set aside
def _number(value: Any) -> Any:
    return Decimal(repr(value))


EPOCH = datetime(1970, 1, 1)
EVERY: dict[str, tuple[str, Any]] = {
    "boolean": ("boolean", bool),
    "numeric": ("numeric(12,3)", _number),
    "text_any": ("text", lambda value: value if isinstance(value, str) else repr(value)),
    "bytea_any": ("bytea", lambda value: value.encode() if isinstance(value, str) else value),
    "jsonb_any": ("jsonb", lambda value: {"$blob": value.hex()} if isinstance(value, bytes) else value),
    "json": ("json", json.loads),
    "uuid": ("uuid", lambda value: value),
    "date": ("text", lambda value: value),
    "epoch_seconds": ("timestamp", lambda value: EPOCH + timedelta(seconds=value)),
    "epoch_milliseconds": ("timestamp", lambda value: EPOCH + timedelta(milliseconds=value)),
}
LIKELY = st.sampled_from(
    [0, 1, 2, 1.5, 12.345, "2024-02-29", "2023-02-30", "0000-00-00", '{"a": [1, null]}', "[", "1e5", 1_700_000_000,
     "00000000-0000-0000-0000-000000000001", -1, 10**12, "", "\\N", "a\0", b"\xff", b""]
)  # fmt: skip
VALUES = st.one_of(LIKELY, st.none(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text(max_size=9))


UNHEALTHY = [HealthCheck.function_scoped_fixture]
NO_SHRINKING = [Phase.explicit, Phase.reuse, Phase.generate]  # every example is a whole move


@settings(max_examples=12, deadline=None, phases=NO_SHRINKING, suppress_health_check=UNHEALTHY)
@given(rows=st.lists(st.tuples(*[VALUES] * len(EVERY)), min_size=1, max_size=30))
def test_every_route_gives_the_value_or_its_original(
    tmp_path_factory: pytest.TempPathFactory, postgresql_18: Server, rows: list[tuple[Any, ...]]
) -> None:
    names = list(EVERY)
    columns = [(name, EVERY[name][0], name) for name in names]
    source = sqlite_file(
        tmp_path_factory.mktemp("every") / "s.db",
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, {', '.join(names)})",
        rows=[(f"INSERT INTO t ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", rows)],
    )
    url = postgresql_18.create_database()
    move(source, url, plan_of(mapping("t", [("id", "bigint", "integer"), *columns])))
    aside = {(json.loads(locator)[0], column): kept for (locator, column), kept in set_aside(url).items()}
    shown = ", ".join(f"{name}::text" if name in ("uuid", "date") else name for name in names)
    target = fetch(url, f"SELECT {shown} FROM t ORDER BY id")
    for number, (given_row, found_row) in enumerate(zip(rows, target, strict=True), 1):
        for name, value, found in zip(names, given_row, found_row, strict=True):
            kept = aside.pop((number, name), None)
            if kept is not None:
                assert _kept(kept) == value, (name, value, kept)
            else:
                found = float(found) if type(value) is float and type(found) is int else found
                assert found == (None if value is None else EVERY[name][1](value)), (name, value, found)
    assert not aside


def _kept(kept: dict[str, str]) -> Any:
    if "number" in kept:
        return int(kept["number"]) if kept["class"] == "integer" else float(kept["number"])
    found = kept["text"].encode() if "text" in kept else bytes.fromhex(kept["hex"])
    return found.decode() if kept["class"] == "text" else found


SCRIPT = """
import sys
from pathlib import Path
from engines.registry import open_database
from tests.memory import peak
from tests.moving import mapping, move, plan_of
planned = open_database("sqlite:" + sys.argv[1])
for found in planned.catalog().tables:
    planned.profile(found)
planned.close()
table = mapping("t", [("id", "bigint", "integer"), ("v", "text", "text"), ("b", "bytea", "bytea")])
move(Path(sys.argv[1]), sys.argv[2], plan_of(table))
print(peak())
"""


def test_rows_of_100_mb_go_through_in_pieces(tmp_path: Path, empty_18: str) -> None:
    size = 100_000_000
    source = sqlite_file(
        tmp_path / "s.db",
        DDL,
        f"INSERT INTO t VALUES (1, 'small', x'00'), (2, 'x', zeroblob({size})), (4, 'end', NULL)",
        f"INSERT INTO t VALUES (3, replace(hex(zeroblob({size // 40})), '0000', 'a\\é\n'), NULL)",
    )
    words = [sys.executable, "-c", SCRIPT, str(source), empty_18]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])
    assert int(done.stdout.split()[-1]) < 300_000
    with closing(sqlite3.connect(source)) as connection:
        (length,) = connection.execute("SELECT length(v) FROM t WHERE id = 3").fetchone()
    digest = "SELECT id, length(v), octet_length(b), md5(v) FROM t ORDER BY id"
    expected = hashlib.md5(("a\\é\n" * (length // 4)).encode(), usedforsecurity=False).hexdigest()
    found = fetch(empty_18, digest)
    assert [row[:3] for row in found] == [(1, 5, 1), (2, 1, size), (3, length, None), (4, 3, None)]
    assert found[2][3] == expected


@pytest.mark.parametrize("rest", ["", "WITHOUT ROWID"])
def test_a_large_text_among_numbers_is_set_aside_and_no_row_comes_twice(
    tmp_path: Path, empty_18: str, rest: str
) -> None:
    """real has no binary form; texts among the numbers make blocks go row by row."""
    names = [f"f{n}" for n in range(20)]
    columns = [("r", "real", "double"), *((name, "numeric(20,6)", "numeric") for name in names)]
    table = mapping("t", [("id", "bigint", "integer"), *columns])
    if rest:
        table = table.model_copy(update={"source_key": ""})
    rows: list[list[Any]] = [[n, 0.5, *([1_000_000.5 + n] * 20)] for n in range(2_700)]
    for n in range(0, 2_700, 40):
        rows[n][3] = "odd"
    rows[2_000][2] = "x" * 3_000_000
    source = sqlite_file(
        tmp_path / "s.db",
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, r REAL, {', '.join(f'{name} DECIMAL' for name in names)}) {rest}",
        rows=[(f"INSERT INTO t VALUES ({', '.join('?' * 22)})", [tuple(row) for row in rows])],
    )
    found, aside = copied(source, empty_18, table)
    assert [list(map(float, row)) for row in found if None not in row] == [
        row for row in rows if not any(isinstance(value, str) for value in row)
    ]
    assert [row[0] for row in found] == list(range(2_700))
    assert len(aside) == 69


def test_a_class_is_asked_for_beside_every_form(tmp_path: Path, empty_18: str) -> None:
    """A blob with the bytes of a moment is no moment."""
    table = mapping("t", [("id", "bigint", "integer"), ("v", "timestamp(6) without time zone", "timestamp")])
    source = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v)",
        "INSERT INTO t (v) VALUES ('2024-01-01 00:00:00.5'), (CAST('2024-01-01 00:00:00.5' AS BLOB)), (NULL)",
    )
    assert copied(source, empty_18, table)[0] == [(1, datetime(2024, 1, 1, 0, 0, 0, 500_000)), (2, None), (3, None)]
    assert [key[0] for key in set_aside(empty_18)] == ["[2]"]

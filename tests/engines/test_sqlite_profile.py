"""What a scan finds in the values of a table."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engines.profile import ColumnProfile, TableProfile
from engines.sqlite import profile_large, profile_rows
from engines.sqlite.database import SqliteDatabase, open_read_only
from engines.sqlite.profile import FORMS

Value = int | float | str | bytes | None
INF = float("inf")


def profile_of(tmp_path: Path, definition: str, *rows: tuple[Any, ...]) -> TableProfile:
    path = tmp_path / "x.db"
    connection = sqlite3.connect(path)
    connection.execute(f"CREATE TABLE t ({definition})")
    if rows:
        connection.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(rows[0]))})", rows)
    connection.commit()
    connection.close()
    database = SqliteDatabase(path, "source")
    found = database.profile(database.catalog().tables[0])
    database.close()
    return found


def column_of(tmp_path: Path, declared: str, *values: Value, name: str = "c") -> ColumnProfile:
    return profile_of(tmp_path, f'"{name}" {declared}', *((value,) for value in values)).columns[name]


ISO = {"iso_date", "iso_timestamp", "iso_timestamp_fraction", "iso_timestamp_zone", "iso_time"}
UUID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"

# A value, and which of some forms it has (the forms tried are those of the group).
VALUES: list[tuple[set[str], Value, set[str]]] = [
    (ISO, "2024-02-29", {"iso_date"}),
    (ISO, "2023-02-29", set()),
    (ISO, "2023-02-30", set()),
    (ISO, "2023-13-01", set()),
    (ISO, "0000-01-01", set()),
    (ISO, "0001-01-01", {"iso_date"}),
    (ISO, "9999-12-31", {"iso_date"}),
    (ISO, "2024-1-1", set()),
    (ISO, "2024-01-01 ", set()),
    (ISO, " 2024-01-01", set()),
    (ISO, "2024-01-01\0", set()),
    (ISO, "2024-01-01 10:11:12", {"iso_timestamp"}),
    (ISO, "2024-01-01 24:00:00", set()),
    (ISO, "2024-01-01 23:59:60", set()),
    (ISO, "2024-02-30 10:11:12", set()),
    (ISO, "2024-01-01 10:11", set()),
    (ISO, "2024-01-01T10:11:12", {"iso_timestamp_fraction"}),
    (ISO, "2024-01-01 10:11:12.5", {"iso_timestamp_fraction"}),
    (ISO, "2024-01-01T10:11:12.123456", {"iso_timestamp_fraction"}),
    (ISO, "2024-01-01T10:11:12.1234567", set()),
    (ISO, "2024-01-01 10:11:12.", set()),
    (ISO, "2024-01-01 10:11:12.5x", set()),
    (ISO, "2024-01-01 10:11:12.5\0x", set()),
    (ISO, "2024-02-30T10:11:12", set()),
    (ISO, "2024-01-01T10:11:12Z", {"iso_timestamp_zone"}),
    (ISO, "2024-01-01 10:11:12.123Z", {"iso_timestamp_zone"}),
    (ISO, "2024-01-01T10:11:12+02:00", {"iso_timestamp_zone"}),
    (ISO, "2024-01-01T10:11:12.123456-11:30", {"iso_timestamp_zone"}),
    (ISO, "2024-01-01T10:11:12.1234567Z", set()),
    (ISO, "2024-01-01T10:11:12+25:00", set()),
    (ISO, "2024-01-01T10:11:12 Z", set()),
    (ISO, "2024-01-01Z", set()),
    (ISO, "10:11:12", {"iso_time"}),
    (ISO, "10:11:12.25", {"iso_time"}),
    (ISO, "24:00:00", set()),
    (ISO, "10:11", set()),
    (ISO, "now", set()),
    (ISO, "2451545", set()),
    (ISO, "", set()),
    (ISO, 20240101, set()),
    (ISO, 2451545.5, set()),
    (ISO, b"2024-01-01", set()),
    ({"boolean", "boolean_word"}, 0, {"boolean"}),
    ({"boolean", "boolean_word"}, 1, {"boolean"}),
    ({"boolean", "boolean_word"}, 2, set()),
    ({"boolean", "boolean_word"}, 1.0, set()),
    ({"boolean", "boolean_word"}, "1", set()),
    ({"boolean", "boolean_word"}, "True", {"boolean_word"}),
    ({"epoch_seconds", "epoch_milliseconds", "julian_day"}, 1700000000, {"epoch_seconds"}),
    ({"epoch_seconds", "epoch_milliseconds", "julian_day"}, 1700000000123, {"epoch_milliseconds"}),
    ({"epoch_seconds", "epoch_milliseconds", "julian_day"}, 2460000.5, {"julian_day"}),
    ({"epoch_seconds", "epoch_milliseconds", "julian_day"}, 2460000, set()),
    ({"epoch_seconds", "epoch_milliseconds", "julian_day"}, "1700000000", set()),
    ({"nul", "invalid_utf8", "empty", "trailing_space"}, "a\0b", {"nul"}),
    ({"nul", "invalid_utf8", "empty", "trailing_space"}, "\0", {"nul"}),
    ({"nul", "invalid_utf8", "empty", "trailing_space"}, "grün 🦊", set()),
    ({"nul", "invalid_utf8", "empty", "trailing_space"}, b"a\0", set()),
    ({"nul", "invalid_utf8", "empty", "trailing_space"}, "", {"empty"}),
    ({"nul", "invalid_utf8", "empty", "trailing_space"}, b"", set()),
    ({"nul", "invalid_utf8", "empty", "trailing_space"}, "a ", {"trailing_space"}),
    ({"nul", "invalid_utf8", "empty", "trailing_space"}, " ", {"trailing_space"}),
    ({"json"}, '{"a": [1, null]}', {"json"}),
    ({"json"}, "7", {"json"}),
    ({"json"}, "{a: 1}", set()),
    ({"json"}, "", set()),
    ({"uuid_lower", "uuid_any", "uuid_bytes"}, UUID, {"uuid_lower", "uuid_any"}),
    ({"uuid_lower", "uuid_any", "uuid_bytes"}, UUID.upper(), {"uuid_any"}),
    ({"uuid_lower", "uuid_any", "uuid_bytes"}, UUID.replace("-", ""), set()),
    ({"uuid_lower", "uuid_any", "uuid_bytes"}, UUID + "\0", set()),
    ({"uuid_lower", "uuid_any", "uuid_bytes"}, b"x" * 16, {"uuid_bytes"}),
    ({"uuid_lower", "uuid_any", "uuid_bytes"}, "x" * 16, set()),
    ({"numeric_text"}, "-12.5e3", {"numeric_text"}),
    ({"numeric_text"}, "0", {"numeric_text"}),
    ({"numeric_text"}, "007", set()),
    ({"numeric_text"}, "12 pcs", set()),
    ({"numeric_text"}, " 1", set()),
    ({"numeric_text"}, "", set()),
    ({"numeric_text"}, "--1", set()),
    ({"numeric_text"}, 12, set()),
    ({"infinite", "beyond_int64"}, INF, {"infinite", "beyond_int64"}),
    ({"infinite", "beyond_int64"}, -INF, {"infinite", "beyond_int64"}),
    ({"infinite", "beyond_int64"}, 1.8446744073709552e19, {"beyond_int64"}),
    ({"infinite", "beyond_int64"}, 9223372036854775807, set()),
    ({"infinite", "beyond_int64"}, -9223372036854775808, set()),
    ({"infinite", "beyond_int64"}, 1e-300, set()),
    ({"infinite", "beyond_int64"}, "9e999", set()),
    ({"fits_int32"}, 2147483647, {"fits_int32"}),
    ({"fits_int32"}, 2147483648, set()),
    ({"fits_int32"}, 5.5, set()),
]


def kept(declared: str, value: Value) -> bool:
    """Whether a column of that type keeps the value as it is (affinity makes numbers of some texts)."""
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE t (c {declared})")
    connection.execute("INSERT INTO t VALUES (?)", (value,))
    found = connection.execute("SELECT c FROM t").fetchone()[0]
    connection.close()
    return type(found) is type(value)


CASES = [
    (declared, *case) for declared in ("", "NUMERIC", "COLLATE RTRIM") for case in VALUES if kept(declared, case[1])
]


@pytest.mark.parametrize(("declared", "tried", "value", "expected"), CASES)
def test_forms(tmp_path: Path, declared: str, tried: set[str], value: Value, expected: set[str]) -> None:
    path = tmp_path / "x.db"
    writer = sqlite3.connect(path)
    writer.execute(f'CREATE TABLE t ("{{c}}" {declared})')
    writer.execute("INSERT INTO t VALUES (?)", (value,))
    writer.commit()
    writer.close()
    connection = open_read_only(path)
    found = {
        form
        for form in tried
        if connection.execute("SELECT " + FORMS[form].format(c='"{c}"') + " FROM t").fetchone()[0]
    }
    connection.close()
    assert found == expected


def test_classes_and_ranges(tmp_path: Path) -> None:
    found = column_of(tmp_path, "", 5, -7, 1.5, "text", "länger", b"\0\1", b"", None, None)
    assert found.classes == {"integer": 2, "real": 1, "text": 2, "blob": 2, "null": 2}
    assert (found.minimum, found.maximum, found.max_length, found.max_bytes) == (-7, 5, 6, 7)
    assert (found.values, found.share("empty")) == (7, 0)


@pytest.mark.parametrize(
    ("declared", "values", "classes", "forms"),
    [
        ("INTEGER", [1, 2, "n/a", "", "1x"], {"integer": 2, "text": 3}, {"empty": 1, "fits_int32": 2}),
        ("INTEGER", [1, 2.5, 1e30], {"integer": 1, "real": 2}, {"beyond_int64": 1, "fits_int32": 1}),
        ("INTEGER", [2**40, 3], {"integer": 2}, {"fits_int32": 1}),
        ("INTEGER", [-(2**63), 2**63 - 1], {"integer": 2}, {}),
        ("BOOLEAN", [0, 1, 2, "true"], {"integer": 3, "text": 1}, {"boolean": 2, "boolean_word": 1, "fits_int32": 3}),
        ("DATE", ["2024-01-01", "soon", None], {"text": 2, "null": 1}, {"iso_date": 1}),
        ("DATETIME", ["2024-01-01 00:00:00"] * 2, {"text": 2}, {"iso_timestamp": 2}),
        ("DATETIME", [1700000000, 2460000.5], {"integer": 1, "real": 1},
         {"epoch_seconds": 1, "julian_day": 1, "fits_int32": 1}),
        ("TIMESTAMP", ["2024-01-01T00:00:00Z", "2024-01-01"], {"text": 2}, {"iso_timestamp_zone": 1, "iso_date": 1}),
        ("DECIMAL(5,2)", [1.25, 3, 999.99, 0.125, 1000], {"integer": 2, "real": 3},
         {"scale_2": 4, "precision_ok": 4, "fits_int32": 2}),
        ("DECIMAL(3)", [12, 1.5], {"integer": 1, "real": 1}, {"scale_0": 1, "precision_ok": 2, "fits_int32": 1}),
        ("REAL", [1.5, INF, "x"], {"real": 2, "text": 1}, {"infinite": 1}),
        ("TEXT", ["a ", "", "b\0", "ok"], {"text": 4}, {"trailing_space": 1, "empty": 1, "nul": 1}),
        ("BLOB", [b"x", "text", 5], {"blob": 1, "text": 1, "integer": 1}, {"fits_int32": 1}),
        ("UUID", [UUID, UUID.upper(), b"0" * 16], {"text": 2, "blob": 1},
         {"uuid_lower": 1, "uuid_any": 2, "uuid_bytes": 1}),
        ("JSON", ["{}", "{"], {"text": 2}, {"json": 1}),
        ("INTEGER", [None, None], {"null": 2}, {}),
        ("INTEGER", [], {}, {}),
        ("TEXT", [], {}, {}),
        ("TEXT", [None], {"null": 1}, {}),
    ],
)  # fmt: skip
def test_columns_of_each_kind(
    tmp_path: Path, declared: str, values: list[Value], classes: dict[str, int], forms: dict[str, int]
) -> None:
    found = column_of(tmp_path, declared, *values)
    assert (found.classes, found.forms) == (classes, forms)


@pytest.mark.parametrize(
    ("name", "declared", "value", "form"),
    [
        ("created_at", "TEXT", "2024-01-01 10:00:00", "iso_timestamp"),
        ("createdAt", "TEXT", "2024-01-01T10:00:00Z", "iso_timestamp_zone"),
        ("birthdate", "VARCHAR(10)", "2024-01-01", "iso_date"),
        ("updated", "INTEGER", 1700000000, "epoch_seconds"),
        ("last_seen_time", "REAL", 2460000.5, "julian_day"),
        ("user_uuid", "TEXT", UUID, "uuid_lower"),
        ("id", "CHAR(36)", UUID, "uuid_lower"),
        ("guid", "BLOB", b"x" * 16, "uuid_bytes"),
        ("is_open", "INTEGER", 1, "boolean"),
        ("payload", "TEXT", "[1]", "json"),
    ],
)
def test_names_tell_what_to_look_for(tmp_path: Path, name: str, declared: str, value: Value, form: str) -> None:
    assert column_of(tmp_path, declared, value, name=name).forms[form] == 1


@pytest.mark.parametrize("name", ["amount", "format", "category", "paid", "update_count", "last_update", "location"])
def test_other_names_cost_nothing(tmp_path: Path, name: str) -> None:
    assert column_of(tmp_path, "TEXT", "2024-01-01", name=name).forms == {}


@pytest.mark.parametrize(
    ("value", "length", "size"),
    [("a\0bc", 4, 4), ("ä\0ö", 3, 5), ("🦊🦊", 2, 8), ("e\u0308", 2, 3), ("", 0, 0), ("plain", 5, 5)],
)
def test_lengths_count_past_a_nul(tmp_path: Path, value: str, length: int, size: int) -> None:
    found = column_of(tmp_path, "TEXT", value)
    assert (found.max_length, found.max_bytes) == (length, size)


def test_bytes_that_are_no_text_are_found(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    connection = sqlite3.connect(path)
    connection.executescript("""CREATE TABLE t (c TEXT);
        INSERT INTO t VALUES (CAST(x'61ff' AS TEXT)), ('fine'), (CAST(x'c3a4' AS TEXT)), (CAST(x'eda080' AS TEXT)),
            (CAST(x'67fc6e' AS TEXT)), (CAST(x'80' AS TEXT)), (NULL);""")
    connection.close()
    database = SqliteDatabase(path, "source")
    found = database.profile(database.catalog().tables[0]).columns["c"]
    database.close()
    assert found.forms == {"invalid_utf8": 4}


def test_tables_wider_than_a_query(tmp_path: Path) -> None:
    names = ", ".join(f"c{n} {'INTEGER' if n % 2 else 'TEXT'}" for n in range(1500))
    found = profile_of(tmp_path, names, tuple(n if n % 2 else str(n) for n in range(1500)))
    assert (found.rows, len(found.columns)) == (1, 1500)
    assert (found.columns["c1499"].maximum, found.columns["c1498"].max_length) == (1499, 4)


def test_generated_columns_are_profiled(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    connection = sqlite3.connect(path)
    connection.executescript("CREATE TABLE t (a INT, b TEXT AS (a || 'x')); INSERT INTO t VALUES (5), (77);")
    connection.close()
    database = SqliteDatabase(path, "source")
    found = database.profile(database.catalog().tables[0])
    database.close()
    assert found.columns["b"].max_length == 3


def test_an_open_transaction_is_used_and_kept(tmp_path: Path) -> None:
    profile_of(tmp_path, "a INTEGER", (1,))
    database = SqliteDatabase(tmp_path / "x.db", "source")
    database.connection.execute("BEGIN")
    database.profile(database.catalog().tables[0])
    assert database.connection.in_transaction
    database.close()


LONG = 9_000  # more than a page holds: only such values are measured before they are loaded
PADDED = {"json": '["' + "x" * LONG + '"]', "digits": "7" * LONG, "latin": "é" * LONG, "nul": "ab \0" + "é" * LONG}
BLOBS = {"blob": b"\0" * LONG, "space": "x" * LONG + " ", "fox": "🦊" * LONG}


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le"])
@pytest.mark.parametrize("rest", ["", "WITHOUT ROWID"])
def test_large_values_are_looked_at_one_by_one_with_the_same_result(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, encoding: str, rest: str
) -> None:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"PRAGMA encoding = '{encoding}'")
        connection.execute(f"CREATE TABLE t (rowid_ INTEGER PRIMARY KEY, a TEXT, meta, b BLOB, n DECIMAL(9, 2)) {rest}")
        values = [None, 1, 2.5, "short", "é\0", b"\1", *PADDED.values(), *BLOBS.values()]
        rows = [(n, *(values[(n + shift) % len(values)] for shift in range(4))) for n in range(-8, 12)]
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", rows)
        if encoding == "UTF-8":
            connection.execute("UPDATE t SET a = CAST(zeroblob(9000) || x'ff' AS TEXT) WHERE rowid_ = 3")
    as_a_whole = _profile(path)
    for module in (profile_rows, profile_large):
        monkeypatch.setattr(module, "LARGE", LONG // 2)

    assert _profile(path) == as_a_whole
    monkeypatch.setattr(profile_large, "WHOLE", LONG // 2)
    in_pieces = _profile(path)
    for name, column in in_pieces.columns.items():
        whole = as_a_whole.columns[name]
        unseen = whole.forms.keys() & {"json", "numeric_text"}  # what only SQL can say of a whole value
        seen = {form: count for form, count in whole.forms.items() if form not in unseen}
        assert {form: count for form, count in column.forms.items() if form not in unseen} == seen
        assert column.model_copy(update={"forms": whole.forms}) == whole


def _profile(path: Path) -> TableProfile:
    with closing(SqliteDatabase(path, "source")) as database:
        return database.profile(database.catalog().tables[0])

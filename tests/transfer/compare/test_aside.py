"""What the migration set aside is explained where it is exactly that, and a difference where it is anything else."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from conversion.mapping import TableMapping
from engines.columns import Kind, LogicalType
from engines.registry import open_database
from tests.moving import change, mapping, move, plan_of, sqlite_file
from transfer.aside import quarantined_on
from transfer.canonical.columns import ComparedColumn, Form, Held
from transfer.compare.findings import Findings
from transfer.compare.mapped import from_mapping
from transfer.compare.model import Options, TableComparison
from transfer.compare.originals import is_original, is_original_row, place_of, placed, stored_instead, stripped
from transfer.compare.table import compare_table
from transfer.sides.open import open_side

ORIGINALS = [
    ('{"class": "text", "text": "n/a"}', "text", b"n/a", True),
    ('{"class": "text", "text": "n/a"}', "blob", b"n/a", False),
    ('{"class": "text", "hex": "610062"}', "text", b"a\0b", True),
    ('{"class": "real", "number": "1.5"}', "real", 1.5, True),
    ('{"class": "integer", "number": "1"}', "real", 1.0, False),
    ('{"class": "null"}', "null", None, True),
    ('{"class": "text", "text": "1"}', "integer", 1, False),
]


@pytest.mark.parametrize(("original", "klass", "value", "same"), ORIGINALS)
def test_only_the_very_value_is_the_original(original: str, klass: str, value: Any, same: bool) -> None:
    assert is_original(original, klass, value) is same
    assert is_original_row(json.dumps({"c": json.loads(original)}), {"c": (klass, value)}) is same


def test_a_row_with_another_column_is_not_the_original() -> None:
    assert not is_original_row('{"a": {"class": "null"}}', {"a": ("null", None), "b": ("null", None)})


@pytest.mark.parametrize(
    ("original", "value", "same"),
    [
        ('{"class": "text", "text": "0000-00-00"}', b"0000-00-00", True),
        ('{"class": "text", "text": "0000-00-00"}', b"0000-00-01", False),
        ('{"class": "text", "hex": "00ff"}', b"\x00\xff", True),
        ('{"class": "null"}', b"", False),
        ('{"class": "text", "bytes": 3}', b"abc", True),
        ('{"class": "text", "bytes": 3}', b"abcd", False),
        ('{"class": "text", "bytes": 3, "md5": "900150983cd24fb0d6963f7d28e17f72"}', b"abd", False),
        ('{"class": "unread", "bytes": 2}', b"\\x00ff", True),
        ('{"class": "text", "text": ""}', None, False),
    ],
)
def test_a_servers_value_is_its_bytes_whatever_class_was_written(
    original: str, value: bytes | None, same: bool
) -> None:
    klass = "null" if value is None else "blob"
    assert is_original(original, klass, value, classes=False) is same


@pytest.mark.parametrize(
    ("written", "numbered", "pairs"),
    [
        ('[2, "a"]', False, [("text", b"2"), ("text", b"a")]),
        ('[5, "nul\\\\0", null, 1]', True, [("text", b"5"), ("text", b"nul\0"), ("null", None)]),
        ('["00ff"]', False, [("blob", b"\x00\xff")]),
    ],
)
def test_a_locator_finds_the_row_that_the_server_gives(written: str, numbered: bool, pairs: Any) -> None:
    assert place_of(written, numbered) == placed(pairs)


@pytest.mark.parametrize(
    ("original", "form", "text"),
    [
        ('{"class": "text", "text": "0000-00-00", "stored": "0001-01-01"}', Form.DATE, b"0001-01-01"),
        ('{"class": "text", "text": "1.50", "stored": "1.50"}', Form.NUMBER, b"1.5"),
        ('{"class": "text", "text": "x", "stored": null}', Form.TEXT, None),
        ('{"class": "text", "hex": "610062"}', Form.TEXT, b"ab"),
    ],
)
def test_a_converted_value_is_what_the_entry_says_is_stored(original: str, form: Form, text: bytes | None) -> None:
    held = Held(name="c", native="c", type=LogicalType(kind=Kind.TEXT))
    column = ComparedColumn(name="c", form=form, source=held, target=held)
    assert stored_instead(original, column, b"a\0b") == text


def test_stripped_text_is_what_the_mover_writes() -> None:
    assert [stripped(value) for value in (b"a\0b", b"\xffx", 5)] == [b"ab", "\N{REPLACEMENT CHARACTER}x".encode(), None]


Compare = Callable[[], TableComparison]


def moved(source: Path, target: str, table: TableMapping) -> Compare:
    """Move a table; the function compares it."""
    move(source, target, plan_of(table))

    def compare() -> TableComparison:
        url = f"sqlite:{source}"
        with closing(open_database(url)) as here, closing(open_database(target)) as there:
            compared = from_mapping(table, here.catalog(), there.catalog())
        entries = [entry for _, entry in quarantined_on(target, "test")]
        with (
            closing(open_side(url, "source")) as left,
            closing(open_side(target, "target")) as right,
            closing(Findings()) as findings,
        ):
            return compare_table(left, right, compared, Options(), findings, entries)

    return compare


def rows(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


KEYED = mapping("t", [("id", "bigint", "integer"), ("v", "integer", "integer"), ("w", "text", "text")])
VALUES = [(1, 1, "one"), (2, "n/a", "two"), (3, 3, "nul \0 inside"), (4, 1 << 40, "four")]


@pytest.fixture
def keyed(tmp_path: Path, empty_18: str) -> tuple[Path, str, Compare]:
    source = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER, w TEXT)",
        rows=[("INSERT INTO t VALUES (?, ?, ?)", VALUES)],
    )
    return source, empty_18, moved(source, empty_18, KEYED)


def test_values_that_were_set_aside_are_counted_apart(keyed: tuple[Path, str, Compare]) -> None:
    found = keyed[2]()
    assert (found.equal, found.set_aside, found.withheld, found.rows_source) == (True, 3, 0, 4)


@pytest.mark.parametrize(
    ("side", "statement", "set_aside", "differing"),
    [
        ("source", "UPDATE t SET v = 'gone' WHERE id = 2", 2, ["2"]),
        ("source", "UPDATE t SET w = 'other' WHERE id = 2", 2, ["2"]),
        ("source", "UPDATE t SET v = 2 WHERE id = 2", 2, ["2"]),
        ("target", "UPDATE t SET v = 0 WHERE id = 2", 2, ["2"]),
        ("target", "UPDATE t SET w = 'nul' WHERE id = 3", 2, ["3"]),
        ("target", "UPDATE t SET v = 5 WHERE id = 1", 3, ["1"]),
        ("target", "DELETE FROM t WHERE id = 4", 2, ["4"]),
    ],
)
def test_anything_else_is_a_difference(
    keyed: tuple[Path, str, Compare], side: str, statement: str, set_aside: int, differing: list[str]
) -> None:
    source, target, compare = keyed
    rows(source, statement) if side == "source" else change(target, statement)
    found = compare()
    assert (found.set_aside, [row.key["id"] for row in found.rows]) == (set_aside, differing)


def test_the_last_byte_of_a_long_value_counts(tmp_path: Path, empty_18: str) -> None:
    long = "x" * 1_000_000
    values = [(1, "n/a", long), (2, 2, f"{long}\0y"), (3, 3, f"\0{long}y")]
    source = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER, w TEXT)",
        rows=[("INSERT INTO t VALUES (?, ?, ?)", values)],
    )
    compare = moved(source, empty_18, KEYED)
    assert max(len(entry.original) for _, entry in quarantined_on(empty_18, "test")) < 1_000
    found = compare()
    assert (found.equal, found.set_aside) == (True, 3)
    change(empty_18, "UPDATE t SET w = left(w, -1) || 'z' WHERE id < 3")
    rows(source, f"UPDATE t SET w = char(0) || '{long}z' WHERE id = 3")
    found = compare()
    assert (found.set_aside, [row.key["id"] for row in found.rows]) == (0, ["1", "2", "3"])


def test_withheld_rows_are_missing_on_purpose(tmp_path: Path, empty_18: str) -> None:
    table = mapping("t", [("id", "bigint", "integer"), ("v", "bigint", "integer")], required=("id", "v"))
    source = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER)",
        rows=[("INSERT INTO t VALUES (?, ?)", [(1, 1), (2, "n/a")])],
    )
    compare = moved(source, empty_18, table)
    found = compare()
    assert (found.equal, found.withheld, found.rows_source, found.rows_target) == (True, 1, 2, 1)
    rows(source, "UPDATE t SET v = 'n/b' WHERE id = 2")
    found = compare()
    assert (found.equal, found.withheld, found.missing) == (False, 0, 1)


def test_without_a_key_each_row_is_explained_once(tmp_path: Path, empty_18: str) -> None:
    table = mapping("t", [("a", "text", "text"), ("b", "bigint", "integer")], key=None, required=())
    source = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (a TEXT, b INTEGER)",
        rows=[("INSERT INTO t VALUES (?, ?)", [("x", "n/a"), ("x", "n/a"), ("y", 2)])],
    )
    compare = moved(source, empty_18, table)
    assert (compare().equal, compare().set_aside) == (True, 2)
    change(empty_18, "DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t WHERE a = 'x')")
    found = compare()
    assert (found.equal, found.set_aside, found.missing) == (False, 1, 1)


def test_a_stripped_key_is_found_under_its_new_name(tmp_path: Path, empty_18: str) -> None:
    table = mapping("t", [("k", "text", "text"), ("v", "bigint", "integer")], key="k", required=("k",))
    table = table.model_copy(update={"source_key": "rowid", "range_column": None})
    source = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (k TEXT PRIMARY KEY, v INTEGER)",
        rows=[("INSERT INTO t VALUES (?, ?)", [("a\0b", 1), ("c", 2)])],
    )
    compare = moved(source, empty_18, table)
    assert (compare().equal, compare().set_aside) == (True, 1)
    change(empty_18, "UPDATE t SET v = 9 WHERE k = 'ab'")
    found = compare()
    assert (found.equal, found.set_aside, found.missing, found.extra) == (False, 0, 1, 1)


def test_withheld_rows_may_share_a_key(tmp_path: Path, empty_18: str) -> None:
    table = mapping("t", [("k", "text", "text"), ("v", "bigint", "integer")], key="k", required=("k",))
    table = table.model_copy(update={"source_key": "rowid", "range_column": None})
    source = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (k TEXT PRIMARY KEY, v INTEGER)",
        rows=[("INSERT INTO t VALUES (?, ?)", [(None, 1), (None, 2), ("c", 3)])],
    )
    compare = moved(source, empty_18, table)
    assert (compare().equal, compare().withheld) == (True, 2)
    rows(source, "INSERT INTO t VALUES (NULL, 4)")
    assert (compare().equal, compare().withheld, compare().missing) == (False, 2, 1)

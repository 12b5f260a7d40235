"""A planted difference is found at its key and column, wherever it is and however the table is cut."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.transfer.compare.tables import (
    BUCKETED,
    KEYED,
    NO_KEY,
    ROWS,
    UNKEYED,
    change,
    compare_files,
    compare_rows,
    counted,
    write,
)
from transfer.canonical.columns import ComparedTable
from transfer.compare import bisect, locate, rows
from transfer.compare.route import choose_route
from transfer.sides.side import Span

PLANTED = [
    ("UPDATE t SET a = 'other' WHERE id = {}", (1, 0, 0), {"a": 1}),
    ("UPDATE t SET a = a || ' ' WHERE id = {}", (1, 0, 0), {"a": 1}),
    ("UPDATE t SET a = NULL, b = NULL WHERE id = {}", (1, 0, 0), {"a": 1, "b": 1}),
    ("UPDATE t SET a = '' WHERE id = {}", (1, 0, 0), {"a": 1}),
    ("UPDATE t SET b = b + 1 WHERE id = {}", (1, 0, 0), {"b": 1}),
    ("DELETE FROM t WHERE id = {}", (0, 1, 0), {}),
    ("INSERT INTO t VALUES ({} + 1000000, 'new', 1)", (0, 0, 1), {}),
    ("UPDATE t SET id = {} - 2000000 WHERE id = {}", (0, 1, 1), {}),
]


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few rows per part, so that small tables have many."""
    monkeypatch.setattr(locate, "choose_route", lambda *given: replace(choose_route(*given), part_rows=60))
    monkeypatch.setattr(bisect, "LEAF_ROWS", 20)
    monkeypatch.setattr(bisect, "PIECE_ROWS", 8)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """Two files with equal rows; tests undo what they change."""
    folder = tmp_path_factory.mktemp("tables")
    yield write(folder / "s.db", ROWS), write(folder / "t.db", ROWS)


@pytest.mark.parametrize("level", ["checksums", "rows", "stream"])
@pytest.mark.parametrize("compared", [KEYED, BUCKETED, UNKEYED], ids=["ranges", "buckets", "no key"])
def test_equal_rows_give_no_alarm(files: tuple[Path, Path], compared: ComparedTable, level: str) -> None:
    result = compare_files(*files, compared, level=level)
    assert (result.equal, result.rows_source, result.rows_target, result.rows) == (True, 500, 500, [])


@pytest.mark.parametrize(("statement", "kinds", "columns"), PLANTED)
@pytest.mark.parametrize("at", [1, 60, 61, 333, 500])
def test_planted(
    tmp_path: Path, files: tuple[Path, Path], statement: str, kinds: Any, columns: dict[str, int], at: int
) -> None:
    target = tmp_path / "t.db"
    target.write_bytes(files[1].read_bytes())
    change(target, statement.format(at, at))
    for compared, level in ((KEYED, "checksums"), (BUCKETED, "checksums"), (KEYED, "stream")):
        result = compare_files(files[0], target, compared, level=level)
        assert (counted(result), result.columns) == (kinds, columns)
        keys = {row.key["id"] for row in result.rows}
        assert keys & {str(at), str(at + 1_000_000)}
    result = compare_files(files[0], target, UNKEYED)
    different, missing, extra = kinds
    assert counted(result) == (0, different + missing, different + extra)


def test_a_difference_in_every_part_is_found(files: tuple[Path, Path], tmp_path: Path) -> None:
    target = tmp_path / "t.db"
    target.write_bytes(files[1].read_bytes())
    change(target, "UPDATE t SET a = 'x' WHERE id % 50 = 1")
    result = compare_files(files[0], target)
    assert (counted(result), [row.key["id"] for row in result.rows]) == (
        (10, 0, 0),
        [str(n) for n in range(1, 500, 50)],
    )


@pytest.mark.parametrize(
    ("source", "target", "kinds"),
    [
        # values swapped between two rows, and between two columns of a row
        ([(1, "p", 5), (2, "q", 6)], [(1, "q", 5), (2, "p", 6)], (2, 0, 0)),
        ([(1, "5", 6)], [(1, "6", 5)], (1, 0, 0)),
        # two rows that hold the same in another order of keys; sums and XORs of columns are the same
        ([(1, "x", 1), (2, "x", 3)], [(1, "x", 3), (2, "x", 1)], (2, 0, 0)),
        # what concatenation, delimiters, lengths and marks of NULL could make equal
        ([(1, "1", 23)], [(1, "12", 3)], (1, 0, 0)),
        ([(1, "n", 1)], [(1, None, 1)], (1, 0, 0)),
        ([(1, "1:a", 1)], [(1, "a", 1)], (1, 0, 0)),
        ([(1, "n,", None)], [(1, None, None)], (1, 0, 0)),
        ([(1, "a\0", 1)], [(1, "a", 1)], (1, 0, 0)),
        ([(1, "\u00e9", 1)], [(1, "e\u0301", 1)], (1, 0, 0)),
    ],
)
def test_nothing_cancels_out(tmp_path: Path, source: Any, target: Any, kinds: Any) -> None:
    for compared in (KEYED, BUCKETED):
        assert counted(compare_rows(tmp_path, source, target, compared)) == kinds


@pytest.mark.parametrize(
    ("source", "target", "kinds"),
    [
        ([1, 1, 2], [1, 2, 2], (0, 1, 1)),
        ([1, 1], [1], (0, 1, 0)),
        ([1, 1], [], (0, 2, 0)),
        ([], [3, 3, 3], (0, 0, 3)),
        ([1] * 40, [1] * 41, (0, 0, 1)),
        ([1, 2], [2, 1], (0, 0, 0)),
        ([None, None], [None], (0, 1, 0)),
    ],
)
def test_without_a_key_duplicates_count(tmp_path: Path, source: Any, target: Any, kinds: Any) -> None:
    here, there = ([(1, "same", n) for n in side] for side in (source, target))
    result = compare_rows(tmp_path, here, there, UNKEYED, NO_KEY)
    assert counted(result) == kinds
    assert all(row.key.keys() == {"id", "a", "b"} for row in result.rows)


@pytest.mark.parametrize(
    ("source", "target", "kinds"),
    [
        ([(1, "a", 1), (1, "a", 1)], [(1, "a", 1)], (0, 1, 0)),
        ([(1, "a", 1), (1, "b", 1)], [(1, "a", 1)], (0, 1, 0)),
        ([(1, "a", 1)], [(1, "a", 1), (1, "z", 1)], (0, 0, 1)),
        ([(1, "a", 1), (1, "b", 1)], [(1, "a", 1), (1, "c", 1)], (1, 0, 0)),
        ([(None, "a", 1), (None, "b", 1)], [(None, "a", 1), (None, "c", 1)], (1, 0, 0)),
        ([(None, "a", 1)], [(None, "a", 1)], (0, 0, 0)),
    ],
)
def test_a_key_that_is_no_key_is_not_merged(tmp_path: Path, source: Any, target: Any, kinds: Any) -> None:
    for compared in (KEYED, BUCKETED):
        assert counted(compare_rows(tmp_path, source, target, compared, NO_KEY)) == kinds


EDGES = [-(2**63), -(2**63) + 1, -1, 0, 1, 2**31, 2**53 + 1, 2**63 - 1]


@pytest.mark.parametrize("gone", EDGES)
def test_any_range_of_keys(tmp_path: Path, gone: int) -> None:
    dense = [(n, "dense", n) for n in range(10_000, 10_150)]
    rows = [*((n, "edge", 0) for n in EDGES), *dense]
    result = compare_rows(tmp_path, rows, [row for row in rows if row[0] != gone])
    assert (counted(result), result.rows[0].key) == ((0, 1, 0), {"id": str(gone)})


@pytest.mark.parametrize(("source", "target"), [(0, 0), (0, 500), (500, 0), (1, 500)])
def test_empty_and_unlike_sizes(tmp_path: Path, source: int, target: int) -> None:
    for compared in (KEYED, BUCKETED, UNKEYED):
        result = compare_rows(tmp_path, ROWS[:source], ROWS[:target], compared)
        assert counted(result) == (0, max(0, source - target), max(0, target - source))
        assert (result.rows_source, result.rows_target) == (source, target)


def test_every_kind_is_shown(tmp_path: Path) -> None:
    target = [(n, "x", b) for n, _, b in ROWS[:400]] + [(9_999, "new", 1)]
    result = compare_rows(tmp_path, ROWS, target, limit=6)
    assert [row.kind for row in result.rows] == ["different"] * 3 + ["missing"] * 2 + ["extra"]
    assert counted(result) == (400, 100, 1)


def test_values_are_left_out_where_asked(tmp_path: Path) -> None:
    rows = compare_rows(tmp_path, [(1, "secret", 1)], [(1, "other", 1)], values=False).rows
    assert rows[0].model_dump(exclude_defaults=True) == {"kind": "different", "key": {"id": "1"}, "columns": ["a"]}
    unkeyed = compare_rows(tmp_path, [(1, "secret", 1)], [(1, "other", 1)], UNKEYED, values=False).rows
    assert "secret" not in str(unkeyed)


def test_long_values_are_shown_where_they_differ(tmp_path: Path) -> None:
    long = "x" * 50_000
    row = compare_rows(tmp_path, [(1, long + "A" + long, 1)], [(1, long + "B" + long, 1)]).rows[0]
    assert len(row.source["a"] or "") < 1_200 and "A" in (row.source["a"] or "") and "B" in (row.target["a"] or "")
    assert (row.source["a"] or "").endswith("(100001 bytes, from byte 49960)")


def test_parts_are_kept_for_a_certificate(tmp_path: Path) -> None:
    result = compare_rows(tmp_path, ROWS, [*ROWS[:249], (250, "x", 1), *ROWS[250:]], parts=True, key="0" * 32)
    assert [part.equal for part in result.parts].count(False) == 1
    assert sum(part.rows for part in result.parts) == 500
    again = compare_rows(tmp_path, ROWS, ROWS, parts=True, key="0" * 32)
    assert [part.digest for part in again.parts] == [part.digest for part in result.parts]
    assert all(part.equal and part.digest_target is None for part in again.parts)


def test_counts(tmp_path: Path) -> None:
    result = compare_rows(tmp_path, ROWS, ROWS[:-2], level="counts")
    assert (result.rows_source, result.rows_target, counted(result)) == (500, 498, (0, 2, 0))


def test_a_table_that_is_gone_is_a_problem_and_not_equal(tmp_path: Path) -> None:
    source, target = write(tmp_path / "s.db", ROWS), write(tmp_path / "t.db", ROWS)
    change(target, "DROP TABLE t")
    result = compare_files(source, target)
    assert result.problem is not None and not result.equal


def test_rows_that_don_t_fit_into_memory_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "LOT_BYTES", 400)
    target = [(n, f"{a} changed", b) for n, a, b in ROWS]
    for level in ("rows", "stream"):
        result = compare_rows(tmp_path, ROWS, target, level=level)
        assert (counted(result), result.columns, result.looked) == ((500, 0, 0), {"a": 500}, 500)


@pytest.mark.parametrize(
    ("span", "count", "pieces"),
    [
        (Span(0, 100), 40, [(0, 20), (20, 40), (40, 60), (60, 80), (80, 100)]),
        (Span(-(2**63), 2**63 - 1), 16, [(-(2**63), -1), (-1, 2**63 - 1)]),
        (Span(0, 3), 40, None),  # few values, many rows: no integer key of its own
        (Span(None, 100), 40, None),
        (Span(0, None), 40, None),
        (Span(0, 100, 4, frozenset({1})), 40, None),
    ],
)
def test_a_range_is_divided(span: Span, count: int, pieces: list[tuple[int, int]] | None) -> None:
    divided = bisect.divided(span, count)
    assert (None if divided is None else [(one.lower, one.upper) for one in divided]) == pieces


def test_what_is_no_number_lies_behind_all_parts(tmp_path: Path) -> None:
    source = [*ROWS, ("abc", "text", 1), (None, "null", 1)]
    result = compare_rows(tmp_path, source, ROWS, ddl=NO_KEY, parts=True)
    assert (counted(result), result.rows[0].key) == ((0, 2, 0), {"id": None})
    parts = sorted(result.parts, key=lambda part: part.upper or 10**9)
    assert [part.equal for part in parts] == [False, *[True] * (len(parts) - 2), False]

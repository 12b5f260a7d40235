"""Rows within a tolerance are counted apart, however many they are; rows beyond it are differences."""

from pathlib import Path

import pytest

from tests.transfer.compare.tables import column, compare_rows, counted, table
from transfer.canonical.columns import Form
from transfer.compare import examine

DDL = "CREATE TABLE t (id INTEGER, a TEXT, b TEXT)"
COLUMNS = [column("id", Form.NUMBER), column("a"), column("b", Form.TIMESTAMP, 3)]
WHOLE = "2024-05-01 10:00:00.{:03}"
SOURCE = [(n, f"name {n}", WHOLE.format(n) + "7") for n in range(200)]  # .7 of a millisecond behind them
CUT = [(n, a, WHOLE.format(n)) for n, a, _ in SOURCE]
ROUNDED = [(n, a, WHOLE.format(n + 1)) for n, a, _ in SOURCE]
BEYOND = [(n, a, WHOLE.format(n + 2)) for n, a, _ in SOURCE]


@pytest.mark.parametrize("many", [False, True], ids=["by key", "by reading all"])
@pytest.mark.parametrize("level", ["checksums", "stream"])
def test_with_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: str, many: bool) -> None:
    monkeypatch.setattr(examine, "BY_KEY", 5 if many else 10_000)
    compared = table(columns=COLUMNS)
    for target, tolerated, different in ((CUT, {0, 200}, 0), (ROUNDED, {0, 200}, 0), (BEYOND, {0}, 200)):
        result = compare_rows(tmp_path, SOURCE, target, compared, DDL, level=level)
        assert (counted(result), result.columns) == ((different, 0, 0), {"b": different} if different else {})
        assert result.tolerated in tolerated
        assert result.tolerances == {"b": "3 digits"}
    mixed = [*ROUNDED[:50], (50, "other", ROUNDED[50][2]), *BEYOND[51:53], *CUT[53:]]
    result = compare_rows(tmp_path, SOURCE, mixed, compared, DDL, level=level)
    assert (counted(result), result.columns) == ((3, 0, 0), {"a": 1, "b": 2})
    assert [(row.key["id"], row.columns) for row in result.rows] == [("50", ["a"]), ("51", ["b"]), ("52", ["b"])]


def test_without_a_key(tmp_path: Path) -> None:
    compared = table(key=(), range_column=None, columns=COLUMNS)
    for target, differences in ((CUT, 0), (ROUNDED, 0), (BEYOND, 200)):
        assert counted(compare_rows(tmp_path, SOURCE, target, compared, DDL)) == (0, differences, differences)
    same = [(1, "x", WHOLE.format(5) + "7")] * 3
    other = [(1, "x", WHOLE.format(6))] * 2 + [(1, "x", WHOLE.format(9))]
    assert counted(compare_rows(tmp_path, same, other, compared, DDL)) == (0, 1, 1)

"""Random tables, changed anywhere: every difference is found with its kind, key and columns, and nothing else."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.transfer.compare.tables import BUCKETED, KEYED, NO_KEY, UNKEYED, compare_files, counted, write
from transfer.compare import bisect, locate
from transfer.compare.route import choose_route

Row = tuple[int, Any, Any]

TEXTS = st.one_of(
    st.none(), st.sampled_from(["", "n", "n,", "1:a", "a", "A", "é", "e\u0301", "a\0b"]), st.text(max_size=3)
)
NUMBERS = st.one_of(st.none(), st.sampled_from([0, 1, -1, 2**63 - 1, -(2**63)]), st.integers(-5, 5))
VALUES = st.tuples(TEXTS, NUMBERS)
KEYS = st.one_of(st.integers(-20, 20), st.sampled_from([2**63 - 1, -(2**63), 2**40]))
TABLES = st.dictionaries(KEYS, VALUES, max_size=40)
CHANGES = st.dictionaries(KEYS, st.one_of(st.none(), VALUES), max_size=6)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few rows per part, so that small tables have many."""
    monkeypatch.setattr(locate, "choose_route", lambda *given: replace(choose_route(*given), part_rows=5))
    monkeypatch.setattr(bisect, "LEAF_ROWS", 2)
    monkeypatch.setattr(bisect, "PIECE_ROWS", 1)


def rows_of(table: dict[int, tuple[Any, Any]]) -> list[Row]:
    """The table's rows."""
    return [(key, *values) for key, values in table.items()]


@pytest.mark.usefixtures("small_parts")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=TABLES, changes=CHANGES)
def test_changes_are_found(tmp_path: Path, table: dict[int, Any], changes: dict[int, Any]) -> None:
    after = {key: values for key, values in (table | changes).items() if values is not None}
    source = write(tmp_path / "s.db", rows_of(table), NO_KEY)
    target = write(tmp_path / "t.db", rows_of(after), NO_KEY)
    expected: set[tuple[str, str, tuple[str, ...]]] = {("missing", str(key), ()) for key in table.keys() - after.keys()}
    expected |= {("extra", str(key), ()) for key in after.keys() - table.keys()}
    for key in table.keys() & after.keys():
        if table[key] != after[key]:
            columns = tuple(name for name, a, b in zip("ab", table[key], after[key], strict=True) if a != b)
            expected.add(("different", str(key), columns))
    for compared, level in ((KEYED, "rows"), (BUCKETED, "checksums"), (KEYED, "stream")):
        result = compare_files(source, target, compared, level=level, limit=1_000)
        assert {(row.kind, row.key["id"], tuple(row.columns)) for row in result.rows} == expected
        assert (sum(counted(result)), result.equal) == (len(expected), not expected)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(source=st.lists(st.tuples(st.integers(0, 1), TEXTS, NUMBERS), max_size=12), order=st.randoms(), data=st.data())
def test_multisets(tmp_path: Path, source: list[Row], order: Any, data: st.DataObject) -> None:
    kept = data.draw(st.lists(st.sampled_from(source), max_size=12)) if source else []
    target = [*kept, *data.draw(st.lists(st.tuples(st.integers(0, 1), TEXTS, NUMBERS), max_size=3))]
    order.shuffle(target)
    missing, extra = Counter(source) - Counter(target), Counter(target) - Counter(source)
    files = write(tmp_path / "s.db", source, NO_KEY), write(tmp_path / "t.db", target, NO_KEY)
    for level in ("checksums", "stream"):
        assert counted(compare_files(*files, UNKEYED, level=level)) == (0, missing.total(), extra.total())

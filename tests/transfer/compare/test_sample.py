"""A sample is the same on both sides and under the same seed, and says what it proves."""

from pathlib import Path

import pytest

from tests.transfer.compare.tables import BUCKETED, NO_KEY, UNKEYED, compare_rows
from transfer.compare.sample import BUCKETS, chosen_buckets, not_ruled_out

MANY = [(n, f"name {n}", n % 7) for n in range(20_000)]


@pytest.mark.parametrize(
    ("rows", "confidence", "share", "buckets"),
    [
        (0, 0.99, 0.001, BUCKETS),
        (5_000, 0.99, 0.001, BUCKETS),  # 4,603 rows are needed: then all
        (1_000_000, 0.99, 0.001, 315),  # 4,807 rows
        (10**9, 0.99, 0.001, 1),
        (10**6, 0.95, 0.1, 3),
    ],
)
def test_how_many_rows_are_chosen(rows: int, confidence: float, share: float, buckets: int) -> None:
    assert chosen_buckets(rows, confidence, share) == buckets


@pytest.mark.parametrize(
    ("rows", "differing", "share"),
    # the rule of three (3 / n at 95 %), and limits of Clopper and Pearson from tables
    [(3_000, 0, 0.000998), (100, 0, 0.0295), (10, 1, 0.394), (10, 10, 1.0), (20, 5, 0.4556)],
)
def test_what_a_sample_leaves_open(rows: int, differing: int, share: float) -> None:
    assert not_ruled_out(rows, differing, 0.95) == pytest.approx(share, rel=2e-3)


@pytest.mark.parametrize(("compared", "ddl"), [(BUCKETED, NO_KEY), (UNKEYED, NO_KEY)], ids=["key", "no key"])
def test_differing_rows_are_found(tmp_path: Path, compared: object, ddl: str) -> None:
    target = [(n, "x" if n % 10 == 3 else a, b) for n, a, b in MANY if n % 10 != 4] + [(30_000, "new", 1)]
    result = compare_rows(
        tmp_path, MANY, target, BUCKETED if compared is BUCKETED else UNKEYED, ddl, level="sample", share=0.01, limit=3
    )
    assert result.sampled is not None and not result.equal
    assert 460 < result.sampled.rows < 900 and 0.1 < result.sampled.share < 0.4
    assert result.missing and (result.different or compared is UNKEYED) and len(result.rows) == 3
    assert (result.rows_source, result.rows_target) == (20_000, 18_001)


def test_equal_tables_and_the_same_seed(tmp_path: Path) -> None:
    first, again, other = (
        compare_rows(tmp_path, MANY, MANY, level="sample", share=0.01, seed=seed).sampled for seed in (1, 1, 2)
    )
    assert first is not None and first.share <= 0.01 and first == again != other


def test_a_small_table_is_looked_at_whole(tmp_path: Path) -> None:
    result = compare_rows(tmp_path, MANY[:1_000], MANY[:999], level="sample")
    assert result.sampled is not None and (result.missing, result.sampled.rows, result.sampled.share) == (
        1,
        1_000,
        0.001,
    )

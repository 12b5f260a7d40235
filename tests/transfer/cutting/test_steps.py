"""How many rows a chunk has: by its bytes, and by what each of several lanes is to get."""

import pytest

from tests.moving import mapping, plan_of
from transfer.cutting.steps import Size, step_rows

TABLE = mapping("t", [("id", "bigint", "integer")])


@pytest.mark.parametrize(
    ("lanes", "size", "rows"),
    [
        (1, Size(500_000, row_bytes=400), 80_000),
        (2, Size(500_000, row_bytes=400), 31_250),  # eight for each lane
        (4, Size(500_000, row_bytes=400), 15_625),
        (2, Size(50_000, row_bytes=400), 10_000),  # 4 MB
        (2, Size(100_000_000, row_bytes=400), 80_000),  # 32 MB
        (2, Size(500_000, row_bytes=50_000_000), 1),
        (2, Size(80_000), 10_000),
        (2, Size(row_bytes=400), 80_000),
        (2, Size(), 100_000),
    ],
)
def test_lanes_get_equal_shares_of_chunks_that_are_worth_a_transaction(lanes: int, size: Size, rows: int) -> None:
    assert step_rows(plan_of(TABLE, parallel=lanes), size) == rows

"""Every trap on every pair of engines where it can occur: the planted difference is found, its equal gives no alarm."""

import pytest

from tests.traps.cases import CASES
from tests.traps.cases.schemas import SCHEMA_CASES, SchemaCase
from tests.traps.model import MONGODB, WRITES, Case
from tests.traps.running import Bench, wrong

CELLS = [(case, *pair) for case in CASES for pair in case.pairs()]


@pytest.mark.parametrize(("case", "source", "target"), CELLS, ids=[f"{c.table}-{s}-{t}" for c, s, t in CELLS])
def test_the_difference_is_found_and_the_equal_is_quiet(bench: Bench, case: Case, source: str, target: str) -> None:
    assert wrong(case, "differ", bench.compare(case, source, target, "differ")) is None
    if case.same:
        equal = bench.compare(case, source, target, "same")
        assert wrong(case, "same", equal) is None
        if case.trap == WRITES and target != MONGODB:  # which has one moment only where the server gives one
            assert equal.settled == 1


SCHEMA_CELLS = [(case, *pair) for case in SCHEMA_CASES for pair in case.pairs()]


@pytest.mark.parametrize(
    ("case", "source", "target"), SCHEMA_CELLS, ids=[f"{c.table}-{s}-{t}" for c, s, t in SCHEMA_CELLS]
)
def test_what_no_row_shows_is_named_where_it_is_lost(bench: Bench, case: SchemaCase, source: str, target: str) -> None:
    assert [bench.shows(case, source, target, state) for state in ("whole", "lossy")] == [False, True]

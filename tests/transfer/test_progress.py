"""Rates and the time left come from what was measured; what is not known is said."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.standing import StandingFile, last_standing
from tests.moving import mapping, plan_of
from transfer.limits import Limits
from transfer.load import LoadLimits
from transfer.progress import Teller, Tracker
from transfer.standing import Standing

COLUMNS = [("id", "bigint", "integer")]


def tracker(rows: dict[str, int | None], **more: Any) -> tuple[Tracker, list[float], Limits]:
    clock = [100.0]
    tables = [mapping(name, COLUMNS).model_copy(update={"rows": count}) for name, count in rows.items()]
    limits = Limits(LoadLimits(), 2, clock=lambda: clock[0])
    made = Tracker(plan_of(*tables), limits, clock=lambda: clock[0], **more)
    made.stage("copy")
    return made, clock, limits


def test_rates_and_time_left_are_those_of_the_last_half_minute() -> None:
    made, clock, _ = tracker({"t": 10_000})
    for _ in range(40):
        clock[0] += 1
        made.committed("main.t", 100, 5_000, 0)
    found = made.standing()
    assert (found.rows, found.rows_per_second, found.bytes_per_second) == (4_000, 100.0, 5_000.0)
    assert (found.seconds_left, found.unknown_because) == (60.0, None)
    (table,) = found.tables
    assert (table.rows_per_second, table.seconds_left) == (100.0, 60.0)


def test_rows_of_a_table_are_as_wide_as_they_were() -> None:
    made, clock, _ = tracker({"narrow": 1_000, "wide": 100, "unseen": 100})
    clock[0] += 10
    made.committed("main.narrow", 500, 5_000, 0)
    made.committed("main.wide", 50, 95_000, 0)
    # 10,000 bytes a second; 5,000 + 95,000 bytes, and 100 rows of the mean width 100,000 / 550
    assert made.standing().seconds_left == pytest.approx((100_000 + 100 * 100_000 / 550) / 10_000, abs=0.1)


@pytest.mark.parametrize(
    ("rows", "seconds", "stage", "why"),
    [
        ({"t": 10}, 0, "copy", "nothing was measured yet"),
        ({"t": 10, "u": None}, 10, "copy", "nobody counted the rows of 1 of 2 tables"),
        ({"t": 10}, 10, "post_data", "no rate is known for the stage post_data"),
        ({"t": 10}, 10, "done", None),
    ],
)
def test_what_is_not_known_is_said(rows: dict[str, int | None], seconds: float, stage: str, why: str | None) -> None:
    made, clock, _ = tracker(rows)
    made.committed("main.t", 5, 50, 0)
    clock[0] += seconds
    made.stage(stage) if stage != "copy" else None
    found = made.standing()
    assert (found.seconds_left, found.unknown_because) == (None, why)


def test_a_pause_has_no_end_that_is_known() -> None:
    made, clock, limits = tracker({"t": 100})
    made.committed("main.t", 5, 50, 0)
    clock[0] += 5
    limits._paused(["the source is busy"])
    clock[0] += 5
    found = made.standing()
    assert (found.paused, found.paused_seconds, found.seconds_left) == (["the source is busy"], 5.0, None)
    assert found.unknown_because == "the copy is paused"


def test_more_rows_than_were_expected_leave_none() -> None:
    made, clock, _ = tracker({"t": 10})
    clock[0] += 5
    made.committed("main.t", 20, 200, 1)
    found = made.standing()
    assert (found.rows, found.rows_expected, found.seconds_left, found.quarantined) == (20, 10, 0.0, 1)


def test_rows_of_earlier_runs_count_but_make_no_rate() -> None:
    before = {"main.t": {"rows": 900, "bytes": 9_000, "quarantined": 2}}
    made, clock, _ = tracker({"t": 1_000}, before=before)
    clock[0] += 10
    made.committed("main.t", 10, 100, 0)
    found = made.standing()
    assert (found.rows, found.rows_per_second, found.seconds_left) == (910, 1.0, 90.0)
    made.begun_again({"main.t": {"rows": 0, "bytes": 0, "quarantined": 0}})
    assert made.standing().rows == 0


def test_it_is_told_at_the_beginning_and_at_the_end() -> None:
    made, _, _ = tracker({"t": 10})
    told: list[Standing] = []
    with Teller(made, told.append, every=60):
        made.committed("main.t", 10, 100, 0)
        made.stage("done")
    assert [(standing.stage, standing.rows) for standing in told] == [("copy", 0), ("done", 10)]


def test_the_file_is_whole_and_says_that_its_process_is_gone(tmp_path: Path) -> None:
    assert last_standing(tmp_path) is None
    made, clock, _ = tracker({"t": 100})
    clock[0] += 5
    made.committed("main.t", 10, 100, 0)
    StandingFile(tmp_path).write(made.standing())
    kept = json.loads((tmp_path / "progress.json").read_text())
    assert kept["rows_per_second"] == 2.0 and Standing.model_validate(kept).schema_version == 1
    found = last_standing(tmp_path)
    assert found is not None and not found["running"]
    assert (found["rows"], found["rows_per_second"], found["tables"][0]["rows_per_second"]) == (10, None, None)
    (tmp_path / "progress.json").write_text("{")
    assert last_standing(tmp_path) is None

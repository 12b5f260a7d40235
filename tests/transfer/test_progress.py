"""Rates and the time left come from what was measured; what is not known is said."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.folder import Folder
from agent.standing import StandingFile, last_standing
from skills.context import SkillContext
from tests.moving import mapping, move, plan_of, sqlite_file
from transfer.limits import Limits
from transfer.load import LoadLimits
from transfer.pace import Valve
from transfer.progress import Teller, Tracker
from transfer.standing import Standing

COLUMNS = [("id", "bigint", "integer")]


def tracker(
    rows: dict[str, int | None], sizes: dict[str, int] | None = None, **more: Any
) -> tuple[Tracker, list[float], Limits]:
    clock = [100.0]
    known = {name: {"rows": count, "size_bytes": (sizes or {}).get(name)} for name, count in rows.items()}
    tables = [mapping(name, COLUMNS).model_copy(update=facts) for name, facts in known.items()]
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
    limits._paused({"max_running_threads": "the source is busy"})
    clock[0] += 5
    found = made.standing()
    assert (found.paused, found.paused_seconds, found.seconds_left) == (["the source is busy"], 5.0, None)
    assert found.unknown_because == "the copy is paused"


def test_what_comes_after_a_pause_is_measured_anew() -> None:
    made, clock, limits = tracker({"t": 10_000})

    def pass_by(seconds: int, rows: int) -> Standing:
        for _ in range(seconds):
            clock[0] += 1
            if rows:
                made.committed("main.t", rows, rows * 50, 0)
            found = made.standing()
        return found

    pass_by(10, 100)
    limits._paused({"max_running_threads": "the source is busy"})
    assert pass_by(20, 0).rows_per_second is None
    limits._paused({})
    found = pass_by(5, 200)
    assert (found.rows_per_second, found.bytes_per_second, found.seconds_left) == (200.0, 10_000.0, 40.0)
    assert (found.tables[0].rows_per_second, found.tables[0].seconds_left) == (200.0, 40.0)


def test_rows_that_did_not_come_yet_are_as_wide_as_the_plan_says() -> None:
    made, clock, _ = tracker({"narrow": 1_000, "wide": 100}, sizes={"narrow": 40_000_000, "wide": 400_000_000})
    clock[0] += 10
    made.committed("main.narrow", 1_000, 20_000_000, 0)  # half of what they take in the source
    assert made.standing().seconds_left == 100.0  # 200 MB at 2 MB a second


def test_time_left_is_known_before_the_first_range_is_committed() -> None:
    made, clock, limits = tracker({"t": 1_000}, sizes={"t": 2_000_000})
    lane = Valve()
    limits.admit(lane)
    for _ in range(8):  # it takes its time to open lanes
        clock[0] += 1
        assert made.standing().unknown_because == "nothing was measured yet"
    for _ in range(5):
        clock[0] += 1
        lane.pace(100_000)
        found = made.standing()
    assert (found.bytes_per_second, found.seconds_left) == (100_000.0, 15.0)
    made.committed("main.t", 250, 300_000, 0)
    assert made.standing().seconds_left == 7.0  # 750 rows of 1,200 bytes, of which 200,000 are under way


@pytest.mark.parametrize(
    ("expected", "rows", "last", "left"),
    [
        (10, 20, False, (None, "more rows came than were expected")),
        (10, 20, True, (0.0, None)),
        (1_000, 20, True, (0.0, None)),
        (1_000, 20, False, (245.0, None)),
        (None, 20, True, (0.0, None)),
    ],
)
def test_where_a_table_ends_counts_more_than_what_was_expected(
    expected: int | None, rows: int, last: bool, left: tuple[float | None, str | None]
) -> None:
    made, clock, _ = tracker({"t": expected})
    clock[0] += 5
    made.committed("main.t", rows, rows * 10, 1, 2, 2 if last else None)
    found = made.standing()
    assert (found.rows, found.rows_expected, found.quarantined) == (rows, expected, 1)
    assert (found.seconds_left, found.unknown_because) == left


def test_a_table_ends_with_all_of_its_ranges_whichever_is_the_last() -> None:
    made, clock, _ = tracker({"t": 100})
    clock[0] += 5
    made.committed("main.t", 10, 100, 0, 1, chunks=4)
    made.committed("main.t", 10, 100, 0, 2)
    found = made.standing().seconds_left
    made.committed("main.t", 10, 100, 0, 1)
    assert (found, made.standing().seconds_left) == (20.0, 0.0)


def test_a_table_that_an_earlier_run_finished_expects_no_rows() -> None:
    before = {
        name: {"rows": 50, "bytes": 500, "quarantined": 0, "chunks": 2, "done": 2} for name in ("main.t", "main.u")
    }
    made, clock, _ = tracker({"t": 1_000, "u": 100}, before=before, cut={"main.t"})
    clock[0] += 5
    made.committed("main.u", 25, 250, 0)
    assert made.standing().seconds_left == 5.0


def test_rows_of_earlier_runs_count_but_make_no_rate() -> None:
    before = {"main.t": {"rows": 900, "bytes": 9_000, "quarantined": 2}}
    made, clock, _ = tracker({"t": 1_000}, before=before)
    clock[0] += 10
    made.committed("main.t", 10, 100, 0)
    found = made.standing()
    assert (found.rows, found.rows_per_second, found.seconds_left) == (910, 1.0, 90.0)
    made.begun_again({"main.t": {"rows": 0, "bytes": 0, "quarantined": 0}})
    assert made.standing().rows == 0


def noted(function: Callable[..., Any], calls: list[str]) -> Callable[..., Any]:
    def call(*given: Any) -> Any:
        calls.append(function.__name__)
        return function(*given)

    return call


def test_what_is_there_is_counted_before_lanes_work_so_that_no_range_counts_twice(
    tmp_path: Path, empty_18: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    for name in ("begun_again", "committed"):
        monkeypatch.setattr(Tracker, name, noted(getattr(Tracker, name), calls))
    rows = [("INSERT INTO t VALUES (?)", [(n,) for n in range(300)])]
    told: list[Standing] = []
    context = SkillContext(standing=told.append)
    move(
        sqlite_file(tmp_path / "t.db", "CREATE TABLE t (id INTEGER PRIMARY KEY)", rows=rows),
        empty_18,
        plan_of(mapping("t", COLUMNS), chunk_rows=100),
        context,
    )
    assert calls[0] == "begun_again"
    assert set(calls[1:]) == {"committed"}
    assert told[-1].rows == 300


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


def test_a_new_process_does_not_show_the_rates_of_one_that_was_killed(tmp_path: Path) -> None:
    made, clock, _ = tracker({"t": 100})
    clock[0] += 5
    made.committed("main.t", 10, 100, 0)
    with Folder(tmp_path).locked():
        StandingFile(tmp_path).write(made.standing())
        own = last_standing(tmp_path)
        assert own is not None and own["rows_per_second"] == 2.0
        (tmp_path / "progress.json").write_text(made.standing().model_copy(update={"process": 1}).model_dump_json())
        found = last_standing(tmp_path)
    assert found is not None and found["running"]
    assert (found["rows"], found["rows_per_second"], found["lanes"]) == (10, None, 0)
    assert found["unknown_because"] == "the copy did not go on yet"

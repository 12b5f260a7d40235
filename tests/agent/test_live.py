"""What a person sees of a copy that runs: a view that keeps its place, or a line now and then."""

import io
import sys

import pytest

from agent.console import Console
from agent.live import drawn, standing_text
from skills.context import Progress
from tests.agent.test_console import Screen
from transfer.standing import Standing, TableStanding

AT = "2026-01-01T00:00:00.000+00:00"
COPY = Standing(
    migration="m", stage="copy", started_at=AT, at=AT, rows=1_000, rows_expected=4_000, bytes=90_000,
    rows_per_second=500.0, bytes_per_second=45_000.0, seconds_left=6.0, lanes=2, lanes_allowed=2,
    tables=[TableStanding(name="public.orders", rows=1_000, rows_expected=4_000, rows_per_second=500.0)],
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({}, "copy: 1,000 of 4,000 rows (25%), 500 rows/s, 0.0 MB/s, 6.00 s left, 2 lanes"),
        (
            {"seconds_left": None, "rows_per_second": None, "unknown_because": "nothing was measured yet", "lanes": 1},
            "copy: 1,000 of 4,000 rows (25%), time left unknown: nothing was measured yet, 1 of 2 lanes",
        ),
        ({"rows_expected": None, "quarantined": 3}, "copy: 1,000 rows, 500 rows/s, 0.0 MB/s, 6.00 s left, 2 lanes, "
         "3 values set aside"),
        ({"stage": "post_data"}, "post_data: 1,000 of 4,000 rows (25%)"),
        ({"stage": "scan"}, "scan: 1,000 of 4,000 rows (25%), 500 rows/s, 6.00 s left"),
    ],
)  # fmt: skip
def test_a_standing_in_one_line(change: dict[str, object], text: str) -> None:
    assert standing_text(COPY.model_copy(update=change).model_dump()) == text


def shown(tty: bool, *told: Standing | Progress | str) -> str:
    screen = Screen() if tty else io.StringIO()
    before, sys.stderr = sys.stderr, screen
    try:
        with Console() as console:
            for item in told:
                if isinstance(item, Standing):
                    console.standing(item)
                elif isinstance(item, Progress):
                    console.show(item)
                else:
                    console.say(item)
    finally:
        sys.stderr = before
    return screen.getvalue()


def test_a_terminal_shows_the_tables_that_move_and_takes_them_off_again() -> None:
    seen = shown(True, COPY, "said meanwhile", COPY.model_copy(update={"stage": "post_data"}), Progress("x", "y", 1, 2))
    assert "public.orders" in seen and "1,000/4,000" in seen and "said meanwhile" in seen


def test_without_a_terminal_pauses_are_lines() -> None:
    paused = COPY.model_copy(update={"paused": ["the source runs 9 statements, limit 5"]})
    still = COPY.model_copy(update={"paused": ["the source runs 10 statements, limit 5"]})
    assert shown(False, Progress("copy", "t", 1, 2), COPY, paused, still, COPY).splitlines() == [
        "  copying rows",
        "  paused: the source runs 9 statements, limit 5",
        "  going on",
    ]


def test_the_copy_is_announced_before_its_first_line() -> None:
    assert shown(False, COPY.model_copy(update={"paused": ["x"]})).splitlines() == ["  copying rows", "  paused: x"]


def test_names_take_no_effect_in_a_terminal() -> None:
    from rich.console import Console as Screen

    screen = Screen(file=io.StringIO(), width=120)
    table = TableStanding(name="a\x1b[31mb\n[bold]c", rows=1)
    screen.print(drawn(COPY.model_copy(update={"tables": [table], "paused": ["x\x1b[1m"]})))
    assert isinstance(screen.file, io.StringIO)
    written = screen.file.getvalue()
    assert "\x1b[31m" not in written and "\x1b[1m" not in written and "[bold]c" in written

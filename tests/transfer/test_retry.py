"""What failed is done again, unless its target says that it is done all the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from engines.errors import DbmoError, EngineError
from transfer.retry import AT_ONCE, Patience, insist, once_lost

LOST, FAILED, REFUSED, PASSED, FULL = (
    EngineError(code, "", "")
    for code in ("CONNECTION_LOST", "CONNECTION_FAILED", "OBJECT_TAKEN", "EPOCH_PASSED", "DISK_FULL")
)
QUICK = Patience(tries=3, outage_seconds=0.05, first_wait=0.001)


def said(*answers: object) -> Callable[[], str | None]:
    """Gives, or raises, one answer after the other; a call more is an error of the test."""
    left: Iterator[object] = iter(answers)

    def say() -> str | None:
        found = next(left)
        if isinstance(found, DbmoError):
            raise found
        return None if found is None else str(found)

    return say


@pytest.mark.parametrize(
    ("tries", "asked", "result"),
    [
        (["done"], [], "done"),
        ([LOST, "done"], [None], "done"),
        ([LOST], ["was done"], "was done"),  # and is not done again
        ([LOST, REFUSED], [None, "was done"], "was done"),  # its COMMIT was still on its way when it was asked first
        ([LOST], [LOST, "was done"], "was done"),
        ([REFUSED], [None], REFUSED),
        ([REFUSED], [REFUSED], REFUSED),
        ([FULL], [REFUSED], FULL),  # what the asking met says nothing of it
        ([FULL], [PASSED], PASSED),
        ([LOST], [REFUSED], REFUSED),
        ([PASSED], [], PASSED),
    ],
)
def test_what_was_done_meanwhile_is_no_failure(tries: list[object], asked: list[object], result: object) -> None:
    try:
        found: object = insist(said(*tries), QUICK, meanwhile=said(*asked))
    except DbmoError as error:
        found = error
    assert found == result


@pytest.mark.parametrize(
    ("tries", "result"), [([FAILED], FAILED), ([LOST, FAILED, "done"], "done"), ([LOST, REFUSED], REFUSED)]
)
def test_who_connects_first_waits_only_for_a_server_that_was_there(tries: list[object], result: object) -> None:
    try:
        found: object = insist(said(*tries), QUICK, judge=once_lost())
    except DbmoError as error:
        found = error
    assert found == result


def test_who_asks_once_hears_of_what_passes() -> None:
    with pytest.raises(DbmoError, match="CONNECTION_LOST"):
        insist(said(LOST), AT_ONCE)


@pytest.mark.parametrize("tries", [(LOST, "built"), (LOST, LOST, LOST, "built")])
def test_patience_begins_with_a_failure(tries: tuple[object, ...]) -> None:
    """Not with the work itself: an index may be built for an hour before its connection is lost, and then another."""
    answer = said(*tries)

    def build() -> str | None:
        time.sleep(1.2 * QUICK.outage_seconds)
        return answer()

    assert insist(build, QUICK) == "built"


def test_what_ends_its_server_each_time_is_given_up() -> None:
    tries = 0

    def build() -> None:
        nonlocal tries
        tries += 1
        time.sleep(1.2 * QUICK.outage_seconds)
        raise LOST

    with pytest.raises(DbmoError, match="CONNECTION_LOST"):
        insist(build, QUICK)
    assert tries == QUICK.tries + 1

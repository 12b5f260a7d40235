"""While the source is written to: differing rows are read again by key until they are equal, or stably different."""

from __future__ import annotations

import hashlib
import time
from collections import Counter

from transfer.canonical.columns import ComparedTable
from transfer.canonical.encoding import Hashing, encode
from transfer.compare.both import POLL_SECONDS, Both
from transfer.compare.findings import Finding, Findings
from transfer.compare.locate import Locator
from transfer.compare.rows import LOT, Rows, findings_of, judged, read_rows
from transfer.compare.unsettled import Kept, Unsettled, signature

ROUNDS = 10  # in the time that is given, within the limits below
PAUSE_SECONDS = (0.2, 5.0)


def interrupted(locator: Locator, findings: Findings) -> Kept | None:
    """Where a settling of this very comparison stood when it was killed."""
    if locator.options.settle_seconds <= 0 or locator.options.level == "sample":
        return None
    both, table = locator.both, locator.table
    return Unsettled(findings, table.name).kept(signature(both.source, both.target, table, locator.options))


def settle(locator: Locator, findings: Findings, kept: Kept | None = None) -> None:
    """Read the rows of a table's findings again, at fresh moments, for at most options.settle_seconds.

    A row that is equal by then is no finding any more. One is a difference when the source held the same twice in a row
    and the target something else. Those that still change when the time is over stay findings, and are counted as not
    settled. kept: where an interrupted settling stood; the state lies beside the findings after every lot.
    """
    both, table, result = locator.both, locator.table, locator.result
    state = Unsettled(findings, table.name)
    if kept is None:
        state.begin(signature(both.source, both.target, table, locator.options), result, locator.hashing)
    spent, rounds = (kept.seconds, kept.rounds) if kept else (0.0, 0)
    started = time.monotonic() - spent
    low, high = PAUSE_SECONDS
    pause = min(high, max(low, locator.options.settle_seconds / ROUNDS))
    while state.count():
        if rounds:
            if time.monotonic() - started + pause > locator.options.settle_seconds:
                break
            _rest(both, pause)
        both.both(lambda side: side.refresh())
        for lot in state.lots(LOT):
            _look_again(locator, findings, state, lot)
        rounds += 1
        state.round_over(result, time.monotonic() - started)
    result.unsettled = state.count()
    state.end()


def _look_again(locator: Locator, findings: Findings, state: Unsettled, lot: list[tuple[bytes, bytes | None]]) -> None:
    before = dict(lot)
    for keys, here, there in read_rows(locator.both, locator.table, list(before), locator.hashing):
        differences: list[Finding] = []
        closed: list[bytes] = []
        seen: dict[bytes, bytes] = {}
        for key in keys:
            source = here.get(key, Counter())
            looked = judged(locator.table, key, source, there.get(key, Counter()))
            now = _fingerprint(locator.table, source, locator.hashing)
            if looked.rows and now != before[key]:
                seen[key] = now
            else:
                closed.append(key)
                locator.result.tolerated += looked.tolerated
                locator.result.settled += looked.settled
            differences += findings_of(looked.rows)
        findings.replace(locator.table.name, keys, differences)
        state.note(closed, seen)


def _fingerprint(table: ComparedTable, rows: Rows, hashing: Hashing) -> bytes:
    whole = hashlib.blake2b(key=hashing.key.encode()[:64], digest_size=16)
    for row, times in sorted((encode(table.columns, row), times) for row, times in rows.items()):
        whole.update(b"%d:%d:%b" % (times, len(row), row))
    return whole.digest()


def _rest(both: Both, seconds: float) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        both.check()
        time.sleep(min(left, POLL_SECONDS))

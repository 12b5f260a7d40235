"""Compares one table on both sides at the level that was asked for."""

from __future__ import annotations

import time
from collections.abc import Callable

from engines.errors import DbmoError
from transfer.canonical.columns import ComparedTable
from transfer.compare.aside_documents import count_left_out
from transfer.compare.aside_inside import count_inside
from transfer.compare.both import FATAL, Both, Report, nobody, silent
from transfer.compare.examine import examine
from transfer.compare.findings import Findings
from transfer.compare.locate import Locator
from transfer.compare.model import Options, Problem, TableComparison
from transfer.compare.parts import judge_parts
from transfer.compare.sample import Sample
from transfer.compare.settle import interrupted, settle
from transfer.compare.tally import Tally
from transfer.compare.throttle import Throttle
from transfer.quarantined import Quarantined
from transfer.sides.side import Side

__all__ = ["Report", "compare_table"]


def compare_table(
    source: Side,
    target: Side,
    table: ComparedTable,
    options: Options,
    findings: Findings,
    aside: list[Quarantined] | None = None,
    report: Report = silent,
    cancelled: Callable[[], bool] = nobody,
) -> TableComparison:
    """What differs between both sides of a table; every differing row's key goes into the findings.

    aside: what the migration quarantined of this table: such rows and values are checked and counted apart. A table
    that can't be compared (rights, dropped, unreadable) gives a result with its problem; a lost connection, a full
    disk and a cancellation raise. report is called after every part with the rows that were compared so far.
    """
    started = time.monotonic()
    result = TableComparison(
        name=table.name,
        source=table.source,
        target=table.target,
        level=options.level,
        tolerances=table.tolerances,
        uncompared=table.uncompared,
    )
    tally = Tally(table, options)
    with Both(source, target, Throttle(options.source_cpu, cancelled=cancelled), cancelled) as both:
        locator = Locator(both, table, options, result, report)
        locator.plain = bool(aside) and not table.key  # what was set aside is told by the md5 of its row
        try:
            _compare(locator, findings, tally, [] if table.withheld else aside or [])
            if table.withheld:
                count_left_out(source, table, result)
        except DbmoError as error:
            if error.code in FATAL:
                raise
            result.problem = Problem.of(error)
    if options.level != "counts":
        tally.into(result, findings)
    result.seconds = time.monotonic() - started
    return result


def _compare(locator: Locator, findings: Findings, tally: Tally, aside: list[Quarantined]) -> None:
    level = locator.options.level
    if level == "schema":
        raise ValueError("level schema compares no rows: transfer/compare/schema_level.py does that")
    if level == "counts":
        _count(locator, aside)
        return
    kept = interrupted(locator, findings)
    chosen: Sample | None = None
    if kept is not None:
        locator.take_up(kept.result, kept.hashing)
    else:
        findings.clear(locator.table.name)
        chosen = _locate(locator, findings)
    if locator.options.settle_seconds > 0:
        settle(locator, findings, kept)
    examine(locator, findings, tally, aside)
    judge_parts(locator.table, locator.result, findings)
    if chosen is not None:
        tally.tolerated += chosen.tolerated
        locator.result.sampled = chosen.says(sum(findings.counts(locator.table.name).values()))


def _locate(locator: Locator, findings: Findings) -> Sample | None:
    if locator.options.level == "sample":
        chosen = Sample(locator)
        chosen.locate(findings)
        return chosen
    if locator.options.level == "stream":
        locator.by_stream(findings)
    else:
        locator.by_digests(findings)
    return None


def _count(locator: Locator, aside: list[Quarantined]) -> None:
    """Counts only: a surplus or lack is extra or missing, without keys; withheld rows are not missing."""
    result = locator.result
    source, target = locator.counts()
    if locator.table.above is not None and aside:
        result.withheld = count_inside(locator.both.source, locator.table, aside, locator.hashing)
    else:
        result.withheld = sum(entry.action == "row_withheld" for entry in aside)
        result.set_aside = len(aside) - result.withheld
    result.missing = max(0, source - target - result.withheld)
    result.extra = max(0, target + result.withheld - source)

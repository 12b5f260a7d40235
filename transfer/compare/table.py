"""Compares one table on both sides at the level that was asked for."""

from __future__ import annotations

from collections.abc import Callable

from transfer.canonical.columns import ComparedTable
from transfer.chunks import Quarantined
from transfer.compare.findings import Findings
from transfer.compare.model import Options, TableComparison
from transfer.sides.side import Side

Report = Callable[[int], None]  # rows of the source that are compared so far


def compare_table(
    source: Side,
    target: Side,
    table: ComparedTable,
    options: Options,
    findings: Findings,
    aside: list[Quarantined] | None = None,
    report: Report = lambda rows: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> TableComparison:
    """What differs between both sides of a table; every differing row's key goes into the findings.

    aside: what the migration quarantined of this table: such rows and values are checked and counted apart. A table
    that can't be compared (rights, dropped, unreadable) gives a result with its problem; a lost connection raises.
    """
    raise NotImplementedError

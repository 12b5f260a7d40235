"""What bounds a query, in one phrase, from the plan that SQLite chose."""

from __future__ import annotations

import re
from collections.abc import Sequence

# EXPLAIN QUERY PLAN lines (https://www.sqlite.org/eqp.html, 3.36 and later), the costliest first.
PHRASES: list[tuple[re.Pattern[str], str]] = [
    (re.compile(r"SCAN (?!CONSTANT)(.+?) VIRTUAL TABLE INDEX.*"), "scan of virtual table {0}"),
    (re.compile(r"SCAN (?!CONSTANT|.* USING )(.+)"), "scan of {0}"),
    (re.compile(r"SCAN (.+?) USING (?:COVERING )?INDEX (.+)"), "scan of {0} by index {1}"),
    (re.compile(r"SEARCH (.+?) USING AUTOMATIC .*"), "index built for the query on {0}"),
    (re.compile(r"USE TEMP B-TREE FOR (.+)"), "temp b-tree for {0}"),
    (re.compile(r"SEARCH (.+?) USING (?:COVERING )?INDEX (.+?)(?: \(.*)?"), "search {0} using index {1}"),
    (re.compile(r"SEARCH (.+?) USING INTEGER PRIMARY KEY.*"), "search {0} using its rowid"),
    (re.compile(r"SEARCH (.+?) USING PRIMARY KEY.*"), "search {0} using its primary key"),
    (re.compile(r"SEARCH (.+)"), "search {0}"),
]
NO_TABLE = "no table read"


def bound_by(steps: Sequence[str]) -> str:
    """The phrase for the costliest kind of step in a plan; steps are the detail texts in the plan's order.

    `scan of orders`, `search orders using index orders_by_customer`, `temp b-tree for order by`.
    """
    for pattern, phrase in PHRASES:
        for step in steps:
            match = pattern.fullmatch(step)
            if match:
                parts = [part.lower() if step.startswith("USE TEMP") else part for part in match.groups()]
                return phrase.format(*parts)
    return NO_TABLE

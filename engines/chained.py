"""SQL expressions of any number of terms, no deeper than servers take them.

SQLite takes none that is more than 1,000 deep (SQLITE_MAX_EXPR_DEPTH), and a thread of MariaDB that walks through a sum
of 1,000 lengths has no stack left.
"""

from __future__ import annotations

from collections.abc import Sequence

TOGETHER = 100  # 2,000 columns then make an expression that is 120 deep


def chained(operator: str, terms: Sequence[str]) -> str:
    """Terms with an operator between them for which any grouping is the same (AND, +); empty without terms."""
    if len(terms) <= TOGETHER:
        return f" {operator} ".join(terms)
    lots = [f" {operator} ".join(terms[start : start + TOGETHER]) for start in range(0, len(terms), TOGETHER)]
    return f" {operator} ".join(f"({lot})" for lot in lots)

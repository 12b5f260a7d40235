"""What MySQL and MariaDB are told once the rows are there: the next numbers of counters, and statistics.

All of these commit by themselves, and all give the same when they are run twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engines.errors import EngineError
from engines.mysql.quoting import quote_identifier, quote_literal, quote_name

Query = Callable[[str], Sequence[Sequence[Any]]]

TABLES = 50  # in one ANALYZE TABLE
COUNTERS = "SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = {schema} AND TABLE_NAME = {name}"


def next_number(query: Query, schema: str, name: str, column: str) -> int | None:
    """What the AUTO_INCREMENT column of a table would be given next; None where it has none.

    The session has information_schema_stats_expiry = 0, else MySQL 8 gives the number of up to a day ago. MyISAM counts
    by groups where the column isn't the first of a key, and says 1 then: it is the number behind the largest.
    """
    found = query(COUNTERS.format(schema=quote_literal(schema), name=quote_literal(name)))
    if not found or found[0][0] is None:
        return None
    if int(found[0][0]) > 1:
        return int(found[0][0])
    [(largest,)] = query(f"SELECT MAX({quote_identifier(column)}) FROM {quote_name(schema, name)}")
    return max(int(largest or 0), 0) + 1


def counter_statement(schema: str, name: str, following: int) -> str:
    """Makes the AUTO_INCREMENT column go on with a number, or behind the largest one there if that is more."""
    return f"ALTER TABLE {quote_name(schema, name)} AUTO_INCREMENT = {max(int(following), 1)}"


def sequence_statement(schema: str, name: str, following: int) -> str:
    """Makes a sequence of MariaDB give a number next; SETVAL never takes one back (MariaDB: SETVAL)."""
    return f"SELECT SETVAL({quote_name(schema, name)}, {int(following)}, 0)"


def next_of_sequence(query: Query, schema: str, name: str) -> int:
    """The next number that MariaDB keeps on disk; numbers that the server has cached beyond it are passed over."""
    return int(query(f"SELECT next_not_cached_value FROM {quote_name(schema, name)}")[0][0])


def analyze(query: Query, tables: Sequence[tuple[str, str]]) -> None:
    """Gather statistics of these (database, table); EngineError ANALYZE_FAILED with the server's words."""
    for start in range(0, len(tables), TABLES):
        names = ", ".join(quote_name(schema, name) for schema, name in tables[start : start + TABLES])
        for table, _, kind, words in query(f"ANALYZE TABLE {names}"):
            if str(kind).lower() == "error":
                raise EngineError(
                    "ANALYZE_FAILED",
                    f"Statistics of {table} could not be gathered ({words}).",
                    "Run ANALYZE TABLE by hand; the rows are all there.",
                )

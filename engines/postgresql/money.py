"""What stored numbers of the type money mean: the digits behind the point that a database's lc_monetary has."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol, runtime_checkable

from engines.errors import Aborted
from engines.full_names import column_name, qualified
from engines.postgresql.schemas import USER_SCHEMA

C_DIGITS = 2  # under lc_monetary C, and wherever a locale says none (PostgreSQL source, utils/adt/cash.c)
# read when a statement is taken in, so under the setting that holds before the statement sets another one
ONE = "pg_catalog.cash_send('1'::pg_catalog.money)"
# Columns of a type that is money or holds some: domains, arrays, ranges and composite types of it, to any depth.
HOLDING = f"""
WITH RECURSIVE parts (whole, part) AS (
  SELECT oid, typbasetype FROM pg_catalog.pg_type WHERE typtype = 'd'
  UNION ALL SELECT oid, typelem FROM pg_catalog.pg_type WHERE typcategory = 'A' AND typelem <> 0
  UNION ALL SELECT rngtypid, rngsubtype FROM pg_catalog.pg_range
  UNION ALL SELECT c.reltype, a.atttypid FROM pg_catalog.pg_class AS c
              JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             WHERE c.reltype <> 0
), holding (oid) AS (
  SELECT 'pg_catalog.money'::pg_catalog.regtype::pg_catalog.oid
  UNION SELECT p.whole FROM holding AS h JOIN parts AS p ON p.part = h.oid
)
SELECT n.nspname::text, c.relname::text, a.attname::text
  FROM pg_catalog.pg_attribute AS a
  JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v', 'm')
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE a.attnum > 0 AND NOT a.attisdropped AND a.atttypid IN (SELECT oid FROM holding)
   AND {USER_SCHEMA}
 ORDER BY 1, 2, a.attnum
"""
SHOWN = 5
Query = Callable[[str], Sequence[Sequence[Any]]]


@runtime_checkable
class KeepsMoney(Protocol):
    """A database of PostgreSQL."""

    money_digits: int

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        ...


def digits_of(one: bytes) -> int:
    """The digits behind the point, from what ONE gives: 1 is stored as 100 where they are two."""
    return len(str(int.from_bytes(one, "big", signed=True))) - 1


def columns_of_money(query: Query, tables: Collection[tuple[str, str]]) -> list[str]:
    """Full names of the columns of these tables and views (schema, name) whose values are money or hold some."""
    found = [row for row in query(HOLDING) if (row[0], row[1]) in tables]
    return [column_name(qualified(schema, name), column) for schema, name, column in found]


def check_money(query: Query, here: int, there: int, tables: Collection[tuple[str, str]]) -> None:
    """Aborted MONEY_DIFFERS where rows of a source that hold money would mean other amounts in the target.

    query: of the source; here, there: the digits of both; tables: schemas and names of those that are moved, and of
    views, in which constants of money would mean others too.
    """
    names = columns_of_money(query, tables) if here != there else []
    if not names:
        return
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    raise Aborted(
        "MONEY_DIFFERS",
        f"{', '.join(names[:SHOWN])}{more} hold money, whose numbers have {here} digits behind the point in the source"
        f" and {there} in the target (lc_monetary): the same numbers would be other amounts.",
        "Give the target the source's setting (ALTER DATABASE ... SET lc_monetary = ...), or make the columns numeric"
        " in the source; then run the same command again.",
        columns=names,
    )

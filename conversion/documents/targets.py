"""What a relational target can hold of a document's values, as a table; what it can't hold goes to the residue."""

from __future__ import annotations

from dataclasses import dataclass

from conversion.documents.values import FIRST_DATETIME_MS, LAST_DATETIME_MS
from engines.families import family

DAY_MS = 86_400_000
YEAR_1000_MS = -30610224000000  # 1000-01-01, where MySQL's documented range of DATETIME begins


@dataclass(frozen=True)
class Target:
    """One kind of target. Limits are those of its documentation, dates are milliseconds since 1970.

    dates: how drivers give and take a moment (aware or naive datetime, or text); decimals: digits (the value keeps its
    own scale), fixed (the column's scale) or text; decimal_specials: which of NaN, Infinity, -Infinity a decimal column
    holds; columns and row_bytes: what one table may have; index_text: length in characters of an indexed text
    column, so that every value fits into an index entry (0: no limit); prefixes: a longer text can be indexed by its
    beginning.
    """

    family: str
    nul_in_text: bool
    not_finite: bool
    negative_zero: bool
    decimals: str
    decimal_specials: frozenset[str]
    first_date: int
    last_date: int
    dates: str
    native_uuid: bool
    columns: int
    row_bytes: int
    index_text: int
    prefixes: bool
    not_valid: bool
    partial_indexes: bool
    schema: str | None = None


ALL_SPECIALS = frozenset({"NaN", "Infinity", "-Infinity"})
# PostgreSQL: a day of distance from the ends, so that every session time zone can show the value; a row must fit into
# a page of 8 kB after long values moved out (a pointer of 18 bytes each); NUL and infinities: chapters 8.1, 8.3, 8.5.
# MySQL: InnoDB takes 1,017 columns and about half a page of 16 kB per row (https://mariadb.com/kb/en/innodb-limitations);
# DOUBLE has no NaN and no infinities, and the sign of zero is not promised. SQLite: SQLITE_MAX_COLUMN is 2,000; NaN
# becomes NULL and -0.0 becomes 0 on disk; text with NUL is cut by its functions (https://sqlite.org/nulinstr.html).
TARGETS: dict[str, Target] = {
    "postgresql": Target(
        family="postgresql", nul_in_text=False, not_finite=True, negative_zero=True, decimals="digits",
        decimal_specials=ALL_SPECIALS, first_date=FIRST_DATETIME_MS + DAY_MS, last_date=LAST_DATETIME_MS - DAY_MS,
        dates="aware", native_uuid=True, columns=1600, row_bytes=7600, index_text=250, prefixes=False, not_valid=True,
        partial_indexes=True,
    ),
    "mysql": Target(
        family="mysql", nul_in_text=True, not_finite=False, negative_zero=False, decimals="fixed",
        decimal_specials=frozenset(), first_date=YEAR_1000_MS, last_date=LAST_DATETIME_MS,
        dates="naive", native_uuid=False, columns=1017, row_bytes=7600, index_text=255, prefixes=True, not_valid=False,
        partial_indexes=False,
    ),
    "sqlite": Target(
        family="sqlite", nul_in_text=False, not_finite=False, negative_zero=False, decimals="text",
        decimal_specials=ALL_SPECIALS, first_date=FIRST_DATETIME_MS, last_date=LAST_DATETIME_MS,
        dates="text", native_uuid=False, columns=2000, row_bytes=1_000_000, index_text=0, prefixes=False,
        not_valid=False, partial_indexes=True, schema="main",
    ),
}  # fmt: skip
FIRST_WITH_INFINITE_NUMERIC = 14  # https://www.postgresql.org/docs/14/release-14.html


def target_for(engine: str, version: str) -> Target:
    """The row of the table for an engine and its version."""
    found = TARGETS[family(engine)]
    major = version.split(".")[0]
    if found.family == "postgresql" and major.isdigit() and int(major) < FIRST_WITH_INFINITE_NUMERIC:
        return Target(**{**found.__dict__, "decimal_specials": frozenset({"NaN"})})
    return found

"""The table of hazards of MySQL and MariaDB sources, beside those that any source may have."""

from __future__ import annotations

from skills.database_optimization_analyzer import hazards_mysql as my
from skills.database_optimization_analyzer.hazard_rule import HazardRule

SOURCES = ("mysql",)
POLICY = "The policy of its kind decides (docs/quarantine.md): convert, set aside with its key, or stop."

MYSQL = (
    HazardRule(
        "zero-date", "0000-00-00 in a column of days", SOURCES, "high",
        POLICY, my.of_form("zero-date"), True,
    ),
    HazardRule(
        "partial-date", "A day whose month or day is 0", SOURCES, "high",
        POLICY, my.of_form("partial-date"), True,
    ),
    HazardRule(
        "time-beyond-a-day", "A time below zero or of a day and more", SOURCES, "high",
        f"Map the column to an interval, which holds it. {POLICY}", my.of_form("time-beyond-a-day"), True,
    ),
    HazardRule(
        "nul-character", "NUL characters in text or JSON", SOURCES, "high",
        POLICY, my.of_form("nul-character"), True,
    ),
    HazardRule(
        "enum-error-value", "An ENUM's error value, which is no label", SOURCES, "medium",
        POLICY, my.of_form("enum-error-value"), True,
    ),
    HazardRule(
        "other-boolean", "tinyint(1) with values beside 0 and 1", SOURCES, "medium",
        "The column stays a number; map the values to make it boolean.", my.other_booleans, True,
    ),
    HazardRule(
        "number-beyond-signed-64-bits", "Unsigned numbers over 2^63-1", SOURCES, "low",
        "The column becomes numeric, which is larger and slower than a bigint.", my.beyond_signed, True,
    ),
    HazardRule(
        "table-without-transactions", "A table whose engine knows no transactions", SOURCES, "high",
        "No moment covers it: keep others from writing to it while it is copied, or make it InnoDB first.",
        my.without_transactions,
    ),
    HazardRule(
        "folded-key", "A key whose collation holds different texts to be equal", SOURCES, "low",
        "Decide whether the target should fold them too: programs may rely on it.", my.folded_keys, True,
    ),
    HazardRule(
        "row-history", "A table that keeps the rows of the past", SOURCES, "medium",
        "The rows of now are copied; keep the source, or export the history yourself.", my.row_history,
    ),
    HazardRule(
        "broken-reference", "Rows that reference nothing", SOURCES, "high",
        "Repair them, or the foreign key is created NOT VALID where the target has that.", my.orphaned,
    ),
)  # fmt: skip

UNSEEN_IN_MYSQL = {
    "invalid-text": "Bytes that are no text in their column's character set are found by the copy itself, row by row"
    " (policy invalid_encoding).",
    "day-of-no-calendar": "Days such as 31 February, which ALLOW_INVALID_DATES lets in, are found by the copy itself"
    " (policy date_range).",
}

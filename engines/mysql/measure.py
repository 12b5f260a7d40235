"""What a reading query costs on MySQL and what bounds it, from the session's counters and from EXPLAIN."""

from __future__ import annotations

import re
import time
from typing import Any

from pymysql.cursors import SSCursor

from engines.errors import UsageError
from engines.mysql.session import Connection, reading
from engines.protocols import QueryMeasure

FETCH = 1000
COUNTERS = "SHOW SESSION STATUS WHERE Variable_name LIKE 'Handler_read%' OR Variable_name IN ({names})"
ON_DISK = {"created_tmp_disk_tables": "temporary table on disk", "sort_merge_passes": "sort on disk"}
# column `type` of EXPLAIN (MySQL manual, EXPLAIN Output Format) in the words of people
PHRASES = {
    "ALL": "full scan of {table}",
    "index": "full scan of index {key} of {table}",
    "range": "range scan of index {key} of {table}",
    "ref": "look-ups in index {key} of {table}",
    "eq_ref": "look-ups in index {key} of {table}",
    "fulltext": "full text search in {table}",
    "index_merge": "merged scans of indexes of {table}",
}
SKIPPED = re.compile(r"(?:\s+|\#[^\n]*|--(?=\s)[^\n]*|/\*(?![!M]).*?\*/|\()+", re.DOTALL)
WORD = re.compile(
    r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\"|`(?:[^`]|``)*`|\#[^\n]*|--(?=\s)[^\n]*|(/\*M?!)|/\*.*?\*/|([A-Za-z_]+)",
    re.DOTALL,
)
READS = frozenset({"select", "with", "values", "table"})


def measure_query(connection: Connection, sql: str, display: str) -> QueryMeasure:
    """Milliseconds from sending the query to its last row, its rows, and what the session's counters grew by.

    resources: rows_read (rows that handlers gave), and where there were some disk_tables and merge_passes. UsageError
    NOT_A_READING_QUERY for anything but a query; errors: pymysql.MySQLError.
    """
    check_reads(sql, display)
    with reading(connection) as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        plan = _named(cursor)
        before = _counters(cursor)
        milliseconds, rows = _timed(connection, sql)
        grown = {name: value - before.get(name, 0) for name, value in _counters(cursor).items()}
    resources = {
        "rows_read": float(sum(value for name, value in grown.items() if name.startswith("handler_read"))),
        "disk_tables": float(grown.get("created_tmp_disk_tables", 0)),
        "merge_passes": float(grown.get("sort_merge_passes", 0)),
    }
    return QueryMeasure(milliseconds=milliseconds, rows=rows, resources=resources, bound_by=bound_by(plan, grown))


def run_query(connection: Connection, sql: str, limit: int, display: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Column names and at most limit rows of one query, in a read-only transaction that is rolled back."""
    check_reads(sql, display)
    with reading(connection) as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        cursor.execute(f"SET SESSION sql_select_limit = {int(limit)}")
        try:
            cursor.execute(sql)
            return [column[0] for column in cursor.description or ()], list(cursor.fetchall()[:limit])
        finally:
            if connection.open:
                cursor.execute("SET SESSION sql_select_limit = DEFAULT")


def check_reads(sql: str, display: str) -> None:
    """Refuse what does more than read: other statements, INTO, and comments that the server would run."""
    leading = SKIPPED.match(sql)
    words = WORD.finditer(sql[leading.end() :] if leading else sql)
    found = [match[1] or match[2].lower() for match in words if match[1] or match[2]]
    hidden = any(word.startswith("/*") for word in found)
    if not found or found[0] not in READS or "into" in found or hidden:
        raise UsageError(
            "NOT_A_READING_QUERY",
            f"The query on {display} does more than read.",
            "Leave only SELECT statements in the workload.",
        )


def bound_by(plan: list[dict[str, Any]], grown: dict[str, int]) -> str:
    """One phrase: what went to disk, else the step of the plan that was to read the most rows."""
    for counter, phrase in ON_DISK.items():
        if grown.get(counter, 0) > 0:
            return phrase
    steps = [step for step in plan if step.get("table") and step.get("type")]
    if not steps:
        return "no table"
    most = max(steps, key=lambda step: float(step.get("rows") or 0))
    return PHRASES.get(str(most["type"]), "single rows of {table}").format(table=most["table"], key=most.get("key"))


def _timed(connection: Connection, sql: str) -> tuple[float, int]:
    rows = 0
    begin = time.perf_counter()
    with connection.cursor(SSCursor) as cursor:
        cursor.execute(sql)
        while block := cursor.fetchmany(FETCH):
            rows += len(block)
    return (time.perf_counter() - begin) * 1000, rows


def _counters(cursor: Any) -> dict[str, int]:
    cursor.execute(COUNTERS.format(names=", ".join(f"'{name}'" for name in ON_DISK)))
    return {str(name).lower(): int(value) for name, value in cursor.fetchall()}


def _named(cursor: Any) -> list[dict[str, Any]]:
    names = [column[0].lower() for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

"""What a reading query costs and what bounds it, from PostgreSQL's own account of the plan it ran."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from engines.protocols import QueryMeasure

FETCH = 1000
# node types of EXPLAIN (PostgreSQL documentation, chapter Using EXPLAIN) in the words of people
PHRASES = {
    "Seq Scan": "sequential scan",
    "Index Scan": "index scan",
    "Index Only Scan": "index-only scan",
    "Bitmap Heap Scan": "bitmap scan",
    "Bitmap Index Scan": "bitmap index scan",
    "Tid Scan": "scan by row address",
    "Sample Scan": "sampling scan",
    "Foreign Scan": "foreign scan",
    "Function Scan": "function scan",
    "CTE Scan": "scan of a common table expression",
    "Hash": "hash",
    "Aggregate": "aggregation",
    "WindowAgg": "window functions",
}


def measure_query(connection: psycopg.Connection[Any], sql: str) -> QueryMeasure:
    """Milliseconds from sending the query to its last row, its rows, and the counters of EXPLAIN (ANALYZE, BUFFERS).

    The counters come from a second run, so pages that the first one read count as hits. shared_hit, shared_read and
    temp_written are pages (8 kB by default), rows_scanned is what the scans looked at. Errors: psycopg.Error.
    """
    with reading(connection):
        connection.execute(f"EXPLAIN {sql}", prepare=True)
        milliseconds, rows = _timed(connection, sql)
        explain = f"EXPLAIN (ANALYZE, BUFFERS, VERBOSE, FORMAT JSON) {sql}"
        found = connection.execute(explain, prepare=True).fetchone()
    document = found[0] if found else []
    plan: dict[str, Any] = (json.loads(document) if isinstance(document, str) else document)[0]["Plan"]
    resources = {
        "shared_hit": float(plan.get("Shared Hit Blocks", 0)),
        "shared_read": float(plan.get("Shared Read Blocks", 0)),
        "temp_written": float(plan.get("Temp Written Blocks", 0)),
        "rows_scanned": sum(_scanned(node) for node in _nodes(plan)),
    }
    return QueryMeasure(milliseconds=milliseconds, rows=rows, resources=resources, bound_by=bound_by(plan))


def run_query(connection: psycopg.Connection[Any], sql: str, limit: int) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Column names and at most limit rows of one query; anything that isn't a query is a syntax error."""
    with reading(connection):
        # DECLARE takes nothing but a query, and FETCH keeps the rest of its rows on the server
        connection.execute("SET LOCAL cursor_tuple_fraction = 1")
        connection.execute(f"DECLARE dbmo_workload NO SCROLL CURSOR FOR {sql}", prepare=True)
        cursor = connection.execute(f"FETCH {int(limit)} FROM dbmo_workload")
        return [column.name for column in cursor.description or ()], cursor.fetchall()


@contextmanager
def reading(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """A read-only transaction with the search path of the database's users; always rolled back."""
    connection.execute("BEGIN TRANSACTION READ ONLY")
    try:
        connection.execute("SET LOCAL search_path TO DEFAULT")
        # the first query: from here on the transaction can't be made writable
        connection.execute("SELECT 1")
        yield
    finally:
        if not connection.closed:
            connection.execute("ROLLBACK")


def bound_by(plan: dict[str, Any]) -> str:
    """The step that took most of the time by itself: `sequential scan of public.orders`, `sort on disk`, ..."""
    return _phrase(max(_nodes(plan), key=_own_time))


def _timed(connection: psycopg.Connection[Any], sql: str) -> tuple[float, int]:
    rows = 0
    begin = time.perf_counter()
    with connection.cursor() as cursor:
        for _ in cursor.stream(sql, size=FETCH):
            rows += 1
    return (time.perf_counter() - begin) * 1000, rows


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _total(node: dict[str, Any]) -> float:
    return float(node.get("Actual Total Time", 0.0)) * float(node.get("Actual Loops", 0))


def _own_time(node: dict[str, Any]) -> float:
    return _total(node) - sum(_total(child) for child in node.get("Plans", ()))


def _scanned(node: dict[str, Any]) -> float:
    """Rows a scan looked at: those it gave and those its conditions dropped; EXPLAIN gives means per loop."""
    if "Relation Name" not in node or node["Node Type"] == "ModifyTable":
        return 0.0
    dropped = sum(float(node.get(f"Rows Removed by {part}", 0)) for part in ("Filter", "Index Recheck"))
    return (float(node.get("Actual Rows", 0)) + dropped) * float(node.get("Actual Loops", 0))


def _phrase(node: dict[str, Any]) -> str:
    kind = str(node["Node Type"])
    phrase = PHRASES.get(kind, kind.lower())
    if node.get("Sort Space Type") == "Disk" or node.get("Hash Batches", 1) > 1 or node.get("Disk Usage", 0) > 0:
        return f"{phrase} on disk"
    if "Relation Name" in node:
        return f"{phrase} of {node.get('Schema', '')}.{node['Relation Name']}"
    return f"{phrase} with {node['Index Name']}" if "Index Name" in node else phrase

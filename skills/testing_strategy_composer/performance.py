"""The workload's cost before (source) and after (target): latency, resources, and what bounds each query."""

from __future__ import annotations

import math
from statistics import median

from pydantic import Field

from conversion.own_code import own_code
from conversion.purity import OwnCode, impurity, moving
from engines.catalog import Model
from engines.errors import DbmoError
from engines.protocols import Database, QueryMeasure
from skills.context import Progress, SkillContext
from transfer.results import Difference, compare_results

RUNS = 5
WARM_UP = 1
ROWS_COMPARED = 100_000


class WorkloadQuery(Model):
    """One statement on both sides; order: positions of its ORDER BY keys, as the query-translator gives them."""

    name: str
    source: str
    target: str
    verdict: str = "NOT_RUN"
    order: list[int] | None = None


class SideMetrics(Model):
    """One query on one side: milliseconds of the runs, their median and 95th percentile (nearest rank)."""

    runs_ms: list[float]
    median_ms: float
    p95_ms: float
    rows: int
    resources: dict[str, float]
    bound_by: str


class QueryPerformance(Model):
    """One query before and after; improvement_percent is positive where the target is faster."""

    name: str
    before: SideMetrics | None = None
    after: SideMetrics | None = None
    improvement_percent: float | None = None
    results_equal: bool | None = None
    rows_compared: int | None = None
    difference: Difference | None = None
    detail: str = ""


class Performance(Model):
    """The comparison: sums over the queries that ran on both sides and did not give different results.

    improvement_percent = (before - after) / before * 100 of the summed medians.
    """

    baseline_metrics: dict[str, float] | None = None
    current_metrics: dict[str, float] | None = None
    improvement_percent: float | None = None
    queries: list[QueryPerformance] = Field(default_factory=list)
    runs: int
    warm_up: int
    method: str
    not_run: str | None = None


def measure_workload(queries: list[WorkloadQuery], context: SkillContext, runs: int, warm_up: int) -> Performance:
    """Measure every query that only reads, source and target in turn, the first side alternating from run to run."""
    method = f"{warm_up} warm-up and {runs} measured runs per side, sides alternating; p95 is the nearest rank"
    result = Performance(runs=runs, warm_up=warm_up, method=method)
    if context.source is None or context.target is None:
        result.not_run = "source and target are not both open"
        return result
    if not queries:
        result.not_run = "there is no workload"
        return result
    own = own_code(context.source.catalog()), own_code(context.target.catalog())
    for place, query in enumerate(queries):
        if context.cancelled():
            result.not_run = "cancelled"
            break
        result.queries.append(_measured(query, context.source, context.target, own, runs, warm_up))
        context.progress(Progress("measure", query.name, place + 1, len(queries)))
    _total(result)
    return result


def _measured(
    query: WorkloadQuery,
    source: Database,
    target: Database,
    own: tuple[OwnCode, OwnCode],
    runs: int,
    warm_up: int,
) -> QueryPerformance:
    found = QueryPerformance(name=query.name)
    refused = impurity(query.source, source.engine, own[0]) or impurity(query.target, target.engine, own[1])
    if refused is not None:
        found.detail = f"not run: {refused}"
        return found
    before: list[QueryMeasure] = []
    after: list[QueryMeasure] = []
    try:
        for place in range(warm_up + runs):
            sides = [(source, query.source, before), (target, query.target, after)]
            for database, sql, kept in sides if place % 2 == 0 else reversed(sides):
                measure = database.measure(sql)
                if place >= warm_up:
                    kept.append(measure)
        _compare(query, source, target, found)
    except DbmoError as error:
        found.detail = f"not run: {error.what}"
        return found
    found.before, found.after = _metrics(before), _metrics(after)
    found.improvement_percent = improvement(found.before.median_ms, found.after.median_ms)
    return found


def _compare(query: WorkloadQuery, source: Database, target: Database, found: QueryPerformance) -> None:
    chance = moving(query.source, source.engine)
    if chance is not None:
        found.detail = f"results not compared: they depend on {chance}"
        return
    expected = source.run_workload(query.source, ROWS_COMPARED)
    given = target.run_workload(query.target, ROWS_COMPARED)
    if max(len(expected[1]), len(given[1])) >= ROWS_COMPARED and query.order is None:
        found.detail = f"results not compared: {ROWS_COMPARED} rows or more without ORDER BY"
        return
    comparison = compare_results(expected, given, query.order)
    found.results_equal, found.difference = comparison.equal, comparison.difference
    found.rows_compared = min(comparison.rows_source, comparison.rows_target)
    found.detail = "; ".join(comparison.notes)


def _metrics(measures: list[QueryMeasure]) -> SideMetrics:
    times = [measure.milliseconds for measure in measures]
    typical = min(measures, key=lambda measure: abs(measure.milliseconds - median(times)))
    return SideMetrics(
        runs_ms=[round(value, 3) for value in times],
        median_ms=round(median(times), 3),
        p95_ms=round(percentile(times, 95), 3),
        rows=typical.rows,
        resources=typical.resources,
        bound_by=typical.bound_by,
    )


def percentile(values: list[float], percent: float) -> float:
    """The nearest-rank percentile; values must not be empty."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def improvement(before: float, after: float) -> float | None:
    """(before - after) / before * 100, None where before is 0."""
    return round((before - after) / before * 100, 1) if before else None


def _total(result: Performance) -> None:
    same_work = [query for query in result.queries if query.results_equal is not False]
    both = [(q.before, q.after) for q in same_work if q.before is not None and q.after is not None]
    if not both:
        result.not_run = result.not_run or "no query ran on both sides"
        return
    result.baseline_metrics = _sum([before for before, _ in both])
    result.current_metrics = _sum([after for _, after in both])
    result.improvement_percent = improvement(result.baseline_metrics["median_ms"], result.current_metrics["median_ms"])


def _sum(sides: list[SideMetrics]) -> dict[str, float]:
    totals: dict[str, float] = {
        "queries": len(sides),
        "median_ms": round(sum(side.median_ms for side in sides), 3),
        "p95_ms": round(sum(side.p95_ms for side in sides), 3),
        "rows": sum(side.rows for side in sides),
    }
    for side in sides:
        for name, value in side.resources.items():
            totals[name] = round(totals.get(name, 0) + value, 3)
    return totals

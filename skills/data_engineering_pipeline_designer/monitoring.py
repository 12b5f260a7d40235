"""What to watch during the migration and when to call somebody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engines.families import family
from skills.data_engineering_pipeline_designer.stage_plan import Plan
from skills.data_engineering_pipeline_designer.timeline import GIGABYTE

HALF = 0.5
LAG_SHARE = 0.5  # of the allowed downtime
WRITE_AHEAD_SHARE = 0.2  # of the source's size
SPACE_FACTOR = 2.0  # table and its indexes while they are built


@dataclass(frozen=True)
class Metric:
    """A figure to watch: unit, where it is read (a statement of ours or a field of the journal), in which stages."""

    name: str
    unit: str
    read_from: str
    stages: tuple[str, ...]
    engine: str | None = None  # family of the side named by `side`; None: from dbmo itself
    side: str = "target"
    sync_only: bool = False


METRICS = (
    Metric("rows_per_second", "rows/s", "journal: progress", ("load",)),
    Metric("bytes_per_second", "bytes/s", "journal: progress", ("load",)),
    Metric("rows_quarantined", "rows", "_dbmo.quarantine", ("load",), "postgresql"),
    Metric("rows_quarantined", "rows", "_dbmo_quarantine", ("load",), "mysql"),
    Metric("rows_quarantined", "rows", "_dbmo.quarantine", ("load",), "mongodb"),
    Metric(
        "target_size",
        "bytes",
        "SELECT SUM(data_length + index_length) FROM information_schema.tables WHERE table_schema = DATABASE()",
        ("load", "post_data"),
        "mysql",
    ),
    Metric(
        "longest_transaction",
        "s",
        "SELECT COALESCE(MAX(TIMESTAMPDIFF(SECOND, trx_started, NOW())), 0) FROM information_schema.innodb_trx",
        ("load", "cutover"),
        "mysql",
        "source",
    ),
    Metric(
        "target_size",
        "bytes",
        "SELECT pg_database_size(current_database())",
        ("load", "post_data"),
        "postgresql",
    ),
    Metric(
        "longest_transaction",
        "s",
        "SELECT coalesce(extract(epoch FROM max(now() - xact_start)), 0) FROM pg_stat_activity",
        ("load", "sync", "cutover"),
        "postgresql",
        "source",
    ),
    Metric(
        "replication_lag",
        "bytes",
        "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn) FROM pg_replication_slots",
        ("sync", "cutover"),
        "postgresql",
        "source",
        True,
    ),
    Metric(
        "wal_kept",
        "bytes",
        "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) FROM pg_replication_slots",
        ("load", "sync"),
        "postgresql",
        "source",
        True,
    ),
    Metric(
        "errors",
        "transactions",
        "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()",
        ("cutover", "observe"),
        "postgresql",
    ),
)


def write_monitoring(plan: Plan) -> dict[str, list[dict[str, Any]]]:
    """metrics (name, unit, read_from, side, stages) and alerts (metric, condition, threshold, unit, because, do)."""
    metrics = [metric for metric in METRICS if _applies(metric, plan)]
    names = {metric.name for metric in metrics}
    return {
        "metrics": [
            {
                "name": metric.name,
                "unit": metric.unit,
                "side": metric.side,
                "read_from": metric.read_from,
                "stages": list(metric.stages),
            }
            for metric in metrics
        ],
        "alerts": [alert for alert in _alerts(plan) if alert["metric"] in names],
    }


def _applies(metric: Metric, plan: Plan) -> bool:
    side = plan.design.source if metric.side == "source" else plan.design.target
    return metric.engine in (None, family(side.engine)) and (plan.sync or not metric.sync_only)


def _alerts(plan: Plan) -> list[dict[str, Any]]:
    speed = next(i.value for i in plan.prediction.inputs if i.name == "load rate")
    volume = plan.design.assessment.size_gb * GIGABYTE
    allowed = plan.design.constraints.max_downtime_minutes
    return [
        _alert(
            "bytes_per_second",
            "below",
            speed * HALF,
            "bytes/s",
            "half of the rate that the timeline was predicted from",
            "The load will take twice as long as predicted: look at the disk, then at the link.",
        ),
        _alert(
            "rows_quarantined",
            "above",
            0,
            "rows",
            "every quarantined row is one that people must look at",
            "Read the quarantine table; change the type by an override, or accept the rows.",
        ),
        _alert(
            "target_size",
            "above",
            volume * SPACE_FACTOR,
            "bytes",
            "twice the size of the source, tables and indexes",
            "Check the free space of the target before the indexes are built.",
        ),
        _alert(
            "longest_transaction",
            "above",
            max(allowed * 60 * LAG_SHARE, 60),
            "s",
            "an open transaction holds back the fence and the clean-up",
            "Find its session in pg_stat_activity before the cutover starts.",
        ),
        _alert(
            "replication_lag",
            "above",
            speed * max(allowed, 1) * 60 * LAG_SHARE,
            "bytes",
            "what the target can apply in half of the allowed downtime",
            "Don't start the cutover; look for a large transaction or a table without a key.",
        ),
        _alert(
            "wal_kept",
            "above",
            max(volume * WRITE_AHEAD_SHARE, GIGABYTE),
            "bytes",
            "a slot that nobody reads fills the disk of the source",
            "Drop the slot if the migration is given up.",
        ),
    ]


def _alert(metric: str, condition: str, threshold: float, unit: str, because: str, do: str) -> dict[str, Any]:
    return {
        "metric": metric,
        "condition": condition,
        "threshold": round(threshold, 2),
        "unit": unit,
        "because": because,
        "do": do,
    }

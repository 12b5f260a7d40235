"""The decision tables: strategy, tools, validation depth and tiers, one row per rule, read from top to bottom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from skills.data_engineering_pipeline_designer.models import Strategy, Tier

SPECIFICATION = "specification, Decision Rules"
TERABYTE_GB = 1000.0  # sizes are in 10^9 bytes throughout
SMALL_GB = 100.0
BIG_BANG_MINUTES = 4 * 60.0
MANY_TABLES = 100
REGULATED_DOMAINS = frozenset({"financial", "finance", "banking", "healthcare", "health"})

# What each engine offers for change replication; an engine that isn't here has none.
REPLICATION = {
    "postgresql": "logical replication",
    "mysql": "binary log",
    "mariadb": "binary log",
    "mongodb": "replica set",
}


@dataclass(frozen=True)
class Facts:
    """Everything a row may look at; minutes and 10^9 bytes; predicted_downtime is that of a big-bang."""

    source: str
    target: str
    migration_type: str
    size_gb: float
    table_count: int | None
    max_downtime_minutes: float
    predicted_downtime: float
    both_replicate: bool
    dual_infrastructure: bool
    multi_tenant: bool
    data_consistency: str
    criticality: str
    domain: str | None
    goals: tuple[str, ...]
    workload_given: bool

    def values(self, names: tuple[str, ...]) -> dict[str, Any]:
        """The named facts, as a decision records them."""
        found = {name: getattr(self, name) for name in names}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


@dataclass(frozen=True)
class Row:
    """A rule: when it holds, what follows, which facts it reads, where it comes from."""

    id: str
    when: str
    reads: tuple[str, ...]
    holds: Callable[[Facts], bool]
    outcome: str
    citation: str


@dataclass(frozen=True)
class StrategyRow(Row):
    """A rule for the strategy; strategy None aborts."""

    strategy: Strategy | None = None


@dataclass(frozen=True)
class Need:
    """What a strategy can't do without, whoever chose it; must and holds get its own predicted downtime in minutes."""

    strategy: Strategy
    must: str
    reads: tuple[str, ...]
    holds: Callable[[Facts, float], bool]


@dataclass(frozen=True)
class TierRow(Row):
    """A rule for the depth of a phase."""

    phase: str = ""
    tier: Tier = "T1"


# The first row that holds decides.
STRATEGY_ROWS = (
    StrategyRow(
        "S0-zero-downtime-without-replication",
        "no downtime is allowed and not both databases can replicate",
        ("max_downtime_minutes", "both_replicate", "source", "target"),
        lambda f: f.max_downtime_minutes == 0 and not f.both_replicate,
        "abort",
        "specification, Pre-Checks, Abort conditions",
        None,
    ),
    StrategyRow(
        "S1-zero-downtime",
        "no downtime is allowed and both databases can replicate",
        ("max_downtime_minutes", "both_replicate"),
        lambda f: f.max_downtime_minutes == 0 and f.both_replicate,
        "continuous-replication",
        f"{SPECIFICATION}, Migration strategy selection",
        "continuous-replication",
    ),
    StrategyRow(
        "S2-large-or-multi-tenant",
        "the data is over 1 TB, or several tenants share the database",
        ("size_gb", "multi_tenant"),
        lambda f: f.size_gb > TERABYTE_GB or f.multi_tenant,
        "trickle",
        f"{SPECIFICATION}, Migration strategy selection",
        "trickle",
    ),
    StrategyRow(
        "S3-small-and-fits",
        "the data is under 100 GB and the predicted downtime fits into what is allowed, 4 hours at most",
        ("size_gb", "predicted_downtime", "max_downtime_minutes"),
        lambda f: f.size_gb < SMALL_GB and f.predicted_downtime <= min(f.max_downtime_minutes, BIG_BANG_MINUTES),
        "big-bang",
        f"{SPECIFICATION}, Migration strategy selection",
        "big-bang",
    ),
    StrategyRow(
        "S4-dual-infrastructure",
        "both systems can be paid for at once",
        ("dual_infrastructure",),
        lambda f: f.dual_infrastructure,
        "blue-green",
        f"{SPECIFICATION}, Migration strategy selection",
        "blue-green",
    ),
    StrategyRow(
        "S5-both-replicate",
        "both databases can replicate",
        ("both_replicate",),
        lambda f: f.both_replicate,
        "continuous-replication",
        f"{SPECIFICATION}, Migration strategy selection",
        "continuous-replication",
    ),
    StrategyRow(
        "S6-nothing-fits",
        "a copy takes longer than the allowed downtime, there is no second system and no replication",
        ("predicted_downtime", "max_downtime_minutes", "dual_infrastructure", "both_replicate", "size_gb"),
        lambda f: True,
        "abort",
        "specification, Pre-Checks, Abort conditions",
        None,
    ),
)

# What a person's choice of a strategy is held against.
CLOSING: tuple[Strategy, ...] = ("big-bang", "blue-green", "trickle")  # strategies with a downtime of their own
STRATEGY_NEEDS = (
    Need(
        "continuous-replication",
        "both databases can replicate",
        ("both_replicate", "source", "target"),
        lambda f, downtime: f.both_replicate,
    ),
    Need(
        "blue-green",
        "both systems can be paid for at once",
        ("dual_infrastructure",),
        lambda f, downtime: f.dual_infrastructure,
    ),
    *(
        Need(
            strategy,
            "its predicted downtime of {downtime:g} minutes is allowed",
            ("max_downtime_minutes",),
            lambda f, downtime: downtime <= f.max_downtime_minutes,
        )
        for strategy in CLOSING
    ),
)

# Systems that run at once while the migration lasts.
INFRASTRUCTURE: dict[Strategy, str] = {
    "big-bang": "one system at a time, the source closed while it is copied",
    "blue-green": "two whole systems until the switch",
    "continuous-replication": "two systems and a stream of changes between them until the switch",
    "trickle": "two systems, each of which holds a part, until the last slice is moved",
}

# Every row that holds adds its outcome; V1 always does, exactly one of V2, V3 and V4 does.
VALIDATION_ROWS = (
    Row(
        "V1-schema",
        "always",
        (),
        lambda f: True,
        "schema comparison",
        f"{SPECIFICATION}, Validation depth",
    ),
    Row(
        "V2-full",
        "the system is critical, financial or medical, or consistency is strict",
        ("criticality", "domain", "data_consistency"),
        lambda f: must_reconcile(f),
        "full reconciliation",
        f"{SPECIFICATION}, Validation depth",
    ),
    Row(
        "V3-sample",
        "the system isn't critical and the data is over 1 TB",
        ("criticality", "domain", "data_consistency", "size_gb"),
        lambda f: not must_reconcile(f) and f.size_gb > TERABYTE_GB,
        "sample reconciliation",
        f"{SPECIFICATION}, Validation depth",
    ),
    Row(
        "V4-full-because-small",
        "the system isn't critical and the data isn't over 1 TB",
        ("criticality", "domain", "data_consistency", "size_gb"),
        lambda f: not must_reconcile(f) and f.size_gb <= TERABYTE_GB,
        "full reconciliation",
        f"{SPECIFICATION}, Validation depth (a sample is acceptable only where the data is large)",
    ),
    Row(
        "V5-performance",
        "performance is a goal, or a workload is given",
        ("goals", "workload_given"),
        lambda f: "performance" in f.goals or f.workload_given,
        "performance comparison",
        f"{SPECIFICATION}, Validation depth",
    ),
)

# One row per phase holds.
TIER_ROWS = (
    TierRow(
        "P1-assessment",
        "there are at most 100 tables, or their number isn't known",
        ("table_count",),
        lambda f: (f.table_count or 0) <= MANY_TABLES,
        "assessment T1",
        f"{SPECIFICATION}, Phase tier selection",
        "assessment",
        "T1",
    ),
    TierRow(
        "P2-assessment-deep",
        "there are over 100 tables",
        ("table_count",),
        lambda f: (f.table_count or 0) > MANY_TABLES,
        "assessment T2",
        f"{SPECIFICATION}, Phase tier selection",
        "assessment",
        "T2",
    ),
    TierRow(
        "P3-planning",
        "always",
        (),
        lambda f: True,
        "planning T2",
        f"{SPECIFICATION}, Phase tier selection",
        "planning",
        "T2",
    ),
    TierRow(
        "P4-execution-follows-plan",
        "the plan is T2",
        (),
        lambda f: True,
        "execution T2",
        f"{SPECIFICATION}, Phase tier selection",
        "execution",
        "T2",
    ),
    TierRow(
        "P5-validation",
        "always",
        (),
        lambda f: True,
        "validation T2",
        f"{SPECIFICATION}, Phase tier selection",
        "validation",
        "T2",
    ),
)


def is_regulated(domain: str | None) -> bool:
    """Whether a domain is one whose systems the specification calls critical: financial, healthcare."""
    return (domain or "").lower() in REGULATED_DOMAINS


def must_reconcile(facts: Facts) -> bool:
    """Whether every row has to be compared: critical, regulated, or strictly consistent."""
    return facts.criticality == "critical" or is_regulated(facts.domain) or facts.data_consistency == "strict"

"""Pre-checks of a request: engines, versions, kind, contradictions, skills."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from agent.gates import BackupResult, GateReport, RehearsalResult, check_gates, verify_backup
from agent.phases import ANALYZER, BUILDER, COMPARATOR, COMPOSER, DESIGNER, TRANSLATOR, VALIDATOR
from agent.plan_checks import check_dependencies, check_features, check_plan, check_source, check_volume
from agent.request_model import DatabaseRequest, Request
from agent.rules import RULES, Rule, refuse
from agent.versions import check_version, numbers
from engines.families import family
from skills.data_engineering_pipeline_designer.decision_matrix import REPLICATION, is_regulated
from transfer.routes.route import ROUTES

__all__ = [
    "RULES",
    "BackupResult",
    "GateReport",
    "RehearsalResult",
    "Rule",
    "check_dependencies",
    "check_features",
    "check_gates",
    "check_plan",
    "check_request",
    "check_skills",
    "check_source",
    "check_version",
    "check_volume",
    "contradictions",
    "refuse",
    "verify_backup",
]

MIGRATION_TYPES = ("platform", "version-upgrade", "version", "cloud", "modernization")
REFUSED_TYPES = {
    "consolidation": "merging several databases into one",
    "splitting": "splitting one database into several",
    "refactoring": "changing the schema's design on the way",
    "schema": "changing the schema's design on the way",
}
REQUIRED_SKILLS = (
    ANALYZER,
    COMPARATOR,
    TRANSLATOR,
    DESIGNER,
    BUILDER,
    VALIDATOR,
    COMPOSER,
)
PLACE_OPTIONS = frozenset({"host", "hostaddr", "port", "dbname"})  # libpq's, which may stand in the query
USUAL_PORTS = {"postgresql": ":5432", "mysql": ":3306", "mongodb": ":27017"}
WEAK_LEVELS = frozenset({"counts", "sample"})


@dataclass(frozen=True)
class Contradiction:
    """Two wishes that exclude each other; holds says whether a request has both."""

    id: str
    sentence: str
    holds: Callable[[Request], bool]


def _both_replicate(request: Request) -> bool:
    return {request.source_database.engine_name, request.target_database.engine_name} <= set(REPLICATION)


def _upgrade(request: Request) -> bool:
    return request.migration_type in {"version-upgrade", "version"}


def _not_newer(request: Request) -> bool:
    source, target = numbers(request.source_database.version), numbers(request.target_database.version)
    shared = min(len(source), len(target))
    same_engine = request.source_database.engine_name == request.target_database.engine_name
    return _upgrade(request) and same_engine and shared > 0 and target[:shared] <= source[:shared]


def _weak(request: Request) -> bool:
    return request.options.validation in WEAK_LEVELS


CONTRADICTIONS = (
    Contradiction(
        "zero-downtime + no replication",
        "no downtime is allowed, but one of the databases can't replicate",
        lambda r: r.constraints.max_downtime_minutes == 0 and not _both_replicate(r),
    ),
    Contradiction(
        "rollback required + rehearsal waived",
        "a way back is required, but its rehearsal is waived",
        lambda r: r.constraints.rollback_required and r.rollback.waiver is not None,
    ),
    Contradiction(
        "version upgrade + other engine",
        "a version upgrade stays with its engine, but source and target are different ones",
        lambda r: _upgrade(r) and family(r.source_database.engine_name) != family(r.target_database.engine_name),
    ),
    Contradiction(
        "version upgrade + target not newer",
        "a version upgrade goes to a newer version, but the target's isn't",
        _not_newer,
    ),
    Contradiction(
        "source + same target",
        "source and target are the same database",
        lambda r: bool(r.source_database.url) and _place(r.source_database) == _place(r.target_database),
    ),
    Contradiction(
        "strict consistency + weak validation",
        "strict consistency needs every row compared, but options.validation compares only some or none",
        lambda r: _weak(r) and r.constraints.data_consistency == "strict",
    ),
    Contradiction(
        "critical system + weak validation",
        "a critical or regulated system needs every row compared, but options.validation compares only some or none",
        lambda r: _weak(r) and (r.constraints.criticality == "critical" or is_regulated(r.constraints.domain)),
    ),
    Contradiction(
        "pg_stat_statements + other source",
        "the workload is to come from pg_stat_statements, but the source isn't PostgreSQL",
        lambda r: (
            r.workload is not None and r.workload.pg_stat_statements and r.source_database.engine_name != "postgresql"
        ),
    ),
)


def check_request(request: Request, skills: Mapping[str, Mapping[str, Any]]) -> None:
    """Everything that can be said before a database is opened; skills: name -> frontmatter of what is installed.

    Raises the first of UNSUPPORTED_MIGRATION_TYPE, UNSUPPORTED_ENGINE, UNSUPPORTED_VERSION,
    CONTRADICTORY_CONSTRAINTS (all pairs at once), SKILL_MISSING, SKILL_DEPRECATED.
    """
    if request.migration_type not in MIGRATION_TYPES:
        raise refuse(
            "UNSUPPORTED_MIGRATION_TYPE",
            f"The migration type {request.migration_type} ({REFUSED_TYPES[request.migration_type]}) isn't done.",
            f"Use one of {', '.join(MIGRATION_TYPES)}; move one database to one, and change its design apart.",
            migration_type=request.migration_type,
        )
    check_engines(request.source_database.engine_name, request.target_database.engine_name)
    for side, database in (("source", request.source_database), ("target", request.target_database)):
        if database.version is not None:
            check_version(side, database.engine_name, database.version)
    found = contradictions(request)
    if found:
        raise refuse(
            "CONTRADICTORY_CONSTRAINTS",
            f"The request contradicts itself: {'; '.join(f'{c.sentence} ({c.id})' for c in found)}.",
            "Give up one side of each pair that is named.",
            pairs=[c.id for c in found],
        )
    if request.options.certificate_key is not None:
        from engines.signing import load_key

        load_key(Path(request.options.certificate_key))
    check_skills(skills)


def check_engines(source: str, target: str) -> None:
    """Raise UNSUPPORTED_ENGINE unless rows have a route between the engines; each side that has none is named."""
    if (family(source), family(target)) in ROUTES:
        return
    sources, targets = {pair[0] for pair in ROUTES}, {pair[1] for pair in ROUTES}
    wrong = [f"source {source}"] * (family(source) not in sources)
    wrong += [f"target {target}"] * (family(target) not in targets)
    raise refuse(
        "UNSUPPORTED_ENGINE",
        f"Not supported: {' and '.join(wrong) or f'{source} to {target}'}.",
        f"Supported are {', '.join(f'{a} to {b}' for a, b in ROUTES)}; docs/unsupported.md says why not others.",
        source=source,
        target=target,
    )


def contradictions(request: Request) -> list[Contradiction]:
    """All pairs of wishes in a request that exclude each other."""
    return [pair for pair in CONTRADICTIONS if pair.holds(request)]


def check_skills(skills: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise SKILL_MISSING or SKILL_DEPRECATED (frontmatter `metadata: {deprecated: reason}`), all names at once."""
    missing = [name for name in REQUIRED_SKILLS if name not in skills]
    if missing:
        raise refuse(
            "SKILL_MISSING",
            f"The installation lacks the skill {', '.join(missing)}.",
            "Install dbmo again; `dbmo skills` lists what is there.",
            skills=missing,
        )
    reasons = {name: (skills[name].get("metadata") or {}).get("deprecated") for name in REQUIRED_SKILLS}
    deprecated = {name: reason for name, reason in reasons.items() if reason}
    if deprecated:
        told = ", ".join(f"{name} ({reason})" for name, reason in deprecated.items())
        raise refuse(
            "SKILL_DEPRECATED",
            f"Deprecated: {told}.",
            "Install a version of dbmo that has its successor.",
            skills=deprecated,
        )


def _place(database: DatabaseRequest) -> tuple[str, ...] | None:
    """Where a url leads, without users and options that don't change it; None without a url."""
    if database.url is None:
        return None
    head, _, query = database.url.partition("?")
    port = USUAL_PORTS.get(family(database.engine_name))
    if port is None or head.startswith("embedded:"):
        return (head, query) if head.startswith("embedded:") else (head,)
    host, _, name = head.partition("://")[2].partition("/")
    options = [f"{key}={value}" for key, value in sorted(parse_qsl(query)) if key in PLACE_OPTIONS]
    return (family(database.engine_name), host.rpartition("@")[2].removesuffix(port), name, *options)

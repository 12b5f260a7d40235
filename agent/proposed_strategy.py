"""What speaks for and against another strategy, by the designer's own functions and figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from agent.phases import ANALYZER, COMPARATOR
from agent.plan_design import design_input
from agent.plan_draft import Draft
from agent.typed_outputs import needed
from engines.catalog import Catalog

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator
    from skills.data_engineering_pipeline_designer.models import Input, Strategy, Weighed
    from skills.schema_comparator.skill import Output as Compared

CATALOG = "assessment/source-catalog.json"
NO_STREAM = "changes are carried along until the switch, which this version plans and does not execute"


def weigh_proposal(run: Orchestrator, strategy: str) -> tuple[Literal["FITS", "CONTRADICTS"], str]:
    """FITS or CONTRADICTS, and the trade-off against what the rules give; PROPOSAL_TOO_EARLY before an assessment."""
    from skills.data_engineering_pipeline_designer.strategy import STRATEGIES
    from skills.data_engineering_pipeline_designer.weigh import weigh

    given = _input(run)
    weighed = weigh(given, cast("Strategy", strategy))
    rules = next((w for w in (weigh(given, name) for name in STRATEGIES) if w.by_rules), None)
    allowed = run.request.constraints.max_downtime_minutes
    parts = [*weighed.contradictions, _told(weighed, allowed)]
    if weighed.by_rules:
        parts.append("it is what the rules give")
    elif rules is None:
        parts.append("the rules find none that fits")
    else:
        parts.append(f"the rules give {_told(rules, allowed)}")
    return ("CONTRADICTS" if weighed.contradictions else "FITS"), "; ".join(parts)


def _told(weighed: Weighed, allowed: float) -> str:
    told = (
        f"{weighed.strategy}: {weighed.infrastructure}, predicted downtime {weighed.downtime_minutes:g} of {allowed:g} "
        f"allowed minutes, {weighed.total_duration_hours:g} h in all"
    )
    return f"{told}, {NO_STREAM}" if weighed.sync else told


def _input(run: Orchestrator) -> Input:
    assessed = needed(run, ANALYZER)
    here = str(assessed.inventory.version or run.request.source_database.version)
    if run.ends.source_url is None:
        return design_input(run, here, run.ends.plan_version(None), None, None)
    compared = cast("Compared", needed(run, COMPARATOR))
    target = compared.target_catalog
    assert target is not None
    draft = Draft(
        compared.tables,
        compared.statements,
        compared.omissions,
        compared.renames,
        compared.fingerprint,
        compared.target_fingerprint,
        target,
    )
    stored = run.folder.read_artifact(CATALOG)
    catalog = Catalog.model_validate(stored) if stored is not None else None
    return design_input(run, here, target.version, catalog, draft)

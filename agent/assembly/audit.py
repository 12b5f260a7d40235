"""The contract's audit: phases, decisions, sources, waivers, and the model's part with what it cost."""

from __future__ import annotations

from datetime import datetime

from agent.assembly.material import Material
from agent.clock import now_et, parse_moment
from agent.contract_model import Audit, PhaseLog, RecordedWaiver, TokenBudget
from agent.model_part import ModelPart
from agent.phases import PHASES
from agent.sources import cite, uncited


def audit_part(material: Material, part: ModelPart) -> Audit:
    """How the contract came about; its evidence is filled in when all parts are made."""
    request = material.run.request
    analyzer, plan = material.analyzer, material.plan
    sources = []
    notes = []
    versions = {
        request.source_database.engine_name: analyzer["inventory"]["version"] if analyzer else None,
        request.target_database.engine_name: plan.target.version if plan else request.target_database.version,
    }
    for engine, version in versions.items():
        sources += cite(engine, version)
        missing = uncited(engine)
        notes += [missing] if missing else []
    return Audit(
        now=now_et(),
        migration_id=material.run.folder.migration,
        driver=part.driver,
        model=part.model,
        phases=_phases(material),
        decisions=(material.designer or {}).get("decisions", []),
        token_budget=_token_budget(part),
        cost_usd=part.cost_usd,
        narrative=part.talks,
        proposals=part.proposals,
        sources=sources,
        notes=notes,
        waivers=_waivers(material),
    )


def _token_budget(part: ModelPart) -> dict[str, TokenBudget]:
    found = {name: TokenBudget(limit=limit) for name, limit in part.limits.items()}
    for name, spent in part.spending.items():
        entry = found[name]
        entry.estimated, entry.billed, entry.cached = spent.estimated, spent.billed, spent.cached
        entry.cost_usd = spent.cost_usd
    return found


def _phases(material: Material) -> list[PhaseLog]:
    tiers = (material.designer or {}).get("tiers", {})
    found = {name: PhaseLog(name=name, tier=tiers.get(name)) for name in PHASES}
    for entry in material.run.folder.journal.entries("phase"):
        body, log = entry.body, found[entry.body["name"]]
        moment: datetime = parse_moment(body["at"])
        if body["outcome"] == "running":
            log.started, log.ended, log.detail = moment, None, None
        else:
            log.ended, log.detail = moment, body.get("what")
        log.outcome = body["outcome"]
    return list(found.values())


def _waivers(material: Material) -> list[RecordedWaiver]:
    gates = material.run.folder.read_artifact("execution/gates.json")
    waived = [RecordedWaiver.model_validate(w, strict=False) for w in (gates or {}).get("waivers", [])]
    accepted = [
        RecordedWaiver(of=f"omission {item.object}", by=item.by, reason=item.reason)
        for item in material.run.request.options.accept
    ]
    return [*waived, *accepted]

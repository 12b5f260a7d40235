"""One plan from draft and design: data with a hash, and nothing that was not decided before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.plan import Plan, Side
from agent.plan_draft import Draft
from agent.policies import decided, seen, unscanned
from engines.connection import parse
from engines.protocols import Database
from transfer.cutting.scattered import scattered
from transfer.make_plan import make_plan
from transfer.moveplan import MovePlan
from transfer.sequences import sequence_settings

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator
    from skills.data_engineering_pipeline_designer.models import Output as Design

MOVED_APART = ("chunk_rows", "parallel")  # settings that stand in the move


def assemble(
    run: Orchestrator, source: Database, target: Database | None, version: str, draft: Draft, design: Design
) -> Plan:
    """The plan of a source that was read; version is the target's."""
    request, settings = run.request, design.data_migration_config
    left_out = unscanned(source, target_engine(run, target), request.options.scan_max_rows)
    return Plan(
        migration=run.folder.migration,
        source=Side(
            engine=source.engine,
            version=source.version,
            reference=parse(str(run.ends.source_url)).display,
            identity=source.identity,
            fingerprint=draft.fingerprint,
        ),
        target=Side(
            engine=target_engine(run, target),
            version=version,
            reference="embedded" if run.ends.target_is_embedded else _display(run.ends.target_url),
            identity=run.ends.plan_identity(target),
            scratch=request.target_database.scratch,
        ),
        strategy=design.strategy,
        strategy_by="person" if request.options.overrides.strategy else "rules",
        decisions=[decision.model_dump(mode="json") for decision in design.decisions],
        declared=False,
        move=_move(run, source, target, draft, design),
        renames=draft.renames,
        omissions=draft.omissions,
        target_fingerprint=draft.target_fingerprint,
        validation_level=design.validation_depth.level,
        views=draft.views,
        gates=[gate.model_dump(mode="json") for gate in design.gates],
        settings={k: v for k, v in settings.items() if k not in MOVED_APART}
        | {"values_seen": seen(source, draft.tables, target_engine(run, target))}
        | ({"not_scanned": left_out} if left_out else {}),
        adopted=draft.adopted,
    )


def declared_plan(run: Orchestrator, here: str, there: str, design: Design) -> Plan:
    """A plan from declared facts: strategy and design, nothing that could be executed."""
    request = run.request
    return Plan(
        migration=run.folder.migration,
        source=Side(engine=request.source_database.engine_name, version=here, reference=None),
        target=Side(engine=request.target_database.engine_name, version=there, reference=None),
        strategy=design.strategy,
        strategy_by="person" if request.options.overrides.strategy else "rules",
        decisions=[decision.model_dump(mode="json") for decision in design.decisions],
        declared=True,
        move=None,
        validation_level=design.validation_depth.level,
        gates=[gate.model_dump(mode="json") for gate in design.gates],
        settings=design.data_migration_config,
    )


def target_engine(run: Orchestrator, target: Database | None) -> str:
    """What the target's server says it is (a mysql: url may lead to MariaDB), else what the request says."""
    return target.engine if target is not None else run.request.target_database.engine_name


def _move(run: Orchestrator, source: Database, target: Database | None, draft: Draft, design: Design) -> MovePlan:
    engine = target_engine(run, target)
    numbers = sequence_settings(source.catalog(), draft.tables, draft.renames, engine, draft.target_catalog)
    asked = run.request.options.model_dump(include={"quarantine_limit"}, exclude_none=True)
    return make_plan(
        run.folder.migration,
        source.catalog(),
        engine,
        draft.statements,
        draft.tables,
        draft.documents,
        draft.collections,
        draft.renamed_collections,
        numbers if engine != "mongodb" else [],
        chunk_rows=design.data_migration_config["chunk_rows"],
        parallel=_parallel(run, design),
        policies=decided(run.request.options),
        scattered=scattered(source),
        **asked,
    )


def _display(url: str | None) -> str | None:
    return parse(url).display if url is not None else None


def _parallel(run: Orchestrator, design: Design) -> int:
    """What the design says; one stream for a SQLite target, which has one writer."""
    if run.request.target_database.engine_name == "sqlite":
        return 1
    return int(design.data_migration_config["parallel"])

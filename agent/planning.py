"""Phase 2: schema, translations and design become one plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent.plan import Plan, Side
from agent.plan_artifacts import write_artifacts
from agent.prechecks import check_plan, check_version
from agent.target_checks import check_target
from conversion.fingerprint import fingerprint
from conversion.mapping import Omission, Statement, TableMapping
from conversion.workload import WorkloadStatement
from engines.catalog import Catalog
from engines.connection import parse
from engines.protocols import Database
from skills.registry import get_skill
from transfer.moveplan import MovePlan, SequenceSetting

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator


@dataclass
class Draft:
    """What the comparator and the translator agreed on."""

    tables: list[TableMapping]
    statements: list[Statement]
    omissions: list[Omission]
    renames: dict[str, str]
    fingerprint: str
    target_fingerprint: str
    target_catalog: Catalog


def make_plan(run: Orchestrator) -> Plan:
    """Compare, translate, design, check; the plan, with its artifacts written."""
    with run.ends.source() as source, run.ends.target() as target:
        if source is None:
            return _declared(run)
        catalog = source.catalog()
        version = target.version if target is not None else _declared_version(run)
        if target is not None:
            check_version("target", target.engine, target.version)
        draft = _compare(run, source, version)
        views = _translate(run, source, draft)
        reported = check_plan(run.request, catalog, draft.tables, draft.omissions)
        run.folder.journal.append(
            "omissions", {"minor": len(reported), "accepted": len(draft.omissions) - len(reported)}
        )
        if target is not None:
            check_target(run, target, draft.tables, views)
        design = _design(run, source.version, version, catalog, draft)
        plan = _assemble(run, source, target, version, draft, views, design)
        write_artifacts(run, plan, design, draft.target_catalog)
        return plan


def _declared_version(run: Orchestrator) -> str:
    return str(run.request.target_database.version or "3")


def _compare(run: Orchestrator, source: Database, version: str) -> Draft:
    skill = get_skill("schema-comparator")
    given = skill.input.model_validate(
        {
            "source": {"url": run.ends.source_url},
            "target": {"type": run.request.target_database.engine_name, "version": version},
            "mode": "convert",
            "overrides": _overrides(run),
            "target_schema": run.request.target_schema or "public",
        }
    )
    output = skill.run(given, run.context(source, None))
    run.store("schema-comparator", output)
    return Draft(
        output.tables,
        list(output.statements),
        list(output.omissions),
        dict(output.renames),
        output.fingerprint,
        output.target_fingerprint,
        output.target_catalog,
    )


def _overrides(run: Orchestrator) -> dict[str, Any]:
    asked = run.request.options.overrides
    types = dict(asked.columns)
    for table, columns in asked.tables.items():
        types |= {f"{table}.{column}": native for column, native in columns.items()}
    return {"types": types}


def _translate(run: Orchestrator, source: Database, draft: Draft) -> dict[str, str]:
    """Run views and workload on scratch copies; views that did not hold leave the plan, with the reason.

    Returns the carried views: source name -> target name.
    """
    from agent.assess import workload_statements

    skill = get_skill("query-translator")
    views = {view.full_name: view for view in source.catalog().views if not view.materialized}
    statements = [WorkloadStatement(name=f"view:{name}", sql=view.definition) for name, view in views.items()]
    given = skill.input.model_validate(
        {
            "statements": [s.model_dump() for s in (*statements, *workload_statements(run))],
            "source": {"url": run.ends.source_url},
            "target": {"type": run.request.target_database.engine_name},
            "execute": True,
            "tables": [table.model_dump() for table in draft.tables],
            "schema_statements": [statement.model_dump() for statement in draft.statements],
        }
    )
    output = skill.run(given, run.context(source))
    run.store("query-translator", output)
    carried: dict[str, str] = {}
    verdicts = {made.name: made for made in output.translations}
    for name, view in views.items():
        target = draft.renames.get(name, _renamed(run, name))
        own = [s for s in draft.statements if s.kind == "view" and s.object == target]
        if not own:
            continue
        made = verdicts.get(f"view:{name}")
        failed = output.schema_failures.get(own[0].id)
        if made is not None and (made.verdict == "REFUTED" or failed):
            _leave_out(draft, name, own[0], failed or made.detail, view.definition)
        else:
            carried[name] = target
    return carried


def _renamed(run: Orchestrator, name: str) -> str:
    if run.request.source_database.engine_name == "postgresql":
        return name
    return f"{run.request.target_schema or 'public'}.{name.partition('.')[2]}"


def _leave_out(draft: Draft, name: str, statement: Statement, reason: str, original: str) -> None:
    draft.statements = [s for s in draft.statements if s.object != statement.object or s.kind == "table"]
    draft.target_catalog.views = [v for v in draft.target_catalog.views if v.full_name != statement.object]
    draft.target_fingerprint = fingerprint(draft.target_catalog)
    draft.omissions.append(Omission(object=name, kind="view", reason=reason, original=original, effort_hours=1.0))


def _design(run: Orchestrator, here: str, there: str, catalog: Catalog | None, draft: Draft | None) -> Any:
    skill = get_skill("data-engineering-pipeline-designer")
    assessment = run.output("database-optimization-analyzer")
    assert assessment is not None
    inventory = assessment["inventory"]
    request = run.request
    hazards: dict[str, int] = {}
    for hazard in assessment["hazards"]:
        hazards[hazard["severity"]] = hazards.get(hazard["severity"], 0) + 1
    facts = {
        "size_gb": inventory["size_gb"] or 0.0,
        "table_count": inventory["table_count"],
        "rows": inventory.get("rows_total"),
        "complexity": assessment["complexity"]["level"],
        "hazards": hazards,
        "declared": draft is None,
        "schema_statements": len(draft.statements) if draft else None,
        "index_count": sum(len(table.indexes) for table in catalog.tables) if catalog else None,
        "tables": [
            {"name": t.source, "rows": t.rows, "bytes": t.size_bytes, "chunked": bool(t.source_key)}
            for t in (draft.tables if draft else [])
        ],
    }
    options = request.options
    given = skill.input.model_validate(
        {
            "name": run.folder.migration,
            "migration_type": request.migration_type,
            "source": _endpoint(request.source_database, here),
            "target": {
                **_endpoint(request.target_database, there),
                "schema_name": request.target_schema,
                "scratch": request.target_database.scratch,
            },
            "assessment": facts,
            "constraints": request.constraints.model_dump(),
            "workload_given": request.workload is not None,
            "validation_level": options.validation,
            "parallel": options.parallel,
            "chunk_rows": options.chunk_rows,
            "policies": dict(options.policies),
            "backup_waived": bool(request.backup and request.backup.waiver),
            "rehearsal_waived": request.rollback.waiver is not None,
        }
    )
    output = skill.run(given, run.context())
    run.store("data-engineering-pipeline-designer", output)
    return output


def _endpoint(database: Any, version: str) -> dict[str, Any]:
    return {
        "engine": database.engine_name,
        "version": version,
        "platform": database.platform,
        "host": database.host,
    }


def _declared(run: Orchestrator) -> Plan:
    """A plan from declared facts: strategy and design, nothing that could be executed."""
    request = run.request
    here, there = str(request.source_database.version), _declared_version(run)
    design = _design(run, here, there, None, None)
    plan = Plan(
        migration=run.folder.migration,
        source=Side(engine=request.source_database.engine_name, version=here, reference=None),
        target=Side(engine=request.target_database.engine_name, version=there, reference=None),
        strategy=design.strategy,
        decisions=[decision.model_dump(mode="json") for decision in design.decisions],
        declared=True,
        move=None,
        validation_level=design.validation_depth.level,
        gates=[gate.model_dump(mode="json") for gate in design.gates],
        settings=design.data_migration_config,
    )
    write_artifacts(run, plan, design, None)
    return plan


def _assemble(
    run: Orchestrator,
    source: Database,
    target: Database | None,
    version: str,
    draft: Draft,
    views: dict[str, str],
    design: Any,
) -> Plan:
    request = run.request
    move = MovePlan(
        migration=run.folder.migration,
        source_engine=source.engine,
        target_engine=request.target_database.engine_name,
        tables=draft.tables,
        statements=draft.statements,
        sequences=_sequences(source.catalog(), draft),
        chunk_rows=design.data_migration_config["chunk_rows"],
        parallel=_parallel(run, design),
        unholdable=request.options.policies.get("unholdable", "quarantine"),
    )
    here = parse(str(run.ends.source_url)).display
    there = "embedded" if run.ends.target_is_embedded else _display(run.ends.target_url)
    return Plan(
        migration=run.folder.migration,
        source=Side(
            engine=source.engine,
            version=source.version,
            reference=here,
            identity=source.identity,
            fingerprint=draft.fingerprint,
        ),
        target=Side(
            engine=request.target_database.engine_name,
            version=version,
            reference=there,
            identity=run.ends.plan_identity(target) if target is not None else None,
            scratch=request.target_database.scratch,
        ),
        strategy=design.strategy,
        decisions=[decision.model_dump(mode="json") for decision in design.decisions],
        declared=False,
        move=move,
        renames=draft.renames,
        omissions=draft.omissions,
        target_fingerprint=draft.target_fingerprint,
        validation_level=design.validation_depth.level,
        views=views,
        gates=[gate.model_dump(mode="json") for gate in design.gates],
        settings={k: v for k, v in design.data_migration_config.items() if k not in ("chunk_rows", "parallel")},
    )


def _display(url: str | None) -> str | None:
    return parse(url).display if url is not None else None


def _parallel(run: Orchestrator, design: Any) -> int:
    """One stream for a SQLite file (PostgreSQL is the other core) and for a SQLite target (one writer)."""
    asked = run.request.options.parallel
    if run.request.target_database.engine_name == "sqlite":
        return 1
    if asked is None and run.request.source_database.engine_name == "sqlite":
        return 1
    return int(design.data_migration_config["parallel"])


def _sequences(catalog: Catalog, draft: Draft) -> list[SequenceSetting]:
    """Identity columns and sequences of the target with where their next value comes from."""
    tables = {table.source: table for table in draft.tables}
    found: list[SequenceSetting] = []
    for table in catalog.tables:
        mapping = tables.get(table.full_name)
        for column in table.columns if mapping else []:
            assert mapping is not None
            if column.identity is None:
                continue
            name = next((c.target for c in mapping.columns if c.source == column.name), column.name)
            origin = column.identity.sequence or f"{table.full_name}.{column.name}"
            found.append(SequenceSetting(target_table=mapping.target, target_column=name, source=origin))
    for sequence in catalog.sequences:
        if not sequence.identity:
            target = draft.renames.get(sequence.full_name, sequence.full_name)
            found.append(SequenceSetting(target_sequence=target, source=sequence.full_name))
    return found

"""The design of a migration: what the designer is told of assessment, request and draft."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, cast

from agent.phases import ANALYZER, DESIGNER
from agent.plan_draft import Draft
from agent.request_model import DatabaseRequest
from engines.catalog import Catalog
from engines.full_names import qualified
from skills.registry import get_skill
from transfer.cutting.keys import chunk_keys

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator
    from skills.data_engineering_pipeline_designer.models import Input, Output


def design(run: Orchestrator, here: str, there: str, catalog: Catalog | None, draft: Draft | None) -> Output:
    """The design for the versions of both sides, stored; without catalog and draft from declared facts."""
    skill = get_skill(DESIGNER)
    given = design_input(run, here, there, catalog, draft)
    output: Output = skill.run(given, run.context())
    run.store(DESIGNER, output)
    return output


def design_input(run: Orchestrator, here: str, there: str, catalog: Catalog | None, draft: Draft | None) -> Input:
    """What the designer decides from."""
    request, options = run.request, run.request.options
    given = get_skill(DESIGNER).input.model_validate(
        {
            "name": run.folder.migration,
            "migration_type": request.migration_type,
            "source": _endpoint(request.source_database, here),
            "target": {
                **_endpoint(request.target_database, there),
                "schema_name": request.target_schema,
                "scratch": request.target_database.scratch,
            },
            "assessment": _facts(run, catalog, draft),
            "constraints": request.constraints.model_dump(),
            "workload_given": request.workload is not None,
            "validation_level": options.validation,
            "parallel": options.parallel,
            "chunk_rows": options.chunk_rows,
            "policies": dict(options.policies),
            "backup_waived": bool(request.backup and request.backup.waiver),
            "rehearsal_waived": request.rollback.waiver is not None,
            "strategy": options.overrides.strategy,
        }
    )
    return cast("Input", given)


def _facts(run: Orchestrator, catalog: Catalog | None, draft: Draft | None) -> dict[str, Any]:
    assessment = run.output(ANALYZER)
    assert assessment is not None
    inventory = assessment["inventory"]
    return {
        "size_gb": inventory["size_gb"] or 0.0,
        "table_count": inventory["table_count"],
        "rows": inventory.get("rows_total"),
        "complexity": assessment["complexity"]["level"],
        "hazards": dict(Counter(hazard["severity"] for hazard in assessment["hazards"])),
        "declared": draft is None,
        "schema_statements": len(draft.statements) if draft else None,
        "index_count": sum(len(table.indexes) for table in catalog.tables) if catalog else None,
        "tables": _tables(catalog, draft) if catalog and draft else [],
    }


def _tables(catalog: Catalog, draft: Draft) -> list[dict[str, Any]]:
    """What is copied as one each, and whether it is cut into chunks (collections always are, by _id)."""
    keys = chunk_keys(catalog, draft.tables, [mapping.table for mapping in draft.collections])
    found = [(t.source, t.rows, t.size_bytes) for t in draft.tables]
    found += [(mapping.table, mapping.rows, mapping.size_bytes) for mapping in draft.collections]
    names = {mapping.source for mapping in draft.documents} | set(draft.renamed_collections)
    for one in catalog.collections:
        if qualified(catalog.database, one.name) in names:
            found.append((qualified(catalog.database, one.name), one.documents, one.size_bytes))
    return [
        {"name": name, "rows": rows, "bytes": size, "chunked": name not in keys or keys[name].kind != "whole"}
        for name, rows, size in found
    ]


def _endpoint(database: DatabaseRequest, version: str) -> dict[str, Any]:
    return {
        "engine": database.engine_name,
        "version": version,
        "platform": database.platform,
        "host": database.host,
    }

"""A whole database moved by the skills as a migration moves it, without approvals, and compared afterwards."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Any

from conversion.documents.to_documents import moved_collections
from conversion.live import Asked, conversion_of
from conversion.result import Conversion
from engines.grant import Grant
from engines.registry import open_database
from skills.context import SkillContext
from skills.data_migration_validator import skill as validator
from skills.etl_pipeline_builder import skill as builder
from skills.etl_pipeline_builder.output import Output
from transfer.make_plan import make_plan
from transfer.moveplan import MovePlan
from transfer.sequences import sequence_settings

MIGRATION = "whole"
HOMES = {"postgresql": "public", "sqlite": "main"}


@dataclass(frozen=True)
class Whole:
    """What was decided and done; ends: of both skills' inputs."""

    conversion: Conversion
    plan: MovePlan
    output: Output
    ends: dict[str, Any]

    def differing(self, by_plan: bool = True, **options: Any) -> list[str]:
        """Source tables that the validator doesn't call equal; by_plan: else tables are paired by their names."""
        given: dict[str, Any] = {**self.ends, **options}
        if by_plan:
            fields = {"tables", "documents", "collections", "renamed_collections", "keys"}
            given |= {**self.plan.model_dump(include=fields), "migration": MIGRATION}
        found = validator.run(validator.Input.model_validate(given), SkillContext())
        names = [table.name for table in found.tables if not table.equal]
        assert found.equal is not bool(names)
        return names


def whole(source: str, target: str, **settings: Any) -> Whole:
    """Move everything, schema, rows, keys and sequences; settings: fields of the plan."""
    with closing(open_database(source)) as here, closing(open_database(target)) as there:
        catalog, engine = here.catalog(), there.engine
        home = HOMES.get(engine) or there.catalog().database
        found = conversion_of(here, engine, there.version, Asked(home=home), there)
        sequences = sequence_settings(catalog, found.tables, found.renames, engine, found.target)
        identity = there.identity
    documents = bool(found.documents or found.collections)
    both = catalog.engine == engine == "mongodb"
    plan = make_plan(
        MIGRATION, catalog, engine, found.statements, [] if documents else found.tables, found.documents,
        found.collections, moved_collections(catalog, found) if both else {},
        [] if engine == "mongodb" else sequences, **{"plan_hash": "hash", **settings},
    )  # fmt: skip
    context = SkillContext(grant=Grant(MIGRATION, identity, "hash", scratch=True))
    ends = {"source": {"url": source}, "target": {"url": target}}
    output = builder.run(builder.Input.model_validate({**ends, "plan": plan}), context)
    return Whole(found, plan, output, ends)

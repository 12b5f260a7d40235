"""Values that come between the plan and the copy: planned, changed, moved as a whole, compared."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

from conversion.live import Asked, conversion_of
from engines.families import family
from engines.registry import open_database
from skills.context import SkillContext
from skills.data_migration_validator.model import Input
from skills.data_migration_validator.model import Output as Compared
from skills.data_migration_validator.skill import run
from skills.etl_pipeline_builder.output import Output
from tests.faults.moves import move
from transfer.make_plan import make_plan

HOMES = {"postgresql": "public", "sqlite": "main"}


def moved_late(
    source: str, target: str, change: Callable[[], None] = lambda: None, looked: bool = True, **settings: Any
) -> tuple[Output, Compared]:
    """What the copy and the comparison say; change: of the source, once all is planned; looked: by its values."""
    with closing(open_database(source)) as here, closing(open_database(target)) as there:
        home = HOMES.get(family(there.engine)) or there.catalog().database
        found = conversion_of(here, there.engine, there.version, Asked(home=home, scan=looked), there)
        plan = make_plan(
            "late", here.catalog(), there.engine, found.statements, [] if found.documents else found.tables,
            found.documents, found.collections, **settings,
        )  # fmt: skip
    change()
    copied = move(source, target, plan)
    asked = Input.model_validate({
        "source": {"url": source}, "target": {"url": target}, "documents": plan.documents, "keys": plan.keys,
        "tables": None if plan.documents or plan.collections else plan.tables, "collections": plan.collections,
        "migration": "late",
    })  # fmt: skip
    return copied, run(asked, SkillContext())

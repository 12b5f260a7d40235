"""`python -m benchmarks.move plan|execute SOURCE_URL TARGET_URL PLAN [LANES]`: our side of a copy, on its own."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

from engines.collector import relax_collector
from engines.grant import Grant
from engines.registry import open_database
from skills.context import SkillContext
from transfer.moveplan import MovePlan


def plan(source: str, target: str, file: Path, lanes: int) -> None:
    """Convert the schema and write the plan; source and target: references as a request has them."""
    from skills.schema_comparator.skill import Input as Compare
    from skills.schema_comparator.skill import run as compare
    from transfer.make_plan import make_plan

    with closing(open_database(source)) as database, closing(open_database(target)) as other:
        version = ".".join(other.version.split(".")[:2])
        given = {"source": {"url": source}, "target": {"type": other.engine, "version": version}}
        output = compare(Compare.model_validate(given), SkillContext(source=database))
        moved = make_plan(
            "bench",
            database.catalog(),
            other.engine,
            output.statements,
            [] if output.documents else output.tables,
            output.documents,
            output.collections,
            parallel=lanes,
        )
    file.write_text(moved.model_dump_json())


def execute(source: str, target: str, file: Path, lanes: int) -> None:
    """Execute the plan: tables, rows, keys, statistics."""
    from skills.etl_pipeline_builder.skill import Input as Build
    from skills.etl_pipeline_builder.skill import run as build

    with closing(open_database(target)) as database:
        grant = Grant("bench", database.identity, "", scratch=True)
    moved = MovePlan.model_validate_json(file.read_text()).model_copy(update={"parallel": lanes})
    ends = {"source": {"url": source}, "target": {"url": target}}
    output = build(Build.model_validate({**ends, "plan": moved}), SkillContext(grant=grant))
    sys.stdout.write(f"{output.stages}\n")


if __name__ == "__main__":
    relax_collector()  # as `dbmo` does
    given = sys.argv[2:]
    {"plan": plan, "execute": execute}[sys.argv[1]](given[0], given[1], Path(given[2]), int([*given, "1"][3]))

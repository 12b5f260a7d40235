"""`python -m benchmarks.move plan|execute SQLITE URL PLAN`: our side of a copy benchmark, as a process of its own."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

from engines.grant import Grant
from engines.registry import open_database
from skills.context import SkillContext
from skills.etl_pipeline_builder.skill import Input as Build
from skills.etl_pipeline_builder.skill import run as build
from skills.schema_comparator.skill import Input as Compare
from skills.schema_comparator.skill import run as compare
from transfer.moveplan import MovePlan


def plan(source: str, target: str, file: Path) -> None:
    """Convert the schema and write the plan."""
    with closing(open_database(f"sqlite:{source}")) as database:
        given = {"source": {"url": f"sqlite:{source}"}, "target": {"type": "postgresql", "version": "15"}}
        output = compare(Compare.model_validate(given), SkillContext(source=database))
    moved = MovePlan(
        migration="bench",
        source_engine="sqlite",
        target_engine="postgresql",
        tables=output.tables,
        statements=output.statements,
    )
    file.write_text(moved.model_dump_json())


def execute(source: str, target: str, file: Path) -> None:
    """Execute the plan: tables, rows, keys, statistics."""
    with closing(open_database(target)) as database:
        grant = Grant("bench", database.identity, "", scratch=True)
    moved = MovePlan.model_validate_json(file.read_text())
    ends = {"source": {"url": f"sqlite:{source}"}, "target": {"url": target}}
    output = build(Build.model_validate({**ends, "plan": moved}), SkillContext(grant=grant))
    sys.stdout.write(f"{output.stages}\n")


if __name__ == "__main__":
    {"plan": plan, "execute": execute}[sys.argv[1]](sys.argv[2], sys.argv[3], Path(sys.argv[4]))

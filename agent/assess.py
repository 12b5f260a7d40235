"""Phase 1: open the source, check what may be read, and let the analyzer look at schema and data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.phases import ANALYZER
from agent.prechecks import check_request, check_source
from agent.steps import PhaseSteps
from engines.catalog import Catalog, Model
from engines.errors import DbmoError, UsageError
from engines.protocols import Database
from skills.registry import all_skills, get_skill

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator


class AssessmentSteps(PhaseSteps):
    """One step: the analyzer, on the open source or on the declared facts."""

    def __init__(self, run: Orchestrator, source: Database | None, target: Database | None) -> None:
        super().__init__("assessment", {ANALYZER: lambda: _analyze(run, source, target)})

    def finish(self) -> dict[str, Any]:
        """The analyzer's output as plain data."""
        return self.run(ANALYZER).model_dump(mode="json")


@contextmanager
def assessment_steps(run: Orchestrator) -> Iterator[AssessmentSteps]:
    """The steps, once the request was checked, and the source was opened and found to be readable and not empty."""
    check_request(run.request, {name: skill.frontmatter for name, skill in all_skills().items()})
    run.ends.look_again()
    with run.ends.source() as source, run.ends.target() as target:
        if source is not None:
            check_source(source, run.request.source_database.version)
            if not source.catalog().tables and not source.catalog().collections:
                raise UsageError(
                    "SOURCE_EMPTY",
                    f"{source.display} holds no table.",
                    "Point source_database.url at the right database.",
                )
            _keep_catalog(run, source.catalog())
        yield AssessmentSteps(run, source, target)


def _analyze(run: Orchestrator, source: Database | None, target: Database | None) -> Model:
    skill, request = get_skill(ANALYZER), run.request
    facts = request.source_database.model_dump(
        include={"type", "engine", "version", "size_gb", "table_count", "url"}, exclude_none=True
    )
    facts["schema_complexity"] = request.source_database.complexity
    wanted = request.target_database.model_dump(include={"type", "engine", "version"}, exclude_none=True)
    given = skill.input.model_validate(
        {
            "database": facts,
            "target": wanted,
            "workload": workload(run),
            "scan_max_rows": request.options.scan_max_rows,
        }
    )
    output: Model = skill.run(given, run.context(source, target))
    run.store(ANALYZER, output)
    return output


def workload(run: Orchestrator) -> list[str]:
    """The statements of the request's workload, split; empty where there is none."""
    return [statement.sql for statement in workload_statements(run)]


def workload_statements(run: Orchestrator) -> list[Any]:
    """The same with names and lines; pg_stat_statements is read from the source."""
    from conversion.workload import split_workload

    wanted = run.request.workload
    engine = run.request.source_database.engine_name
    if wanted is None:
        return []
    if wanted.file is not None:
        try:
            text = Path(wanted.file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                "WORKLOAD_UNREADABLE", f"The workload {wanted.file} can't be read: {error}.", "Give a UTF-8 text file."
            ) from error
        return split_workload(text, engine, Path(wanted.file).name)
    return _recorded(run)


def _recorded(run: Orchestrator) -> list[Any]:
    """The statements without parameters that pg_stat_statements has recorded, the most expensive first."""
    from conversion.workload import split_workload

    query = (
        "SELECT query FROM public.pg_stat_statements WHERE query ILIKE 'select%' AND query NOT LIKE '%$1%' "
        "ORDER BY total_exec_time DESC LIMIT 100"
    )
    with run.ends.source() as source:
        if source is None:
            return []
        try:
            found = source.query(query)
        except DbmoError as error:
            raise UsageError(
                "WORKLOAD_UNREADABLE",
                f"pg_stat_statements can't be read: {error.what}",
                "Create the extension in schema public, or give workload.file.",
            ) from error
    return [statement for (text,) in found for statement in split_workload(text, "postgresql", "pg_stat_statements")]


def _keep_catalog(run: Orchestrator, catalog: Catalog) -> None:
    run.folder.artifact("assessment/source-catalog.json", catalog.model_dump(mode="json", exclude_defaults=True))

"""Compose acceptance criteria, test suites and a runbook, and measure the workload before and after."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from conversion.mapping import TableMapping
from engines.catalog import Catalog, Model
from skills.context import SkillContext
from skills.models import DatabaseRef
from skills.testing_strategy_composer.criteria import Criterion, Facts, judge
from skills.testing_strategy_composer.facts import TableOutcome, compared, outcomes, quarantined
from skills.testing_strategy_composer.performance import (
    RUNS,
    WARM_UP,
    Performance,
    WorkloadQuery,
    measure_workload,
)
from skills.testing_strategy_composer.runbook import write_runbook
from skills.testing_strategy_composer.suite_expectations import path_of, write_suite
from skills.testing_strategy_composer.suite_pytest import PATH, write_pytest
from skills.testing_strategy_composer.tool import ToolArgs, digest, sections

__all__ = ["Input", "Output", "ToolArgs", "digest", "run", "sections"]


NO_EXPECTATIONS = "Great Expectations suites are not written where documents are on a side: its checks are of tables."


class Input(Model):
    """The contract so far: each part is the output of the skill that wrote it, None where it did not run.

    validation: data-migration-validator, execution: etl-pipeline-builder, differences: schema-comparator (its
    differences[]), translations: query-translator (its translations[]); limits: see criteria.LIMITS. counted: where
    documents are on a side, tables and collections of the source beside those of the target that count as many.
    """

    source: DatabaseRef
    target: DatabaseRef
    tables: list[TableMapping]
    assessment: dict[str, Any] | None = None
    plan: dict[str, Any] | None = None
    execution: dict[str, Any] | None = None
    validation: dict[str, Any] | None = None
    differences: list[dict[str, Any]] | None = None
    translations: list[dict[str, Any]] = Field(default_factory=list)
    measure: bool = True
    runs: int = Field(default=RUNS, ge=1, le=100)
    warm_up: int = Field(default=WARM_UP, ge=0, le=10)
    limits: dict[str, float] = Field(default_factory=dict)
    counted: list[tuple[str, str]] = Field(default_factory=list)


class Suite(Model):
    """A file to keep under version control; kind is pytest or great_expectations."""

    path: str
    kind: str
    text: str


class Output(Model):
    """accepted: no criterion failed; open_criteria names those that did not run; not_written: suites there are not."""

    accepted: bool
    open_criteria: list[str]
    criteria: list[Criterion]
    suites: list[Suite]
    performance: Performance
    runbook: str
    not_written: list[str] = Field(default_factory=list)


def run(input: Input, context: SkillContext) -> Output:
    """Compose everything from the facts that are there; a live target and source make more of it possible."""
    queries = workload_of(input.translations)
    tables = compared(input.validation) if input.counted else outcomes(input.tables, input.validation)
    catalog = context.target.catalog() if context.target is not None else None
    if input.measure:
        runnable = [query for query in queries if query.verdict != "UNSUPPORTED"]
        performance = measure_workload(runnable, context, input.runs, input.warm_up)
    else:
        performance = Performance(runs=input.runs, warm_up=input.warm_up, method="", not_run="not asked for")
    facts = Facts(
        outcomes=tables,
        validation=input.validation,
        execution=input.execution,
        differences=input.differences,
        queries=queries,
        performance=performance,
        left_out=_left_out(input.translations, queries),
        source=context.source,
        target=context.target,
        catalog=catalog,
        limits=dict(input.limits),
    )
    criteria = judge(facts)
    names = (_shown(input.source, context.source), _shown(input.target, context.target))
    return Output(
        accepted=all(criterion.result != "failed" for criterion in criteria),
        open_criteria=[criterion.id for criterion in criteria if criterion.result == "not_run"],
        criteria=criteria,
        suites=_suites(input, context, tables, catalog, queries),
        performance=performance,
        runbook=write_runbook(names, tables, criteria, queries, performance, quarantined(input.execution)),
        not_written=[NO_EXPECTATIONS] if input.counted else [],
    )


def workload_of(translations: list[dict[str, Any]]) -> list[WorkloadQuery]:
    """The statements that only read and have a text for the target; views are no workload of their own."""
    found = []
    for entry in translations:
        text = entry.get("target")
        if entry.get("pure") and isinstance(text, str) and not str(entry.get("name", "")).startswith("view:"):
            found.append(
                WorkloadQuery(
                    name=str(entry["name"]),
                    source=str(entry["source"]),
                    target=text,
                    verdict=str(entry.get("verdict", "NOT_RUN")),
                    order=entry.get("order"),
                )
            )
    return found


def _left_out(translations: list[dict[str, Any]], queries: list[WorkloadQuery]) -> dict[str, str]:
    """Verdicts of the workload's statements that can't be measured: they write, or have no text for the target."""
    taken = {query.name for query in queries}
    named = {str(entry.get("name", "")): str(entry.get("verdict", "NOT_RUN")) for entry in translations}
    return {name: verdict for name, verdict in named.items() if name not in taken and not name.startswith("view:")}


def _suites(
    input: Input,
    context: SkillContext,
    tables: list[TableOutcome],
    catalog: Catalog | None,
    queries: list[WorkloadQuery],
) -> list[Suite]:
    checked = [query for query in queries if query.verdict in ("PROVED", "TESTED")]
    engines = (_engine(input.source, context.source), _engine(input.target, context.target))
    text = write_pytest(tables, catalog, checked, engines, input.counted)
    suites = [Suite(path=PATH, kind="pytest", text=text)]
    if catalog is None or input.counted:
        return suites
    sources = {}
    if context.source is not None and context.source.engine == "sqlite":
        sources = {table.full_name: table for table in context.source.catalog().tables}
    for mapping, outcome in zip(input.tables, tables, strict=True):
        table = sources.get(mapping.source)
        profile = context.source.profile(table) if context.source is not None and table is not None else None
        text = write_suite(outcome, mapping, profile, catalog)
        suites.append(Suite(path=path_of(outcome), kind="great_expectations", text=text))
    return suites


def _engine(reference: DatabaseRef, database: Any) -> str:
    return str(database.engine) if database is not None else reference.type or "postgresql"


def _shown(reference: DatabaseRef, database: Any) -> str:
    """What people may see of a reference: never a secret."""
    if database is not None:
        return str(database.display)
    return f"{reference.type or 'database'} {reference.version or ''}".strip()

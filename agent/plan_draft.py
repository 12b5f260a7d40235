"""What is moved: the comparator's schema, with the views that held when they were run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.assess import workload_statements
from agent.overrides import Chosen, given_views, plain_views
from agent.phases import COMPARATOR, TRANSLATOR
from agent.plan import Adopted
from agent.trials import refuted
from conversion.fingerprint import fingerprint
from conversion.mapping import Omission, Statement, TableMapping
from conversion.workload import WorkloadStatement
from engines.catalog import Catalog
from engines.protocols import Database
from skills.registry import get_skill

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator
    from skills.query_translator.skill import Output as Translated
    from skills.schema_comparator.skill import Output as Compared


@dataclass
class Draft:
    """What the comparator and the translator agreed on; views: carried ones, source name -> target name."""

    tables: list[TableMapping]
    statements: list[Statement]
    omissions: list[Omission]
    renames: dict[str, str]
    fingerprint: str
    target_fingerprint: str
    target_catalog: Catalog
    views: dict[str, str] = field(default_factory=dict)
    adopted: list[Adopted] = field(default_factory=list)


def compare(run: Orchestrator, source: Database, version: str) -> Compared:
    """The schema for the target's version, stored."""
    skill = get_skill(COMPARATOR)
    given = skill.input.model_validate(
        {
            "source": {"url": run.ends.source_url},
            "target": {"type": run.request.target_database.engine_name, "version": version},
            "mode": "convert",
            "overrides": {"types": _types(run), "views": given_views(run, source)},
            "target_schema": _schema(run),
        }
    )
    output: Compared = skill.run(given, run.context(source, None))
    run.store(COMPARATOR, output)
    return output


def translate(run: Orchestrator, source: Database, compared: Compared, chosen: Chosen) -> Translated:
    """Views and workload, run on scratch copies of both sides, with a person's text where there is one; stored."""
    skill = get_skill(TRANSLATOR)
    statements = [
        WorkloadStatement(name=f"view:{name}", sql=view.definition) for name, view in plain_views(source).items()
    ]
    given = skill.input.model_validate(
        {
            "statements": [s.model_dump() for s in (*statements, *workload_statements(run))],
            "source": {"url": run.ends.source_url},
            "target": {"type": run.request.target_database.engine_name},
            "execute": True,
            "tables": [table.model_dump() for table in compared.tables],
            "schema_statements": [statement.model_dump() for statement in compared.statements],
            "given": {**{f"view:{name}": sql for name, sql in chosen.views.items()}, **chosen.queries},
        }
    )
    output: Translated = skill.run(given, run.context(source))
    run.store(TRANSLATOR, output)
    return output


def settle(source: Database, compared: Compared, translated: Translated, renamed: Callable[[str], str]) -> Draft:
    """The draft: views that did not hold when they were run leave it, with the reason; renamed: a view's target."""
    assert compared.target_catalog is not None
    draft = Draft(
        list(compared.tables),
        list(compared.statements),
        list(compared.omissions),
        dict(compared.renames),
        compared.fingerprint,
        compared.target_fingerprint,
        compared.target_catalog.model_copy(),
    )
    verdicts = {made.name: made for made in translated.translations}
    for name, view in plain_views(source).items():
        target = draft.renames.get(name, renamed(name))
        own = [s for s in draft.statements if s.kind == "view" and s.object == target]
        if not own:
            continue
        made = verdicts.get(f"view:{name}")
        failed = translated.schema_failures.get(own[0].id)
        if made is not None and (made.verdict == "REFUTED" or failed):
            if made.method == "given":
                raise refuted(name, failed or made.detail)
            _leave_out(draft, name, own[0], failed or made.detail, view.definition)
        else:
            draft.views[name] = target
    return draft


def _types(run: Orchestrator) -> dict[str, str]:
    asked = run.request.options.overrides
    types = dict(asked.columns)
    for table, columns in asked.tables.items():
        types |= {f"{table}.{column}": native for column, native in columns.items()}
    return types


def view_target(run: Orchestrator, name: str) -> str:
    """The target name of a view that no rename names."""
    plain = name.partition(".")[2]
    if run.request.target_database.engine_name == "sqlite":
        return f"main.{plain}"
    return name if run.request.source_database.engine_name == "postgresql" else f"{_schema(run)}.{plain}"


def _schema(run: Orchestrator) -> str:
    """Where the tables of a SQLite source go."""
    return run.request.target_schema or "public"


def _leave_out(draft: Draft, name: str, statement: Statement, reason: str, original: str) -> None:
    draft.statements = [s for s in draft.statements if s.object != statement.object or s.kind == "table"]
    draft.target_catalog.views = [v for v in draft.target_catalog.views if v.full_name != statement.object]
    draft.target_fingerprint = fingerprint(draft.target_catalog)
    draft.omissions.append(Omission(object=name, kind="view", reason=reason, original=original, effort_hours=1.0))

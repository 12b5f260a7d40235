"""What is moved: the comparator's schema, with the views that held when they were run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.assess import workload, workload_statements
from agent.overrides import Chosen, given_views, plain_views
from agent.phases import COMPARATOR, TRANSLATOR
from agent.plan import Adopted
from agent.policies import decided
from agent.trials import refuted
from conversion.documents.mapping import CollectionMapping
from conversion.documents.relations_mapping import DocumentMapping
from conversion.fingerprint import fingerprint
from conversion.mapping import Omission, Statement, TableMapping
from conversion.workload import WorkloadStatement
from engines.catalog import Catalog
from engines.errors import UsageError
from engines.families import family
from engines.full_names import name_of, qualified
from engines.protocols import Database
from skills.registry import get_skill
from transfer.conversions import settled

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator
    from skills.query_translator.skill import Output as Translated
    from skills.schema_comparator.skill import Output as Compared


@dataclass
class Draft:
    """What the comparator and the translator agreed on; views: carried ones, source name -> target name.

    tables: of rows that become rows; documents, collections: of a MongoDB source, of a MongoDB target.
    """

    tables: list[TableMapping]
    statements: list[Statement]
    omissions: list[Omission]
    renames: dict[str, str]
    fingerprint: str
    target_fingerprint: str
    target_catalog: Catalog
    views: dict[str, str] = field(default_factory=dict)
    adopted: list[Adopted] = field(default_factory=list)
    documents: list[CollectionMapping] = field(default_factory=list)
    collections: list[DocumentMapping] = field(default_factory=list)
    renamed_collections: dict[str, str] = field(default_factory=dict)

    def made(self) -> set[str]:
        """Full names of the tables and views, or names of the collections, that the target is to have."""
        tables = {table.target for table in self.tables} | set(self.views.values())
        tables |= {table.table for mapping in self.documents for table in mapping.tables}
        return tables | {collection.name for collection in self.target_catalog.collections}


def compare(run: Orchestrator, source: Database, target: Database | None, version: str) -> Compared:
    """The schema for the target's version, stored."""
    check_schema(run, target)
    skill, options = get_skill(COMPARATOR), run.request.options
    given = skill.input.model_validate(
        {
            "source": {"url": run.ends.source_url},
            "target": {"type": run.request.target_database.engine_name, "version": version},
            "mode": "convert",
            "overrides": {
                "types": _types(run),
                "views": given_views(run, source),
                "settled": settled(source.engine, run.request.target_database.engine_name, decided(options)),
            },
            "scan_max_rows": options.scan_max_rows,
            "target_schema": run.request.target_schema,
            "workload": workload(run) if run.request.target_database.engine_name == "mongodb" else [],
        }
    )
    output: Compared = skill.run(given, run.context(source, target))
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
            "carried": _carried(source, compared, chosen),
            "given": {**{f"view:{name}": sql for name, sql in chosen.views.items()}, **chosen.queries},
        }
    )
    output: Translated = skill.run(given, run.context(source))
    run.store(TRANSLATOR, output)
    return output


def _carried(source: Database, compared: Compared, chosen: Chosen) -> dict[str, str]:
    """The plan's own texts of views that the comparator's rules wrote for another engine."""
    target = compared.target_catalog
    pair = family(source.engine), family(target.engine) if target else ""
    if target is None or pair[0] == pair[1] or pair == ("sqlite", "postgresql"):
        return {}
    made = {view.full_name: view.definition for view in target.views}
    home = target.database or next(iter(target.schemas), "")
    found: dict[str, str] = {}
    for name, view in plain_views(source).items():
        there = compared.renames.get(name, qualified(home, view.name))
        text = made.get(there) or made.get(qualified(view.schema_name, view.name))
        if text and name not in chosen.views:
            found[f"view:{name}"] = text
    return found


def settle(source: Database, compared: Compared, translated: Translated, renamed: Callable[[str], str]) -> Draft:
    """The draft: views that did not hold when they were run leave it, with the reason; renamed: a view's target."""
    assert compared.target_catalog is not None
    draft = Draft(
        [] if compared.documents else list(compared.tables),
        list(compared.statements),
        list(compared.omissions),
        dict(compared.renames),
        compared.fingerprint,
        compared.target_fingerprint,
        compared.target_catalog.model_copy(),
        documents=list(compared.documents),
        collections=list(compared.collections),
        renamed_collections=_alike(source, compared),
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


def _alike(source: Database, compared: Compared) -> dict[str, str]:
    """Collections that stay collections: source `database.collection` -> the target's name."""
    assert compared.target_catalog is not None
    if source.engine != "mongodb" or compared.target_catalog.engine != "mongodb":
        return {}
    there = {one.name for one in compared.target_catalog.collections if one.kind != "view"}
    catalog = source.catalog()
    names = {qualified(catalog.database, one.name): one.name for one in catalog.collections if one.kind != "view"}
    renamed = {full: compared.renames.get(full, compared.renames.get(name, name)) for full, name in names.items()}
    return {full: name.removeprefix(f"{catalog.database}.") for full, name in renamed.items() if name in there}


def _types(run: Orchestrator) -> dict[str, str]:
    asked = run.request.options.overrides
    types = dict(asked.columns)
    for table, columns in asked.tables.items():
        types |= {f"{table}.{column}": native for column, native in columns.items()}
    return types


def view_target(run: Orchestrator, name: str, home: str) -> str:
    """The target name of a view that no rename names; home: where names go when a target keeps no schemas."""
    plain = name_of(name)
    target = family(run.request.target_database.engine_name)
    if target == "sqlite":
        return f"main.{plain}"
    if target == "postgresql":
        kept = run.request.source_database.engine_name == "postgresql"
        return name if kept else qualified(run.request.target_schema or "public", plain)
    return qualified(home, plain) if home else plain


def check_schema(run: Orchestrator, target: Database | None) -> None:
    """UNSUPPORTED_OPTION where a schema is asked for on a target whose database is its only one."""
    asked = run.request.target_schema
    if asked is None or target is None or family(target.engine) not in ("mysql", "mongodb"):
        return
    home = target.catalog().database
    if asked != home:
        raise UsageError(
            "UNSUPPORTED_OPTION",
            f"The request wants the schema {asked}, but {target.display} is one database and has no schemas.",
            f"Leave the schema out, or let the url lead to the database {asked}.",
        )


def _leave_out(draft: Draft, name: str, statement: Statement, reason: str, original: str) -> None:
    draft.statements = [s for s in draft.statements if s.object != statement.object or s.kind == "table"]
    draft.target_catalog.views = [v for v in draft.target_catalog.views if v.full_name != statement.object]
    draft.target_fingerprint = fingerprint(draft.target_catalog)
    draft.omissions.append(Omission(object=name, kind="view", reason=reason, original=original, effort_hours=1.0))

"""Write the target's DDL from a source's schema and values, or say what differs between two schemas."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from conversion.alter.model import Migration
from conversion.alter.script import script
from conversion.differences import Difference
from conversion.documents.mapping import CollectionMapping
from conversion.documents.relations_mapping import DocumentMapping, RelationDecision
from conversion.fingerprint import fingerprint
from conversion.live import Asked, compare_live, conversion_of
from conversion.mapping import Omission, Statement, TableMapping
from conversion.result import Conversion, Note, Overrides
from engines.catalog import Catalog, Model
from engines.errors import UsageError
from engines.protocols import Database
from skills.context import SkillContext
from skills.models import DatabaseRef
from skills.scanning import look
from skills.schema_comparator.alter import migration_between
from skills.schema_comparator.target import Target, chosen
from skills.schema_comparator.tool import ToolArgs, digest, sections

__all__ = ["Input", "Output", "ToolArgs", "digest", "run", "sections"]


class Input(Model):
    """source and target: what to compare; the connections come with the context.

    values: scan looks at the rows, so that types are chosen by what is there; declared doesn't, and takes types that
    hold whatever the source's may; scan_max_rows: tables with more rows are taken as declared too. target_schema: where
    tables of a source without schemas go. workload: queries by which documents are cut from relations (a MongoDB
    target).
    """

    source: DatabaseRef
    target: DatabaseRef
    mode: Literal["convert", "diff"] = "convert"
    overrides: Overrides = Field(default_factory=Overrides)
    values: Literal["scan", "declared"] = "scan"
    scan_max_rows: int | None = Field(default=None, ge=0)
    target_schema: str | None = None
    workload: list[str] = Field(default_factory=list)


class Output(Model):
    """statements in the order they run; omissions: every source object that isn't carried over as it was.

    differences: from what the source asks for to what the target has (mode diff); equal: there are none.
    fingerprint and target_fingerprint: sha256 of the source's schema, and of the target's as it should be (convert) or
    is (diff). migration: the steps that make the target like what the source asks for, and back; script and
    reverse_script: the same as text for the engine's own client (mode diff, relational targets). target_catalog: what
    introspecting the target gives after the statements ran (convert).
    documents: where each path of a collection goes in tables. collections, relations: how rows become documents, and
    what decided for each foreign key.
    """

    statements: list[Statement] = Field(default_factory=list)
    equal: bool | None = None
    differences: list[Difference] = Field(default_factory=list)
    omissions: list[Omission] = Field(default_factory=list)
    renames: dict[str, str] = Field(default_factory=dict)
    notes: list[Note] = Field(default_factory=list)
    tables: list[TableMapping] = Field(default_factory=list)
    fingerprint: str
    target_fingerprint: str
    target_catalog: Catalog | None = None
    migration: Migration | None = None
    script: str | None = None
    reverse_script: str | None = None
    documents: list[CollectionMapping] = Field(default_factory=list)
    collections: list[DocumentMapping] = Field(default_factory=list)
    relations: list[RelationDecision] = Field(default_factory=list)


def run(input: Input, context: SkillContext) -> Output:
    """Convert or compare; UsageError when a connection that the mode needs isn't open, or no direction fits."""
    source = _opened(context.source, "source")
    if input.mode == "convert":
        return _converted(input, context, source)
    return _compared(input, context, source, _opened(context.target, "target"))


def _converted(input: Input, context: SkillContext, source: Database) -> Output:
    result = _conversion(input, context, source)
    return Output(
        statements=result.statements,
        omissions=result.omissions,
        renames=result.renames,
        notes=result.notes,
        tables=result.tables,
        fingerprint=fingerprint(source.catalog()),
        target_fingerprint=fingerprint(result.target),
        target_catalog=result.target,
        documents=result.documents,
        collections=result.collections,
        relations=result.relations,
    )


def _compared(input: Input, context: SkillContext, source: Database, target: Database) -> Output:
    """Catalogs of one engine are compared as they are; else what the source would become is."""
    found = compare_live(source, target, _asked(input, context, chosen(input.target, target, input.target_schema)))
    plan = migration_between(target.catalog(), found.wanted, input.overrides, found.alike)
    return Output(
        equal=not found.differences,
        differences=found.differences,
        omissions=found.omissions,
        renames=found.renames,
        fingerprint=fingerprint(source.catalog()),
        target_fingerprint=fingerprint(target.catalog()),
        migration=plan,
        script=script(plan) if plan else None,
        reverse_script=script(plan, reverse=True) if plan else None,
    )


def _conversion(input: Input, context: SkillContext, source: Database) -> Conversion:
    target = chosen(input.target, context.target, input.target_schema)
    return conversion_of(source, target.engine, target.version, _asked(input, context, target), context.target)


def _asked(input: Input, context: SkillContext, target: Target) -> Asked:
    return Asked(
        home=target.home,
        overrides=input.overrides,
        scan=input.values == "scan",
        workload=input.workload,
        look=look(context, "profile", input.scan_max_rows),
    )


def _opened(database: Database | None, role: str) -> Database:
    if database is None:
        raise UsageError(
            f"{role.upper()}_NOT_OPEN",
            f"There is no open connection to the {role}.",
            f"Give the {role}'s url: schemas are read from the database itself.",
        )
    return database

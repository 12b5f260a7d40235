"""Write the target's DDL from a source's schema and values, or say what differs between two schemas."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from conversion.convert import convert
from conversion.diff import diff
from conversion.differences import Difference
from conversion.fingerprint import fingerprint
from conversion.mapping import Omission, Statement, TableMapping
from conversion.result import Conversion, Note, Overrides
from engines.catalog import Catalog, Model
from engines.connection import parse
from engines.errors import UsageError
from engines.profile import TableProfile
from engines.protocols import Database
from skills.context import Progress, SkillContext
from skills.models import DatabaseRef
from skills.schema_comparator.orphans import broken_references
from skills.schema_comparator.tool import ToolArgs, digest, sections

__all__ = ["Input", "Output", "ToolArgs", "digest", "run", "sections"]

VIRTUAL_KINDS = {"virtual", "shadow"}


class Input(Model):
    """source and target: what to compare; the connections come with the context.

    target_schema: where the tables of a SQLite source go. workload is what other skills read, and not used here.
    """

    source: DatabaseRef
    target: DatabaseRef
    mode: Literal["convert", "diff"] = "convert"
    overrides: Overrides = Field(default_factory=Overrides)
    target_schema: str = "public"
    workload: list[str] = Field(default_factory=list)


class Output(Model):
    """statements in the order they run; omissions: every source object that isn't carried over as it was.

    differences: from what the source asks for to what the target has (mode diff). fingerprint and
    target_fingerprint: sha256 of the source's schema, and of the target's as it should be (convert) or is (diff).
    target_catalog: what introspecting the target gives after the statements ran (convert).
    """

    statements: list[Statement] = Field(default_factory=list)
    differences: list[Difference] = Field(default_factory=list)
    omissions: list[Omission] = Field(default_factory=list)
    renames: dict[str, str] = Field(default_factory=dict)
    notes: list[Note] = Field(default_factory=list)
    tables: list[TableMapping] = Field(default_factory=list)
    fingerprint: str
    target_fingerprint: str
    target_catalog: Catalog | None = None


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
    )


def _compared(input: Input, context: SkillContext, source: Database, target: Database) -> Output:
    """Catalogs of one engine are compared as they are; else what the source would become is."""
    found = target.catalog()
    wanted, omissions, renames = source.catalog(), [], {}
    if source.engine != target.engine:
        result = _conversion(input, context, source)
        wanted, omissions, renames = result.target, result.omissions, result.renames
    return Output(
        differences=diff(wanted, found),
        omissions=omissions,
        renames=renames,
        fingerprint=fingerprint(source.catalog()),
        target_fingerprint=fingerprint(found),
    )


def _conversion(input: Input, context: SkillContext, source: Database) -> Conversion:
    catalog = source.catalog()
    engine, version = _target(input, context)
    offered = None
    if engine == "postgresql" and context.target is not None and catalog.extensions:
        offered = [str(row[0]) for row in context.target.query("SELECT name FROM pg_available_extensions")]
    return convert(
        catalog,
        _profiles(catalog, source, context),
        engine,
        version,
        input.overrides,
        input.target_schema,
        broken_references(catalog, source) if catalog.engine == "sqlite" else (),
        offered,
    )


def _profiles(catalog: Catalog, source: Database, context: SkillContext) -> dict[str, TableProfile]:
    """Scans of the tables of an engine whose declared types don't say what the values are."""
    if catalog.engine != "sqlite":
        return {}
    tables = [table for table in catalog.tables if table.kind not in VIRTUAL_KINDS]
    found = {}
    for number, table in enumerate(tables, 1):
        found[table.full_name] = source.profile(table)
        context.progress(Progress("profile", table.full_name, number, len(tables)))
    return found


def _target(input: Input, context: SkillContext) -> tuple[str, str]:
    """Engine and version to write for: those of the open target, else the declared ones."""
    if context.target is not None:
        return context.target.engine, context.target.version
    engine = parse(input.target.url).engine if input.target.url else (input.target.type or "").lower()
    engine = {"postgres": "postgresql", "other": "sqlite"}.get(engine, engine)
    if not engine or (engine == "postgresql" and not input.target.version):
        raise UsageError(
            "TARGET_UNKNOWN",
            "The target is neither open nor declared with its type and version.",
            "Give the target's type and version, or a url that can be opened.",
        )
    return engine, input.target.version or "3"


def _opened(database: Database | None, role: str) -> Database:
    if database is None:
        raise UsageError(
            f"{role.upper()}_NOT_OPEN",
            f"There is no open connection to the {role}.",
            f"Give the {role}'s url: schemas are read from the database itself.",
        )
    return database

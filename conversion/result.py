"""What a conversion is asked for and what it gives: the target's catalog, the way of every table, what stays behind."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from conversion.documents.mapping import CollectionMapping
from conversion.documents.relations_mapping import DocumentMapping, RelationDecision
from conversion.mapping import Omission, Statement, TableMapping
from engines.catalog import Catalog, Model
from engines.profile import TableProfile


class Overrides(Model):
    """Choices of a person that win over the rules; keys are the source's `schema.table` or `schema.table.column`.

    types: a target type for a column, or for all columns of a source type: `tinyint(1)` in the whole database,
    `schema.table:tinyint(1)` in one table (the closest key wins); names: a target name; views: a query in the target's
    dialect for a view; skip: tables and views to leave out (they become omissions); relations: `embed` or `reference`
    for a foreign key on its way to documents, by `schema.table.constraint` or `schema.table(column,...)`; fills: what
    gives a value to rows of a target table that have none, an expression of its engine by the wanted column's full name
    (mode diff); settled: forms of values that a target's type can't hold (engines/*/profile.py) and that become no NULL
    there, because a policy says to store something else or to stop.
    """

    types: dict[str, str] = Field(default_factory=dict)
    names: dict[str, str] = Field(default_factory=dict)
    views: dict[str, str] = Field(default_factory=dict)
    skip: list[str] = Field(default_factory=list)
    relations: dict[str, str] = Field(default_factory=dict)
    fills: dict[str, str] = Field(default_factory=dict)
    settled: list[str] = Field(default_factory=list)

    def type_for(self, table: str, column: str, native: str) -> str | None:
        """The type asked for: for the column, else for its source type in the table, else for that type anywhere."""
        keys = (f"{table}.{column}", f"{table}:{native}", native)
        return next((self.types[key] for key in keys if key in self.types), None)


@dataclass(frozen=True)
class Request:
    """What one direction is given: the source's catalog, what is known of its values, and what was asked for.

    profiles: by the source table's full name; engine and version: the target's; schema: where the tables of a source
    without schemas go; unvalidated: (source table, number of the foreign key in its list) that rows break; workload:
    queries in the source's dialect, which steer what is embedded in documents; unscanned: source tables of which a scan
    left the values out; lowers: the target keeps names of tables in lower case, or takes no notice of it (MySQL).
    """

    source: Catalog
    profiles: dict[str, TableProfile]
    engine: str
    version: str
    overrides: Overrides
    schema: str
    unvalidated: frozenset[tuple[str, int]] = frozenset()
    workload: tuple[str, ...] = ()
    unscanned: frozenset[str] = frozenset()
    lowers: bool = False


class Note(Model):
    """Something about a carried object that a person should know."""

    object: str
    text: str


class Conversion(Model):
    """target: what introspecting the target gives afterwards; renames: source full name -> target full name.

    collections and relations: the way of rows into documents and how each foreign key was decided (to MongoDB only).
    """

    target: Catalog
    tables: list[TableMapping]
    statements: list[Statement] = Field(default_factory=list)
    omissions: list[Omission] = Field(default_factory=list)
    renames: dict[str, str] = Field(default_factory=dict)
    notes: list[Note] = Field(default_factory=list)
    documents: list[CollectionMapping] = Field(default_factory=list)
    collections: list[DocumentMapping] = Field(default_factory=list)
    relations: list[RelationDecision] = Field(default_factory=list)


# Hours a person needs to carry an object by hand: planning values of this project, not measurements.
EFFORT_HOURS = {
    "trigger": 2.0, "routine": 4.0, "view": 1.0, "generated column": 0.5, "check": 0.5, "default": 0.25,
    "index": 0.5, "foreign key": 0.5, "virtual table": 8.0, "foreign table": 4.0, "extension": 2.0,
    "row security": 4.0, "privileges": 1.0, "exclusion": 2.0, "type": 1.0, "sequence": 0.5, "table": 1.0,
    "unique constraint": 0.5, "event": 2.0, "identity": 0.25, "policy": 1.0, "partitioning": 1.0, "collation": 0.25,
    "primary key": 1.0, "on update": 0.5, "subpartitioning": 1.0, "not null": 0.25, "materialized view": 1.5,
    "validator": 1.0, "ttl": 0.5, "capped collection": 1.0, "time series": 2.0,
}  # fmt: skip
LINES_PER_STEP = 20  # each further 20 lines of an object's text add the same hours again


def omission(name: str, kind: str, reason: str, original: str | None = "") -> Omission:
    """An omission with its planned effort, which grows with the length of the original text."""
    body = original or ""
    steps = 1 + body.count("\n") // LINES_PER_STEP
    hours = EFFORT_HOURS.get(kind, 0.0) * steps
    return Omission(object=name, kind=kind, reason=reason, original=body, effort_hours=hours)

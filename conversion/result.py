"""What a conversion is asked for and what it gives: the target's catalog, the way of every table, what stays behind."""

from __future__ import annotations

from pydantic import Field

from conversion.mapping import Omission, Statement, TableMapping
from engines.catalog import Catalog, Model


class Overrides(Model):
    """Choices of a person that win over the rules; keys are the source's `schema.table` or `schema.table.column`.

    types: a target type for a column, names: a target name, views: a query in the target's dialect for a view,
    skip: tables and views to leave out (they become omissions).
    """

    types: dict[str, str] = Field(default_factory=dict)
    names: dict[str, str] = Field(default_factory=dict)
    views: dict[str, str] = Field(default_factory=dict)
    skip: list[str] = Field(default_factory=list)


class Note(Model):
    """Something about a carried object that a person should know."""

    object: str
    text: str


class Conversion(Model):
    """target: what introspecting the target gives afterwards; renames: source full name -> target full name."""

    target: Catalog
    tables: list[TableMapping]
    statements: list[Statement] = Field(default_factory=list)
    omissions: list[Omission] = Field(default_factory=list)
    renames: dict[str, str] = Field(default_factory=dict)
    notes: list[Note] = Field(default_factory=list)


# Hours a person needs to carry an object by hand: planning values of this project, not measurements.
EFFORT_HOURS = {
    "trigger": 2.0, "routine": 4.0, "view": 1.0, "generated column": 0.5, "check": 0.5, "default": 0.25,
    "index": 0.5, "foreign key": 0.5, "virtual table": 8.0, "foreign table": 4.0, "extension": 2.0,
    "row security": 4.0, "privileges": 1.0, "exclusion": 2.0, "type": 1.0, "sequence": 0.5, "table": 1.0,
}  # fmt: skip
LINES_PER_STEP = 20  # each further 20 lines of an object's text add the same hours again


def omission(name: str, kind: str, reason: str, original: str | None = "") -> Omission:
    """An omission with its planned effort, which grows with the length of the original text."""
    body = original or ""
    steps = 1 + body.count("\n") // LINES_PER_STEP
    hours = EFFORT_HOURS.get(kind, 0.0) * steps
    return Omission(object=name, kind=kind, reason=reason, original=body, effort_hours=hours)

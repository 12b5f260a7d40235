"""What is compared with what: tables and columns of both sides, and the form in which their values are compared."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from conversion.documents.mapping import CollectionMapping
from conversion.documents.relations_mapping import DocumentMapping
from engines.columns import Column, LogicalType
from engines.full_names import parts
from engines.model import Model

Role = Literal["source", "target"]


class Form(StrEnum):
    """Canonical forms; transfer/canonical/forms.py says what each looks like and how each engine renders it."""

    NUMBER = "number"  # integers, decimals, floats, booleans: the shortest exact decimal
    SINGLE = "single"  # numbers compared as 32-bit floats, because one side holds no more
    TEXT = "text"
    CHAR = "char"  # text without the blanks at its end
    BYTES = "bytes"
    BITS = "bits"
    DATE = "date"
    TIME = "time"
    TIMETZ = "timetz"
    TIMESTAMP = "timestamp"
    INTERVAL = "interval"
    UUID = "uuid"
    JSON = "json"
    SET = "set"
    POINT = "point"
    GEOMETRY = "geometry"
    NATIVE = "native"  # the engine's own text, both sides being the same engine and type
    DYNAMIC = "dynamic"  # class and bytes of a SQLite value beside another one
    BSON = "bson"  # type and bytes of a document's field beside another one


class Held(Model):
    """How one side holds a column.

    name: the column's own name there (MongoDB: of the field, a path with dots); native: the type as the engine spells
    it; reading: how the stored value becomes the form where its type doesn't say so, such as `epoch_seconds`.
    """

    name: str
    native: str
    type: LogicalType
    nullable: bool = True
    collation: str | None = None
    reading: str = "native"

    @classmethod
    def of(cls, column: Column, reading: str = "native") -> Held:
        """How a side holds a column of its catalog."""
        return cls(
            name=column.name,
            native=column.native,
            type=column.type,
            nullable=column.nullable,
            collation=column.collation,
            reading=reading,
        )


class ComparedColumn(Model):
    """A column of both sides; name: what results call it (the source's, where both have one).

    digits: fractional digits (of seconds, or decimals) that both sides can hold, None where there is no such limit;
    tolerance: one phrase that says how two values may differ and still count as equal, None: not at all.
    """

    name: str
    form: Form
    source: Held
    target: Held
    digits: int | None = None
    tolerance: str | None = None

    def held(self, role: Role) -> Held:
        """The column as that side holds it."""
        return self.source if role == "source" else self.target

    @property
    def nullable(self) -> bool:
        """Whether either side may hold NULL."""
        return self.source.nullable or self.target.nullable


class Uncompared(Model):
    """A column that is not compared, on which side it is, and why."""

    column: str
    side: Literal["source", "target", "both"]
    reason: str


class ComparedTable(Model):
    """A table of both sides; source and target are full names (schema.table, database.table, database.collection).

    key: names of compared columns whose values together identify a row on both sides; empty: rows are a multiset.
    range_column: the compared column, an integer on both sides, by which both are cut into ranges; None: rows are cut
    by their hash. view: one side is a view. documents: how the rows lie in documents, where one side is MongoDB and the
    other is not: of a source the way into tables, of a target the way from tables. locator: columns of the source (or
    its rowid) by which rows that the migration set aside are found again; numbered: a running number stands behind
    their values, which tells nothing. withheld: documents of the source that were set aside whole, SHA-256 of their
    bytes -> _id as Extended JSON; they have no rows here. above: the table whose rows' documents hold the rows of this
    one, by links: (own column of the source, column of the one above).
    """

    name: str
    source: str
    target: str
    columns: list[ComparedColumn]
    key: list[str] = Field(default_factory=list)
    range_column: str | None = None
    locator: list[str] = Field(default_factory=list)
    numbered: bool = False
    uncompared: list[Uncompared] = Field(default_factory=list)
    view: bool = False
    documents: CollectionMapping | DocumentMapping | None = None
    withheld: dict[str, str] = Field(default_factory=dict)
    above: ComparedTable | None = None
    links: list[tuple[str, str]] = Field(default_factory=list)

    def full_name(self, role: Role) -> str:
        """The table's name on that side."""
        return self.source if role == "source" else self.target

    def place(self, role: Role) -> tuple[str, str]:
        """Schema (database) and name of the table on that side."""
        return parts(self.full_name(role))

    @property
    def key_columns(self) -> list[ComparedColumn]:
        """The columns of the key, in its order."""
        by_name = {column.name: column for column in self.columns}
        return [by_name[name] for name in self.key]

    @property
    def tolerances(self) -> dict[str, str]:
        """Column -> how far its values may differ, of those that are not compared exactly."""
        return {column.name: column.tolerance for column in self.columns if column.tolerance is not None}

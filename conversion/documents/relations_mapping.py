"""Where rows go when tables become collections: fields, documents inside documents, references."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from engines.model import Model

ID = "_id"


class FieldMapping(Model):
    """A column's way into a document.

    field: its name there; encoding: how the value is written (relations_values.ENCODINGS); bson: the types that the
    field then has, the usual one first; rest: name of the field beside it that holds the microseconds a date has no
    place for, present only where there are any; in_id: it is a part of _id. reason and alternatives: why this way, and
    what else a request could ask for.
    """

    column: str
    field: str
    source_type: str
    encoding: str
    bson: list[str]
    rest: str | None = None
    in_id: bool = False
    nullable: bool = True
    reason: str = ""
    alternatives: list[str] = Field(default_factory=list)


class EmbeddedMapping(Model):
    """A table whose rows stand inside the documents of another: as one object, as array of objects or of values.

    field: where in the parent's document; shape: object | array | values (an array of the one column that is left).
    links: (child's column, parent's column) of the foreign key; those columns are in the child's rows only where their
    value is spelled otherwise than the parent's. order: the child's columns that the array is sorted by.
    """

    table: str
    field: str
    shape: str
    links: list[tuple[str, str]]
    fields: list[FieldMapping]
    order: list[str] = Field(default_factory=list)
    embedded: list[EmbeddedMapping] = Field(default_factory=list)

    @property
    def link_columns(self) -> list[str]:
        """The child's columns that say whose rows they are."""
        return [child for child, _ in self.links]

    @property
    def own_fields(self) -> list[FieldMapping]:
        """The fields that every row has, those of the foreign key aside."""
        return [found for found in self.fields if found.column not in self.link_columns]


class RelationDecision(Model):
    """What becomes of a foreign key: choice is object, array, values or reference; rule: the row of the table."""

    table: str
    foreign_key: str
    columns: list[str]
    referenced: str
    choice: str
    rule: str
    reason: str
    alternatives: list[str] = Field(default_factory=list)


class DocumentMapping(Model):
    """A table that becomes a collection, with the tables inside its documents.

    key: the source's columns that _id is made of: one gives its value, several an object, none leaves _id to the
    server (an ObjectId).
    """

    table: str
    collection: str
    key: list[str]
    fields: list[FieldMapping]
    embedded: list[EmbeddedMapping] = Field(default_factory=list)
    rows: int | None = None
    size_bytes: int | None = None

    def tables(self) -> Iterator[str]:
        """The full names of all tables whose rows stand in these documents."""
        yield self.table
        yield from _tables(self.embedded)

    def path(self, column: str) -> str | None:
        """The path of a column of the table itself, as indexes name it; None for a column there isn't."""
        return next((_path(found, self.key) for found in self.fields if found.column == column), None)


def _path(found: FieldMapping, key: list[str]) -> str:
    if not found.in_id:
        return found.field
    return ID if len(key) == 1 else f"{ID}.{found.field}"


def _tables(embedded: list[EmbeddedMapping]) -> Iterator[str]:
    for found in embedded:
        yield found.table
        yield from _tables(found.embedded)

"""Where every path of a collection's documents goes: the mapping that shredding and assembling follow."""

from __future__ import annotations

from pydantic import Field

from engines.model import Model


class Node(Model):
    """How the value at one place of a document is stored in the row that stands for the object around it.

    kind: column (one value in columns), object (its fields in this row, children in the order of their keys), rows
    (an element per row of another table: array, or object whose keys are data), columns (one column per type: the
    children), residue (only there). name: the key in its object, empty for the value that the row itself is. default:
    what it stands for when nothing is stored: missing, null, empty. types: values found per BSON type; share: part of
    the objects that have it, 0 to 1. reason: why so; alternatives: what a request could ask for instead.
    """

    name: str = ""
    kind: str
    columns: list[str] = Field(default_factory=list)
    native: str = ""
    encoding: str = ""
    options: dict[str, int] = Field(default_factory=dict)
    default: str = "missing"
    table: str | None = None
    children: list[Node] = Field(default_factory=list)
    types: dict[str, int] = Field(default_factory=dict)
    share: float = 1.0
    reason: str = ""
    alternatives: list[str] = Field(default_factory=list)


class RowMapping(Model):
    """A table: what its rows stand for and how.

    path: of the values that become its rows, as in ObservedField. key: its primary key, the document's key first,
    then a place per array or map on the way, its own last; parent: the table of the values around; map_key: the column
    that holds the entry's key, where the entries of an object are the rows; residue: the column of what columns can't
    say.
    """

    table: str
    path: list[str | None]
    key: list[str]
    parent: str | None = None
    map_key: str | None = None
    residue: str
    value: Node


class CollectionMapping(Model):
    """A collection's way into tables; the first stands for the documents themselves.

    collection: its name; source: database.collection; engine and version: the target's; key_encoding: of _id.
    """

    collection: str
    source: str
    engine: str
    version: str
    key_encoding: str
    tables: list[RowMapping]

    @property
    def root(self) -> RowMapping:
        """The table of the documents."""
        return self.tables[0]

    def table(self, name: str) -> RowMapping:
        """The table of that full name; KeyError when there is none."""
        for found in self.tables:
            if found.table == name:
                return found
        raise KeyError(f"{self.collection} has no table {name}")

"""The engine-neutral model of what a database contains."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from pydantic import Field

from engines.columns import Column, Generated, Identity, Kind, LogicalType
from engines.constraints import Check, Exclusion, ForeignKey, Index, IndexKey, Key
from engines.documents import Collection
from engines.full_names import qualified
from engines.model import Model
from engines.programs import Event, Parameter, Routine, Trigger
from engines.rights import Policy, Privilege

__all__ = [
    "Catalog",
    "Check",
    "Collection",
    "Column",
    "Event",
    "Exclusion",
    "Extension",
    "ForeignKey",
    "Generated",
    "Identity",
    "Index",
    "IndexKey",
    "Key",
    "Kind",
    "LogicalType",
    "Model",
    "Parameter",
    "Part",
    "Partitioning",
    "Policy",
    "Privilege",
    "Routine",
    "Sequence",
    "Table",
    "Trigger",
    "Unread",
    "UserType",
    "View",
]


class Part(Model):
    """A partition that is no table of its own (MySQL): its bound as written (VALUES LESS THAN (10), ...)."""

    name: str
    bound: str | None = None
    parts: list[str] = Field(default_factory=list)  # names of its subpartitions
    comment: str | None = None


class Partitioning(Model):
    """How a table is split, or of which table it is a part; key and bound in the engine's dialect.

    Parts that are tables (PostgreSQL) name their parent; parts that are not (MySQL) stand in parts, in order.
    """

    strategy: str | None = None
    key: str | None = None
    parent: str | None = None
    bound: str | None = None
    parts: list[Part] = Field(default_factory=list)
    sub_strategy: str | None = None
    sub_key: str | None = None


class Table(Model):
    """A table; rows is exact where rows_exact says so, else the engine's estimate; size_bytes includes indexes."""

    schema_name: str
    name: str
    columns: list[Column]
    primary_key: Key | None = None
    uniques: list[Key] = Field(default_factory=list)
    indexes: list[Index] = Field(default_factory=list)
    foreign_keys: list[ForeignKey] = Field(default_factory=list)
    checks: list[Check] = Field(default_factory=list)
    exclusions: list[Exclusion] = Field(default_factory=list)
    triggers: list[Trigger] = Field(default_factory=list)
    partitioning: Partitioning | None = None
    inherits: list[str] = Field(default_factory=list)
    kind: str = "table"  # table | partitioned | foreign | virtual | shadow | unlogged
    row_security: bool = False
    row_security_forced: bool = False  # for the owner as well
    policies: list[Policy] = Field(default_factory=list)
    replica_identity: str | None = None
    rows: int | None = None
    rows_exact: bool = False
    size_bytes: int | None = None
    comment: str | None = None
    options: dict[str, str] = Field(default_factory=dict)
    definition: str | None = None

    @property
    def full_name(self) -> str:
        """schema.name, for people and as the key of tables in every output."""
        return qualified(self.schema_name, self.name)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.full_name} has no column {name}")


class View(Model):
    """A view or materialized view; definition is the query, in the engine's dialect; broken: why it can't be read.

    populated: a materialized view has been filled; a state of the server like rows, so it is not kept with the catalog.
    """

    schema_name: str
    name: str
    definition: str
    materialized: bool = False
    populated: bool = Field(default=True, exclude=True)
    columns: list[str] = Field(default_factory=list)
    depends_on: list[str] = Field(default_factory=list)
    indexes: list[Index] = Field(default_factory=list)
    triggers: list[Trigger] = Field(default_factory=list)
    options: dict[str, str] = Field(default_factory=dict)
    broken: str | None = None
    comment: str | None = None

    @cached_property
    def typed(self) -> list[Column]:
        """The columns with their types, as the server describes them; only of a catalog that was just read."""
        return []

    @property
    def full_name(self) -> str:
        """schema.name."""
        return qualified(self.schema_name, self.name)


class Sequence(Model):
    """A sequence with its state; owned_by is schema.table.column where a column owns it."""

    schema_name: str
    name: str
    data_type: str = "bigint"
    start: int = 1
    increment: int = 1
    minimum: int | None = None
    maximum: int | None = None
    cache: int = 1
    cycle: bool = False
    last_value: int | None = None
    is_called: bool = False
    owned_by: str | None = None
    identity: bool = False
    comment: str | None = None

    @property
    def full_name(self) -> str:
        """schema.name."""
        return qualified(self.schema_name, self.name)


class UserType(Model):
    """An enum, domain, composite or range type; definition is a whole CREATE TYPE/DOMAIN statement."""

    schema_name: str
    name: str
    kind: str  # enum | domain | composite | range
    labels: list[str] = Field(default_factory=list)
    definition: str
    comment: str | None = None

    @property
    def full_name(self) -> str:
        """schema.name."""
        return qualified(self.schema_name, self.name)


class Extension(Model):
    """An extension and its version."""

    name: str
    version: str
    schema_name: str


class Unread(Model):
    """A part of the catalog that could not be read or is not described, and why.

    kind: where it is one object; definition: its statement, where the engine gives one.
    """

    part: str
    reason: str
    kind: str | None = None
    definition: str | None = None


class Catalog(Model):
    """Everything a database contains, as far as it could be read; unread names the rest."""

    engine: str
    version: str
    database: str
    encoding: str | None = None
    collation: str | None = None
    size_bytes: int | None = None
    schemas: list[str] = Field(default_factory=list)
    tables: list[Table] = Field(default_factory=list)
    views: list[View] = Field(default_factory=list)
    sequences: list[Sequence] = Field(default_factory=list)
    types: list[UserType] = Field(default_factory=list)
    routines: list[Routine] = Field(default_factory=list)
    extensions: list[Extension] = Field(default_factory=list)
    events: list[Event] = Field(default_factory=list)
    privileges: list[Privilege] = Field(default_factory=list)
    collections: list[Collection] = Field(default_factory=list)
    settings: dict[str, Any] = Field(default_factory=dict)
    unread: list[Unread] = Field(default_factory=list)

    @cached_property
    def places(self) -> dict[str, int]:
        """Where in tables each schema.name stood when it was last looked for; table() checks and mends it."""
        return {}

    def table(self, full_name: str) -> Table:
        """The table of that schema.name; KeyError when there is none."""
        place = self.places.get(full_name, -1)
        if 0 <= place < len(self.tables) and self.tables[place].full_name == full_name:
            return self.tables[place]
        self.places.clear()
        self.places.update((table.full_name, number) for number, table in reversed(list(enumerate(self.tables))))
        if full_name not in self.places:
            raise KeyError(f"no table {full_name} in {self.database}")
        return self.tables[self.places[full_name]]

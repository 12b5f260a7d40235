"""The engine-neutral model of what a database contains."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Model(BaseModel):
    """Base of every model of data that is stored or handed over: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Kind(StrEnum):
    """What a value is, whatever the engine calls it."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    BOOLEAN = "boolean"
    TEXT = "text"
    CHAR = "char"
    BINARY = "binary"
    BIT = "bit"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
    INTERVAL = "interval"
    UUID = "uuid"
    JSON = "json"
    XML = "xml"
    ENUM = "enum"
    ARRAY = "array"
    RANGE = "range"
    NETWORK = "network"
    GEOMETRY = "geometry"
    COMPOSITE = "composite"
    DYNAMIC = "dynamic"  # each value brings its own type (SQLite)
    OTHER = "other"


class LogicalType(Model):
    """A type without its spelling.

    bits: width of integers and floats; length: characters, bytes or bits; precision and scale: decimal digits,
    for times the fractional digits; with_zone: the value is a moment, not a wall-clock reading.
    """

    kind: Kind
    bits: int | None = None
    precision: int | None = None
    scale: int | None = None
    length: int | None = None
    with_zone: bool = False
    element: LogicalType | None = None
    name: str | None = None


class Generated(Model):
    """A computed column: expression in the engine's dialect, stored or computed on read."""

    expression: str
    stored: bool


class Identity(Model):
    """A column the engine numbers itself; next_value is what it would give next."""

    always: bool = False
    sequence: str | None = None
    next_value: int | None = None
    strict: bool = False  # never gives a number twice (SQLite AUTOINCREMENT)


class Column(Model):
    """A column; native is the engine's own spelling of the type, default an expression in its dialect."""

    name: str
    position: int
    native: str
    type: LogicalType
    nullable: bool = True
    default: str | None = None
    generated: Generated | None = None
    identity: Identity | None = None
    collation: str | None = None
    comment: str | None = None


class Key(Model):
    """A primary key or unique constraint."""

    name: str | None = None
    columns: list[str]
    collations: list[str | None] = Field(default_factory=list)
    nulls_distinct: bool = True
    deferrable: bool = False
    initially_deferred: bool = False
    include: list[str] = Field(default_factory=list)
    comment: str | None = None


class IndexKey(Model):
    """One part of an index: a column or an expression."""

    column: str | None = None
    expression: str | None = None
    descending: bool = False
    nulls_first: bool | None = None
    collation: str | None = None
    operator_class: str | None = None


class Index(Model):
    """An index that no constraint owns; definition is the engine's own statement, where it keeps one."""

    name: str
    keys: list[IndexKey]
    unique: bool = False
    method: str = "btree"
    predicate: str | None = None
    include: list[str] = Field(default_factory=list)
    nulls_distinct: bool = True
    valid: bool = True
    definition: str | None = None
    comment: str | None = None


class ForeignKey(Model):
    """A reference; actions are spelled as in SQL (NO ACTION, CASCADE, SET NULL, ...)."""

    name: str | None = None
    columns: list[str]
    referenced_schema: str
    referenced_table: str
    referenced_columns: list[str]
    on_update: str = "NO ACTION"
    on_delete: str = "NO ACTION"
    match: str = "SIMPLE"
    deferrable: bool = False
    initially_deferred: bool = False
    validated: bool = True
    comment: str | None = None


class Check(Model):
    """A check constraint; expression in the engine's dialect, without the word CHECK."""

    name: str | None = None
    expression: str
    validated: bool = True
    no_inherit: bool = False
    comment: str | None = None


class Exclusion(Model):
    """An exclusion constraint (PostgreSQL), kept by its definition."""

    name: str
    definition: str


class Partitioning(Model):
    """How a table is split, or of which table it is a part; key and bound in the engine's dialect."""

    strategy: str | None = None
    key: str | None = None
    parent: str | None = None
    bound: str | None = None


class Trigger(Model):
    """A trigger; definition is the engine's own statement."""

    name: str
    timing: str = ""
    events: list[str] = Field(default_factory=list)
    definition: str
    enabled: bool = True
    comment: str | None = None


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
        return f"{self.schema_name}.{self.name}"

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.full_name} has no column {name}")


class View(Model):
    """A view or materialized view; definition is the query, in the engine's dialect."""

    schema_name: str
    name: str
    definition: str
    materialized: bool = False
    columns: list[str] = Field(default_factory=list)
    depends_on: list[str] = Field(default_factory=list)
    indexes: list[Index] = Field(default_factory=list)
    triggers: list[Trigger] = Field(default_factory=list)
    options: dict[str, str] = Field(default_factory=dict)
    comment: str | None = None

    @property
    def full_name(self) -> str:
        """schema.name."""
        return f"{self.schema_name}.{self.name}"


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
        return f"{self.schema_name}.{self.name}"


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
        return f"{self.schema_name}.{self.name}"


class Routine(Model):
    """A function, procedure or aggregate; definition is the engine's own statement."""

    schema_name: str
    name: str
    kind: str  # function | procedure | aggregate
    language: str
    signature: str
    definition: str
    comment: str | None = None

    @property
    def full_name(self) -> str:
        """schema.name(signature)."""
        return f"{self.schema_name}.{self.name}({self.signature})"


class Extension(Model):
    """An extension and its version."""

    name: str
    version: str
    schema_name: str


class Unread(Model):
    """A part of the catalog that could not be read or is not described, and why; kind where it is one object."""

    part: str
    reason: str
    kind: str | None = None


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
    settings: dict[str, Any] = Field(default_factory=dict)
    unread: list[Unread] = Field(default_factory=list)

    def table(self, full_name: str) -> Table:
        """The table of that schema.name; KeyError when there is none."""
        for table in self.tables:
            if table.full_name == full_name:
                return table
        raise KeyError(f"no table {full_name} in {self.database}")

"""Columns of the engine-neutral model: what a value is, and how a column holds it."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from engines.model import Model


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
    SET = "set"  # any number of an enum's labels at once (MySQL)
    YEAR = "year"
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
    for times the fractional digits; with_zone: the value is a moment, not a wall-clock reading; labels: those of an
    enum or set that the column itself lists (MySQL); srid: spatial reference system of a geometry, where declared.
    """

    kind: Kind
    bits: int | None = None
    precision: int | None = None
    scale: int | None = None
    length: int | None = None
    with_zone: bool = False
    element: LogicalType | None = None
    name: str | None = None
    unsigned: bool = False
    labels: list[str] = Field(default_factory=list)
    srid: int | None = None


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
    """A column; native is the engine's own spelling of the type, default an expression in its dialect.

    default_tree (engines/expression_tree.py) reads the default; on_update is what every UPDATE of the row sets it to
    (MySQL); invisible columns are not part of SELECT *; charset and collation are given where the column has its own;
    options: how it is stored and measured (PostgreSQL: statistics, storage, compression, n_distinct).
    """

    name: str
    position: int
    native: str
    type: LogicalType
    nullable: bool = True
    default: str | None = None
    generated: Generated | None = None
    identity: Identity | None = None
    collation: str | None = None
    charset: str | None = None
    on_update: str | None = None
    invisible: bool = False
    options: dict[str, str] = Field(default_factory=dict)
    comment: str | None = None

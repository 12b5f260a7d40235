"""What one direction (source engine to target engine) has to know; everything else is the same for all of them."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from conversion.names import Namer
from conversion.relational.choice import Choice, ColumnFacts
from conversion.shapes import ColumnShape, Shapes, TableShape, Translation, Untranslatable
from engines.catalog import (
    Catalog,
    Column,
    Event,
    Index,
    IndexKey,
    Key,
    Kind,
    LogicalType,
    Routine,
    Table,
    Trigger,
    UserType,
    View,
)
from engines.catalog import Sequence as CatalogSequence

TEXTS = frozenset({Kind.TEXT, Kind.CHAR})
EXACT_NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL})


@dataclass(frozen=True)
class TargetAbilities:
    """What the target has; where it lacks something the converter finds the closest, notes it, or names an omission.

    engine is postgresql, mysql, mariadb or sqlite; version as the server calls itself. home: the schema (MySQL:
    database) that unqualified names go to, where the target has no schemas. index_scope and constraint_scope: within
    what names of indexes, and of foreign keys and checks, are unique: `schema` or `table`. identity: which columns the
    server numbers: `any`, `key` (the first of some key) or `rowid` (the only one of an integer primary key).
    """

    engine: str
    version: tuple[int, ...]
    encoding: str = "UTF8"
    schemas: bool = True
    home: str = "public"
    comments: bool = True
    sequences: bool = True
    identity: str = "any"
    index_scope: str = "schema"
    constraint_scope: str = "table"
    deferrable: bool = True
    not_valid: bool = True  # constraints that hold for new rows only
    partial_indexes: bool = True
    include_columns: bool = True
    descending_keys: bool = True
    nulls_not_distinct: bool = False
    virtual_columns: bool = False
    stored_columns: bool = True
    materialized_views: bool = False
    reference_any_index: bool = False  # a foreign key may refer to columns that no key makes unique (InnoDB)
    set_default: bool = True  # ON DELETE SET DEFAULT
    entry_bytes: int | None = None  # most of one value in a key or a plain index


@dataclass
class OnUpdate:
    """How columns are set by every UPDATE: a clause per column name (MySQL), or triggers with what they call."""

    clauses: dict[str, str] = field(default_factory=dict)
    triggers: list[Trigger] = field(default_factory=list)
    routines: list[Routine] = field(default_factory=list)
    note: str = ""


@dataclass
class Procedural:
    """What becomes of stored code, by the source's full name; whatever is in none of them is refused.

    triggers: by `schema.table.trigger`, what the target's table of that name gets; routines: by full name of routine
    or trigger, the functions and procedures to make; events likewise; refused: (kind, reason); notes: sentences.
    """

    triggers: dict[str, list[Trigger]] = field(default_factory=dict)
    routines: dict[str, list[Routine]] = field(default_factory=dict)
    events: dict[str, list[Event]] = field(default_factory=dict)
    refused: dict[str, tuple[str, str]] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)


def stored_code(source: Catalog, engine: str, version: str, shapes: Shapes, target: Catalog, schema: str) -> Procedural:
    """What conversion/procedural translates; it stands above this module and is imported when it is needed."""
    module = importlib.import_module("conversion.procedural.convert")
    found: Procedural = module.convert(source, engine, version, shapes, target, schema)
    return found


class ViewTrial(Protocol):
    """Makes views one after the other and says which are refused."""

    def refused(self, view: View) -> str | None:
        """None where the view was made, else the reason why not."""
        ...

    def close(self) -> None:
        """Throw the place away."""
        ...


class Direction(ABC):
    """The rules of one direction. Untranslatable (conversion/shapes.py) is how a rule says: not proved equal."""

    abilities: TargetAbilities

    @abstractmethod
    def namer(self) -> Namer:
        """Names as the target takes them."""

    @abstractmethod
    def quote(self, name: str) -> str:
        """An identifier as the target's statements spell it."""

    @abstractmethod
    def choose(self, facts: ColumnFacts) -> Choice:
        """The target type of a column, with its reason and alternatives; there is always one."""

    @abstractmethod
    def overridden(self, facts: ColumnFacts, choice: Choice, wanted: str) -> Choice:
        """A person's own type with a fitting route; UsageError TYPE_WITHOUT_ROUTE."""

    @abstractmethod
    def logical(self, native: str) -> LogicalType:
        """A type of the target by its spelling."""

    @abstractmethod
    def default(self, facts: ColumnFacts, choice: Choice) -> str | None:
        """The column's DEFAULT for that type; None for no default (or DEFAULT NULL)."""

    @abstractmethod
    def scalar(self, sql: str, shape: TableShape) -> Translation:
        """An expression over one table: generated columns, index keys."""

    @abstractmethod
    def predicate(self, sql: str, shape: TableShape) -> Translation:
        """A condition over one table: checks, partial indexes."""

    @abstractmethod
    def query(self, sql: str, shapes: Shapes) -> Translation:
        """A view's query; columns of the translation are its output columns in order."""

    @abstractmethod
    def index(self, source: Index, table: Table, shape: TableShape) -> Index:
        """Method, keys, predicate and options of an index on the target table, under the source's name.

        Untranslatable with the reason where the target has nothing that serves the same queries.
        """

    def source_home(self, source: Catalog) -> str:
        """The source's schema whose names go over without a prefix."""
        return "public" if source.engine == "postgresql" else source.database or "main"

    def carried(self, table: Table) -> str | None:
        """None for a table that can go over, else (kind of) why not."""
        return None

    def enum_type(self, schema: str, name: str, labels: Sequence[str]) -> tuple[UserType, str]:
        """The enum type to make and the native spelling of columns of it."""
        raise Untranslatable("the target has no enum types of its own")

    def key_parts(self, key: Key, shape: TableShape, target: Table) -> list[IndexKey] | None:
        """Index keys that a unique key needs to stay as unique as it was; None where its plain columns do."""
        return None

    def key_collations(self, columns: Sequence[Column]) -> list[str | None]:
        """The collations by which the target will say that it compares a key of these columns; empty: the usual."""
        return []

    def key_problem(self, columns: Sequence[Column]) -> str | None:
        """Why no key can be made over these columns of the target; None where it can."""
        return None

    def comparable(self, child: Column, parent: Column) -> bool:
        """True when a foreign key may go from a column of one type to one of the other."""
        return child.native == parent.native

    def follows(self, child: Choice, parent: Choice) -> Choice | None:
        """The type of a referencing column made that of what it refers to; None where it stays as it is."""
        if child.native == parent.native or child.route != parent.route:
            return None
        return parent

    def assigned(self, translated: Translation, target: Column) -> str:
        """A computed value as the column stores it; Untranslatable where the engines would store it differently."""
        kinds = {translated.kind, target.type.kind}
        if len(kinds) == 1 or kinds <= TEXTS or kinds <= EXACT_NUMBERS:
            return translated.sql
        raise Untranslatable(f"it gives {translated.kind.value}, the column is {target.native}")

    def on_update(self, table: Table, columns: Sequence[tuple[Column, ColumnFacts, Choice]]) -> OnUpdate:
        """How the target sets these columns of the table by every UPDATE."""
        raise Untranslatable("the target has nothing that sets a column by every UPDATE")

    def partition(self, source: Table, target: Table, shape: TableShape, take: Callable[[str], str]) -> list[Table]:
        """Make the target partitioned and give its parts; take: a free name for a part."""
        raise Untranslatable("the target has no partitions")

    def sequence(self, source: CatalogSequence) -> CatalogSequence:
        """A sequence that no column owns, as the target keeps it."""
        if not self.abilities.sequences:
            raise Untranslatable("the target has no sequences")
        return source

    def source_key(self, table: Table, choices: dict[str, Choice]) -> str:
        """How the source cuts the table into ranges: the name of its single integer key column, else empty."""
        key = table.primary_key.columns if table.primary_key else []
        whole = len(key) == 1 and table.column(key[0]).type.kind is Kind.INTEGER
        return key[0] if whole else ""

    def column_shape(self, name: str, facts: ColumnFacts, choice: Choice) -> ColumnShape:
        """The column as expressions see it."""
        kind = choice.kind or (Kind.ENUM if choice.labels else self.logical(choice.native).kind)
        column = facts.column
        return ColumnShape(
            name,
            kind,
            choice.route,
            column.collation or "",
            column.generated is not None,
            0 if kind is Kind.INTEGER else column.type.scale if kind is Kind.DECIMAL else column.type.precision,
            choice.labels or tuple(column.type.labels),
            column.identity is not None,
        )

    def procedural(self, source: Catalog, shapes: Shapes, target: Catalog, schema: str) -> Procedural:
        """What becomes of routines, triggers and events; target: the catalog so far, schema: where things go in it."""
        return stored_code(source, self.abilities.engine, target.version, shapes, target, schema)

    def notes(self, source: Catalog) -> list[str]:
        """What a person should know of the whole database: how text compares, where the clock differs."""
        return []

    def trial(self, target: Catalog) -> ViewTrial | None:
        """Where translated views are tried out over the tables made so far; None where there is no such place."""
        return None

"""What expressions may refer to: tables and columns under their target names, with the kind of their values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from engines.catalog import Kind
from engines.full_names import qualified

NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT})


class Untranslatable(Exception):
    """An expression or query that has no proven counterpart; reason is half a sentence for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class ColumnShape:
    """A column: its target name, the kind of its target values, the route that fills it, its source collation.

    scale: digits behind the decimal point of exact numbers and times; labels: those of an enum.
    numbered: by the server.
    """

    name: str
    kind: Kind
    route: str = ""
    collation: str = ""
    generated: bool = False
    scale: int | None = None
    labels: tuple[str, ...] = ()
    numbered: bool = False


@dataclass(frozen=True)
class TableShape:
    """A table or view on the target; columns are keyed by the source's name as column_keys() has it."""

    schema: str
    name: str
    columns: dict[str, ColumnShape]
    key: frozenset[str] = field(default_factory=frozenset)  # target names of the primary key's columns
    rowid: str | None = None  # source name (lower case) of the column that is the rowid

    def find(self, column: str) -> ColumnShape | None:
        """The column of that source name, without regard to case where no other differs in nothing else."""
        return self.columns.get(column) or self.columns.get(column.lower())


def column_keys(names: Iterable[str]) -> dict[str, str]:
    """What columns of one table are found by: their names in lower case, twins by their names as they are."""
    known = list(names)
    folded = Counter(name.lower() for name in known)
    return {name: name if folded[name.lower()] > 1 else name.lower() for name in known}


@dataclass(frozen=True)
class FunctionShape:
    """A function of the database's own that is on the target, and the kind of what it gives."""

    schema: str
    name: str
    kind: Kind
    arguments: int


class Shapes:
    """The tables and views a query may name, by source name without regard to case; functions likewise.

    Of those whose names differ in nothing but case, the one that is spelled so.
    """

    def __init__(self, shapes: Iterable[tuple[str, TableShape]] = ()) -> None:
        self._by_name: dict[str, dict[str, TableShape]] = {}
        for name, shape in shapes:
            self.add(name, shape)
        self.functions: dict[str, FunctionShape] = {}

    def add(self, source: str, shape: TableShape) -> None:
        """Make a table or view known; source is its name or schema.name."""
        self._by_name.setdefault(source.lower(), {})[source] = shape

    def find(self, name: str, schema: str = "") -> TableShape | None:
        """The table or view of that name, with or without its schema; None when unknown."""
        wanted = qualified(schema, name) if schema else name
        twins = self._by_name.get(wanted.lower(), {})
        return next(iter(twins.values())) if len(twins) == 1 else twins.get(wanted)


@dataclass
class Translation:
    """An expression or query of the target: its text, the kind of its value, and what a reader should know.

    immutable: the same arguments always give the same value, so a column or index may store it.
    """

    sql: str
    kind: Kind = Kind.OTHER
    immutable: bool = True
    notes: list[str] = field(default_factory=list)
    columns: list[tuple[str, Kind]] = field(default_factory=list)
    outputs: list[ColumnShape] = field(default_factory=list)  # a query's columns as further queries see them

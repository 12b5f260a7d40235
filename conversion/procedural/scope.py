"""What names inside a program mean: variables, the rows NEW and OLD, routines; and how the target spells them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from conversion.shapes import ColumnShape, Shapes, TableShape
from engines.catalog import Kind

# Pseudo tables that stand for a program's names while a query translator works on its expressions.
VARIABLES = "dbmo_v"
ROWS = {"new": "dbmo_new", "old": "dbmo_old"}


@dataclass(frozen=True)
class Local:
    """A variable or parameter: the target's text for it, the kind of its values there, its type there.

    collation and scale as in ColumnShape: how the source compares its text, its digits behind the point.
    """

    text: str
    kind: Kind
    native: str = ""
    collation: str = ""
    scale: int | None = None

    @property
    def zoned(self) -> bool:
        """Whether it holds moments with a zone."""
        return "with time zone" in self.native or self.native == "timestamptz"

    def shape(self, name: str) -> ColumnShape:
        """The variable as a column of a pseudo table."""
        return ColumnShape(name, self.kind, "timestamptz" if self.zoned else "", self.collation, scale=self.scale)


@dataclass(frozen=True)
class RoutineShape:
    """A function or procedure of the target: its text up to the parenthesis, and the kind of what it returns."""

    text: str
    kind: Kind
    native: str = ""
    procedure: bool = False
    parameters: tuple[tuple[str, Local], ...] = ()  # mode and what it takes, in order


class Overlay(Shapes):
    """Shapes with some more on top."""

    def __init__(self, below: Shapes, more: dict[str, TableShape]) -> None:
        super().__init__(more.items())
        self.below = below

    def find(self, name: str, schema: str = "") -> TableShape | None:
        """The table or view of that name, first among those on top."""
        return (None if schema else super().find(name)) or self.below.find(name, schema)


@dataclass
class Scope:
    """The names in sight at one place of a program; keys of names are in lower case, a record's as record.field.

    rows: shape of the table a trigger belongs to, by `new` and `old`, where the event has that row;
    row_text: how the target writes these rows; renames give them under other names (REFERENCING).
    """

    names: dict[str, Local] = field(default_factory=dict)
    rows: dict[str, TableShape] = field(default_factory=dict)
    row_text: dict[str, str] = field(default_factory=lambda: {"new": "NEW", "old": "OLD"})
    parent: Scope | None = None

    def find(self, name: str) -> Local | None:
        """The variable of that name in the nearest block that has one."""
        found = self.names.get(name.lower())
        if found is None and self.parent is not None:
            return self.parent.find(name)
        return found

    def row(self, name: str) -> TableShape | None:
        """The shape of NEW or OLD where the trigger has that row."""
        found = self.rows.get(name.lower())
        if found is None and self.parent is not None:
            return self.parent.row(name)
        return found

    def inner(self) -> Scope:
        """A scope for a block inside of this one."""
        return Scope(parent=self, row_text=self.row_text)

    def all_rows(self) -> dict[str, TableShape]:
        """NEW and OLD as far as they exist here."""
        return {**(self.parent.all_rows() if self.parent else {}), **self.rows}

    def used(self) -> Iterator[str]:
        """Target texts of all names in sight."""
        yield from (local.text for local in self.names.values())
        if self.parent is not None:
            yield from self.parent.used()


@dataclass
class Bound:
    """Names found in an expression: pseudo column -> the target's text, and the shapes that make them known."""

    texts: dict[str, Local] = field(default_factory=dict)

    def add(self, local: Local) -> str:
        """The pseudo column that stands for the name."""
        for name, known in self.texts.items():
            if known == local:
                return f"{VARIABLES}.{name}"
        name = f"v{len(self.texts) + 1}"
        self.texts[name] = local
        return f"{VARIABLES}.{name}"

    def shapes(self, scope: Scope, below: Shapes) -> tuple[Shapes, list[str]]:
        """All shapes with the pseudo tables, and the names of those."""
        columns = {name: local.shape(name) for name, local in self.texts.items()}
        columns = columns or {"v0": ColumnShape("v0", Kind.INTEGER)}
        pseudo = {VARIABLES: TableShape("", VARIABLES, columns)}
        for row, shape in scope.all_rows().items():
            pseudo[ROWS[row]] = replace(shape, schema="", name=ROWS[row])
        return Overlay(below, pseudo), list(pseudo)

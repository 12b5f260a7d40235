"""SQLite's expressions and queries on MySQL: first as PostgreSQL computes the same, and from there as MySQL does.

Both steps refuse what they can't prove, so what comes through is proved twice. The first step gives names of the
target, so the second one knows tables and columns by these.
"""

from __future__ import annotations

from conversion import expressions
from conversion.shapes import ColumnShape, Shapes, TableShape, Translation
from conversion.to_mysql.flavour import Flavour
from conversion.to_mysql.sql import entry
from engines.catalog import Kind
from engines.full_names import qualified
from engines.sqlite.rowid import ROWIDS

TEXTUAL = frozenset({Kind.TEXT, Kind.CHAR})
ZONED = "timestamptz"


def scalar(sql: str, shape: TableShape, flavour: Flavour) -> Translation:
    """An expression over the columns of one table."""
    first = expressions.scalar(sql, shape)
    return _together(first, entry.scalar(first.sql, of_target(shape, flavour), flavour))


def predicate(sql: str, shape: TableShape, flavour: Flavour) -> Translation:
    """A condition over the columns of one table."""
    first = expressions.predicate(sql, shape)
    return _together(first, entry.predicate(first.sql, of_target(shape, flavour), flavour))


def query(sql: str, shapes: Shapes, flavour: Flavour) -> Translation:
    """A view's query."""
    recorded = Recorded(shapes, flavour)
    first = expressions.view_query(sql, recorded)
    return _together(first, entry.query(first.sql, recorded.seen, flavour))


class Recorded(Shapes):
    """The known tables; seen has those that were asked for, under their names on the target."""

    def __init__(self, shapes: Shapes, flavour: Flavour) -> None:
        super().__init__()
        self.shapes = shapes
        self.flavour = flavour
        self.seen = Shapes()

    def find(self, name: str, schema: str = "") -> TableShape | None:
        """The table or view of that name, as the source calls it."""
        found = self.shapes.find(name, schema)
        if found is not None:
            made = of_target(found, self.flavour)
            for known in (found.name, qualified(found.schema, found.name)):
                self.seen.add(known, made)
        return found


def of_target(shape: TableShape, flavour: Flavour) -> TableShape:
    """The table under its target's names, with the collations that its texts have there."""
    columns: dict[str, ColumnShape] = {}
    for name, column in shape.columns.items():
        collation = flavour.exact if column.kind in TEXTUAL else ""
        if column.collation.upper() == "NOCASE":
            collation = flavour.caseless
        route = "pg_timestamptz" if column.route == ZONED else column.route
        made = ColumnShape(column.name, column.kind, route, collation, column.generated)
        columns[column.name.lower()] = made
        if name in ROWIDS:
            columns[name] = made
    return TableShape(shape.schema, shape.name, columns, shape.key, shape.rowid)


def _together(first: Translation, second: Translation) -> Translation:
    """The second step's text, what both steps say of it, and the first one's output names."""
    names = [name for name, _ in first.columns] or [name for name, _ in second.columns]
    columns = list(zip(names, [kind for _, kind in second.columns], strict=False)) or second.columns
    notes = [note.replace("PostgreSQL", "MySQL") for note in first.notes]
    return Translation(second.sql, second.kind, first.immutable and second.immutable, [*notes, *second.notes], columns)

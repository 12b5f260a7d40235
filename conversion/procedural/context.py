"""What the translation of one database's programs has at hand: both catalogs, names, and the languages between."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from conversion import rewrite_postgresql
from conversion.procedural.sql import Languages
from conversion.shapes import ColumnShape, TableShape, Untranslatable
from engines.catalog import Catalog, Column, Kind, Table
from engines.mysql.quoting import quote_identifier as mysql_identifier
from engines.mysql.quoting import quote_literal as mysql_literal
from engines.postgresql.quoting import quote_identifier as postgresql_identifier
from engines.postgresql.quoting import quote_literal as postgresql_literal
from engines.sqlite.quoting import quote_identifier as sqlite_identifier
from engines.sqlite.quoting import quote_literal as sqlite_literal

CLOCK = re.compile(r"current_timestamp(\(\d\))?|now\(\)|current_date|localtimestamp", re.IGNORECASE)
IDENTIFIERS = {"mysql": mysql_identifier, "postgresql": postgresql_identifier, "sqlite": sqlite_identifier}
LITERALS = {"mysql": mysql_literal, "postgresql": postgresql_literal, "sqlite": sqlite_literal}


@dataclass(frozen=True)
class Place:
    """A table that a program names: its shape, and the table itself on both ends, where it is one."""

    shape: TableShape
    source: Table | None
    target: Table | None

    def target_column(self, column: ColumnShape) -> Column | None:
        """The column on the target, None where its catalog isn't at hand."""
        found = [item for item in self.target.columns if item.name == column.name] if self.target else []
        return found[0] if found else None

    def native(self, column: ColumnShape) -> str:
        """The target's type of the column; empty where its catalog isn't at hand."""
        found = self.target_column(column)
        return found.native if found else ""

    def zoned(self, column: ColumnShape) -> bool:
        """Whether the target keeps moments with a zone in the column."""
        found = self.target_column(column)
        return bool(found and found.type.with_zone)


@dataclass
class Context:
    """One translation; own_table: shape of the table whose trigger is being translated, for the limits of triggers."""

    source: Catalog
    target: Catalog | None
    languages: Languages
    schema: str = "public"
    engine: str = ""
    version: str = ""
    own_table: TableShape | None = None
    labels: int = 0
    column_names: frozenset[str] = field(default_factory=frozenset)

    @property
    def ends(self) -> tuple[str, str]:
        """Family of the source and of the target."""
        return self.languages.source, self.languages.target

    def quoted(self, name: str) -> str:
        """A name as the target quotes it; Untranslatable for one it can't have."""
        try:
            return IDENTIFIERS[self.languages.target](name)
        except ValueError as error:
            raise Untranslatable(str(error)) from error

    def literal(self, text: str) -> str:
        """A string as the target writes it."""
        return LITERALS[self.languages.target](text)

    def place(self, parts: list[str]) -> Place:
        """The table of that name; Untranslatable where it isn't on the target."""
        shape = self.languages.shapes.find(parts[-1], parts[-2] if len(parts) > 1 else "")
        if shape is None:
            raise Untranslatable(f"it writes {'.'.join(parts)}, which isn't on the target")
        return Place(shape, _table(self.source, parts), self._target_table(shape))

    def clock(self, text: str, column: ColumnShape, place: Place) -> str | None:
        """PostgreSQL's clock as SQLite's columns keep it; None for any other expression."""
        if self.ends != ("postgresql", "sqlite") or not CLOCK.fullmatch(text.strip()):
            return None
        names = [item for item in place.source.columns if place.shape.find(item.name) == column] if place.source else []
        if not names or names[0].type.kind not in (Kind.TIMESTAMP, Kind.DATE):
            return None
        return rewrite_postgresql.constant(text, names[0].type.kind, True, names[0].type.with_zone)

    def table_name(self, shape: TableShape) -> str:
        """The table's name in a statement of the target."""
        if self.languages.target == "postgresql" and shape.schema:
            return f"{self.quoted(shape.schema)}.{self.quoted(shape.name)}"
        return self.quoted(shape.name)

    def column_type(self, shape: TableShape, column: ColumnShape) -> tuple[str, bool]:
        """The target's type of a column, and whether it keeps moments with a zone."""
        place = Place(shape, None, self._target_table(shape))
        return place.native(column), place.zoned(column)

    def _target_table(self, shape: TableShape) -> Table | None:
        for table in self.target.tables if self.target else []:
            if table.name == shape.name and (not shape.schema or table.schema_name == shape.schema):
                return table
        return None


def _table(catalog: Catalog, parts: list[str]) -> Table | None:
    for table in catalog.tables:
        if table.name.lower() == parts[-1].lower() and (len(parts) == 1 or table.schema_name == parts[-2]):
            return table
    return None

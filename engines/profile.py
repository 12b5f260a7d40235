"""What the values of a table's columns are: classes, ranges and forms, measured by a scan."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import Field

from engines.model import Model

if TYPE_CHECKING:
    from engines.catalog import Catalog


class ColumnProfile(Model):
    """What one scan found in a column.

    classes: rows per storage class (SQLite: integer, real, text, blob, null); forms: rows per recognised form
    of the values (the names are in engines/sqlite/profile.py, FORMS); minimum and maximum of the integers;
    max_length in characters of text, max_bytes of any value; max_digits before and max_scale behind the decimal
    point of numbers; earliest and latest in ISO form, of dates and timestamps.
    """

    column: str
    classes: dict[str, int] = Field(default_factory=dict)
    forms: dict[str, int] = Field(default_factory=dict)
    minimum: int | None = None
    maximum: int | None = None
    max_length: int | None = None
    max_bytes: int | None = None
    max_digits: int | None = None
    max_scale: int | None = None
    earliest: str | None = None
    latest: str | None = None

    @property
    def values(self) -> int:
        """Rows that are not NULL."""
        return sum(count for name, count in self.classes.items() if name != "null")

    def share(self, form: str) -> float:
        """Part of the values (not NULL) that have that form, 0 to 1."""
        return self.forms.get(form, 0) / self.values if self.values else 0.0


class TableProfile(Model):
    """The columns of a table and its exact row count at the moment of the scan."""

    table: str
    rows: int
    columns: dict[str, ColumnProfile] = Field(default_factory=dict)


def still_told(profiles: Mapping[str, TableProfile], catalog: Catalog) -> dict[str, TableProfile]:
    """Those of an earlier look, by full name, whose tables still have the same columns."""
    columns = {table.full_name: {column.name for column in table.columns} for table in catalog.tables}
    return {name: profile for name, profile in profiles.items() if columns.get(name) == profile.columns.keys()}


class Remembers(ABC):
    """What an open database knows of itself until refresh(): its catalog, and profiles of the tables it scanned."""

    def __init__(self) -> None:
        self._catalog: Catalog | None = None
        self._profiles: dict[str, TableProfile] = {}

    @abstractmethod
    def catalog(self) -> Catalog:
        """Everything the database contains."""

    def refresh(self) -> None:
        """Forget both."""
        self._catalog = None
        self._profiles.clear()

    def take_up(self, profiles: Mapping[str, TableProfile]) -> None:
        """Know what an earlier connection saw of tables that still have the same columns; until refresh()."""
        self._profiles |= still_told(profiles, self.catalog())

    @property
    def profiled(self) -> dict[str, TableProfile]:
        """The tables that were scanned since the last refresh(), by full name."""
        return dict(self._profiles)

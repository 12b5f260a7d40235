"""A column as the type rules see it, and the type they choose for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engines.catalog import Catalog, Column, Kind, Table
from engines.profile import ColumnProfile


@dataclass(frozen=True)
class ColumnFacts:
    """A column with everything a rule may look at; profile is None where nobody looked at the values.

    Without a profile a rule must take a type that holds every value the source's type allows.
    """

    source: Catalog
    table: Table
    column: Column
    profile: ColumnProfile | None = None
    in_primary_key: bool = False
    in_unique: bool = False
    in_index: bool = False
    in_foreign_key: bool = False
    settled: frozenset[str] = frozenset()  # forms of which no NULL comes, see conversion/result.py, Overrides

    @property
    def unsettled(self) -> ColumnFacts:
        """The same without the values that become something else than NULL."""
        if self.profile is None or not self.settled & self.profile.forms.keys():
            return self
        left = {form: count for form, count in self.profile.forms.items() if form not in self.settled}
        return replace(self, profile=self.profile.model_copy(update={"forms": left}))

    @property
    def full_name(self) -> str:
        """schema.table.column."""
        return f"{self.table.full_name}.{self.column.name}"

    @property
    def empty(self) -> bool:
        """True when somebody looked and found no value."""
        return self.profile is not None and self.profile.values == 0

    def form(self, *forms: str) -> int:
        """Values found that have one of these forms."""
        return sum(self.profile.forms.get(form, 0) for form in forms) if self.profile else 0

    def every(self, form: str) -> bool:
        """True when there are values and all have that form."""
        return self.profile is not None and self.profile.values > 0 and self.form(form) == self.profile.values

    def within(self, low: int, high: int) -> bool:
        """True when there are integers and all lie in the range."""
        if self.profile is None or self.profile.minimum is None or self.profile.maximum is None:
            return False
        return low <= self.profile.minimum and self.profile.maximum <= high


@dataclass(frozen=True)
class Choice:
    """A target type in the server's own spelling, the value conversion (route) that fills it, and why.

    set_aside: values found that the type can't hold and that become NULL; checks: conditions in the target's dialect
    that keep what the source's type promised ({column} stands for the quoted name), such as an unsigned column's
    `{column} >= 0`; labels: those of an enum type to make first, whose name then becomes native; kind: what expressions
    take the values for, where it isn't what native says; collation, charset: as the target spells them, where not the
    default.
    """

    native: str
    route: str
    reason: str
    alternatives: tuple[str, ...] = ()
    set_aside: int = 0
    checks: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    kind: Kind | None = None
    collation: str | None = None
    charset: str | None = None
    notes: tuple[str, ...] = ()

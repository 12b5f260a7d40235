"""A column as the type rules see it, and the type they choose for it."""

from __future__ import annotations

from dataclasses import dataclass

from engines.catalog import Catalog, Column, Kind, Table
from engines.profile import ColumnProfile


@dataclass(frozen=True)
class ColumnFacts:
    """A column with everything a rule may look at; profile is None where nobody looked at the values.

    Without a profile a rule must take a type that holds every value the source's type allows; unscanned: there are
    values, and a scan of others left these out, so that nothing may be taken for granted.
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
    unscanned: bool = False

    @property
    def full_name(self) -> str:
        """schema.table.column."""
        return f"{self.table.full_name}.{self.column.name}"

    @property
    def empty(self) -> bool:
        """True when somebody looked and found no value."""
        return self.profile is not None and self.profile.values == 0

    @property
    def only_declared(self) -> bool:
        """True when nothing but the declaration can say what the values are: there are none, or none at hand."""
        return self.empty or (self.profile is None and not self.unscanned)

    def form(self, *forms: str) -> int:
        """Values found that have one of these forms."""
        return sum(self.profile.forms.get(form, 0) for form in forms) if self.profile else 0

    def aside(self, *forms: str) -> int | None:
        """Values of these forms that become NULL; None where nobody looked and there may be some."""
        left = [form for form in forms if form not in self.settled]
        return None if left and self.unscanned else self.form(*left)

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

    set_aside: values found that the type can't hold and that become NULL, None where a scan left them out; checks:
    conditions in the target's dialect that keep what the source's type promised ({column} stands for the quoted name),
    such as an unsigned column's `{column} >= 0`; labels: those of an enum type to make first, whose name then becomes
    native; kind: what expressions take the values for, where it isn't what native says; collation, charset: as the
    target spells them, where not the default.
    """

    native: str
    route: str
    reason: str
    alternatives: tuple[str, ...] = ()
    set_aside: int | None = 0
    checks: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    kind: Kind | None = None
    collation: str | None = None
    charset: str | None = None
    notes: tuple[str, ...] = ()

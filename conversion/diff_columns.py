"""What differs between the columns of two tables, and whether the second holds every value of the first."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from conversion import normal_form
from conversion.differences import Difference, added, changed, missing, slight
from conversion.forms import FOLDING, default_form, generated_form, identity_form, sequence_of
from conversion.normal_types import collation_form, type_form
from conversion.sides import Sides
from engines.catalog import Catalog, Column, Kind, LogicalType, Table
from engines.full_names import column_name

SERIAL, IDENTITY = "nextval of its own sequence", "identity"


class OwnSequences:
    """Which sequences each column of a catalog owns."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @cached_property
    def _owned(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for sequence in self._catalog.sequences:
            if sequence.owned_by:
                found.setdefault(sequence.owned_by, set()).add(sequence.full_name)
        return {name: frozenset(names) for name, names in found.items()}

    def of(self, table: Table, column: Column) -> frozenset[str]:
        """Full names of the sequences that the column owns."""
        return self._owned.get(column_name(table.full_name, column.name), frozenset())

    def numbers(self, table: Table, column: Column) -> bool:
        """True where the column takes its values from a sequence of its own: serial."""
        sequence = sequence_of(column.default)
        return sequence is not None and sequence in self.of(table, column)


class ColumnDiff:
    """Compares the columns of tables of two catalogs."""

    def __init__(self, sides: Sides) -> None:
        self.sides = sides
        self.engine = sides.engine
        self.owned = OwnSequences(sides.a), OwnSequences(sides.b)

    def differences(self, a: Table, b: Table) -> Iterator[Difference]:
        """Columns missing, added and changed, and another order of those that both have."""
        left = {self._key(column): column for column in a.columns}
        right = {self._key(column): column for column in b.columns}
        for key, column in left.items():
            full_name = f"{a.full_name}.{column.name}"
            if key not in right:
                yield missing(full_name, "column")
            else:
                yield from self._column(full_name, (a, column), (b, right[key]))
        for key, column in right.items():
            if key not in left:
                yield added(f"{a.full_name}.{column.name}", "column")
        both = [name for name in left if name in right], [name for name in right if name in left]
        if both[0] != both[1]:
            yield changed(a.full_name, "column order", *both)

    def _key(self, column: Column) -> str:
        return column.name.lower() if self.engine in FOLDING else column.name

    def _column(self, name: str, one: tuple[Table, Column], other: tuple[Table, Column]) -> Iterator[Difference]:
        a, b = one[1], other[1]
        if a.name != b.name and self.sides.names:
            yield slight(name, "name", f"column {a.name}", b.name)
        if type_form(a, self.engine) != type_form(b, self.engine):
            yield changed(name, "type", a.native, b.native, data_loss=narrows(a.type, b.type))
        if a.nullable != b.nullable:
            yield changed(name, "nullability", _nullability(a), _nullability(b))
        yield from self._values(name, one, other)
        if collation_form(a, self.engine) != collation_form(b, self.engine):
            loses = a.charset in WIDE_CHARSETS and b.charset is not None and b.charset not in WIDE_CHARSETS
            yield changed(name, "collation", a.collation, b.collation, data_loss=loses)
        for kind in ("comment", "invisible", "options"):
            if getattr(a, kind) != getattr(b, kind):
                yield slight(name, kind if kind != "options" else "column options", getattr(a, kind), getattr(b, kind))

    def _values(self, name: str, one: tuple[Table, Column], other: tuple[Table, Column]) -> Iterator[Difference]:
        """Where the values come from that a statement doesn't give."""
        a, b = one[1], other[1]
        serial = [owned.numbers(*side) for owned, side in zip(self.owned, (one, other), strict=True)]
        numbered = [serial[0] or a.identity is not None, serial[1] or b.identity is not None]
        if all(numbered) and serial[0] != serial[1]:
            words = [SERIAL if own else IDENTITY for own in serial]
            yield slight(name, "identity", *words)
            return
        forms = [
            default_form(column, self.engine, owned.of(table, column))
            for owned, (table, column) in zip(self.owned, (one, other), strict=True)
        ]
        if forms[0] != forms[1]:
            yield changed(name, "default", a.default, b.default)
        if generated_form(a, self.engine) != generated_form(b, self.engine):
            yield changed(name, "generated column", _expression(a), _expression(b))
        if identity_form(a) != identity_form(b):
            yield changed(name, "identity", _identity(a), _identity(b))
        updates = [normal_form.expression(column.on_update, self.engine) for column in (a, b)]
        if updates[0] != updates[1]:
            yield changed(name, "on update", a.on_update, b.on_update)


WIDE_CHARSETS = frozenset({"utf8mb4", "utf16", "utf16le", "utf32"})  # hold every character


def _nullability(column: Column) -> str:
    return "NULL" if column.nullable else "NOT NULL"


def _expression(column: Column) -> str | None:
    if column.generated is None:
        return None
    return f"{column.generated.expression} {'stored' if column.generated.stored else 'virtual'}"


def _identity(column: Column) -> str | None:
    if column.identity is None:
        return None
    return ("always" if column.identity.always else "by default") + (" strict" if column.identity.strict else "")


def narrows(a: LogicalType, b: LogicalType) -> bool:
    """True when a value of type a may not fit type b unchanged."""
    if a.kind != b.kind:
        return not _widens(a, b)
    if a.kind in (Kind.INTEGER, Kind.FLOAT):
        return _narrower_number(a, b)
    if a.kind in (Kind.ENUM, Kind.SET):
        return not set(a.labels) <= set(b.labels) if a.labels or b.labels else a.name != b.name
    if a.kind is Kind.DECIMAL and b.precision is not None:
        digits = (a.precision or 10**6) - (a.scale or 0), a.scale if a.precision else 10**6
        fits = digits[0] <= b.precision - (b.scale or 0) and (digits[1] or 0) <= (b.scale or 0)
        return not fits or (b.unsigned and not a.unsigned)
    if a.kind in (Kind.TEXT, Kind.BINARY, Kind.CHAR, Kind.BIT) and _capacity(b) is not None:
        return _capacity(a) is None or (_capacity(a) or 0) > (_capacity(b) or 0)
    if a.kind in (Kind.TIME, Kind.TIMESTAMP):
        return a.with_zone != b.with_zone or (b.precision is not None and _fraction(a) > b.precision)
    return a.element != b.element if a.kind is Kind.ARRAY else False


# MySQL's texts and blobs by name hold so many bytes (manual, Data Type Storage Requirements)
CAPACITIES = {"tiny": 2**8 - 1, "": 2**16 - 1, "medium": 2**24 - 1, "long": 2**32 - 1}


def _capacity(kind: LogicalType) -> int | None:
    if kind.length is not None:
        return kind.length
    head = (kind.name or "-").removesuffix("text").removesuffix("blob")
    return CAPACITIES.get(head) if (kind.name or "").endswith(("text", "blob")) and kind.name != "citext" else None


def _fraction(kind: LogicalType) -> int:
    return 6 if kind.precision is None else kind.precision


def _narrower_number(a: LogicalType, b: LogicalType) -> bool:
    """unsigned doubles what fits and takes the negative half away."""
    if a.kind is Kind.FLOAT:
        return (b.bits or 64) < (a.bits or 64) or (b.unsigned and not a.unsigned)
    low = 0 if a.unsigned else -1, 0 if b.unsigned else -1
    top = (a.bits or 64) - (not a.unsigned), (b.bits or 64) - (not b.unsigned)
    return low[0] < low[1] or top[0] > top[1] or (not a.unsigned and not b.unsigned and top[0] > top[1])


def _widens(a: LogicalType, b: LogicalType) -> bool:
    if b.kind is Kind.DYNAMIC or (b.kind is Kind.TEXT and b.length is None and b.name in WHOLE_TEXTS):
        return True
    if a.kind is Kind.INTEGER and b.kind is Kind.DECIMAL:
        return b.precision is None
    if {a.kind, b.kind} == {Kind.CHAR, Kind.TEXT} and b.kind is Kind.TEXT:
        return b.length is not None and a.length is not None and a.length <= b.length
    return a.kind is Kind.DATE and b.kind is Kind.TIMESTAMP


WHOLE_TEXTS: frozenset[Any] = frozenset({None, "longtext", "mediumtext", "text", "citext"})

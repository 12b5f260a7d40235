"""What differs between the columns of two tables, and whether the second holds every value of the first."""

from __future__ import annotations

from collections.abc import Iterator

from conversion import normal_form
from conversion.differences import Difference, added, changed, missing
from engines.catalog import Column, Kind, LogicalType, Table


def column_differences(a: Table, b: Table, engine: str) -> Iterator[Difference]:
    """Columns missing, added and changed, and another order of those that both have."""
    left = {column.name: column for column in a.columns}
    right = {column.name: column for column in b.columns}
    for name, column in left.items():
        full_name = f"{a.full_name}.{name}"
        if name not in right:
            yield missing(full_name, "column")
        else:
            yield from _column(full_name, column, right[name], engine)
    for name in right:
        if name not in left:
            yield added(f"{a.full_name}.{name}", "column")
    both = ([name for name in left if name in right], [name for name in right if name in left])
    if both[0] != both[1]:
        yield changed(a.full_name, "column order", *both)


def _column(name: str, a: Column, b: Column, engine: str) -> Iterator[Difference]:
    if a.native.lower() != b.native.lower():
        yield changed(name, "type", a.native, b.native, data_loss=narrows(a.type, b.type))
    if a.nullable != b.nullable:
        yield changed(name, "nullability", _nullability(a), _nullability(b))
    if normal_form.expression(a.default, engine) != normal_form.expression(b.default, engine):
        yield changed(name, "default", a.default, b.default)
    yield from _generated(name, a, b, engine)
    if (a.identity is None) != (b.identity is None) or (
        a.identity and b.identity and (a.identity.always, a.identity.strict) != (b.identity.always, b.identity.strict)
    ):
        yield changed(name, "identity", a.identity, b.identity)
    if (a.collation or "").upper() != (b.collation or "").upper():
        yield changed(name, "collation", a.collation, b.collation)
    if a.comment != b.comment:
        yield changed(name, "comment", a.comment, b.comment)


def _generated(name: str, a: Column, b: Column, engine: str) -> Iterator[Difference]:
    sides = [
        (normal_form.expression(side.generated.expression, engine), side.generated.stored) if side.generated else None
        for side in (a, b)
    ]
    if sides[0] != sides[1]:
        shown = [side.generated.expression if side.generated else None for side in (a, b)]
        yield changed(name, "generated column", shown[0], shown[1])


def _nullability(column: Column) -> str:
    return "NULL" if column.nullable else "NOT NULL"


def narrows(a: LogicalType, b: LogicalType) -> bool:
    """True when a value of type a may not fit type b unchanged."""
    if a.kind != b.kind:
        return not _widens(a, b)
    if a.kind in (Kind.INTEGER, Kind.FLOAT):
        return (b.bits or 64) < (a.bits or 64)
    if a.kind is Kind.DECIMAL and b.precision is not None:
        digits = (a.precision or 10**6) - (a.scale or 0), a.scale if a.precision else 10**6
        return digits[0] > b.precision - (b.scale or 0) or (digits[1] or 0) > (b.scale or 0)
    if b.length is not None:
        return a.length is None or a.length > b.length
    if a.kind in (Kind.TIME, Kind.TIMESTAMP):
        return a.with_zone != b.with_zone or (b.precision is not None and (a.precision or 6) > b.precision)
    return a.element != b.element if a.kind is Kind.ARRAY else False


def _widens(a: LogicalType, b: LogicalType) -> bool:
    if b.kind is Kind.DYNAMIC or (b.kind is Kind.TEXT and b.length is None):
        return True
    if a.kind is Kind.INTEGER and b.kind is Kind.DECIMAL:
        return b.precision is None
    return a.kind is Kind.DATE and b.kind is Kind.TIMESTAMP

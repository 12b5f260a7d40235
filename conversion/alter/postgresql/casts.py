"""How a PostgreSQL column changes its type: the cast, whether rows are written anew, and which values don't fit."""

from __future__ import annotations

from dataclasses import dataclass

from conversion.diff_columns import narrows
from engines.catalog import Column, Kind, LogicalType
from engines.postgresql.quoting import quote_identifier

NUMBERS = {Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT}
TEXTS = {Kind.TEXT, Kind.CHAR}
INTEGER_ENDS = {16: (-(2**15), 2**15 - 1), 32: (-(2**31), 2**31 - 1), 64: (-(2**63), 2**63 - 1)}

# Kinds between which ALTER TYPE needs no USING: pg_cast has an implicit or assignment cast, or the type goes to text.
# https://www.postgresql.org/docs/current/sql-createcast.html
ASSIGNED: dict[Kind, set[Kind]] = {
    Kind.INTEGER: NUMBERS, Kind.DECIMAL: NUMBERS, Kind.FLOAT: NUMBERS, Kind.TEXT: TEXTS, Kind.CHAR: TEXTS,
    Kind.DATE: {Kind.DATE, Kind.TIMESTAMP}, Kind.TIMESTAMP: {Kind.TIMESTAMP, Kind.DATE, Kind.TIME},
    Kind.TIME: {Kind.TIME, Kind.INTERVAL}, Kind.INTERVAL: {Kind.INTERVAL, Kind.TIME}, Kind.JSON: {Kind.JSON},
    Kind.NETWORK: {Kind.NETWORK}, Kind.BIT: {Kind.BIT}, Kind.UUID: {Kind.UUID}, Kind.BOOLEAN: {Kind.BOOLEAN},
    Kind.BINARY: {Kind.BINARY}, Kind.XML: {Kind.XML},
}  # fmt: skip
# (from, to) -> USING where a plain cast doesn't exist; {c} the column, {t} the new type
USING: dict[tuple[Kind, Kind], str] = {
    (Kind.INTEGER, Kind.BOOLEAN): "{c} <> 0", (Kind.DECIMAL, Kind.BOOLEAN): "{c} <> 0",
    (Kind.FLOAT, Kind.BOOLEAN): "{c} <> 0", (Kind.BOOLEAN, Kind.INTEGER): "{c}::integer::{t}",
    (Kind.BOOLEAN, Kind.DECIMAL): "{c}::integer::{t}", (Kind.BOOLEAN, Kind.FLOAT): "{c}::integer::{t}",
    (Kind.BINARY, Kind.TEXT): "convert_from({c}, 'UTF8')::{t}", (Kind.TEXT, Kind.BINARY): "convert_to({c}, 'UTF8')",
}  # fmt: skip
MEANINGS: dict[tuple[Kind, Kind], str] = {
    (Kind.INTEGER, Kind.BOOLEAN): "every number but 0 becomes true",
    (Kind.TIMESTAMP, Kind.DATE): "the time of day goes",
    (Kind.TIMESTAMP, Kind.TIME): "the date goes",
}  # fmt: skip


@dataclass(frozen=True)
class TypeChange:
    """using: the expression of USING, None where the server casts by itself; rewrite: all rows are written anew.

    lost: how values change; refuses: which values stop the statement; condition: true for the rows concerned.
    """

    using: str | None = None
    rewrite: bool = True
    lost: str | None = None
    refuses: str | None = None
    condition: str | None = None


def type_change(before: Column, after: Column, replaced: bool = False) -> TypeChange:
    """The change of a column from one type to another; replaced: its user type is dropped and made again."""
    name = quote_identifier(after.name)
    a, b = before.type, after.type
    using = None if not replaced and plain(a, b) else _using(name, a, b, after.native)
    lost, refuses, condition = _misfits(name, before, after, replaced)
    return TypeChange(using, replaced or not _same_bytes(a, b), lost, refuses, condition)


def plain(a: LogicalType, b: LogicalType) -> bool:
    """True where the server casts by itself."""
    if a.kind is Kind.ARRAY or b.kind is Kind.ARRAY:
        same = a.kind is b.kind and a.element is not None and b.element is not None
        return same and plain(a.element, b.element)  # type: ignore[arg-type]
    return b.kind in TEXTS or b.kind in ASSIGNED.get(a.kind, ())


def _using(name: str, a: LogicalType, b: LogicalType, native: str) -> str:
    found = USING.get((a.kind, b.kind))
    if found is not None:
        return found.format(c=name, t=native)
    if a.kind in TEXTS:
        return f"{name}::{native}"
    depth = "[]" if a.kind is Kind.ARRAY else ""
    return f"{name}::text{depth}::{native}"


def _same_bytes(a: LogicalType, b: LogicalType) -> bool:
    """True where the stored bytes stay: https://www.postgresql.org/docs/current/sql-altertable.html (Notes)."""
    if a.kind is Kind.TEXT and b.kind is Kind.TEXT:
        return b.length is None or (a.length is not None and a.length <= b.length)
    if a.kind is not b.kind or a.with_zone != b.with_zone:
        return False
    if a.kind is Kind.DECIMAL:
        if b.precision is None:
            return True
        return a.precision is not None and a.precision <= b.precision and (a.scale or 0) == (b.scale or 0)
    if a.kind in (Kind.TIMESTAMP, Kind.TIME, Kind.INTERVAL):
        return b.precision is None or (a.precision is not None and a.precision <= b.precision)
    return False


def _misfits(name: str, before: Column, after: Column, replaced: bool) -> tuple[str | None, str | None, str | None]:
    """What is lost, what is refused, and for which rows."""
    a, b = before.type, after.type
    if replaced:
        return None, "a value that the new type doesn't have stops the statement", None
    meaning = MEANINGS.get((a.kind, b.kind))
    if a.kind in (Kind.TIMESTAMP, Kind.TIME) and a.kind is b.kind and a.with_zone != b.with_zone:
        return "values are read in the session's time zone (the script sets UTC)", None, f"{name} IS NOT NULL"
    if not narrows(a, b):
        return meaning, None, None
    if b.kind is Kind.INTEGER and a.kind in NUMBERS:
        low, high = INTEGER_ENDS[b.bits or 64]
        lost = None if a.kind is Kind.INTEGER else "digits behind the decimal point are rounded"
        condition = f"{name} NOT BETWEEN {low} AND {high}"
        if lost:
            condition += f" OR {name} <> trunc({name})"
        return lost, f"numbers outside {low} to {high} stop the statement", condition
    if b.kind in TEXTS and b.length is not None and (a.kind in TEXTS):
        return None, f"texts longer than {b.length} characters stop the statement", f"char_length({name}) > {b.length}"
    if b.kind is Kind.DECIMAL and a.kind in NUMBERS and b.precision is not None:
        digits, scale = b.precision - (b.scale or 0), b.scale or 0
        condition = f"abs({name}) >= 1e{digits} OR {name} <> round({name}::numeric, {scale})"
        lost = f"digits behind the {_place(scale)} decimal place are rounded"
        return lost, f"numbers of more than {digits} digits before the point stop the statement", condition
    if a.kind in NUMBERS and b.kind is Kind.FLOAT:
        bits = "real" if b.bits == 32 else "double precision"
        return "digits beyond the precision of the type are lost", None, f"{name} <> {name}::{bits}::numeric"
    if a.kind is b.kind and a.kind in (Kind.TIMESTAMP, Kind.TIME):
        return "fractions of a second are rounded", None, f"{name} <> {name}::{after.native}"
    if meaning is not None:
        return meaning, None, f"{name} IS NOT NULL"
    return (
        "values may change with their type",
        "a value that the new type can't read stops the statement",
        (f"{name} IS NOT NULL"),
    )


def _place(scale: int) -> str:
    return f"{scale}." if scale else "0."

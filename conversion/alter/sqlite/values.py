"""What fills each column of a SQLite table that is made anew, and which values don't stay as they are."""

from __future__ import annotations

from dataclasses import dataclass

from conversion.alter.changes import TablePair
from conversion.alter.model import Choices
from conversion.alter.postgresql.neutral import must_differ, refers
from conversion.normal_types import type_form
from engines.catalog import Column, Kind, Table
from engines.sqlite.quoting import quote_identifier

NUMERIC = ("integer", "real", "numeric")
# affinity of the new column -> storage classes that it changes (https://www.sqlite.org/datatype3.html, section 3)
CHANGED_BY: dict[str, tuple[str, ...]] = {
    "integer": ("text", "real"), "numeric": ("text", "real"), "real": ("text", "integer"), "text": ("integer", "real"),
    "blob": (),
}  # fmt: skip


@dataclass(frozen=True)
class Source:
    """Where a column's values come from; expression None: the column computes or fills itself.

    lost: how values change; condition: for which rows; refuses: why rows may stop the copy; note: what is done.
    """

    column: str
    expression: str | None
    lost: str | None = None
    refuses: str | None = None
    condition: str | None = None
    note: str = ""


def affinity(native: str) -> str:
    """The affinity of a declared type: the rules of https://www.sqlite.org/datatype3.html, section 3.1."""
    text = native.upper()
    if "INT" in text:
        return "integer"
    if any(word in text for word in ("CHAR", "CLOB", "TEXT")):
        return "text"
    if "BLOB" in text or not text:
        return "blob"
    return "real" if any(word in text for word in ("REAL", "FLOA", "DOUB")) else "numeric"


def sources(pair: TablePair, choices: Choices) -> list[Source]:
    """A source for every column of the new table."""
    seen = {column.name: column for column in pair.seen.columns}
    own = {s.name: b.name for b, s in zip(pair.before.columns, pair.seen.columns, strict=True)}
    return [
        _kept(pair, seen[column.name], own[column.name], column, choices)
        if column.name in seen
        else _new(pair, column, choices)
        for column in pair.after.columns
    ]


def _kept(pair: TablePair, a: Column, own: str, b: Column, choices: Choices) -> Source:
    if b.generated is not None:
        return Source(b.name, None)
    quoted, there = quote_identifier(b.name), quote_identifier(own)
    lost, condition = _retyped(there, a, b, pair.after)
    expression, refuses, note = quoted, None, ""
    if a.nullable and not b.nullable and b.identity is None:
        value = choices.fills.get(f"{pair.full_name}.{b.name}") or _constant(b)
        missing = f"{there} IS NULL"
        condition = f"{condition} OR {missing}" if condition else missing
        if value is None:
            refuses = f"rows without a value in {b.name} stop the script: give a value in fills"
        else:
            expression = f"coalesce({quoted}, {value})"
            filled = f"NULL in {b.name} becomes {value}"
            lost = f"{lost}; {filled}" if lost else filled
    return Source(b.name, expression, lost, refuses, condition, note)


def _constant(column: Column) -> str | None:
    return column.default if column.default and column.default.strip().lower() != "null" else None


def _retyped(there: str, a: Column, b: Column, table: Table) -> tuple[str | None, str | None]:
    if type_form(a, "sqlite") == type_form(b, "sqlite"):
        return None, None
    old, new = affinity(a.native), affinity(b.native)
    if old == new or (old, new) in (("integer", "numeric"), ("numeric", "integer")):
        return None, None
    classes = ", ".join(f"'{name}'" for name in CHANGED_BY[new])
    if not classes:
        return None, None
    lost = f"values of {b.name} are stored as {new} where they can be: '007' becomes 7, 1 becomes '1'"
    return lost, f"typeof({there}) IN ({classes})"


def _new(pair: TablePair, column: Column, choices: Choices) -> Source:
    chosen = choices.fills.get(f"{pair.full_name}.{column.name}")
    if column.generated is not None or column.identity is not None:
        return Source(column.name, None)
    if chosen is not None:
        return Source(column.name, chosen, note=f"{column.name} gets {chosen}")
    if column.nullable or _constant(column) is not None:
        return Source(column.name, None)
    if refers(pair, column):
        reason = f"{column.name} demands a reference: no value can be made up, rows stop the script"
        return Source(column.name, None, refuses=reason, condition="1")
    value = _neutral(pair, column)
    return Source(column.name, value, note=f"{column.name} gets {value} in the rows that are there")


def _neutral(pair: TablePair, column: Column) -> str:
    kind = affinity(column.native)
    if must_differ(pair, column):
        number = "row_number() OVER ()"
        return number if kind in NUMERIC else f"CAST({number} AS TEXT)"
    if kind == "blob":
        return "x''"
    if column.type.kind in (Kind.DATE, Kind.TIMESTAMP):
        return "'1970-01-01 00:00:00'"
    return "0" if kind in NUMERIC else "''"

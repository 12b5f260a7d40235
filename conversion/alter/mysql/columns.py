"""The clauses of ALTER TABLE that change the columns of a MySQL table, in one pass over the wanted order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conversion import forms
from conversion.alter.changes import mentions
from conversion.diff_columns import narrows
from conversion.normal_types import collation_form, type_form
from conversion.to_mysql.ddl_parts import column_sql
from conversion.to_mysql.flavour import Flavour
from engines.catalog import Column, Kind, Table
from engines.mysql.quoting import quote_identifier, quote_literal

ENGINE = "mysql"


@dataclass(frozen=True)
class Clause:
    """A part of ALTER TABLE; fact: its row in the table of facts; lost, refuses, condition: as in a step."""

    sql: str
    fact: str
    change: str
    lost: str | None = None
    refuses: str | None = None
    condition: str | None = None


class ColumnClauses:
    """names: column of the table before -> its name afterwards."""

    def __init__(self, before: Table, after: Table, names: dict[str, str], flavour: Flavour) -> None:
        self.before = before
        self.after = after
        self.flavour = flavour
        self.old = {names.get(column.name, column.name): column for column in before.columns}
        bare = {key: value for key, value in after.options.items() if key not in ("collation", "charset")}
        self.bare = after.model_copy(update={"options": bare})  # so that every column names its own character set

    def clauses(self) -> Iterator[Clause]:
        """DROP, then ADD, MODIFY and CHANGE in the wanted order."""
        wanted = {column.name for column in self.after.columns}
        anew = {column.name for column in self.after.columns if self._anew(column)}
        for name, column in self.old.items():
            if name not in wanted or name in anew:
                yield self._drop(column, name in anew)
        order = [name for name in self.old if name in wanted and name not in anew]
        for place, column in enumerate(self.after.columns):
            previous = self.after.columns[place - 1].name if place else None
            where = f" AFTER {quote_identifier(previous)}" if previous is not None else " FIRST"
            if column.name not in order:
                last = place >= len(order)
                order.insert(place, column.name)
                yield self._add(column, "" if last else where)
            else:
                moved = order[place] != column.name
                order.remove(column.name)
                order.insert(place, column.name)
                yield from self._change(column, where if moved else "")

    def _anew(self, column: Column) -> bool:
        """Computed columns that MODIFY can't change: they are dropped and added."""
        old = self.old.get(column.name)
        if old is None or forms.generated_form(old, ENGINE) == forms.generated_form(column, ENGINE):
            return False
        return column.generated is not None or (old.generated is not None and not old.generated.stored)

    def _drop(self, column: Column, anew: bool) -> Clause:
        quoted = quote_identifier(column.name)
        lost = None if column.generated is not None else f"the values of column {column.name}"
        word = "made anew" if anew else "goes"
        condition = f"{quoted} IS NOT NULL" if lost else None
        return Clause(f"DROP COLUMN {quoted}", "drop column", f"column {column.name} {word}", lost, None, condition)

    def _add(self, column: Column, where: str) -> Clause:
        fact = "add column in between" if where else "add column"
        if column.generated is not None:
            fact = "add stored column" if column.generated.stored else "add virtual column"
        elif column.identity is not None:
            fact = "add numbered column"
        return Clause(f"ADD COLUMN {self._column(column)}{where}", fact, f"column {column.name} comes")

    def _column(self, column: Column) -> str:
        """The whole column: MODIFY and CHANGE forget every attribute that they don't name."""
        sql = column_sql(column, self.bare, self.flavour)
        for check in self.after.checks:
            if check.name is None and checked_column(check.expression, self.after) == column.name:
                sql += f" CHECK ({check.expression})"
        return sql

    def _change(self, column: Column, where: str) -> Iterator[Clause]:
        old = self.old[column.name]
        changes = [*self._differences(old, column)]
        if where:
            changes.append(("move column", "another place"))
        if not changes:
            return
        renamed = old.name != column.name
        head = "CHANGE COLUMN " + quote_identifier(old.name) if renamed else "MODIFY COLUMN"
        lost, refuses, condition = misfits(old, column)
        for number, (fact, words) in enumerate(changes):
            first = number == 0
            yield Clause(
                f"{head} {self._column(column)}{where}" if first else "", fact, f"column {column.name}: {words}",
                lost if first else None, refuses if first else None, condition if first else None,
            )  # fmt: skip

    def _differences(self, a: Column, b: Column) -> Iterator[tuple[str, str]]:
        if a.name != b.name:
            yield "rename column", f"renamed from {a.name}"
        collations = [collation_form(side, ENGINE) for side in (a, b)]
        if type_form(a, ENGINE) != type_form(b, ENGINE) or collations[0] != collations[1]:
            yield _type_fact(a, b, collations[0] != collations[1]), f"{a.native} -> {b.native}"
        if a.nullable != b.nullable:
            yield ("null", "may be NULL") if b.nullable else ("not null", "must not be NULL")
        if forms.default_form(a, ENGINE) != forms.default_form(b, ENGINE) or clock(a.on_update) != clock(b.on_update):
            yield "default", f"default {a.default} -> {b.default}"
        if (a.identity is None) != (b.identity is None):
            yield "numbering", "numbered by the server" if b.identity else "no longer numbered"
        if a.comment != b.comment or a.invisible != b.invisible:
            yield "column comment", "comment or visibility"
        if forms.generated_form(a, ENGINE) != forms.generated_form(b, ENGINE):
            yield "type", "no longer computed"
        checks = [
            {forms.check_form(check, ENGINE) for check in table.checks
             if check.name is None and checked_column(check.expression, table) == name}
            for table, name in ((self.before, a.name), (self.after, b.name))
        ]  # fmt: skip
        if checks[0] != checks[1]:
            yield "add check" if checks[1] - checks[0] else "drop check", "its check"


def clock(text: str | None) -> str:
    """ON UPDATE in one spelling."""
    return (text or "").lower().replace("now", "current_timestamp").replace("()", "")


def checked_column(expression: str, table: Table) -> str | None:
    """The column that a check without a name stands with: the first one that it mentions."""
    places = [(expression.lower().find(column.name.lower()), column.name) for column in table.columns]
    found = sorted(place for place in places if mentions(expression, place[1]))
    return found[0][1] if found else None


def _type_fact(a: Column, b: Column, collation: bool) -> str:
    if collation or a.type.kind is not b.type.kind or a.native.split("(")[0] != b.native.split("(")[0]:
        return "type"
    if a.type.kind in (Kind.ENUM, Kind.SET):
        more = b.type.labels[: len(a.type.labels)] == a.type.labels
        return "more labels" if more and _label_bytes(a) == _label_bytes(b) else "type"
    if b.native.lower().startswith("varchar") and a.type.length and b.type.length and b.type.length >= a.type.length:
        # the length of a value takes one byte up to 255 bytes, and two beyond (4 bytes per character at most)
        return "longer text" if (a.type.length * 4 <= 255) == (b.type.length * 4 <= 255) else "type"
    return "type"


def _label_bytes(column: Column) -> int:
    count = len(column.type.labels)
    if column.type.kind is Kind.ENUM:
        return 1 if count <= 255 else 2
    return (count + 7) // 8


def misfits(a: Column, b: Column) -> tuple[str | None, str | None, str | None]:
    """What a change of type loses, what stops it in strict mode, and for which rows; the column by its old name."""
    name = quote_identifier(a.name)
    labels = [label for label in a.type.labels if label not in b.type.labels] if b.type.labels else []
    if labels:
        listed = ", ".join(quote_literal(label) for label in labels)
        rows = f"{name} IN ({listed})" if a.type.kind is Kind.ENUM else f"{name} <> ''"
        return None, f"rows with a label that goes ({listed}) stop the statement", rows
    lost: str | None = None
    refuses: str | None = None
    condition: str | None = None
    if type_form(a, ENGINE) != type_form(b, ENGINE) and (narrows(a.type, b.type) or a.type.unsigned != b.type.unsigned):
        refuses, condition = "values that the new type doesn't hold stop the statement", f"{name} IS NOT NULL"
        if a.type.kind is not b.type.kind or b.type.kind in (Kind.DECIMAL, Kind.FLOAT, Kind.TIMESTAMP, Kind.TIME):
            lost = f"values of {a.name} are rounded or read anew as {b.native}"
        elif b.type.length is not None and b.type.kind in (Kind.TEXT, Kind.CHAR):
            condition = f"char_length({name}) > {b.type.length}"
        elif b.type.kind is Kind.INTEGER and b.type.bits:
            low, high = (
                (0, 2**b.type.bits - 1) if b.type.unsigned else (-(2 ** (b.type.bits - 1)), 2 ** (b.type.bits - 1) - 1)
            )
            condition = f"{name} NOT BETWEEN {low} AND {high}"
    if (a.charset or "") != (b.charset or "") and not (b.charset or "utf8mb4").startswith("utf8mb4"):
        refuses = refuses or f"characters that {b.charset} doesn't have stop the statement"
        condition = condition or f"CONVERT({name} USING {b.charset}) <> {name}"
    if a.nullable and not b.nullable:
        refuses = refuses or "rows without a value stop the statement: give a value in fills"
        condition = f"{condition} OR {name} IS NULL" if condition else f"{name} IS NULL"
    return lost, refuses, condition

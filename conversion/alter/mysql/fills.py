"""What is done before a MySQL column demands a value: it comes empty and is filled, or its NULLs are."""

from __future__ import annotations

from conversion.alter.changes import TablePair
from conversion.alter.model import Choices, Step
from conversion.alter.mysql.facts import ROWS, way
from conversion.alter.postgresql.neutral import must_differ, refers
from conversion.to_mysql.ddl_parts import column_sql
from conversion.to_mysql.flavour import Flavour
from engines.catalog import Column, Kind, Table
from engines.mysql.quoting import quote_identifier

# The server fills a new NOT NULL column with 0 or '' by itself; for these there is no such value in strict mode.
NEUTRAL: dict[Kind, str] = {
    Kind.DATE: "'1970-01-01'", Kind.TIMESTAMP: "'1970-01-02 00:00:00'", Kind.JSON: "'{}'", Kind.UUID: "uuid()",
}  # fmt: skip
NUMBERS = (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT)
TEXTS = (Kind.TEXT, Kind.CHAR, Kind.BINARY)


class Fills:
    """Steps that fill columns before the table's ALTER TABLE."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices

    def prepare(self, pair: TablePair, flavour: Flavour) -> tuple[Table, list[Step]]:
        """The table as it is after the steps, and the steps."""
        steps: list[Step] = []
        before = pair.before.model_copy(update={"columns": list(pair.before.columns)})
        for column in pair.added:
            value = self._new(pair, column)
            if value is not None:
                empty = column.model_copy(update={"nullable": True, "default": None, "on_update": None})
                before.columns.append(empty)
                steps += self._added(pair, column, empty, value, flavour)
        own = {seen.name: there for there, seen in zip(pair.before.columns, pair.seen.columns, strict=True)}
        for a, b in pair.columns:
            steps += self._nulls(pair, a, b, own[b.name])
        return before, steps

    def _new(self, pair: TablePair, column: Column) -> str | None:
        """What fills a new column; None where the server does it, or nothing can."""
        chosen = self.choices.fills.get(f"{pair.full_name}.{column.name}")
        if chosen is not None:
            return chosen
        plain = column.default is None and column.generated is None and column.identity is None
        if column.nullable or not plain or refers(pair, column):
            return None
        if must_differ(pair, column):
            if column.type.kind in NUMBERS or column.type.kind in TEXTS:
                return "(@dbmo_number := @dbmo_number + 1)"
            return "uuid()" if column.type.kind is Kind.UUID else None
        return NEUTRAL.get(column.type.kind)

    def _added(self, pair: TablePair, column: Column, empty: Column, value: str, flavour: Flavour) -> list[Step]:
        name, quoted = quote_identifier(pair.after.name), quote_identifier(column.name)
        full_name = f"{pair.full_name}.{column.name}"
        carried = way(["add column"], flavour.engine, flavour.version)
        clause = column_sql(empty, pair.after.model_copy(update={"options": {}}), flavour)
        add = Step(
            sql=f"ALTER TABLE {name} ADD COLUMN {clause}", undo=[f"ALTER TABLE {name} DROP COLUMN {quoted}"],
            object=full_name, kind="column", action="create", lock=carried.as_lock(), rewrite=carried.rebuild,
            notes=[f"the rows that are there get {value}: give another value in fills"],
        )  # fmt: skip
        steps = [add]
        if "@dbmo_number" in value:
            sql = "SET @dbmo_number = 0"
            steps.append(Step(sql=sql, object=full_name, kind="session", action="alter", lock=ROWS))
        steps.append(self._update(f"UPDATE {name} SET {quoted} = {value}", full_name))
        return steps

    def _update(self, sql: str, name: str) -> Step:
        return Step(sql=sql, object=name, kind="values", action="fill", lock=ROWS)

    def _nulls(self, pair: TablePair, a: Column, b: Column, own: Column) -> list[Step]:
        if b.nullable or not a.nullable or b.identity is not None or b.generated is not None:
            return []
        value = self.choices.fills.get(f"{pair.full_name}.{b.name}") or b.default
        if value is None:
            return []
        quoted = quote_identifier(own.name)
        sql = f"UPDATE {quote_identifier(pair.after.name)} SET {quoted} = {value} WHERE {quoted} IS NULL"
        step = self._update(sql, f"{pair.full_name}.{b.name}")
        step.destructive = True
        step.lost = f"NULL becomes {value}: which rows had no value can't be told afterwards"
        step.probe = f"SELECT count(*) FROM {quote_identifier(pair.before.name)} WHERE {quoted} IS NULL"
        return [step]

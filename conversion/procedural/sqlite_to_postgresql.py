"""Triggers of SQLite as triggers of PostgreSQL."""

from __future__ import annotations

from conversion.procedural import sqlite_programs as programs
from conversion.procedural.context import Context
from conversion.procedural.cycles import circle
from conversion.procedural.make_postgresql import Maker
from conversion.procedural.parse_sqlite import TriggerText, parse_trigger
from conversion.procedural.scope import Scope
from conversion.procedural.tree import Block, Branch, If, Node, Return, Sql
from conversion.relational.direction import Procedural
from conversion.shapes import TableShape, Untranslatable
from engines.catalog import Routine, Table, Trigger, View

ROWS = {"INSERT": ("new",), "UPDATE": ("new", "old"), "DELETE": ("old",)}
OWN_ROW = "it changes its own row before it is stored instead of updating it afterwards"
LATE = (
    "its effects come after all rows of the statement are changed, in SQLite after each row: what it reads of its own "
    "table may differ in statements that change several rows"
)


def convert_programs(context: Context, result: Procedural) -> None:
    """Every trigger of the source into result, translated or refused."""
    maker = Maker.beside(context)
    owners: list[Table | View] = [*context.source.tables, *context.source.views]
    parsed = parsed_triggers(owners, result)
    for owner in owners:
        for trigger in owner.triggers:
            name = f"{owner.full_name}.{trigger.name}"
            if name not in parsed:
                continue
            context.languages.notes = []
            try:
                made, routine = _Translation(context, owner, trigger, parsed, maker).made()
            except Untranslatable as error:
                result.refused[name] = ("trigger", error.reason)
                continue
            result.triggers[name], result.routines[name] = [made], [routine]
            result.notes[name] = list(context.languages.notes)


def parsed_triggers(owners: list[Table | View], result: Procedural) -> dict[str, TriggerText]:
    """Every trigger that can be read, by full name; the others are refused."""
    parsed = {}
    for owner in owners:
        for trigger in owner.triggers:
            name = f"{owner.full_name}.{trigger.name}"
            try:
                parsed[name] = parse_trigger(trigger.definition)
            except Untranslatable as error:
                result.refused[name] = ("trigger", error.reason)
    return parsed


class _Translation:
    def __init__(
        self, context: Context, owner: Table | View, trigger: Trigger, parsed: dict[str, TriggerText], maker: Maker
    ) -> None:
        self.context = context
        self.owner = owner
        self.trigger = trigger
        self.parsed = parsed
        self.maker = maker
        self.text = parsed[f"{owner.full_name}.{trigger.name}"]
        found = context.languages.shapes.find(owner.full_name) or context.languages.shapes.find(owner.name)
        if found is None:
            raise Untranslatable("its table or view isn't on the target")
        self.shape: TableShape = found
        self.scope = Scope(rows=dict.fromkeys(ROWS[self.text.event], found))

    def made(self) -> tuple[Trigger, Routine]:
        """The trigger and its function."""
        timing, body = self.text.timing, self._own_row()
        if body is None:
            body = self._plain()
        else:
            timing = "BEFORE"
        return self._written(timing, body)

    def _own_row(self) -> list[Node] | None:
        """The statements when all they do is set columns of the row at hand; None for other triggers."""
        if self.text.timing != "AFTER" or self.text.event == "DELETE" or not isinstance(self.owner, Table):
            return None
        updates = own_row_updates(self.text, self.owner)
        if updates is None:
            return None
        check_others(self.owner, self.trigger, self.parsed)
        walker = programs.SqliteWalker(self.context, None)
        found: list[Node] = []
        for pairs, row in updates:
            found += programs.own_row_assignments(
                pairs, row, self.text.event, self.owner, self.shape, self.scope, walker
            )
        self.context.languages.note(OWN_ROW)
        return found

    def _plain(self) -> list[Node]:
        before = self.text.timing != "AFTER"
        again = circle(self.parsed, f"{self.owner.full_name}.{self.trigger.name}")
        if again:
            raise Untranslatable(f"it writes {again}, which would fire it again; SQLite doesn't fire it a second time")
        if (
            self.text.timing == "AFTER"
            and self.owner.name.lower() in self.trigger.definition.lower().split("begin", 1)[-1]
        ):
            self.context.languages.note(LATE)
        walker = programs.SqliteWalker(self.context, Return("NULL") if before else None)
        return walker.body(self.text.body, self.scope)

    def _written(self, timing: str, body: list[Node]) -> tuple[Trigger, Routine]:
        if self.text.condition is not None:
            body = [If([Branch(self.context.languages.condition(self.text.condition, self.scope), body)])]
        event = self.text.event
        returned = "NULL" if timing == "AFTER" else "OLD" if event == "DELETE" else "NEW"
        columns = [self._column(name) for name in self.text.columns]
        if timing == "INSTEAD OF" and columns:
            raise Untranslatable("INSTEAD OF UPDATE OF columns, which PostgreSQL doesn't have")
        block = Block([*body, Return(returned)])
        return self.maker.trigger(self.trigger.name, self.shape, timing, [event], block, columns)

    def _column(self, name: str) -> str:
        column = self.shape.find(name)
        if column is None:
            raise Untranslatable(f"column {name} isn't on the target")
        return column.name


def own_row_updates(text: TriggerText, table: Table) -> list[tuple[list[tuple[str, str]], str]] | None:
    """Updates of the row at hand, where a trigger consists of nothing else."""
    found = []
    for node in text.body:
        update = programs.own_row(node.text, table) if isinstance(node, Sql) else None
        if update is None:
            return None
        found.append(update)
    return found or None


def check_others(table: Table, trigger: Trigger, parsed: dict[str, TriggerText]) -> None:
    """Other triggers of the table see a second update in SQLite, which a change of the row itself doesn't make."""
    for other in table.triggers:
        text = parsed.get(f"{table.full_name}.{other.name}")
        if other.name == trigger.name or text is None or text.event != "UPDATE":
            continue
        if own_row_updates(text, table) is None:
            raise Untranslatable(f"it updates its own row, which fires {other.name} once more in SQLite")

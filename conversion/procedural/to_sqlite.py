"""Triggers of servers as triggers of SQLite, which hold statements only: conditions move into them."""

from __future__ import annotations

from dataclasses import dataclass, field

from conversion.names import Namer
from conversion.procedural import dml
from conversion.procedural.context import Context, Place
from conversion.procedural.scope import Scope
from conversion.procedural.tokens import Reader, split
from conversion.procedural.tree import Assign, Block, Case, If, Node, Nothing, Raise, Return, Sql, Unknown
from conversion.shapes import TableShape, Untranslatable
from engines.catalog import Table, Trigger, View
from engines.sqlite.quoting import quote_identifier, quote_literal

NO_ROUTINES = "SQLite has no stored routines"
ONLY_SQL = "SQLite's triggers hold only statements of SQL, no {what}"
LATER = (
    "it changes its own row after it is stored, where the source did so before: NOT NULL, CHECK and UNIQUE see the "
    "row as it was given"
)
CHANGED = "it reads NEW.{name} after setting it"
QUIET = ("DEBUG", "LOG", "INFO", "NOTICE", "WARNING")


@dataclass
class Step:
    """A statement and the conditions (of the target) under which it runs; assigns: column and value of NEW."""

    guards: list[str]
    node: Node


@dataclass
class Body:
    """What becomes of a trigger's statements."""

    statements: list[str] = field(default_factory=list)
    condition: str | None = None
    changes_row: bool = False


@dataclass
class Maker:
    """Translates the bodies of one catalog's triggers."""

    context: Context
    namer: Namer = field(default_factory=lambda: Namer(None, fold=True, reserved_prefix="sqlite_"))
    taken: set[str] = field(default_factory=set)

    def free(self, name: str) -> bool:
        """Whether no trigger has the name yet."""
        return name.lower() not in self.taken

    def trigger(
        self, name: str, owner: Table | View, shape: TableShape, timing: str, event: str, tree: list[Node],
        scope: Scope, condition: str | None, columns: list[str],
    ) -> tuple[Trigger, bool]:  # fmt: skip
        """The trigger, and whether it changes its own row once it is stored."""
        steps: list[Step] = []
        when = [self.context.languages.condition(condition, scope)] if condition is not None else []
        _Flattener(self.context, scope, steps).add(tree, when)
        body = self._body(steps, owner, shape, event, scope)
        if body.changes_row:
            if timing != "BEFORE":
                raise Untranslatable("it sets NEW after the row is stored, which does nothing")
            timing = "AFTER"
            self.context.languages.note(LATER)
        shown = self.namer.take("triggers", name)
        self.taken.add(shown.lower())
        named = ", ".join(quote_identifier(column) for column in columns)
        what = f"{event} OF {named}" if columns and event == "UPDATE" else event
        head = (
            f"CREATE TRIGGER {quote_identifier(shown)} {timing} {what} ON {quote_identifier(shape.name)} FOR EACH ROW"
        )
        head += f" WHEN {body.condition}" if body.condition else ""
        lines = "".join(f"\n    {statement};" for statement in body.statements or ["SELECT 1"])
        return Trigger(
            name=shown, timing=timing, events=[event], definition=f"{head}\nBEGIN{lines}\nEND"
        ), body.changes_row

    def _body(self, steps: list[Step], owner: Table | View, shape: TableShape, event: str, scope: Scope) -> Body:
        body = Body()
        common = steps[0].guards if steps and all(step.guards == steps[0].guards for step in steps) else []
        body.condition = " AND ".join(f"({guard})" for guard in common) or None
        assigned: set[str] = set()
        for step in steps:
            guard = " AND ".join(f"({item})" for item in step.guards) if not common else ""
            if "SELECT" in guard.upper() and len(steps) > 1:
                raise Untranslatable("a condition reads tables that its statements may change")
            if isinstance(step.node, Assign):
                body.changes_row = True
                body.statements.append(self._own_row(step.node, guard, owner, shape, event, scope, assigned))
                continue
            self._reads_changed(step.node, assigned)
            body.statements.append(self._statement(step.node, guard, scope))
        return body

    def _statement(self, node: Node, guard: str, scope: Scope) -> str:
        if isinstance(node, Raise):
            return f"SELECT RAISE(ABORT, {self._message(node)})" + (f" WHERE {guard}" if guard else "")
        if not isinstance(node, Sql):
            raise Untranslatable(ONLY_SQL.format(what=type(node).__name__))
        made = dml.written(node.text, scope, self.context)
        if made.returning is not None or node.into is not None:
            raise Untranslatable(ONLY_SQL.format(what="variables"))
        return made.guarded(guard) if guard else made.text

    def _message(self, node: Raise) -> str:
        if node.parts:
            if any(is_value for is_value, _ in node.parts):
                self.context.languages.note("values in its error messages are shown as %: SQLite's are fixed texts")
            return quote_literal("".join("%" if is_value else text for is_value, text in node.parts))
        tokens = Reader(node.message or "'error'", self.context.languages.source).tokens
        if len(tokens) != 1 or tokens[0].kind != "string" or "\\" in tokens[0].text:
            raise Untranslatable("it raises an error whose message is computed")
        return quote_literal(tokens[0].name)

    def _own_row(
        self, node: Assign, guard: str, owner: Table | View, shape: TableShape, event: str, scope: Scope,
        assigned: set[str],
    ) -> str:  # fmt: skip
        """SET NEW.column = value as an update of the row that was just stored."""
        column = shape.find(node.target[-1])
        if len(node.target) != 2 or node.target[0].lower() != "new" or column is None or isinstance(owner, View):
            raise Untranslatable(ONLY_SQL.format(what="variables"))
        self._reads_changed(node, assigned)
        assigned.add(node.target[1].lower())
        source = next((item for item in owner.columns if item.name.lower() == node.target[1].lower()), None)
        if event == "INSERT" and source is not None and not source.nullable and source.default is None:
            raise Untranslatable(f"it fills {column.name}, which SQLite wants to be there before the trigger runs")
        clock = self.context.clock(node.value, column, Place(shape, owner, None))
        value = clock or self.context.languages.value(node.value, scope).text
        name = self.context.quoted(shape.name)
        return f"UPDATE {name} SET {self.context.quoted(column.name)} = {value} WHERE {self._key(owner, shape)}" + (
            f" AND {guard}" if guard else ""
        )

    def _key(self, owner: Table, shape: TableShape) -> str:
        names = owner.primary_key.columns if owner.primary_key is not None else []
        columns = [shape.find(name) for name in names]
        if not columns or None in columns:
            return "rowid = NEW.rowid"
        quoted = [self.context.quoted(column.name) for column in columns if column is not None]
        return " AND ".join(f"{name} = NEW.{name}" for name in quoted)

    def _reads_changed(self, node: Node, assigned: set[str]) -> None:
        for text in (value for value in vars(node).values() if isinstance(value, str)):
            tokens = Reader(text, self.context.languages.source).tokens
            for one, dot, name in zip(tokens, tokens[1:], tokens[2:], strict=False):
                if one.name.lower() == "new" and dot.text == "." and name.name.lower() in assigned:
                    raise Untranslatable(CHANGED.format(name=name.name))


@dataclass
class _Flattener:
    """Lays a tree out as statements with conditions; a RETURN keeps what follows it from running."""

    context: Context
    scope: Scope
    steps: list[Step]

    def add(self, nodes: list[Node], guards: list[str]) -> list[list[str]]:
        """Appends the statements; the conditions under which the program is left on the way."""
        left: list[list[str]] = []
        for node in nodes:
            now = [*guards, *(self._not(exit_guards[len(guards) :]) for exit_guards in left)]
            if isinstance(node, Unknown):
                raise Untranslatable(node.reason)
            if isinstance(node, Return):
                return [*left, now]
            if isinstance(node, Block):
                left += self._block(node, now)
            elif isinstance(node, (If, Case)):
                left += self._branches(node, now)
            elif isinstance(node, Raise) and node.level in QUIET:
                self.context.languages.note("it no longer gives messages that aren't errors, which SQLite doesn't have")
            elif not isinstance(node, Nothing):
                self.steps.append(Step(now, node))
        return left

    def _block(self, node: Block, guards: list[str]) -> list[list[str]]:
        for what, found in (("variables", node.variables), ("cursors", node.cursors), ("handlers", node.handlers)):
            if found:
                raise Untranslatable(ONLY_SQL.format(what=what))
        return self.add(node.body, guards)

    def _branches(self, node: If | Case, guards: list[str]) -> list[list[str]]:
        left: list[list[str]] = []
        before: list[str] = []
        for branch in node.branches:
            condition = branch.condition
            if isinstance(node, Case) and node.operand is not None:
                values = split(condition, self.context.languages.source)
                condition = " OR ".join(f"({node.operand}) = ({value})" for value in values)
            found = self.context.languages.condition(condition, self.scope)
            left += self.add(branch.body, [*guards, *before, found])
            before.append(self._not([found]))
        if isinstance(node, Case) and node.otherwise is None:
            self.steps.append(Step([*guards, *before], Raise("'no branch of CASE fits'")))
            return left
        return left + self.add(node.otherwise or [], [*guards, *before])

    def _not(self, guards: list[str]) -> str:
        return f"({' AND '.join(f'({guard})' for guard in guards)}) IS NOT TRUE" if guards else "FALSE"


def refuse_double(made: dict[str, tuple[str, list[tuple[Trigger, bool]]]], refused: dict[str, tuple[str, str]]) -> None:
    """A change of the own row is an UPDATE that fires the other triggers of the table again: those are refused.

    made: by the trigger's full name, its table and what became of it.
    """
    for name, (table, triggers) in list(made.items()):
        if not any(changes for _, changes in triggers):
            continue
        others = [
            trigger.name
            for other, (other_table, others) in made.items()
            for trigger, _ in others
            if other_table == table and trigger.events == ["UPDATE"] and not (other == name and len(triggers) == 1)
        ]
        if others:
            refused[name] = ("trigger", f"it changes its own row, which would fire {others[0]} once more in SQLite")
            del made[name]

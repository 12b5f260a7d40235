"""Triggers of SQLite as statement trees of a server: what they write, and updates of their own row."""

from __future__ import annotations

from conversion.procedural import dml
from conversion.procedural.assign import coerced
from conversion.procedural.context import Context
from conversion.procedural.scope import Local, Scope
from conversion.procedural.tokens import Reader, split
from conversion.procedural.tree import Assign, Branch, If, Node, Raise, Return, Sql, walk
from conversion.procedural.walker import Walker
from conversion.shapes import TableShape, Untranslatable
from engines.catalog import Kind, Table
from engines.sqlite.rowid import ROWIDS

WRITING = ("INSERT", "UPDATE", "DELETE", "REPLACE")
RAISED = "P0001"  # PostgreSQL's code for an error that a program raises
RAISED_MYSQL = "45000"  # MySQL's


class SqliteWalker(Walker):
    """Statements of a SQLite trigger; skip: what RAISE(IGNORE) becomes (None: it has no counterpart here)."""

    def __init__(self, context: Context, skip: Node | None) -> None:
        super().__init__(context)
        self.skip = skip

    def sql(self, node: Sql, scope: Scope) -> list[Node]:
        """INSERT, UPDATE, DELETE."""
        return [Sql(dml.written(node.text, scope, self.context).text)]

    def fail(self, node: Raise, scope: Scope) -> list[Node]:
        """RAISE(ABORT, message) and RAISE(ROLLBACK, message)."""
        text = Local("", Kind.TEXT)
        message = self.value(node.message, scope, text) if node.message is not None else self.context.literal("error")
        return [Raise(message, RAISED if self.languages.target == "postgresql" else RAISED_MYSQL)]

    def give(self, node: Return, scope: Scope) -> list[Node]:
        """RAISE(IGNORE)."""
        if self.skip is None:
            raise Untranslatable("RAISE(IGNORE) leaves out the row, which only a BEFORE trigger of PostgreSQL can")
        return [self.skip]


def writes(body: list[Node]) -> list[tuple[str, str]]:
    """(event, table in lower case) of every statement that changes rows."""
    found = []
    for node in body:
        for item in walk(node):
            if isinstance(item, Sql):
                found.append(_written(item.text))
    return found


def _written(text: str) -> tuple[str, str]:
    reader = Reader(text, "sqlite")
    event = reader.next().text.upper()
    while reader.peek().is_word("OR", "INTO", "FROM", "REPLACE", "IGNORE", "ABORT", "FAIL", "ROLLBACK"):
        reader.next()
    return event, reader.dotted()[-1].lower()


def own_row(text: str, table: Table) -> tuple[list[tuple[str, str]], str] | None:
    """(column, value) pairs of `UPDATE table SET ... WHERE key = NEW.key`, and NEW or OLD; None for anything else."""
    reader = Reader(text, "sqlite")
    if not reader.take("UPDATE") or reader.peek().name.lower() != table.name.lower():
        return None
    reader.next()
    if not reader.take("SET"):
        return None
    pairs = []
    for part in split(reader.until("WHERE", "FROM", "ORDER", "LIMIT", "RETURNING"), "sqlite"):
        column, _, value = part.partition("=")
        if column.strip().startswith("("):
            return None
        pairs.append((Reader(column, "sqlite").name(), value.strip()))
    if not reader.take("WHERE"):
        return None
    words = [token.name.lower() for token in reader.tokens[reader.at :]]
    words = words[2:] if words[:2] == [table.name.lower(), "."] else words
    left, right = words[:1], words[2:]
    if len(words) != 5 or words[1] not in ("=", "==", "is"):
        if len(words) == 5 and words[3] in ("=", "==", "is"):
            left, right = words[4:], words[:3]
        else:
            return None
    keys = {*ROWIDS} - {column.name.lower() for column in table.columns}
    if table.primary_key is not None and len(table.primary_key.columns) == 1:
        keys.add(table.primary_key.columns[0].lower())
    same = len(left) == 1 and left[0] in keys and right[1:2] == ["."] and right[2] in keys
    numbered = any(column.identity for column in table.columns)  # then the key is the rowid
    same = same and (numbered or left[0] == right[2])
    return (pairs, right[0]) if same and right[0] in ("new", "old") else None


def own_row_assignments(
    pairs: list[tuple[str, str]], row: str, event: str, table: Table, shape: TableShape, scope: Scope, walker: Walker
) -> list[Node]:
    """The update of the row at hand as assignments to NEW before it is stored.

    What SQLite refuses before such a trigger runs (NULL in a column that must not be) is refused still.
    """
    context = walker.context
    inner = scope.inner()
    for name, column in shape.columns.items():
        native, _ = context.column_type(shape, column)
        text = f"{scope.row_text['new']}.{context.quoted(column.name)}"
        inner.names[name] = Local(text, column.kind, native, column.collation, column.scale)
    found: list[Node] = []
    assigned: set[str] = set()
    for name, value in pairs:
        stored_in = shape.find(name)
        if stored_in is None:
            raise Untranslatable(f"column {name} isn't on the target")
        words = {token.name.lower() for token in Reader(value, "sqlite").tokens}
        if words & assigned:
            raise Untranslatable("a later assignment of the update reads what an earlier one sets")
        assigned.add(name.lower())
        native, zoned = context.column_type(shape, stored_in)
        stored = coerced(context.languages.value(value, inner), stored_in.kind, native, context.ends, zoned)
        target = f"{scope.row_text['new']}.{context.quoted(stored_in.name)}"
        step: Node = Assign([target], stored)
        source = next((item for item in table.columns if item.name.lower() == name.lower()), None)
        if source is not None and not source.nullable:
            step = If([Branch(f"{target} IS NOT NULL", [step])])
        found.append(step)
    if row == "old" and event == "UPDATE" and table.primary_key is not None:
        key = shape.find(table.primary_key.columns[0])
        if key is None:
            raise Untranslatable("its key isn't on the target")
        name = context.quoted(key.name)
        found = [If([Branch(f"{scope.row_text['new']}.{name} = {scope.row_text['old']}.{name}", found)])]
    return found

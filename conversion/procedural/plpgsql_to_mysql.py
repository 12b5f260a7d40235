"""Statement trees of PL/pgSQL as trees of MySQL's stored programs."""

from __future__ import annotations

from conversion.procedural import dml
from conversion.procedural.context import Context
from conversion.procedural.mysql_errors import MESSAGE, MESSAGE_LENGTH
from conversion.procedural.plpgsql_rows import FOUND, RowSteps
from conversion.procedural.scope import Local, Scope
from conversion.procedural.tokens import Reader
from conversion.procedural.tree import (
    Assign,
    Block,
    Call,
    Cursor,
    ForQuery,
    Handler,
    Leave,
    Node,
    Return,
    Sql,
    Variable,
    walk,
)  # fmt: skip
from conversion.procedural.types import declared
from conversion.shapes import Untranslatable
from engines.catalog import Kind

RECORDS = ("record", "%rowtype")


class PlpgsqlToMysql(RowSteps):
    """A function's statements; finished: what RETURN without a value becomes (a procedure or trigger is left)."""

    def __init__(self, context: Context, returned: Local | None = None, label: str | None = None) -> None:
        super().__init__(context, returned)
        self.label = label
        self.leaves = False

    def whole(self, body: Block, scope: Scope, before: list[Node] | None = None) -> Block:
        """The program's block with what the translation adds; before: statements to run first."""
        self.asked = self.found_is_read(body)
        if self.asked:
            scope.names["found"] = Local(self.found_sign(), Kind.BOOLEAN, "boolean")
            self._check_found(body)
        made = self.block(body, scope)[0]
        assert isinstance(made, Block)
        made.label = self.label if self.leaves else made.label
        for variables in self.records.values():
            made.variables = [*variables, *made.variables]
        quoted = self.context.quoted
        if self.message:
            made.variables.insert(0, Variable(quoted(MESSAGE), f"varchar({MESSAGE_LENGTH})"))
        if self.found:
            made.variables.insert(0, Variable(quoted(FOUND), "boolean", "FALSE"))
            made.handlers.insert(0, Handler("CONTINUE", ["NOT FOUND"], [Assign([quoted(FOUND)], "FALSE")]))
        made.body = [*(before or []), *made.body]
        return made

    def _check_found(self, body: Block) -> None:
        """FOUND must mean the same: MySQL counts the rows that an UPDATE changes, PostgreSQL those it meets."""
        for node in walk(body):
            if isinstance(node, ForQuery):
                raise Untranslatable("it asks FOUND and loops over rows")
            if isinstance(node, Sql) and Reader(node.text, "postgresql").peek().is_word("UPDATE", "WITH"):
                raise Untranslatable("it asks FOUND after an UPDATE, where MySQL counts only rows that change")

    def block(self, node: Block, scope: Scope) -> list[Node]:
        """A block with its variables and, where it can be, its exception handlers."""
        inner = scope.inner()
        variables = [made for item in node.variables if (made := self._variable(item, inner)) is not None]
        cursors = [self._cursor(item, inner) for item in node.cursors]
        handlers = [self._handler(item, node, inner) for item in node.handlers]
        label = node.label
        if label is not None:
            self.loops.append((label.lower(), label, ""))
        body = self.body(node.body, inner)
        if label is not None:
            self.loops.pop()
        return [Block(body, label, variables, cursors, handlers)]

    def _variable(self, item: Variable, scope: Scope) -> Variable | None:
        word = item.native.strip().lower()
        if word.startswith("alias "):
            found = scope.find(item.native.strip()[len("alias ") :].strip())
            if found is None:
                raise Untranslatable(f"{item.name} is an alias of what isn't known")
            scope.names[item.name.lower()] = found
            return None
        if word.endswith(RECORDS):
            self.records[item.name.lower()] = []
            return None
        kind = declared(item.native, self.context.ends, self.context.target)
        name = self.context.quoted(self.free_name(item.name, scope))
        local = kind.local(name)
        default = self.value(item.default, scope, local) if item.default is not None else None
        scope.names[item.name.lower()] = local
        return Variable(name, kind.native, default)

    def _cursor(self, item: Cursor, scope: Scope) -> Cursor:
        sentence = self.select(item.query, scope)
        name = self.context.quoted(item.name)
        scope.names[f"cursor {item.name.lower()}"] = Local(name, Kind.OTHER)
        return Cursor(name, sentence.text([value.text for value in sentence.values]))

    def found_is_read(self, node: Node) -> bool:
        """Whether anything below asks FOUND."""
        return any(
            "found" in (token.name.lower() for token in Reader(value, "postgresql").tokens)
            for item in walk(node)
            for name, value in vars(item).items()
            if isinstance(value, str) and name in ("condition", "value")
        )

    def sql(self, node: Sql, scope: Scope) -> list[Node]:
        """A statement by its kind."""
        if node.discard:
            return self._perform(node.text, scope)
        if not Reader(node.text, "postgresql").peek().is_word("SELECT"):
            return self._change(node, scope)
        return self.select_into(node, scope)

    def _change(self, node: Sql, scope: Scope) -> list[Node]:
        """INSERT, UPDATE, DELETE; RETURNING of a new number is LAST_INSERT_ID()."""
        text = node.text
        at = next((t.start for t in Reader(text, "postgresql").tokens if t.is_word("RETURNING")), None)
        if at is None:
            made = dml.written(text, scope, self.context)
            counts = Reader(text, "postgresql").peek().is_word("INSERT", "DELETE")
            return [
                Sql(made.text),
                *([Assign([self.found_sign()], "ROW_COUNT() > 0")] if counts and self.asked else []),
            ]
        made = dml.written(text[:at], scope, self.context)
        column = text[at + len("RETURNING") :].strip().strip('"').lower()
        identity = next((c for c in made.place.target.columns if c.identity), None) if made.place.target else None
        shape = made.place.shape.find(column.rpartition(".")[2])
        into = node.into or []
        if not made.single or identity is None or shape is None or shape.name != identity.name or len(into) != 1:
            raise Untranslatable("it returns values of a changed row, which MySQL can't")
        if f"({self.context.quoted(identity.name)}" in made.text.replace(", ", "(").split(" VALUES")[0]:
            raise Untranslatable("it returns a number that it gave itself, which MySQL can't")
        local, _ = self.target(into[0], scope)
        return [Sql(made.text), Assign([local.text], "LAST_INSERT_ID()")]

    def _perform(self, text: str, scope: Scope) -> list[Node]:
        """PERFORM and a SELECT for the sake of a function: CALL for a procedure, DO for a function."""
        reader = Reader(text, "postgresql")
        reader.expect("SELECT")
        try:
            name = reader.dotted()
            arguments = reader.parts()
        except Untranslatable:
            name, arguments = [], []
        routine = self.languages.routines.get(name[-1].lower()) if name and reader.done else None
        if routine is None:
            raise Untranslatable("it runs a SELECT for the sake of the functions in it")
        if routine.procedure:
            return self.call(Call(name, [item for item in arguments if item]), scope)
        return [Sql(f"DO {self.languages.value(text[len('SELECT ') :], scope).text}")]

    def give(self, node: Return, scope: Scope) -> list[Node]:
        """RETURN; without a value the program is left."""
        if self.returned is not None and node.value is not None:
            return super().give(node, scope)
        if self.label is None:
            raise Untranslatable("it returns without a value")
        self.leaves = True
        return [Leave(self.label)]

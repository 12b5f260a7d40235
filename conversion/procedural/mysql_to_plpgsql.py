"""Statement trees of MySQL's stored programs as trees of PL/pgSQL."""

from __future__ import annotations

import re

from conversion.procedural import dml
from conversion.procedural.answers import Sentence
from conversion.procedural.assign import Value, coerced
from conversion.procedural.context import Context
from conversion.procedural.plpgsql_handlers import NOT_FOUND, Frame, HandlerSteps, is_not_found
from conversion.procedural.scope import Local, Scope
from conversion.procedural.select_parts import one_row, select_items
from conversion.procedural.tokens import Reader
from conversion.procedural.tree import (
    Assign,
    Block,
    Branch,
    Cursor,
    CursorStep,
    Handler,
    If,
    Node,
    Raise,
    Return,
    Sql,
    Variable,
    walk,
)  # fmt: skip
from conversion.procedural.types import Declared, declared, is_flag
from conversion.shapes import Untranslatable
from engines.catalog import Kind

NO_DATA = "02000"
SIZED = re.compile(r"(?:numeric|timestamp)\(")  # types whose digits change a value
ROW = "dbmo_row"
NUMBER = "last_insert_id"


class MysqlToPlpgsql(HandlerSteps):
    """Keeps what MySQL does: variables stay as they were when no row is found, handlers run after each statement."""

    def __init__(self, context: Context, returned: Local | None = None) -> None:
        super().__init__(context, returned)
        self.uses_row = False
        self.number: Local | None = None  # what LAST_INSERT_ID() is at this place
        self.uses_number = False

    def extra_variables(self) -> list[Variable]:
        """Variables that the translation itself needs."""
        found = [Variable(self.context.quoted(ROW), "record")] if self.uses_row else []
        return found + ([Variable(self.context.quoted(NUMBER), "bigint")] if self.uses_number else [])

    def body(self, nodes: list[Node], scope: Scope) -> list[Node]:
        """Statements one after the other; the number of a row just inserted is known to those that follow."""
        found: list[Node] = []
        for place, node in enumerate(nodes):
            wanted = any(_asks_number(item) for later in nodes[place + 1 :] for item in walk(later))
            made = super().body([node], self._numbered(scope))
            if isinstance(node, Sql) and node.into is None:
                made = self._keep_number(made) if wanted else made
            elif not isinstance(node, (Assign, Return)):
                self.number = None
            found += self._guarded(made)
        return found

    def _numbered(self, scope: Scope) -> Scope:
        if self.number is None:
            return scope
        inner = scope.inner()
        inner.names["last_insert_id()"] = self.number
        return inner

    def _keep_number(self, made: list[Node]) -> list[Node]:
        self.number = None
        if len(made) != 1 or not isinstance(made[0], Sql) or made[0].returning is None:
            return made
        self.uses_number = True
        self.number = Local(self.context.quoted(NUMBER), Kind.INTEGER, "bigint")
        made[0].text += f" RETURNING {made[0].returning}"
        made[0].into = [[self.number.text]]
        return made

    def block(self, node: Block, scope: Scope) -> list[Node]:
        """A block with its variables; their names change where they would hide a column or another variable."""
        for handler in node.handlers:
            if any(condition.upper() == "SQLWARNING" for condition in handler.conditions):
                raise Untranslatable("a handler for warnings, which PostgreSQL doesn't raise")
            if is_not_found(handler) and not all(c.upper() in NOT_FOUND for c in handler.conditions):
                raise Untranslatable("a handler for NOT FOUND and errors at once")
        inner = scope.inner()
        variables = [self._variable(item, node, inner) for item in node.variables]
        frame = Frame(node, inner, node.label or self.fresh("block"))
        self.frames.append(frame)
        try:
            cursors = [self._cursor(item, frame) for item in node.cursors]
            body = self.body(node.body, inner)
        finally:
            self.frames.pop()
        label = frame.label if node.label or frame.left else None
        return [Block(body, label, variables, cursors)]

    def _variable(self, item: Variable, block: Block, scope: Scope) -> Variable:
        kind = variable_type(item, block, self.context)
        if kind.note:
            self.languages.note(kind.note)
        name = self.context.quoted(self.free_name(item.name, scope))
        local = kind.local(name, self.context.source.collation or "")
        default = self.value(item.default, scope, local, local.zoned) if item.default is not None else None
        scope.names[item.name.lower()] = local
        return Variable(name, kind.native, default)

    def _cursor(self, item: Cursor, frame: Frame) -> Cursor:
        if item.parameters:
            raise Untranslatable("it opens a cursor with parameters")
        sentence = self._aliased(item.query, frame.scope)
        frame.cursors[item.name.lower()] = sentence
        columns = [f"{value.text} AS {self.context.quoted(f'c{n}')}" for n, value in enumerate(sentence.values, 1)]
        return Cursor(self.context.quoted(item.name), sentence.text(columns))

    def _aliased(self, query: str, scope: Scope) -> Sentence:
        sentence = self.languages.query(query, scope, select_items(query, "mysql"))
        if not sentence.values:
            raise Untranslatable("a cursor over several queries joined by UNION")
        return sentence

    def cursor(self, node: CursorStep, scope: Scope) -> list[Node]:
        """OPEN and CLOSE as they are; FETCH into a row, whose values are taken only when there is one."""
        name = self.context.quoted(node.cursor)
        sentence = next(
            (f.cursors[node.cursor.lower()] for f in reversed(self.frames) if node.cursor.lower() in f.cursors), None
        )
        if sentence is None:
            raise Untranslatable(f"it uses a cursor {node.cursor} that it doesn't declare")
        if node.action != "FETCH":
            return [CursorStep(node.action, name)]
        if len(node.into) != len(sentence.values):
            raise Untranslatable("it fetches another number of values than the cursor has")
        self.uses_row = True
        row = self.context.quoted(ROW)
        taken: list[Node] = []
        for number, (parts, value) in enumerate(zip(node.into, sentence.values, strict=True), 1):
            local, zoned = self.target(parts, scope)
            from_row = Value(f"{row}.{self.context.quoted(f'c{number}')}", value.kind)
            taken.append(
                Assign(
                    [local.text],
                    coerced(from_row, local.kind, local.native, self.context.ends, zoned),
                )
            )
        missing = self._nothing_found()
        if missing is None:
            missing = [Raise(self.context.literal("no row left to fetch"), NO_DATA)]
        return [CursorStep("FETCH", name, [[row]]), If([Branch("FOUND", taken)], missing)]

    def sql(self, node: Sql, scope: Scope) -> list[Node]:
        """A statement; SELECT ... INTO leaves variables alone when there is no row and fails when there are several."""
        if node.into is None:
            if Reader(node.text, "mysql").peek().is_word("SELECT", "WITH", "VALUES") or node.text.startswith("("):
                raise Untranslatable("it gives the caller the rows of a SELECT, which a PostgreSQL procedure can't")
            made = dml.written(node.text, scope, self.context)
            return [Sql(made.text, returning=self._numbered_by(made))]
        items = select_items(node.text, "mysql")
        sentence = self.languages.query(node.text, scope, items)
        targets = [self.target(parts, scope) for parts in node.into]
        if items is None or len(items) != len(targets):
            raise Untranslatable("it selects another number of values than it has variables for")
        stored = [
            coerced(value, local.kind, local.native, self.context.ends, zoned)
            for value, (local, zoned) in zip(sentence.values, targets, strict=True)
        ]
        select = Sql(sentence.text(stored), [[local.text] for local, _ in targets])
        if one_row(node.text, "mysql"):
            return [select]
        select.strict = True
        missing = self._nothing_found() or []
        return [Block([select], handlers=[Handler("EXCEPTION", ["no_data_found"], missing)])]

    def _numbered_by(self, made: dml.Written) -> str | None:
        """The column whose number LAST_INSERT_ID() gives after this statement."""
        if not made.single or made.place.source is None:
            return None
        for column in made.place.source.columns:
            shape = made.place.shape.find(column.name) if column.identity else None
            if shape is not None:
                return self.context.quoted(shape.name)
        return None

    def give(self, node: Return, scope: Scope) -> list[Node]:
        """RETURN; PostgreSQL forgets digits and lengths of a declared return type, so they stand in a cast."""
        found = super().give(node, scope)
        if self.returned is not None and SIZED.match(self.returned.native):
            for item in found:
                if isinstance(item, Return) and item.value not in (None, "NULL"):
                    item.value = f"CAST({item.value} AS {self.returned.native})"
        return found

    def argument(self, text: str, local: Local) -> str:
        """A value with the parameter's own type, so that the procedure is found."""
        return f"CAST({text} AS {local.native})" if local.native else text


def variable_type(item: Variable, block: Block, context: Context) -> Declared:
    """The type of a variable; a flag that only ever is true or false becomes boolean."""
    kind = declared(item.native, context.ends, context.target)
    if not is_flag(item.native):
        return kind
    given = [item.default] if item.default is not None else []
    for node in walk(block):
        if isinstance(node, Assign) and len(node.target) == 1 and node.target[0].lower() == item.name.lower():
            given.append(node.value)
        into = node.into if isinstance(node, (Sql, CursorStep)) else None
        if any(len(parts) == 1 and parts[0].lower() == item.name.lower() for parts in into or []):
            return kind
    return Declared("boolean", Kind.BOOLEAN) if given and all(_truth(text) for text in given) else kind


def _truth(text: str) -> bool:
    return text.strip().upper() in ("TRUE", "FALSE", "NULL")


def _asks_number(node: Node) -> bool:
    texts = [value for value in vars(node).values() if isinstance(value, str)]
    return any("last_insert_id" in text.lower() for text in texts)


def truth_only(tree: Node) -> bool:
    """Whether every RETURN gives TRUE, FALSE or NULL."""
    given = [node.value for node in walk(tree) if isinstance(node, Return)]
    return bool(given) and all(value is not None and _truth(value) for value in given)

"""Statement trees of PL/pgSQL as trees of MySQL's stored programs."""

from __future__ import annotations

from conversion.procedural import dml
from conversion.procedural.answers import Sentence
from conversion.procedural.assign import coerced
from conversion.procedural.context import Context
from conversion.procedural.mysql_errors import MESSAGE, MESSAGE_LENGTH, NO_DATA
from conversion.procedural.mysql_loops import LoopSteps
from conversion.procedural.scope import Local, Scope
from conversion.procedural.select_parts import one_row, output_texts, select_items
from conversion.procedural.tokens import Reader
from conversion.procedural.tree import (
    Assign,
    Block,
    Branch,
    Call,
    Cursor,
    CursorStep,
    ForQuery,
    Handler,
    If,
    Leave,
    Loop,
    Node,
    Raise,
    Return,
    Sql,
    Variable,
    walk,
)  # fmt: skip
from conversion.procedural.types import declared, widest
from conversion.shapes import Untranslatable
from engines.catalog import Kind

FOUND = "dbmo_found"
RECORDS = ("record", "%rowtype")


class PlpgsqlToMysql(LoopSteps):
    """A function's statements; finished: what RETURN without a value becomes (a procedure or trigger is left)."""

    def __init__(self, context: Context, returned: Local | None = None, label: str | None = None) -> None:
        super().__init__(context, returned)
        self.label = label
        self.leaves = False
        self.found = False
        self.asked = False
        self.records: dict[str, list[Variable]] = {}

    def whole(self, body: Block, scope: Scope, before: list[Node] | None = None) -> Block:
        """The program's block with what the translation adds; before: statements to run first."""
        self.asked = self.found_is_read(body)
        if self.asked:
            scope.names["found"] = Local(self._found(), Kind.BOOLEAN, "boolean")
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
        sentence = self._select(item.query, scope)
        name = self.context.quoted(item.name)
        scope.names[f"cursor {item.name.lower()}"] = Local(name, Kind.OTHER)
        return Cursor(name, sentence.text([value.text for value in sentence.values]))

    def _select(self, query: str, scope: Scope) -> Sentence:
        return self.languages.query(query, scope, select_items(query, "postgresql"))

    def for_query(self, node: ForQuery, scope: Scope) -> list[Node]:
        """FOR over rows as a cursor of its own."""
        if Reader(node.query, "postgresql").peek(1).kind == "end":
            raise Untranslatable("it loops over a cursor with FOR")
        sentence = self._select(node.query, scope)
        if not sentence.values:
            raise Untranslatable("it loops over several queries joined by UNION")
        inner = scope.inner()
        targets = self._row(node.targets, node.query, sentence, inner)
        name = self.context.quoted(self.fresh("rows"))
        loop = node.label or self.fresh("loop")
        body = self._turns(node.label, node.body, inner, loop, loop)
        found = self._found()
        fetch = [
            Assign([found], "TRUE"),
            CursorStep("FETCH", name, [[local.text] for local in targets]),
            If([Branch(f"NOT {found}", [Leave(loop)])]),
        ]
        columns = [
            coerced(v, local.kind, local.native, self.context.ends)
            for v, local in zip(sentence.values, targets, strict=True)
        ]
        cursor = Cursor(name, sentence.text(columns))
        steps: list[Node] = [CursorStep("OPEN", name), Loop([*fetch, *body], loop), CursorStep("CLOSE", name)]
        own = [Variable(local.text, local.native) for local in targets if local.text not in {*scope.used()}]
        return [
            Block(
                steps,
                variables=own if len(node.targets) == 1 and node.targets[0].lower() in self.records else [],
                cursors=[cursor],
            )
        ]

    def found_is_read(self, node: Node) -> bool:
        """Whether anything below asks FOUND."""
        return any(
            "found" in (token.name.lower() for token in Reader(value, "postgresql").tokens)
            for item in walk(node)
            for name, value in vars(item).items()
            if isinstance(value, str) and name in ("condition", "value")
        )

    def _row(self, names: list[str], query: str, sentence: Sentence, scope: Scope) -> list[Local]:
        """Where the columns of a row go: variables, or the fields of a record, each a variable of its own."""
        if len(names) != 1 or names[0].lower() not in self.records:
            if len(names) != len(sentence.values):
                raise Untranslatable("it reads another number of values than it has variables for")
            return [self.target(name.split("."), scope)[0] for name in names]
        fields = _names(query)
        if len(fields) != len(sentence.values) or None in fields:
            raise Untranslatable(f"the fields of {names[0]} have no names of their own")
        found = []
        for field, value in zip(fields, sentence.values, strict=True):
            if value.kind is None:
                raise Untranslatable(f"the type of {names[0]}.{field} isn't known")
            text = self.context.quoted(self.free_name(f"{names[0]}_{field}", scope))
            local = Local(text, value.kind, widest(value.kind, self.context.target))
            scope.names[f"{names[0]}.{field}".lower()] = local
            found.append(local)
        return found

    def _found(self) -> str:
        self.found = True
        return self.context.quoted(FOUND)

    def sql(self, node: Sql, scope: Scope) -> list[Node]:
        """A statement; SELECT INTO sets NULL where there is no row, as PL/pgSQL does."""
        if node.discard:
            return self._perform(node.text, scope)
        if not Reader(node.text, "postgresql").peek().is_word("SELECT"):
            return self._change(node, scope)
        sentence = self._select(node.text, scope)
        into = node.into or []
        if not sentence.values:
            raise Untranslatable("it selects from several queries joined by UNION into variables")
        if len(into) == 1 and into[0][0].lower() in self.records:
            targets = self._row([into[0][0]], node.text, sentence, scope)
            self.records[into[0][0].lower()] += [Variable(local.text, local.native) for local in targets]
        elif len(into) == len(sentence.values):
            targets = [self.target(parts, scope)[0] for parts in into]
        else:
            raise Untranslatable("it selects another number of values than it has variables for")
        columns = [
            coerced(v, local.kind, local.native, self.context.ends)
            for v, local in zip(sentence.values, targets, strict=True)
        ]
        select = Sql(sentence.text(columns), [[local.text] for local in targets])
        if one_row(node.text, "postgres") and not self.asked:
            return [select]
        found = self._found()
        limited = any(token.is_word("LIMIT", "FETCH") for token in Reader(node.text, "postgresql").tokens)
        select.text += "" if node.strict or limited else " LIMIT 1"
        missing: list[Node] = [Assign([local.text], "NULL") for local in targets]
        if node.strict:
            missing = [Raise(self.context.literal("query returned no rows"), NO_DATA)]
        return [
            Assign([found], "TRUE"),
            select,
            If([Branch(f"NOT {found}", missing)]),
        ]

    def _change(self, node: Sql, scope: Scope) -> list[Node]:
        """INSERT, UPDATE, DELETE; RETURNING of a new number is LAST_INSERT_ID()."""
        text = node.text
        at = next((t.start for t in Reader(text, "postgresql").tokens if t.is_word("RETURNING")), None)
        if at is None:
            made = dml.written(text, scope, self.context)
            counts = Reader(text, "postgresql").peek().is_word("INSERT", "DELETE")
            return [Sql(made.text), *([Assign([self._found()], "ROW_COUNT() > 0")] if counts and self.asked else [])]
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

    def cursor(self, node: CursorStep, scope: Scope) -> list[Node]:
        """OPEN, FETCH and CLOSE; a FETCH without a row sets NULL, as PL/pgSQL does."""
        known = scope.find(f"cursor {node.cursor.lower()}")
        if known is None:
            raise Untranslatable(f"it uses a cursor {node.cursor} that isn't bound to a query")
        if node.action != "FETCH":
            return [CursorStep(node.action, known.text)]
        targets = [self.target(parts, scope)[0] for parts in node.into]
        found = self._found()
        return [
            Assign([found], "TRUE"),
            CursorStep("FETCH", known.text, [[local.text] for local in targets]),
            If([Branch(f"NOT {found}", [Assign([local.text], "NULL") for local in targets])]),
        ]

    def give(self, node: Return, scope: Scope) -> list[Node]:
        """RETURN; without a value the program is left."""
        if self.returned is not None and node.value is not None:
            return super().give(node, scope)
        if self.label is None:
            raise Untranslatable("it returns without a value")
        self.leaves = True
        return [Leave(self.label)]


def _names(query: str) -> list[str | None]:
    """The output names of a SELECT, where each has one."""
    found: list[str | None] = []
    for item in output_texts(query, "postgresql"):
        tokens = Reader(item, "postgresql").tokens
        named = tokens[-1].kind in ("word", "quoted") and (
            len(tokens) == 1 or tokens[-2].is_word("AS") or tokens[-2].text == "."
        )
        found.append(tokens[-1].name if named else None)
    return found

"""Rows that PL/pgSQL reads one by one, as MySQL's cursors and SELECT INTO: FOR, FETCH, records, FOUND."""

from __future__ import annotations

from conversion.procedural.answers import Sentence
from conversion.procedural.assign import coerced
from conversion.procedural.context import Context
from conversion.procedural.mysql_errors import NO_DATA
from conversion.procedural.mysql_loops import LoopSteps
from conversion.procedural.scope import Local, Scope
from conversion.procedural.select_parts import one_row, output_texts, select_items
from conversion.procedural.tokens import Reader
from conversion.procedural.tree import (
    Assign,
    Block,
    Branch,
    Cursor,
    CursorStep,
    ForQuery,
    If,
    Leave,
    Loop,
    Node,
    Raise,
    Sql,
    Variable,
)  # fmt: skip
from conversion.procedural.types import widest
from conversion.shapes import Untranslatable

FOUND = "dbmo_found"


class RowSteps(LoopSteps):
    """Statements that read rows; records: variables of a record's fields; asked: whether the program reads FOUND.

    found: whether a variable of its own stands for FOUND.
    """

    def __init__(self, context: Context, returned: Local | None = None) -> None:
        super().__init__(context, returned)
        self.found = False
        self.asked = False
        self.records: dict[str, list[Variable]] = {}

    def select(self, query: str, scope: Scope) -> Sentence:
        """The query on the target."""
        return self.languages.query(query, scope, select_items(query, "postgresql"))

    def for_query(self, node: ForQuery, scope: Scope) -> list[Node]:
        """FOR over rows as a cursor of its own."""
        if Reader(node.query, "postgresql").peek(1).kind == "end":
            raise Untranslatable("it loops over a cursor with FOR")
        sentence = self.select(node.query, scope)
        if not sentence.values:
            raise Untranslatable("it loops over several queries joined by UNION")
        inner = scope.inner()
        targets = self._row(node.targets, node.query, sentence, inner)
        name = self.context.quoted(self.fresh("rows"))
        loop = node.label or self.fresh("loop")
        body = self._turns(node.label, node.body, inner, loop, loop)
        found = self.found_sign()
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

    def select_into(self, node: Sql, scope: Scope) -> list[Node]:
        """SELECT INTO; it sets NULL where there is no row, as PL/pgSQL does."""
        sentence = self.select(node.text, scope)
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
        found = self.found_sign()
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

    def cursor(self, node: CursorStep, scope: Scope) -> list[Node]:
        """OPEN, FETCH and CLOSE; a FETCH without a row sets NULL, as PL/pgSQL does."""
        known = scope.find(f"cursor {node.cursor.lower()}")
        if known is None:
            raise Untranslatable(f"it uses a cursor {node.cursor} that isn't bound to a query")
        if node.action != "FETCH":
            return [CursorStep(node.action, known.text)]
        targets = [self.target(parts, scope)[0] for parts in node.into]
        found = self.found_sign()
        return [
            Assign([found], "TRUE"),
            CursorStep("FETCH", known.text, [[local.text] for local in targets]),
            If([Branch(f"NOT {found}", [Assign([local.text], "NULL") for local in targets])]),
        ]

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

    def found_sign(self) -> str:
        """The variable that stands for FOUND, quoted."""
        self.found = True
        return self.context.quoted(FOUND)


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

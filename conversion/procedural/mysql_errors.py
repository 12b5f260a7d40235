"""Errors of PL/pgSQL in MySQL's programs: RAISE as SIGNAL, EXCEPTION as handlers."""

from __future__ import annotations

from conversion.procedural.context import Context
from conversion.procedural.scope import Local, Scope
from conversion.procedural.tokens import Reader
from conversion.procedural.tree import Assign, Block, Call, Handler, Node, Nothing, Raise, Return, Sql, walk
from conversion.procedural.walker import Walker
from conversion.shapes import Untranslatable
from engines.catalog import Kind

MESSAGE = "dbmo_message"
MESSAGE_LENGTH = 128  # MySQL: MESSAGE_TEXT is VARCHAR(128)
NO_DATA = "P0002"  # PostgreSQL's no_data_found; MySQL's own class 02 would not be an error
RAISED = "P0001"
QUIET = ("DEBUG", "LOG", "INFO", "NOTICE")
# PostgreSQL's conditions -> MySQL's errors (both manuals' lists)
CONDITIONS = {
    "others": "SQLEXCEPTION",
    "unique_violation": "1062, 1586",
    "not_null_violation": "1048",
    "foreign_key_violation": "1451, 1452",
    "integrity_constraint_violation": "SQLSTATE '23000'",
    "no_data_found": f"SQLSTATE '{NO_DATA}'",
    "too_many_rows": "1172",
    "raise_exception": f"SQLSTATE '{RAISED}'",
}
# conditions that RAISE may name -> their SQLSTATE (PostgreSQL manual, appendix A)
STATES = {
    "raise_exception": RAISED,
    "no_data_found": NO_DATA,
    "unique_violation": "23505",
    "foreign_key_violation": "23503",
    "not_null_violation": "23502",
    "check_violation": "23514",
    "restrict_violation": "23001",
    "integrity_constraint_violation": "23000",
    "invalid_parameter_value": "22023",
    "numeric_value_out_of_range": "22003",
    "division_by_zero": "22012",
    "insufficient_privilege": "42501",
    "feature_not_supported": "0A000",
    "object_not_in_prerequisite_state": "55000",
    "data_exception": "22000",
}
UNDONE = "an EXCEPTION block undoes what was done before the error, which MySQL's handlers don't"
WRITING = ("INSERT", "UPDATE", "DELETE", "WITH")


class ErrorSteps(Walker):
    """RAISE and EXCEPTION; message: whether a variable for a message is wanted."""

    def __init__(self, context: Context, returned: Local | None = None) -> None:
        super().__init__(context, returned)
        self.message = False

    def _handler(self, item: Handler, block: Block, scope: Scope) -> Handler:
        *before, last = block.body
        if any(_writes(node) for node in before) or not isinstance(last, (Sql, Return, Assign, Nothing)):
            raise Untranslatable(UNDONE)
        conditions = []
        for condition in item.conditions:
            name = condition.strip().lower()
            known = condition if name.startswith("sqlstate") else CONDITIONS.get(name)
            if known is None:
                raise Untranslatable(f"a handler for {condition} has no known counterpart")
            conditions.append(known)
        return Handler("EXIT", conditions, self.body(item.body, scope))

    def fail(self, node: Raise, scope: Scope) -> list[Node]:
        """RAISE as SIGNAL; messages that aren't errors are left out and said."""
        if node.again:
            return [Raise(again=True)]
        if node.level in QUIET:
            self.languages.note(f"it no longer gives its messages of level {node.level}, which MySQL doesn't have")
            return []
        if set(node.details) - {"HINT", "DETAIL"}:
            raise Untranslatable(f"it raises an error with {', '.join(node.details)}")
        if node.details:
            self.languages.note("DETAIL and HINT of its errors are left out: MySQL's have only a message")
        state = "01000" if node.level == "WARNING" else node.sqlstate or RAISED
        if state.startswith("condition "):
            name = state.removeprefix("condition ").lower()
            if name not in STATES:
                raise Untranslatable(f"it raises {name}, whose code isn't known")
            state = STATES[name]
            node.message = node.message or f"'{name}'"
        message = self._message(node, state, scope)
        tokens = Reader(message, "mysql").tokens
        if len(tokens) == 1 and len(tokens[0].name) <= MESSAGE_LENGTH:
            return [Raise(message, state)]
        self.message = True
        name = self.context.quoted(MESSAGE)
        return [Assign([name], f"LEFT({message}, {MESSAGE_LENGTH})"), Raise(name, state)]

    def _message(self, node: Raise, state: str, scope: Scope) -> str:
        try:
            return self.value(node.message or f"'{state}'", scope, Local("", Kind.TEXT))
        except Untranslatable:
            if not node.parts:
                raise
        self.languages.note("values in its error messages may be spelled otherwise (digits of numbers, dates)")
        written = []
        for is_value, text in node.parts:
            value = self.languages.value(text, scope).text if is_value else self.context.literal(text)
            written.append(f"COALESCE(CAST({value} AS CHAR), '<NULL>')" if is_value else value)
        return f"CONCAT({', '.join(written)})"


def _writes(node: Node) -> bool:
    return any(
        isinstance(item, Call)
        or (isinstance(item, Sql) and (item.discard or Reader(item.text, "postgresql").peek().is_word(*WRITING)))
        for item in walk(node)
    )

"""The part of translating a statement tree that is the same in every direction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from conversion.procedural.assign import coerced
from conversion.procedural.context import Context
from conversion.procedural.scope import Local, Scope
from conversion.procedural.tokens import split
from conversion.procedural.tree import (
    Assign,
    Block,
    Branch,
    Call,
    Case,
    CursorStep,
    ForQuery,
    ForRange,
    If,
    Leave,
    Loop,
    Node,
    Nothing,
    Raise,
    Return,
    Sql,
    Unknown,
)  # fmt: skip
from conversion.shapes import Untranslatable

INTEGERS = ("smallint", "integer", "bigint")  # each may be passed where a later one is taken
CASE_NOT_FOUND = "20000"  # the SQLSTATE both MySQL and PostgreSQL raise where a CASE has no branch


class Walker(ABC):
    """Turns a tree of the source into one of the target; returned: what RETURN gives (None: nothing is returned)."""

    def __init__(self, context: Context, returned: Local | None = None) -> None:
        self.context = context
        self.languages = context.languages
        self.returned = returned
        self.steps: dict[type[Node], Callable[[Any, Scope], list[Node]]] = {
            Block: self.block, Assign: self.assign, If: self.branch, Case: self.case, Loop: self.loop,
            Leave: self.leave, Return: self.give, Raise: self.fail, Sql: self.sql, Call: self.call,
            CursorStep: self.cursor, ForRange: self.for_range, ForQuery: self.for_query,
        }  # fmt: skip

    def body(self, nodes: list[Node], scope: Scope) -> list[Node]:
        """The statements on the target; Untranslatable with the reason."""
        found: list[Node] = []
        for node in nodes:
            if isinstance(node, Unknown):
                raise Untranslatable(node.reason)
            if isinstance(node, Nothing):
                continue
            found += self.steps[type(node)](node, scope)
        return found

    def value(self, text: str, scope: Scope, local: Local, zoned: bool = False) -> str:
        """The target's text of an expression as a variable, parameter or column takes it."""
        value = self.languages.value(text, scope)
        return coerced(value, local.kind, local.native, self.context.ends, zoned)

    def condition(self, text: str, scope: Scope) -> str:
        """The target's text of a condition."""
        return self.languages.condition(text, scope)

    def target(self, parts: list[str], scope: Scope) -> tuple[Local, bool]:
        """What an assignment writes, and whether it keeps moments with a zone."""
        row = scope.row(parts[0]) if len(parts) == 2 else None
        if row is not None:
            column = row.find(parts[1])
            if column is None:
                raise Untranslatable(f"column {parts[1]} isn't on the target")
            native, zoned = self.context.column_type(row, column)
            text = f"{scope.row_text[parts[0].lower()]}.{self.context.quoted(column.name)}"
            return Local(text, column.kind, native), zoned
        local = scope.find(".".join(parts))
        if local is None:
            raise Untranslatable(f"it sets {'.'.join(parts)}, which isn't a variable of its own")
        return local, local.zoned

    def assign(self, node: Assign, scope: Scope) -> list[Node]:
        """target := value."""
        local, zoned = self.target(node.target, scope)
        return [Assign([local.text], self.value(node.value, scope, local, zoned))]

    def branch(self, node: If, scope: Scope) -> list[Node]:
        """IF."""
        branches = [
            Branch(self.condition(item.condition, scope), self.body(item.body, scope)) for item in node.branches
        ]
        return [If(branches, self.body(node.otherwise, scope))]

    def case(self, node: Case, scope: Scope) -> list[Node]:
        """CASE as IF; where nothing matches and nothing is said, it is the same error in MySQL and PostgreSQL."""
        branches = []
        for item in node.branches:
            condition = item.condition
            if node.operand is not None:  # PL/pgSQL may list several values
                values = split(item.condition, self.languages.source)
                condition = " OR ".join(f"({node.operand}) = ({value})" for value in values)
            branches.append(Branch(self.condition(condition, scope), self.body(item.body, scope)))
        if node.otherwise is not None:
            return [If(branches, self.body(node.otherwise, scope))]
        message = self.context.literal("no branch of CASE fits")
        return [If(branches, [Raise(message, CASE_NOT_FOUND)])]

    def loop(self, node: Loop, scope: Scope) -> list[Node]:
        """LOOP, WHILE, REPEAT."""
        condition = self.condition(node.condition, scope) if node.condition is not None else None
        return [Loop(self.body(node.body, scope), node.label, node.kind, condition)]

    def leave(self, node: Leave, scope: Scope) -> list[Node]:
        """LEAVE, ITERATE, EXIT, CONTINUE."""
        condition = self.condition(node.condition, scope) if node.condition is not None else None
        return [Leave(node.label, node.again, condition)]

    def give(self, node: Return, scope: Scope) -> list[Node]:
        """RETURN."""
        if node.value is None:
            return [Return()]
        if self.returned is None:
            raise Untranslatable("it returns a value where none is declared")
        return [Return(self.value(node.value, scope, self.returned, self.returned.zoned))]

    def fresh(self, stem: str) -> str:
        """A label that no other has."""
        self.context.labels += 1
        return f"{stem}_{self.context.labels}"

    def free_name(self, name: str, scope: Scope) -> str:
        """A name for a variable that no column of the target and no variable in sight has."""
        taken = {text.lower() for text in scope.used()}
        wanted, attempt = name, 0
        while wanted.lower() in self.context.column_names or self.context.quoted(wanted).lower() in taken:
            attempt += 1
            wanted = f"v_{name}" if attempt == 1 else f"v_{name}_{attempt}"
        return wanted

    def block(self, node: Block, scope: Scope) -> list[Node]:
        """BEGIN ... END."""
        raise Untranslatable("a block inside of the body has no counterpart here")

    @abstractmethod
    def fail(self, node: Raise, scope: Scope) -> list[Node]:
        """SIGNAL, RAISE."""

    @abstractmethod
    def sql(self, node: Sql, scope: Scope) -> list[Node]:
        """A statement of SQL."""

    def call(self, node: Call, scope: Scope) -> list[Node]:
        """CALL."""
        routine = self.languages.routines.get(node.name[-1].lower())
        if routine is None or not routine.procedure:
            raise Untranslatable(f"it calls {'.'.join(node.name)}, which isn't on the target")
        if len(node.arguments) != len(routine.parameters):
            raise Untranslatable(f"it calls {node.name[-1]} with another number of arguments than it has")
        arguments = []
        for text, (mode, local) in zip(node.arguments, routine.parameters, strict=True):
            if mode == "IN":
                arguments.append(self.argument(self.value(text, scope, local), local))
                continue
            target, _ = self.target(text.split("."), scope)
            widths = [INTEGERS.index(item.native) if item.native in INTEGERS else None for item in (target, local)]
            narrower = None not in widths and (widths[0] or 0) <= (widths[1] or 0)
            if target.native != local.native and not narrower:
                raise Untranslatable(f"it passes {text} ({target.native}) for a parameter of type {local.native}")
            arguments.append(target.text)
        return [Call([routine.text], arguments)]

    def argument(self, text: str, local: Local) -> str:
        """A value passed to a parameter."""
        return text

    def cursor(self, node: CursorStep, scope: Scope) -> list[Node]:
        """OPEN, FETCH, CLOSE."""
        raise Untranslatable("it uses cursors")

    def for_range(self, node: ForRange, scope: Scope) -> list[Node]:
        """FOR over numbers."""
        raise Untranslatable("it counts with FOR")

    def for_query(self, node: ForQuery, scope: Scope) -> list[Node]:
        """FOR over rows."""
        raise Untranslatable("it loops over rows with FOR")

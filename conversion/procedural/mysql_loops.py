"""Loops of PL/pgSQL in MySQL's programs: every loop has a label, and counting is done by hand."""

from __future__ import annotations

from conversion.procedural.context import Context
from conversion.procedural.mysql_errors import ErrorSteps
from conversion.procedural.scope import Local, Scope
from conversion.procedural.tree import Assign, Block, ForRange, Leave, Loop, Node, Variable, walk
from conversion.shapes import Untranslatable
from engines.catalog import Kind


class LoopSteps(ErrorSteps):
    """EXIT, CONTINUE, LOOP, WHILE and FOR over numbers; loops: label in the source, of the loop, of one turn."""

    def __init__(self, context: Context, returned: Local | None = None) -> None:
        super().__init__(context, returned)
        self.loops: list[tuple[str | None, str, str]] = []

    def leave(self, node: Leave, scope: Scope) -> list[Node]:
        """EXIT and CONTINUE; the next turn of a counting loop is reached by leaving the block of this one."""
        condition = self.condition(node.condition, scope) if node.condition is not None else None
        for label, loop, turn in reversed(self.loops):
            if label == (node.label.lower() if node.label else label) and (node.label or turn != ""):
                if node.again:
                    return [Leave(turn, turn == loop, condition)]
                return [Leave(loop, False, condition)]
        raise Untranslatable("it leaves a loop that it isn't in")

    def _turns(self, label: str | None, body: list[Node], scope: Scope, loop: str, turn: str) -> list[Node]:
        self.loops.append((label.lower() if label else None, loop, turn))
        try:
            return self.body(body, scope)
        finally:
            self.loops.pop()

    def loop(self, node: Loop, scope: Scope) -> list[Node]:
        """LOOP and WHILE."""
        name = node.label or self.fresh("loop")
        condition = self.condition(node.condition, scope) if node.condition is not None else None
        return [Loop(self._turns(node.label, node.body, scope, name, name), name, node.kind, condition)]

    def for_range(self, node: ForRange, scope: Scope) -> list[Node]:
        """FOR over numbers as WHILE over a variable of its own."""
        if any(isinstance(n, Assign) and n.target == [node.variable] for part in node.body for n in walk(part)):
            raise Untranslatable("it sets the variable that its loop counts with")
        inner = scope.inner()
        integer = Local("", Kind.INTEGER, "int")
        low, high = (self.value(text, scope, integer) for text in (node.low, node.high))
        step = self.value(node.step, scope, integer) if node.step is not None else "1"
        counter = self.context.quoted(self.free_name(node.variable, scope))
        end = self.context.quoted(self.free_name(f"{node.variable}_end", scope))
        inner.names[node.variable.lower()] = Local(counter, Kind.INTEGER, "int", scale=0)
        inner.names[f"{node.variable.lower()} end"] = Local(end, Kind.INTEGER, "int")
        loop, turn = node.label or self.fresh("loop"), self.fresh("turn")
        body = self._turns(node.label, node.body, inner, loop, turn)
        uses_turn = any(isinstance(n, Leave) and n.label == turn for part in body for n in walk(part))
        turns: list[Node] = [Block(body, turn)] if uses_turn else body
        sign, compare = ("-", ">=") if node.reverse else ("+", "<=")
        turns = [*turns, Assign([counter], f"{counter} {sign} {step}")]
        variables = [Variable(counter, "bigint", low), Variable(end, "bigint", high)]
        return [Block([Loop(turns, loop, "while", f"{counter} {compare} {end}")], variables=variables)]

"""Handlers and errors of MySQL's programs in PL/pgSQL: each statement in a block of its own, SIGNAL as RAISE."""

from __future__ import annotations

from dataclasses import dataclass, field

from conversion.procedural.answers import Sentence
from conversion.procedural.context import Context
from conversion.procedural.scope import Local, Scope
from conversion.procedural.tree import Block, Call, Handler, If, Leave, Loop, Node, Raise, Return
from conversion.procedural.walker import Walker
from conversion.shapes import Untranslatable
from engines.catalog import Kind

NOT_FOUND = ("NOT FOUND", "SQLSTATE '02000'", "1329")
# MySQL's error numbers and classes -> PostgreSQL's condition (both manuals' lists of errors); class 23 is the same
CONDITIONS = {
    "SQLEXCEPTION": "OTHERS",
    "1062": "unique_violation",
    "1586": "unique_violation",
    "1048": "not_null_violation",
    "1451": "foreign_key_violation",
    "1452": "foreign_key_violation",
    "1365": "division_by_zero",
    "1406": "string_data_right_truncation",
    "1264": "numeric_value_out_of_range",
    "SQLSTATE '23000'": "integrity_constraint_violation",
    "SQLSTATE '22003'": "numeric_value_out_of_range",
    "SQLSTATE '22012'": "division_by_zero",
    "SQLSTATE '22001'": "string_data_right_truncation",
}


@dataclass
class Frame:
    """A block around the statement at hand: its handlers, its label, the scope they run in."""

    block: Block
    scope: Scope
    label: str
    left: bool = False
    cursors: dict[str, Sentence] = field(default_factory=dict)


class HandlerSteps(Walker):
    """Handlers and SIGNAL; frames: the blocks around the statement at hand, the innermost last."""

    def __init__(self, context: Context, returned: Local | None = None) -> None:
        super().__init__(context, returned)
        self.frames: list[Frame] = []

    def _guarded(self, made: list[Node]) -> list[Node]:
        """Each statement that can fail in a block of its own, where a handler of MySQL is in force."""
        handlers = [
            (frame, handler)
            for frame in reversed(self.frames)
            for handler in sorted(frame.block.handlers, key=_breadth)
            if not is_not_found(handler)
        ]
        if not handlers:
            return made
        found: list[Node] = []
        for node in made:
            if isinstance(node, Call):
                raise Untranslatable("it calls a procedure under a handler: what the failed call did stays in MySQL")
            parts = [self._exception(frame, handler) for frame, handler in handlers]
            if isinstance(node, Block) and node.handlers:
                node = Block(node.body, handlers=[*node.handlers, *parts])
            elif not isinstance(node, (Leave, If, Block, Loop)):
                node = Block([node], handlers=parts)
            found.append(node)
        return found

    def _exception(self, frame: Frame, handler: Handler) -> Handler:
        conditions = []
        for condition in handler.conditions:
            name = frame.block.named_conditions.get(condition.lower(), condition)
            known = CONDITIONS.get(name) or CONDITIONS.get(" ".join(name.upper().replace("VALUE ", "").split()))
            if known is None and name.upper().startswith("SQLSTATE '45"):
                known = name
            if known is None:
                raise Untranslatable(f"a handler for {name} has no known counterpart")
            conditions.append(known)
        return Handler("EXCEPTION", conditions, self._handled(frame, handler))

    def _handled(self, frame: Frame, handler: Handler) -> list[Node]:
        """The handler's statements, run outside of its block's own handlers; EXIT leaves the block."""
        place = self.frames.index(frame)
        inside, self.frames = self.frames, self.frames[:place]
        try:
            body = self.body(handler.body, frame.scope)
        finally:
            self.frames = inside
        if handler.action == "EXIT" and not (body and isinstance(body[-1], Return)):
            frame.left = True
            body.append(Leave(frame.label))
        return body

    def _nothing_found(self) -> list[Node] | None:
        """What the handler in force does when no row is found; None where there is none."""
        for frame in reversed(self.frames):
            for handler in frame.block.handlers:
                if is_not_found(handler):
                    return self._handled(frame, handler)
        return None

    def fail(self, node: Raise, scope: Scope) -> list[Node]:
        """SIGNAL SQLSTATE ... as RAISE with the same code and message."""
        state = node.sqlstate
        if state is not None and state.startswith("condition "):
            name = state.removeprefix("condition ").lower()
            found = next(
                (f.block.named_conditions[name] for f in reversed(self.frames) if name in f.block.named_conditions), ""
            )
            state = (
                found[len("SQLSTATE") :].replace("VALUE", "").strip().strip("'")
                if found.upper().startswith("SQLSTATE")
                else None
            )
        if node.again and node.sqlstate is None and not node.details and node.message is None:
            return [Raise(again=True)]
        if state is None or node.again:
            raise Untranslatable("it raises an error by a number of MySQL's own")
        if state.startswith("02"):
            raise Untranslatable("it signals that nothing was found")
        if set(node.details) - {"MYSQL_ERRNO"}:
            raise Untranslatable(f"it raises an error with {', '.join(node.details)}")
        if node.details:
            self.languages.note("the error's number (MYSQL_ERRNO) isn't carried over; its SQLSTATE and message are")
        text = Local("", Kind.TEXT, "text")
        message = self.value(node.message, scope, text) if node.message is not None else self.context.literal("error")
        return [Raise(message, state, "WARNING" if state.startswith("01") else "EXCEPTION")]


def _breadth(handler: Handler) -> int:
    """How much a handler catches: in MySQL the narrowest wins, in PL/pgSQL the first."""
    words = " ".join(handler.conditions).upper()
    return 2 if "SQLEXCEPTION" in words else int("SQLSTATE" in words or not words.isdigit())


def is_not_found(handler: Handler) -> bool:
    """Whether a handler waits for a query or cursor without a row."""
    return any(" ".join(c.upper().replace("VALUE ", "").split()) in NOT_FOUND for c in handler.conditions)

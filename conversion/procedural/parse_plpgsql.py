"""Bodies of PL/pgSQL functions read into the statement tree."""

from __future__ import annotations

from collections.abc import Callable

from conversion.procedural.parse_raise import parse_raise
from conversion.procedural.parse_statements import StatementParser
from conversion.procedural.tokens import Reader
from conversion.procedural.tree import (
    Assign,
    Block,
    Call,
    Cursor,
    CursorStep,
    ForQuery,
    ForRange,
    Handler,
    Leave,
    Loop,
    Node,
    Nothing,
    Return,
    Sql,
    Unknown,
    Variable,
)  # fmt: skip
from conversion.shapes import Untranslatable

DYNAMIC = "it builds SQL while it runs (EXECUTE), which can't be translated beforehand"
TRANSACTION = "it ends transactions ({word}): what it undoes or keeps differs between the engines"
DDL = "it changes the schema while it runs ({word})"
# first word of a statement -> why it has no translation
REFUSED = {
    "EXECUTE": DYNAMIC, "COMMIT": TRANSACTION, "ROLLBACK": TRANSACTION, "SAVEPOINT": TRANSACTION,
    "CREATE": DDL, "ALTER": DDL, "DROP": DDL, "TRUNCATE": DDL, "GRANT": DDL, "REVOKE": DDL, "ANALYZE": DDL,
    "GET": "it reads GET DIAGNOSTICS", "MOVE": "it moves a cursor", "FOREACH": "it loops over an array",
    "ASSERT": "it uses ASSERT", "COPY": "it uses COPY", "NOTIFY": "it notifies listeners", "LOCK": "it locks tables",
    "SET": "it changes settings of the session", "RESET": "it changes settings of the session",
    "REFRESH": "it refreshes a materialized view", "MERGE": "it uses MERGE", "LISTEN": "it listens",
}  # fmt: skip


def parse_body(text: str) -> Block:
    """The block that a PL/pgSQL function consists of; Untranslatable where it can't be read."""
    reader = Reader(text, "postgresql")
    while reader.take("#"):  # compiler options
        words = [reader.name(), reader.name()]
        if words[0].lower() == "variable_conflict":
            raise Untranslatable(f"it was made with #variable_conflict {words[1]}")
    parser = _Parser(reader)
    found = parser.block(parser.label())
    reader.take(";")
    if not reader.done:
        raise Untranslatable(f"its text can't be read at {reader.shown()}")
    return found


class _Parser(StatementParser):
    otherwise = ("ELSIF", "ELSEIF")

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader)
        self.plain: dict[str, Callable[[], Node]] = {
            "IF": self.conditional, "CASE": self.case, "EXIT": self._leave, "CONTINUE": self._leave,
            "RETURN": self._return, "RAISE": lambda: parse_raise(reader), "PERFORM": self._perform, "NULL": self._null,
            "OPEN": self._cursor, "FETCH": self._cursor, "CLOSE": self._cursor, "CALL": self._call,
        }  # fmt: skip

    def label(self) -> str | None:
        if not self.reader.take("<<"):
            return None
        name = self.reader.name()
        self.reader.expect(">>")
        return name

    def statement(self) -> Node:
        reader = self.reader
        label = self.label()
        token = reader.peek()
        if token.is_word("DECLARE", "BEGIN"):
            return self.block(label)
        if token.is_word("LOOP", "WHILE", "FOR"):
            return self._loop(label)
        word = token.text.upper() if token.kind == "word" else ""
        if self._assigns():
            return self._assign()
        if word in self.plain:
            return self.plain[word]()
        if word in ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "VALUES"):
            return self._sql(word)
        text = reader.until(";")
        return Unknown(REFUSED.get(word, f"it uses {word or text[:20]}").format(word=word), text)

    def _assigns(self) -> bool:
        at = self.reader.at
        try:
            self.reader.dotted()
            return self.reader.peek().text in (":=", "=", "[")
        except Untranslatable:
            return False
        finally:
            self.reader.at = at

    def _assign(self) -> Node:
        target = self.reader.dotted()
        if self.reader.peek().text == "[":
            return Unknown("it assigns to an element of an array", self.reader.until(";"))
        self.reader.next()
        return Assign(target, self.reader.until(";"))

    def block(self, label: str | None) -> Block:
        reader = self.reader
        block = Block([], label)
        while reader.take("DECLARE"):
            while not reader.peek().is_word("BEGIN", "DECLARE"):
                self._declare(block)
        reader.expect("BEGIN")
        block.body = self.statements("END", "EXCEPTION")
        if reader.take("EXCEPTION"):
            while reader.take("WHEN"):
                conditions = [reader.until("OR", "THEN")]
                while reader.take("OR"):
                    conditions.append(reader.until("OR", "THEN"))
                reader.expect("THEN")
                block.handlers.append(Handler("EXCEPTION", conditions, self.statements("WHEN", "END")))
        self.closed("END")
        return block

    def _declare(self, block: Block) -> None:
        reader = self.reader
        name = reader.name()
        if reader.take("ALIAS", "FOR"):
            block.variables.append(Variable(name, f"ALIAS {reader.until(';')}"))
        elif reader.peek().is_word("CURSOR", "NO", "SCROLL"):
            while not reader.take("CURSOR"):
                reader.next()
            if reader.peek().text == "(":
                raise Untranslatable("a cursor with parameters")
            reader.next()  # FOR or IS
            block.cursors.append(Cursor(name, reader.until(";")))
        else:
            constant = reader.take("CONSTANT")
            native = reader.until("DEFAULT", ":=", "=", "NOT", "COLLATE", ";")
            if reader.take("COLLATE"):
                reader.dotted()
            if reader.take("NOT", "NULL"):
                raise Untranslatable("a variable that must not be NULL")
            given = reader.take("DEFAULT") or reader.take(":=") or reader.take("=")
            block.variables.append(Variable(name, native, reader.until(";") if given else None, constant))
        reader.expect(";")

    def _loop(self, label: str | None) -> Node:
        reader = self.reader
        condition, kind, head = None, "loop", None
        if reader.take("WHILE"):
            condition, kind = reader.until("LOOP"), "while"
        elif reader.take("FOR"):
            head = self._for()
        reader.expect("LOOP")
        body = self.statements("END")
        self.closed("END", "LOOP")
        if isinstance(head, (ForRange, ForQuery)):
            head.body, head.label = body, label
            return head
        return head if head is not None else Loop(body, label, kind, condition)

    def _for(self) -> Node:
        reader = self.reader
        targets = [".".join(reader.dotted())]
        while reader.take(","):
            targets.append(".".join(reader.dotted()))
        reader.expect("IN")
        reverse = reader.take("REVERSE")
        if reader.peek().is_word("EXECUTE"):
            return Unknown(DYNAMIC, reader.until("LOOP"))
        at = reader.at
        low = reader.until("..", "LOOP")
        if not reader.take(".."):
            reader.at = at
            return ForQuery(targets, reader.until("LOOP"), [])
        high = reader.until("BY", "LOOP")
        step = reader.until("LOOP") if reader.take("BY") else None
        return ForRange(targets[0], low, high, [], step, reverse)

    def _leave(self) -> Node:
        reader = self.reader
        again = reader.next().is_word("CONTINUE")
        label = None if reader.peek().is_word("WHEN") or reader.peek().text == ";" else reader.name()
        return Leave(label, again, reader.until(";") if reader.take("WHEN") else None)

    def _return(self) -> Node:
        self.reader.expect("RETURN")
        if self.reader.peek().is_word("NEXT", "QUERY"):
            return Unknown("it returns rows (RETURN NEXT, RETURN QUERY)", self.reader.until(";"))
        return Return(self.reader.until(";") or None)

    def _perform(self) -> Node:
        self.reader.expect("PERFORM")
        return Sql("SELECT " + self.reader.until(";"), discard=True)

    def _null(self) -> Node:
        self.reader.expect("NULL")
        return Nothing()

    def _call(self) -> Node:
        self.reader.expect("CALL")
        return Call(self.reader.dotted(), self.reader.parts())

    def _cursor(self) -> Node:
        reader = self.reader
        action = reader.next().text.upper()
        if action == "FETCH":
            if reader.take("NEXT"):
                reader.take("FROM")
            elif not (reader.take("FROM") or reader.take("IN")) and not reader.peek(1).is_word("INTO"):
                return Unknown("it fetches other than the next row", reader.until(";"))
        step = CursorStep(action, reader.name())
        if reader.take("INTO"):
            step.into = self.targets()
        elif reader.peek().text != ";":
            return Unknown("it opens a cursor with a query or arguments", reader.until(";"))
        return step

    def _sql(self, word: str) -> Node:
        reader = self.reader
        start = reader.peek().start
        if word == "INSERT":
            reader.expect("INSERT", "INTO")
        reader.until("INTO", ";")
        text = reader.text[start : reader.peek(-1).end]
        if not reader.take("INTO"):
            if word in ("SELECT", "VALUES"):
                raise Untranslatable("it runs a SELECT whose rows go nowhere")
            return Sql(text)
        strict = reader.take("STRICT")
        into = self.targets()
        return Sql(f"{text} {reader.until(';')}".strip(), into, strict)

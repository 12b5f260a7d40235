"""Bodies of MySQL and MariaDB stored programs read into the statement tree."""

from __future__ import annotations

from collections.abc import Callable

from conversion.procedural.parse_statements import Several, StatementParser
from conversion.procedural.tokens import Reader
from conversion.procedural.tree import (
    Assign,
    Block,
    Call,
    Cursor,
    CursorStep,
    Handler,
    Leave,
    Loop,
    Node,
    Raise,
    Return,
    Sql,
    Unknown,
    Variable,
)  # fmt: skip
from conversion.shapes import Untranslatable

DYNAMIC = "it builds SQL while it runs ({word}), which can't be translated beforehand"
TRANSACTION = "it ends or starts transactions ({word}): what it undoes or keeps differs between the engines"
DDL = "it changes the schema while it runs ({word})"
UPKEEP = "it runs {word}, with which MySQL keeps its tables in order"
SETTING = "it changes settings of the session"
# first word of a statement -> why it has no translation
REFUSED = {
    "PREPARE": DYNAMIC, "EXECUTE": DYNAMIC, "DEALLOCATE": DYNAMIC,
    "COMMIT": TRANSACTION, "ROLLBACK": TRANSACTION, "START": TRANSACTION, "SAVEPOINT": TRANSACTION,
    "RELEASE": TRANSACTION, "XA": TRANSACTION, "LOCK": TRANSACTION, "UNLOCK": TRANSACTION,
    "CREATE": DDL, "ALTER": DDL, "DROP": DDL, "RENAME": DDL, "TRUNCATE": DDL, "GRANT": DDL, "REVOKE": DDL,
    "ANALYZE": UPKEEP, "OPTIMIZE": UPKEEP, "CHECK": UPKEEP, "REPAIR": UPKEEP, "FLUSH": UPKEEP,
    "LOAD": "it loads files", "HANDLER": "it uses HANDLER on tables", "SHOW": "it gives the caller rows of SHOW",
    "USE": "it changes the database", "KILL": "it ends connections", "DO": "it uses DO",
}  # fmt: skip
MODIFYING = ("INSERT", "UPDATE", "DELETE", "REPLACE", "SELECT", "WITH", "VALUES")


def parse_body(text: str) -> Node:
    """The statement that a trigger, routine or event consists of; Untranslatable where it can't be read."""
    reader = Reader(text, "mysql")
    found = _Parser(reader).statement()
    reader.take(";")
    if not reader.done:
        raise Untranslatable(f"its text can't be read at {reader.shown()}")
    return found


class _Parser(StatementParser):
    otherwise = ("ELSEIF",)

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader)
        self.forms: dict[str, Callable[[str | None], Node]] = {
            "BEGIN": self._block, "LOOP": self._loop, "WHILE": self._while, "REPEAT": self._repeat,
        }  # fmt: skip
        self.plain: dict[str, Callable[[], Node]] = {
            "IF": self.conditional, "CASE": self.case, "SET": self._set, "LEAVE": self._leave, "ITERATE": self._leave,
            "RETURN": self._return, "SIGNAL": self._signal, "RESIGNAL": self._signal, "CALL": self._call,
            "OPEN": self._cursor, "FETCH": self._cursor, "CLOSE": self._cursor, "GET": self._diagnostics,
        }  # fmt: skip

    def statement(self) -> Node:
        reader = self.reader
        label = None
        if reader.peek().kind in ("word", "quoted") and reader.peek(1).text == ":":
            label = reader.name()
            reader.expect(":")
        word = reader.peek().text.upper() if reader.peek().kind == "word" else ""
        if word in self.forms:
            return self.forms[word](label)
        if word in self.plain:
            return self.plain[word]()
        if word in MODIFYING or reader.peek().text == "(":
            return self._sql()
        text = reader.until(";")
        return Unknown(REFUSED.get(word, f"it uses {word or text[:20]}").format(word=word), text)

    def _block(self, label: str | None) -> Node:
        self.reader.expect("BEGIN")
        self.reader.take("NOT", "ATOMIC")
        block = Block([], label)
        while self.reader.take("DECLARE"):
            self._declare(block)
            self.reader.expect(";")
        block.body = self.statements("END")
        self.closed("END")
        return block

    def _declare(self, block: Block) -> None:
        reader = self.reader
        if reader.peek(1).is_word("HANDLER"):
            block.handlers.append(self._handler())
        elif reader.peek(1).is_word("CURSOR"):
            name = reader.name()
            reader.expect("CURSOR")
            parameters = []
            if reader.peek().text == "(":
                parameters = [Variable(*_typed(part)) for part in reader.parts()]
            reader.expect("FOR")
            block.cursors.append(Cursor(name, reader.until(";"), parameters))
        elif reader.peek(1).is_word("CONDITION"):
            name = reader.name()
            reader.expect("CONDITION", "FOR")
            block.named_conditions[name.lower()] = reader.until(";")
        else:
            names = [reader.name()]
            while reader.take(","):
                names.append(reader.name())
            native = reader.until("DEFAULT", ";")
            default = reader.until(";") if reader.take("DEFAULT") else None
            block.variables += [Variable(name, native, default) for name in names]

    def _handler(self) -> Handler:
        reader = self.reader
        action = reader.next().text.upper()
        reader.expect("HANDLER", "FOR")
        conditions: list[str] = []
        while True:
            words = [reader.next()]
            if words[0].is_word("NOT") or words[0].is_word("SQLSTATE"):
                if reader.peek().is_word("VALUE"):
                    reader.next()
                words.append(reader.next())
            conditions.append(" ".join(token.text for token in words))
            if not reader.take(","):
                break
        statement = self.statement()
        return Handler(action, conditions, statement.body if isinstance(statement, Several) else [statement])

    def _loop(self, label: str | None) -> Node:
        self.reader.expect("LOOP")
        body = self.statements("END")
        self.closed("END", "LOOP")
        return Loop(body, label)

    def _while(self, label: str | None) -> Node:
        self.reader.expect("WHILE")
        condition = self.reader.until("DO")
        self.reader.expect("DO")
        body = self.statements("END")
        self.closed("END", "WHILE")
        return Loop(body, label, "while", condition)

    def _repeat(self, label: str | None) -> Node:
        self.reader.expect("REPEAT")
        body = self.statements("UNTIL")
        self.reader.expect("UNTIL")
        condition = self.reader.until("END")
        self.closed("END", "REPEAT")
        return Loop(body, label, "until", condition)

    def _set(self) -> Node:
        reader = self.reader
        reader.expect("SET")
        found: list[Node] = []
        while True:
            if reader.peek().kind == "variable":
                name = reader.peek().text
                return Unknown(f"it uses {name}, which lives as long as the connection", reader.until(";"))
            if reader.peek().is_word("GLOBAL", "SESSION", "LOCAL", "NAMES", "TRANSACTION", "STATEMENT", "PASSWORD"):
                return Unknown(SETTING, reader.until(";"))
            target = reader.dotted()
            if not reader.take(":="):
                reader.expect("=")
            found.append(Assign(target, reader.until(",", ";")))
            if not reader.take(","):
                break
        return Several(found) if len(found) > 1 else found[0]

    def _leave(self) -> Node:
        again = self.reader.next().is_word("ITERATE")
        return Leave(self.reader.name(), again)

    def _return(self) -> Node:
        self.reader.expect("RETURN")
        return Return(self.reader.until(";") or None)

    def _signal(self) -> Node:
        reader = self.reader
        again = reader.next().is_word("RESIGNAL")
        state = None
        if reader.take("SQLSTATE"):
            reader.take("VALUE")
            state = reader.next().name
        elif reader.peek().kind in ("word", "quoted") and not reader.peek().is_word("SET"):
            state = "condition " + reader.name()
        details: dict[str, str] = {}
        if reader.take("SET"):
            while True:
                item = reader.name().upper()
                reader.expect("=")
                details[item] = reader.until(",", ";")
                if not reader.take(","):
                    break
        return Raise(details.pop("MESSAGE_TEXT", None), state, again=again, details=details)

    def _call(self) -> Node:
        self.reader.expect("CALL")
        name = self.reader.dotted()
        return Call(name, self.reader.parts() if self.reader.peek().text == "(" else [])

    def _cursor(self) -> Node:
        reader = self.reader
        action = reader.next().text.upper()
        if action == "FETCH":
            if reader.take("NEXT"):
                reader.expect("FROM")
            reader.take("FROM")
        step = CursorStep(action, reader.name())
        if action == "FETCH":
            reader.expect("INTO")
            step.into = self.targets()
        elif reader.peek().text == "(":
            return Unknown("it opens a cursor with parameters", reader.until(";"))
        return step

    def _diagnostics(self) -> Node:
        text = self.reader.until(";")
        return Unknown("it reads the diagnostics area (GET DIAGNOSTICS), whose items differ", text)

    def _sql(self) -> Node:
        reader = self.reader
        if not reader.peek().is_word("SELECT", "WITH", "VALUES") and reader.peek().text != "(":
            return Sql(reader.until(";"))
        text = reader.until("INTO", ";")
        if not reader.take("INTO"):
            return Sql(text)
        if reader.peek().is_word("OUTFILE", "DUMPFILE"):
            return Unknown("it writes files", reader.until(";"))
        into = self.targets()
        return Sql(f"{text} {reader.until(';')}".strip(), into)


def _typed(part: str) -> tuple[str, str]:
    reader = Reader(part, "mysql")
    return reader.name(), reader.until(";")

"""CREATE TRIGGER of SQLite read into its parts and the statement tree."""

from __future__ import annotations

from dataclasses import dataclass, field

from conversion.procedural.tokens import Reader
from conversion.procedural.tree import Branch, If, Node, Raise, Return, Sql, Unknown
from conversion.shapes import Untranslatable

FAIL = "RAISE(FAIL) keeps what the statement did before, which only SQLite can"


@dataclass
class TriggerText:
    """A trigger: timing, event, columns of UPDATE OF, table (lower case), its WHEN, and what it does."""

    timing: str
    event: str
    columns: list[str] = field(default_factory=list)
    table: str = ""
    condition: str | None = None
    body: list[Node] = field(default_factory=list)


def parse_trigger(sql: str) -> TriggerText:
    """The parts of a CREATE TRIGGER (https://www.sqlite.org/lang_createtrigger.html); Untranslatable if unreadable."""
    reader = Reader(sql, "sqlite")
    while not reader.take("TRIGGER"):
        if reader.done:
            raise Untranslatable("it is no CREATE TRIGGER")
        reader.next()
    reader.take("IF", "NOT", "EXISTS")
    _name(reader)
    timing = "BEFORE"
    if reader.take("INSTEAD", "OF"):
        timing = "INSTEAD OF"
    elif reader.peek().is_word("BEFORE", "AFTER"):
        timing = reader.next().text.upper()
    found = TriggerText(timing, reader.next().text.upper())
    if reader.take("OF"):
        found.columns.append(_name(reader))
        while reader.take(","):
            found.columns.append(_name(reader))
    reader.expect("ON")
    found.table = _name(reader).lower()
    reader.take("FOR", "EACH", "ROW")
    if reader.take("WHEN"):
        found.condition = reader.until("BEGIN")
    reader.expect("BEGIN")
    while not reader.take("END"):
        text = reader.until(";")
        reader.expect(";")
        found.body.append(_statement(text))
    return found


def _name(reader: Reader) -> str:
    """A name, which SQLite takes in single quotes too; the last of its parts."""
    token = reader.next()
    if token.kind not in ("word", "quoted", "string"):
        raise Untranslatable("its text can't be read")
    return _name(reader) if reader.take(".") else token.name


def _statement(text: str) -> Node:
    reader = Reader(text, "sqlite")
    if not reader.peek().is_word("SELECT", "WITH", "VALUES"):
        return Sql(text)
    raising = [token for token in reader.tokens if token.is_word("RAISE")]
    if not raising:
        return Unknown("it runs a SELECT for the sake of the functions in it", text)
    return _raising(reader)


def _raising(reader: Reader) -> Node:
    """SELECT RAISE(...) [WHERE ...], and SELECT CASE WHEN condition THEN RAISE(...) ... END [WHERE ...]."""
    reader.expect("SELECT")
    if reader.peek().is_word("RAISE"):
        found: list[Node] = [_raise(reader)]
    else:
        found = [_case(reader)]
    if reader.take("AS"):
        reader.name()
    if reader.peek().is_word("FROM"):
        source = reader.until("\0")
        return If([Branch(f"EXISTS (SELECT 1 {source})", found)])
    if reader.take("WHERE"):
        condition = reader.until("GROUP", "ORDER", "LIMIT")
        found = [If([Branch(condition, found)])]
    if not reader.done:
        raise Untranslatable(f"its text can't be read at {reader.shown()}")
    return found[0]


def _case(reader: Reader) -> Node:
    reader.expect("CASE")
    operand = reader.until("WHEN")
    found = If([])
    while reader.take("WHEN"):
        condition = reader.until("THEN")
        reader.expect("THEN")
        condition = f"({operand}) = ({condition})" if operand else condition
        found.branches.append(Branch(condition, _outcome(reader)))
    if reader.take("ELSE"):
        found.otherwise = _outcome(reader)
    reader.expect("END")
    return found


def _outcome(reader: Reader) -> list[Node]:
    if reader.peek().is_word("RAISE"):
        return [_raise(reader)]
    text = reader.until("WHEN", "ELSE", "END")
    if "(" in text:
        raise Untranslatable("it runs a SELECT for the sake of the functions in it")
    return []


def _raise(reader: Reader) -> Node:
    reader.expect("RAISE")
    kind, *message = reader.parts()
    if kind.upper() == "IGNORE":
        return Return("IGNORE")
    if kind.upper() == "FAIL":
        raise Untranslatable(FAIL)
    return Raise(message[0] if message else None)

"""What only the text of a CREATE statement knows: names of constraints, checks, expressions, collations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from engines.sqlite.tokens import Reader, Token

CONSTRAINTS = (
    "CONSTRAINT",
    "PRIMARY",
    "NOT",
    "NULL",
    "UNIQUE",
    "CHECK",
    "DEFAULT",
    "COLLATE",
    "REFERENCES",
    "GENERATED",
    "AS",
)
TABLE_CONSTRAINTS = ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN")


class CheckText(NamedTuple):
    """A check: its name, or None, and its expression."""

    name: str | None
    expression: str


class KeyText(NamedTuple):
    """A PRIMARY KEY or UNIQUE: its name, or None, and its columns."""

    name: str | None
    columns: list[str]


@dataclass
class ReferenceText:
    """A foreign key: what PRAGMA foreign_key_list leaves out."""

    name: str | None
    columns: list[str]
    table: str
    deferrable: bool = False
    initially_deferred: bool = False


@dataclass
class ColumnText:
    """A column: collation and generating expression as written."""

    name: str
    collation: str | None = None
    generated: str | None = None


@dataclass
class TableText:
    """Everything found in a CREATE TABLE, in the order it is written."""

    columns: dict[str, ColumnText] = field(default_factory=dict)
    primary_key: KeyText | None = None
    autoincrement: bool = False
    uniques: list[KeyText] = field(default_factory=list)
    checks: list[CheckText] = field(default_factory=list)
    references: list[ReferenceText] = field(default_factory=list)


class TriggerText(NamedTuple):
    """When a trigger fires."""

    timing: str
    events: list[str]


class IndexText(NamedTuple):
    """The keys of an index as written, without COLLATE and direction, and its WHERE."""

    keys: list[str]
    predicate: str | None


def parse_table(sql: str) -> TableText:
    """Read a CREATE TABLE as SQLite stores it (https://www.sqlite.org/lang_createtable.html).

    SQLite has parsed the text before, so what it can't make sense of is stepped over, never an error.
    """
    reader, table = Reader(sql), TableText()
    while not reader.done and not reader.take("("):
        reader.next()
    while not reader.done and not reader.take(")"):
        before = reader.at
        if reader.peek().is_word(*TABLE_CONSTRAINTS):
            _table_constraint(reader, table)
        else:
            _column(reader, table)
        if reader.at == before:
            reader.next()
        reader.take(",")
    return table


def _column(reader: Reader, table: TableText) -> None:
    column = ColumnText(reader.next().name)
    table.columns[column.name] = column
    while not _ends(reader.peek()) and not reader.peek().is_word(*CONSTRAINTS):
        if reader.peek().text == "(":
            reader.parenthesis()
        else:
            reader.next()
    name: str | None = None
    while not _ends(reader.peek()):
        if reader.take("CONSTRAINT"):
            name = reader.next().name
            continue
        _column_constraint(reader, table, column, name)
        name = None


def _ends(token: Token) -> bool:
    return token.kind == "end" or (token.kind == "operator" and token.text in (",", ")"))


def _column_constraint(reader: Reader, table: TableText, column: ColumnText, name: str | None) -> None:
    if reader.take("PRIMARY", "KEY"):
        table.primary_key = KeyText(name, [column.name])
        while reader.peek().is_word("ASC", "DESC"):
            reader.next()
        _conflict(reader)
        table.autoincrement = reader.take("AUTOINCREMENT")
    elif reader.take("UNIQUE"):
        table.uniques.append(KeyText(name, [column.name]))
    elif reader.take("CHECK"):
        table.checks.append(CheckText(name, reader.parenthesis()))
    elif reader.take("COLLATE"):
        column.collation = reader.next().name
    elif reader.take("REFERENCES"):
        table.references.append(_reference(reader, name, [column.name]))
    elif reader.take("AS"):
        column.generated = reader.parenthesis()
    elif reader.take("DEFAULT"):
        if not reader.parenthesis():
            reader.next()
    else:
        reader.next()


def _table_constraint(reader: Reader, table: TableText) -> None:
    name = reader.next().name if reader.take("CONSTRAINT") else None
    if reader.take("PRIMARY", "KEY"):
        parts = reader.items()
        table.primary_key = KeyText(name, [part[0].name for part in parts if part])
        table.autoincrement = any(token.is_word("AUTOINCREMENT") for part in parts for token in part)
    elif reader.take("UNIQUE"):
        table.uniques.append(KeyText(name, reader.names()))
    elif reader.take("CHECK"):
        table.checks.append(CheckText(name, reader.parenthesis()))
    elif reader.take("FOREIGN", "KEY"):
        columns = reader.names()
        if reader.take("REFERENCES"):
            table.references.append(_reference(reader, name, columns))
    _conflict(reader)


def _conflict(reader: Reader) -> None:
    if reader.take("ON", "CONFLICT"):
        reader.next()


def _reference(reader: Reader, name: str | None, columns: list[str]) -> ReferenceText:
    found = ReferenceText(name, columns, reader.next().name)
    reader.items()
    while True:
        if reader.take("ON", "DELETE") or reader.take("ON", "UPDATE"):
            if reader.next().is_word("SET", "NO"):
                reader.next()
        elif reader.take("MATCH"):
            reader.next()
        elif reader.take("NOT", "DEFERRABLE"):
            _initially_deferred(reader)
        elif reader.take("DEFERRABLE"):
            found.deferrable = True
            found.initially_deferred = _initially_deferred(reader)
        else:
            return found


def _initially_deferred(reader: Reader) -> bool:
    if reader.take("INITIALLY", "DEFERRED"):
        return True
    reader.take("INITIALLY", "IMMEDIATE")
    return False


def parse_index(sql: str) -> IndexText:
    """Read a CREATE INDEX: the text of each key and of the predicate."""
    reader = Reader(sql)
    while not reader.done and not reader.take("ON"):
        reader.next()
    reader.next()
    keys = [_key_text(sql, part) for part in reader.items() if part]
    if not reader.take("WHERE"):
        return IndexText(keys, None)
    end = reader.tokens[-1]
    return IndexText(keys, sql[reader.peek().start : end.start if end.text == ";" else end.end].strip())


def _key_text(sql: str, part: list[Token]) -> str:
    tokens = list(part)
    if len(tokens) > 1 and tokens[-1].is_word("ASC", "DESC"):
        tokens.pop()
    if len(tokens) > 2 and tokens[-2].is_word("COLLATE"):
        del tokens[-2:]
    return sql[tokens[0].start : tokens[-1].end]


def parse_view(sql: str) -> str:
    """The query of a CREATE VIEW."""
    reader = Reader(sql)
    while not reader.done and not reader.take("VIEW"):
        reader.next()
    reader.take("IF", "NOT", "EXISTS")
    reader.qualified_name()
    reader.items()
    reader.take("AS")
    return sql[reader.peek().start :].strip().rstrip(";").strip() if not reader.done else ""


def parse_trigger(sql: str) -> TriggerText:
    """Timing (BEFORE, AFTER or INSTEAD OF) and events of a CREATE TRIGGER; BEFORE where nothing is written."""
    reader = Reader(sql)
    while not reader.done and not reader.take("TRIGGER"):
        reader.next()
    reader.take("IF", "NOT", "EXISTS")
    reader.qualified_name()
    timing = "BEFORE"
    if reader.take("INSTEAD", "OF"):
        timing = "INSTEAD OF"
    elif reader.peek().is_word("BEFORE", "AFTER"):
        timing = reader.next().text.upper()
    event = reader.next()
    return TriggerText(timing, [event.text.upper()] if event.is_word("INSERT", "UPDATE", "DELETE") else [])


def names_in(sql: str) -> set[str]:
    """Every name in a statement, lower-cased: what a broken view may refer to."""
    return {token.name.lower() for token in Reader(sql).tokens if token.is_name}

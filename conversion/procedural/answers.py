"""What query translators give, and queries of the target taken apart as text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from conversion.procedural.assign import Value
from conversion.procedural.tokens import Reader, split
from conversion.shapes import Shapes
from engines.catalog import Kind


@dataclass
class Answer:
    """What a query translator gives: the target's query, kinds of its columns (None: not known), notes.

    moments: for text that was made of a moment, the moment itself, by number of the column; timely: columns whose
    text the target itself takes for a moment.
    """

    sql: str
    kinds: list[Kind | None] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    moments: dict[int, str] = field(default_factory=dict)
    timely: set[int] = field(default_factory=set)


class QueryTranslator(Protocol):
    """A query of the source over known tables; Untranslatable with the reason."""

    def __call__(self, sql: str, shapes: Shapes) -> Answer: ...


@dataclass
class Sentence:
    """A translated SELECT: head (SELECT or SELECT DISTINCT), the values of its columns, and the rest from FROM on.

    whole: its text where the columns aren't known apart.
    """

    head: str
    values: list[Value]
    rest: str
    whole: str = ""
    dialect: str = ""

    def text(self, items: list[str]) -> str:
        """The query with these expressions for its columns."""
        return f"{self.head} {', '.join(items)} {self.rest}".rstrip() if self.values else self.whole

    def target(self) -> tuple[str, str]:
        """Of a query over one table: the table's alias, and what stands behind WHERE (each empty without)."""
        reader = Reader(self.rest, self.dialect)
        reader.expect("FROM")
        named = Reader(reader.until("WHERE"), self.dialect).tokens
        alias = named[-1].name if len(named) > 1 and named[-2].text != "." else ""
        return alias, self.rest[reader.peek().start :].strip() if reader.take("WHERE") else ""


def taken_apart(sql: str, dialect: str) -> tuple[str, list[str], str]:
    """A plain SELECT as its head, its columns without their aliases, and what follows."""
    reader = Reader(sql, dialect)
    reader.expect("SELECT")
    head = "SELECT DISTINCT" if reader.take("DISTINCT") else "SELECT"
    columns = split(reader.until("FROM", "WHERE", "UNION"), dialect)
    found = []
    for column in columns:
        inner = Reader(column, dialect)
        found.append(inner.until("AS"))
    return head, found, sql[reader.peek().start :].strip() if not reader.done else ""

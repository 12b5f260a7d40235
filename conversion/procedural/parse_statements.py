"""What the languages of MySQL and PostgreSQL have in common: lists of statements, IF and CASE."""

from __future__ import annotations

from abc import ABC, abstractmethod

from conversion.procedural.tokens import Reader
from conversion.procedural.tree import Block, Branch, Case, If, Node
from conversion.shapes import Untranslatable


class Several(Block):
    """Statements written as one, which need no block."""


class StatementParser(ABC):
    """Reads statements one after the other; otherwise: the words that begin another condition of an IF."""

    otherwise: tuple[str, ...]

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    @abstractmethod
    def statement(self) -> Node:
        """The statement that stands here, without its semicolon."""

    def statements(self, *ends: str) -> list[Node]:
        """Statements with their semicolons, up to one of these words."""
        found: list[Node] = []
        while not self.reader.peek().is_word(*ends):
            if self.reader.done:
                raise Untranslatable("a statement has no end")
            if self.reader.take(";"):
                continue
            statement = self.statement()
            found += statement.body if isinstance(statement, Several) else [statement]
            self.reader.expect(";")
        return found

    def closed(self, *words: str) -> None:
        """The words that end something, and its label once more where it stands there."""
        self.reader.expect(*words)
        if self.reader.peek().kind in ("word", "quoted"):
            self.reader.next()

    def conditional(self) -> Node:
        """IF ... END IF."""
        reader = self.reader
        reader.expect("IF")
        found = If([])
        while True:
            found.branches.append(self._branch(*self.otherwise, "ELSE", "END"))
            if not any(reader.take(word) for word in self.otherwise):
                break
        if reader.take("ELSE"):
            found.otherwise = self.statements("END")
        reader.expect("END", "IF")
        return found

    def case(self) -> Node:
        """CASE ... END CASE, with an operand or without one."""
        reader = self.reader
        reader.expect("CASE")
        found = Case(reader.until("WHEN") or None, [])
        while reader.take("WHEN"):
            found.branches.append(self._branch("WHEN", "ELSE", "END"))
        if reader.take("ELSE"):
            found.otherwise = self.statements("END")
        reader.expect("END", "CASE")
        return found

    def targets(self) -> list[list[str]]:
        """Variables with commas between; Untranslatable for one of MySQL that lives as long as the connection."""
        found: list[list[str]] = []
        while True:
            if self.reader.peek().kind == "variable":
                raise Untranslatable(f"it uses {self.reader.peek().text}, which lives as long as the connection")
            found.append(self.reader.dotted())
            if not self.reader.take(","):
                return found

    def _branch(self, *ends: str) -> Branch:
        condition = self.reader.until("THEN")
        self.reader.expect("THEN")
        return Branch(condition, self.statements(*ends))

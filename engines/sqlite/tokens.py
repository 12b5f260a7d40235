"""SQLite's lexical rules: a statement cut into tokens that know where they stand in its text."""

from __future__ import annotations

import re
from typing import NamedTuple

from engines.sqlite.quoting import unquote

# https://www.sqlite.org/lang_keywords.html and tokenize.c's rules: an unclosed comment runs to the end.
RULES = re.compile(
    r"""
    (?P<space>[ \t\n\f\r]+|--[^\n]*|/\*.*?(?:\*/|\Z))
  | (?P<blob>[xX]'[^']*')
  | (?P<string>'(?:[^']|'')*')
  | (?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
  | (?P<number>0[xX][0-9a-fA-F]+|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<word>[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_$\u0080-\U0010ffff]*)
  | (?P<variable>[?][0-9]*|[$@:\#][A-Za-z0-9_:$\u0080-\U0010ffff]+)
  | (?P<operator>->>|->|\|\||<<|>>|<=|>=|<>|==|!=|.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A piece of a statement: kind is a group of RULES, start and end are offsets in the statement."""

    kind: str
    text: str
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        """Whether this is one of the words, unquoted (a quoted word is never a keyword)."""
        return self.kind == "word" and self.text.upper() in words

    @property
    def is_name(self) -> bool:
        """Whether this can stand for a name: SQLite takes strings as names where only a name fits."""
        return self.kind in ("word", "quoted", "string")

    @property
    def name(self) -> str:
        """The name it stands for."""
        return unquote(self.text)


END = Token("end", "", -1, -1)


def tokenize(sql: str) -> list[Token]:
    """The tokens of a statement, without white space and comments."""
    return [
        Token(match.lastgroup or "operator", match.group(), match.start(), match.end())
        for match in RULES.finditer(sql)
        if match.lastgroup != "space"
    ]


class Reader:
    """Walks over the tokens of a statement; past the end it sees END for ever."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.tokens = tokenize(sql)
        self.at = 0

    def peek(self, ahead: int = 0) -> Token:
        """The token that many places ahead."""
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else END

    def next(self) -> Token:
        """The token here; moves on."""
        token = self.peek()
        self.at += 1
        return token

    @property
    def done(self) -> bool:
        """Whether all tokens were read."""
        return self.at >= len(self.tokens)

    def take(self, *texts: str) -> bool:
        """Moves over these tokens if they all stand here: unquoted words in any case, or operators."""
        for ahead, text in enumerate(texts):
            token = self.peek(ahead)
            if token.text.upper() != text or token.kind not in ("word", "operator"):
                return False
        self.at += len(texts)
        return True

    def parenthesis(self) -> str:
        """Moves over (...) and gives the text inside, as it was written; empty where there is none."""
        if not self.take("("):
            return ""
        depth, start, end = 1, self.peek().start, self.peek().start
        while not self.done:
            token = self.next()
            if token.kind == "operator":
                depth += (token.text == "(") - (token.text == ")")
            if depth == 0:
                return self.sql[start : token.start].strip()
            end = token.end
        return self.sql[start:end].strip()

    def items(self) -> list[list[Token]]:
        """Moves over (a, b, ...) and gives the tokens of each part."""
        if not self.take("("):
            return []
        depth, parts = 1, [list[Token]()]
        while not self.done:
            token = self.next()
            if token.kind == "operator":
                depth += (token.text == "(") - (token.text == ")")
                if depth == 0:
                    break
                if token.text == "," and depth == 1:
                    parts.append([])
                    continue
            parts[-1].append(token)
        return parts

    def names(self) -> list[str]:
        """Moves over (a, b, ...) and gives the first name of each part."""
        return [part[0].name for part in self.items() if part]

    def qualified_name(self) -> str:
        """Moves over [schema.]name and gives the name."""
        name = self.next().name
        if self.take("."):
            name = self.next().name
        return name

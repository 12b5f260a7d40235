"""The text of stored programs cut into words, strings and signs, by the lexical rules of each engine."""

from __future__ import annotations

import re
from typing import NamedTuple

from conversion.shapes import Untranslatable

# https://dev.mysql.com/doc/refman/8.0/en/language-structure.html: -- needs a blank behind it; what stands in
# /*! ... */ is read by the server, so only its marks are stepped over
_MYSQL = r"""
    (?P<space>\s+|--(?=\s|\Z)[^\n]*|\#[^\n]*|/\*M?!\d*|\*/|/\*.*?\*/)
  | (?P<string>(?:[nNxXbB])?'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
  | (?P<quoted>`(?:[^`]|``)*`)
  | (?P<variable>@@?(?:`(?:[^`]|``)*`|'[^']*'|[\w.$]+))
  | (?P<number>0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w$]))
  | (?P<word>[\w$]+)
  | (?P<sign>:=|<=>|<>|!=|<=|>=|<<|>>|\|\||&&|->>|->|.)
"""
# https://www.postgresql.org/docs/current/sql-syntax-lexical.html (comments nest: see _space)
_POSTGRESQL = r"""
    (?P<space>\s+|--[^\n]*|/\*)
  | (?P<string>[eE]'(?:[^'\\]|\\.|'')*'|(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*'
      |\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$)
  | (?P<quoted>"(?:[^"]|"")+")
  | (?P<variable>\$\d+)
  | (?P<number>(?:\d[\d_]*(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<word>[^\W\d][\w$]*)
  | (?P<sign>:=|::|\.\.|<<|>>|<=|>=|<>|!=|=>|\|\||->>|->|\#>>|\#>|@>|<@|~\*|!~\*|!~|.)
"""
# https://www.sqlite.org/lang_keywords.html and tokenize.c: an unclosed comment runs to the end
_SQLITE = r"""
    (?P<space>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
  | (?P<string>[xX]'[^']*'|'(?:[^']|'')*')
  | (?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
  | (?P<variable>\?\d*|[$@:\#][\w:$]+)
  | (?P<number>0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<word>[^\W\d][\w$]*)
  | (?P<sign>->>|->|\|\||<<|>>|<=|>=|<>|==|!=|.)
"""
RULES = {
    dialect: re.compile(pattern, re.VERBOSE | re.DOTALL)
    for dialect, pattern in (("mysql", _MYSQL), ("postgresql", _POSTGRESQL), ("sqlite", _SQLITE))
}
QUOTES = {"mysql": "`", "postgresql": '"', "sqlite": '"`['}
_NESTED = re.compile(r"/\*|\*/")


class Token(NamedTuple):
    """A piece of a program; kind is a group of RULES, start and end are offsets in the text."""

    kind: str
    text: str
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        """Whether this is one of the words (given in capitals), unquoted."""
        return self.kind == "word" and self.text.upper() in words

    @property
    def name(self) -> str:
        """The name it stands for: without its quotes."""
        if self.kind == "quoted" or (self.kind == "string" and self.text[0] in "\"'"):
            mark = "]" if self.text[0] == "[" else self.text[0]
            return self.text[1:-1].replace(mark * 2, mark)
        return self.text


END = Token("end", "", -1, -1)


def tokenize(text: str, dialect: str) -> list[Token]:
    """The tokens of a program, without white space and comments; Untranslatable where the text can't be cut."""
    found: list[Token] = []
    place = 0
    while place < len(text):
        match = RULES[dialect].match(text, place)
        if match is None:
            raise Untranslatable(f"its text can't be read at character {place + 1}")
        end = match.end()
        kind = "sign" if match.lastgroup is None else next(k for k, v in match.groupdict().items() if v and k != "tag")
        if kind == "space":
            end = _comment_end(text, place) if dialect == "postgresql" and match.group() == "/*" else end
        else:
            found.append(Token(kind, match.group(), place, end))
        place = end
    return found


def _comment_end(text: str, place: int) -> int:
    depth = 0
    for found in _NESTED.finditer(text, place):
        depth += 1 if found.group() == "/*" else -1
        if depth == 0:
            return found.end()
    raise Untranslatable("a comment has no end")


class Reader:
    """Walks over the tokens of a program; past the end it sees END for ever."""

    def __init__(self, text: str, dialect: str) -> None:
        self.text = text
        self.dialect = dialect
        self.tokens = tokenize(text, dialect)
        self.at = 0

    def peek(self, ahead: int = 0) -> Token:
        """The token that many places ahead."""
        place = self.at + ahead
        return self.tokens[place] if 0 <= place < len(self.tokens) else END

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
        """Moves over these unquoted words (in capitals) or signs if all of them stand here."""
        for ahead, text in enumerate(texts):
            token = self.peek(ahead)
            if token.text.upper() != text or token.kind not in ("word", "sign"):
                return False
        self.at += len(texts)
        return True

    def expect(self, *texts: str) -> None:
        """Moves over these words or signs; Untranslatable where something else stands here."""
        if not self.take(*texts):
            raise Untranslatable(f"{' '.join(texts)} was expected at {self.shown()}")

    def shown(self) -> str:
        """What stands here, for a message."""
        token = self.peek()
        return repr(self.text[token.start : token.start + 40].split("\n")[0]) if token.start >= 0 else "the end"

    def name(self) -> str:
        """Moves over a name, quoted or not; Untranslatable where none stands here."""
        token = self.next()
        if token.kind not in ("word", "quoted"):
            self.at -= 1
            raise Untranslatable(f"a name was expected at {self.shown()}")
        return token.name

    def dotted(self) -> list[str]:
        """Moves over a name of parts with dots between."""
        parts = [self.name()]
        while self.take("."):
            parts.append(self.name())
        return parts

    def until(self, *stops: str) -> str:
        """Moves to the next of these words or signs outside of parentheses and CASE; the text before it."""
        depth, start, end = 0, self.peek().start, self.peek().start
        first = self.at
        while not self.done:
            token = self.peek()
            upper = token.text.upper() if token.kind in ("word", "sign") else ""
            if depth == 0 and upper in stops:
                break
            depth += (upper in ("(", "[", "CASE")) - (upper in (")", "]", "END"))
            if depth < 0:
                break
            end = token.end
            self.at += 1
        return self.text[start:end].strip() if self.at > first else ""

    def inside(self) -> str:
        """Moves over (...) and gives the text inside."""
        self.expect("(")
        found = self.until(")")
        self.expect(")")
        return found

    def parts(self, separator: str = ",") -> list[str]:
        """Moves over (a, b, ...) and gives the text of each part."""
        self.expect("(")
        found: list[str] = []
        while not self.take(")"):
            if self.done:
                raise Untranslatable("a parenthesis has no end")
            found.append(self.until(separator, ")"))
            self.take(separator)
        return found


def split(text: str, dialect: str, separator: str = ",") -> list[str]:
    """The parts of a list at its outermost separators."""
    reader = Reader(text, dialect)
    found: list[str] = []
    while not reader.done:
        found.append(reader.until(separator))
        if not reader.done:
            reader.expect(separator)
    return found

"""PostgreSQL's own way of cutting a statement into words, strings and signs (its documentation, "Lexical Structure").

A check of what a statement calls must see the words that the server sees, whatever a parser for many dialects makes
of escapes, nested comments and dollar quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

LexemeKind = Literal["word", "quoted", "string", "number", "sign"]
# in the order in which they are tried; a string's prefix belongs to it
_RULES = (
    ("space", r"[ \t\n\r\f\v]+|--[^\n\r]*"),
    ("comment", r"/\*"),
    ("string", r"[eE]'(?:[^'\\]|\\.|'')*+'"),
    ("string", r"(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*+'"),
    ("string", r"\$(?P<tag>(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*)?)\$.*?\$(?P=tag)\$"),
    ("unicode", r'[uU]&"(?:[^"]|"")*+"'),
    ("quoted", r'"(?:[^"]|"")++"'),
    ("word", r"[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*"),
    ("number", r"(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"),
    ("sign", r"::|[-+*/<>=~!@#%^&|`?]+|[()\[\],;:.$]"),
)
_PATTERNS = [(kind, re.compile(pattern, re.DOTALL)) for kind, pattern in _RULES]
_COMMENT = re.compile(r"/\*|\*/")


@dataclass(frozen=True)
class Lexeme:
    """One piece; text: words in lower case, quoted names without their quotes, signs as they are, strings empty."""

    kind: LexemeKind
    text: str


class Unreadable(ValueError):
    """The text is no PostgreSQL statement: where it can't be cut any further."""


def lexemes(sql: str) -> Iterator[Lexeme]:
    """The pieces of a statement without blanks and comments; Unreadable where the server would refuse it too."""
    place, before = 0, ""
    while place < len(sql):
        kind, text = _next(sql, place)
        place += len(text)
        if kind == before == "string":
            raise Unreadable("it continues a string with another one")
        before = before if kind in ("space", "comment") else kind
        if kind == "comment":
            place = _end_of_comment(sql, place)
        elif kind == "unicode":
            raise Unreadable("it writes a name with escapes")
        elif kind != "space":
            yield _lexeme(kind, text)


def _next(sql: str, place: int) -> tuple[str, str]:
    for kind, pattern in _PATTERNS:
        found = pattern.match(sql, place)
        if found:
            # a comment begins inside a run of signs too
            text = found.group()
            cut = min((at for at in (text.find("--"), text.find("/*")) if at > 0), default=-1)
            return kind, text[:cut] if kind == "sign" and cut > 0 else text
    raise Unreadable(f"the server can't read it at character {place + 1}")


def _end_of_comment(sql: str, place: int) -> int:
    depth = 1
    for found in _COMMENT.finditer(sql, place):
        depth += 1 if found.group() == "/*" else -1
        if depth == 0:
            return found.end()
    raise Unreadable("a comment has no end")


def _lexeme(kind: str, text: str) -> Lexeme:
    if kind == "word":
        return Lexeme("word", text.lower())
    if kind == "quoted":
        return Lexeme("quoted", text[1:-1].replace('""', '"'))
    if kind == "string":
        return Lexeme("string", "")
    return Lexeme("number" if kind == "number" else "sign", text)

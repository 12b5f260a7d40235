"""How SQLite spells identifiers and literals."""

from __future__ import annotations


def quote_identifier(name: str) -> str:
    """The name as a quoted identifier; every character is allowed, also none at all.

    A NUL can't be part of a statement, and no name that SQLite keeps holds one: ValueError.
    """
    if "\0" in name:
        raise ValueError("a SQLite identifier can't hold a NUL character")
    return '"' + name.replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    """The text as a string literal of a statement of ours that takes no parameters (PRAGMA); ValueError for a NUL."""
    if "\0" in text:
        raise ValueError("a SQLite string literal can't hold a NUL character")
    return "'" + text.replace("'", "''") + "'"


def unquote(token: str) -> str:
    """The name that a token of a statement stands for: "a", [a], `a`, 'a' or a bare a."""
    if not token:
        return token
    if token[0] == "[" and token[-1] == "]":
        return token[1:-1]
    if len(token) > 1 and token[0] in "\"'`" and token[-1] == token[0]:
        return token[1:-1].replace(token[0] * 2, token[0])
    return token

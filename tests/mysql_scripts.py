"""Cuts the scripts that the mysql client takes into statements that a server takes."""

from __future__ import annotations

import re
from collections.abc import Iterator

TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*|--(?=[\s])[^\n]*|--\Z|/\*(?![!M]).*?\*/)
      | (?P<quoted>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`)
      | (?P<delimiter>(?<![^\n])[ \t]*DELIMITER[ \t]+(?P<mark>\S+)[^\n]*)""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
OF_A_DATABASE = re.compile(r"\s*(?:/\*!\d+\s*)?(?:(?:CREATE|DROP|ALTER)\s+(?:DATABASE|SCHEMA)\b|USE\s)", re.IGNORECASE)
COMMENTS = re.compile(r"(?:\s+|\#[^\n]*|--(?=\s)[^\n]*|/\*(?![!M]).*?\*/)+", re.DOTALL)


def statements(script: str) -> Iterator[str]:
    """The statements of a script, without DELIMITER, comments before them, and those that choose a database."""
    for text in _cut(script):
        leading = COMMENTS.match(text)
        statement = text[leading.end() :].strip() if leading else text.strip()
        if statement and not OF_A_DATABASE.match(statement):
            yield statement


def _cut(script: str) -> Iterator[str]:
    mark, start, place = ";", 0, 0
    while place < len(script):
        if script.startswith(mark, place):
            yield script[start:place]
            start = place = place + len(mark)
            continue
        token = TOKEN.match(script, place)
        if token is None:
            place += 1
        elif token["delimiter"] is not None and not COMMENTS.sub("", script[start:place]):
            mark, start = token["mark"], token.end()
            place = start
        else:
            place = token.end()
    yield script[start:]

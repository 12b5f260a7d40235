"""MySQL's string literals and quoted lists, as its catalog writes them, read back exactly."""

from __future__ import annotations

import re

QUOTED = re.compile(r"'((?:[^'\\]|\\.|'')*)'", re.DOTALL)
# MySQL manual, String Literals; any other character after a backslash is itself
ESCAPED = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a"}
ESCAPE = re.compile(r"\\(.)|''", re.DOTALL)


def unquoted(literal: str) -> str:
    """The text of a literal in single quotes; ValueError for anything else."""
    found = QUOTED.fullmatch(literal)
    if found is None:
        raise ValueError(f"{literal!r} is no string literal")
    return _plain(found[1])


def quoted_list(text: str) -> list[str]:
    """The texts of a list such as `'a','b''c'`; ValueError where it is none."""
    found = [_plain(match[1]) for match in QUOTED.finditer(text)]
    if QUOTED.sub("", text).strip(", ") or not found:
        raise ValueError(f"{text!r} is no list of string literals")
    return found


def _plain(escaped: str) -> str:
    return ESCAPE.sub(lambda match: "'" if match[1] is None else ESCAPED.get(match[1], match[1]), escaped)

"""Texts of SQL in programs as trees of sqlglot."""

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from conversion.shapes import Untranslatable

READ = {"mysql": "mysql", "postgresql": "postgres", "sqlite": "sqlite"}  # family -> sqlglot's dialect


def begins_query(text: str) -> bool:
    """Whether a text is a query and no expression."""
    return text.lstrip(" \t\r\n(")[:6].upper() in ("SELECT", "VALUES") or text.lstrip()[:5].upper() == "WITH "


def span(identifier: exp.Expr) -> tuple[int, int]:
    """Where a name begins and ends in the text; Untranslatable where that isn't known."""
    meta = identifier.meta
    if "start" not in meta:
        raise Untranslatable(f"{identifier.name} can't be found in its text")
    return int(meta["start"]), int(meta["end"]) + 1


def parsed(sql: str, family: str) -> exp.Expr:
    """The tree of one query in the language of an engine's family; Untranslatable where it can't be read."""
    try:
        found = sqlglot.parse(sql, read=READ[family])
    except (SqlglotError, RecursionError) as error:
        raise Untranslatable("the parser can't read it") from error
    if len(found) != 1 or found[0] is None or isinstance(found[0], exp.Command):
        raise Untranslatable("the parser can't read it")
    return found[0]

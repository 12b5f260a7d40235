"""Plain SELECTs taken apart as text: each of their columns alone, and whether there is always one row."""

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from conversion.procedural.tokens import Reader, split
from conversion.shapes import Untranslatable


def select_items(query: str, dialect: str) -> list[str] | None:
    """Queries for each output of a plain SELECT alone, so that its kind can be asked for; None for other queries."""
    found = _select_parts(query, dialect)
    if found is None:
        return None
    head, parts, rest = found
    if any(part == "*" or part.endswith(".*") for part in parts):
        raise Untranslatable("it takes all columns with *")
    return [f"{head} {part} {rest}".strip() for part in parts]


def output_texts(query: str, dialect: str) -> list[str]:
    """The outputs of a plain SELECT as written."""
    found = _select_parts(query, dialect)
    return found[1] if found else []


def _select_parts(query: str, dialect: str) -> tuple[str, list[str], str] | None:
    reader = Reader(query, dialect)
    if not reader.take("SELECT"):
        return None
    head = "SELECT DISTINCT" if reader.take("DISTINCT") else "SELECT"
    items = reader.until("FROM", "UNION", "EXCEPT", "INTERSECT", "WHERE", "LIMIT", "ORDER")
    rest = query[reader.peek().start :] if not reader.done else ""
    if Reader(rest, dialect).until("UNION", "EXCEPT", "INTERSECT") != rest.strip() or not items:
        return None
    return head, split(items, dialect), rest


def one_row(query: str, read: str) -> bool:
    """Whether the query always gives exactly one row: aggregates without GROUP BY; read: sqlglot's dialect."""
    try:
        node = sqlglot.parse_one(query, read=read)
    except SqlglotError:
        return False
    limited = ("group", "having", "limit", "offset")
    if not isinstance(node, exp.Select) or any(node.args.get(part) for part in limited):
        return False
    return all(
        any(isinstance(part, exp.AggFunc) and part.find_ancestor(exp.Select) is node for part in item.walk())
        for item in node.expressions
    )

"""Bodies of PostgreSQL's functions in SQL read into the statement tree."""

from __future__ import annotations

from conversion.procedural.parse_plpgsql import REFUSED
from conversion.procedural.tokens import Reader, split
from conversion.procedural.tree import Block, Node, Return, Sql, Unknown
from conversion.shapes import Untranslatable


def parse_sql_body(text: str, returns: bool) -> Block:
    """The statements of a function in SQL; the last SELECT is what it returns, of which the first row counts."""
    reader = Reader(text, "postgresql")
    if reader.take("RETURN"):
        return Block([Return(reader.until(";"))])
    if reader.take("BEGIN", "ATOMIC"):
        text = text[reader.peek().start : text.rindex("END")]
    statements = [part for part in split(text, "postgresql", ";") if part]
    nodes: list[Node] = []
    for number, statement in enumerate(statements):
        words = Reader(statement, "postgresql")
        word = words.peek().text.upper()
        last = number == len(statements) - 1
        if word in ("SELECT", "VALUES", "WITH"):
            nodes.append(Return(_first_value(statement)) if last and returns else Sql(statement, discard=True))
        elif word in ("INSERT", "UPDATE", "DELETE"):
            if last and returns:
                raise Untranslatable("it returns what a changing statement gives")
            nodes.append(Sql(statement))
        else:
            nodes.append(Unknown(REFUSED.get(word, f"it uses {word}").format(word=word), statement))
    return Block(nodes)


def _first_value(query: str) -> str:
    """The query's value: the expression itself where it reads no table, else a subquery for one row."""
    reader = Reader(query, "postgresql")
    reader.take("SELECT")
    items = reader.until("FROM", "UNION", "EXCEPT", "INTERSECT", "WHERE", "LIMIT", "ORDER", "INTO")
    parts = split(items, "postgresql")
    if reader.done and len(parts) == 1:
        inner = Reader(parts[0], "postgresql")
        return inner.until("AS") if not inner.peek().is_word("CASE") or "AS" in parts[0].upper() else parts[0]
    limited = any(token.is_word("LIMIT", "FETCH") for token in reader.tokens)
    return f"({query}{'' if limited else ' LIMIT 1'})"

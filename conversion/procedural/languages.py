"""The query translator of each direction, behind one signature."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from conversion import rewrite_postgresql
from conversion.expressions import text_of
from conversion.procedural.answers import Answer, QueryTranslator
from conversion.queries_sqlite import QueryRewriter
from conversion.shapes import Shapes, Translation, Untranslatable
from conversion.to_mysql.flavour import Flavour
from engines.families import family


def sqlite_to_postgresql(sql: str, shapes: Shapes) -> Answer:
    """conversion/queries_sqlite.py, with the moments behind text."""
    try:
        node = sqlglot.parse_one(sql, read="sqlite")
    except SqlglotError as error:
        raise Untranslatable("the parser can't read it") from error
    if not isinstance(node, exp.Query):
        raise Untranslatable("it isn't a query")
    rewriter = QueryRewriter(shapes)
    query, outputs = rewriter.rewrite(node)
    moments = {place: text_of(value.moment) for place, (_, value) in enumerate(outputs) if value.moment is not None}
    return Answer(text_of(query), [value.kind for _, value in outputs], rewriter.notes, moments)


def postgresql_to_sqlite(sql: str, shapes: Shapes) -> Answer:
    """conversion/rewrite_postgresql.py; it doesn't say of what kind the outputs are."""
    return Answer(rewrite_postgresql.query(sql, shapes))


# (family of the source, family of the target) -> module and function: query(sql, shapes) -> Translation
MODULES = {
    ("mysql", "postgresql"): ("conversion.from_mysql.queries", "query_postgresql"),
    ("mysql", "sqlite"): ("conversion.from_mysql.queries", "query_sqlite"),
    ("postgresql", "mysql"): ("conversion.to_mysql.sql.entry", "query"),
    ("sqlite", "mysql"): ("conversion.to_mysql.sql.sqlite_entry", "query"),
}
OWN: dict[tuple[str, str], QueryTranslator] = {
    ("sqlite", "postgresql"): sqlite_to_postgresql,
    ("postgresql", "sqlite"): postgresql_to_sqlite,
}


def translator(source: str, engine: str, version: str) -> QueryTranslator:
    """What translates queries of a family to an engine of that version."""
    target = family(engine)
    if (source, target) in OWN:
        return OWN[source, target]
    module, name = MODULES[source, target]
    query: Callable[..., Translation] = getattr(importlib.import_module(module), name)
    more = (Flavour.of(engine, version),) if target == "mysql" else ()

    def translate(sql: str, shapes: Shapes) -> Answer:
        found = query(sql, shapes, *more)
        timely = set(sqlite_to_postgresql(sql, shapes).moments) if source == "sqlite" else set()
        return Answer(found.sql, [kind for _, kind in found.columns], found.notes, timely=timely)

    return translate

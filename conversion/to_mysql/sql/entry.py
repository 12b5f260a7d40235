"""The ways in: an expression over one table, a condition, a constant, a view's query."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from conversion.shapes import Shapes, TableShape, Translation, Untranslatable
from conversion.to_mysql.flavour import Flavour
from conversion.to_mysql.sql.handlers import TABLE_HANDLERS
from conversion.to_mysql.sql.queries import QueryWriter, shape_value
from conversion.to_mysql.sql.translator import Translator, no_query
from conversion.to_mysql.sql.values import Value, condition
from engines.catalog import Kind

# PostgreSQL below 14 writes POSITION(b IN a) as "position"(a, b), whose arguments a parser takes the other way round
QUOTED_POSITION = re.compile(r'"position"\(')
LONGEST_EXPRESSION = 50_000  # characters; parsing is recursive


def scalar(sql: str, shape: TableShape, flavour: Flavour) -> Translation:
    """An expression over the columns of one table (generated column, index key)."""
    value, notes = value_of(sql, shape, flavour)
    return Translation(value.sql, value.kind or Kind.OTHER, value.immutable, notes, [("", value.kind or Kind.OTHER)])


def predicate(sql: str, shape: TableShape, flavour: Flavour) -> Translation:
    """A condition over the columns of one table (check, partial index)."""
    value, notes = value_of(sql, shape, flavour)
    return Translation(condition(value).sql, Kind.BOOLEAN, value.immutable, notes)


def query(sql: str, shapes: Shapes, flavour: Flavour) -> Translation:
    """A view's query; columns are its output names and kinds, in their order."""
    writer = QueryWriter(shapes, flavour)
    try:
        text, outputs = writer.write(parsed(sql))
    except (ValueError, RecursionError) as error:
        raise Untranslatable(_words(error)) from error
    columns = [(name, value.kind or Kind.TEXT) for name, value in outputs]
    return Translation(text, immutable=False, notes=writer.notes, columns=columns)


def value_of(sql: str, shape: TableShape, flavour: Flavour) -> tuple[Value, list[str]]:
    """An expression over one table, with what a reader should know; Untranslatable with the reason."""

    def column(node: exp.Column) -> Value:
        found = shape.find(node.name)
        if found is None:
            raise Untranslatable(f"column {node.name} isn't in this table")
        return shape_value(found)

    translator = Translator(flavour, column, no_query, TABLE_HANDLERS)
    try:
        return translator.value(expression(sql)), translator.notes
    except (ValueError, RecursionError) as error:
        raise Untranslatable(_words(error)) from error


def constant(sql: str, flavour: Flavour) -> tuple[Value, list[str]]:
    """An expression without columns (a DEFAULT)."""
    return value_of(sql, TableShape("", "", {}), flavour)


def expression(sql: str) -> exp.Expr:
    """One PostgreSQL expression, parsed."""
    select = parsed(f"SELECT {sql}")
    extra = [name for name, value in select.args.items() if value and name != "expressions"]
    if not isinstance(select, exp.Select) or len(select.expressions) != 1 or extra:
        raise Untranslatable("the expression can't be read")
    found: exp.Expr = select.expressions[0]
    return found.unalias()


def parsed(sql: str) -> exp.Expr:
    """One PostgreSQL statement, parsed; Untranslatable where the parser can't."""
    return _read(sql).copy()


@lru_cache(maxsize=2_000)  # a schema says the same few defaults in thousands of columns
def _read(sql: str) -> exp.Expr:
    if len(sql) > LONGEST_EXPRESSION:
        raise Untranslatable(f"it is longer than {LONGEST_EXPRESSION:,} characters")
    try:
        found = sqlglot.parse(QUOTED_POSITION.sub("strpos(", sql), read="postgres")
    except (SqlglotError, RecursionError) as error:
        raise Untranslatable("the parser can't read it") from error
    if len(found) != 1 or found[0] is None or isinstance(found[0], exp.Command):
        raise Untranslatable("the parser can't read it")
    return found[0]


def _words(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


__all__ = ["constant", "expression", "parsed", "predicate", "query", "replace", "scalar", "value_of"]

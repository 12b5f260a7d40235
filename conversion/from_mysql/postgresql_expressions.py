"""MySQL expressions and view queries as PostgreSQL text: parsed, rewritten, and parsed again as a check."""

from __future__ import annotations

from sqlglot import exp

from conversion.expressions import text_of
from conversion.from_mysql.aggregates import AGGREGATES, STATISTICS
from conversion.from_mysql.postgresql_functions import SCALARS
from conversion.from_mysql.query_rewriter import QueryRewriter
from conversion.from_mysql.rewriter import Rewriter
from conversion.from_mysql.source import folds, parse_expression, parse_statement
from conversion.from_mysql.value import Value, output, reference
from conversion.from_mysql.words import PostgresqlWords
from conversion.shapes import Shapes, TableShape, Translation, Untranslatable
from engines.catalog import Kind

QUERY_HANDLERS = {**SCALARS, **AGGREGATES, **STATISTICS}


def scalar(sql: str, shape: TableShape) -> Translation:
    """An expression over the columns of one table; Untranslatable where no counterpart is known."""
    rewriter = _rewriter(shape)
    value = rewriter.value(parse_expression(sql))
    return Translation(text_of(value.node), value.kind or Kind.OTHER, value.immutable, rewriter.notes)


def predicate(sql: str, shape: TableShape) -> Translation:
    """A condition over the columns of one table, as a PostgreSQL boolean."""
    rewriter = _rewriter(shape)
    value = rewriter.value(parse_expression(sql))
    return Translation(text_of(rewriter.words.condition(value)), Kind.BOOLEAN, value.immutable, rewriter.notes)


def constant(sql: str) -> Value:
    """A DEFAULT expression, which names no column."""
    return _rewriter(TableShape("", "", {})).value(parse_expression(sql))


def query(sql: str, shapes: Shapes) -> Translation:
    """The query of a view; columns are its output names and kinds, in their order."""
    rewriter = QueryRewriter(shapes, PostgresqlWords(), QUERY_HANDLERS)
    node, outputs = rewriter.rewrite(parse_statement(sql))
    return Translation(
        text_of(node),
        notes=list(dict.fromkeys(rewriter.notes)),
        columns=[(name, value.kind or Kind.TEXT) for name, value in outputs],
        outputs=[output(name, value) for name, value in outputs],
    )


def _rewriter(shape: TableShape) -> Rewriter:
    def column(node: exp.Column) -> Value:
        if node.table and node.table.lower() != shape.name.lower():
            raise Untranslatable(f"column {node.sql(dialect='mysql')} isn't in this table")
        found = shape.find(node.name)
        if found is None:
            raise Untranslatable(f"column {node.name} isn't on the target")
        return reference(found, folds(found.collation))

    return Rewriter(column, _no_query, PostgresqlWords(), SCALARS)


def _no_query(node: exp.Query) -> tuple[exp.Query, list[Value]]:
    raise Untranslatable("a query inside an expression of a table")

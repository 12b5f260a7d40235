"""SQLite expressions and view queries as PostgreSQL text: parsed, rewritten, and parsed again as a check."""

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from conversion.aggregates_sqlite import HANDLERS
from conversion.queries_sqlite import QueryRewriter
from conversion.rewriter import Rewriter
from conversion.scopes import reference, unresolved
from conversion.shapes import Shapes, TableShape, Translation, Untranslatable
from conversion.typed import Typed, cast, condition
from engines.catalog import Kind
from engines.sqlite.rowid import ROWIDS


def scalar(sql: str, shape: TableShape) -> Translation:
    """An expression over the columns of one table (CHECK, generated column, index, predicate).

    Untranslatable with the reason where no counterpart is known to give the same value.
    """
    rewriter = _rewriter(shape)
    value = rewriter.typed(parse(sql))
    return Translation(
        text_of(value.node),
        value.kind or Kind.OTHER,
        value.immutable,
        rewriter.notes,
        [(value.route, value.kind or Kind.OTHER)],
    )


def predicate(sql: str, shape: TableShape) -> Translation:
    """A condition over the columns of one table, as a PostgreSQL boolean."""
    rewriter = _rewriter(shape)
    value = rewriter.typed(parse(sql))
    return Translation(text_of(condition(value)), Kind.BOOLEAN, value.immutable, rewriter.notes)


def constant(sql: str) -> Typed:
    """A DEFAULT expression; SQLite takes every name in it as a string."""
    rewriter = Rewriter(lambda node: Typed(exp.Literal.string(node.name), Kind.TEXT), _no_query, HANDLERS)
    return rewriter.typed(parse(sql))


def view_query(sql: str, shapes: Shapes) -> Translation:
    """The query of a view; columns are its output names and kinds, in their order."""
    rewriter = QueryRewriter(shapes)
    node = _parsed(sql)
    if not isinstance(node, exp.Query):
        raise Untranslatable("it isn't a query")
    query, outputs = rewriter.rewrite(node)
    columns = [(name, value.kind or Kind.TEXT) for name, value in outputs]
    nodes = list(query.find_all(exp.Select))
    if nodes and isinstance(query, exp.Select):
        _type_nulls(query, outputs)
    return Translation(text_of(query), notes=rewriter.notes, columns=columns)


def output_shapes(sql: str, shapes: Shapes) -> list[tuple[str, Typed]]:
    """The output columns of a view's query with kind, route and collation."""
    node = _parsed(sql)
    if not isinstance(node, exp.Query):
        raise Untranslatable("it isn't a query")
    return QueryRewriter(shapes).rewrite(node)[1]


def parse(sql: str) -> exp.Expr:
    """One SQLite expression; a trailing comment is cut off."""
    select = _parsed(f"SELECT {sql.strip()}\n")
    if (
        not isinstance(select, exp.Select)
        or len(select.expressions) != 1
        or len([v for v in select.args.values() if v]) > 1
    ):
        raise Untranslatable("the expression can't be read")
    found: exp.Expr = select.expressions[0]
    return found.unalias()


def text_of(node: exp.Expr) -> str:
    """The PostgreSQL text; checked by parsing it again."""
    sql = node.sql(dialect="postgres", identify=True, comments=False)
    try:
        again = sqlglot.parse_one(sql, read="postgres")
    except SqlglotError as error:
        raise Untranslatable("the translation can't be read back") from error
    if isinstance(again, exp.Command):
        raise Untranslatable("the translation can't be read back")
    return sql


def _parsed(sql: str) -> exp.Expr:
    try:
        statements = sqlglot.parse(sql, read="sqlite")
    except SqlglotError as error:
        raise Untranslatable("the parser can't read it") from error
    if len(statements) != 1 or statements[0] is None or isinstance(statements[0], exp.Command):
        raise Untranslatable("the parser can't read it")
    return statements[0]


def _rewriter(shape: TableShape) -> Rewriter:
    def column(node: exp.Column) -> Typed:
        if node.table and node.table.lower() != shape.name.lower():
            raise Untranslatable(f"column {node.sql()} isn't in this table")
        found = shape.find(node.name)
        if found is None and node.name.lower() in ROWIDS and shape.rowid is not None:
            found = shape.find(shape.rowid)
        return reference(found) if found is not None else unresolved(node)

    return Rewriter(column, _no_query, HANDLERS)


def _no_query(node: exp.Query) -> tuple[exp.Query, list[Typed]]:
    raise Untranslatable("a query inside an expression of a table")


def _type_nulls(query: exp.Select, outputs: list[tuple[str, Typed]]) -> None:
    for item, (_, value) in zip(query.expressions, outputs, strict=True):
        if value.kind is None and isinstance(item, exp.Alias):
            item.set("this", cast(exp.Null(), "text"))

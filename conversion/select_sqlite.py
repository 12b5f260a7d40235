"""One SELECT of SQLite rewritten for PostgreSQL: sources, stars, conditions, order."""

from __future__ import annotations

from typing import Protocol

from sqlglot import exp

from conversion.aggregates_sqlite import HANDLERS
from conversion.grouping_sqlite import check_grouping, refuse_incomparable
from conversion.names import shorten
from conversion.rewriter import Rewriter, sort_key
from conversion.scopes import Scope, quoted, reference, shape_of, unresolved
from conversion.shapes import Shapes, TableShape, Untranslatable
from conversion.typed import Typed, cast, number
from engines.catalog import Kind

SUPPORTED_PARTS = {
    "expressions", "distinct", "from_", "from", "joins", "where", "group", "having", "order", "limit", "offset",
    "with_", "with", "kind", "hint", "operation_modifiers",
}  # fmt: skip


class Queries(Protocol):
    """What a SELECT needs of the query around it."""

    shapes: Shapes
    notes: list[str]

    def rewrite(self, node: exp.Query, parent: Scope | None = None) -> tuple[exp.Query, list[tuple[str, Typed]]]:
        """A query inside this one."""
        ...

    def common_tables(self, node: exp.Query, scope: Scope) -> exp.With | None:
        """The WITH clause."""
        ...


class SelectRewriter:
    """Rewrites one SELECT."""

    def __init__(self, queries: Queries, node: exp.Select, parent: Scope | None) -> None:
        self.queries = queries
        self.node = node
        self.scope = Scope(queries.shapes, parent)
        self.expressions = Rewriter(self._column, self._subquery, HANDLERS, queries.notes)

    def rewrite(self) -> tuple[exp.Query, list[tuple[str, Typed]]]:
        """The SELECT on PostgreSQL and its output columns."""
        node = self.node
        unknown = [name for name, value in node.args.items() if value and name not in SUPPORTED_PARTS]
        if unknown or (isinstance(node.args.get("distinct"), exp.Distinct) and node.args["distinct"].args.get("on")):
            raise Untranslatable(f"{', '.join(unknown) or 'DISTINCT ON'} in a query")
        result = exp.Select()
        clause = self.queries.common_tables(node, self.scope)
        if clause is not None:
            result.set("with_", clause)
        self._from(result)
        projections = self._expanded()
        outputs = [(name, self._output(item)) for name, item in projections]
        self.scope.aliases = {item.alias.lower(): item.this for item in node.expressions if isinstance(item, exp.Alias)}
        result.set("expressions", [exp.Alias(this=value.node, alias=quoted(shorten(name))) for name, value in outputs])
        if node.args.get("distinct"):
            refuse_incomparable([value for _, value in outputs], "DISTINCT")
            result.set("distinct", exp.Distinct())
        if node.args.get("where"):
            result.set("where", exp.Where(this=self.expressions.condition(node.args["where"].this)))
        groups = self._group(result, projections)
        check_grouping(self.scope, [item for _, item in projections], groups)
        if node.args.get("having"):
            result.set("having", exp.Having(this=self.expressions.condition(node.args["having"].this)))
        self._order(result, projections)
        for part in ("limit", "offset"):
            if node.args.get(part):
                self._limit(result, part, node.args[part])
        return result, outputs

    def _limit(self, result: exp.Select, part: str, node: exp.Expr) -> None:
        """LIMIT and OFFSET; a negative one means none in SQLite and is an error in PostgreSQL."""
        if isinstance(node.expression, exp.Neg):
            return
        if not isinstance(node.expression, exp.Literal):
            raise Untranslatable(f"{part.upper()} that isn't a number")
        result.set(part, node.copy())

    def _column(self, node: exp.Column) -> Typed:
        found = self.scope.resolve(node)
        if found is not None:
            return reference(found[1], shorten(found[0]))
        alias = None if node.table else self.scope.aliases.get(node.name.lower())
        if alias is not None:
            return self.expressions.typed(exp.Paren(this=alias.copy()))
        return unresolved(node)

    def _subquery(self, node: exp.Query) -> tuple[exp.Query, list[Typed]]:
        query, outputs = self.queries.rewrite(node, self.scope)
        return query, [value for _, value in outputs]

    def _from(self, result: exp.Select) -> None:
        clause = self.node.args.get("from_") or self.node.args.get("from")
        if clause is None:
            return
        first = self._source(clause.this)
        result.set("from_", exp.From(this=first))
        joins = [
            self._join(join) for join in [*(clause.this.args.get("joins") or []), *(self.node.args.get("joins") or [])]
        ]
        result.set("joins", joins)

    def _source(self, node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            shape = self.scope.table(node)
            alias = node.alias or node.name
            self.scope.sources.append((alias, shape))
            schema = quoted(shape.schema) if shape.schema else None
            return exp.Table(this=quoted(shape.name), db=schema, alias=exp.TableAlias(this=quoted(shorten(alias))))
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Query):
            around = Scope(self.queries.shapes, self.scope.parent, views=self.scope.views)
            query, outputs = self.queries.rewrite(node.this, around)
            alias = node.alias or f"subquery_{len(self.scope.sources) + 1}"
            shape = shape_of(alias, [name for name, _ in outputs], [value for _, value in outputs])
            self.scope.sources.append((alias, shape))
            return exp.Subquery(this=query, alias=exp.TableAlias(this=quoted(shorten(alias))))
        raise Untranslatable(f"FROM {node.sql(dialect='sqlite')[:60]}")

    def _join(self, join: exp.Join) -> exp.Join:
        before = list(self.scope.sources)
        source = self._source(join.this)
        kept = {name: join.args.get(name) for name in ("side", "kind") if join.args.get(name)}
        result = exp.Join(this=source, **kept)
        using = [item.name for item in join.args.get("using") or []]
        if str(join.args.get("method") or "").upper() == "NATURAL":
            right = self.scope.sources[-1][1]
            using = [name for name in right.columns if any(shape.find(name) for _, shape in before)]
        if using:
            result.set("using", [self._merged(name, before) for name in using])
        elif join.args.get("on") is not None:
            result.set("on", self.expressions.condition(join.args["on"]))
        return result

    def _merged(self, name: str, before: list[tuple[str, TableShape]]) -> exp.Identifier:
        left = next((shape.find(name) for _, shape in before if shape.find(name)), None)
        right = self.scope.sources[-1][1].find(name)
        if left is None or right is None or (left.name, left.kind) != (right.name, right.kind) or left.collation:
            raise Untranslatable(f"USING ({name}) joins columns of different names or kinds")
        self.scope.merged.add(name.lower())
        return quoted(left.name)

    def _expanded(self) -> list[tuple[str, exp.Expr]]:
        found: list[tuple[str, exp.Expr]] = []
        for item in self.node.expressions:
            star = isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star))
            if star:
                found += self._star(item.table if isinstance(item, exp.Column) else "")
            elif isinstance(item, exp.Alias):
                found.append((item.alias, item.this))
            elif isinstance(item, exp.Column):
                found.append((item.name, item))
            else:
                found.append((item.sql(dialect="sqlite"), item))
        return found

    def _star(self, table: str) -> list[tuple[str, exp.Expr]]:
        if self.scope.merged:
            raise Untranslatable("* over a join with USING or NATURAL")
        found: list[tuple[str, exp.Expr]] = []
        for alias, shape in self.scope.sources:
            if not table or table.lower() == alias.lower():
                found += [
                    (column.name, exp.column(name, table=alias, quoted=True)) for name, column in shape.columns.items()
                ]
        return found

    def _output(self, node: exp.Expr) -> Typed:
        value = self.expressions.typed(node)
        if value.kind is Kind.BOOLEAN and not value.route:
            return Typed(number(value).node, Kind.INTEGER, immutable=value.immutable)
        if value.kind is Kind.FLOAT and value.literal is not None:
            return Typed(cast(value.node, "double precision"), Kind.FLOAT)
        if value.kind is Kind.TEXT and value.literal is not None:
            return Typed(cast(value.node, "text"), Kind.TEXT)
        return value

    def _pointed(self, node: exp.Expr, projections: list[tuple[str, exp.Expr]]) -> exp.Expr:
        """The expression that an ordinal or an output name of GROUP BY or ORDER BY stands for."""
        if isinstance(node, exp.Literal) and not node.args.get("is_string"):
            return projections[int(node.name) - 1][1]
        if isinstance(node, exp.Column) and not node.table:
            for name, item in projections:
                if name.lower() == node.name.lower():
                    return item
        return node

    def _group(self, result: exp.Select, projections: list[tuple[str, exp.Expr]]) -> list[exp.Expr] | None:
        group = self.node.args.get("group")
        if group is None:
            return None
        found = []
        for item in group.expressions:
            known = isinstance(item, exp.Column) and self.scope.resolve(item) is not None
            found.append(item if known else self._pointed(item, projections))
        values = [self.expressions.typed(item) for item in found]
        refuse_incomparable(values, "GROUP BY")
        result.set("group", exp.Group(expressions=[value.node for value in values]))
        return found

    def _order(self, result: exp.Select, projections: list[tuple[str, exp.Expr]]) -> None:
        order = self.node.args.get("order")
        if order is None:
            return
        keys = []
        for item in order.expressions:
            value = self.expressions.typed(self._pointed(item.this, projections))
            key = sort_key(value)
            if result.args.get("distinct") and key is not value.node:
                raise Untranslatable("SELECT DISTINCT ordered by text: PostgreSQL can't order by what isn't selected")
            flags = {"desc": bool(item.args.get("desc")), "nulls_first": bool(item.args.get("nulls_first"))}
            keys.append(exp.Ordered(this=key, **flags))
        result.set("order", exp.Order(expressions=keys))

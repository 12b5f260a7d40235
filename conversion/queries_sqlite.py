"""SELECT statements of SQLite rewritten for PostgreSQL: sources, stars, grouping, order, set operations."""

from __future__ import annotations

from sqlglot import exp

from conversion.functions_sqlite import FUNCTIONS
from conversion.names import shorten
from conversion.rewrite_sqlite import Rewriter, sort_key
from conversion.scopes import Scope, reference, unresolved
from conversion.shapes import ColumnShape, Shapes, TableShape, Untranslatable
from conversion.typed import Typed, cast, number, unified
from engines.catalog import Kind

AGGREGATES = (exp.AggFunc, exp.GroupConcat, exp.Filter)
SUPPORTED_PARTS = {
    "expressions", "distinct", "from_", "from", "joins", "where", "group", "having", "order", "limit", "offset",
    "with_", "with", "kind", "hint", "operation_modifiers",
}  # fmt: skip


class QueryRewriter:
    """Rewrites queries over known tables; notes collects what a reader should know."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self.notes: list[str] = []

    def rewrite(self, node: exp.Query, parent: Scope | None = None) -> tuple[exp.Query, list[tuple[str, Typed]]]:
        """The query on PostgreSQL and its output columns; Untranslatable with the reason."""
        if isinstance(node, exp.Subquery):
            return self.rewrite(node.this, parent)
        if isinstance(node, exp.SetOperation):
            return self._set_operation(node, parent)
        if isinstance(node, exp.Select):
            return SelectRewriter(self, node, parent).rewrite()
        raise Untranslatable(f"a query of the form {type(node).__name__}")

    def common_tables(self, node: exp.Query, scope: Scope) -> exp.With | None:
        """WITH: each query becomes a source for those after it."""
        clause = node.args.get("with_") or node.args.get("with")
        if clause is None:
            return None
        if clause.args.get("recursive"):
            raise Untranslatable("WITH RECURSIVE")
        tables = []
        for table in clause.expressions:
            query, outputs = self.rewrite(table.this, scope)
            names = [item.name for item in table.args["alias"].columns] or [name for name, _ in outputs]
            scope.views[table.alias.lower()] = shape_of(table.alias, names, [value for _, value in outputs])
            quoted = [_quoted(shorten(name)) for name in names]
            alias = exp.TableAlias(this=_quoted(shorten(table.alias)), columns=quoted)
            tables.append(exp.CTE(this=query, alias=alias))
        return exp.With(expressions=tables)

    def _set_operation(self, node: exp.SetOperation, parent: Scope | None) -> tuple[exp.Query, list[tuple[str, Typed]]]:
        if any(node.args.get(part) for part in ("order", "limit", "offset")):
            raise Untranslatable("ORDER BY or LIMIT on a compound query")
        scope = Scope(self.shapes, parent)
        clause = self.common_tables(node, scope)
        left, left_outputs = self.rewrite(node.this, scope)
        right, right_outputs = self.rewrite(node.expression, scope)
        if len(left_outputs) != len(right_outputs):
            raise Untranslatable("the parts of a compound query have different numbers of columns")
        outputs = []
        for (name, one), (_, other) in zip(left_outputs, right_outputs, strict=True):
            if one.kind != other.kind and None not in (one.kind, other.kind):
                raise Untranslatable("the parts of a compound query have columns of different kinds")
            _, kind = unified([one, other])
            outputs.append((name, Typed(one.node, kind, one.route if one.route == other.route else "")))
        result = type(node)(this=left, expression=right, distinct=bool(node.args.get("distinct")))
        if clause is not None:
            result.set("with_", clause)
        return result, outputs


class SelectRewriter:
    """Rewrites one SELECT."""

    def __init__(self, queries: QueryRewriter, node: exp.Select, parent: Scope | None) -> None:
        self.queries = queries
        self.node = node
        self.scope = Scope(queries.shapes, parent)
        self.expressions = Rewriter(self._column, self._subquery, FUNCTIONS, queries.notes)

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
        result.set("expressions", [exp.Alias(this=value.node, alias=_quoted(shorten(name))) for name, value in outputs])
        if node.args.get("distinct"):
            result.set("distinct", exp.Distinct())
        if node.args.get("where"):
            result.set("where", exp.Where(this=self.expressions.condition(node.args["where"].this)))
        groups = self._group(result, projections)
        self._check_grouping([item for _, item in projections], groups)
        if node.args.get("having"):
            result.set("having", exp.Having(this=self.expressions.condition(node.args["having"].this)))
        self._order(result, projections)
        for part in ("limit", "offset"):
            if node.args.get(part):
                result.set(part, node.args[part].copy())
        return result, outputs

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
            schema = _quoted(shape.schema) if shape.schema else None
            return exp.Table(this=_quoted(shape.name), db=schema, alias=exp.TableAlias(this=_quoted(shorten(alias))))
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Query):
            query, outputs = self.queries.rewrite(node.this, self.scope.parent)
            alias = node.alias or f"subquery_{len(self.scope.sources) + 1}"
            shape = shape_of(alias, [name for name, _ in outputs], [value for _, value in outputs])
            self.scope.sources.append((alias, shape))
            return exp.Subquery(this=query, alias=exp.TableAlias(this=_quoted(shorten(alias))))
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
        return _quoted(left.name)

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
        if any(value.kind in (Kind.DYNAMIC, Kind.JSON) or value.collation for value in values):
            raise Untranslatable("GROUP BY values that the two engines tell apart differently")
        result.set("group", exp.Group(expressions=[value.node for value in values]))
        return found

    def _check_grouping(self, items: list[exp.Expr], groups: list[exp.Expr] | None) -> None:
        aggregated = any(_aggregates(item) for item in items)
        if groups is None and not aggregated:
            return
        allowed = {self._named(group) for group in groups or []}
        keys = {alias for alias, shape in self.scope.sources if shape.key and self._covers(alias, shape, allowed)}
        for item in items:
            for column in _bare_columns(item, groups or []):
                found = self.scope.resolve(column)
                if found and found[0] not in keys and self._named(column) not in allowed:
                    raise Untranslatable(
                        f"column {column.name} is neither grouped nor aggregated; SQLite takes any row's"
                    )

    def _covers(self, alias: str, shape: TableShape, allowed: set[str]) -> bool:
        return all(f"{alias}.{name}" in allowed for name in shape.key)

    def _named(self, node: exp.Expr) -> str:
        found = self.scope.resolve(node) if isinstance(node, exp.Column) else None
        return f"{found[0]}.{found[1].name}" if found else node.sql(dialect="sqlite").lower()

    def _order(self, result: exp.Select, projections: list[tuple[str, exp.Expr]]) -> None:
        order = self.node.args.get("order")
        if order is None:
            return
        keys = []
        for item in order.expressions:
            value = self.expressions.typed(self._pointed(item.this, projections))
            descending = bool(item.args.get("desc"))
            keys.append(
                exp.Ordered(this=sort_key(value), desc=descending, nulls_first=bool(item.args.get("nulls_first")))
            )
        result.set("order", exp.Order(expressions=keys))


def shape_of(name: str, columns: list[str], values: list[Typed]) -> TableShape:
    """A query as a source of another: its columns under the names it gives them."""
    shapes = {
        column.lower(): ColumnShape(shorten(column), value.kind or Kind.TEXT, value.route, value.collation)
        for column, value in zip(columns, values, strict=True)
    }
    return TableShape("", shorten(name), shapes)


def _quoted(name: str) -> exp.Identifier:
    return exp.to_identifier(name, quoted=True)


def _is_aggregate(node: exp.Expr) -> bool:
    return isinstance(node, AGGREGATES) or (isinstance(node, exp.Anonymous) and str(node.this).upper() == "TOTAL")


def _aggregates(node: exp.Expr) -> bool:
    if isinstance(node, (exp.Window, exp.Subquery)):
        return False
    if _is_aggregate(node):
        return True
    return any(_aggregates(child) for child in node.iter_expressions())


def _bare_columns(node: exp.Expr, groups: list[exp.Expr]) -> list[exp.Column]:
    """Columns outside of aggregates and grouped expressions."""
    if node in groups or _is_aggregate(node) or isinstance(node, (exp.Subquery, exp.Exists)):
        return []
    if isinstance(node, exp.Column):
        return [node]
    return [column for child in node.iter_expressions() for column in _bare_columns(child, groups)]

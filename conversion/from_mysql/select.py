"""One SELECT of MySQL rewritten for the target: sources, stars, conditions, groups, order."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from conversion.from_mysql.aggregates import ordered
from conversion.from_mysql.grouping import determined
from conversion.from_mysql.queries_around import Outputs, Queries
from conversion.from_mysql.rewriter import Rewriter
from conversion.from_mysql.source import folds
from conversion.from_mysql.value import TEXTS, Value, reference, shape_of
from conversion.names import shorten
from conversion.scopes import Scope, quoted
from conversion.shapes import TableShape, Untranslatable
from conversion.typed import cast
from engines.catalog import Kind

SUPPORTED = {
    "expressions", "distinct", "from_", "joins", "where", "group", "having", "order", "limit", "offset", "with_",
    "kind", "hint", "operation_modifiers",
}  # fmt: skip
GROUPED_TEXT = "texts that differ only in case are one group on the source and several on the target"


class SelectRewriter:
    """Rewrites one SELECT."""

    def __init__(self, queries: Queries, node: exp.Select, parent: Scope | None) -> None:
        self.queries = queries
        self.node = node
        self.scope = Scope(queries.shapes, parent)
        functions = queries.shapes.functions
        self.expressions = Rewriter(
            self._column, self._subquery, queries.words, queries.handlers, queries.notes, functions
        )
        self.grouping = False

    def rewrite(self) -> tuple[exp.Query, Outputs]:
        """The SELECT on the target and its output columns."""
        node = self.node
        unknown = [name for name, value in node.args.items() if value and name not in SUPPORTED]
        if unknown:
            raise Untranslatable(f"{', '.join(unknown).upper()} in a query")
        result = exp.Select()
        clause = self.queries.common_tables(node, self.scope)
        if clause is not None:
            result.set("with_", clause)
        self._from(result)
        projections = self._expanded()
        outputs = [(name, self._output(item)) for name, item in projections]
        self.scope.aliases = {item.alias.lower(): item.this for item in node.expressions if isinstance(item, exp.Alias)}
        result.set("expressions", [exp.Alias(this=value.node, alias=quoted(shorten(n))) for n, value in outputs])
        if node.args.get("distinct"):
            self._fold_note([value for _, value in outputs])
            result.set("distinct", exp.Distinct())
        if node.args.get("where"):
            result.set("where", exp.Where(this=self.expressions.condition(node.args["where"].this)))
        groups = self._group(result, projections)
        self._complete(result, [item for _, item in projections], groups)
        if node.args.get("having"):
            self.grouping = True
            result.set("having", exp.Having(this=self.expressions.condition(node.args["having"].this)))
        self._order(result, projections, outputs)
        for part in ("limit", "offset"):
            if node.args.get(part):
                if not isinstance(node.args[part].expression, exp.Literal):
                    raise Untranslatable(f"{part.upper()} that isn't a number")
                result.set(part, node.args[part].copy())
        return result, outputs

    def _column(self, node: exp.Column) -> Value:
        if node.args.get("db"):
            node = exp.Column(this=node.this, table=node.args.get("table"))
        alias = None if node.table else self.scope.aliases.get(node.name.lower())
        if self.grouping and alias is not None:
            return self.expressions.value(exp.Paren(this=alias.copy()))
        found = self.scope.resolve(node)
        if found is not None:
            return reference(found[1], folds(found[1].collation), shorten(found[0]))
        if alias is not None:
            return self.expressions.value(exp.Paren(this=alias.copy()))
        raise Untranslatable(f"column {node.name} isn't on the target")

    def _subquery(self, node: exp.Query) -> tuple[exp.Query, list[Value]]:
        query, outputs = self.queries.rewrite(node, self.scope)
        return query, [value for _, value in outputs]

    def _from(self, result: exp.Select) -> None:
        clause = self.node.args.get("from_")
        if clause is None or clause.this.name.lower() == "dual":
            return
        first, joins = self._source(clause.this)
        result.set("from_", exp.From(this=first))
        result.set(
            "joins", [*joins, *(made for join in self.node.args.get("joins") or [] for made in self._join(join))]
        )

    def _source(self, node: exp.Expr) -> tuple[exp.Expr, list[exp.Join]]:
        """A table or query, and the joins that stand in parentheses with it."""
        inside = node.args.get("joins") or []
        if isinstance(node, exp.Subquery) and isinstance(node.this, (exp.Table, exp.Subquery)) and not node.alias:
            first, joins = self._source(node.this)
            return first, [*joins, *(made for join in inside for made in self._join(join))]
        return self._named(node), [made for join in inside for made in self._join(join)]

    def _named(self, node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            shape = self.scope.table(node)
            alias = node.alias or node.name
            self.scope.sources.append((alias, shape))
            schema = quoted(shape.schema) if shape.schema and self.queries.words.schemas else None
            return exp.Table(this=quoted(shape.name), db=schema, alias=exp.TableAlias(this=quoted(shorten(alias))))
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Query):
            around = Scope(self.queries.shapes, self.scope.parent, views=self.scope.views)
            query, outputs = self.queries.rewrite(node.this, around)
            alias = node.alias or f"subquery_{len(self.scope.sources) + 1}"
            shape = shape_of(alias, [name for name, _ in outputs], [value for _, value in outputs])
            self.scope.sources.append((alias, shape))
            return exp.Subquery(this=query, alias=exp.TableAlias(this=quoted(shorten(alias))))
        raise Untranslatable(f"FROM {node.sql(dialect='mysql')[:60]}")

    def _join(self, join: exp.Join) -> list[exp.Join]:
        """A join; one over a parenthesis with joins of its own is only the same where all are inner joins."""
        before = list(self.scope.sources)
        method, side = str(join.args.get("method") or "").upper(), str(join.args.get("side") or "").upper()
        if method == "NATURAL":
            raise Untranslatable("a NATURAL join")
        source, nested = self._source(join.this)
        if nested and (side or any(item.args.get("side") for item in nested)):
            raise Untranslatable("an outer join with a join in parentheses")
        condition = join.args.get("on")
        using = [item.name for item in join.args.get("using") or []]
        made = exp.Join(this=source, side=side or None)
        if using:
            made.set("using", [self._merged(name, before) for name in using])
        elif condition is not None and not nested:
            made.set("on", self.expressions.condition(condition))
        elif (condition is None and not nested) or nested:
            made.set("kind", "CROSS")
        if nested and condition is not None:
            nested[-1] = self._narrowed(nested[-1], self.expressions.condition(condition))
        return [made, *nested]

    def _narrowed(self, join: exp.Join, condition: exp.Expr) -> exp.Join:
        own = join.args.get("on")
        both = exp.And(this=exp.Paren(this=own), expression=exp.Paren(this=condition)) if own is not None else condition
        return exp.Join(this=join.this, on=both)

    def _merged(self, name: str, before: list[tuple[str, TableShape]]) -> exp.Identifier:
        left = next((shape.find(name) for _, shape in before if shape.find(name)), None)
        right = self.scope.sources[-1][1].find(name)
        if left is None or right is None or (left.name, left.kind) != (right.name, right.kind) or folds(left.collation):
            raise Untranslatable(f"USING ({name}) joins columns of different names or kinds")
        self.scope.merged.add(name.lower())
        return quoted(left.name)

    def _expanded(self) -> list[tuple[str, exp.Expr]]:
        found: list[tuple[str, exp.Expr]] = []
        for item in self.node.expressions:
            if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star)):
                found += self._star(item.table if isinstance(item, exp.Column) else "")
            elif isinstance(item, exp.Alias):
                found.append((item.alias, item.this))
            else:
                found.append((item.name if isinstance(item, exp.Column) else item.sql(dialect="mysql"), item))
        return found

    def _star(self, table: str) -> list[tuple[str, exp.Expr]]:
        if self.scope.merged:
            raise Untranslatable("* over a join with USING")
        found: list[tuple[str, exp.Expr]] = []
        for alias, shape in self.scope.sources:
            if not table or table.lower() == alias.lower():
                found += [(name, exp.column(name, table=alias, quoted=True)) for name in shape.columns]
        return found

    def _output(self, node: exp.Expr) -> Value:
        """A column of the result: what MySQL counts as 0 and 1 stays a number, but a boolean column stays one."""
        value = self.expressions.value(node)
        if value.kind is Kind.BOOLEAN and not isinstance(value.node, exp.Column):
            return self.expressions.words.number(value)
        if value.kind is Kind.TEXT and value.literal is not None and self.queries.words.dialect == "postgres":
            return replace(value, node=cast(value.node, "text"))
        if value.kind is None and self.queries.words.dialect == "postgres":
            return Value(cast(exp.Null(), "text"), Kind.TEXT)
        return value

    def _pointed(self, node: exp.Expr, projections: list[tuple[str, exp.Expr]]) -> exp.Expr:
        """The expression that an ordinal or an output name of GROUP BY or ORDER BY stands for."""
        if isinstance(node, exp.Literal) and not node.args.get("is_string"):
            return projections[int(node.name) - 1][1]
        if isinstance(node, exp.Column) and not node.table:
            return next((item for name, item in projections if name.lower() == node.name.lower()), node)
        return node

    def _group(self, result: exp.Select, projections: list[tuple[str, exp.Expr]]) -> list[exp.Expr] | None:
        group = self.node.args.get("group")
        if group is None:
            return None
        if [name for name, value in group.args.items() if value and name != "expressions"]:
            raise Untranslatable("GROUP BY with ROLLUP")
        found = [
            item
            if isinstance(item, exp.Column) and self.scope.resolve(item) is not None
            else self._pointed(item, projections)
            for item in group.expressions
        ]
        values = [self.expressions.value(item) for item in found]
        self._fold_note(values)
        result.set("group", exp.Group(expressions=[value.node for value in values]))
        return found

    def _complete(self, result: exp.Select, items: list[exp.Expr], groups: list[exp.Expr] | None) -> None:
        """Group by what the groups determine as well, which the target doesn't find out by itself."""
        more = determined(self.scope, self.node, items, groups)
        if more and groups is None:
            raise Untranslatable(f"column {more[0].name} beside an aggregate over all rows")
        if more:
            nodes = [self.expressions.value(column).node for column in more]
            result.set("group", exp.Group(expressions=[*result.args["group"].expressions, *nodes]))

    def _fold_note(self, values: list[Value]) -> None:
        if any(value.folds and value.kind in TEXTS and value.kind is not Kind.ENUM for value in values):
            self.expressions.note(GROUPED_TEXT)

    def _order(self, result: exp.Select, projections: list[tuple[str, exp.Expr]], outputs: Outputs) -> None:
        order = self.node.args.get("order")
        if order is None:
            return
        keys = []
        for item in order.expressions:
            pointed = item.copy()
            pointed.set("this", self._pointed(item.this, projections).copy())
            key = ordered(self.expressions, pointed)
            if result.args.get("distinct") and key.this not in [value.node for _, value in outputs]:
                raise Untranslatable("SELECT DISTINCT in the order of something that isn't selected as it stands")
            keys.append(key)
        result.set("order", exp.Order(expressions=keys))

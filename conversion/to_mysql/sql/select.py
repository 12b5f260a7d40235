"""One SELECT of PostgreSQL written for MySQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from conversion.scopes import Scope
from conversion.shapes import TableShape, Untranslatable
from conversion.to_mysql.sql.aggregates import ordered
from conversion.to_mysql.sql.values import OPAQUE, Value
from engines.mysql.quoting import quote_identifier

if TYPE_CHECKING:
    from conversion.to_mysql.sql.queries import Outputs, QueryWriter

EVERY_ROW = "18446744073709551615"  # MySQL has no OFFSET without LIMIT; its manual names this number
KNOWN_PARTS = {"expressions", "from_", "joins", "where", "group", "having", "order", "limit", "offset", "distinct",
               "with_", "kind", "hint", "operation_modifiers", "laterals"}  # fmt: skip


class SelectWriter:
    """Writes one SELECT: sources first, then everything that names their columns."""

    def __init__(self, queries: QueryWriter, node: exp.Select, parent: Scope | None) -> None:
        self.queries = queries
        self.node = node
        self.scope = Scope(queries.shapes, parent)
        self.expressions = queries.translator(self.scope)

    def write(self) -> tuple[str, Outputs]:
        """The query and its output columns."""
        unknown = [name for name, value in self.node.args.items() if value and name not in KNOWN_PARTS]
        if unknown or self.node.args.get("laterals"):
            raise Untranslatable(f"{(unknown or ['lateral'])[0].strip('_').upper()} in a query")
        clause = self.queries.common_tables(self.node, self.scope)
        sources = self._from()
        outputs = [self._output(item) for item in self._expanded()]
        parts = [f"SELECT {self._distinct(outputs)}" + ", ".join(self._named(*item) for item in outputs)]
        parts += [sources] if sources else []
        if self.node.args.get("where"):
            parts.append(f"WHERE {self.expressions.condition(self.node.args['where'].this).sql}")
        parts += self._grouped()
        if self.node.args.get("having"):
            parts.append(f"HAVING {self.expressions.condition(self.node.args['having'].this).sql}")
        parts += self._ordered(outputs)
        parts += self._limited()
        return clause + " ".join(parts), outputs

    def _named(self, name: str, value: Value) -> str:
        sql = "CAST(NULL AS CHAR)" if value.kind is None else value.sql
        return f"{sql} AS {quote_identifier(name)}"

    def _distinct(self, outputs: Outputs) -> str:
        distinct = self.node.args.get("distinct")
        if distinct is None:
            return ""
        if distinct.args.get("on") is not None:
            raise Untranslatable("DISTINCT ON")
        if any(value.kind in OPAQUE for _, value in outputs):
            raise Untranslatable("DISTINCT over values that MySQL keeps as text or JSON")
        return "DISTINCT "

    def _expanded(self) -> list[exp.Expr]:
        for item in self.node.expressions:
            star = isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star))
            if star:
                return self._stars()
        return list(self.node.expressions)

    def _stars(self) -> list[exp.Expr]:
        if self.scope.merged:
            raise Untranslatable("* over a join with USING")
        found: list[exp.Expr] = []
        for item in self.node.expressions:
            if not (isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star))):
                found.append(item)
                continue
            wanted = item.table.lower() if isinstance(item, exp.Column) else ""
            for alias, shape in self.scope.sources:
                if not wanted or wanted == alias.lower():
                    found += [exp.column(name, table=alias, quoted=True) for name in shape.columns]
        return found

    def _output(self, item: exp.Expr) -> tuple[str, Value]:
        inner = item.this if isinstance(item, exp.Alias) else item
        name = item.alias if isinstance(item, exp.Alias) else _name_of(item)
        return name, self.expressions.value(inner)

    def _from(self) -> str:
        clause = self.node.args.get("from_")
        if clause is None:
            return ""
        text = self._source(clause.this)
        for join in [*(clause.this.args.get("joins") or []), *(self.node.args.get("joins") or [])]:
            text += self._join(join)
        return f"FROM {text}"

    def _source(self, node: exp.Expr) -> str:
        if isinstance(node, exp.Paren):
            return self._source(node.this)
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            if node.args.get("sample") or (node.args.get("alias") and node.args["alias"].columns):
                raise Untranslatable(f"FROM {node.sql(dialect='postgres')[:60]}")
            shape = self.scope.table(node)
            alias = node.alias or node.name
            self.scope.sources.append((alias, shape))
            named = f" {quote_identifier(alias)}" if alias != shape.name else ""
            return quote_identifier(shape.name) + named
        if isinstance(node, exp.Subquery) and isinstance(node.this, (exp.Table, exp.Subquery)) and not node.alias:
            inner = self._source(node.this)
            for join in [*(node.this.args.get("joins") or []), *(node.args.get("joins") or [])]:
                inner += self._join(join)
            node.set("joins", None)
            return f"({inner})"
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Query):
            return self._derived(node)
        raise Untranslatable(f"FROM {node.sql(dialect='postgres')[:60]}")

    def _derived(self, node: exp.Subquery) -> str:
        from conversion.to_mysql.sql.queries import shape_of

        around = Scope(self.queries.shapes, None, views=self._views())
        sql, outputs = self.queries.write(node.this, around)
        alias = node.alias or f"subquery_{len(self.scope.sources) + 1}"
        if node.args.get("alias") and node.args["alias"].columns:
            raise Untranslatable("a query in FROM whose alias renames columns")
        self.scope.sources.append((alias, shape_of(alias, [name for name, _ in outputs], [v for _, v in outputs])))
        return f"({sql}) {quote_identifier(alias)}"

    def _views(self) -> dict[str, TableShape]:
        """Common table expressions in sight, of this query and those around it."""
        found: dict[str, TableShape] = {}
        scope: Scope | None = self.scope
        while scope is not None:
            found = scope.views | found
            scope = scope.parent
        return found

    def _join(self, join: exp.Join) -> str:
        side, kind = str(join.args.get("side") or "").upper(), str(join.args.get("kind") or "").upper()
        if side == "FULL" or str(join.args.get("method") or "").upper() == "NATURAL":
            raise Untranslatable(f"a {side or 'NATURAL'} JOIN")
        before = list(self.scope.sources)
        source = self._source(join.this)
        on = join.args.get("on")
        using = [item.name for item in join.args.get("using") or []]
        if using:
            return f" {side + ' ' if side else ''}JOIN {source} USING ({self._merged(using, before, side)})"
        if on is None:
            return f" CROSS JOIN {source}"
        word = f"{side} JOIN" if side else "JOIN"
        if kind == "CROSS":
            word = "CROSS JOIN"
        return f" {word} {source} ON {self.expressions.condition(on).sql}"

    def _merged(self, names: list[str], before: list[tuple[str, TableShape]], side: str) -> str:
        if side == "RIGHT":
            raise Untranslatable("a RIGHT JOIN with USING")
        found = []
        for name in names:
            left = next((shape.find(name) for _, shape in before if shape.find(name)), None)
            right = self.scope.sources[-1][1].find(name)
            if left is None or right is None or (left.name, left.kind) != (right.name, right.kind):
                raise Untranslatable(f"USING ({name}) joins columns of different names or kinds")
            self.scope.merged.add(name.lower())
            found.append(quote_identifier(left.name))
        return ", ".join(found)

    def _grouped(self) -> list[str]:
        group = self.node.args.get("group")
        if group is None:
            return []
        if any(value for name, value in group.args.items() if name != "expressions"):
            raise Untranslatable("GROUPING SETS, ROLLUP or CUBE")
        values = [self.expressions.value(self._pointed(item)) for item in group.expressions]
        if any(value.kind in OPAQUE for value in values):
            raise Untranslatable("GROUP BY values that MySQL keeps as text or JSON")
        return ["GROUP BY " + ", ".join(value.sql for value in values)]

    def _pointed(self, node: exp.Expr) -> exp.Expr:
        """The expression that an ordinal of GROUP BY or ORDER BY, or an output name, stands for."""
        if isinstance(node, exp.Literal) and not node.args.get("is_string"):
            found = self.node.expressions[int(node.name) - 1]
            pointed: exp.Expr = found.this if isinstance(found, exp.Alias) else found
            return pointed
        if isinstance(node, exp.Column) and not node.table and self.scope.resolve(node) is None:
            for item in self.node.expressions:
                if isinstance(item, exp.Alias) and item.alias.lower() == node.name.lower():
                    named: exp.Expr = item.this
                    return named
        return node

    def _ordered(self, outputs: Outputs) -> list[str]:
        order = self.node.args.get("order")
        if order is None:
            return []
        keys = []
        for item in order.expressions:
            pointed = self._pointed(item.this)
            keys.append(ordered(self.expressions, item, self.expressions.value(pointed)))
        return ["ORDER BY " + ", ".join(keys)]

    def _limited(self) -> list[str]:
        limit, offset = self.node.args.get("limit"), self.node.args.get("offset")
        if isinstance(limit, exp.Fetch):
            if limit.args.get("limit_options") or limit.args.get("with_ties"):
                raise Untranslatable("FETCH FIRST ... WITH TIES")
            numbers = [limit.args.get("count")]
        else:
            numbers = [limit.expression] if limit is not None else []
        if any(not isinstance(number, exp.Literal) for number in numbers):
            raise Untranslatable("LIMIT that isn't a number")
        found = [f"LIMIT {numbers[0].name}"] if numbers and numbers[0] is not None else []
        if offset is not None:
            if not isinstance(offset.expression, exp.Literal):
                raise Untranslatable("OFFSET that isn't a number")
            found = [*(found or [f"LIMIT {EVERY_ROW}"]), f"OFFSET {offset.expression.name}"]
        return found


def _name_of(node: exp.Expr) -> str:
    """The name that PostgreSQL gives an output column without AS."""
    if isinstance(node, exp.Column):
        return node.name
    if isinstance(node, exp.Cast):
        return _name_of(node.this)
    if isinstance(node, exp.Paren):
        return _name_of(node.this)
    if isinstance(node, exp.Func) and not isinstance(node, (exp.Case, exp.Coalesce)):
        return node.sql_name().lower() if not isinstance(node, exp.Anonymous) else str(node.this).lower()
    if isinstance(node, exp.Case):
        return "case"
    return "coalesce" if isinstance(node, exp.Coalesce) else "?column?"

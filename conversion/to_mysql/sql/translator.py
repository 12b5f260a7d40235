"""Translates a PostgreSQL expression by handing each part to the handler of its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from conversion.shapes import Untranslatable
from conversion.to_mysql.flavour import Flavour
from conversion.to_mysql.sql.values import Value, condition

Handler = Callable[["Translator", exp.Expr], Value]

NEGATED = (exp.Is, exp.Like, exp.ILike)  # their handlers look at `negate` themselves


@dataclass
class Translator:
    """Translates one expression; column and query say what names and subqueries stand for.

    query gives a subquery's text and the values of its output columns. handlers: by sqlglot class, or by upper-case
    name for functions that sqlglot has no class for.
    """

    flavour: Flavour
    column: Callable[[exp.Column], Value]
    query: Callable[[exp.Expr], tuple[str, list[Value]]]
    handlers: Mapping[str | type[exp.Expr], Handler]
    notes: list[str] = field(default_factory=list)

    def value(self, node: exp.Expr) -> Value:
        """The expression and its kind on the target; Untranslatable with the reason."""
        if node.args.get("negate") and not isinstance(node, NEGATED):
            plain = node.copy()
            plain.set("negate", False)
            return self.value(exp.Not(this=plain))
        name = str(node.this).upper() if isinstance(node, exp.Anonymous) else type(node)
        handler = self.handlers.get(name)
        if handler is None:
            shown = node.sql(dialect="postgres")
            raise Untranslatable(f"{shown[:80]} has no counterpart that is known to give the same value")
        return handler(self, node)

    def condition(self, node: exp.Expr) -> Value:
        """The expression as a condition."""
        return condition(self.value(node))

    def note(self, sentence: str) -> None:
        """Something a reader of the translation should know."""
        if sentence not in self.notes:
            self.notes.append(sentence)


def no_query(node: exp.Expr) -> tuple[str, list[Value]]:
    """For expressions of a table, which can't hold queries."""
    raise Untranslatable("a query inside an expression of a table")

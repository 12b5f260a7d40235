"""Rewrites a SQLite expression for PostgreSQL by handing each part to the handler of its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from conversion.shapes import Untranslatable
from conversion.typed import Typed, call, collate_c, condition, folded, text
from engines.catalog import Kind

Handler = Callable[["Rewriter", exp.Expr], Typed]


@dataclass
class Rewriter:
    """Rewrites one expression; column and query say what names and subqueries stand for.

    handlers: by sqlglot class, or by upper-case name for functions that sqlglot has no class for.
    """

    column: Callable[[exp.Column], Typed]
    query: Callable[[exp.Query], tuple[exp.Query, list[Typed]]]
    handlers: Mapping[str | type[exp.Expr], Handler]
    notes: list[str] = field(default_factory=list)

    def typed(self, node: exp.Expr) -> Typed:
        """The expression and its kind on PostgreSQL; Untranslatable with the reason."""
        name = str(node.this).upper() if isinstance(node, exp.Anonymous) else type(node)
        handler = self.handlers.get(name)
        if handler is None:
            shown = node.sql(dialect="sqlite")
            raise Untranslatable(f"{shown[:80]} has no counterpart that is known to give the same value")
        return handler(self, node)

    def condition(self, node: exp.Expr) -> exp.Expr:
        """The expression as a boolean."""
        return condition(self.typed(node))

    def note(self, sentence: str) -> None:
        """Something a reader of the translation should know."""
        if sentence not in self.notes:
            self.notes.append(sentence)


def utc_now() -> exp.Expr:
    """(now() AT TIME ZONE 'UTC'): the wall clock SQLite's CURRENT_TIMESTAMP shows."""
    return exp.Paren(this=exp.AtTimeZone(this=call("now"), zone=text("UTC")))


def sort_key(value: Typed) -> exp.Expr:
    """The value as ORDER BY needs it: text by its bytes, as SQLite sorts."""
    if value.collation.upper() == "NOCASE":
        return folded(value)
    if value.kind is Kind.TEXT and value.literal is None:
        return collate_c(value.node)
    if value.kind is Kind.DYNAMIC:
        raise Untranslatable("ORDER BY a column of mixed storage classes")
    return value.node

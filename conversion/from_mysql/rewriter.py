"""Rewrites a MySQL expression by handing each part to the handler of its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from conversion.from_mysql.value import Value, bit_number
from conversion.from_mysql.words import Words
from conversion.shapes import FunctionShape, Untranslatable

Handler = Callable[["Rewriter", exp.Expr], Value]


@dataclass
class Rewriter:
    """Rewrites one expression; column and query say what names and subqueries stand for.

    words: how the target spells things; handlers: by sqlglot class, or by upper-case name for functions that sqlglot
    has no class for.
    """

    column: Callable[[exp.Column], Value]
    query: Callable[[exp.Query], tuple[exp.Query, list[Value]]]
    words: Words
    handlers: Mapping[str | type[exp.Expr], Handler]
    notes: list[str] = field(default_factory=list)
    functions: Mapping[str, FunctionShape] = field(default_factory=dict)

    def value(self, node: exp.Expr) -> Value:
        """The expression on the target and what is known of it; Untranslatable with the reason."""
        name = str(node.this).upper() if isinstance(node, exp.Anonymous) else type(node)
        handler = self.handlers.get(name)
        if handler is None and isinstance(node, exp.Anonymous) and node.name.lower() in self.functions:
            return self._called(self.functions[node.name.lower()], node)
        if handler is None:
            shown = node.sql(dialect="mysql", comments=False)
            raise Untranslatable(f"{shown[:80]} has no counterpart that is known to give the same value")
        return handler(self, node)

    def _called(self, own: FunctionShape, node: exp.Anonymous) -> Value:
        """A function of the database's own, which takes what its parameters are declared as."""
        values = [self.value(item) for item in node.expressions]
        if len(values) != own.arguments:
            raise Untranslatable(f"{own.name} is called with {len(values)} arguments")
        call = exp.Anonymous(this=exp.to_identifier(own.name, quoted=True), expressions=[item.node for item in values])
        schema = exp.to_identifier(own.schema, quoted=True)
        made: exp.Expr = exp.Dot(this=schema, expression=call) if own.schema and self.words.schemas else call
        return Value(made, own.kind, immutable=False)

    def condition(self, node: exp.Expr) -> exp.Expr:
        """The expression as a boolean."""
        return self.words.condition(self.value(node))

    def text(self, node: exp.Expr) -> Value:
        """The expression as text, spelled as MySQL spells it."""
        return self.words.text(self.value(node))

    def number(self, node: exp.Expr) -> Value:
        """The expression as a number."""
        return bit_number(node) or self.words.number(self.value(node))

    def note(self, sentence: str) -> None:
        """Something a reader of the translation should know."""
        if sentence not in self.notes:
            self.notes.append(sentence)

"""What the rewriting of one SELECT of MySQL needs of the query around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from sqlglot import exp

from conversion.from_mysql.rewriter import Handler
from conversion.from_mysql.value import Value
from conversion.from_mysql.words import Words
from conversion.scopes import Scope
from conversion.shapes import Shapes

Outputs = list[tuple[str, Value]]


class Queries(Protocol):
    """What a SELECT needs of the query around it."""

    shapes: Shapes
    words: Words
    handlers: Mapping[str | type[exp.Expr], Handler]
    notes: list[str]

    def rewrite(self, node: exp.Expr, parent: Scope | None = None) -> tuple[exp.Query, Outputs]:
        """A query inside this one."""
        ...

    def common_tables(self, node: exp.Query, scope: Scope) -> exp.With | None:
        """The WITH clause."""
        ...

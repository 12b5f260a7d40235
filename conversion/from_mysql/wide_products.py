"""Products of integers as MySQL makes them, in 64 bits: PostgreSQL stays in the width of its operands, and refuses."""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from conversion.expressions import text_of
from conversion.typed import cast


def widened(sql: str) -> str:
    """An expression that gives an integer, with a factor of each of its own products (not in functions) in bigint."""
    node = sqlglot.parse_one(sql, read="postgres")
    products = list(_products(node))
    for product in products:
        product.set("this", cast(product.this, "bigint"))
    return text_of(node) if products else sql


def _products(node: exp.Expr) -> list[exp.Expr]:
    """Products with a column as a factor; what isn't a sum or product itself may give any type inside."""
    if isinstance(node, (exp.Paren, exp.Neg)):
        return _products(node.this)
    if not isinstance(node, (exp.Add, exp.Sub, exp.Mul)):
        return []
    sides = [node.this, node.expression]
    found = [inner for side in sides for inner in _products(side)]
    direct = isinstance(node, exp.Mul) and any(isinstance(side.unnest(), exp.Column) for side in sides)
    return [*found, node] if direct else found

"""Several values that become one: CASE, IF, COALESCE and their kind."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from conversion.from_mysql.comparisons import compare
from conversion.from_mysql.rewriter import Handler, Rewriter
from conversion.from_mysql.value import NUMBERS, Value, together, unified
from engines.catalog import Kind


def _case(rewriter: Rewriter, node: exp.Expr) -> Value:
    subject = rewriter.value(node.this) if node.args.get("this") else None
    branches, immutable = [], True
    for item in node.args["ifs"]:
        if subject is None:
            test = rewriter.value(item.this)
            condition = rewriter.words.condition(test)
        else:
            test = compare(rewriter, exp.EQ, subject, rewriter.value(item.this))
            condition = test.node
        immutable = immutable and test.immutable
        branches.append((condition, rewriter.value(item.args["true"])))
    default = node.args.get("default")
    return conditional(rewriter, branches, rewriter.value(default) if default else None, immutable)


def _if(rewriter: Rewriter, node: exp.Expr) -> Value:
    test = rewriter.value(node.this)
    other = node.args.get("false")
    branches = [(rewriter.words.condition(test), rewriter.value(node.args["true"]))]
    return conditional(rewriter, branches, rewriter.value(other) if other else None, test.immutable)


def conditional(
    rewriter: Rewriter, branches: list[tuple[exp.Expr, Value]], default: Value | None, immutable: bool
) -> Value:
    """CASE WHEN of conditions and values, all brought to one kind."""
    values = [value for _, value in branches] + ([default] if default else [])
    nodes, kind = same_kind(rewriter, values)
    ifs = [exp.If(this=test, true=value) for (test, _), value in zip(branches, nodes, strict=False)]
    made = exp.Case(ifs=ifs, default=nodes[-1] if default else None)
    return replace(kind, node=made, immutable=immutable and together(values))


def same_kind(rewriter: Rewriter, values: list[Value]) -> tuple[list[exp.Expr], Value]:
    """The values in one kind, and what that is."""
    kind = unified(values)
    kinds = {value.kind for value in values if value.kind is not None}
    if kind.kind is Kind.TEXT:
        return [rewriter.words.text(value).node for value in values], kind
    if kind.kind in NUMBERS and Kind.BOOLEAN in kinds:
        return [rewriter.words.number(value).node for value in values], kind
    return [value.node for value in values], kind


def _coalesce(rewriter: Rewriter, node: exp.Expr) -> Value:
    values = [rewriter.value(item) for item in (node.this, *node.expressions)]
    literals = [value for value in values if value.literal in ("0", "1")]
    kinds = {value.kind for value in values if value not in literals}
    if kinds == {Kind.BOOLEAN} and literals:
        values = [
            Value(exp.Boolean(this=value.literal == "1"), Kind.BOOLEAN) if value in literals else value
            for value in values
        ]
    nodes, kind = same_kind(rewriter, values)
    return replace(kind, node=exp.Coalesce(this=nodes[0], expressions=nodes[1:]), immutable=together(values))


def _nullif(rewriter: Rewriter, node: exp.Expr) -> Value:
    left, right = rewriter.value(node.this), rewriter.value(node.expression)
    equal = compare(rewriter, exp.EQ, left, right)
    made = exp.Case(ifs=[exp.If(this=equal.node, true=exp.Null())], default=left.node)
    return replace(left, node=made, immutable=together([left, right]))


BRANCHES: dict[str | type[exp.Expr], Handler] = {
    exp.Case: _case,
    exp.If: _if,
    exp.Coalesce: _coalesce,
    exp.Nullif: _nullif,
}

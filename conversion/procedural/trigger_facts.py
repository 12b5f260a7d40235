"""What PostgreSQL tells a trigger function of the event at hand, settled for one event at a time."""

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from conversion.procedural.parse_plpgsql import parse_body
from conversion.procedural.tree import Block, Branch, Case, If, Node, Return, walk
from conversion.shapes import Untranslatable
from engines.catalog import Routine, Table, Trigger, View

# what a trigger function may return: (timing, event) -> the value with which the row is taken as it stands
STORED = {
    ("BEFORE", "INSERT"): "NEW",
    ("BEFORE", "UPDATE"): "NEW",
    ("BEFORE", "DELETE"): "OLD",
    ("INSTEAD OF", "INSERT"): "NEW",
    ("INSTEAD OF", "UPDATE"): "NEW",
    ("INSTEAD OF", "DELETE"): "OLD",
}


def settled(owner: Table | View, trigger: Trigger, function: Routine, event: str) -> tuple[Block, dict[str, str]]:
    """The function's tree for one event, without the RETURN at its end, and what tg_op and its like are."""
    tree = parse_body(function.body or "")
    facts = {"tg_op": event, "tg_when": trigger.timing, "tg_level": "ROW", "tg_table_name": owner.name,
             "tg_table_schema": owner.schema_name, "tg_name": trigger.name, "tg_relname": owner.name}  # fmt: skip
    tree.body = _returns(settle(tree.body, facts), (trigger.timing, event))
    return tree, facts


def _returns(nodes: list[Node], place: tuple[str, str]) -> list[Node]:
    """Checks what the function returns; the RETURN at the end goes, the others just leave the program."""
    wanted = STORED.get(place)
    for top in nodes:
        for node in walk(top):
            if isinstance(node, Return):
                value = (node.value or "").strip().upper()
                if wanted is not None and value != wanted:
                    raise Untranslatable(f"it returns {value or 'nothing'}, which leaves the row out or as it was")
                node.value = None
    return nodes[:-1] if nodes and isinstance(nodes[-1], Return) else nodes


def settle(nodes: list[Node], facts: dict[str, str]) -> list[Node]:
    """The statements that remain when the names in facts (tg_op, ...) have these values; conditions are simplified."""
    found: list[Node] = []
    for node in nodes:
        if isinstance(node, Case):
            node = _case(node)
        if isinstance(node, If):
            found += _if(node, facts)
            continue
        for name, value in vars(node).items():
            if isinstance(value, list) and value and isinstance(value[0], Node) and name in ("body", "otherwise"):
                setattr(node, name, settle(value, facts))
        found.append(node)
    ends = [place for place, node in enumerate(found) if isinstance(node, Return)]
    return found[: ends[0] + 1] if ends else found  # what follows a RETURN is never reached


def _case(node: Case) -> Node:
    """CASE over TG_OP as IF; other CASE statements stay."""
    if node.operand is None or not node.operand.strip().lower().startswith("tg_") or node.otherwise is None:
        return node
    branches = [Branch(f"({node.operand}) = ({item.condition})", item.body) for item in node.branches]
    return If(branches, node.otherwise)


def _if(node: If, facts: dict[str, str]) -> list[Node]:
    kept: list[Branch] = []
    for branch in node.branches:
        value = condition(branch.condition, facts)
        if value is False:
            continue
        body = settle(branch.body, facts)
        if value is True:
            return [If(kept, body)] if kept else body
        kept.append(Branch(str(value), body))
    otherwise = settle(node.otherwise, facts)
    return [If(kept, otherwise)] if kept else otherwise


def condition(text: str, facts: dict[str, str]) -> str | bool:
    """The condition with the facts filled in: its text, or True or False where they decide it."""
    if not any(name in text.lower() for name in facts):
        return text
    try:
        node = sqlglot.parse_one(f"SELECT {text}", read="postgres").expressions[0]
    except SqlglotError as error:
        raise Untranslatable("the parser can't read it") from error
    found = _fold(node, facts)
    return found if isinstance(found, bool) else str(found.sql(dialect="postgres"))


def _fold(node: exp.Expr, facts: dict[str, str]) -> exp.Expr | bool:
    if isinstance(node, exp.Paren):
        inner = _fold(node.this, facts)
        return inner if isinstance(inner, bool) else exp.Paren(this=inner)
    if isinstance(node, exp.Not):
        inner = _fold(node.this, facts)
        return not inner if isinstance(inner, bool) else exp.Not(this=inner)
    if isinstance(node, (exp.And, exp.Or)):
        return _joined(node, facts)
    if isinstance(node, (exp.EQ, exp.NEQ)):
        left, right = _fact(node.this, facts), _fact(node.expression, facts)
        if left is not None and right is not None:
            return (left == right) is isinstance(node, exp.EQ)
    if isinstance(node, exp.In) and _fact(node.this, facts) is not None:
        values = [_fact(item, facts) for item in node.expressions]
        if values and None not in values:
            return _fact(node.this, facts) in values
    return node


def _joined(node: exp.And | exp.Or, facts: dict[str, str]) -> exp.Expr | bool:
    decides = isinstance(node, exp.Or)  # the value of one side that decides the whole
    left, right = _fold(node.this, facts), _fold(node.expression, facts)
    if decides in (left, right):
        return decides
    if isinstance(left, bool):
        return right
    if isinstance(right, bool):
        return left
    return type(node)(this=left, expression=right)


def _fact(node: exp.Expr, facts: dict[str, str]) -> str | None:
    node = node.unnest()
    if isinstance(node, exp.Cast):
        node = node.this
    if isinstance(node, exp.Literal) and node.is_string:
        return str(node.this)
    if isinstance(node, exp.Column) and not node.table:
        return facts.get(node.name.lower())
    return None

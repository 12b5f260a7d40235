"""SQLite's CASE, CAST, COLLATE, subqueries and clock on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from conversion import comparisons
from conversion.rewriter import Handler, Rewriter, utc_now
from conversion.shapes import NUMBERS, Untranslatable
from conversion.typed import Typed, as_text, call, cast, condition, double, number, text, unified
from engines.catalog import Kind


def _case(rewriter: Rewriter, node: exp.Expr) -> Typed:
    subject = rewriter.typed(node.this) if node.this is not None else None
    tests: list[exp.Expr] = []
    for branch in node.args["ifs"]:
        test = rewriter.typed(branch.this)
        tests.append(comparisons.compare(exp.EQ, subject, test).node if subject else condition(test))
    default = node.args.get("default")
    values = [rewriter.typed(branch.args["true"]) for branch in node.args["ifs"]]
    values.append(rewriter.typed(default) if default is not None else Typed(exp.Null(), None))
    return _branches(tests, values)


def _if(rewriter: Rewriter, node: exp.Expr) -> Typed:
    test = rewriter.condition(node.this)
    otherwise = node.args.get("false")
    values = [rewriter.typed(node.args["true"])]
    values.append(rewriter.typed(otherwise) if otherwise is not None else Typed(exp.Null(), None))
    return _branches([test], values)


def _branches(tests: list[exp.Expr], values: list[Typed]) -> Typed:
    nodes, kind = unified(values)
    ifs = [exp.If(this=test, true=node) for test, node in zip(tests, nodes[:-1], strict=True)]
    default = None if isinstance(nodes[-1], exp.Null) else nodes[-1]
    return Typed(exp.Case(ifs=ifs, default=default), kind, immutable=all(value.immutable for value in values))


def _cast(rewriter: Rewriter, node: exp.Expr) -> Typed:
    value = rewriter.typed(node.this)
    wanted = node.args["to"].sql(dialect="sqlite").upper()
    if "CHAR" in wanted or "TEXT" in wanted or "CLOB" in wanted:
        return as_text(value)
    if "INT" in wanted and (value.kind in (Kind.INTEGER, Kind.BOOLEAN, None) or value.route.startswith("epoch")):
        return number(value)
    if "INT" in wanted and value.kind in NUMBERS:
        return replace(value, node=cast(call("trunc", value.node), "bigint"), kind=Kind.INTEGER)
    if any(word in wanted for word in ("REAL", "FLOA", "DOUB")):
        return replace(number(value), node=double(number(value)), kind=Kind.FLOAT)
    raise Untranslatable(f"CAST of a {value.kind.value if value.kind else 'NULL'} value to {wanted} reads what it can")


def _collate(rewriter: Rewriter, node: exp.Expr) -> Typed:
    name = node.expression.name.upper()
    if name not in ("BINARY", "NOCASE", "RTRIM"):
        raise Untranslatable(f"collation {name} belongs to the program that used the file")
    return replace(rewriter.typed(node.this), collation="" if name == "BINARY" else name)


def _subquery(rewriter: Rewriter, node: exp.Expr) -> Typed:
    inner, outputs = rewriter.query(node.this)
    return replace(outputs[0], node=exp.Subquery(this=inner), route="", immutable=False)


def _exists(rewriter: Rewriter, node: exp.Expr) -> Typed:
    inner, _ = rewriter.query(node.this)
    return Typed(exp.Exists(this=inner), Kind.BOOLEAN, immutable=False)


def _utc(pattern: str) -> Handler:
    def handler(rewriter: Rewriter, node: exp.Expr) -> Typed:
        moment = utc_now()
        return Typed(call("to_char", moment, text(pattern)), Kind.TEXT, moment=moment, immutable=False)

    return handler


CLAUSES: dict[str | type[exp.Expr], Handler] = {
    exp.Case: _case,
    exp.If: _if,
    exp.Cast: _cast,
    exp.Collate: _collate,
    exp.Subquery: _subquery,
    exp.Exists: _exists,
    exp.CurrentTimestamp: _utc("YYYY-MM-DD HH24:MI:SS"),
    exp.CurrentDate: _utc("YYYY-MM-DD"),
    exp.CurrentTime: _utc("HH24:MI:SS"),
}

"""Comparisons with SQLite's affinities and collations, written so that PostgreSQL gives the same answer."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from conversion.shapes import NUMBERS, Untranslatable
from conversion.typed import (
    MOMENTS,
    NUMBER,
    UUID_LOWER,
    Typed,
    call,
    collate_c,
    folded,
    grouped,
    moment_literal,
    number,
    text,
)
from engines.catalog import Kind

ORDERING = (exp.LT, exp.LTE, exp.GT, exp.GTE)


def compare(operator: type[exp.Expr], left: Typed, right: Typed) -> Typed:
    """left operator right as a boolean; refused where the two engines compare differently."""
    pair = sides(left, right, ordering=operator in ORDERING)
    node = operator(this=grouped(pair[0]), expression=grouped(pair[1]))
    return Typed(node, Kind.BOOLEAN, immutable=left.immutable and right.immutable)


def sides(left: Typed, right: Typed, ordering: bool) -> tuple[exp.Expr, exp.Expr]:
    """Both operands in a form that PostgreSQL compares as SQLite does."""
    if left.kind is None or right.kind is None:
        return left.node, right.node
    for one, other, swapped in ((left, right, False), (right, left, True)):
        found = _one_way(one, other, ordering)
        if found:
            return (found[1], found[0]) if swapped else found
    raise Untranslatable(f"SQLite compares a {left.kind.value} with a {right.kind.value} by storage class")


def _one_way(one: Typed, other: Typed, ordering: bool) -> tuple[exp.Expr, exp.Expr] | None:
    if one.kind is Kind.BOOLEAN:
        return _boolean(one, other)
    if one.kind in NUMBERS:
        return _numeric(one, other)
    if one.kind is Kind.TEXT and other.kind is Kind.TEXT:
        return _text(one, other, ordering)
    if one.kind is Kind.TEXT and one.literal is None and other.kind in NUMBERS and other.literal is not None:
        return _text(one, replace(other, node=text(other.literal), kind=Kind.TEXT), ordering)
    if one.kind in MOMENTS:
        return _moment(one, other)
    if one.kind is Kind.UUID:
        if other.kind is Kind.UUID or (other.literal is not None and UUID_LOWER.match(other.literal)):
            return one.node, other.node
        return None
    if one.kind is Kind.BINARY and other.kind is Kind.BINARY:
        return one.node, other.node
    return None


def _boolean(one: Typed, other: Typed) -> tuple[exp.Expr, exp.Expr] | None:
    if other.kind is Kind.BOOLEAN:
        return one.node, other.node
    if other.literal in ("0", "1"):
        return one.node, exp.Boolean(this=other.literal == "1")
    if other.kind in NUMBERS:
        return number(one).node, other.node
    return None


def _numeric(one: Typed, other: Typed) -> tuple[exp.Expr, exp.Expr] | None:
    if other.kind in NUMBERS:
        return one.node, other.node
    if other.kind is Kind.TEXT and other.literal is not None and one.literal is None and NUMBER.match(other.literal):
        return one.node, exp.Literal.number(other.literal)
    if other.kind in MOMENTS and other.route.startswith("epoch"):
        return one.node, number(other).node
    return None


def _moment(one: Typed, other: Typed) -> tuple[exp.Expr, exp.Expr] | None:
    if other.kind in MOMENTS:
        same = one.kind == other.kind and (one.route == other.route or "" in (one.route, other.route))
        return (one.node, other.node) if same else None
    if other.kind is Kind.TEXT and not one.route.startswith("epoch"):
        return one.node, moment_literal(other, one.route == "timestamptz")
    return None


def _text(one: Typed, other: Typed, ordering: bool) -> tuple[exp.Expr, exp.Expr]:
    collation = (one.collation or other.collation).upper()
    if collation == "NOCASE":
        return folded(one), folded(other)
    if collation == "RTRIM":
        return call("rtrim", one.node, text(" ")), call("rtrim", other.node, text(" "))
    if ordering:
        return collate_c(one.node), other.node
    return one.node, other.node


def like(value: Typed, pattern: Typed, escape: exp.Expr | None, negated: bool) -> Typed:
    """SQLite's LIKE: ASCII letters match without case, and only ESCAPE names an escape character."""
    if value.kind is not Kind.TEXT or pattern.kind is not Kind.TEXT:
        raise Untranslatable("LIKE on a value that isn't text")
    node: exp.Expr = exp.ILike(this=collate_c(value.node), expression=grouped(pattern.node))
    if escape is not None or pattern.literal is None or "\\" in pattern.literal:
        node = exp.Escape(this=node, expression=escape or text(""))
    result = exp.Not(this=exp.Paren(this=node)) if negated else node
    return Typed(result, Kind.BOOLEAN, immutable=value.immutable and pattern.immutable)


def glob(value: Typed, pattern: Typed) -> Typed:
    """SQLite's GLOB with a literal pattern, as a regular expression over the whole text."""
    if value.kind is not Kind.TEXT or pattern.literal is None:
        raise Untranslatable("GLOB with a pattern that isn't a literal, or on a value that isn't text")
    node = exp.RegexpLike(this=collate_c(value.node), expression=text(f"^{_regular(pattern.literal)}$"))
    return Typed(node, Kind.BOOLEAN, immutable=value.immutable)


def _regular(pattern: str) -> str:
    out, position = "", 0
    while position < len(pattern):
        character = pattern[position]
        end = pattern.find("]", position + 2) if character == "[" else -1
        if end > 0:
            inside = pattern[position + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            out += f"[{inside}]"
            position = end
        else:
            out += {"*": ".*", "?": "."}.get(character) or (
                "\\" + character if character in r"\.^$|()[]{}+" else character
            )
        position += 1
    return out

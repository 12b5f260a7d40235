"""Comparisons as MySQL makes them: text without case, labels of enums, dates with text that is a date."""

from __future__ import annotations

import datetime
import re

from sqlglot import exp

from conversion.from_mysql.rewriter import Rewriter
from conversion.from_mysql.value import MOMENTS, NUMBERS, TEXTS, Value
from conversion.shapes import Untranslatable
from conversion.typed import grouped, text
from engines.catalog import Kind

ISO = re.compile(r"^\d{4}-\d\d-\d\d([ T]\d\d:\d\d:\d\d(\.\d{1,6})?)?$")
CASE_NOTE = "text compares without case, as on the source: by lower(), which tells accents apart where MySQL may not"


def compare(rewriter: Rewriter, operator: type[exp.Expr], left: Value, right: Value) -> Value:
    """left operator right as a boolean."""
    one, other = sides(rewriter, left, right)
    node = operator(this=grouped(one), expression=grouped(other))
    return Value(node, Kind.BOOLEAN, immutable=left.immutable and right.immutable)


def sides(rewriter: Rewriter, left: Value, right: Value) -> tuple[exp.Expr, exp.Expr]:
    """Both operands in a form that the target compares as MySQL does."""
    if left.kind is None or right.kind is None:
        return left.node, right.node
    for one, other, swapped in ((left, right, False), (right, left, True)):
        found = _one_way(rewriter, one, other)
        if found is not None:
            return (found[1], found[0]) if swapped else found
    raise Untranslatable(f"MySQL compares a {left.kind.value} with a {right.kind.value} by converting one of them")


def _one_way(rewriter: Rewriter, one: Value, other: Value) -> tuple[exp.Expr, exp.Expr] | None:
    words = rewriter.words
    if one.kind is Kind.BOOLEAN:
        if other.kind is Kind.BOOLEAN:
            return one.node, other.node
        if other.literal in ("0", "1"):
            return one.node, exp.Boolean(this=other.literal == "1")
        return (words.number(one).node, words.number(other).node) if other.kind in NUMBERS else None
    if one.kind in NUMBERS:
        if other.kind in NUMBERS:
            return one.node, other.node
        return (one.node, words.number_literal(other.literal).node) if other.literal and not one.literal else None
    if one.kind is Kind.ENUM:
        return _label(rewriter, one, other)
    if one.kind in TEXTS and other.kind in TEXTS:
        return _texts(rewriter, one, other)
    if one.kind in MOMENTS:
        return _moments(rewriter, one, other)
    if one.kind is other.kind and one.kind in (Kind.BINARY, Kind.UUID, Kind.TIME, Kind.BIT):
        return one.node, other.node
    return None


def _label(rewriter: Rewriter, one: Value, other: Value) -> tuple[exp.Expr, exp.Expr] | None:
    if other.kind is Kind.ENUM and other.labels == one.labels:
        return one.node, other.node
    if other.literal is not None:
        known = {label.lower() if one.folds else label: label for label in one.labels}
        found = known.get(other.literal.lower() if one.folds else other.literal)
        if found is not None:
            return one.node, text(found)
    return _texts(rewriter, one, other) if other.kind in TEXTS else None


def _texts(rewriter: Rewriter, one: Value, other: Value) -> tuple[exp.Expr, exp.Expr]:
    left, right = rewriter.words.text(one), rewriter.words.text(other)
    if not (one.folds or other.folds):
        return left.node, right.node
    rewriter.note(CASE_NOTE)
    return _folded(rewriter, left), _folded(rewriter, right)


def _folded(rewriter: Rewriter, value: Value) -> exp.Expr:
    if value.literal is not None:
        return text(value.literal.lower())
    return rewriter.words.fold(value.node)


def _moments(rewriter: Rewriter, one: Value, other: Value) -> tuple[exp.Expr, exp.Expr] | None:
    if other.kind in MOMENTS:
        alike = one.kind is other.kind or rewriter.words.mixed_moments
        return (one.node, other.node) if alike and (one.zoned == other.zoned or one.kind is not other.kind) else None
    if other.kind is Kind.TEXT and other.literal is not None and one.literal is None:
        if not valid_moment(other.literal):
            raise Untranslatable(f"'{other.literal}' is no date that the target knows")
        return one.node, rewriter.words.moment(other.literal, one)
    return None


def valid_moment(written: str) -> bool:
    """True for an ISO date or date-time of the calendar."""
    if not ISO.match(written):
        return False
    try:
        datetime.datetime.fromisoformat(written)
    except ValueError:
        return False
    return True

"""SQL conditions over one table as MongoDB queries that hold, or fail, for the same rows."""

from __future__ import annotations

from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from conversion.documents.relations_access import DIALECTS
from conversion.documents.relations_literals import (
    as_number,
    bare,
    day,
    elements,
    number,
    plain,
    reading,
    regex,
    written,
)
from conversion.documents.relations_places import Location, Place
from conversion.shapes import Untranslatable
from engines.catalog import Kind
from engines.families import family

Query = dict[str, Any]
COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "$eq", exp.NEQ: "$ne", exp.GT: "$gt", exp.GTE: "$gte", exp.LT: "$lt", exp.LTE: "$lte",
}  # fmt: skip
OPPOSITE = {"$eq": "$ne", "$ne": "$eq", "$gt": "$lte", "$gte": "$lt", "$lt": "$gte", "$lte": "$gt"}
MIRRORED = {"$eq": "$eq", "$ne": "$ne", "$gt": "$lt", "$gte": "$lte", "$lt": "$gt", "$lte": "$gte"}
NUMBERS = {"int", "long", "unsigned", "double", "decimal", "number"}
TEXTS = {"string"}
DAYS = {"date", "date_text"}
FLAGS = {"bool", "flag"}
TRUE, FALSE = {"1", "t", "true"}, {"0", "f", "false"}
COMPARABLE = (NUMBERS, DAYS, {"timestamp"}, {"moment"})
COMPARABLE = (NUMBERS, DAYS, {"timestamp"}, {"moment"})
# (encoding, length in bytes) -> the function, and what it takes in place of a value that isn't there
LENGTHS: dict[tuple[str, bool], tuple[str, Any]] = {
    ("string", False): ("$strLenCP", ""),
    ("binary", True): ("$binarySize", {"$binary": {"base64": "", "subType": "00"}}),
}
# comparisons that milliseconds answer as microseconds do, when the other side is whole milliseconds
BY_MILLISECONDS = {"$gte", "$lt"}
PADDING = "trailing spaces count in documents, not in the source"
NOT_NULL: Query = {"$ne": None}


class Conditions:
    """Translates for one place; partial: only what partialFilterExpression takes.

    SQL knows a third answer where NULL takes part; holds() is true for the rows for which the condition is true,
    fails() for those for which it is false. A check constraint lets all rows pass for which it isn't false.
    Untranslatable with the reason.
    """

    def __init__(self, place: Place, engine: str, partial: bool = False) -> None:
        self.place = place
        self.engine = engine
        self.family = family(engine)
        self.partial = partial

    def check(self, sql: str) -> Query:
        """A validator's query for a check constraint: no row, no element of an array, may fail it."""
        failing = self.fails(self._parsed(sql))
        if self.place.array is None:
            return {"$nor": [failing]}
        return {"$nor": [{self.place.array: {"$elemMatch": failing}}]}

    def filter(self, sql: str) -> Query:
        """A query for the rows for which the condition is true."""
        if self.place.array is not None:
            raise Untranslatable("its rows are elements of arrays")
        return self.holds(self._parsed(sql))

    def holds(self, node: exp.Expr) -> Query:
        """The rows for which it is true."""
        node = bare(node)
        if isinstance(node, exp.And):
            return {"$and": [self.holds(node.this), self.holds(node.expression)]}
        if isinstance(node, exp.Or):
            return {"$or": [self.holds(node.this), self.holds(node.expression)]}
        if isinstance(node, exp.Not):
            return self.fails(node.this)
        return self._atom(node, True)

    def fails(self, node: exp.Expr) -> Query:
        """The rows for which it is false."""
        node = bare(node)
        if isinstance(node, exp.And):
            return {"$or": [self.fails(node.this), self.fails(node.expression)]}
        if isinstance(node, exp.Or):
            return {"$and": [self.fails(node.this), self.fails(node.expression)]}
        if isinstance(node, exp.Not):
            return self.holds(node.this)
        return self._atom(node, False)

    def _parsed(self, sql: str) -> exp.Expr:
        try:
            found = sqlglot.parse_one(f"SELECT {sql}", read=DIALECTS[self.family])
        except SqlglotError as error:
            raise Untranslatable("the parser can't read it") from error
        if not isinstance(found, exp.Select) or len(found.expressions) != 1:
            raise Untranslatable("the parser can't read it")
        inner: exp.Expr = found.expressions[0]
        return inner

    def _atom(self, node: exp.Expr, true: bool) -> Query:
        true = true != bool(node.args.get("negate"))  # IS NOT NULL, NOT IN, NOT LIKE, NOT BETWEEN
        kind = COMPARISONS.get(type(node))
        if kind is not None:
            return self._compared(node, kind if true else OPPOSITE[kind])
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
            return self._null(node.this, true)
        if isinstance(node, exp.In) and not node.args.get("query") and not node.args.get("unnest"):
            return self._member(node.this, node.expressions, true)
        if isinstance(node, exp.Between):
            low = exp.GTE(this=node.this, expression=node.args["low"])
            high = exp.LTE(this=node.this, expression=node.args["high"])
            both = exp.And(this=low, expression=high)
            return self.holds(both) if true else self.fails(both)
        if isinstance(node, exp.Like) and isinstance(bare(node.expression), exp.Literal):
            return self._like(node, true)
        if isinstance(node, exp.Column) and self._column(node).encoding in FLAGS:
            return {self._name(self._column(node)): {"$eq": true}}
        raise Untranslatable(f"{node.sql(dialect=DIALECTS[self.family])[:80]} has no counterpart in a query")

    def _compared(self, node: exp.Expr, operator: str) -> Query:
        left, right = bare(node.args["this"]), bare(node.args["expression"])
        if isinstance(right, exp.Any) and operator in ("$eq", "$ne"):
            return self._member(left, elements(right), operator == "$eq")
        if not isinstance(left, (exp.Column, exp.Length)):
            left, right, operator = right, left, MIRRORED[operator]
        if isinstance(left, exp.Length):
            return self._length(left, right, operator)
        if not isinstance(left, exp.Column):
            raise Untranslatable("neither side is a column")
        location = self._column(left)
        if isinstance(right, exp.Column):
            return self._columns(location, self._column(right), operator)
        if location.encoding == "timestamp" and operator in BY_MILLISECONDS:
            return {self._name(location): {operator: plain(reading(written(right)))}}
        value = self._value(right, location, ordered=operator not in ("$eq", "$ne"))
        if operator != "$ne":
            return {self._name(location): {operator: value}}
        self._whole_language("<>")
        return {self._name(location): {"$nin": [value], **NOT_NULL}}

    def _columns(self, one: Location, other: Location, operator: str) -> Query:
        self._whole_language("a comparison of two columns")
        comparable = any({one.encoding, other.encoding} <= group for group in COMPARABLE)
        same_text = one.encoding == other.encoding == "string" and operator in ("$eq", "$ne")
        if not (comparable or same_text) or one.rest or other.rest or one.folded or other.folded:
            raise Untranslatable("the two columns don't compare in documents as they do in the source")
        if self.place.array is not None:
            raise Untranslatable("columns of array elements can't be compared with each other in a validator")
        paths = [one.path, other.path]
        compared: Query = {"$expr": {operator: [f"${path}" for path in paths]}}
        return {"$and": [*({path: NOT_NULL} for path in paths), compared]}

    def _length(self, node: exp.Length, right: exp.Expr, operator: str) -> Query:
        self._whole_language("a length")
        location = self._column(bare(node.this))
        bytes_counted = node.args.get("binary") or (self.family == "postgresql" and location.kind is Kind.BINARY)
        measure = LENGTHS.get((location.encoding, bool(bytes_counted)))
        if measure is None or self.family == "sqlite" or self.place.array is not None:
            raise Untranslatable("the length of such a value isn't known in a query")
        function, empty = measure
        measured = {function: {"$ifNull": [f"${location.path}", empty]}}
        return {"$and": [{location.path: NOT_NULL}, {"$expr": {operator: [measured, int(number(right))]}}]}

    def _null(self, node: exp.Expr, true: bool) -> Query:
        name = self._name(self._column(bare(node)))
        if true:
            return {name: None}
        return {name: {"$exists": True}} if self.partial else {name: NOT_NULL}

    def _member(self, node: exp.Expr, values: list[exp.Expr], true: bool) -> Query:
        location = self._column(bare(node))
        found = [self._value(bare(value), location, ordered=False) for value in values]
        if not true:
            self._whole_language("NOT IN")
            return {self._name(location): {"$nin": found, **NOT_NULL}}
        return {self._name(location): {"$in": found}}

    def _like(self, node: exp.Like, true: bool) -> Query:
        self._whole_language("LIKE")
        location = self._column(bare(node.this))
        if location.encoding != "string" or location.folded or self.family == "sqlite" or isinstance(node, exp.ILike):
            raise Untranslatable("LIKE without regard to case")
        pattern = {"$regex": f"\\A{regex(bare(node.expression).name)}\\z", "$options": "s"}
        name = self._name(location)
        return {name: pattern} if true else {name: {"$not": pattern, **NOT_NULL}}

    def _column(self, node: exp.Expr) -> Location:
        found = self.place.find(node.name) if isinstance(node, exp.Column) else None
        if found is None:
            raise Untranslatable(f"{node.sql(dialect=DIALECTS[self.family])[:80]} is no column of the table")
        if not self.place.within(found):
            raise Untranslatable("it compares an element of an array with its document")
        return found

    def _name(self, location: Location) -> str:
        name = location.inside if self.place.array is not None else location.path
        if not name:
            raise Untranslatable("the array holds plain values")
        return name

    def _whole_language(self, what: str) -> None:
        if self.partial:
            raise Untranslatable(f"partialFilterExpression takes no counterpart of {what}")

    def _value(self, node: exp.Expr, location: Location, ordered: bool) -> Any:
        """A literal as the field holds it, in Extended JSON."""
        literal = written(node)
        if location.encoding in NUMBERS:
            return plain(as_number(number(node), location.encoding))
        if location.encoding in FLAGS and not ordered and literal.lower() in TRUE | FALSE:
            return literal.lower() in TRUE
        if location.encoding in TEXTS and isinstance(node, exp.Literal) and node.is_string:
            self._comparable_text(location)
            if ordered:
                raise Untranslatable("text sorts by its bytes in a query, by a collation or its labels in the source")
            return literal
        if location.encoding in DAYS:
            return plain(day(literal))
        raise Untranslatable(f"{node.sql()[:60]} can't be compared with a field that holds {location.encoding}")

    def _comparable_text(self, location: Location) -> None:
        if location.folded:
            raise Untranslatable("text that compares without regard to case")
        if self.family == "mysql" and location.kind is not Kind.ENUM and "0900" not in (location.collation or ""):
            raise Untranslatable(PADDING)
        if self.family == "postgresql" and location.kind is Kind.CHAR:
            raise Untranslatable(PADDING)

"""How a path is stored, decided by a table: the first row that applies, with its reason.

Thresholds are planning values: 99 % of one type and 20 % coverage are what practice holds for stable fields
(docs/mongodb-to-relational.md); a column for less than one object in a hundred costs more to read than it tells.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conversion.documents.observed import INTEGERS, Seen

STABLE = 0.99  # part of the values that one type must have for a column of that type
COVERED = 0.20  # part of the objects that must have a sub-document for it to be flattened
RARE = 0.01  # below this part of the objects a field gets no column
RARE_NEEDS = 200  # fewer objects than these tell nothing about rareness
DEEPEST = 4  # names from the row to a field; deeper sub-documents stay JSON
DEEPEST_TABLE = 3  # tables below each other
MOST_KEYS = 100  # fields of a sub-document that are still names; more, seldom ones are data
EXACT_IN_DOUBLE = 2**53
SCALARS = {
    "string": "text", "objectId": "objectid", "bool": "bool", "date": "date", "decimal": "decimal",
    "timestamp": "timestamp",
}  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """A path as the rules see it; depth: names from its row, level: tables above its row's table."""

    seen: Seen
    depth: int
    level: int

    @property
    def main(self) -> str:
        """The type that nearly all values have; empty when there is none."""
        name, share = self.seen.dominant
        return name if share >= STABLE else ""

    @property
    def rare(self) -> bool:
        """True for a field of hardly any object."""
        return self.seen.field.parents >= RARE_NEEDS and self.seen.share < RARE

    @property
    def keys_are_data(self) -> bool:
        """True for an object whose keys are entries rather than fields."""
        children = self.seen.children.values()
        if self.seen.field.map_like:
            return True
        return len(children) > MOST_KEYS and sum(child.share for child in children) / len(children) < COVERED

    @property
    def elements(self) -> str:
        """The type that nearly all elements have; empty when there is none, null when no element was seen."""
        element = self.seen.element
        if element is None:
            return "null"
        name, share = element.dominant
        return name if share >= STABLE else ""


@dataclass(frozen=True)
class Rule:
    """The first rule that applies decides; names in braces of the reason are filled in.

    kind as in Node.kind, with `map` for rows of entries; encoding where it is a column.
    """

    name: str
    applies: Callable[[Facts], bool]
    kind: str
    encoding: str | Callable[[Facts], str]
    reason: str
    alternatives: tuple[str, ...] = ()


def _numbers(facts: Facts) -> str:
    """The encoding that widens the numbers found without loss; empty where there is none."""
    found = {name for name in facts.seen.types if name in INTEGERS or name == "double"}
    if found <= INTEGERS:
        return "integer" if len(found) > 1 else next(iter(found), "")
    counts = facts.seen.types
    integers = counts.get("int", 0) + counts.get("long", 0)
    if found == {"double"} or facts.seen.field.forms.get("whole", 0) > integers:
        return "double"
    low, high = facts.seen.field.minimum, facts.seen.field.maximum
    if max(abs(low or 0), abs(high or 0)) > EXACT_IN_DOUBLE:
        return ""
    return "number" if counts.get("int", 0) >= counts.get("long", 0) else "number_long"


def _binary(facts: Facts) -> str:
    subtypes = facts.seen.field.subtypes
    if len(subtypes) > 1:
        return "binary_any"
    only = next(iter(subtypes), "0")
    return "uuid" if only == "4" and facts.seen.field.max_bytes in (None, 16) else "binary"


def _no_column(facts: Facts) -> bool:
    return facts.main not in SCALARS and facts.main not in ("number", "binData")


def _simple_elements(facts: Facts) -> bool:
    return facts.main == "array" and bool(facts.elements) and facts.level < DEEPEST_TABLE


RULES: tuple[Rule, ...] = (
    Rule("rare", lambda f: f.rare, "residue", "", "in {share} of the objects: too seldom for a column", ("json",)),
    Rule("only null", lambda f: not f.seen.values, "column", "json", "no value but null was seen, so no type is known"),
    Rule(
        "reference", lambda f: f.main == "object" and f.seen.reference and f.depth < DEEPEST, "object", "",
        "references in MongoDB's form: $ref, $id and $db become columns", ("json",),
    ),
    Rule(
        "keys are data", lambda f: f.main == "object" and f.keys_are_data and f.level < DEEPEST_TABLE, "map", "",
        "its keys are data: a row per entry", ("json",),
    ),
    Rule(
        "sub-document", lambda f: f.main == "object" and not f.keys_are_data and f.seen.share >= COVERED
        and f.depth < DEEPEST, "object", "", "a sub-document in {share} of the objects: its fields become columns",
        ("json",),
    ),
    Rule(
        "sparse sub-document", lambda f: f.main == "object" and f.depth < DEEPEST and not f.keys_are_data, "column",
        "json", "a sub-document in only {share} of the objects", ("flatten",),
    ),
    Rule(
        "deep sub-document", lambda f: f.main == "object", "column", "json",
        "a sub-document {depth} names and {level} tables down: deeper than columns stay readable", ("flatten",),
    ),
    Rule("array", _simple_elements, "rows", "", "an array: a row per element, in order", ("json",)),
    Rule(
        "array of mixed elements", lambda f: f.main == "array" and f.level < DEEPEST_TABLE, "column", "json",
        "an array whose elements are of several types", ("child",),
    ),
    Rule(
        "deep array", lambda f: f.main == "array", "column", "json",
        "an array {level} tables down: deeper than tables stay readable", ("child",),
    ),
    Rule(
        "numbers", lambda f: f.main == "number" and bool(_numbers(f)), "column", _numbers, "{types}; {encoding}",
        ("json",),
    ),
    Rule("binary", lambda f: f.main == "binData", "column", _binary, "{types}; {encoding}", ("json",)),
    Rule("one type", lambda f: f.main in SCALARS, "column", lambda f: SCALARS[f.main], "{types}; {encoding}"),
    Rule(
        "no type of SQL", lambda f: bool(f.main) and _no_column(f), "column", "json",
        "{types}: SQL has no such type, so its Extended JSON is kept",
    ),
    Rule(
        "polymorphic", lambda f: True, "column", "json",
        "{types}: no one type has {stable} of the values, and none is cast silently", ("columns", "text"),
    ),
)  # fmt: skip


def decide(facts: Facts) -> tuple[Rule, str]:
    """The rule that applies and the encoding it names."""
    for rule in RULES:
        if rule.applies(facts):
            return rule, rule.encoding(facts) if callable(rule.encoding) else rule.encoding
    raise AssertionError("the last rule applies to everything")


def type_words(seen: Seen) -> str:
    """Types with their counts for people: `12 string, 3 int`."""
    ordered = sorted(seen.field.types.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {name}" for name, count in ordered) or "no value"

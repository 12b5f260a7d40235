"""Which BSON type a column becomes: a table of rules per kind of value, the first that fits is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conversion.documents.relations_values import ARRAY, encoding
from conversion.relational.choice import ColumnFacts
from engines.catalog import Kind, LogicalType
from engines.errors import UsageError
from engines.families import family
from engines.profile import ColumnProfile

DECIMAL128_DIGITS = 34  # IEEE 754-2008 decimal128; https://github.com/mongodb/specifications, BSON Decimal128
EXACT_MS = 3  # digits of a second that a BSON date keeps


@dataclass(frozen=True)
class FieldType:
    """The encoding of a column, why, and what else could be asked for; rest: microseconds need a field of their own."""

    encoding: str
    reason: str
    alternatives: tuple[str, ...] = ()
    rest: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """One row: a kind, the condition's name, the encoding, the reason, alternatives (see ASKED), what to know."""

    kind: Kind
    when: str
    encoding: str
    reason: str
    alternatives: tuple[str, ...] = ()
    rest: bool = False
    note: str = ""


@dataclass(frozen=True)
class Facts:
    """What conditions look at; keyed: equality of the column's values decides (keys, references, unique indexes)."""

    type: LogicalType
    native: str
    family: str
    profile: ColumnProfile | None
    keyed: bool

    @property
    def classes(self) -> set[str]:
        """The storage classes that were seen, null aside; empty when nobody looked."""
        found = self.profile.classes if self.profile else {}
        return {name for name, count in found.items() if count and name != "null"}

    def only(self, *classes: str) -> bool:
        """True where somebody looked, and no value of another class was there."""
        return self.profile is not None and self.classes <= set(classes)

    def ranges(self, low: int, high: int) -> bool:
        """True where all integers that were seen are in the range; False when nobody looked."""
        if self.profile is None or self.profile.minimum is None or self.profile.maximum is None:
            return False
        return low <= self.profile.minimum and self.profile.maximum <= high


def _digits(facts: Facts) -> bool:
    if facts.type.precision is not None:
        return max(facts.type.precision, facts.type.scale or 0) <= DECIMAL128_DIGITS
    found = facts.profile
    if found is None or found.max_digits is None:
        return False
    return found.max_digits + (found.max_scale or 0) <= DECIMAL128_DIGITS


def _milliseconds(facts: Facts) -> bool:
    return facts.type.precision is not None and facts.type.precision <= EXACT_MS


CONDITIONS: dict[str, Callable[[Facts], bool]] = {
    "": lambda facts: True,
    "sqlite": lambda facts: facts.family == "sqlite",
    "sqlite integers": lambda facts: facts.family == "sqlite" and facts.only("integer"),
    "sqlite numbers": lambda facts: facts.family == "sqlite" and facts.only("integer", "real"),
    "sqlite texts": lambda facts: facts.family == "sqlite" and facts.only("text"),
    "sqlite dates": lambda facts: facts.family == "sqlite" and _share(facts, "iso_date") == 1,
    "sqlite moments": lambda facts: facts.family == "sqlite" and _share(facts, "iso_timestamp") == 1,
    "sqlite flags": lambda facts: facts.family == "sqlite" and facts.only("integer") and facts.ranges(0, 1),
    "mysql": lambda facts: facts.family == "mysql",
    "mysql flags": lambda facts: facts.native.startswith("tinyint(1)") and facts.ranges(0, 1),
    "32 bits": lambda facts: (facts.type.bits or 64) + facts.type.unsigned <= 32,
    "unsigned 64": lambda facts: facts.type.unsigned and (facts.type.bits or 64) == 64,
    "34 digits": _digits,
    "milliseconds": _milliseconds,
    "keyed": lambda facts: facts.keyed,
    "zone, milliseconds": lambda facts: facts.type.with_zone and _milliseconds(facts),
    "zone, keyed": lambda facts: facts.type.with_zone and facts.keyed,
    "zone": lambda facts: facts.type.with_zone,
}


def _share(facts: Facts, form: str) -> float:
    return facts.profile.share(form) if facts.profile else 0.0


OWN_TYPE = "SQLite's columns hold values of any type, each goes over with its own"
MICROSECONDS = "a BSON date has milliseconds; microseconds that are left over stand in a field beside it"
EQUAL = "its values are compared for equality, and a BSON date has milliseconds only"
IN_UTC = "wall-clock readings are kept as if they were in UTC"
# kind, condition, encoding, reason, alternatives, rest
RULES: list[Rule] = [
    Rule(Kind.INTEGER, "sqlite flags", "long", "whole numbers", ("bool", "int", "string")),
    Rule(Kind.INTEGER, "sqlite integers", "long", "SQLite's integers have 64 bits", ("int", "string")),
    Rule(Kind.INTEGER, "sqlite", "any", OWN_TYPE),
    Rule(Kind.INTEGER, "mysql flags", "flag", "tinyint(1) that holds 0 and 1 only", ("int", "long")),
    Rule(Kind.INTEGER, "unsigned 64", "unsigned", "numbers beyond 2^63 need a decimal", ("string",)),
    Rule(Kind.INTEGER, "32 bits", "int", "32 bits hold every value", ("long",)),
    Rule(Kind.INTEGER, "", "long", "64 bits", ("int", "string")),
    Rule(Kind.YEAR, "", "int", "a year is a number"),
    Rule(Kind.DECIMAL, "sqlite numbers", "number", "SQLite's numbers are integers and doubles"),
    Rule(Kind.DECIMAL, "sqlite", "any", OWN_TYPE),
    Rule(Kind.DECIMAL, "34 digits", "decimal", "Decimal128 has 34 digits", ("string", "double")),
    Rule(
        Kind.DECIMAL, "", "decimal_text", "more digits than the 34 of Decimal128 may occur", ("decimal",),
        note="numbers as text neither sort nor compute as numbers",
    ),
    Rule(Kind.FLOAT, "sqlite numbers", "number", "SQLite's numbers are integers and doubles"),
    Rule(Kind.FLOAT, "sqlite", "any", OWN_TYPE),
    Rule(Kind.FLOAT, "", "double", "a double holds it"),
    Rule(Kind.BOOLEAN, "sqlite flags", "flag", "only 0 and 1 occur", ("long",)),
    Rule(Kind.BOOLEAN, "sqlite", "any", OWN_TYPE),
    Rule(Kind.BOOLEAN, "mysql", "flag", "a number for true and false"),
    Rule(Kind.BOOLEAN, "", "bool", "true and false"),
    Rule(Kind.TEXT, "sqlite texts", "string", "text", ("binData", "object")),
    Rule(Kind.TEXT, "sqlite", "any", OWN_TYPE),
    Rule(Kind.TEXT, "", "string", "text", ("binData", "object")),
    Rule(Kind.CHAR, "sqlite texts", "string", "text", ("binData",)),
    Rule(Kind.CHAR, "sqlite", "any", OWN_TYPE),
    Rule(Kind.CHAR, "", "string", "text", ("binData",)),
    Rule(Kind.BINARY, "sqlite", "any", OWN_TYPE),
    Rule(Kind.BINARY, "", "binary", "bytes"),
    Rule(Kind.BIT, "mysql", "binary", "bits come as bytes"),
    Rule(Kind.BIT, "", "string", "bits as text of 0 and 1"),
    Rule(Kind.DATE, "sqlite dates", "date_text", "every text is a day YYYY-MM-DD", ("string",)),
    Rule(Kind.DATE, "sqlite moments", "timestamp_text", "every text is YYYY-MM-DD hh:mm:ss", ("string",)),
    Rule(Kind.DATE, "sqlite", "any", OWN_TYPE),
    Rule(Kind.DATE, "", "date", "midnight UTC of the day", ("string",)),
    Rule(Kind.TIME, "sqlite", "any", OWN_TYPE),
    Rule(Kind.TIME, "mysql", "duration", "BSON has no time of day; text in this form sorts up to 99 hours"),
    Rule(Kind.TIME, "", "time", "BSON has no time of day; text in this form sorts"),
    Rule(Kind.TIMESTAMP, "sqlite moments", "timestamp_text", "every text is YYYY-MM-DD hh:mm:ss", ("string",)),
    Rule(Kind.TIMESTAMP, "sqlite dates", "date_text", "every text is a day YYYY-MM-DD", ("string",)),
    Rule(Kind.TIMESTAMP, "sqlite", "any", OWN_TYPE),
    Rule(Kind.TIMESTAMP, "zone, milliseconds", "moment", "a BSON date is a moment in milliseconds", ("long",)),
    Rule(Kind.TIMESTAMP, "zone, keyed", "moment_long", EQUAL, ("date",)),
    Rule(Kind.TIMESTAMP, "zone", "moment", MICROSECONDS, ("long", "date"), rest=True),
    Rule(Kind.TIMESTAMP, "milliseconds", "timestamp", IN_UTC, ("long",)),
    Rule(Kind.TIMESTAMP, "keyed", "timestamp_long", EQUAL, ("date",)),
    Rule(Kind.TIMESTAMP, "", "timestamp", f"{IN_UTC}; {MICROSECONDS}", ("long", "date"), rest=True),
    Rule(Kind.INTERVAL, "", "interval", "BSON has no interval", note="intervals as text neither sort nor compute"),
    Rule(Kind.UUID, "sqlite", "any", OWN_TYPE, ("binData",)),
    Rule(Kind.UUID, "mysql", "uuid_text", "binary of subtype 4", ("string",)),
    Rule(Kind.UUID, "", "uuid", "binary of subtype 4", ("string",)),
    Rule(Kind.JSON, "sqlite", "any", OWN_TYPE, ("object",)),
    Rule(Kind.JSON, "", "json", "a JSON value is a document", ("string",)),
    Rule(Kind.XML, "", "string", "BSON has no XML"),
    Rule(Kind.ENUM, "", "string", "the label; the validator lists them"),
    Rule(Kind.SET, "", "labels", "an array of the labels that are set", ("string",)),
    Rule(Kind.NETWORK, "", "string", "BSON has no network address", note="addresses as text don't sort as addresses"),
    Rule(Kind.RANGE, "", "string", "BSON has no range", note="ranges as text can't be searched for overlap"),
    Rule(Kind.GEOMETRY, "mysql", "binary", "the server's own binary form", note="GeoJSON isn't derived from it"),
    Rule(Kind.GEOMETRY, "", "string", "the server's own text form", note="GeoJSON isn't derived from it"),
    Rule(Kind.COMPOSITE, "", "string", "the row's text form", note="the parts of composite values can't be searched"),
    Rule(Kind.DYNAMIC, "", "any", "each value goes over with its own type"),
    Rule(Kind.OTHER, "", "string", "the server's text form of a type that BSON has no counterpart for"),
]  # fmt: skip
BOUNDS = "not kept but in the quarantine: the bounds of an array of which a dimension doesn't begin at 1"
# what a request may ask for (BSON alias): encodings that take values of a kind, first by family
ASKED: dict[str, dict[Kind, str]] = {
    "string": {
        **dict.fromkeys((Kind.TEXT, Kind.CHAR, Kind.ENUM, Kind.SET, Kind.JSON, Kind.UUID), "string"),
        Kind.DECIMAL: "decimal_text",
        Kind.TIME: "time",
    },
    "int": {Kind.INTEGER: "int", Kind.YEAR: "int", Kind.BOOLEAN: "int"},
    "long": {Kind.INTEGER: "long", Kind.BOOLEAN: "long", Kind.TIMESTAMP: "timestamp_long"},
    "bool": {Kind.BOOLEAN: "flag", Kind.INTEGER: "flag"},
    "decimal": {Kind.DECIMAL: "decimal"},
    "date": {Kind.DATE: "date", Kind.TIMESTAMP: "timestamp"},
    "binData": {Kind.UUID: "uuid_text", Kind.TEXT: "uuid_text", Kind.CHAR: "uuid_text", Kind.BINARY: "binary"},
    "object": {Kind.JSON: "json", Kind.TEXT: "json"},
}
# the same encodings for what a driver gives otherwise
OF_SQLITE = {
    "date": "date_text",
    "timestamp": "timestamp_text",
    "time": "any",
    "decimal": "any",
    "timestamp_long": "any",
}
OF_ZONES = {"timestamp": "moment", "timestamp_long": "moment_long"}


def choose(facts: ColumnFacts, wanted: str | None = None) -> FieldType:
    """The encoding of a column; wanted: the BSON type a person asked for.

    UsageError TYPE_WITHOUT_ROUTE where values of that kind can't become it.
    """
    column = facts.column
    keyed = facts.in_primary_key or facts.in_unique or facts.in_foreign_key
    known = Facts(column.type, column.native, family(facts.source.engine), facts.profile, keyed)
    return _chosen(known) if wanted is None else _asked(known, column.name, wanted)


def _chosen(facts: Facts) -> FieldType:
    if facts.type.kind is Kind.ARRAY and facts.type.element is not None:
        inner = _chosen(Facts(facts.type.element, facts.native, facts.family, None, keyed=True))
        return FieldType(
            ARRAY + inner.encoding, f"a list; of its elements: {inner.reason}", notes=(*inner.notes, BOUNDS)
        )
    for rule in RULES:
        if rule.kind is facts.type.kind and CONDITIONS[rule.when](facts):
            loses = encoding(rule.encoding).loses
            notes = tuple(note for note in (rule.note, f"not kept: {loses}" if loses else "") if note)
            return FieldType(rule.encoding, rule.reason, rule.alternatives, rule.rest and not facts.keyed, notes)
    return FieldType("string", "the server's text form")


def _asked(facts: Facts, column: str, wanted: str) -> FieldType:
    usual = _chosen(facts)
    found = ASKED.get(wanted, {}).get(facts.type.kind)
    if found is not None and facts.family == "sqlite":
        found = OF_SQLITE.get(found, found)
    if found is not None and facts.type.with_zone:
        found = OF_ZONES.get(found, found)
    if found is None or found == "any":
        raise UsageError(
            "TYPE_WITHOUT_ROUTE",
            f"Column {column} can't be moved into {wanted}.",
            f"Ask for one of {', '.join(usual.alternatives) or 'no other'}.",
        )
    notes: tuple[str, ...] = ()
    if found in ("moment", "timestamp") and (facts.type.precision is None or facts.type.precision > EXACT_MS):
        notes = ("not kept: microseconds below the milliseconds of a BSON date",)
    return FieldType(found, f"asked for; the rules would take {usual.encoding}", (usual.encoding,), notes=notes)

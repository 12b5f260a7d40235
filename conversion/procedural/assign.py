"""Values put where another kind is stored: the casts that give what the source's own assignment gives."""

from __future__ import annotations

import re
from dataclasses import dataclass

from conversion.shapes import NUMBERS, Untranslatable
from engines.catalog import Kind

TEXTS = frozenset({Kind.TEXT, Kind.CHAR})
WHOLE = frozenset({Kind.INTEGER, Kind.DECIMAL})
FREE = frozenset({Kind.OTHER, Kind.DYNAMIC})
MOMENTS = frozenset({Kind.DATE, Kind.TIMESTAMP})
# text that stands in the program may become any of these: the target reads it as the source does or refuses it
FROM_LITERAL = MOMENTS | {Kind.ENUM, Kind.UUID, Kind.JSON, Kind.TIME}


LITERAL = re.compile(r"(?:CAST\()?\s*(?:'(?:[^']|'')*'|-?\d+(?:\.\d+)?)(?:\s+AS\s+TEXT\s*\))?", re.IGNORECASE)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass
class Value:
    """An expression of the target and the kind of its value, where it is known.

    moment: for text that was made of a moment, the moment itself.
    """

    text: str
    kind: Kind | None
    moment: str | None = None


def coerced(value: Value, kind: Kind, native: str, ends: tuple[str, str], zoned: bool = False) -> str:
    """The value as a column or variable of that kind takes it; Untranslatable where the engines would differ.

    native: the target's type; ends: family of source and target; zoned: the target keeps moments with a zone.
    """
    source, target = ends
    text, given = value.text, value.kind
    if given is None or text.upper() == "NULL" or kind in FREE or target == "sqlite":
        return text
    if given == kind or (given in TEXTS and kind in TEXTS):
        return text
    if given in TEXTS and value.moment is not None and kind in MOMENTS:
        return _moment(value.moment, kind, zoned and target == "postgresql")
    if given in NUMBERS and kind in NUMBERS:
        if source == "sqlite" and kind is Kind.INTEGER:
            raise Untranslatable("a number with a fraction goes into an integer column, which SQLite keeps as it is")
        return text
    if target == "postgresql":
        return _for_postgresql(text, given, kind, native)
    return _for_mysql(text, given, kind, source)


def _moment(moment: str, kind: Kind, zoned: bool) -> str:
    if kind is Kind.DATE:
        return f"CAST({moment} AS date)"
    return f"({moment}) AT TIME ZONE 'UTC'" if zoned else moment


def _for_postgresql(text: str, given: Kind, kind: Kind, native: str) -> str:
    if given is Kind.BOOLEAN and kind in NUMBERS:
        return {"TRUE": "1", "FALSE": "0"}.get(text.upper(), f"CAST({text} AS integer)")
    if given in NUMBERS and kind is Kind.BOOLEAN:
        if NUMBER.fullmatch(text):
            return "TRUE" if float(text) else "FALSE"
        return f"({text}) <> 0"
    if given in WHOLE and kind in TEXTS:
        return f"CAST({text} AS text)"
    if given in (Kind.ENUM, Kind.UUID) and kind in TEXTS:
        return f"CAST({text} AS text)"
    castable = kind in (Kind.ENUM, Kind.UUID) or (kind in FROM_LITERAL and LITERAL.fullmatch(text))
    if given in TEXTS and native and castable:
        return f"CAST({text} AS {native})"
    if given in MOMENTS and kind in MOMENTS:
        return text
    raise _differs(given, kind)


def _for_mysql(text: str, given: Kind, kind: Kind, source: str) -> str:
    if given is Kind.BOOLEAN and kind in NUMBERS:
        return text
    if given in NUMBERS and kind is Kind.BOOLEAN:
        return f"({text}) <> 0"
    if given in (Kind.INTEGER, Kind.ENUM, Kind.UUID) and kind in TEXTS:
        return text
    if given in TEXTS and kind in FROM_LITERAL and (kind in (Kind.ENUM, Kind.UUID) or LITERAL.fullmatch(text)):
        return text
    if given in MOMENTS and kind in MOMENTS and not (given is Kind.TIMESTAMP and source == "sqlite"):
        # MySQL rounds the fraction of a second into the day, PostgreSQL cuts it
        return f"DATE({text})" if kind is Kind.DATE else text
    raise _differs(given, kind)


def _differs(given: Kind, kind: Kind) -> Untranslatable:
    return Untranslatable(f"a {given.value} goes where a {kind.value} is stored, which the engines convert otherwise")

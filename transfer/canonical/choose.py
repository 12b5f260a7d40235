"""Chooses the form in which two columns are compared, and says where that is not exact."""

from __future__ import annotations

from dataclasses import dataclass

from engines.columns import Kind, LogicalType
from transfer.canonical.columns import ComparedColumn, Form, Held, Uncompared

# engines whose values bring their own types, whatever a column is declared as; both sides one of them: their own form
DYNAMIC = {"sqlite": Form.DYNAMIC, "mongodb": Form.BSON}
NUMBERS = (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.BOOLEAN, Kind.YEAR)
TEXTS = (Kind.TEXT, Kind.CHAR, Kind.XML)
LABELS = (Kind.ENUM, Kind.NETWORK, Kind.RANGE, Kind.COMPOSITE, Kind.OTHER)
COUNTED = "numbers are read as seconds or milliseconds since 1970, or as julian days"
UNIT = "a number doesn't say which unit of time it counts"
# fractional digits of a second where the type names none: PostgreSQL documentation, Date/Time Types (6);
# MySQL manual, Fractional Seconds in Time Values (0); BSON specification: dates are milliseconds (3)
SECOND_DIGITS = {"postgresql": 6, "mysql": 0, "mongodb": 3}
UUID_BYTES = 16
SINGLE_BITS = 32
TIMED = (Form.TIME, Form.TIMETZ, Form.TIMESTAMP, Form.INTERVAL)
POSTGIS = frozenset({"geometry", "geography"})


@dataclass(frozen=True)
class Rule:
    """One of the first kinds beside one of the second, on either side: a form, or the reason why there is none.

    words: how far a value may differ and still be equal; without a form, the reason.
    """

    kinds: tuple[Kind, ...]
    beside: tuple[Kind, ...]
    form: Form | None
    words: str | None = None


# The first rule that names both kinds holds.
RULES: tuple[Rule, ...] = (
    Rule(NUMBERS, NUMBERS, Form.NUMBER),
    Rule(NUMBERS, (Kind.BIT,), Form.NUMBER),
    Rule(NUMBERS, TEXTS, Form.NUMBER, "text is read as a number"),
    Rule((Kind.YEAR,), (Kind.DATE,), Form.NUMBER, "January 1st stands for its year"),
    Rule((Kind.CHAR,), (Kind.CHAR,), Form.CHAR),
    Rule((Kind.CHAR,), (Kind.TEXT, *LABELS), Form.CHAR, "blanks at the end don't count"),
    Rule((Kind.TEXT, Kind.XML), (*TEXTS, *LABELS), Form.TEXT),
    Rule((Kind.ENUM,), (Kind.ENUM,), Form.TEXT),
    Rule((Kind.NETWORK,), (Kind.NETWORK,), Form.TEXT),
    Rule((Kind.RANGE,), (Kind.RANGE,), Form.TEXT),
    Rule((Kind.COMPOSITE,), (Kind.COMPOSITE,), Form.TEXT),
    Rule((Kind.BINARY,), (Kind.BINARY, Kind.BIT, *TEXTS), Form.BYTES),
    Rule((Kind.BIT,), (Kind.BIT, *TEXTS), Form.BITS),
    Rule((Kind.DATE,), (Kind.DATE, *TEXTS), Form.DATE),
    Rule((Kind.DATE,), (Kind.TIMESTAMP,), Form.TIMESTAMP, "a date is its midnight"),
    Rule((Kind.TIMESTAMP,), (Kind.TIMESTAMP, *TEXTS), Form.TIMESTAMP),
    Rule((Kind.TIME,), (Kind.TIME, *TEXTS), Form.TIME),
    Rule((Kind.INTERVAL,), (Kind.INTERVAL, Kind.TIME), Form.INTERVAL),
    Rule((Kind.INTERVAL,), TEXTS, Form.TEXT),
    Rule((Kind.UUID,), (Kind.UUID, Kind.BINARY, *TEXTS), Form.UUID),
    Rule((Kind.JSON,), (Kind.JSON, Kind.ARRAY, *TEXTS), Form.JSON),
    Rule((Kind.ARRAY,), (Kind.ARRAY, *TEXTS), Form.JSON),
    Rule((Kind.SET,), (Kind.SET,), Form.SET),
    Rule((Kind.SET,), (Kind.ARRAY, *TEXTS), Form.SET, "labels in any order"),
    Rule((Kind.GEOMETRY,), (Kind.GEOMETRY,), Form.GEOMETRY),
    Rule((Kind.TIMESTAMP, Kind.TIME, Kind.INTERVAL), NUMBERS, None, UNIT),
    Rule((Kind.DATE,), NUMBERS, None, "a number doesn't say which day it counts from"),
    Rule((Kind.TIME,), (Kind.TIMESTAMP, Kind.DATE), None, "a time of day is no moment"),
    Rule((Kind.ENUM, Kind.SET), NUMBERS, None, "a number doesn't say which label it stands for"),
    Rule((Kind.GEOMETRY,), (*TEXTS, Kind.JSON, Kind.BINARY), None, "a geometry has many spellings as text and bytes"),
    Rule((Kind.GEOMETRY,), (Kind.OTHER,), None, "PostgreSQL's own geometric types have no well-known binary"),
)

# Beside a column that says nothing (SQLite without a type, a field of documents), or one whose declared type has no
# rule with the other: the form of the other one.
ALONE: dict[Kind, Form] = {
    **dict.fromkeys(NUMBERS, Form.NUMBER),
    **dict.fromkeys((Kind.TEXT, Kind.XML, *LABELS, Kind.INTERVAL), Form.TEXT),
    Kind.CHAR: Form.CHAR,
    Kind.BINARY: Form.BYTES,
    Kind.BIT: Form.NUMBER,
    Kind.DATE: Form.DATE,
    Kind.TIME: Form.TIME,
    Kind.TIMESTAMP: Form.TIMESTAMP,
    Kind.UUID: Form.UUID,
    Kind.JSON: Form.JSON,
    Kind.ARRAY: Form.JSON,
    Kind.SET: Form.SET,
}

# Both sides PostgreSQL and one native type: its own text tells equal from different.
OWN_TEXT = frozenset({Kind.RANGE, Kind.COMPOSITE, Kind.OTHER, Kind.ARRAY, Kind.NETWORK, Kind.GEOMETRY})


def compared_column(name: str, source: Held, target: Held, engines: tuple[str, str]) -> ComparedColumn | Uncompared:
    """The form for two columns of these engine families (source, target); Uncompared where there is none."""
    form, words = chosen(source, target, engines)
    if form is None:
        return Uncompared(column=name, side="both", reason=words or "")
    digits = _digits(form, source, target, engines)
    notes = (words, _zones(form, source, target), _said(form, digits))
    return ComparedColumn(
        name=name,
        form=form,
        source=source,
        target=target,
        digits=digits,
        tolerance="; ".join(note for note in notes if note) or None,
    )


def chosen(source: Held, target: Held, engines: tuple[str, str]) -> tuple[Form | None, str | None]:
    """The form and its tolerance, or None and the reason."""
    if engines[0] == engines[1] and engines[0] in DYNAMIC:
        return DYNAMIC[engines[0]], None
    if engines == ("postgresql", "postgresql") and source.native == target.native and source.type.kind in OWN_TEXT:
        return Form.NATIVE, None
    form, words = _by_kind(source.type, target.type, engines)
    if form is None:
        words = f"{source.native} beside {target.native}: {words}"
    return _refined(form, source.type, target.type, bool(set(engines) & set(DYNAMIC))), words


def rule(kind: Kind, other: Kind) -> Rule | None:
    """The rule for two kinds."""
    for found in RULES:
        if (kind in found.kinds and other in found.beside) or (other in found.kinds and kind in found.beside):
            return found
    return None


def _by_kind(source: LogicalType, target: LogicalType, engines: tuple[str, str]) -> tuple[Form | None, str | None]:
    kinds = _kind(source, engines[0]), _kind(target, engines[1])
    dynamic = [place for place in (0, 1) if engines[place] in DYNAMIC]
    if set(kinds) == {Kind.OTHER, Kind.GEOMETRY} and source.name == target.name == "point":
        return Form.POINT, None
    if kinds == (Kind.OTHER, Kind.OTHER) and engines[0] == engines[1]:
        return Form.TEXT, None
    found = rule(*kinds)
    if found is not None and found.form is not None and _fits(found.form, source, target):
        return found.form, found.words
    for place in dynamic:
        form = ALONE.get(kinds[1 - place])
        if form is not None:
            counted = kinds[place] in (*NUMBERS, Kind.DYNAMIC) and form in (Form.DATE, Form.TIMESTAMP)
            return form, COUNTED if counted else None
    return None, (found.words if found else None) or "nothing says when two such values are the same"


def _kind(type_: LogicalType, engine: str) -> Kind:
    """The kind as it is compared.

    PostgreSQL's own geometric types, which have no well-known binary, go by their text; CHAR in SQLite is text.
    """
    if engine in DYNAMIC and type_.kind is Kind.CHAR:
        return Kind.TEXT
    own = type_.kind is Kind.GEOMETRY and engine == "postgresql" and type_.name not in POSTGIS
    return Kind.OTHER if own else type_.kind


def _fits(form: Form, source: LogicalType, target: LogicalType) -> bool:
    """Whether binary beside a uuid can hold one."""
    sizes = {side.length for side in (source, target) if side.kind is Kind.BINARY}
    return form is not Form.UUID or sizes <= {None, UUID_BYTES}


def _refined(form: Form | None, source: LogicalType, target: LogicalType, dynamic: bool) -> Form | None:
    """32-bit floats beside other numbers, and times of day with an offset, have forms of their own."""
    sides = (source, target)
    if form is Form.NUMBER:
        small = [side.kind is Kind.FLOAT and side.bits == SINGLE_BITS for side in sides]
        return Form.SINGLE if any(small) and not all(small) else form
    if form is Form.TIME:
        clocks = [side.with_zone for side in sides if side.kind is Kind.TIME]
        return Form.TIMETZ if all(clocks) or (dynamic and any(clocks)) else form
    return form


def _zones(form: Form, source: Held, target: Held) -> str | None:
    timed = [held.type for held in (source, target) if held.type.kind in (Kind.TIMESTAMP, Kind.TIME)]
    if form in (Form.TIMESTAMP, Form.TIME) and len({held.with_zone for held in timed}) == 2:
        return "the side without a time zone is read as UTC"
    return None


def _digits(form: Form, source: Held, target: Held, engines: tuple[str, str]) -> int | None:
    """Fractional digits of the target, where the source can hold more; None: both are compared whole."""
    for forms, kinds, held in (
        ((Form.NUMBER, Form.SINGLE), (Kind.DECIMAL,), _decimals),
        (TIMED, (Kind.TIME, Kind.TIMESTAMP, Kind.INTERVAL), _seconds),
    ):
        if form in forms and target.type.kind in kinds:
            most, limit = held(source.type, engines[0]), held(target.type, engines[1])
            return limit if limit is not None and (most is None or most > limit) else None
    return None


def _decimals(type_: LogicalType, engine: str) -> int | None:
    """Digits behind the point that a number keeps; None: any number of them."""
    if engine in DYNAMIC or type_.kind in TEXTS:
        return None
    if type_.kind in (Kind.DECIMAL, Kind.FLOAT):
        return None if type_.scale is None else max(type_.scale, 0)
    return 0


def _seconds(type_: LogicalType, engine: str) -> int | None:
    """Digits of a second; None: any number of them."""
    if engine == "sqlite" or type_.kind in TEXTS or type_.kind is Kind.DYNAMIC:
        return None
    if type_.kind not in (Kind.TIME, Kind.TIMESTAMP, Kind.INTERVAL):
        return 0
    return SECOND_DIGITS[engine] if type_.precision is None else type_.precision


def _said(form: Form, digits: int | None) -> str | None:
    notes = ["as 32-bit floats"] if form is Form.SINGLE else []
    if digits is not None:
        of = "decimals" if form in (Form.NUMBER, Form.SINGLE) else "digits of a second"
        notes.append(f"to {digits} {of}, the target holds no more")
    return ", ".join(notes) or None

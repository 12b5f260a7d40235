"""How the values of a SQLite column become PostgreSQL's binary form of its type.

Each form is the one that the type's receive function reads (PostgreSQL: COPY, Binary Format; src/backend/utils/adt):
a length of 4 bytes, then the value, numbers with the most significant byte first. A form takes only values that are
what the plan expects and raises Unfit, or what Python raises itself, for all others: the exact path decides on those.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from conversion.mapping import ColumnMapping
from conversion.postgresql_types import base_name
from transfer.routes.policy import Refused
from transfer.routes.sqlite_fast import EXACT_IN_DOUBLE
from transfer.routes.sqlite_packed_moments import EPOCHS, days, moments, moments_with_zone, times
from transfer.routes.sqlite_packed_numeric import Unfit, numeric, plain_numerics
from transfer.routes.sqlite_values import UUID, converter, sizes

Values = Sequence[Any]
TEXT, NUMBERS = frozenset({bytes}), frozenset({int, float})
INTEGER = frozenset({int})
CLASSES: dict[type, str] = {int: "integer", float: "real"}
# text and blobs both come as bytes; numbers sort below texts and texts below blobs, whatever the column compares by
NO_BLOB, ALL_BLOBS = "+{c} < x''", "+{c} >= x''"


@dataclass(frozen=True)
class Form:
    """Of one column; kinds: Python's types that may come, beside None where the column may be NULL.

    read: SQL of the quoted column {c} that gives the value; guard: SQL of it that is false for what can't be told from
    the value, NULL or true else. layout, size: of values that all have one size, as struct has it, and its bytes;
    parts: the sequences that fill the layout, or one sequence of bytes where there is none. refuses: what isn't of the
    kinds raises an error by itself.
    """

    kinds: frozenset[type]
    parts: Callable[[Values], Sequence[Values]]
    layout: str = ""
    size: int = 0
    guard: str = ""
    read: str = "{c}"
    refuses: bool = False


def form(column: ColumnMapping) -> Form | None:
    """The form of a column's route and type; None where there is none, so that its table goes as text."""
    made = FORMS.get((column.route, base_name(column.target_type)))
    return made(column) if made is not None and "-" not in column.target_type else None


def _sized(kinds: frozenset[type], texts: Callable[[Values], Values], guard: str = "", refuses: bool = False) -> Form:
    return Form(kinds, lambda values: (texts(values),), guard=guard, refuses=refuses)


def _as_they_are(values: Values) -> Sequence[Values]:
    return (values,)


def _integer(layout: str, size: int) -> Callable[[ColumnMapping], Form]:
    """struct refuses what is beyond the size."""
    made = Form(INTEGER, _as_they_are, layout, size, refuses=True)
    return lambda column: made


def _boolean(column: ColumnMapping) -> Form:
    def parts(values: Values) -> Sequence[Values]:
        if values and not 0 <= min(values) <= max(values) <= 1:
            raise Unfit
        return (values,)

    return Form(INTEGER, parts, "b", 1)


def _double(column: ColumnMapping) -> Form:
    def parts(values: Values) -> Sequence[Values]:
        whole = [value for value in values if type(value) is int]
        if whole and max(map(abs, whole)) > EXACT_IN_DOUBLE:
            raise Unfit
        return (values,)

    return Form(NUMBERS, parts, "d", 8)


def _numeric(column: ColumnMapping) -> Form:
    limits = sizes(column.target_type)
    if limits and limits[0] <= PLAIN_DIGITS:
        layout, size, parts = plain_numerics(limits[0], (*limits, 0)[1])
        return Form(NUMBERS, parts, layout, size)
    return _sized(NUMBERS, lambda values: [numeric(value, limits) for value in values])


PLAIN_DIGITS = 15  # any decimal of so many digits is told from every other one by its double


def _check_texts(values: Values) -> Values:
    """The same; a newline between two keeps the end of one and the beginning of the next from making a character."""
    whole = b"\n".join(values)
    if b"\0" in whole:
        raise Unfit
    if not whole.isascii():
        whole.decode()
    return values


def _text(column: ColumnMapping) -> Form:
    limits = sizes(column.target_type)
    if not limits:
        return _sized(TEXT, _check_texts, NO_BLOB, refuses=True)
    limit = limits[0]

    def texts(values: Values) -> Values:
        _check_texts(values)
        if max(map(len, values), default=0) > limit and any(len(value.decode()) > limit for value in values):
            raise Unfit
        return values

    return _sized(TEXT, texts, NO_BLOB, refuses=True)


def _any_text(column: ColumnMapping) -> Form:
    def texts(values: Values) -> Values:
        return _check_texts([value if type(value) is bytes else repr(value).encode() for value in values])

    return _sized(TEXT | NUMBERS, texts, NO_BLOB)


def _bytes(guard: str) -> Callable[[ColumnMapping], Form]:
    return lambda column: Form(TEXT, _as_they_are, guard=guard)


def _uuid(column: ColumnMapping) -> Form:
    def parts(values: Values) -> Sequence[Values]:
        if not all(map(UUID.fullmatch, values)):
            raise Unfit
        raw = bytes.fromhex(b"".join(values).replace(b"-", b"").decode())
        return ([raw[at : at + 16] for at in range(0, len(raw), 16)],)

    return Form(TEXT, parts, "16s", 16, NO_BLOB)


def _json(column: ColumnMapping) -> Form:
    return _sized(TEXT, _check_texts, f"{NO_BLOB} AND ({{c}} IS NULL OR json_valid({{c}}))")


def _jsonb(column: ColumnMapping) -> Form:
    """A byte of the form's version goes before the text."""
    convert = converter("json", "jsonb")

    def texts(values: Values) -> Values:
        try:
            return [b"\x01" + convert("text", value) for value in values]
        except Refused:
            raise Unfit from None

    return _sized(TEXT, texts, NO_BLOB)


def _any_jsonb(column: ColumnMapping) -> Form:
    """Texts and blobs are told apart by a letter that SQLite puts before them."""
    convert = converter("jsonb_any", "jsonb")

    def one(value: Any) -> bytes:
        if not isinstance(value, bytes):
            return convert(CLASSES[type(value)], value)
        text = value[1:]
        return convert("text", text) if value[:1] == b"t" else convert("blob", bytes.fromhex(text.decode()))

    def texts(values: Values) -> Values:
        try:
            return [b"\x01" + one(value) for value in values]
        except Refused:
            raise Unfit from None

    read = "CASE typeof({c}) WHEN 'text' THEN 't' || {c} WHEN 'blob' THEN 'b' || hex({c}) ELSE {c} END"
    return Form(TEXT | NUMBERS, lambda values: (texts(values),), read=read)


def _julian(column: ColumnMapping) -> Form | None:
    """Through the exact conversion's text."""
    convert = converter("julian_day", column.target_type)

    def parts(values: Values) -> Sequence[Values]:
        try:
            return (moments([convert(CLASSES[type(value)], value) for value in values]),)
        except Refused:
            raise Unfit from None

    return Form(NUMBERS, parts, "q", 8)


def _moments(parts: Callable[[Values], Values], guard: str = NO_BLOB) -> Callable[[ColumnMapping], Form]:
    """Microseconds, which a type that keeps fewer digits of a second must hold as they are."""

    def made(column: ColumnMapping) -> Form:
        kept = 10 ** (6 - min([*sizes(column.target_type), 6]))

        def rounded(values: Values) -> Sequence[Values]:
            found = parts(values)
            if kept > 1 and any(moment % kept for moment in found):
                raise Unfit
            return (found,)

        return Form(TEXT if guard else INTEGER, rounded, "q", 8, guard)

    return made


def _date(column: ColumnMapping) -> Form:
    return Form(TEXT, lambda values: (days(values),), "i", 4, NO_BLOB)


LOCAL, ZONED = "timestamp without time zone", "timestamp with time zone"
# route and type (without its arguments) -> what makes the form
FORMS: dict[tuple[str, str], Callable[[ColumnMapping], Form | None]] = {
    ("integer", "smallint"): _integer("h", 2),
    ("integer", "integer"): _integer("i", 4),
    ("integer", "bigint"): _integer("q", 8),
    ("boolean", "boolean"): _boolean,
    ("double", "double precision"): _double,
    ("numeric", "numeric"): _numeric,
    **{("text", base): _text for base in ("text", "character varying", "character")},
    ("text_any", "text"): _any_text,
    ("bytea", "bytea"): _bytes(ALL_BLOBS),
    ("bytea_any", "bytea"): _bytes(""),
    ("uuid", "uuid"): _uuid,
    ("json", "json"): _json,
    ("json", "jsonb"): _jsonb,
    ("jsonb_any", "jsonb"): _any_jsonb,
    ("date", "date"): _date,
    ("time", "time without time zone"): _moments(times),
    ("timestamp", LOCAL): _moments(moments),
    ("timestamptz", ZONED): _moments(moments_with_zone),
    **{("julian_day", base): _julian for base in (LOCAL, ZONED)},
    **{(route, base): _moments(make, "") for route, make in EPOCHS.items() for base in (LOCAL, ZONED)},
}

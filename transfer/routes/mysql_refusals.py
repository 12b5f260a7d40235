"""What MySQL's and MariaDB's words about a value mean: the column they speak of, and the kind of the refusal."""

from __future__ import annotations

from collections.abc import Sequence

from engines.catalog import Kind
from engines.mysql.load_troubles import TOO_WIDE, Trouble
from engines.mysql.types import logical_type
from transfer.moveplan import Unholdable
from transfer.routes.policy import NOTHING, Refused

MOMENTS = (Kind.DATE, Kind.TIMESTAMP, Kind.YEAR)
NUMBERS = (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.BOOLEAN, Kind.BIT)
TEXTS = (Kind.TEXT, Kind.CHAR, Kind.BINARY)
NOT_FINITE = frozenset({b"nan", b"infinity", b"-infinity", b"inf", b"-inf"})
DUPLICATE = frozenset({1062, 1586, 1859, 1022})
# error number -> kind, where the number alone says it (MySQL manual, Server Error Message Reference)
KINDS: dict[int, Unholdable] = {
    1406: "too_long", 1300: "invalid_encoding", 3988: "invalid_encoding", 1301: "wide_row", TOO_WIDE: "wide_row",
    1118: "wide_row", 139: "wide_row", 1048: "wrong_class", 1263: "wrong_class", 1364: "malformed", 1416: "malformed",
    4025: "malformed", 3819: "malformed", 4038: "malformed", 3140: "malformed", 3141: "malformed", 1690: "out_of_range",
}  # fmt: skip
# error number -> kind by what the target's column is: numbers, moments, times, texts, others
BY_COLUMN: dict[int, tuple[Unholdable, Unholdable, Unholdable, Unholdable, Unholdable]] = {
    1264: ("out_of_range", "date_range", "time_range", "too_long", "out_of_range"),
    1265: ("out_of_range", "date_range", "time_range", "too_long", "malformed"),
    1292: ("malformed", "date_range", "time_range", "malformed", "malformed"),
    1366: ("malformed", "date_range", "time_range", "invalid_encoding", "invalid_encoding"),
    1411: ("malformed", "date_range", "time_range", "malformed", "malformed"),
}


def column_of(trouble: Trouble, columns: Sequence[str]) -> int | None:
    """Which of these columns the words name; None for a row as a whole.

    The longest name that fits: a name may hold anything, the words of another one included.
    """
    fits = [
        (len(name), number)
        for number, name in enumerate(columns)
        if f"column '{name}' at row" in trouble.words
        or f".`{name}` at row" in trouble.words
        or f".`{name.replace('`', '``')}` at row" in trouble.words
        or trouble.words.endswith((f"column '{name}'", f"olumn '{name}' cannot be null"))
    ]
    return max(fits)[1] if fits else None


def refused(trouble: Trouble, target_type: str, value: bytes | None) -> Refused:
    """The refusal of a value by the server."""
    kind = kind_of(trouble.number, logical_type(target_type).kind, value)
    converted = value.decode(errors="replace").encode() if kind == "invalid_encoding" and value else NOTHING
    return Refused(kind, "NaN or infinity" if kind == "not_finite" else _reason(trouble, target_type), converted)


def kind_of(number: int, column: Kind, value: bytes | None) -> Unholdable:
    """Which policy decides."""
    if column in NUMBERS and value is not None and value.strip().lower() in NOT_FINITE:
        return "not_finite"
    if number in BY_COLUMN:
        groups = (NUMBERS, MOMENTS, (Kind.TIME,), TEXTS)
        place = next((n for n, group in enumerate(groups) if column in group), len(groups))
        return BY_COLUMN[number][place]
    return KINDS.get(number, "malformed")


REASONS: dict[int, str] = {
    1048: "NULL in a column that must have a value", 1263: "NULL in a column that must have a value",
    1406: "longer than {type}", 1264: "beyond the range of {type}", 1265: "not exactly a {type}",
    1366: "not a {type}", 1292: "not a {type}", 1300: "text that is not valid in its encoding",
    TOO_WIDE: "a row larger than the server takes (max_allowed_packet)",
    1301: "a row larger than the server takes (max_allowed_packet)", 1118: "a row larger than InnoDB's pages take",
}  # fmt: skip


def _reason(trouble: Trouble, target_type: str) -> str:
    words = REASONS.get(trouble.number)
    return words.format(type=target_type) if words else f"the server refused it ({trouble.number})"

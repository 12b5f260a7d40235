"""How each route is read from SQLite when its values are what the plan expects.

guard: SQL that is true for an expected value, where Python's type of the value does not tell enough.
read: SQL of the value. encoder: checks and writes a whole column. Anything else takes the exact path.
"""

from __future__ import annotations

from dataclasses import dataclass

from conversion.mapping import ColumnMapping
from engines.sqlite.quoting import quote_identifier
from transfer.routes import copy_text

INTEGER_BITS = {"smallint": 16, "integer": 32, "bigint": 64}
HEX = "[0-9a-f]"
UUID_GLOB = "-".join(HEX * n for n in (8, 4, 4, 4, 12))


@dataclass(frozen=True)
class Fast:
    """One row of the table; {c} is the column."""

    encoder: copy_text.Encoder
    read: str = "{c}"
    guard: str | None = None


TEXT = "typeof({c}) = 'text' AND "
FAST: dict[str, Fast] = {
    "integer": Fast(copy_text.integers()),
    "boolean": Fast(copy_text.booleans),
    "double": Fast(copy_text.doubles),
    "numeric": Fast(copy_text.numbers),
    "text": Fast(copy_text.text()),
    "text_any": Fast(copy_text.text()),
    "bytea": Fast(copy_text.binary),
    "bytea_any": Fast(copy_text.binary),
    "date": Fast(copy_text.checked_text, guard=TEXT + "date({c}) = {c} AND {c} > '0001'"),
    "time": Fast(copy_text.checked_text, guard=TEXT + "time({c}) = {c}"),
    "timestamp": Fast(copy_text.checked_text, guard=TEXT + "datetime({c}) = {c} AND {c} > '0001'"),
    "timestamptz": Fast(copy_text.never),
    "epoch_seconds": Fast(
        copy_text.checked_text,
        "datetime({c}, 'unixepoch')",
        "typeof({c}) = 'integer' AND {c} BETWEEN -62135596800 AND 253402300799",
    ),
    "epoch_milliseconds": Fast(
        copy_text.checked_text,
        "datetime({c} / 1000, 'unixepoch') || printf('.%03d', {c} % 1000)",
        "typeof({c}) = 'integer' AND {c} BETWEEN 0 AND 253402300799999",
    ),
    "uuid": Fast(copy_text.checked_text, guard=TEXT + f"{{c}} GLOB '{UUID_GLOB}'"),
    "json": Fast(copy_text.text(), guard=TEXT + "json_valid({c})"),
    "jsonb_any": Fast(copy_text.never),
    "julian_day": Fast(copy_text.never),
}


def sizes(target_type: str) -> list[int]:
    """The numbers in a type's brackets: [10, 2] of numeric(10,2)."""
    inside = target_type.partition("(")[2].partition(")")[0]
    return [int(number) for number in inside.split(",") if number.strip().isdigit()]


def fast(column: ColumnMapping) -> Fast:
    """The column's row of the table, with the limits that its target type adds."""
    row = FAST[column.route]
    limits = sizes(column.target_type)
    if column.route == "integer" and column.target_type in INTEGER_BITS:
        return Fast(copy_text.integers(INTEGER_BITS[column.target_type]))
    if column.route == "text" and limits:
        return Fast(copy_text.text(limits[0]))
    if column.route == "numeric" and limits:
        scale = limits[1] if len(limits) > 1 else 0
        guard = f"round({{c}}, {scale}) = {{c}} AND abs({{c}}) < 1e{limits[0] - scale}"
        return Fast(row.encoder, row.read, "typeof({c}) IN ('integer', 'real') AND " + guard)
    return row


def read(column: ColumnMapping) -> str:
    """SQL that reads the column on the fast path."""
    return fast(column).read.replace("{c}", quote_identifier(column.source))


def guard(columns: list[ColumnMapping]) -> str | None:
    """SQL that is true when a row may take the fast path; None when the types alone decide."""
    terms = []
    for column in columns:
        name = quote_identifier(column.source)
        expected = fast(column).guard
        if expected is not None:
            terms.append(f"({name} IS NULL OR ({expected.replace('{c}', name)}))")
    return " AND ".join(terms) or None

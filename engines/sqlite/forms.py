"""The forms that values of a SQLite column can have, each as an SQL expression."""

from __future__ import annotations

import codecs
import re
import sqlite3
from collections.abc import Iterator
from typing import Any, cast

from engines.catalog import Column, Kind

PIECE = 1 << 18  # bytes of a text that are decoded at once
EPOCH_SECONDS = (100_000_000, 4_102_444_800)  # 1973-03-03 to 2100-01-01, so that counters and years don't look like it
EPOCH_MILLISECONDS = (100_000_000_000, 4_102_444_800_000)
JULIAN_DAYS = (1721059.5, 5373484.5)  # years 0 to 9999, https://www.sqlite.org/lang_datefunc.html
HEX = "[0-9a-f]"
UUID = "-".join(HEX * count for count in (8, 4, 4, 4, 12))
TEXT = "typeof({c}) = 'text'"
INTEGER = "typeof({c}) = 'integer'"
REAL = "typeof({c}) = 'real'"
NO_NUL = "instr({c}, char(0)) = 0"
YEAR = "substr({c}, 1, 4) > '0000'"  # year 0 is SQLite's, other engines have none
MOMENT = (
    "datetime(substr({c}, 1, 19), '+0 days') = replace(substr({c}, 1, 19), 'T', ' ')"
    f" AND substr({{c}}, 11, 1) IN (' ', 'T') AND {YEAR}"
)


def _fraction(rest: str) -> str:
    """A point and one to six digits: rest is the expression of what follows the point at place 20."""
    return f"substr({{c}}, 20, 1) = '.' AND length({rest}) BETWEEN 1 AND 6 AND {rest} NOT GLOB '*[^0-9]*'"


UTC = f"{{c}} GLOB '*Z' AND (length({{c}}) = 20 OR {_fraction('substr({c}, 21, length({c}) - 21)')})"
OFFSET = (
    "{c} GLOB '*[+-][0-1][0-9]:[0-5][0-9]' AND (length({c}) = 25"
    f" OR length({{c}}) > 26 AND {_fraction('substr({c}, 21, length({c}) - 26)')})"
)

# Name of a form -> what is true of a value that has it ({c} is the quoted column); false or NULL for all others.
# The cheapest test that most values fail comes first. The iso_* forms exclude each other. A modifier makes SQLite's
# date functions roll invalid days over (3.40), so that 2023-02-30 differs from what they give. length(), GLOB and
# LIKE stop at a NUL in text, instr() and = don't. COLLATE BINARY, because a column may compare without trailing
# spaces.
FORMS: dict[str, str] = {
    "boolean": f"{{c}} IN (0, 1) AND {INTEGER}",
    "boolean_word": f"{TEXT} AND lower({{c}}) IN ('true', 'false')",
    "iso_date": f"length({{c}}) = 10 AND date({{c}}, '+0 days') = {{c}} COLLATE BINARY AND {YEAR} AND {TEXT}",
    "iso_timestamp": f"length({{c}}) = 19 AND datetime({{c}}, '+0 days') = {{c}} COLLATE BINARY AND {YEAR} AND {TEXT}",
    "iso_timestamp_fraction": (
        "(length({c}) BETWEEN 21 AND 26 OR length({c}) = 19 AND substr({c}, 11, 1) = 'T')"
        f" AND {MOMENT} AND (length({{c}}) = 19 OR {_fraction('substr({c}, 21)')}) AND {NO_NUL} AND {TEXT}"
    ),
    "iso_timestamp_zone": (
        f"length({{c}}) BETWEEN 20 AND 32 AND {MOMENT} AND ({UTC} OR {OFFSET}) AND {NO_NUL} AND {TEXT}"
    ),
    "iso_time": (
        "substr({c}, 3, 1) = ':' AND time(substr({c}, 1, 8), '+0 days') = substr({c}, 1, 8) AND (length({c}) = 8 OR"
        " substr({c}, 9, 1) = '.' AND length({c}) BETWEEN 10 AND 15 AND substr({c}, 10) NOT GLOB '*[^0-9]*')"
        f" AND {NO_NUL} AND {TEXT}"
    ),
    "epoch_seconds": f"{{c}} BETWEEN {EPOCH_SECONDS[0]} AND {EPOCH_SECONDS[1]} AND {INTEGER}",
    "epoch_milliseconds": f"{{c}} BETWEEN {EPOCH_MILLISECONDS[0]} AND {EPOCH_MILLISECONDS[1]} AND {INTEGER}",
    "julian_day": f"{{c}} BETWEEN {JULIAN_DAYS[0]} AND {JULIAN_DAYS[1]} AND {REAL}",
    "nul": f"instr({{c}}, char(0)) > 0 AND {TEXT}",
    "invalid_utf8": f"{TEXT} AND dbmo_invalid_text(CAST({{c}} AS BLOB))",
    "json": f"{TEXT} AND json_valid({{c}}) AND {NO_NUL}",
    "uuid_lower": f"length({{c}}) = 36 AND {{c}} GLOB '{UUID}' AND {NO_NUL} AND {TEXT}",
    "uuid_any": f"length({{c}}) = 36 AND lower({{c}}) GLOB '{UUID}' AND {NO_NUL} AND {TEXT}",
    "uuid_bytes": "length({c}) = 16 AND typeof({c}) = 'blob'",
    "numeric_text": f"{{c}} NOT GLOB '*[^0-9.eE+-]*' AND {TEXT} AND json_valid({{c}}) AND {NO_NUL}",
    "infinite": f"{{c}} IN (9e999, -9e999) AND {REAL}",
    "beyond_int64": f"({{c}} >= 9223372036854775808.0 OR {{c}} < -9223372036854775808.0) AND {REAL}",
    "fits_int32": f"{{c}} BETWEEN -2147483648 AND 2147483647 AND {INTEGER}",
    "trailing_space": f"{{c}} LIKE '% ' AND {TEXT}",
    "empty": "{c} = '' COLLATE BINARY",
}

ISO_FORMS = ("iso_date", "iso_timestamp", "iso_timestamp_fraction", "iso_timestamp_zone", "iso_time")
COUNTED_FORMS = ("epoch_seconds", "epoch_milliseconds", "julian_day")
TEMPORAL_FORMS = ISO_FORMS + COUNTED_FORMS
UUID_FORMS = ("uuid_lower", "uuid_any", "uuid_bytes")
# Declared kind -> the forms worth looking for.
FORMS_OF_KIND: dict[Kind, tuple[str, ...]] = {
    Kind.BOOLEAN: ("boolean", "boolean_word"),
    Kind.DATE: TEMPORAL_FORMS,
    Kind.TIME: TEMPORAL_FORMS,
    Kind.TIMESTAMP: TEMPORAL_FORMS,
    Kind.UUID: UUID_FORMS,
    Kind.JSON: ("json",),
    Kind.TEXT: ("trailing_space", "empty"),
    Kind.CHAR: ("trailing_space", "empty"),
    Kind.DYNAMIC: ("empty", "numeric_text"),
}
# Forms of text in a column whose declared type is of another class.
FORMS_OF_STRAY_TEXT = ("empty", "numeric_text", "trailing_space")
TEXTS = {Kind.TEXT, Kind.CHAR, Kind.DYNAMIC}
NUMBERS = {Kind.INTEGER, Kind.FLOAT, Kind.DECIMAL, Kind.DYNAMIC}
TIME_WORDS = (
    "at|on|date|dates|time|timestamp|datetime|day|created|updated|modified|deleted|expires|since|until|when|born"
)
TIME_NAME = re.compile(rf"(^|_)(?i:{TIME_WORDS})$|(?i:(?<!up)date|time)|[a-z](At|On)$")
# Words in a column's name -> the forms worth looking for where the declared type (of one of the kinds) doesn't say.
FORMS_OF_NAME: list[tuple[re.Pattern[str], set[Kind], tuple[str, ...]]] = [
    (TIME_NAME, TEXTS, ISO_FORMS),
    (TIME_NAME, NUMBERS, COUNTED_FORMS),
    (re.compile(r"(?i:(^|_)(id|uuid|guid|key|token)$|uuid|guid)"), TEXTS, ("uuid_lower", "uuid_any")),
    (re.compile(r"(?i:(^|_)id$|uuid|guid)"), {Kind.BINARY, Kind.DYNAMIC}, ("uuid_bytes",)),
    (re.compile(r"(?i:^(is|has|can)_|(^|_)(active|enabled|flag)$)|^(is|has|can)[A-Z]"), NUMBERS, ("boolean",)),
    (
        re.compile(r"(?i:json|payload|metadata|(^|_)(attributes|properties|settings|options|data|meta)$)"),
        TEXTS,
        ("json",),
    ),
]


def forms_for(column: Column) -> dict[str, str]:
    """Name -> expression of the forms that can apply to a column, from its declared type and its name."""
    names = list(FORMS_OF_KIND.get(column.type.kind, ()))
    for pattern, kinds, forms in FORMS_OF_NAME:
        if column.type.kind in kinds and pattern.search(column.name):
            names.extend(forms)
    return {name: FORMS[name] for name in names} | decimal_forms(column)


def decimal_forms(column: Column) -> dict[str, str]:
    """`scale_N` and `precision_ok` of a column declared DECIMAL(p, N): the number keeps its value in that type."""
    precision, scale = column.type.precision, column.type.scale
    if column.type.kind is not Kind.DECIMAL or precision is None:
        return {}
    scale = scale or 0
    number = "typeof({c}) IN ('integer', 'real')"
    return {
        f"scale_{scale}": f"round({{c}}, {scale}) = {{c}} AND {number}",
        "precision_ok": f"{number} AND abs(round({{c}}, {scale})) < 1e{precision - scale}",
    }


class NotPlain:
    """The aggregate dbmo_not_plain(blob, ...): numbers of the arguments that are ever other than ASCII without NUL.

    One call per row for all text columns of a table, because a call costs more than looking at the bytes.
    """

    def __init__(self) -> None:
        self.found: set[int] = set()

    def step(self, *values: bytes) -> None:
        """Look at a row."""
        row = values[0] if len(values) == 1 else b"".join(values)
        if row.isascii() and 0 not in row:
            return
        self.found.update(n for n, value in enumerate(values) if not value.isascii() or 0 in value)

    def finalize(self) -> str:
        """The numbers, counted from 0, with spaces in between."""
        return " ".join(str(number) for number in sorted(self.found))


def decoded(data: bytes, encoding: str, errors: str = "strict") -> Iterator[str]:
    """A text in pieces, so that a large one isn't in memory again, four times as large."""
    if len(data) <= PIECE:
        yield data.decode(encoding, errors)
        return
    decode, view = codecs.getincrementaldecoder(encoding)(errors).decode, memoryview(data)
    for start in range(0, len(view), PIECE):
        yield decode(view[start : start + PIECE])
    yield decode(b"", True)


def register_functions(connection: sqlite3.Connection, encoding: str) -> None:
    """The functions of the bytes of a text that FORMS and the profile need and SQLite lacks.

    encoding: the database's own (PRAGMA encoding: UTF-8, UTF-16le or UTF-16be), in which CAST(text AS BLOB) gives it.
    """

    def invalid_text(data: bytes) -> int:
        try:
            for _ in decoded(data, encoding):
                pass
        except UnicodeDecodeError:
            return 1
        return 0

    def characters(data: bytes) -> int:
        return sum(map(len, decoded(data, encoding, "replace")))

    def utf8_bytes(data: bytes) -> int:
        return sum(len(text.encode()) for text in decoded(data, encoding, "replace"))

    connection.create_aggregate("dbmo_not_plain", -1, cast(Any, NotPlain))  # typeshed knows numbers only
    connection.create_function("dbmo_invalid_text", 1, invalid_text, deterministic=True)
    connection.create_function("dbmo_characters", 1, characters, deterministic=True)
    connection.create_function("dbmo_utf8_bytes", 1, utf8_bytes, deterministic=True)

"""How SQLite writes the values of each route as COPY text by itself, where they are what the plan expects.

write: SQL of the text; guard: SQL that is true for an expected value; both of the quoted column {c}. A column without
`write` is read as a value, which Python converts (SQLite's own text of a REAL doesn't always have the digits that it
takes to read the same number again). Whatever a guard doesn't expect takes the exact path.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conversion.mapping import ColumnMapping
from engines.chained import chained
from engines.sqlite.forms import FORMS
from engines.sqlite.quoting import quote_identifier

INTEGER_BITS = {"smallint": 16, "integer": 32}
HEX = "[0-9a-f]"
UUID_GLOB = "-".join(HEX * n for n in (8, 4, 4, 4, 12))
EXACT_IN_DOUBLE = 1 << 53
NULL_MARK, BYTES_MARK = b"\xff", b"\xfe"  # no byte of valid UTF-8: they are counted, then replaced
# bytes that COPY text escapes, in the order of escaping: character code -> escaped
ESCAPES = ((92, "\\\\"), (10, "\\n"), (13, "\\r"), (9, "\\t"))


@dataclass(frozen=True)
class Fast:
    """One row of the table; kinds: storage classes that may come; free: a text that may hold what COPY escapes."""

    kinds: str
    guard: str = ""
    write: str | None = "{c}"
    free: bool = False
    marked: bool = False


# zones that PostgreSQL takes: less than 16 hours
ZONED = f"({FORMS['iso_timestamp_zone']}) AND {{c}} NOT GLOB '*[+-]1[6-9]:*'"
# the commonest of the forms iso_timestamp_fraction, told with fewer calls; a NUL in it the block's proof finds
FRACTION = (
    "length({c}) BETWEEN 21 AND 26 AND substr({c}, 20) GLOB '.[0-9]*' AND substr({c}, 21) NOT GLOB '*[^0-9]*'"
    " AND datetime(substr({c}, 1, 19), '+0 days') = substr({c}, 1, 19) AND {c} > '0001' COLLATE BINARY"
)
WITH_FRACTIONS = {  # route -> guard where the target keeps six digits of a second
    "time": FORMS["iso_time"],
    "timestamp": f"({FORMS['iso_timestamp']}) OR ({FRACTION}) OR ({FORMS['iso_timestamp_fraction']})",
}
MYSQL_WITH_FRACTIONS = {  # route and type of MySQL -> the same, with a space between day and time only
    ("time", "time(6)"): FORMS["iso_time"],
    ("timestamp", "datetime(6)"): f"({FORMS['iso_timestamp']}) OR ({FRACTION})",
}
FAST: dict[str, Fast] = {
    "integer": Fast("integer"),
    "boolean": Fast("integer", "{c} IN (0, 1)"),
    "double": Fast("", write=None),
    "numeric": Fast("", write=None),
    "text": Fast("text", free=True),
    "text_any": Fast("text integer", free=True),
    "bytea": Fast("blob", write="x'fe' || hex({c})", marked=True),
    "bytea_any": Fast("blob text", write="x'fe' || hex({c})", marked=True),
    "date": Fast("text", FORMS["iso_date"]),
    "time": Fast("text", "time({c}, '+0 days') = {c} COLLATE BINARY"),
    "timestamp": Fast("text", FORMS["iso_timestamp"]),
    "timestamptz": Fast("", write=None),
    "epoch_seconds": Fast("integer", "{c} BETWEEN -62135596800 AND 253402300799", "datetime({c}, 'unixepoch')"),
    "epoch_milliseconds": Fast(
        "integer",
        "{c} BETWEEN 0 AND 253402300799999",
        "datetime({c} / 1000, 'unixepoch') || printf('.%03d', {c} % 1000)",
    ),
    "uuid": Fast("text", f"length({{c}}) = 36 AND {{c}} GLOB '{UUID_GLOB}'"),
    "json": Fast("text", "json_valid({c})", free=True),
    "jsonb_any": Fast("", write=None),
    "julian_day": Fast("", write=None),
}


def sizes(target_type: str) -> list[int]:
    """The numbers in a type's brackets: [10, 2] of numeric(10,2)."""
    inside = target_type.partition("(")[2].partition(")")[0]
    return [int(number) for number in inside.split(",") if number.strip().isdigit()]


def keeps_microseconds(target_type: str) -> bool:
    """Whether it is a PostgreSQL type of moments or times that keeps six digits of a second."""
    return "time zone" in target_type and sizes(target_type) in ([], [6])


def fast(column: ColumnMapping) -> Fast:
    """The column's row of the table, with the limits that its target type adds."""
    row, limits = FAST[column.route], sizes(column.target_type)
    if column.route == "integer" and column.target_type in INTEGER_BITS:
        bound = 1 << (INTEGER_BITS[column.target_type] - 1)
        return Fast(row.kinds, f"{{c}} BETWEEN {-bound} AND {bound - 1}")
    if column.route == "text" and limits:
        return Fast(row.kinds, f"length({{c}}) <= {limits[0]}", free=True)
    if (guard := MYSQL_WITH_FRACTIONS.get((column.route, column.target_type.lower()))) is not None:
        return Fast("text", guard)
    if keeps_microseconds(column.target_type) and column.route in WITH_FRACTIONS:
        return Fast("text", WITH_FRACTIONS[column.route])
    if keeps_microseconds(column.target_type) and column.route == "timestamptz":
        return Fast("text", ZONED)
    if column.route == "json" and column.target_type == "jsonb":
        return Fast("", write=None)  # jsonb takes less than SQLite calls valid
    return row


@dataclass(frozen=True)
class Line:
    """SQL of a row's text without the values that Python writes, and what proves that nothing had to be escaped.

    nulls, marks: SQL of the numbers of marks in a row; expected: SQL that is true for an expected row, "1" where the
    file's own rules say it; tabs: in each line. values: columns that follow as values, in this order.
    """

    text: str
    nulls: str
    marks: str
    expected: str
    tabs: int
    written: tuple[ColumnMapping, ...]
    values: tuple[ColumnMapping, ...]

    @property
    def order(self) -> tuple[ColumnMapping, ...]:
        """The columns as they stand in the lines."""
        return self.written + self.values


def line(columns: Sequence[ColumnMapping], rowid: str, escaping: bool) -> Line:
    """The SQL of a table's columns; rowid: the column that is the rowid and so an integer, escaping: of free texts."""
    written = tuple(column for column in columns if fast(column).write is not None)
    values = tuple(column for column in columns if fast(column).write is None)
    nullable = [quote_identifier(column.source) for column in written if column.nullable]
    marked = [quote_identifier(column.source) for column in written if fast(column).marked]
    guards = [guard for column in written if (guard := _guard(column, column.source == rowid))]
    parts = [_written(column, escaping) for column in written]
    return Line(
        text=_joined(parts) if len(parts) != 1 else f"({parts[0]} || '')",  # an integer alone would come as one
        nulls=chained("+", [f"({name} IS NULL)" for name in nullable]) or "0",
        marks=chained("+", [f"({name} IS NOT NULL)" for name in marked]) or "0",
        expected=chained("AND", guards) or "1",
        tabs=max(len(written) - 1, 0),
        written=written,
        values=values,
    )


def _joined(parts: list[str]) -> str:
    """Parts with tabs in between; by halves, so that a long line isn't copied for each of its columns."""
    if not parts:
        return "''"
    if len(parts) == 1:
        return parts[0]
    half = (len(parts) + 1) // 2
    return f"({_joined(parts[:half])} || '\t' || {_joined(parts[half:])})"


def _written(column: ColumnMapping, escaping: bool) -> str:
    row, name = fast(column), quote_identifier(column.source)
    text = (row.write or "").replace("{c}", name)
    if escaping and row.free:
        for code, escaped in ESCAPES:
            text = f"replace({text}, char({code}), '{escaped}')"
    return f"ifnull({text}, x'ff')" if column.nullable else f"({text})"


def _guard(column: ColumnMapping, is_rowid: bool) -> str:
    row, name = fast(column), quote_identifier(column.source)
    classes = row.kinds.split()
    own = f"({row.guard.replace('{c}', name)})" if row.guard else ""
    if column.nullable and not own:
        return _of_class(name, [*classes, "null"])
    terms = [] if is_rowid and classes == ["integer"] else [_of_class(name, classes)]
    expected = " AND ".join([*terms, *([own] if own else [])])
    return f"({name} IS NULL OR ({expected}))" if column.nullable else expected


def _of_class(name: str, classes: Sequence[str]) -> str:
    if len(classes) == 1:
        return f"typeof({name}) = '{classes[0]}'"
    return f"typeof({name}) IN ({', '.join(repr(klass) for klass in classes)})"

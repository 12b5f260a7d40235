"""How PostgreSQL is asked for a column's values so that its text is what MySQL's LOAD DATA takes for the same value.

Where MySQL would store something near a value without a word (it rounds fractions and takes five-digit years for
others), the value is marked here (transfer/routes/mysql_marks.py), so that the plan's policy decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from conversion.mapping import ColumnMapping
from engines.catalog import Kind, LogicalType
from engines.columns import Kind as ColumnKind
from engines.mysql.load import STORED
from engines.mysql.types import logical_type
from engines.postgresql.quoting import quote_identifier, quote_name
from transfer.canonical.arrays_postgresql import OTHER_BOUNDS, array_json
from transfer.moveplan import Unholdable
from transfer.routes.mysql_fields import Field
from transfer.routes.mysql_marks import NEEDLE, VALUE_MARK, marked
from transfer.routes.texts import text_original

UNHEX, BITS, UNSIGNED = "UNHEX({})", "CAST(CONV({}, 2, 10) AS UNSIGNED)", "CAST({} AS UNSIGNED)"
FIRST_YEAR, END_YEAR = "1000-01-01", "10000-01-01"
MICROSECONDS = 6
BUILT_IN = 16384  # object ids below it are the server's own (PostgreSQL documentation, System Catalog Initial Data)
FACTS = """
WITH RECURSIVE based AS (
  SELECT a.attname, a.attnum, a.attnotnull, a.atttypid AS typid, t.typtype, t.typbasetype, t.typelem, t.typcategory,
         t.typname, t.typlen
  FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
  WHERE a.attrelid = {table}::pg_catalog.regclass AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT b.attname, b.attnum, b.attnotnull, t.oid, t.typtype, t.typbasetype, t.typelem, t.typcategory, t.typname,
         t.typlen
  FROM based AS b JOIN pg_catalog.pg_type AS t ON t.oid = b.typbasetype WHERE b.typtype = 'd'
)
SELECT b.attname, b.typname, b.typtype, b.typcategory, b.attnotnull, b.typid::int8, b.typlen, e.typname, e.oid::int8,
       e.typcategory
FROM based AS b LEFT JOIN pg_catalog.pg_type AS e ON e.oid = b.typelem AND b.typcategory = 'A'
WHERE b.typtype <> 'd'
"""
NUMBER_FORM = r"^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$"
ELEMENTS = {"B": Kind.BOOLEAN, "N": Kind.DECIMAL}


@dataclass(frozen=True)
class Source:
    """A column as PostgreSQL has it: its base type (domains taken off) by name, what kind of type that is."""

    name: str
    type: str
    composite: bool
    array: bool
    not_null: bool
    wide: bool  # whether its values may be long
    element: str = ""
    own_element: bool = False  # a type that somebody made
    element_kind: Kind | None = None


@dataclass(frozen=True)
class Case:
    """A source column, quoted, and the target's type."""

    source: Source
    c: str
    target: LogicalType


def sources(query: Callable[[str], list[tuple[Any, ...]]], schema: str, name: str) -> dict[str, Source]:
    """The columns of a table by name."""
    literal = "'" + quote_name(schema, name).replace("'", "''") + "'"
    found: dict[str, Source] = {}
    for row in query(FACTS.format(table=literal)):
        column, type_, kind, category, not_null, _, length, element, element_id, element_category = row
        found[column] = Source(
            name=column,
            type=type_,
            composite=kind == "c",
            array=category == "A" and element is not None,
            not_null=not_null,
            wide=length == -1,
            element=element or "",
            own_element=element_id is not None and element_id >= BUILT_IN,
            element_kind=ELEMENTS.get(element_category or ""),
        )
    return found


def field_of(mapping: ColumnMapping, source: Source, is_mariadb: bool) -> Field:
    """How a column travels."""
    case = Case(source, quote_identifier(mapping.source), logical_type(mapping.target_type))
    read, wrap, change = _rendered(mapping.route, case)
    original = _bytea_original if source.type == "bytea" else text_original
    mark = VALUE_MARK if f"'{NEEDLE.decode()}" in read else b""
    return Field(mapping, read, wrap, original, change, mapping.source, not source.not_null, mark)


def key_field(name: str, source: Source) -> Field:
    """A column that only names the row."""
    read = f"encode({quote_identifier(name)}, 'hex')" if source.type == "bytea" else quote_identifier(name)
    return Field(None, read, name=name)


def _rendered(route: str, case: Case) -> tuple[str, str, Callable[[bytes], bytes] | None]:
    """SQL of the text, SQL of the target's value, what is done here."""
    c, source, kind = case.c, case.source, case.target.kind
    if kind is Kind.BIT:
        return (f"{c}::int", UNSIGNED, None) if source.type == "bool" else (c, BITS, None)
    if kind is Kind.BINARY:
        return _binary(case), UNHEX, None
    if source.array and kind is not Kind.OTHER and route in ("pg_array", "pg_json"):
        return _array(case)
    if source.composite and route in ("pg_composite", "pg_json"):
        return f"pg_catalog.to_json({c})", STORED, None
    if source.type == "bool" and kind is not Kind.TEXT:
        return f"{c}::int", STORED, None
    if kind in (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT):
        return _number(case), STORED, None
    if kind in (Kind.DATE, Kind.TIME, Kind.TIMESTAMP):
        return MOMENTS[kind](case), STORED, None
    # the output of xml leaves a plain declaration out
    return f"{c}::text" if source.type == "xml" else c, STORED, None


def _binary(case: Case) -> str:
    if case.source.type == "bytea":
        return f"encode({case.c}, 'hex')"
    if case.source.type == "uuid":
        return f"replace({case.c}::text, '-', '')"
    return f"encode(convert_to({case.c}::text, 'UTF8'), 'hex')"


def _array(case: Case) -> tuple[str, str, Callable[[bytes], bytes] | None]:
    """A JSON array; of types that somebody made it is written here, since to_json() may call what they defined.

    Bounds that don't begin at 1 have no place in JSON.
    """
    bounded = OTHER_BOUNDS.replace("{c}", case.c)
    if not case.source.own_element:
        numbers = f"{case.c}::pg_catalog.numeric[]" if case.source.element == "money" else case.c
        return _guarded(f"pg_catalog.to_json({numbers})", bounded, "malformed", case.c), STORED, None

    def change(text: bytes) -> bytes:
        return text if text.startswith(b"!") else array_json(text, case.source.element_kind)

    return _guarded(case.c, bounded, "malformed", case.c), STORED, change


def _number(case: Case) -> str:
    c, source, target = case.c, case.source, case.target
    if source.type == "money":
        return f"{c}::numeric"
    if source.type == "float4":
        c = f"{c}::float8"  # its shortest text is that of another double
    if target.kind is Kind.INTEGER and source.type in ("numeric", "float4", "float8"):
        return _guarded(c, f"{c} <> trunc({c})", "out_of_range", case.c)
    if target.kind is Kind.FLOAT and source.type in ("numeric", "int8"):
        digits = "float4::float8" if target.bits == 32 else "float8"
        return _guarded(c, f"{c}::{digits}::numeric <> {c}", "out_of_range", case.c)
    if target.kind is Kind.FLOAT and target.bits == 32 and source.type in ("float8", "int4"):
        beyond = f"abs({c}) > 3.4028235e38 AND abs({c}) < 'Infinity'"
        return _guarded(c, f"CASE WHEN {beyond} THEN true ELSE {c}::float4::float8 <> {c} END", "out_of_range", case.c)
    if source.type in ("text", "varchar", "bpchar", "citext"):
        form = NUMBER_FORM if target.kind is not Kind.INTEGER else "^-?[0-9]+$"
        return _guarded(c, f"{c}::text !~ '{form}'", "malformed", case.c)
    return c


def _moment(type_: str) -> Callable[[Case], str]:
    def render(case: Case) -> str:
        c = f"({case.c} AT TIME ZONE 'UTC')" if case.source.type == "timestamptz" else case.c
        if case.source.type not in ("date", "timestamp", "timestamptz"):
            return _from_text(case, type_)
        # infinity, years before 1000 and beyond 9999, and what the type would round; AT TIME ZONE overflows for none
        outside = [f"{c} < '{FIRST_YEAR}'", f"{c} >= '{END_YEAR}'"]
        if type_ == "date" and case.source.type != "date":
            outside.append(f"{c} <> {c}::date::timestamp")
            text = f"{c}::date"
        else:
            text = c
            outside += _rounds(case, c, "timestamp") if type_ != "date" else []
        return _guarded(text, " OR ".join(outside), "date_range", case.c)

    return render


def _rounds(case: Case, c: str, type_: str) -> list[str]:
    digits = case.target.precision or 0
    return [f"{c} <> {c}::{type_}({digits})"] if digits < MICROSECONDS and case.source.type != "date" else []


def _time(case: Case) -> str:
    c = f"({case.c} AT TIME ZONE 'UTC')::time" if case.source.type == "timetz" else case.c
    if case.source.type not in ("time", "timetz"):
        return _from_text(case, "time")
    rounded = _rounds(case, c, "time")
    return _guarded(c, rounded[0], "time_range", case.c) if rounded else c


def _from_text(case: Case, type_: str) -> str:
    form = FORMS[type_]
    return _guarded(case.c, f"{case.c}::text !~ '{form}'", "malformed", case.c)


FORMS = {
    "date": r"^[1-9]\d{3}-\d\d-\d\d$",
    "timestamp": r"^[1-9]\d{3}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?$",
    "time": r"^\d\d:\d\d:\d\d(\.\d{1,6})?$",
}
MOMENTS: dict[ColumnKind, Callable[[Case], str]] = {
    Kind.DATE: _moment("date"),
    Kind.TIMESTAMP: _moment("timestamp"),
    Kind.TIME: _time,
}


def _guarded(text: str, guard: str, kind: Unholdable, own: str) -> str:
    """The text, or the value's own text behind a mark where the guard holds."""
    return f"CASE WHEN {guard} THEN {_mark(kind)} || {own}::text ELSE ({text})::text END"


def _mark(kind: Unholdable) -> str:
    return f"'{marked(kind)}'"


def _bytea_original(value: bytes | None) -> Mapping[str, Any]:
    return {"class": "null"} if value is None else {"class": "text", "text": "\\x" + value.decode()}

"""How a MySQL or MariaDB column is written by its server as PostgreSQL's input text, and for which values that holds.

The session is that of engines/mysql/snapshot.py: UTC, utf8mb4, a sql_mode without PAD_CHAR_TO_FULL_LENGTH.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conversion.postgresql_types import base_name
from engines.catalog import Kind
from engines.errors import EngineError
from engines.mysql.charsets import AS_UTF8
from transfer.routes import mysql_numbers as numbers
from transfer.routes.mysql_column import TEXTS, Column, Plain, float_text, shown, sizes

# TO_DAYS('0001-01-01') is 366; of a date with a zero in it NULL
NO_DAY = (
    "(IFNULL(TO_DAYS({c}), 0) < 366 OR DAYOFMONTH({c}) > 28 AND DAYOFMONTH({c}) > IFNULL(DAYOFMONTH(LAST_DAY({c})), 0))"
)
HEX = "CONCAT('\\\\x', HEX({c}))"
UUID = "'^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'"
LABELS = """IF({c} = '', '{{}}', CONCAT('{{"', REPLACE({escaped}, ',', '","'), '"}}'))"""
# hex of a geometry: SRID (8 digits), byte order (2), type (8), the rest; PostGIS wants the SRID behind the type
EWKB = (
    "IF(LEFT(HEX({c}), 8) = '00000000', SUBSTR(HEX({c}), 9), CONCAT(SUBSTR(HEX({c}), 9, 8), '20', LEFT(HEX({c}), 8),"
    " SUBSTR(HEX({c}), 19)))"
)


@dataclass(frozen=True)
class Written:
    """SQL of one column. plain: PostgreSQL's input text, right while guard (SQL, None: never true) isn't true.

    exact: the value's own bytes for the exact way, text as UTF-8; careful: a guard that is only used after a block was
    refused, because it costs more than it finds. A text that has no code points in UTF-8 is marked: MARKED.
    """

    plain: str
    exact: str
    guard: str | None = None
    careful: str | None = None


def written(c: Column) -> Written:
    """How the column is read; EngineError ROUTE_UNKNOWN for a route nobody wrote."""
    route = c.mapping.route
    if route not in ROUTES:
        raise EngineError("ROUTE_UNKNOWN", f"No conversion is named {route}.", "Plan the migration again.")
    plain, guards = ROUTES[route](c)
    null = [f"{c.name} IS NULL"] if c.live.nullable and not c.mapping.nullable else []
    careful = [f"LOCATE(x'00', CAST({plain} AS BINARY)) > 0"] if c.may_hold_nul else []
    if route == "json":
        careful.append(f"LOCATE('\\\\u', {c.name}) > 0")
    return Written(plain, exact(c), _any([*guards, *null]), _any(careful))


def _any(guards: list[str]) -> str | None:
    return " OR ".join(guards) or None


def exact(c: Column) -> str:
    """SQL of the value's bytes: numbers and times as text, characters as UTF-8, other bytes as they are."""
    kind = c.type.kind
    if c.mapping.route in ("wkb", "wkt") and base_name(c.target) != "bytea":
        return ROUTES[c.mapping.route](c)[0]
    if kind is Kind.YEAR and base_name(c.target) in TEXTS:
        return f"CONCAT({shown(c)[0]})"
    if kind is Kind.FLOAT:
        return float_text(c.name, c.type)
    if kind in (Kind.BIT, Kind.YEAR):
        return f"CONCAT({c.name} + 0)"
    if kind in (Kind.BINARY, Kind.GEOMETRY):
        return c.name
    if c.unmapped is not None:
        utf8 = AS_UTF8.format(c=c.name)
        marked = f"CONCAT(CAST(x'FF' AS BINARY), LENGTH({utf8}), ':', {utf8}, CAST({c.name} AS BINARY))"
        return f"IF({c.unmapped}, {marked}, {c.text})"
    return c.text if c.is_text else f"CONCAT({c.name})"


def _text(c: Column) -> Plain:
    limits = sizes(c.target)
    limit = limits[0] if limits else 1 if base_name(c.target) == "character" else None
    guards = [c.unmapped] if c.unmapped else []
    if limit is not None and not (c.type.kind in (Kind.TEXT, Kind.CHAR) and (c.type.length or limit + 1) <= limit):
        guards.append(f"CHAR_LENGTH({c.text}) > {limit}")
    return c.text, guards


def _enum(c: Column) -> Plain:
    return c.text, [f"{c.name} + 0 = 0", *([c.unmapped] if c.unmapped else [])]


def _set(c: Column) -> Plain:
    escaped = c.text
    for plain in ("\\\\", '"'):
        if any(plain[0] in label for label in c.type.labels):
            escaped = f"REPLACE({escaped}, '{plain}', '\\\\{plain}')"
    return LABELS.format(c=c.name, escaped=escaped), [c.unmapped] if c.unmapped else []


def _date(c: Column) -> Plain:
    if base_name(c.target) in TEXTS:
        return shown(c)
    if c.type.kind in (Kind.TEXT, Kind.CHAR):
        return c.text, [numbers.ALWAYS]
    if c.type.kind is Kind.TIMESTAMP:
        return f"LEFT({c.name}, 10)", [_no_day(c), f"TIME({c.name}) <> 0"]
    return c.name, [_no_day(c)]


def _moment(c: Column) -> Plain:
    base = base_name(c.target)
    if base in TEXTS:
        return shown(c)
    if c.type.kind in (Kind.TEXT, Kind.CHAR):
        return c.text, [numbers.ALWAYS]
    zoned = base == "timestamp with time zone"
    clock = " 00:00:00" if c.type.kind is Kind.DATE else ""
    suffix = clock + ("+00" if zoned else "")
    return (f"CONCAT({c.name}, '{suffix}')" if suffix else c.name), [_no_day(c)]


def _no_day(c: Column) -> str:
    found = NO_DAY.replace("{c}", c.name)
    return f"({found} AND {c.name} IS NOT NULL)" if c.live.nullable else found


def _time(c: Column) -> Plain:
    if base_name(c.target) in TEXTS:
        return shown(c)
    return c.name, [f"{c.name} < '00:00:00' OR {c.name} >= '24:00:00'"] if c.mapping.route == "time" else []


def _uuid(c: Column) -> Plain:
    if base_name(c.target) in TEXTS:
        return shown(c)
    if c.type.kind in (Kind.TEXT, Kind.CHAR):
        return c.text, [f"{c.text} NOT REGEXP {UUID}"]
    return c.name, []


def _json(c: Column) -> Plain:
    guards = [c.unmapped] if c.unmapped else []
    return c.text, guards + ([f"NOT JSON_VALID({c.name})"] if c.type.kind is not Kind.JSON else [])


def _bytes_text(c: Column) -> Plain:
    limits = sizes(c.target)
    text = AS_UTF8.format(c=c.name)
    guards = [f"CAST({text} AS BINARY) <> {c.name}"]
    return c.name, guards + ([f"CHAR_LENGTH({text}) > {limits[0]}"] if limits else [])


def _wkb(c: Column) -> Plain:
    return (HEX if base_name(c.target) == "bytea" else EWKB).replace("{c}", c.name), []


ROUTES: dict[str, Callable[[Column], Plain]] = {
    "integer": numbers.integer,
    "numeric": numbers.numeric,
    "double": numbers.double,
    "boolean": numbers.boolean,
    "bit_boolean": lambda c: (f"{c.name} + 0", []),
    "bit": numbers.bit,
    "bit_integer": numbers.bit_integer,
    "text": lambda c: _text(c) if c.is_text else shown(c),
    "text_bytes": lambda c: (HEX.replace("{c}", c.text), [c.unmapped] if c.unmapped else []),
    "bytea": lambda c: (HEX.replace("{c}", c.name), []),
    "bytes_uuid": lambda c: (f"HEX({c.name})", [f"LENGTH({c.name}) <> 16"]),
    "bytes_text": _bytes_text,
    "date": _date,
    "timestamp": _moment,
    "timestamptz": _moment,
    "time": _time,
    "interval": _time,
    "enum": _enum,
    "set": _set,
    "json": _json,
    "uuid": _uuid,
    "network": lambda c: shown(c) if base_name(c.target) in TEXTS else (f"CONCAT({c.name})", []),
    "wkb": _wkb,
    "wkt": lambda c: (f"ST_AsText({c.name})", []),
}

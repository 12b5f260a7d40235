"""A person's own choice of PostgreSQL type for a MySQL column, with the value conversion that fits."""

from __future__ import annotations

from dataclasses import replace

from conversion.postgresql_types import base_name
from conversion.relational.choice import Choice, ColumnFacts
from conversion.type_overrides import spelled
from engines.catalog import Kind
from engines.errors import UsageError

NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision", "text", "character varying")
TEXTS = ("text", "character varying", "character")
MOMENTS = ("timestamp without time zone", "timestamp with time zone")
# What each route's values may be asked for: type -> route.
ROUTES: dict[str, dict[str, str]] = {
    "integer": {**dict.fromkeys(NUMBERS, "integer"), "numeric": "numeric", "boolean": "boolean"},
    "boolean": {**dict.fromkeys(NUMBERS, "integer"), "boolean": "boolean"},
    "numeric": {**dict.fromkeys(NUMBERS, "numeric"), "bigint": "integer", "integer": "integer"},
    "double": {**dict.fromkeys(NUMBERS, "double"), "bigint": "integer"},
    "bit_boolean": {"boolean": "bit_boolean", "bit": "bit", "bit varying": "bit", "smallint": "bit_integer",
                    "integer": "bit_integer", "bigint": "bit_integer"},
    "bit": {"bit": "bit", "bit varying": "bit", "bigint": "bit_integer", "integer": "bit_integer"},
    "text": {**dict.fromkeys(TEXTS, "text"), "uuid": "uuid", "json": "json", "jsonb": "json", "citext": "text",
             "date": "date", **dict.fromkeys(MOMENTS, "timestamp"), "bytea": "text_bytes"},
    "bytea": {"bytea": "bytea", "uuid": "bytes_uuid", "text": "bytes_text", "character varying": "bytes_text"},
    "date": {"date": "date", **dict.fromkeys(MOMENTS, "timestamp"), **dict.fromkeys(TEXTS, "date")},
    "timestamp": {"timestamp without time zone": "timestamp", "timestamp with time zone": "timestamptz",
                  "date": "date", **dict.fromkeys(TEXTS, "timestamp")},
    "time": {"time without time zone": "time", "interval": "interval", **dict.fromkeys(TEXTS, "time")},
    "enum": {**dict.fromkeys(TEXTS, "text")},
    "set": {"text[]": "set", **dict.fromkeys(TEXTS, "text")},
    "json": {"json": "json", "jsonb": "json", "text": "text"},
    "uuid": {"uuid": "uuid", **dict.fromkeys(TEXTS, "text")},
    "network": {"inet": "network", **dict.fromkeys(TEXTS, "text")},
    "wkb": {"bytea": "wkb", "geometry": "wkb", "text": "wkt"},
}  # fmt: skip
ROUTES["timestamptz"] = {**ROUTES["timestamp"], "timestamp without time zone": "timestamp"}
ROUTES["interval"] = ROUTES["time"]


def overridden(facts: ColumnFacts, choice: Choice, wanted: str) -> Choice:
    """A person's type with the route that fits the values; UsageError for a type without a route."""
    base = base_name(wanted)
    routes = ROUTES[choice.route]
    if wanted.strip() == "text[]":
        base = "text[]"
    if base not in routes:
        raise UsageError(
            "TYPE_WITHOUT_ROUTE",
            f"Column {facts.column.name} ({facts.column.native}) can't be moved into {wanted}.",
            f"Ask for one of {', '.join(sorted(routes))}.",
        )
    checks = choice.checks if base in NUMBERS and facts.column.type.kind not in (Kind.ENUM, Kind.SET) else ()
    reason = f"asked for; the rules would take {choice.native or 'an enum type'}"
    alternatives = (choice.native,) if choice.native else ()
    native = wanted.strip() if base == "text[]" else spelled(wanted)
    return replace(
        choice, native=native, route=routes[base], reason=reason, alternatives=alternatives, labels=(), checks=checks,
        set_aside=choice.set_aside if base not in TEXTS else 0,
    )  # fmt: skip

"""A person's own choice of target type, with the value conversion that fits the values."""

from __future__ import annotations

import re

from conversion.declared import Facts
from conversion.postgresql_types import base_name
from conversion.types_sqlite_postgresql import ENOUGH, JSONS, Choice
from engines.errors import UsageError

# What a person may ask for instead (target kind of the type asked for -> route), by what the rules chose.
ROUTES: dict[str, str] = {
    "smallint": "integer", "integer": "integer", "bigint": "integer", "boolean": "boolean", "numeric": "numeric",
    "double precision": "double", "real": "double", "text": "text", "character varying": "text", "bytea": "bytea",
    "date": "date", "timestamp without time zone": "timestamp", "timestamp with time zone": "timestamptz",
    "time without time zone": "time", "uuid": "uuid", "json": "json", "jsonb": "json",
}  # fmt: skip


def overridden(facts: Facts, choice: Choice, wanted: str) -> Choice:
    """A person's type with the route that fits the values; UsageError for a type without a route."""
    base = base_name(wanted)
    route = ROUTES.get(base)
    if route is None:
        raise UsageError(
            "TYPE_WITHOUT_ROUTE",
            f"Column {facts.column.name} can't be moved into {wanted}.",
            f"Ask for one of {', '.join(sorted(ROUTES))}.",
        )
    mixed = len(facts.classes) > 1
    if base.startswith("timestamp") and facts.share("epoch_milliseconds") >= ENOUGH and not facts.empty:
        route = "epoch_milliseconds"
    elif base.startswith("timestamp") and facts.share("epoch_seconds") >= ENOUGH and not facts.empty:
        route = "epoch_seconds"
    elif base.startswith("timestamp") and facts.only("real") and not facts.empty:
        route = "julian_day"
    elif base in ("text", "character varying") and (mixed or facts.affinity != "TEXT"):
        route = "text_any"
    elif base == "jsonb" and (mixed or facts.base not in JSONS):
        route = "jsonb_any"
    elif base == "bytea" and mixed:
        route = "bytea_any"
    return Choice(spelled(wanted), route, f"asked for; the rules would take {choice.native}", (choice.native,))


def spelled(wanted: str) -> str:
    """A type in the server's own spelling: `varchar(3)` gives `character varying(3)`."""
    numbers = re.search(r"\(([^)]*)\)", wanted)
    base = base_name(wanted)
    if not numbers:
        return base
    inside = "(" + ",".join(part.strip() for part in numbers[1].split(",")) + ")"
    if base == "numeric" and "," not in inside:
        inside = inside.replace(")", ",0)")
    head, space, tail = base.partition(" w")
    return f"{head}{inside}{space}{tail}" if base.startswith(("time", "timestamp")) else base + inside

"""Events: what the server does by the clock."""

from __future__ import annotations

from typing import Any

from engines.catalog import Event
from engines.mysql.introspect.exact import exact_body
from engines.mysql.introspect.reader import Reader
from engines.mysql.introspect.triggers import code_options
from engines.mysql.names import account
from engines.mysql.quoting import quote_identifier, quote_literal

EVENTS = """
    SELECT e.EVENT_NAME, e.DEFINER, e.TIME_ZONE, e.EVENT_DEFINITION, e.EVENT_TYPE, e.EXECUTE_AT, e.INTERVAL_VALUE,
           e.INTERVAL_FIELD, e.SQL_MODE, e.STARTS, e.ENDS, e.STATUS, e.ON_COMPLETION, e.EVENT_COMMENT,
           e.CHARACTER_SET_CLIENT, e.COLLATION_CONNECTION, e.DATABASE_COLLATION
      FROM information_schema.EVENTS e WHERE e.EVENT_SCHEMA = %s
"""
STATES = {"ENABLED": "ENABLE", "DISABLED": "DISABLE"}


def read_events(reader: Reader) -> list[Event]:
    """All events; times of their schedules are in the event's own time zone (options: time_zone)."""
    rows = reader.rows("events", EVENTS)
    return [_event(reader, row) for row in sorted(rows, key=lambda row: str(row.event_name))]


def _event(reader: Reader, row: Any) -> Event:
    body = exact_body(reader, "EVENT", row.event_name, str(row.event_definition))
    schedule = _schedule(row)
    keep = "PRESERVE" if row.on_completion == "PRESERVE" else "NOT PRESERVE"
    state = STATES.get(str(row.status), "DISABLE ON SLAVE")
    comment = f" COMMENT {quote_literal(row.event_comment)}" if row.event_comment else ""
    return Event(
        schema_name=reader.database,
        name=row.event_name,
        schedule=schedule,
        definition=f"CREATE DEFINER={account(row.definer)} EVENT {quote_identifier(row.event_name)}"
        f" ON SCHEDULE {schedule} ON COMPLETION {keep} {state}{comment} DO {body}",
        body=body,
        enabled=row.status == "ENABLED",
        options={
            **code_options(row),
            "time_zone": str(row.time_zone),
            "on_completion": keep,
            "status": str(row.status),
        },
        comment=row.event_comment or None,
    )


def _schedule(row: Any) -> str:
    if row.execute_at is not None:
        return f"AT '{row.execute_at}'"
    value = str(row.interval_value)
    field = str(row.interval_field)
    written = value if value.isdigit() and "_" not in field else quote_literal(value.strip("'"))
    parts = [f"EVERY {written} {field}"]
    parts += [f"STARTS '{row.starts}'"] if row.starts is not None else []
    parts += [f"ENDS '{row.ends}'"] if row.ends is not None else []
    return " ".join(parts)

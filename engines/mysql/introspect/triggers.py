"""Triggers of all tables, from one query."""

from __future__ import annotations

from typing import Any

from engines.catalog import Table, Trigger
from engines.mysql.introspect.exact import exact_body
from engines.mysql.introspect.reader import Reader
from engines.mysql.names import account
from engines.mysql.quoting import quote_identifier

TRIGGERS = """
    SELECT t.TRIGGER_NAME, t.EVENT_MANIPULATION, t.EVENT_OBJECT_TABLE, t.ACTION_ORDER, t.ACTION_STATEMENT,
           t.ACTION_TIMING, t.SQL_MODE, t.DEFINER, t.CHARACTER_SET_CLIENT, t.COLLATION_CONNECTION,
           t.DATABASE_COLLATION
      FROM information_schema.TRIGGERS t WHERE t.EVENT_OBJECT_SCHEMA = %s AND t.TRIGGER_SCHEMA = t.EVENT_OBJECT_SCHEMA
"""


def read_triggers(reader: Reader, tables: dict[str, Table]) -> None:
    """Fill triggers in the order in which they fire; definition is a statement that makes the trigger again."""
    rows = reader.rows("triggers", TRIGGERS)
    for row in sorted(rows, key=_firing):
        table = tables.get(row.event_object_table)
        if table is None:
            continue
        if row.action_statement is None:
            reader.missing(
                f"trigger {row.trigger_name} of {table.full_name}", "It needs TRIGGER on the table.", "trigger"
            )
            continue
        table.triggers.append(_trigger(reader, row))


def _firing(row: Any) -> tuple[str, str, str, int]:
    return str(row.event_object_table), str(row.action_timing), str(row.event_manipulation), int(row.action_order or 0)


def _trigger(reader: Reader, row: Any) -> Trigger:
    body = exact_body(reader, "TRIGGER", row.trigger_name, str(row.action_statement))
    head = (
        f"CREATE DEFINER={account(row.definer)} TRIGGER {quote_identifier(row.trigger_name)} {row.action_timing}"
        f" {row.event_manipulation} ON {quote_identifier(row.event_object_table)} FOR EACH ROW"
    )
    return Trigger(
        name=row.trigger_name,
        timing=row.action_timing,
        events=[event.strip() for event in str(row.event_manipulation).split(",")],
        definition=f"{head} {body}",
        body=body,
        order=int(row.action_order or 0),
        options=code_options(row),
    )


def code_options(row: Any) -> dict[str, str]:
    """What else changes the meaning of stored code: definer, sql_mode, charset, collation, database_collation."""
    return {
        "definer": str(row.definer),
        "sql_mode": str(row.sql_mode),
        "charset": str(row.character_set_client),
        "collation": str(row.collation_connection),
        "database_collation": str(row.database_collation),
    }

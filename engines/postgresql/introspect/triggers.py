"""Triggers of tables and views that people made."""

from __future__ import annotations

import re
from typing import Any

from engines.catalog import Trigger
from engines.full_names import qualified
from engines.postgresql.introspect.reader import Reader
from engines.postgresql.introspect.tables import Relations
from engines.postgresql.schemas import USER_SCHEMA

# bits of pg_trigger.tgtype (PostgreSQL source, catalog/pg_trigger.h)
ROW, BEFORE, INSTEAD = 1, 2, 64
EVENTS = {4: "INSERT", 8: "DELETE", 16: "UPDATE", 32: "TRUNCATE"}
FIRES = {"O": True, "A": True, "D": False, "R": False}  # R: only in a session that applies replicated changes
FIRES_WHEN = {"A": "always", "R": "replica"}
TRIGGERS = """
    SELECT t.tgrelid, t.tgname, t.tgtype, t.tgenabled::text, pg_get_triggerdef(t.oid) AS definition, d.description,
           t.tgqual IS NOT NULL AS conditional, t.tgconstraint <> 0 AS is_constraint, t.tgdeferrable, t.tginitdeferred,
           t.tgoldtable, t.tgnewtable, fn.nspname AS function_schema, f.proname AS function_name,
           ARRAY(SELECT a.attname::text FROM unnest(t.tgattr::smallint[]) WITH ORDINALITY u(number, place)
                   JOIN pg_attribute a ON a.attrelid = t.tgrelid AND a.attnum = u.number ORDER BY u.place) AS columns
      FROM pg_trigger t
      JOIN pg_class c ON c.oid = t.tgrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_proc f ON f.oid = t.tgfoid
      JOIN pg_namespace fn ON fn.oid = f.pronamespace
      LEFT JOIN pg_description d ON d.objoid = t.oid AND d.classoid = 'pg_trigger'::regclass AND d.objsubid = 0
     WHERE NOT t.tgisinternal AND {not_of_a_parent} AND {user_schema}
     ORDER BY t.tgrelid, t.tgname
"""
# what matters of pg_get_triggerdef outside of names and literals
WORDS = re.compile(
    r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'|(?P<head>\bFOR EACH (?:ROW|STATEMENT) WHEN \()|(?P<tail>\) EXECUTE \w+ )"
)


def read_triggers(reader: Reader, relations: Relations) -> None:
    """Fill the triggers of tables and views; those that a partitioned table made on its parts are its own."""
    not_of_a_parent = reader.since(130000, "t.tgparentid = 0", "true")  # 12 marks them as internal
    for row in reader.rows("triggers", TRIGGERS.format(not_of_a_parent=not_of_a_parent, user_schema=USER_SCHEMA)):
        relation = relations.of(row.tgrelid)
        if relation is not None:
            relation.triggers.append(_trigger(row))


def _trigger(row: Any) -> Trigger:
    return Trigger(
        name=row.tgname,
        timing="BEFORE" if row.tgtype & BEFORE else "INSTEAD OF" if row.tgtype & INSTEAD else "AFTER",
        events=[name for bit, name in EVENTS.items() if row.tgtype & bit],
        definition=row.definition,
        enabled=FIRES[row.tgenabled],
        level="row" if row.tgtype & ROW else "statement",
        condition=condition(row.definition) if row.conditional else None,
        columns=row.columns,
        function=qualified(row.function_schema, row.function_name),
        options=_options(row),
        comment=row.description,
    )


def condition(definition: str) -> str | None:
    """The WHEN of pg_get_triggerdef's text, without its parentheses: pg_get_expr can't write one with OLD and NEW."""
    start = end = None
    for found in WORDS.finditer(definition):
        if found["head"] and start is None:
            start = found.end()
        elif found["tail"]:
            end = found.start()
    return definition[start:end] if start is not None and end is not None else None


def _options(row: Any) -> dict[str, str]:
    """What else its statement says; fires: always or replica, which its statement does not say."""
    found = {"fires": FIRES_WHEN.get(row.tgenabled), "old_table": row.tgoldtable, "new_table": row.tgnewtable}
    if row.is_constraint:
        found["constraint"] = "true"
        deferred = "deferred" if row.tginitdeferred else "immediate"
        found["deferrable"] = f"initially {deferred}" if row.tgdeferrable else None
    return {name: value for name, value in found.items() if value is not None}

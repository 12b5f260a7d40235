"""Triggers of tables and views that people made."""

from __future__ import annotations

from engines.catalog import Trigger
from engines.postgresql.introspect.reader import USER_SCHEMA, Reader
from engines.postgresql.introspect.tables import Relations

# bits of pg_trigger.tgtype (PostgreSQL source, catalog/pg_trigger.h)
BEFORE, INSTEAD = 2, 64
EVENTS = {4: "INSERT", 8: "DELETE", 16: "UPDATE", 32: "TRUNCATE"}
FIRES = {"O": True, "A": True, "D": False, "R": False}  # R: only in a session that applies replicated changes
TRIGGERS = """
    SELECT t.tgrelid, t.tgname, t.tgtype, t.tgenabled::text, pg_get_triggerdef(t.oid) AS definition, d.description
      FROM pg_trigger t
      JOIN pg_class c ON c.oid = t.tgrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_description d ON d.objoid = t.oid AND d.classoid = 'pg_trigger'::regclass AND d.objsubid = 0
     WHERE NOT t.tgisinternal AND {not_of_a_parent} AND {user_schema}
     ORDER BY t.tgrelid, t.tgname
"""


def read_triggers(reader: Reader, relations: Relations) -> None:
    """Fill the triggers of tables and views; those that a partitioned table made on its parts are its own."""
    not_of_a_parent = reader.since(130000, "t.tgparentid = 0", "true")  # 12 marks them as internal
    for row in reader.rows("triggers", TRIGGERS.format(not_of_a_parent=not_of_a_parent, user_schema=USER_SCHEMA)):
        relation = relations.of(row.tgrelid)
        if relation is None:
            continue
        timing = "BEFORE" if row.tgtype & BEFORE else "INSTEAD OF" if row.tgtype & INSTEAD else "AFTER"
        relation.triggers.append(
            Trigger(
                name=row.tgname,
                timing=timing,
                events=[name for bit, name in EVENTS.items() if row.tgtype & bit],
                definition=row.definition,
                enabled=FIRES[row.tgenabled],
                comment=row.description,
            )
        )
        if row.tgenabled in "AR":
            when = "always" if row.tgenabled == "A" else "only in replication"
            reader.missing(f"trigger {row.tgname} of {relation.full_name}", f"It fires {when}: not in its definition.")

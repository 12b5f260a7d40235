"""ON UPDATE CURRENT_TIMESTAMP on PostgreSQL: one trigger function per table, written out."""

from __future__ import annotations

from collections.abc import Sequence

from conversion.from_mysql.source import parse_expression
from conversion.from_mysql.spelling_postgresql import dollar_quoted, spelled, spelled_name
from conversion.names import joined
from conversion.relational.choice import Choice, ColumnFacts
from conversion.relational.direction import OnUpdate
from conversion.shapes import Untranslatable
from engines.catalog import Column, Kind, Routine, Table, Trigger
from engines.full_names import qualified
from engines.postgresql.quoting import quote_identifier

NOTE = (
    "the trigger {name} sets {columns} with every UPDATE that changes something, as MySQL's ON UPDATE does; an UPDATE "
    "that assigns such a column its old value can't be told from one that leaves it alone"
)
BODY = """
BEGIN
    IF NEW IS NOT DISTINCT FROM OLD THEN
        RETURN NEW;
    END IF;
{assignments}
    RETURN NEW;
END
"""


def on_update(table: Table, columns: Sequence[tuple[Column, ColumnFacts, Choice]]) -> OnUpdate:
    """A BEFORE UPDATE trigger that sets the columns where the statement changed the row but not them."""
    for column, facts, _ in columns:
        if column.type.kind is not Kind.TIMESTAMP or not _is_clock(facts.column.on_update or ""):
            raise Untranslatable(f"ON UPDATE {facts.column.on_update} of a {column.native} column")
    name = joined([table.name], "on_update")
    assignments = "\n".join(_assignment(column, choice) for column, _, choice in columns)
    body = BODY.format(assignments=assignments)
    function = spelled_name(table.schema_name, name)
    head = f"CREATE OR REPLACE FUNCTION {function}()\n RETURNS trigger\n LANGUAGE plpgsql\nAS "
    definition = head + dollar_quoted(body)
    routine = Routine(
        schema_name=table.schema_name,
        name=name,
        kind="function",
        language="plpgsql",
        signature="",
        definition=definition,
        returns="trigger",
        body=body,
    )
    owner = spelled_name(table.schema_name, table.name)
    trigger = Trigger(
        name=name,
        timing="BEFORE",
        events=["UPDATE"],
        definition=f"CREATE TRIGGER {spelled(name)} BEFORE UPDATE ON {owner} "
        f"FOR EACH ROW EXECUTE FUNCTION {function}()",
        function=qualified(table.schema_name, name),
    )
    note = NOTE.format(name=name, columns=", ".join(column.name for column, _, _ in columns))
    return OnUpdate(triggers=[trigger], routines=[routine], note=note)


def _is_clock(sql: str) -> bool:
    node = parse_expression(sql)
    words = sql.strip().lower().split("(")[0]
    return node is not None and words in ("current_timestamp", "now", "localtimestamp", "localtime")


def _assignment(column: Column, choice: Choice) -> str:
    name = quote_identifier(column.name)
    clock = "CURRENT_TIMESTAMP" if choice.route == "timestamptz" else "LOCALTIMESTAMP"
    return f"    IF NEW.{name} IS NOT DISTINCT FROM OLD.{name} THEN\n        NEW.{name} := {clock};\n    END IF;"

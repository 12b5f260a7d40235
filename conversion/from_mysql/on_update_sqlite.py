"""ON UPDATE CURRENT_TIMESTAMP in SQLite: one trigger per table."""

from __future__ import annotations

from collections.abc import Sequence

from conversion.from_mysql.defaults_sqlite import clock
from conversion.names import joined
from conversion.relational.choice import Choice, ColumnFacts
from conversion.relational.direction import OnUpdate
from conversion.shapes import Untranslatable
from engines.catalog import Column, Kind, Table, Trigger
from engines.sqlite.quoting import quote_identifier

NOTE = (
    "the trigger {name} sets {columns} after every UPDATE that changes something, as MySQL's ON UPDATE does; an UPDATE "
    "that assigns such a column its old value can't be told from one that leaves it alone"
)


def on_update(table: Table, columns: Sequence[tuple[Column, ColumnFacts, Choice]]) -> OnUpdate:
    """An AFTER UPDATE trigger that sets the columns where the statement changed the row but not them."""
    for _, facts, _ in columns:
        if facts.column.type.kind is not Kind.TIMESTAMP:
            raise Untranslatable(f"ON UPDATE {facts.column.on_update} of a {facts.column.native} column")
    name = joined([table.name], "on_update", 120)
    own = quote_identifier(table.name)
    changed = " OR ".join(
        f"NEW.{quote_identifier(c.name)} IS NOT OLD.{quote_identifier(c.name)}" for c in table.columns
    )
    set_clauses = ", ".join(_assignment(column, facts, choice) for column, facts, choice in columns)
    definition = (
        f"CREATE TRIGGER {quote_identifier(name)} AFTER UPDATE ON {own} FOR EACH ROW\nWHEN {changed}\n"
        f"BEGIN\n    UPDATE {own} SET {set_clauses} WHERE rowid = NEW.rowid;\nEND"
    )
    trigger = Trigger(name=name, timing="AFTER", events=["UPDATE"], definition=definition)
    return OnUpdate(triggers=[trigger], note=NOTE.format(name=name, columns=", ".join(c.name for c, _, _ in columns)))


def _assignment(column: Column, facts: ColumnFacts, choice: Choice) -> str:
    name = quote_identifier(column.name)
    return f"{name} = CASE WHEN NEW.{name} IS OLD.{name} THEN {clock(facts, choice)} ELSE NEW.{name} END"

"""The statements of a repair as they are sent, values as marks."""

from __future__ import annotations

from collections.abc import Callable

from engines.mysql import quoting as mysql
from engines.postgresql import quoting as postgresql
from engines.sqlite import quoting as sqlite
from transfer.repair.model import TablePlan
from transfer.repair.prepared import Prepared

QUOTE: dict[str, Callable[[str], str]] = {
    "postgresql": postgresql.quote_identifier,
    "mysql": mysql.quote_identifier,
    "sqlite": sqlite.quote_identifier,
}


def quoted_table(engine: str, schema: str, name: str) -> str:
    """The table's name as statements write it; a SQLite file has one schema."""
    quote = QUOTE[engine]
    return quote(name) if engine == "sqlite" else f"{quote(schema)}.{quote(name)}"


def statements(engine: str, made: Prepared, planned: TablePlan) -> list[str]:
    """One line per kind of statement that the plan needs, in their order."""
    if engine == "mongodb":
        return _commands(made.table.place("target")[1], planned)
    quote = QUOTE[engine]
    table = quoted_table(engine, *made.table.place("target"))
    where = " AND ".join(f"{quote(column.target.name)} = ?" for column in made.places) or "every column = ? LIMIT 1"
    written = [column for column in made.columns if column.compared in planned.columns]
    lines = {
        "delete": f"DELETE FROM {table} WHERE {where}",
        "update": f"UPDATE {table} SET {', '.join(f'{quote(c.held.name)} = ?' for c in written)} WHERE {where}",
        "insert": f"INSERT INTO {table} ({', '.join(quote(c.held.name) for c in made.columns)}) VALUES (...)",
    }
    return [f"{line} ({getattr(planned, kind):,} rows)" for kind, line in lines.items() if getattr(planned, kind)]


def _commands(collection: str, planned: TablePlan) -> list[str]:
    kinds = {"delete": "deleteOne({_id})", "update": "replaceOne({_id}, document)", "insert": "insertMany([document])"}
    return [
        f"{collection}.{command} ({getattr(planned, kind):,} documents)"
        for kind, command in kinds.items()
        if getattr(planned, kind)
    ]

"""Names of tables and columns as both SQLite and PostgreSQL quote them."""

from __future__ import annotations


def quoted(name: str) -> str:
    """One name in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def qualified(full_name: str) -> str:
    """schema.table with both parts quoted; the first dot parts them."""
    schema, _, name = full_name.partition(".")
    return f"{quoted(schema)}.{quoted(name)}"

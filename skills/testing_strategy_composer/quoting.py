"""Names of tables and columns as an engine quotes them."""

from __future__ import annotations

from engines.families import family


def quoted(name: str, engine: str) -> str:
    """One name: in backticks for MySQL and MariaDB, else in double quotes."""
    mark = "`" if family(engine) == "mysql" else '"'
    return mark + name.replace(mark, mark * 2) + mark


def qualified(full_name: str, engine: str) -> str:
    """schema.table with both parts quoted; the first dot parts them."""
    schema, _, name = full_name.partition(".")
    return f"{quoted(schema, engine)}.{quoted(name, engine)}"

"""Names of tables and columns as an engine quotes them."""

from __future__ import annotations

from engines.families import family
from engines.full_names import parts


def quoted(name: str, engine: str) -> str:
    """One name: in backticks for MySQL and MariaDB, else in double quotes."""
    mark = "`" if family(engine) == "mysql" else '"'
    return mark + name.replace(mark, mark * 2) + mark


def quoted_name(full_name: str, engine: str) -> str:
    """schema.table with both parts quoted."""
    schema, name = parts(full_name)
    return f"{quoted(schema, engine)}.{quoted(name, engine)}"

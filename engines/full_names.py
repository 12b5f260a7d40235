"""Full names, `schema.name`, made and taken apart at one place, whatever characters schemas and names have."""

from __future__ import annotations

import re

# A schema that would be read otherwise stands in double quotes, as in SQL: `"a.b".c`. Names never do: everything behind
# the first dot is theirs.
SPECIAL = re.compile(r'[."]')
QUOTED = re.compile(r'"((?:[^"]|"")*)"\.(.*)', re.DOTALL)
# A column with a dot or a quote in its name stands in quotes at the end: `public.t."a.b"`.
QUOTED_COLUMN = re.compile(r'(.*)\."((?:[^"]|"")*)"', re.DOTALL)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"' if SPECIAL.search(name) else name


def qualified(schema: str, name: str) -> str:
    """The name by which plans, states and reports know an object; no two pairs have the same one."""
    return f"{_quoted(schema)}.{name}"


def parts(full: str) -> tuple[str, str]:
    """Schema and name of a full name; a text without a dot is a schema alone."""
    found = QUOTED.fullmatch(full)
    if found:
        return found[1].replace('""', '"'), found[2]
    schema, _, name = full.partition(".")
    return schema, name


def name_of(full: str) -> str:
    """The name without its schema."""
    return parts(full)[1]


def in_schema(full: str, schema: str) -> str:
    """The full name that an object of that name has in another schema."""
    return qualified(schema, parts(full)[1])


def column_name(table: str, column: str) -> str:
    """The full name of a column of a table, given by its full name."""
    return f"{table}.{_quoted(column)}"


def column_parts(full: str) -> tuple[str, str]:
    """Full name of the table and name of the column; the table is empty where there is no dot."""
    found = QUOTED_COLUMN.fullmatch(full)
    if found:
        return found[1], found[2].replace('""', '"')
    table, _, column = full.rpartition(".")
    return table, column

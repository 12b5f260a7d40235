"""Names and values as they are written in PostgreSQL statements."""

from __future__ import annotations


def quote_identifier(name: str) -> str:
    """A name in double quotes, always quoted; ValueError for a name PostgreSQL can't have (empty, with NUL)."""
    if not name or "\0" in name:
        raise ValueError(f"{name!r} can't be a PostgreSQL name")
    return '"' + name.replace('"', '""') + '"'


def quote_name(schema: str, name: str) -> str:
    """A qualified name: "schema"."name"."""
    return f"{quote_identifier(schema)}.{quote_identifier(name)}"


def quote_literal(text: str) -> str:
    """A text constant that reads the same under either setting of standard_conforming_strings.

    A backslash makes it an escape string (E'...'). ValueError for a text with NUL, which PostgreSQL can't hold.
    """
    if "\0" in text:
        raise ValueError("a PostgreSQL text can't hold NUL")
    doubled = text.replace("'", "''")
    if "\\" in doubled:
        return "E'" + doubled.replace("\\", "\\\\") + "'"
    return f"'{doubled}'"

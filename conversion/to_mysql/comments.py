"""Comments as MySQL and MariaDB keep them: so many characters, and none beyond the Basic Multilingual Plane."""

from __future__ import annotations

from conversion.mapping import TableMapping
from conversion.to_mysql.speaker import Speaker
from engines.catalog import Column, Index, Key, Table

# https://dev.mysql.com/doc/refman/8.4/en/create-table.html: characters
OF_TABLE, OF_PART = 2048, 1024
LAST = "\uffff"  # that the servers' own texts (utf8mb3) have
INSTEAD = "\N{REPLACEMENT CHARACTER}"


def fit_comments(table: Table, mapping: TableMapping | None, direction: Speaker) -> None:
    """Cut comments of a table, its columns, keys and indexes in place; each that changes is said."""
    source = mapping.source if mapping else table.full_name
    origins = {column.target: column.source for column in mapping.columns} if mapping else {}
    _fit(table, source, OF_TABLE, direction)
    if table.primary_key is not None:
        _fit(table.primary_key, f"{source}.{table.primary_key.name or 'primary key'}", OF_PART, direction)
    for column in table.columns:
        _fit(column, f"{source}.{origins.get(column.name, column.name)}", OF_PART, direction)
    parts: list[Key | Index] = [*table.uniques, *table.indexes]
    for part in parts:
        _fit(part, f"{source}.{part.name}", OF_PART, direction)


def _fit(owner: Table | Column | Key | Index, name: str, most: int, direction: Speaker) -> None:
    comment = owner.comment or ""
    kept = "".join(INSTEAD if letter > LAST else letter for letter in comment[:most])
    if kept == comment:
        return
    if len(comment) > most:
        direction.say(
            name, f"a comment has {most:,} characters at most there: the rest of it is cut off: {comment[most:]}"
        )
    if kept != comment[:most]:
        direction.say(name, f"comments there have no characters beyond U+FFFF: {comment}")
    owner.comment = kept

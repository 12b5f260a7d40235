"""What tells a table from others of its name: InnoDB keeps old versions of rows, but not of tables.

To an older moment a table that got another one's name shows what it held itself then, one that lost a part lacks its
rows, a column that was dropped and added at once holds nothing, all without an error; only of one that was emptied or
made anew the server says so (error 1412). What a transaction has read is locked against all that until it ends (MySQL
manual, Metadata Locking).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from engines.errors import DbmoError
from engines.full_names import parts, qualified
from engines.mysql.quoting import quote_literal
from engines.mysql.server import Server

Query = Callable[[str], list[tuple[Any, ...]]]
Marks = Mapping[str, tuple[Any, ...]]

# One row of a table without parts. MariaDB takes CREATE_TIME, to the second, from the file of a table's definition,
# which each ALTER and RENAME makes or moves; a table of MySQL keeps its own through a RENAME.
MADE = """
SELECT TABLE_NAME, PARTITION_NAME, SUBPARTITION_NAME, CREATE_TIME FROM information_schema.PARTITIONS
 WHERE TABLE_SCHEMA = {schema}{one} ORDER BY 1, 2, 3
"""
# A part that was exchanged for a table keeps its name and time: InnoDB's number of it tells, to who may see processes.
FILES = "SELECT NAME, TABLE_ID FROM information_schema.{view} WHERE LOCATE({part}, NAME) > 0 ORDER BY 1"
ENCODED = "CAST(CONVERT({name} USING filename) AS BINARY)"
PART = "#P#"  # stands between a table's name and a part's, in which it is encoded; MySQL 8 writes it small
NO_RIGHT = 1227


def marks_of(query: Query, server: Server, tables: Sequence[str]) -> Marks:
    """By the full names of these tables what they are now; none of those that aren't there."""
    found: dict[str, tuple[Any, ...]] = {}
    parted: list[str] = []
    for schema, pairs in groupby(sorted(map(parts, tables)), key=lambda pair: pair[0]):
        wanted = {name for _, name in pairs}
        one = f" AND TABLE_NAME = {quote_literal(next(iter(wanted)))}" if len(wanted) == 1 else ""  # opens no other
        rows = query(MADE.format(schema=quote_literal(schema), one=one))
        for name, several in groupby(rows, key=lambda row: row[0].decode()):
            if name in wanted:
                told = tuple(row[1:] for row in several)
                found[qualified(schema, name)] = told
                parted += [qualified(schema, name)] if told[0][0] is not None else []
    numbers = _numbers(query, server, parted) if parted else {}
    return {name: (*told, *numbers.get(name, ())) for name, told in found.items()}


def _numbers(query: Query, server: Server, tables: Sequence[str]) -> Marks:
    """InnoDB's numbers of the parts of these tables; nothing where this user may not know them."""
    asked = [ENCODED.format(name=quote_literal(name)) for table in tables for name in parts(table)]
    names = [name.decode() for name in query(f"SELECT {', '.join(asked)}")[0]]
    files = {
        f"{schema}/{name}".lower(): table for schema, name, table in zip(names[::2], names[1::2], tables, strict=True)
    }
    part = f"{next(iter(files))}{PART}" if len(files) == 1 else PART
    view = "INNODB_SYS_TABLES" if server.is_mariadb else "INNODB_TABLES"
    try:
        rows = query(FILES.format(view=view, part=quote_literal(part)))
    except DbmoError as error:
        if error.data.get("errno") != NO_RIGHT:
            raise
        return {}
    found: dict[str, tuple[Any, ...]] = {}
    for name, number in rows:
        table = files.get(re.split(PART, name.decode(), maxsplit=1, flags=re.IGNORECASE)[0].lower())
        if table is not None:
            found[table] = (*found.get(table, ()), number)
    return found

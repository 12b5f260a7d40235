"""Texts of the catalog whose characters information_schema shows as question marks.

It speaks utf8mb3; what lies beyond the Basic Multilingual Plane reads `?`. SHOW CREATE has it.
"""

from __future__ import annotations

import re

from engines.mysql.introspect.reader import Reader
from engines.mysql.quoting import quote_identifier

STATEMENT = {"VIEW": 1, "TRIGGER": 2, "FUNCTION": 2, "PROCEDURE": 2, "EVENT": 3}  # its place in SHOW CREATE's row
LOST = "?"
NAME = r"`(?:[^`]|``)*`"
# MySQL lists the columns before AS
AS_SELECT = re.compile(rf"\bVIEW\s+(?:{NAME}\.)?{NAME}\s*(?:\((?:{NAME},?\s*)+\)\s*)?AS\s+(.*)", re.DOTALL)
CHECK_OPTION = re.compile(r"\s+WITH (?:CASCADED|LOCAL) CHECK OPTION\s*\Z", re.IGNORECASE)


def exact_body(reader: Reader, kind: str, name: str, body: str) -> str:
    """The body of a routine, trigger or event as it was written; kind as in SHOW CREATE."""
    if LOST not in body:
        return body
    statement = shown(reader, kind, name)
    tail = statement[-len(body) :] if statement else ""
    same = len(tail) == len(body) and all(ours in (LOST, theirs) for ours, theirs in zip(body, tail, strict=True))
    if same:
        return tail
    reader.missing(f"{kind.lower()} {reader.database}.{name}", "Some of its characters may read `?` here.")
    return body


def exact_query(reader: Reader, name: str) -> str | None:
    """The query of a view from SHOW CREATE VIEW, which leaves out the connection's own database."""
    statement = shown(reader, "VIEW", name)
    found = AS_SELECT.search(statement) if statement else None
    return CHECK_OPTION.sub("", found[1]) if found else None


def shown(reader: Reader, kind: str, name: str) -> str | None:
    """The statement that SHOW CREATE gives; None where the user may not see it."""
    sql = f"SHOW CREATE {kind} {quote_identifier(name)}"
    for row in reader.rows(f"{kind.lower()} {reader.database}.{name}", sql, parameters=()):
        value = row[STATEMENT[kind]]
        return None if value is None else str(value)
    return None

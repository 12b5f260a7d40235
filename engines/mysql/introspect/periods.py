"""Application-time periods of MariaDB, which its catalog doesn't name before 11.4."""

from __future__ import annotations

import re

from engines.catalog import Exclusion, Table
from engines.mysql.introspect.reader import Reader
from engines.mysql.quoting import quote_identifier

SINCE = (10, 4, 3)
# what a period leaves in CHECK_CONSTRAINTS, under its own name
TRACE = re.compile(r"`(?:[^`]|``)*` < `(?:[^`]|``)*`")
PERIOD = re.compile(r"^\s*PERIOD FOR `(?:[^`]|``)*` \(.*\),?$", re.MULTILINE)
OVERLAPS = re.compile(r"^\s*((?:PRIMARY|UNIQUE) KEY .*WITHOUT OVERLAPS.*?),?$", re.MULTILINE)


def read_periods(reader: Reader, tables: dict[str, Table]) -> None:
    """Name periods as unread, and keep keys WITHOUT OVERLAPS as exclusions beside the plain key that they imply.

    Only tables with a check like that of a period are looked at, each with its own SHOW CREATE TABLE.
    """
    if not reader.server.is_mariadb or reader.server.number < SINCE:
        return
    for table in tables.values():
        if not any(TRACE.fullmatch(check.expression) for check in table.checks):
            continue
        sql = f"SHOW CREATE TABLE {quote_identifier(table.name)}"
        for row in reader.rows(f"periods of {table.full_name}", sql, parameters=()):
            text = str(row[1])
            for period in PERIOD.findall(text):
                clause = period.strip().rstrip(",")
                reader.missing(f"period of {table.full_name}", f"It isn't described: {clause}", "period")
            for definition in OVERLAPS.findall(text):
                table.exclusions.append(Exclusion(name=_name(definition), definition=definition))


def _name(definition: str) -> str:
    found = re.match(r"UNIQUE KEY `((?:[^`]|``)*)`", definition)
    return found[1].replace("``", "`") if found else "PRIMARY"

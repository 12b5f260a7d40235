"""What an account may do in a database, from its own SHOW GRANTS."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

GRANT = re.compile(r"GRANT (.*?) ON (?:(TABLE|FUNCTION|PROCEDURE|PACKAGE(?: BODY)?) )?(\S.*?) TO ", re.DOTALL)
TARGET = re.compile(r"(\*|`(?:[^`]|``)*`)\.(\*|`(?:[^`]|``)*`)")
ALL = "ALL PRIVILEGES"


@dataclass
class Grants:
    """Privileges in upper case: on the whole server, on the database, and per table of it."""

    everywhere: set[str] = field(default_factory=set)
    database: set[str] = field(default_factory=set)
    tables: dict[str, set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, statements: Iterable[str], database: str) -> Grants:
        """Read the statements that SHOW GRANTS gives; rights on single columns are no rights on a table."""
        found = cls()
        for statement in statements:
            match = GRANT.match(statement)
            target = TARGET.fullmatch(match[3].strip()) if match else None
            if match is None or target is None or match[2] not in (None, "TABLE"):
                continue
            rights = {right.strip().upper() for right in re.sub(r"\([^)]*\)", "(", match[1]).split(",")}
            rights = {right for right in rights if "(" not in right}
            schema, table = _plain(target[1]), _plain(target[2])
            if schema == "*":
                found.everywhere |= rights
            elif table == "*" and _like(schema, database):
                found.database |= rights
            elif table != "*" and schema == database:
                found.tables.setdefault(table, set()).update(rights)
        return found

    def has(self, right: str) -> bool:
        """Whether the account has it on every object of the database."""
        return bool({right, ALL} & (self.everywhere | self.database))

    def on_table(self, right: str, table: str) -> bool:
        """Whether the account has it on that table or view."""
        return self.has(right) or bool({right, ALL} & self.tables.get(table, set()))


def _plain(name: str) -> str:
    return name[1:-1].replace("``", "`") if name.startswith("`") else name


def _like(pattern: str, database: str) -> bool:
    """Databases in GRANT are patterns: % and _ stand for any, with a backslash for themselves."""
    parts = re.split(r"(\\.|%|_)", pattern)
    wild = {"%": ".*", "_": "."}
    escaped = (wild.get(part) or re.escape(part[1:] if part[:1] == "\\" else part) for part in parts)
    return re.fullmatch("".join(escaped), database, re.DOTALL) is not None

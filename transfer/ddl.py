"""What the steps of a schema cost and lock: facts by which they are put together, or run side by side."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from conversion.mapping import Statement
from engines.families import family
from engines.full_names import name_of, qualified
from engines.protocols import Writer
from transfer.moveplan import MovePlan

LIGHT = 16 << 20  # bytes of rows up to which a build takes about as long as its commit
BUILDS = frozenset({"pk", "unique", "exclusion", "index", "check"})  # they read all rows of one table
REFERENCES = frozenset({"fk"})
# Engines whose DDL is part of a transaction. MySQL commits before and behind every statement; a command of MongoDB
# stands beside the transaction, and is the same when it is run twice.
TRANSACTIONAL = frozenset({"postgresql", "sqlite"})
# These may read many rows, or run a script of somebody else's.
ALONE = re.compile(r"\s*(CREATE\s+MATERIALIZED|CREATE\s+EXTENSION|REFRESH)\b", re.IGNORECASE)
# Codes of MySQL and MariaDB that say that something is there already, or not there any more (manual, server errors).
THERE = frozenset({1007, 1022, 1050, 1060, 1061, 1068, 1304, 1359, 1537, 1826, 3822, 4025, 4127})
REFERENCE, TWICE = 1005, "errno: 121"  # InnoDB: a reference of that name is there
GONE = frozenset({1008, 1051, 1091, 1146, 1305, 1360, 1539, 3821, 4092})
QUOTED = r'"(?:[^"]|"")+"|`(?:[^`]|``)+`'
NAME = rf"(?:{QUOTED}|[\w$]+)"
OWNER = re.compile(rf"(?:ALTER TABLE|\bON)(?: ONLY)? ((?:{NAME}\.)?{NAME})", re.IGNORECASE)
ADDED = re.compile(rf"ALTER TABLE (?:ONLY )?({NAME}\.{NAME}) ADD CONSTRAINT ({QUOTED}) FOREIGN KEY", re.IGNORECASE)
UNLOGGED = "CREATE UNLOGGED TABLE"
UNPROVED = re.compile(r"\bNOT\s+(VALID|ENFORCED)\s*$", re.IGNORECASE)

Lock = Literal["shared", "own"]


@dataclass(frozen=True)
class Job:
    """A statement that reads a table: its size in bytes (None: not known) and the lock that it takes there."""

    statement: Statement
    table: str
    size: int | None
    lock: Lock

    @property
    def light(self) -> bool:
        """Whether it may share a transaction with others."""
        return self.size is not None and self.size <= LIGHT


def run_statement(writer: Writer, connection: Any, statement: Statement) -> None:
    """Run a statement inside the connection's transaction."""
    if statement.unchecked:
        writer.run(connection, "SET LOCAL check_function_bodies = off")
    writer.run(connection, statement.sql)


def transactional(engine: str) -> bool:
    """Whether the engine's DDL takes part in transactions."""
    return family(engine) in TRANSACTIONAL


def sizes(plan: MovePlan, copied: Mapping[str, Mapping[str, object]]) -> dict[str, int]:
    """Bytes by target table, `schema.name`: what was copied; what the catalog said where nothing is known of that."""
    found = {}
    for table in plan.tables:
        figures = copied.get(table.source, {})
        size = figures.get("bytes") or table.size_bytes
        if isinstance(size, int):
            found[table.target] = size
    return found


def emptied_by_crashes(plan: MovePlan) -> list[str]:
    """Tables that a crash of their server empties, whatever was committed: UNLOGGED of PostgreSQL (CREATE TABLE)."""
    return [one.object for one in plan.statements if one.kind == "table" and one.sql.startswith(UNLOGGED)]


def job(statement: Statement, known: Mapping[str, int]) -> Job:
    """What a build or a reference works on; CREATE INDEX lets others read, everything else wants the table alone.

    SQLite's statements say no schema.
    """
    match = OWNER.search(statement.sql)
    table = plain(match[1]) if match else ""
    if table and table not in known:
        named = [name for name in known if name_of(name) == table]
        table = named[0] if len(named) == 1 else table
    return Job(statement, table, known.get(table), "shared" if statement.kind == "index" else "own")


def plain(quoted: str) -> str:
    """`"schema"."name"` as the catalog writes it."""
    names = [_unquoted(part) for part in re.findall(NAME, quoted)]
    return qualified(*names) if len(names) == 2 else names[0]


def _unquoted(name: str) -> str:
    mark = name[0]
    return name[1:-1].replace(mark * 2, mark) if mark in ('"', "`") else name


def validation(statement: Statement) -> tuple[str, str] | None:
    """A PostgreSQL foreign key in two: added without a look at the rows, and proved; None where it can't be."""
    match = ADDED.match(statement.sql)
    if match is None or UNPROVED.search(statement.sql):
        return None
    return f"{statement.sql} NOT VALID", f"ALTER TABLE {match[1]} VALIDATE CONSTRAINT {match[2]}"

"""What a table is like that rows are to be loaded into, and how that decides the way they take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from engines.errors import EngineError, UsageError
from engines.mysql.quoting import quote_literal

Query = Callable[[str], Sequence[Sequence[Any]]]

CONSECUTIVE = 1  # innodb_autoinc_lock_mode: a LOAD DATA holds the table's counter to its end
COLUMNS = (
    "SELECT TABLE_NAME, COLUMN_NAME, CHARACTER_SET_NAME, DATA_TYPE, EXTRA, COLUMN_TYPE, COLLATION_NAME, IS_NULLABLE"
    " FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = {schema} AND TABLE_NAME {which} ORDER BY ORDINAL_POSITION"
)
TABLE = (
    "SELECT t.ENGINE, COALESCE(e.TRANSACTIONS, 'NO'),"
    " (SELECT GROUP_CONCAT(g.TRIGGER_NAME SEPARATOR ', ') FROM information_schema.TRIGGERS AS g"
    "  WHERE g.EVENT_OBJECT_SCHEMA = {schema} AND g.EVENT_OBJECT_TABLE = {name} AND g.EVENT_MANIPULATION = 'INSERT')"
    " FROM information_schema.TABLES AS t LEFT JOIN information_schema.ENGINES AS e USING (ENGINE)"
    " WHERE t.TABLE_SCHEMA = {schema} AND t.TABLE_NAME = {name}"
)
TABLES = (
    "SELECT t.TABLE_NAME, t.ENGINE, COALESCE(e.TRANSACTIONS, 'NO')"
    " FROM information_schema.TABLES AS t LEFT JOIN information_schema.ENGINES AS e USING (ENGINE)"
    " WHERE t.TABLE_SCHEMA = {schema} AND t.TABLE_NAME {which}"
)
TRIGGERED = (
    "SELECT DISTINCT EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS"
    " WHERE EVENT_OBJECT_SCHEMA = {schema} AND EVENT_MANIPULATION = 'INSERT'"
)
SERVER = "SELECT @@GLOBAL.local_infile, @@GLOBAL.max_allowed_packet, @@GLOBAL.innodb_autoinc_lock_mode"


@dataclass(frozen=True)
class LoadTarget:
    """A table of the target.

    charsets, types, spelled: of each column its character set, the name of its type, and the type as it is written;
    counter: the column with AUTO_INCREMENT; null_is_now: those that take NULL for the present moment; transactional:
    whether its rows have transactions; local_infile: whether the server takes LOAD DATA LOCAL; packet:
    max_allowed_packet in bytes.
    """

    schema: str
    name: str
    charsets: dict[str, str | None] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    spelled: dict[str, str] = field(default_factory=dict)
    counter: str | None = None
    null_is_now: frozenset[str] = frozenset()
    transactional: bool = True
    local_infile: bool = True
    packet: int = 16 << 20
    lock_mode: int = CONSECUTIVE

    def by_insert(self, alone: bool) -> bool:
        """Whether INSERT is the better way: where LOAD DATA is refused, or would make the other connections wait.

        alone: no other connection loads at the same time. Measured on MariaDB 10.11 with two connections and an
        AUTO_INCREMENT column: 500,000 rows in 3.1 s by INSERT, 5.8 s by LOAD DATA (MySQL manual, AUTO_INCREMENT
        Handling in InnoDB: lock mode 1 and bulk inserts).
        """
        waits = self.counter is not None and self.lock_mode <= CONSECUTIVE and not alone
        return waits or not self.local_infile


def server_facts(query: Query) -> tuple[bool, int, int]:
    """Whether the server takes LOAD DATA LOCAL, its max_allowed_packet, and its innodb_autoinc_lock_mode."""
    local, packet, mode = query(SERVER)[0]
    return bool(int(local)), int(packet), int(mode)


def load_target(query: Query, schema: str, name: str, server: tuple[bool, int, int]) -> LoadTarget:
    """Read it all; server: its server_facts().

    UsageError TABLE_MISSING; EngineError TARGET_TRIGGERS where a trigger would run for every row (those that the user
    may not see are not found).
    """
    named = {"schema": quote_literal(schema), "name": quote_literal(name)}
    found = query(TABLE.format(**named))
    if not found:
        raise UsageError("TABLE_MISSING", f"The target has no table {schema}.{name}.", "Make the schema first.")
    engine, transactions, triggers = found[0]
    if triggers:
        raise EngineError(
            "TARGET_TRIGGERS",
            f"Triggers of {schema}.{name} would run for every row that is loaded: {triggers}.",
            "Drop them and make them again after the load; MySQL can't switch triggers off.",
        )
    columns = query(COLUMNS.format(schema=named["schema"], which=f"= {named['name']}"))
    return _made(schema, name, transactions == "YES" or engine is None, columns, server)


def load_targets(
    query: Query, schema: str, names: Sequence[str], server: tuple[bool, int, int]
) -> dict[str, LoadTarget]:
    """Of many tables at once; those that load_target() refuses, or knows by another spelling, are left out."""
    given = {"schema": quote_literal(schema), "which": f"IN ({', '.join(map(quote_literal, names))})"}
    triggered = {str(row[0]).casefold() for row in query(TRIGGERED.format(**given))}
    columns: dict[str, list[Sequence[Any]]] = {}
    for row in query(COLUMNS.format(**given)):
        columns.setdefault(row[0], []).append(row)
    return {
        name: _made(schema, name, transactions == "YES" or engine is None, columns[name], server)
        for name, engine, transactions in query(TABLES.format(**given))
        if name in columns and name.casefold() not in triggered
    }


def _made(
    schema: str, name: str, transactional: bool, columns: Sequence[Sequence[Any]], server: tuple[bool, int, int]
) -> LoadTarget:
    """columns: rows of COLUMNS."""
    local, packet, mode = server
    return LoadTarget(
        schema=schema,
        name=name,
        charsets={row[1]: row[2] for row in columns},
        types={row[1]: row[3].lower() for row in columns},
        spelled={row[1]: f"{row[5]} COLLATE {row[6]}" if row[6] else row[5] for row in columns},
        counter=next((row[1] for row in columns if "auto_increment" in str(row[4]).lower()), None),
        null_is_now=frozenset(row[1] for row in columns if row[3].lower() == "timestamp" and row[7] == "NO"),
        transactional=transactional,
        local_infile=local,
        packet=packet,
        lock_mode=mode,
    )

"""How a migration's notes are taken out of its target by hand: only its own, since the target may hold others' too.

A quarantine's originals may stand nowhere else in the target, so what another migration noted stays. The tables go with
the last of them: PostgreSQL, MySQL and MariaDB see to that, of SQLite and MongoDB a comment says it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from engines.families import family
from engines.mysql.quoting import quote_literal as quote_mysql
from engines.own_state import SCHEMA, note, notes
from engines.postgresql.quoting import quote_literal as quote_postgresql
from engines.sqlite.quoting import quote_literal as quote_sqlite

QUOTED = {"postgresql": quote_postgresql, "mysql": quote_mysql, "sqlite": quote_sqlite}
LEFT = "-- Once {table} is empty, no other migration has notes here: {drop}"
POSTGRESQL = (
    "DO $$ BEGIN IF NOT EXISTS (SELECT FROM {migrations}) THEN"
    " DROP TABLE {tables}; DROP SCHEMA {schema}; END IF; END $$;"
)
MYSQL = (
    "SET @drop = IF(EXISTS (SELECT 1 FROM {migrations}), 'DO 0', 'DROP TABLE {tables}');",
    "PREPARE last_notes FROM @drop;",
    "EXECUTE last_notes;",
    "DEALLOCATE PREPARE last_notes;",
)


def undo_notes(engine: str, migration: str) -> list[str]:
    """Statements, each a line; of MongoDB commands for runCommand."""
    kind = family(engine)
    return list(_of_documents(migration) if kind == "mongodb" else _of_tables(kind, migration))


def _of_tables(engine: str, migration: str) -> Iterator[str]:
    migrations, last_first = note("migration", engine), tuple(reversed(notes(engine)))
    for table in last_first:
        owner = "id" if table == migrations else "migration"
        yield f"DELETE FROM {table} WHERE {owner} = {QUOTED[engine](migration)};"
    tables = ", ".join(last_first)
    if engine == "postgresql":
        yield POSTGRESQL.format(migrations=migrations, tables=tables, schema=SCHEMA)
    elif engine == "mysql":
        yield from (line.format(migrations=migrations, tables=tables) for line in MYSQL)
    else:
        yield LEFT.format(table=migrations, drop=" ".join(f"DROP TABLE {table};" for table in last_first))


def _of_documents(migration: str) -> Iterator[str]:
    migrations, last_first = note("migration", "mongodb"), tuple(reversed(notes("mongodb")))
    for name in last_first:
        owner = "_id" if name == migrations else "migration"
        yield json.dumps({"delete": name, "deletes": [{"q": {owner: migration}, "limit": 0}]}) + ";"
    yield LEFT.format(table=migrations, drop=" ".join(json.dumps({"drop": name}) + ";" for name in last_first))

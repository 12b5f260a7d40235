"""A small SQLite database moved whole into a scratch PostgreSQL, for the tests of skills that need both sides."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from conversion.convert import convert
from conversion.result import Conversion
from engines.embedded import open_embedded
from engines.sqlite.database import SqliteDatabase
from tests.servers import copied_clusters
from transfer.scratch import ScratchPair, sample

SCHEMA = """
CREATE TABLE makers (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, since DATE);
CREATE TABLE goods (id INTEGER PRIMARY KEY, maker_id INTEGER REFERENCES makers(id), name TEXT, price DECIMAL(8, 2),
    sold BOOLEAN, seen_at DATETIME, weight REAL);
CREATE VIEW cheap AS SELECT id, name, price FROM goods WHERE price < 5;
INSERT INTO makers VALUES (1, 'Åse', '2001-02-03'), (2, 'bob', NULL), (3, 'Cy', '1999-12-31');
INSERT INTO goods VALUES (1, 1, 'nail', 0.25, 1, '2024-01-31 23:59:59', 0.1), (2, 1, 'saw', 12.5, 0, NULL, 1.5),
    (3, 2, 'Nail', 0.75, 1, '2024-02-29 00:00:00', 0.3), (4, NULL, NULL, NULL, NULL, NULL, NULL);
"""
WORKLOAD = """
-- name: by maker
SELECT m.name, count(*) AS n, sum(g.price) AS total FROM makers m JOIN goods g ON g.maker_id = m.id
GROUP BY m.name ORDER BY m.name;
-- name: like
SELECT id FROM goods WHERE name LIKE 'nail%' ORDER BY id;
-- name: view
SELECT name, price FROM cheap;
-- name: months
SELECT strftime('%Y-%m', seen_at) AS month, count(*) FROM goods GROUP BY strftime('%Y-%m', seen_at) ORDER BY month;
-- name: tree
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n ORDER BY i;
"""


@dataclass
class Moved:
    """Both sides, open, with the same rows; scratch is the server they were made on."""

    source_url: str
    source: SqliteDatabase
    conversion: Conversion
    pair: ScratchPair
    scratch: str
    workspace: Path

    @property
    def target_uri(self) -> str:
        """A libpq URI of the target."""
        return open_embedded(Path(self.scratch.removeprefix("embedded:"))).uri("converted")


@contextmanager
def moved(schema: str = SCHEMA) -> Iterator[Moved]:
    """Build the source from a script, convert it, move every row."""
    folder = Path(tempfile.mkdtemp(prefix="dbmo-moved-", dir="/tmp"))
    path, scratch = folder / "source.db", f"embedded:{folder / 'server'}"
    with sqlite3.connect(path) as connection:
        connection.executescript(schema)
    connection.close()
    source = SqliteDatabase(path, "source.db")
    try:
        catalog = source.catalog()
        profiles = {table.full_name: source.profile(table) for table in catalog.tables}
        made = convert(catalog, profiles, "postgresql", "18.0")
        url = f"sqlite:{path}"
        with copied_clusters():
            pair = sample(source, url, "postgresql", made.tables, made.statements, scratch, folder / "work", 1000)
        try:
            done = Moved(url, source, made, pair, scratch, folder)
            _set_sequences(done)
            yield done
        finally:
            pair.close()
    finally:
        source.close()
        open_embedded(folder / "server").stop()
        shutil.rmtree(folder)


def _set_sequences(done: Moved) -> None:
    """What the builder does after a whole copy, and a sample leaves out."""
    with psycopg.connect(done.target_uri) as connection:
        for table in done.conversion.target.tables:
            for column in (column for column in table.columns if column.identity):
                largest = f'SELECT coalesce(max("{column.name}"), 0) + 1 FROM "{table.name}"'
                sequence = f"pg_get_serial_sequence('\"{table.name}\"', '{column.name}')"
                connection.execute(f"SELECT setval({sequence}, ({largest}), false)".encode())

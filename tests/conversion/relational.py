"""Sources for the tests of tables into collections, and the way of their rows there and back."""

import sqlite3
from pathlib import Path
from typing import Any

import bson
import psycopg
from psycopg.rows import dict_row

from conversion.convert import convert
from conversion.documents.relations_rows import to_documents, to_rows
from conversion.result import Conversion, Overrides
from engines.catalog import Catalog
from engines.mongodb.bson_exact import OPTIONS
from tests.conversion.schemas import Source, postgresql_catalog
from tests.servers import load_sql

Rows = dict[str, list[dict[str, Any]]]


def to_mongodb(source: Source, overrides: Overrides | None = None, workload: tuple[str, ...] = ()) -> Conversion:
    return convert(source.catalog, source.profiles, "mongodb", "8.0", overrides, workload=workload)


def of_postgresql(url: str, script: str) -> Source:
    load_sql(url, script)
    return Source(postgresql_catalog(url), {})


def rows_of_sqlite(path: Path) -> Rows:
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    names = [
        row[0]
        for row in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'sqlite_sequence'"
        )
    ]
    found = {f"main.{n}": [dict(row) for row in connection.execute(f'SELECT * FROM "{n}"')] for n in names}
    connection.close()
    return found


def rows_of_postgresql(url: str, catalog: Catalog) -> Rows:
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return {
            table.full_name: connection.execute(
                f'SELECT * FROM "{table.schema_name}"."{table.name}"'.encode()  # names of the corpora are plain
            ).fetchall()
            for table in catalog.tables
        }


def canonical(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(repr(sorted(row.items())) for row in rows)


def there_and_back(result: Conversion, rows: Rows) -> tuple[int, Rows]:
    """Documents through BSON bytes and back to rows."""
    count = 0
    back: Rows = {table: [] for mapping in result.collections for table in mapping.tables()}
    for mapping in result.collections:
        for document in to_documents(mapping, rows):
            count += 1
            read = bson.decode(bson.encode(document, codec_options=OPTIONS), OPTIONS)
            for table, found in to_rows(mapping, read).items():
                back[table] += found
    return count, back


def accounted(source: Catalog, result: Conversion) -> list[str]:
    """Objects of the source that are neither in a collection nor named in an omission or a note."""
    said = {item.object for item in result.omissions} | {item.object for item in result.notes}
    mapped = {table for mapping in result.collections for table in mapping.tables()}
    lost = [table.full_name for table in source.tables if table.full_name not in mapped | said]
    views = {found.name for found in result.target.collections if found.kind == "view"}
    lost += [view.full_name for view in source.views if view.full_name not in said and view.name not in views]
    indexes = {index.name for found in result.target.collections for index in found.indexes}
    for table in source.tables:
        if table.full_name not in mapped:
            continue
        lost += [i.name for i in table.indexes if i.name not in indexes and f"{table.full_name}.{i.name}" not in said]
        lost += [t.name for t in table.triggers if f"{table.full_name}.{t.name}" not in said]
        decided = {(found.table, tuple(found.columns)) for found in result.relations}
        lost += [str(k.name) for k in table.foreign_keys if (table.full_name, tuple(k.columns)) not in decided]
    for found in (source.routines, source.types, source.sequences, source.events):
        lost += [item.full_name for item in found if item.full_name not in said]
    return lost


SHOP = """
    CREATE TABLE customer (id integer PRIMARY KEY, email varchar(20) NOT NULL UNIQUE, note text);
    CREATE TABLE passport (customer_id integer PRIMARY KEY REFERENCES customer, number text NOT NULL UNIQUE);
    CREATE TABLE orders (
        id bigint PRIMARY KEY, customer_id integer NOT NULL REFERENCES customer, state text DEFAULT 'new',
        CHECK (state IN ('new', 'paid')));
    CREATE TABLE line (
        order_id bigint REFERENCES orders ON DELETE CASCADE, number smallint, price numeric(8, 2) NOT NULL, place int,
        PRIMARY KEY (order_id, number), UNIQUE (place, order_id), CHECK (price >= 0));
    CREATE TABLE tag (id integer PRIMARY KEY, name text);
    CREATE TABLE order_tag (
        order_id bigint REFERENCES orders, tag_id integer REFERENCES tag, PRIMARY KEY (order_id, tag_id));
    CREATE TABLE node (id integer PRIMARY KEY, parent_id integer REFERENCES node ON DELETE CASCADE);
    CREATE TABLE log (at timestamptz, order_id bigint REFERENCES orders ON DELETE CASCADE, what text);
    CREATE INDEX line_price ON line (price DESC);
    CREATE UNIQUE INDEX orders_note ON customer (note) WHERE note IS NOT NULL;
    CREATE INDEX customer_lower ON customer (lower(note));
    CREATE INDEX log_sum ON log ((what || 'x'));
    CREATE VIEW paid AS SELECT id AS number, customer_id FROM orders WHERE state = 'paid';
    CREATE VIEW counted AS SELECT count(*) FROM orders;
"""

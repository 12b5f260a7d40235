"""Reads the whole catalog of a PostgreSQL database with one set of queries per kind of object."""

from __future__ import annotations

from typing import Any

import psycopg

from engines.catalog import Catalog, Extension
from engines.collector import paused_collector
from engines.postgresql.introspect.beyond import read_beyond
from engines.postgresql.introspect.constraints import read_constraints
from engines.postgresql.introspect.indexes import read_indexes
from engines.postgresql.introspect.logical_types import LogicalTypes
from engines.postgresql.introspect.policies import read_policies
from engines.postgresql.introspect.privileges import read_privileges
from engines.postgresql.introspect.reader import Reader
from engines.postgresql.introspect.routines import read_routines
from engines.postgresql.introspect.sequences import read_sequences
from engines.postgresql.introspect.tables import read_relations
from engines.postgresql.introspect.triggers import read_triggers
from engines.postgresql.introspect.user_types import read_user_types
from engines.postgresql.introspect.views import read_views
from engines.postgresql.money import ONE, digits_of
from engines.postgresql.schemas import USER_SCHEMA

LOCK_WAIT = "10s"  # definitions and sizes wait for whoever changes a table; rather unread than waiting for ever
FIRST_USER_OID = 16384  # what initdb made lies below (PostgreSQL source, access/transam.h, FirstNormalObjectId)
SCHEMAS = f"SELECT n.nspname FROM pg_namespace n WHERE {USER_SCHEMA} ORDER BY n.nspname"
EXTENSIONS = f"""
    SELECT e.extname, e.extversion, n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
     WHERE e.oid >= {FIRST_USER_OID} ORDER BY e.extname
"""
DATABASE = """
    SELECT current_database() AS name, pg_encoding_to_char(b.encoding) AS encoding, b.datcollate, b.datctype,
           {provider} AS provider, {locale} AS locale, split_part(current_setting('server_version'), ' ', 1) AS version
      FROM pg_database b WHERE b.datname = current_database()
"""
SETTINGS = """
    SELECT s.name, coalesce(s.reset_val, s.setting) AS setting FROM pg_settings s
     WHERE s.name IN ('server_encoding', 'TimeZone', 'DateStyle', 'IntervalStyle', 'standard_conforming_strings',
                      'default_text_search_config', 'wal_level', 'max_connections', 'max_replication_slots',
                      'max_wal_senders', 'max_worker_processes', 'block_size', 'data_checksums', 'in_hot_standby',
                      'server_version', 'server_version_num', 'shared_buffers', 'row_security')
     ORDER BY s.name
"""
# what constants in definitions look like: what is read here is run where these are so
FORMS = {
    "lock_timeout": LOCK_WAIT,
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "quote_all_identifiers": "off",
}
PROVIDERS = {"c": "libc", "i": "icu", "b": "builtin"}


@paused_collector()
def read_catalog(connection: psycopg.Connection[Any]) -> Catalog:
    """Everything in the user's schemas: not pg_*, information_schema, _dbmo, nor what an extension brought.

    The connection must be in autocommit with an empty search_path, so that definitions name schemas. All is read in
    one REPEATABLE READ transaction, in FORMS whatever the database has for others. What can't be read, or isn't
    described by the model, stands in unread. Names of collations and operator classes are plain for those of
    pg_catalog, schema.name for others and for dotted ones.
    """
    connection.execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        calls = ", ".join(["pg_catalog.set_config(%s, %s, true)"] * len(FORMS))
        sql = f"SELECT {ONE}, {calls}"
        (one, *_), *_ = connection.execute(sql.encode(), [text for pair in FORMS.items() for text in pair]).fetchall()
        return _read(Reader(connection), digits_of(one))
    finally:
        if not connection.closed:
            connection.execute("ROLLBACK")


def _read(reader: Reader, money: int) -> Catalog:
    """money: digits behind the point of that type, as the database has them."""
    relations = read_relations(reader, LogicalTypes(reader, money))
    read_constraints(reader, relations)
    read_indexes(reader, relations)
    read_triggers(reader, relations)
    read_policies(reader, relations)
    read_views(reader, relations)
    sequences = read_sequences(reader, relations)
    types = read_user_types(reader)
    routines = read_routines(reader)
    privileges = read_privileges(reader)
    read_beyond(reader)
    database = _database(reader)
    size = [row.size for row in reader.rows("size", "SELECT pg_database_size(current_database()) AS size")]
    return Catalog(
        engine="postgresql",
        version=database.version,
        database=database.name,
        encoding=database.encoding,
        collation=database.locale or database.datcollate,
        size_bytes=size[0] if size else None,
        schemas=[row.nspname for row in reader.rows("schemas", SCHEMAS)],
        tables=list(relations.tables.values()),
        views=list(relations.views.values()),
        sequences=sequences,
        types=types,
        routines=routines,
        extensions=[
            Extension(name=row.extname, version=row.extversion, schema_name=row.nspname)
            for row in reader.rows("extensions", EXTENSIONS)
        ],
        privileges=privileges,
        settings=_settings(reader, database),
        unread=reader.unread,
    )


def _database(reader: Reader) -> Any:
    provider = reader.since(150000, "b.datlocprovider::text", "'c'")
    locale = reader.since(170000, "b.datlocale", reader.since(150000, "b.daticulocale", "NULL::text"))
    return reader.rows("database", DATABASE.format(provider=provider, locale=locale), essential=True)[0]


def _settings(reader: Reader, database: Any) -> dict[str, Any]:
    found: dict[str, Any] = {row.name: row.setting for row in reader.rows("settings", SETTINGS)}
    found["lc_collate"] = database.datcollate
    found["lc_ctype"] = database.datctype
    found["locale_provider"] = PROVIDERS.get(database.provider, database.provider)
    return found

"""Reads the whole catalog of a MySQL or MariaDB database with one query per kind of object."""

from __future__ import annotations

from typing import Any

from engines.catalog import Catalog
from engines.mysql.introspect.constraints import read_constraints
from engines.mysql.introspect.database import read_database, read_settings
from engines.mysql.introspect.defaults import exact_defaults
from engines.mysql.introspect.events import read_events
from engines.mysql.introspect.indexes import read_indexes
from engines.mysql.introspect.partitions import read_partitions
from engines.mysql.introspect.periods import read_periods
from engines.mysql.introspect.privileges import name_hidden, own_grants, read_privileges
from engines.mysql.introspect.reader import Reader
from engines.mysql.introspect.routines import read_routines
from engines.mysql.introspect.sequences import read_sequences
from engines.mysql.introspect.tables import read_relations
from engines.mysql.introspect.triggers import read_triggers
from engines.mysql.introspect.views import read_views
from engines.mysql.server import Server
from engines.own_state import notes


def read_catalog(connection: Any, server: Server, database: str) -> Catalog:
    """Everything in one database; what can't be read, or isn't described by the model, stands in unread.

    The connection is one of engines/mysql/session.py in that database. The catalog of MySQL is not read in one
    transaction: what others change meanwhile may be seen in part. Errors: pymysql.MySQLError where not even the
    tables can be listed.
    """
    reader = Reader(connection, server, database)
    relations = read_relations(reader)
    read_indexes(reader, relations.tables)
    read_constraints(reader, relations.tables)
    exact_defaults(reader, relations.tables)
    read_periods(reader, relations.tables)
    read_partitions(reader, relations.tables)
    read_triggers(reader, relations.tables)
    read_views(reader, relations.views, (*relations.tables, *relations.sequences, *notes(server.engine)))
    sequences = read_sequences(reader, relations.sequences)
    routines, events = read_routines(reader), read_events(reader)
    name_hidden(reader, own_grants(reader))
    privileges = read_privileges(reader)
    own = read_database(reader)
    return Catalog(
        engine=server.engine,
        version=server.version,
        database=database,
        encoding=own.charset if own else None,
        collation=own.collation if own else None,
        size_bytes=sum(table.size_bytes or 0 for table in relations.tables.values()),
        schemas=[database],
        tables=list(relations.tables.values()),
        views=list(relations.views.values()),
        sequences=sequences,
        routines=routines,
        events=events,
        privileges=privileges,
        settings=read_settings(reader),
        unread=reader.unread,
    )

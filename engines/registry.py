"""Opens databases by reference, whatever the engine."""

from __future__ import annotations

from typing import cast

from engines.connection import Reference, parse, secret
from engines.grant import Grant
from engines.protocols import Database, Writer


def dsn_of(reference: Reference) -> str:
    """What libpq is given: the resolved reference, or that of an embedded server, which is started if need be."""
    folder = reference.embedded_folder
    if folder is None:
        return secret(reference)
    from engines.embedded import open_embedded

    server = open_embedded(folder)
    server.ensure_database(reference.embedded_database)
    return server.uri(reference.embedded_database)


def open_database(text: str) -> Database:
    """The database behind a reference, for reading."""
    reference = parse(text)
    if reference.engine == "sqlite":
        from engines.sqlite.database import SqliteDatabase

        secret(reference)
        return cast(Database, SqliteDatabase(reference.sqlite_path, reference.display))
    if reference.engine == "mysql":
        from engines.mysql.database import MysqlDatabase

        return cast(Database, MysqlDatabase(secret(reference), reference.display))
    if reference.engine == "mongodb":
        from engines.mongodb.database import MongodbDatabase

        return cast(Database, MongodbDatabase(secret(reference), reference.display))
    from engines.postgresql.database import PostgresqlDatabase

    return cast(Database, PostgresqlDatabase(dsn_of(reference), reference.display))


def open_writer(text: str, grant: Grant) -> Writer:
    """The database behind a reference, for writing; only with a grant for exactly this database."""
    reference = parse(text)
    if reference.engine == "sqlite":
        from engines.sqlite.writer import SqliteWriter

        return cast(Writer, SqliteWriter(reference.sqlite_path, reference.display, grant))
    if reference.engine == "mysql":
        from engines.mysql.writer import MysqlWriter

        return cast(Writer, MysqlWriter(secret(reference), reference.display, grant))
    if reference.engine == "mongodb":
        from engines.mongodb.writer import MongodbWriter

        return cast(Writer, MongodbWriter(secret(reference), reference.display, grant))
    from engines.postgresql.writer import PostgresqlWriter

    return cast(Writer, PostgresqlWriter(dsn_of(reference), reference.display, grant))

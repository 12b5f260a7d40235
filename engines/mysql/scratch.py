"""Databases that may be lost, made and dropped on a server that a person named for it."""

from __future__ import annotations

import hashlib
from contextlib import closing
from urllib.parse import urlsplit, urlunsplit

import pymysql

from engines.connection import parse, secret
from engines.mysql.driver import opened
from engines.mysql.errors import translate_error
from engines.mysql.quoting import quote_identifier
from engines.mysql.url import arguments

PREFIX = "dbmo_scratch"


def scratch_name(owner: str, name: str) -> str:
    """The database's name: no other migration's, and none that a person would choose; at most 64 characters."""
    return f"{PREFIX}_{hashlib.sha256(owner.encode()).hexdigest()[:12]}_{name}"


def fresh_database(server: str, owner: str, name: str) -> str:
    """Make an empty utf8mb4 database, dropping what an earlier run left under its name; its reference.

    server: a reference to the server, whatever database it names; owner: what keeps migrations apart.
    """
    made = scratch_name(owner, name)
    quoted = quote_identifier(made)
    _run(server, f"DROP DATABASE IF EXISTS {quoted}", f"CREATE DATABASE {quoted} CHARACTER SET utf8mb4")
    return urlunsplit(urlsplit(server)._replace(path=f"/{made}"))


def drop_database(server: str, owner: str, name: str) -> None:
    """Drop the database of fresh_database(), where it is there."""
    _run(server, f"DROP DATABASE IF EXISTS {quote_identifier(scratch_name(owner, name))}")


def _run(server: str, *statements: str) -> None:
    reference = parse(server)
    options = {**arguments(secret(reference)), "database": None, "autocommit": True}
    try:
        with closing(opened(**options)) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    except pymysql.MySQLError as error:
        raise translate_error(error, reference.display) from error

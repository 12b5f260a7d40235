"""Runs catalog queries, each in a savepoint, so that one that fails doesn't stop the rest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from engines.catalog import Unread

# a collation's name (co, of the schema cn), plain for those of pg_catalog without a dot, else its full name as
# engines/full_names.py has it
COLLATION_NAME = """CASE WHEN cn.nspname = 'pg_catalog' AND co.collname !~ '[.]' THEN ''
                      WHEN cn.nspname ~ '[."]' THEN '"' || replace(cn.nspname::text, '"', '""') || '".'
                      ELSE cn.nspname || '.' END || co.collname"""


def not_of_extension(catalog: str, oid: str, kinds: str = "e") -> str:
    """A condition that leaves out what an extension (deptype e), or another object (i), brought with it."""
    wanted = ", ".join(f"'{kind}'" for kind in kinds)
    return (
        f"NOT EXISTS (SELECT 1 FROM pg_depend x WHERE x.classid = '{catalog}'::regclass"
        f" AND x.objid = {oid} AND x.deptype IN ({wanted}))"
    )


class Reader:
    """Runs catalog queries; rows come as named tuples, failures as entries of unread."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self.version = connection.info.server_version
        self.unread: list[Unread] = []

    def since(self, version: int, expression: str, otherwise: str) -> str:
        """The expression on servers of that version or newer, else the other one."""
        return expression if self.version >= version else otherwise

    def rows(self, part: str, sql: str, parameters: Iterable[Any] = (), essential: bool = False) -> list[Any]:
        """The query's rows; when it fails, none, and part is named as unread.

        A lost connection is raised, and so is any failure of a part without which the rest says nothing (essential).

        The savepoint is rolled back: that lets go of the locks which functions like pg_get_viewdef take.
        """
        given = list(parameters)
        found: list[Any] = []
        try:
            with (
                self._connection.transaction(force_rollback=True),
                self._connection.cursor(row_factory=namedtuple_row) as cursor,
            ):
                found = cursor.execute(sql, given or None).fetchall()
        except psycopg.Error as error:
            if essential or self._connection.closed:
                raise
            self.missing(part, f"{error.diag.message_primary or error} ({error.sqlstate})")
        return found

    def missing(self, part: str, reason: str, kind: str | None = None, definition: str | None = None) -> None:
        """Note that a part couldn't be read or isn't described by the catalog model."""
        self.unread.append(Unread(part=part, reason=reason, kind=kind, definition=definition))

"""Runs catalog queries; one that fails doesn't stop the rest."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from typing import Any

import pymysql

from engines.catalog import Unread
from engines.mysql.errors import LOST_NUMBERS, number_of
from engines.mysql.server import Server


class Reader:
    """Runs catalog queries of one database; rows come as named tuples in lower case, failures as entries of unread.

    `{database}` stands in no query: each takes the database's name as its parameter %s.
    """

    def __init__(self, connection: Any, server: Server, database: str) -> None:
        self._connection = connection
        self.server = server
        self.database = database
        self.unread: list[Unread] = []

    def rows(self, part: str, sql: str, parameters: Sequence[Any] | None = None, essential: bool = False) -> list[Any]:
        """The query's rows; when it fails, none, and part is named as unread.

        parameters: the database's name unless given. A lost connection is raised, and so is any failure of a part
        without which the rest says nothing (essential).
        """
        given = (self.database,) if parameters is None else tuple(parameters)
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(sql, given or None)
                names = [column[0].lower() for column in cursor.description]
                # rename: SHOW gives columns such as `Create Table`, which are taken by their place
                row_type: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]
                return [row_type._make(row) for row in cursor.fetchall()]
        except pymysql.MySQLError as error:
            number = number_of(error)
            if essential or not self._connection.open or number in LOST_NUMBERS:
                raise
            said = str(error.args[1] if len(error.args) > 1 else error)
            self.missing(part, f"{said} ({number})")
        return []

    def missing(self, part: str, reason: str, kind: str | None = None) -> None:
        """Note that a part couldn't be read or isn't described by the catalog model."""
        self.unread.append(Unread(part=part, reason=reason, kind=kind))

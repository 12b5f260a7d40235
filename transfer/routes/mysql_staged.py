"""Rows on their way into a table without transactions: gathered in temporary tables, put where they belong at once."""

from __future__ import annotations

from typing import Any

import pymysql

from engines.errors import EngineError
from engines.full_names import qualified
from engines.mysql.errors import number_of
from engines.mysql.load import Loader, Takes
from engines.mysql.quoting import quote_identifier, quote_name
from engines.own_state import note
from transfer.chunks import Chunk
from transfer.cutting.mysql import condition
from transfer.moveplan import ChunkKey
from transfer.routes.lines_to_mysql import LinesToMysql

STAGE, HELD = note("stage", "mysql"), note("held", "mysql")
TEMPORARY = "CREATE TEMPORARY TABLE {name} ({columns}) ENGINE={engine}"
# rows that are too wide (as a warning), too many columns (MariaDB: a table that can't be made): others may have those
BEYOND_INNODB = frozenset({1118, 139, 1117, 1005})
LIMITLESS = "MyISAM"
MENDED = "Make it {engine} (ALTER TABLE ... ENGINE = {engine}) and run the same command again."


class Stage:
    """Of one range, as long as it is entered.

    InnoDB takes back by itself what a load left that does not stand. What it can't hold is loaded into an empty table
    of MyISAM, which is emptied then, and goes from there to a second one, held, when it stands.
    """

    def __init__(self, lines: LinesToMysql, into: Any) -> None:
        self.lines = lines
        self.connection = lines.writer.driver(into)
        schema = lines.target.schema
        self.stage, self.held = quote_name(schema, STAGE), quote_name(schema, HELD)
        self.rolls_back = True

    def __enter__(self) -> Stage:
        self._drop()
        self.rolls_back = self._fits_innodb()
        if not self.rolls_back:
            self._drop()
            self._make(self.stage, LIMITLESS)
            self._make(self.held, LIMITLESS)
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if error is None:  # else the connection may be lost; it is closed in any case
            self._drop()

    def loader(self) -> Loader:
        """Loads into the stage."""
        if self.rolls_back:
            return self.lines.loader_of(self.stage)
        empty = f"DELETE FROM {self.stage}"
        return self.lines.loader_of(
            self.stage, Takes(empty, empty, f"INSERT INTO {self.held} SELECT * FROM {self.stage}")
        )

    def clear(self) -> None:
        """Forget what stands: the range is read again. Of InnoDB the caller's savepoint does it."""
        if not self.rolls_back:
            self.connection.query(f"DELETE FROM {self.held}")

    def store(self, chunk: Chunk, rows: int) -> None:
        """Put the rows into the table, after what an earlier try left was removed.

        What a lost run had stored of the range is found by the key; without a key all rows go first (then the table is
        one range). EngineError ROWS_NOT_STORED where the table doesn't take them all as they are.
        """
        target, mapping = self.lines.target, self.lines.unit.mapping
        name = quote_name(target.schema, target.name)
        names = ", ".join(quote_identifier(column.target) for column in mapping.copied)
        where = condition(self._key(), chunk)
        self.connection.query(f"DELETE FROM {name}" + (f" WHERE {where}" if where else ""))
        source = self.stage if self.rolls_back else self.held
        stored = self.connection.query(f"INSERT INTO {name} ({names}) SELECT {names} FROM {source}")
        if stored != rows or self.connection._result.warning_count:
            raise EngineError(
                "ROWS_NOT_STORED",
                f"{qualified(target.schema, target.name)} took {stored:,} of {rows:,} rows.",
                MENDED.format(engine="InnoDB" if self.rolls_back else LIMITLESS),
            )

    def _fits_innodb(self) -> bool:
        """Make the stage; under innodb_strict_mode = OFF a warning says what its rows would be refused for."""
        try:
            self._make(self.stage, "InnoDB")
        except pymysql.MySQLError as error:
            if number_of(error) not in BEYOND_INNODB:
                raise
            return False
        with self.connection.cursor() as cursor:
            cursor.execute("SHOW WARNINGS")
            return BEYOND_INNODB.isdisjoint(int(number) for _, number, _ in cursor.fetchall())

    def _make(self, name: str, engine: str) -> None:
        spelled = self.lines.target.spelled
        columns = ", ".join(
            f"{quote_identifier(column.target)} {spelled[column.target]} NULL"
            for column in self.lines.unit.mapping.copied
        )
        self.connection.query(TEMPORARY.format(name=name, columns=columns, engine=engine))

    def _drop(self) -> None:
        self.connection.query(f"DROP TEMPORARY TABLE IF EXISTS {self.stage}, {self.held}")

    def _key(self) -> ChunkKey:
        """The chunk key with the target's names."""
        unit = self.lines.unit
        names = {column.source: column.target for column in unit.mapping.columns}
        columns = [column.model_copy(update={"name": names[column.name]}) for column in unit.key.columns]
        return unit.key.model_copy(update={"columns": columns})

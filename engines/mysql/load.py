"""Loads lines of rows into a table inside a transaction, and finds what the server would have changed or refused.

LOAD DATA LOCAL makes warnings of errors and stores something near the value, so a load stands only when the server
counted every row and gave neither warning nor note; else it is taken back to a savepoint, and its warnings say where.
Unique keys stay checked: without them InnoDB may store duplicates (MySQL manual, unique_checks), and MariaDB's bulk
insert into an empty table, which depends on it, was slower (10.11: 1.9 times the processor time).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pymysql

from engines.mysql.errors import number_of
from engines.mysql.load_local import NAME, PACKET, load_local
from engines.mysql.load_target import LoadTarget
from engines.mysql.load_text import CLAUSE, END, literal, tuples
from engines.mysql.quoting import quote_identifier, quote_name

SETTINGS = (
    "SET SESSION foreign_key_checks = 0, sql_notes = 1, max_error_count = 1024, lc_messages = 'en_US',"
    " net_read_timeout = 86400, sql_mode = '{modes}'"
)
CHECKS_ON = "SET SESSION foreign_key_checks = 1, sql_mode = '{modes}'"
# strict, and what rows from another MySQL need: zero dates and an AUTO_INCREMENT column's own 0 stay what they are
WRITING_MODE = "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO,ERROR_FOR_DIVISION_BY_ZERO"
ANY_DATE = WRITING_MODE + ",ALLOW_INVALID_DATES"  # a day that the source's server stored is stored again
SAVEPOINT, BACK = "SAVEPOINT dbmo_load", "ROLLBACK TO SAVEPOINT dbmo_load"
INSERT_BYTES = 1 << 20  # of one INSERT; larger ones were no faster
ROW = re.compile(r" at row (\d+)$")
TOO_WIDE = 1153  # the server's own number for a packet that is too large
SETTLED = "dbmo_settled"  # attribute of a connection whose references aren't checked
STORED = "{}"  # a field whose text is what the column gets


@dataclass(frozen=True)
class Trouble:
    """What the server said of a load: error number, words, and which of its rows (from 0; None: it didn't say)."""

    number: int
    words: str
    row: int | None = None


@dataclass(frozen=True)
class Attempt:
    """A load that stands (troubles is empty), or one that was taken back."""

    rows: int = 0
    bytes: int = 0
    troubles: tuple[Trouble, ...] = ()


@dataclass
class Loader:
    """Loads blocks of whole lines into one table.

    columns, wraps: of every field of a line the target's column and the SQL that makes its value of the text ({}),
    both None for a field that isn't loaded; charset: of the texts, utf8mb4 or binary. Errors: pymysql.MySQLError.
    """

    target: LoadTarget
    columns: Sequence[str | None]
    wraps: Sequence[str | None]
    modes: str = WRITING_MODE
    alone: bool = True
    table: str | None = None  # another table with these columns, already quoted
    _load: bytes = field(init=False, default=b"")
    _insert: bytes = field(init=False, default=b"")

    def __post_init__(self) -> None:
        name = self.table or quote_name(self.target.schema, self.target.name)
        self._load = self.load_statement(name, "utf8mb4")
        names = ", ".join(quote_identifier(column) for column in self.columns if column is not None)
        self._insert = f"INSERT INTO {name} ({names}) VALUES ".encode()

    @property
    def inserts(self) -> bool:
        """Whether rows go by INSERT."""
        return self.target.by_insert(self.alone)

    def load_statement(self, table: str, charset: str, wraps: Sequence[str | None] | None = None) -> bytes:
        """The LOAD DATA of a table; charset: of the text that is sent."""
        wraps = wraps or self.wraps
        places, sets = [], []
        made = any(wrap not in (STORED, None) for wrap in wraps)
        for number, (column, wrap) in enumerate(zip(self.columns, wraps, strict=True)):
            # MariaDB forgets behind a SET that the counter's column was given a 0, and counts on
            if column is not None and wrap == STORED and not (made and column == self.target.counter):
                places.append(quote_identifier(column))
                continue
            places.append(f"@dbmo_{number}")
            if column is not None and wrap is not None:
                sets.append(f"{quote_identifier(column)} = {wrap.replace('{}', f'@dbmo_{number}')}")
        assigned = f" SET {', '.join(sets)}" if sets else ""
        return (
            f"LOAD DATA LOCAL INFILE '{NAME}' INTO TABLE {table} CHARACTER SET {charset} {CLAUSE}"
            f" ({', '.join(places)}){assigned}"
        ).encode()

    def settle(self, connection: Any) -> None:
        """Make the session one that loads: references unchecked (they are checked when they are made), all notes."""
        setattr(connection, SETTLED, True)
        _run(connection, SETTINGS.format(modes=self.modes))

    def unsettle(self, connection: Any) -> None:
        """Check references again."""
        _run(connection, CHECKS_ON.format(modes=WRITING_MODE))
        setattr(connection, SETTLED, False)

    def load(self, connection: Any, blocks: Iterable[bytes]) -> Attempt:
        """Load blocks as they come; what was sent is taken back where a row was not taken exactly."""
        return self._by_insert(connection, blocks) if self.inserts else self._by_load(connection, blocks)

    def load_alone(self, connection: Any, statement: bytes, line: Iterable[bytes]) -> Attempt:
        """One row by a LOAD DATA of its own, in pieces that are cut anywhere."""
        _run(connection, SAVEPOINT)
        answer = load_local(connection, statement, line, min(PACKET, self.target.packet // 2))
        if answer.warnings == 0 and answer.rows == 1:
            return Attempt(1, answer.bytes)
        return self._undone(connection)

    def _by_load(self, connection: Any, blocks: Iterable[bytes]) -> Attempt:
        _run(connection, SAVEPOINT)
        sent = _Counted(blocks)
        answer = load_local(connection, self._load, sent, min(PACKET, self.target.packet // 2))
        if answer.warnings == 0 and answer.rows == sent.rows:
            return Attempt(answer.rows, answer.bytes)
        return self._undone(connection)

    def _by_insert(self, connection: Any, blocks: Iterable[bytes]) -> Attempt:
        _run(connection, SAVEPOINT)
        most = min(INSERT_BYTES, max(self.target.packet // 4, 1024))
        rows = size = 0
        for block in _resized(blocks, most):
            count = block.count(END)
            try:
                statement = self._insert + tuples(block, self.wraps)
                if len(statement) >= self.target.packet - 1:
                    _run(connection, BACK)
                    return Attempt(troubles=(Trouble(TOO_WIDE, "a row larger than max_allowed_packet", rows),))
                taken, warnings = run_counted(connection, statement)
            except pymysql.MySQLError as error:
                trouble = _trouble_of(error)
                if trouble is None:
                    raise
                _run(connection, BACK)
                row = None if trouble.row is None else trouble.row + rows
                return Attempt(troubles=(Trouble(trouble.number, trouble.words, row),))
            if warnings or taken != count:
                return self._undone(connection, rows)
            rows, size = rows + taken, size + len(block)
        return Attempt(rows, size)

    def insert(self, connection: Any, values: Sequence[bytes | None]) -> Attempt:
        """One row by itself, with values that are not escaped: the server names what it refuses."""
        pairs = zip(self.wraps, values, strict=True)
        made = (literal(value).join(wrap.encode().split(b"{}")) for wrap, value in pairs if wrap is not None)
        statement = self._insert + b"(" + b",".join(made) + b")"
        if len(statement) >= self.target.packet - 1:
            return Attempt(troubles=(Trouble(TOO_WIDE, "a row larger than max_allowed_packet", 0),))
        _run(connection, SAVEPOINT)
        try:
            taken, warnings = run_counted(connection, statement)
        except pymysql.MySQLError as error:
            found = _trouble_of(error)
            if found is None:
                raise
            _run(connection, BACK)
            return Attempt(troubles=(found,))
        return self._undone(connection) if warnings or taken != 1 else Attempt(1, len(statement))

    def _undone(self, connection: Any, before: int = 0) -> Attempt:
        """Take the load back; why it was not exact."""
        with connection.cursor() as cursor:
            cursor.execute("SHOW WARNINGS")
            said = cursor.fetchall()
            cursor.execute(BACK)
        troubles = [trouble(int(number), str(words), before) for _, number, words in said]
        return Attempt(troubles=tuple(troubles) or (Trouble(0, "fewer rows were stored than were sent"),))


class _Counted:
    """Blocks on their way, with the number of their lines."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks, self.rows = blocks, 0

    def __iter__(self) -> Iterator[bytes]:
        for block in self._blocks:
            self.rows += block.count(END)
            yield block


# numbers of errors that say something of a row; any other ends the copy
LOST_OR_LOCKED = frozenset({1205, 1213, 1021, 1114, 1317, 1290, 1792, 1836, 1969, 3024, 1142, 1143, 1044, 1146, 1054})


def _trouble_of(error: pymysql.MySQLError) -> Trouble | None:
    number = number_of(error)
    if number is None or (number >= 2000 and number < 3000) or number in LOST_OR_LOCKED:
        return None
    return trouble(number, str(error.args[1]) if len(error.args) > 1 else str(error))


def trouble(number: int, words: str, before: int = 0) -> Trouble:
    """A warning as the server words it; before: rows of the load that went in other statements."""
    row = ROW.search(words)
    return Trouble(number, words, before + int(row[1]) - 1 if row else None)


def _resized(blocks: Iterable[bytes], most: int) -> Iterator[bytes]:
    """Blocks of about so many bytes, cut behind lines."""
    held: list[bytes] = []
    size = 0
    for block in blocks:
        if size + len(block) > most and held:
            yield b"".join(held)
            held, size = [], 0
        while len(block) > most:
            place = block.find(END, most) + 1
            if place in (0, len(block)):
                break
            yield block[:place]
            block = block[place:]
        held.append(block)
        size += len(block)
    if held:
        yield b"".join(held)


def run_counted(connection: Any, statement: bytes) -> tuple[int, int]:
    """Run a statement as bytes; rows that it changed, warnings and notes."""
    rows = connection.query(statement)
    return int(rows), int(connection._result.warning_count)


def _run(connection: Any, sql: str) -> None:
    connection.query(sql)

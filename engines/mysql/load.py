"""Loads lines of rows into a table inside a transaction, and finds what the server would have changed or refused.

LOAD DATA LOCAL makes warnings of errors and stores something near the value, so a load stands only when the server
counted every row and gave neither warning nor note; else it is taken back to a savepoint, and its warnings say where.
Unique keys stay checked: without them InnoDB may store duplicates (MySQL manual, unique_checks), and MariaDB's bulk
insert into an empty table, which depends on it, was slower (10.11: 1.9 times the processor time).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pymysql

from engines.mysql.load_local import NAME, PACKET, load_local
from engines.mysql.load_target import LoadTarget
from engines.mysql.load_text import CLAUSE, END, literal, resized, tuples
from engines.mysql.load_troubles import TOO_WIDE, Attempt, Trouble, trouble, trouble_of
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
SETTLED = "dbmo_settled"  # attribute of a connection whose references aren't checked
STORED = "{}"  # a field whose text is what the column gets


@dataclass(frozen=True)
class Takes:
    """Statements that begin a load, take it back, and keep it ("": it is kept as it is)."""

    begin: str = SAVEPOINT
    back: str = BACK
    keep: str = ""


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
    takes: Takes = field(default_factory=Takes)
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

    def query(self, connection: Any) -> Callable[[str], Sequence[Sequence[Any]]]:
        """Asks the server within the connection's transaction."""

        def ask(sql: str) -> Sequence[Sequence[Any]]:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                found: Sequence[Sequence[Any]] = cursor.fetchall()
                return found

        return ask

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
        attempt = self._by_insert(connection, blocks) if self.inserts else self._by_load(connection, blocks)
        return self._kept(connection, attempt)

    def load_alone(self, connection: Any, statement: bytes, line: Iterable[bytes]) -> Attempt:
        """One row by a LOAD DATA of its own, in pieces that are cut anywhere."""
        _run(connection, self.takes.begin)
        answer = load_local(connection, statement, line, min(PACKET, self.target.packet // 2))
        if answer.warnings == 0 and answer.rows == 1:
            return self._kept(connection, Attempt(1, answer.bytes))
        return self._undone(connection)

    def take_back(self, connection: Any) -> None:
        """What was loaded since a load began."""
        _run(connection, self.takes.back)

    def _kept(self, connection: Any, attempt: Attempt) -> Attempt:
        if self.takes.keep and not attempt.troubles:
            _run(connection, self.takes.keep)
        return attempt

    def _by_load(self, connection: Any, blocks: Iterable[bytes]) -> Attempt:
        _run(connection, self.takes.begin)
        sent = _Counted(blocks)
        answer = load_local(connection, self._load, sent, min(PACKET, self.target.packet // 2))
        if answer.warnings == 0 and answer.rows == sent.rows:
            return Attempt(answer.rows, answer.bytes)
        return self._undone(connection)

    def _by_insert(self, connection: Any, blocks: Iterable[bytes]) -> Attempt:
        _run(connection, self.takes.begin)
        rows = size = 0
        for block in resized(blocks, min(INSERT_BYTES, max(self.target.packet // 4, 1024))):
            attempt = self._inserted(connection, tuples(block, self.wraps), block.count(END), rows)
            if attempt.troubles:
                return attempt
            rows, size = rows + attempt.rows, size + len(block)
        return Attempt(rows, size)

    def insert(self, connection: Any, values: Sequence[bytes | None]) -> Attempt:
        """One row by itself, with values that are not escaped: the server names what it refuses."""
        _run(connection, self.takes.begin)
        pairs = zip(self.wraps, values, strict=True)
        made = (literal(value).join(wrap.encode().split(b"{}")) for wrap, value in pairs if wrap is not None)
        return self._kept(connection, self._inserted(connection, b"(" + b",".join(made) + b")", 1))

    def _inserted(self, connection: Any, rows: bytes, count: int, before: int = 0) -> Attempt:
        """So many rows, as they stand behind VALUES; before: rows since the savepoint, to which a refusal goes back."""
        statement = self._insert + rows
        found = Trouble(TOO_WIDE, "a row larger than max_allowed_packet", before)
        if len(statement) < self.target.packet - 1:
            try:
                taken, warnings = run_counted(connection, statement)
            except pymysql.MySQLError as error:
                said = trouble_of(error, before)
                if said is None:
                    raise
                found = said
            else:
                exact = warnings == 0 and taken == count
                return Attempt(taken, len(statement)) if exact else self._undone(connection, before)
        self.take_back(connection)
        return Attempt(troubles=(found,))

    def _undone(self, connection: Any, before: int = 0) -> Attempt:
        """Take the load back; why it was not exact."""
        with connection.cursor() as cursor:
            cursor.execute("SHOW WARNINGS")
            said = cursor.fetchall()
            cursor.execute(self.takes.back)
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


def run_counted(connection: Any, statement: bytes) -> tuple[int, int]:
    """Run a statement as bytes; rows that it changed, warnings and notes."""
    rows = connection.query(statement)
    return int(rows), int(connection._result.warning_count)


def _run(connection: Any, sql: str) -> None:
    connection.query(sql)

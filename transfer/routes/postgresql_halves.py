"""Rows loaded into PostgreSQL in halves, until those that it refuses stand alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg

from engines.postgresql.copying import Block
from engines.postgresql.writer import PostgresqlWriter
from engines.protocols import Loaded

SAVEPOINT, BACK, RELEASE = "SAVEPOINT dbmo_rows", "ROLLBACK TO SAVEPOINT dbmo_rows", "RELEASE SAVEPOINT dbmo_rows"
# program_limit_exceeded (documentation, appendix A): a row that no page holds, whatever is stored apart from it; an
# entry of an index that is too long; a line of more than 1 GB
TOO_WIDE = "54000"
# what the encoding of a database decides, where rules looked at the text in UTF-8: a character that it lacks, a length
TEXTS_REFUSED = frozenset({"22021", "22P05", "22001"})
APART = (
    psycopg.errors.ProgramLimitExceeded,
    psycopg.errors.CharacterNotInRepertoire,
    psycopg.errors.UntranslatableCharacter,
    psycopg.errors.StringDataRightTruncation,
)
NOTHING_LOADED = Loaded(0, 0)

Row = TypeVar("Row")


def is_too_wide(sqlstate: object) -> bool:
    """Whether an error says that a row is larger than the server stores."""
    return sqlstate == TOO_WIDE


def stands_apart(sqlstate: object) -> bool:
    """Whether an error of APART says it: of a row that is loaded by itself once it was found."""
    return is_too_wide(sqlstate) or sqlstate in TEXTS_REFUSED


def words_of(error: psycopg.Error) -> str:
    """What the server says of a row, without its DETAIL and CONTEXT, which may hold values."""
    return str(error.diag.message_primary or error).splitlines()[0]


def added(one: Loaded, other: Loaded) -> Loaded:
    """Two loads together."""
    return Loaded(one.rows + other.rows, one.bytes + other.bytes)


@dataclass(frozen=True)
class Attempts:
    """Loads into one table of the target, each in a savepoint.

    is_refusal: which SQLSTATEs are about rows; other errors are raised. encoding: as writer.load() takes it.
    """

    writer: PostgresqlWriter
    table: str
    columns: Sequence[str]
    is_refusal: Callable[[object], bool]
    encoding: str = ""

    def one(self, blocks: Iterable[Block], into: Any) -> Loaded | psycopg.Error:
        """All of the rows, or none of them and why they are refused."""
        try:
            loaded = self.writer.load(into, self.table, self.columns, blocks, (SAVEPOINT,), encoding=self.encoding)
        except psycopg.Error as error:
            if not self.is_refusal(error.sqlstate):
                raise
            self.writer.run(into, BACK)
            return error
        self.writer.run(into, RELEASE)
        return loaded

    def in_halves(
        self,
        rows: Sequence[Row],
        line: Callable[[Row], bytes],
        settle: Callable[[Row, psycopg.Error], Loaded],
        into: Any,
    ) -> Loaded:
        """The rows; line: one as COPY text; settle: what of one that was refused by itself is loaded all the same."""
        if not rows:
            return NOTHING_LOADED
        found = self.one([b"".join(map(line, rows))], into)
        if isinstance(found, Loaded):
            return found
        if len(rows) == 1:
            return settle(rows[0], found)
        middle = len(rows) // 2
        first, second = (self.in_halves(part, line, settle, into) for part in (rows[:middle], rows[middle:]))
        return added(first, second)

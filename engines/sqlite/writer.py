"""Writing to SQLite: transactions through SQLAlchemy, rows by executemany in the same transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engines.full_names import name_of
from engines.grant import Grant
from engines.protocols import Loaded
from engines.sqlite.blobs import may_fill
from engines.sqlite.database import SqliteDatabase, translate_error
from engines.sqlite.files import uri
from engines.sqlite.place import check_place
from engines.sqlite.quoting import quote_identifier

Row = tuple[Any, ...]
WRITER_SECONDS = 30.0  # one connection writes at a time; another of ours may hold the file for a range's transaction
CACHE_KB = 16_000
SIZED = frozenset({str, bytes})
SIZED_OR_NULL = SIZED | {type(None)}


@dataclass(frozen=True)
class Large:
    """A value that comes in pieces: its bytes in all (UTF-8 of a text), and what gives them."""

    size: int
    is_text: bool
    pieces: Callable[[], Iterator[bytes]]

    @property
    def place(self) -> str:
        """SQL of a value of that size and class."""
        return "CAST(zeroblob(?) AS TEXT)" if self.is_text else "zeroblob(?)"


@dataclass(frozen=True)
class TextBytes:
    """A text that may not be valid UTF-8."""

    data: bytes
    place = "CAST(? AS TEXT)"


def weight(rows: Sequence[Row], other: int = 0) -> int:
    """Bytes of the texts and blobs of rows of equal length; other: of each number."""
    size = 0
    for column in zip(*rows, strict=True):
        kinds = set(map(type, column))
        if kinds <= SIZED:
            size += sum(map(len, column))
        elif kinds <= SIZED_OR_NULL:
            size += sum(map(len, filter(None, column)))
        elif kinds.isdisjoint(SIZED):
            size += other * len(column)
        else:
            size += sum(len(value) if type(value) in SIZED else other for value in column)
    return size


def raw_connection(connection: Connection) -> sqlite3.Connection:
    """The driver's connection behind SQLAlchemy's."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw


def _whole(value: Large) -> TextBytes | bytes:
    data = b"".join(value.pieces())
    return TextBytes(data) if value.is_text else data


def _given(value: Any) -> Any:
    if isinstance(value, TextBytes):
        return value.data
    return value.size if isinstance(value, Large) else value


def undo_unfinished(path: Path) -> None:
    """Let SQLite undo what a program that died has left in the midst of a write, as it does for whoever may write.

    Nothing where there is no such write, or somebody is writing just now; what else hinders, the next opening tells.
    """
    if not Path(f"{path}-journal").exists():
        return
    with suppress(sqlite3.Error), closing(sqlite3.connect(path, timeout=WRITER_SECONDS)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


class SqliteWriter(SqliteDatabase):
    """A SQLite file that may be written, because a grant says so; it is created when it is not there."""

    def __init__(self, path: Path, display: str, grant: Grant) -> None:
        if not path.exists():
            check_place(path, display)
            try:
                sqlite3.connect(path).close()
            except sqlite3.Error as error:
                raise translate_error(error, display) from error
        if grant.target == f"sqlite:{path.resolve()}":
            undo_unfinished(path)
        super().__init__(path, display)
        grant.check(self.identity, display)
        self.grant = grant
        self._opened: sqlite3.Connection | None = None
        self._engine = sa.create_engine("sqlite://", creator=self._open, poolclass=sa.pool.StaticPool)

        @sa.event.listens_for(self._engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    def _open(self) -> sqlite3.Connection:
        """journal_mode and synchronous stay the user's and SQLite's: a commit is on disk when it returns."""
        connection = sqlite3.connect(
            self.path, isolation_level=None, timeout=WRITER_SECONDS, check_same_thread=False, uri=True
        )
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA recursive_triggers = OFF")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KB}")
        self._opened = connection
        return connection

    @contextmanager
    def begin(self, durable: bool = False) -> Iterator[Connection]:
        """A transaction that holds the write lock; SQLite's commits are always durable."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except (sqlite3.Error, sa.exc.DBAPIError) as error:
            origin = error.orig if isinstance(error, sa.exc.DBAPIError) else error
            assert isinstance(origin, sqlite3.Error)
            raise translate_error(origin, self.display) from error

    def run(self, connection: Connection, sql: str) -> None:
        """Run one statement inside the transaction, its text as it is: percent signs mean nothing."""
        connection.exec_driver_sql(sql, execution_options={"no_parameters": True})

    def load(self, connection: Connection, table: str, columns: Sequence[str], blocks: Iterable[list[Row]]) -> Loaded:
        """Insert lists of rows inside the transaction; bytes counts text and blobs only."""
        raw = raw_connection(connection)
        name = quote_identifier(name_of(table))
        names = ", ".join(quote_identifier(column) for column in columns)
        marks = ", ".join("?" * len(columns))
        loaded = size = 0
        for rows in blocks:
            raw.executemany(f"INSERT INTO {name} ({names}) VALUES ({marks})", rows)
            loaded += len(rows)
            size += weight(rows)
        return Loaded(loaded, size)

    def insert_row(self, connection: Connection, table: str, columns: Sequence[str], values: Sequence[Any]) -> int:
        """Insert one row inside the transaction, its Large values in pieces; the bytes of its texts and blobs.

        SQLite holds the row twice while it makes room for it. Large values need a table with a rowid; those that
        something else of the row is made of come whole, too.
        """
        raw = raw_connection(connection)
        name = quote_identifier(name_of(table))
        pairs = zip(columns, values, strict=True)
        parts = [_whole(v) if isinstance(v, Large) and not may_fill(raw, name_of(table), c) else v for c, v in pairs]
        marks = ", ".join(value.place if isinstance(value, Large | TextBytes) else "?" for value in parts)
        given = [_given(value) for value in parts]
        names = ", ".join(quote_identifier(column) for column in columns)
        row = raw.execute(f"INSERT INTO {name} ({names}) VALUES ({marks})", given).lastrowid
        for column, value in zip(columns, parts, strict=True):
            if isinstance(value, Large):
                assert row is not None
                with raw.blobopen(name_of(table), column, row) as blob:
                    for piece in value.pieces():
                        blob.write(piece)
        return sum(v.size if isinstance(v, Large) else len(v) for v in values if isinstance(v, Large | str | bytes))

    def cancel(self) -> None:
        """End the statement that runs now, from another thread; a wait for another program's lock goes on."""
        with suppress(sqlite3.ProgrammingError):  # closed meanwhile
            super().cancel()
            if self._opened is not None:
                self._opened.interrupt()

    def attach(self, source: Path, name: str) -> bool:
        """Make another file readable by the writing connection; False where SQLite doesn't join the two (encodings)."""
        raw = self._raw()
        if any(attached == name for _, attached, _ in raw.execute("PRAGMA database_list")):
            raw.execute(f"DETACH {quote_identifier(name)}")
        try:
            raw.execute(f"ATTACH ? AS {quote_identifier(name)}", (uri(source),))
        except sqlite3.Error:
            return False
        return True

    def _raw(self) -> sqlite3.Connection:
        with self._engine.connect() as connection:
            return raw_connection(connection)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()
        super().close()

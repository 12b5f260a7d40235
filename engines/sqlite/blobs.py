"""Which values of SQLite may be read or written in pieces; all others are taken whole.

SQLite's blobs (sqlite3_blob_open) count the columns of a table as they are declared, and its rows as they are stored:
behind a VIRTUAL generated column, which is stored nowhere, another column's value would be opened without a word (seen
in 3.40.1).
"""

from __future__ import annotations

import sqlite3

from engines.sqlite.quoting import quote_identifier
from engines.sqlite.rowid import free_rowid
from engines.sqlite.tokens import tokenize

VIRTUAL = 2  # pragma table_xinfo, hidden
# entries of indexes that are made of a column, or of an expression, which may name it
INDEXED = """
SELECT 1 FROM pragma_index_list(?) AS l, pragma_index_xinfo(l.name) AS x
 WHERE x.cid = -2 OR l.partial OR x.name = ? COLLATE NOCASE
"""


def opens(connection: sqlite3.Connection, table: str, column: str) -> bool:
    """Whether a blob of that column is its own value."""
    for name, hidden in _columns(connection, table):
        if hidden == VIRTUAL:
            return False
        if _folded(name) == _folded(column):
            return True
    return False


def may_fill(connection: sqlite3.Connection, table: str, column: str) -> bool:
    """Whether a value may be written when its row is there already: no check, generated column or index looks at it.

    Those would have to name the column, beside its own definition. Nor where texts are stored otherwise than in UTF-8,
    as which they come.
    """
    if _text(connection.execute("PRAGMA encoding").fetchone()[0]) != "UTF-8":
        return False
    names = [token.name.upper() for token in tokenize(_made(connection, table)) if token.is_name]
    indexed = connection.execute(INDEXED, (table, column)).fetchone() is not None
    return names.count(column.upper()) == 1 and not indexed and opens(connection, table, column)


def may_check(connection: sqlite3.Connection, table: str) -> bool:
    """Whether the statement that made a table has the word CHECK, be it in a name or comment."""
    return "CHECK" in _made(connection, table).upper()


def _made(connection: sqlite3.Connection, table: str) -> str:
    """The statement that made a table; nothing where it isn't there."""
    sql = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?"
    return "".join(_text(made) for (made,) in connection.execute(sql, (table,)))


def whole(connection: sqlite3.Connection, table: str, column: str, rowid: int) -> bytes:
    """The bytes of a text or blob, in the encoding of the database."""
    number = free_rowid(name for name, _ in _columns(connection, table))
    sql = f"SELECT CAST({quote_identifier(column)} AS BLOB) FROM {quote_identifier(table)} WHERE {number} = ?"
    return bytes(connection.execute(sql, (rowid,)).fetchone()[0])


def _columns(connection: sqlite3.Connection, table: str) -> list[tuple[str, int]]:
    rows = connection.execute("SELECT name, hidden FROM pragma_table_xinfo(?)", (table,))
    return [(_text(name), int(hidden)) for name, hidden in rows]


def _folded(name: str) -> bytes:
    """For comparisons: bytes.lower() changes the letters of ASCII alone, as SQLite does."""
    return name.encode(errors="surrogateescape").lower()


def _text(value: str | bytes | bytearray) -> str:
    """A text, which a connection may give as bytes of UTF-8, whatever the encoding of its database."""
    return value if isinstance(value, str) else value.decode(errors="surrogateescape")

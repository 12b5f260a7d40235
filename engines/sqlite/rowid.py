"""The number that SQLite gives each row of a table, under a name that no column of the table hides."""

from __future__ import annotations

from collections.abc import Iterable

ROWIDS = (
    "rowid",
    "_rowid_",
    "oid",
)  # in any case of letters; a column of that name takes it: sqlite.org/rowidtable.html


def free_rowid(columns: Iterable[str]) -> str | None:
    """The name by which SQLite gives a row's number beside these columns; None where they have taken all of them."""
    taken = {name.lower() for name in columns}
    return next((name for name in ROWIDS if name not in taken), None)

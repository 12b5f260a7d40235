"""Rows that a check of a SQLite table refuses: values that came after the plan, whose scan the check was made of."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engines.sqlite.writer import raw_connection

CHECKED = "SQLITE_CONSTRAINT_CHECK"
BEGIN, BACK, END = "SAVEPOINT dbmo_rows", "ROLLBACK TO dbmo_rows", "RELEASE dbmo_rows"


class CheckFailed(Exception):
    """A check refuses a row; what was inserted with it is taken back."""


@contextmanager
def attempted(into: Any, checked: bool = True) -> Iterator[None]:
    """Inside, rows are inserted together or not at all; CheckFailed with SQLite's words.

    checked: may_check(); a table without checks needs no savepoint, for which SQLite keeps every page that changes.
    """
    raw = raw_connection(into)
    if not checked:
        yield
        return
    raw.execute(BEGIN)
    try:
        yield
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorname != CHECKED:
            raise
        raw.execute(BACK)
        raw.execute(END)
        raise CheckFailed(str(error)) from error
    raw.execute(END)

"""Rows of PostgreSQL as values: a reading that is left early leaves the moment as it was."""

from __future__ import annotations

from contextlib import closing

from engines.postgresql.snapshot import PostgresqlSnapshot
from transfer.routes.postgresql_values import value_rows

ROWS = "SELECT n, repeat('x', 1000) FROM generate_series(1, 20000) AS n"


def test_rows_that_are_left_early_are_read_again_at_the_same_moment(empty_18: str) -> None:
    """As those of a range are that turns out too large for one transaction of MongoDB."""
    with closing(PostgresqlSnapshot(empty_18, empty_18)) as snapshot:
        began = snapshot.query("SELECT now()")
        with closing(value_rows(snapshot, ROWS, 1)) as rows:
            assert next(rows)[0] == 1
        assert len(list(value_rows(snapshot, ROWS, 100))) == 20_000
        assert snapshot.query("SELECT now()") == began

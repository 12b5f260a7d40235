"""Whether a moment can still be read is told without an error, whatever became of its connection."""

from __future__ import annotations

import pytest

from engines.errors import DbmoError
from engines.postgresql.snapshot import PostgresqlSnapshot
from tests.moving import fetch
from tests.servers import Server


@pytest.mark.parametrize(("ended", "failed"), [(False, False), (False, True), (True, False), (True, True)])
def test_a_moment_whose_server_ended_it_is_not_alive(postgresql_15: Server, ended: bool, failed: bool) -> None:
    url = postgresql_15.create_database()
    snapshot = PostgresqlSnapshot(url, "here")
    if failed:
        with pytest.raises(DbmoError):
            snapshot.query("SELECT 1 / 0")
    if ended:
        fetch(url, f"SELECT pg_terminate_backend({snapshot.connection.info.backend_pid}, 10000)")
    assert snapshot.alive() is not ended
    snapshot.close()

"""A server takes no more connections: the lanes that have one do it, and a copy that lost all of its own waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest

from skills.context import SkillContext
from tests.faults.moves import Move, end_connections, from_mariadb, from_postgresql, from_sqlite, reached, rows
from tests.moving import change, fetch
from tests.mysql_servers import MysqlServer, connected
from tests.servers import Server

LIMIT = 3
MOST = 6


@contextmanager
def limited(postgresql: Server, mariadb: MysqlServer, url: str, limit: int = LIMIT) -> Iterator[str]:
    """The same database for a user that may have so many connections."""
    name = url.split("?")[0].rpartition("/")[2]
    user = f"{name}_few"
    if url.startswith("postgresql"):
        postgresql.run(f"CREATE ROLE {user} LOGIN CONNECTION LIMIT {limit}")
        postgresql.run(f"ALTER DATABASE {name} OWNER TO {user}")
        change(url, f"ALTER SCHEMA public OWNER TO {user}", f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {user}")
        yield postgresql.url(name, user)
    else:
        mariadb.run(f"CREATE USER {user}@'%' WITH MAX_USER_CONNECTIONS {limit}", f"GRANT ALL ON {name}.* TO {user}@'%'")
        yield mariadb.url(name, user)
        mariadb.run(f"DROP USER {user}@'%'")


def refusals(move: Move) -> list[str]:
    """Why lanes were not added, of a move that is asked for more connections than there are."""
    told: list[dict[str, Any]] = []

    def journal(kind: str, body: dict[str, Any]) -> None:
        if kind == "lane not added":
            told.append(body)

    move.run(context=SkillContext(journal=journal), connections=LIMIT + 1)
    assert move.arrived() == rows()
    assert set(move.copies()) == {1}
    return [str(body.get("why") or body["what"]) for body in told]


@pytest.mark.parametrize("source", ["postgresql", pytest.param("mariadb", marks=pytest.mark.soak)])
def test_lanes_that_a_source_has_no_room_for_are_done_without(
    postgresql_15: Server, mariadb: MysqlServer, empty_18: str, source: str
) -> None:
    move = from_postgresql(postgresql_15, empty_18) if source == "postgresql" else from_mariadb(mariadb, empty_18)
    with limited(postgresql_15, mariadb, move.source) as few:
        found = refusals(replace(move, source=few))
    assert any("takes no more connections" in why for why in found), found


@pytest.mark.parametrize("engine", ["postgresql", pytest.param("mysql", marks=pytest.mark.soak)])
def test_a_target_that_others_fill_is_waited_for(
    postgresql_15: Server, mariadb: MysqlServer, tmp_path: Path, engine: str
) -> None:
    """The move's own connections end in the midst of a range, and others take their places for a second."""
    empty = (postgresql_15 if engine == "postgresql" else mariadb).create_database()
    move, file = from_sqlite(tmp_path, empty), tmp_path / "go"
    with limited(postgresql_15, mariadb, empty, MOST) as few, ExitStack() as others:
        process = replace(move, target=few).start(f"chunk.after_rows:3:wait={file}")
        reached(file)
        if engine == "postgresql":
            ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dbmo'"
            fetch(empty, f"{ends} AND datname = current_database()")
        else:
            end_connections(empty)
        until = time.monotonic() + 10
        taken = 0
        while taken < MOST and time.monotonic() < until:
            try:
                others.enter_context(psycopg.connect(few) if engine == "postgresql" else connected(few))
                taken += 1
            except (psycopg.OperationalError, pymysql.OperationalError):
                time.sleep(0.02)
        threading.Timer(1.0, others.close).start()
        file.touch()
        _, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors
    assert move.arrived() == rows()
    assert set(move.copies()) == {1}

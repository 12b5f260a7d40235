"""Sharing one moment of a MySQL server: the lock under which it can be joined, and what joins are refused."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pymysql
import pytest

from engines.errors import EngineError
from engines.mysql import moment
from engines.mysql.server import Server
from engines.mysql.session import connect
from engines.mysql.snapshot import MysqlSnapshot
from engines.wire import KEEPALIVE
from tests.mysql_servers import MysqlServer, connected
from transfer.crew import HELD_SECONDS


@pytest.fixture
def first(empty_mariadb: str) -> Iterator[MysqlSnapshot]:
    """A snapshot of a table with one row, on a server without a binary log."""
    with connected(empty_mariadb) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (id INT PRIMARY KEY)")
        cursor.execute("INSERT INTO t VALUES (1)")
    found = MysqlSnapshot(empty_mariadb, "test")
    yield found
    found.close()


def _joined(snapshot: MysqlSnapshot, token: str) -> list[tuple[bytes, ...]]:
    other = MysqlSnapshot(snapshot.url, "test", join=token)
    try:
        return other.query("SELECT id FROM t")
    finally:
        other.close()


def test_a_moment_is_joined_while_the_lock_is_held(first: MysqlSnapshot) -> None:
    with first.hold() as held:
        assert held
        first.refresh()
        token = first.token
        assert _joined(first, token) == [(b"1",)]
    assert first.locked.seconds > 0
    for gone in (token, first.token):
        with pytest.raises(EngineError, match="SOURCE_CHANGED"):
            _joined(first, gone)


def test_nobody_writes_while_the_lock_is_held(first: MysqlSnapshot) -> None:
    with connected(first.url) as connection, connection.cursor() as cursor:
        cursor.execute("SET lock_wait_timeout = 1")
        with first.hold(), pytest.raises(pymysql.OperationalError, match="1205"):
            cursor.execute("INSERT INTO t VALUES (2)")
        cursor.execute("INSERT INTO t VALUES (2)")


def test_a_holder_that_says_nothing_loses_the_lock(first: MysqlSnapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The silence is longer than lanes are waited for."""
    assert moment.SILENT_SECONDS > HELD_SECONDS
    monkeypatch.setattr(moment, "SILENT_SECONDS", 1)
    with connected(first.url) as connection, connection.cursor() as cursor, first.hold():
        first.refresh()
        cursor.execute("SET lock_wait_timeout = 5")
        cursor.execute("INSERT INTO t VALUES (2)")
        with pytest.raises(EngineError, match="SOURCE_CHANGED"):
            _joined(first, first.token)


@pytest.mark.parametrize(
    ("user", "said"),
    [("moment_reader", "RELOAD"), ("moment_alone WITH MAX_USER_CONNECTIONS 1", "max_user_connections")],
)
def test_without_the_right_or_room_for_the_lock_nothing_is_held(
    mariadb: MysqlServer, first: MysqlSnapshot, user: str, said: str
) -> None:
    name, database = user.split()[0], first.url.rpartition("/")[2]
    mariadb.run(f"CREATE OR REPLACE USER {user}", f"GRANT SELECT ON {database}.* TO {name}")
    try:
        reader = MysqlSnapshot(mariadb.url(database, name), "test")
        with reader.hold() as held:
            assert not held
        assert said in reader.locked.refused
        reader.close()
    finally:
        mariadb.run(f"DROP USER {name}")


def test_a_lock_that_others_keep_is_not_waited_for(first: MysqlSnapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moment, "WAIT_SECONDS", 1)
    monkeypatch.setattr(moment, "TRIES", 1)
    with connected(first.url) as connection, connection.cursor() as cursor:
        cursor.execute("LOCK TABLES t WRITE")
        with first.hold() as held:
            assert not held


def test_an_answer_that_nobody_took_is_read_by_recover(first: MysqlSnapshot) -> None:
    first.ask("SELECT SLEEP(0)")
    with pytest.raises(RuntimeError):
        first.query("SELECT 1")
    first.recover()
    assert first.query("SELECT 1") == [(b"1",)]


@pytest.mark.parametrize(
    ("said", "trusted"),
    [
        ({"log_slave_updates": "ON", "slaves_running": "1", "wsrep_on": "ON"}, True),
        ({"log_slave_updates": "OFF", "slaves_running": "0", "wsrep_on": "OFF"}, True),
        ({"log_slave_updates": "OFF", "slaves_running": "1", "wsrep_on": "OFF"}, False),
        ({"log_slave_updates": "OFF", "slaves_running": "0", "wsrep_on": "ON"}, False),
        ({"log_slave_updates": "ON", "log_replica_updates": "ON"}, True),
        ({"log_slave_updates": "OFF", "log_replica_updates": "OFF"}, False),
    ],
)
def test_equal_positions_are_one_moment_only_where_all_changes_are_logged(said: dict[str, str], trusted: bool) -> None:
    assert moment.logs_all(said) is trusted


@pytest.mark.parametrize(
    ("logged", "replicating", "applied", "position"),
    [
        (b"OFF", b"0", b"", "binlog b.1:4, gtid 0-1-2"),
        (b"OFF", b"0", b"0-9-7", "binlog b.1:4, gtid 0-1-2, applied 0-9-7"),
        (b"ON", b"1", b"0-9-7", "binlog b.1:4, gtid 0-1-2, applied 0-9-7"),
        (b"OFF", b"1", b"", "unknown (a replica whose log lacks what it applies; binlog b.1:4, gtid 0-1-2)"),
    ],
)
def test_a_position_proves_something_only_where_the_log_holds_every_change(
    logged: bytes, replicating: bytes, applied: bytes, position: str
) -> None:
    answers: dict[str, list[tuple[bytes, ...]]] = {
        "binlog_snapshot": [(b"Binlog_snapshot_file", b"b.1"), (b"Binlog_snapshot_position", b"4")],
        "BINLOG_GTID_POS": [(b"0-1-2", applied)],
        "log_slave_updates": [(b"log_slave_updates", logged), (b"wsrep_on", b"OFF")],
        "Slaves_running": [(b"Slaves_running", replicating)],
    }

    def query(sql: str) -> list[tuple[bytes, ...]]:
        return next(rows for part, rows in answers.items() if part in sql)

    assert moment.mariadb_position(query) == position


@pytest.mark.parametrize(
    ("engine", "place", "locked", "position"),
    [
        ("mariadb", "binlog b.1:4, gtid 0-1-2", False, "binlog b.1:4, gtid 0-1-2"),
        ("mysql", "binlog b.1:4", False, "unknown (taken without a lock; binlog b.1:4)"),
        ("mysql", "binlog b.1:4", True, "binlog b.1:4, under a lock"),
        ("mysql", "unknown (the binary log is off)", True, "unknown (the binary log is off)"),
    ],
)
def test_a_place_in_mysqls_log_names_a_moment_only_under_a_lock(
    engine: str, place: str, locked: bool, position: str
) -> None:
    assert moment.FLAVOURS[engine].named(place, locked) == position


@pytest.mark.parametrize(
    ("version", "statement"), [("8.0.40", "SHOW MASTER STATUS"), ("8.4.3", "SHOW BINARY LOG STATUS")]
)
def test_mysql_is_asked_for_its_log_as_its_version_has_it(version: str, statement: str) -> None:
    answers: dict[str, list[tuple[bytes, ...]]] = {
        statement: [(b"b.1", b"4", b"", b"", b"u:1-2")],
        "SHOW GLOBAL VARIABLES": [(b"log_replica_updates", b"ON")],
    }

    def query(sql: str) -> list[tuple[bytes, ...]]:
        return next((rows for part, rows in answers.items() if sql.startswith(part)), [])

    assert moment.FLAVOURS["mysql"].place(query, Server.of(version)) == "binlog b.1:4, gtid u:1-2"


def test_a_dead_network_is_noticed_within_minutes(mariadb: MysqlServer) -> None:
    connection, _ = connect(mariadb.admin, "test")
    try:
        found = [connection._sock.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in KEEPALIVE]
        assert found == list(KEEPALIVE.values())
    finally:
        connection.close()

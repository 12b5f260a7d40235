"""A server vanishes without a word: its connections stay open, and nothing comes through them any more."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pymysql
import pytest

from engines import wire
from engines.mysql import session as mysql
from engines.postgresql import session as postgresql
from tests.faults.moves import from_mariadb, from_sqlite, rows
from tests.faults.proxy import Proxy, proxy
from tests.faults.test_cut_connections import by_tcp, server_socket
from tests.mysql_servers import MysqlServer

WIDE = 20_000  # so that more is on its way than sockets hold
BACK = 0.3  # seconds


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds instead of minutes."""
    for name, value in {"SILENT": 0.3, "ANSWER": 0.5, "TRIES": 2}.items():
        monkeypatch.setattr(wire, name, value)


def comes_back(between: Proxy) -> None:
    """New connections come through again once the server was asked in vain."""

    def look() -> None:
        while between.given_up < 2 and not between.ended.wait(0.02):
            pass
        between.ended.wait(BACK)
        between.stalled = False

    threading.Thread(target=look, daemon=True).start()


@pytest.mark.parametrize("stalls", [pytest.param("an answer to COMMIT", marks=pytest.mark.soak), "rows"])
def test_a_target_that_vanishes_is_noticed(
    tmp_path: Path, empty_mariadb: str, mariadb: MysqlServer, stalls: str
) -> None:
    move = from_sqlite(tmp_path, empty_mariadb, wide=WIDE, chunk_rows=300)
    with proxy(("127.0.0.1", mariadb.port)) as between:
        if stalls == "rows":
            between.stalls_at = 8_000_000
        else:
            between.stalls_with, between.cut_at, between.armed_by = True, 1, b"LOAD DATA"
        comes_back(between)
        name = urlsplit(empty_mariadb).path
        move.run(f"mysql://root@127.0.0.1:{between.port}{name}?connect_timeout=1")
    assert between.given_up
    assert move.arrived() == rows(WIDE)
    assert set(move.copies()) == {1}


def test_a_source_that_vanishes_is_noticed(tmp_path: Path, mariadb: MysqlServer, empty_18: str) -> None:
    move = from_mariadb(mariadb, empty_18, wide=WIDE, chunk_rows=300)
    with proxy(("127.0.0.1", mariadb.port)) as between:
        between.stalls_at = 3_000_000
        comes_back(between)
        name = urlsplit(move.source).path
        move.run(source=f"mysql://root@127.0.0.1:{between.port}{name}?connect_timeout=1")
    assert between.given_up
    assert move.arrived() == rows(WIDE)


@pytest.mark.soak
def test_a_postgresql_that_vanishes_is_noticed(tmp_path: Path, empty_18: str) -> None:
    move = from_sqlite(tmp_path, empty_18, wide=WIDE, chunk_rows=300)
    with proxy(server_socket(empty_18)) as between:
        between.stalls_at = 8_000_000
        comes_back(between)
        move.run(by_tcp(empty_18, between.port) + "&connect_timeout=2")
    assert between.given_up
    assert move.arrived() == rows(WIDE)
    assert set(move.copies()) == {1}


def test_a_postgresql_that_vanishes_behind_its_greeting_gives_no_answer(empty_18: str) -> None:
    with proxy(server_socket(empty_18)) as between:
        between.stalls_with, between.cut_at, between.armed_by, between.needle = True, 1, b"SELECT", b"SELECT"
        with pytest.raises(wire.Unanswered):
            postgresql._Line(by_tcp(empty_18, between.port)).ask(0.3)


def test_sessions_of_others_under_the_same_number_stay(mariadb: MysqlServer, empty_mariadb: str) -> None:
    """A server that was restarted, or one in its place, counts its sessions anew."""
    mine, _ = mysql.connect(empty_mariadb, "test")
    found = mysql._told(mine)[2]
    number, now = mine.thread_id(), time.monotonic()
    line = mysql._Line(empty_mariadb, found)
    others = [
        wire.Session(number, found, now - 10_000_000),  # longer ago than the server runs
        wire.Session(number, ("elsewhere", *found[1:]), now),
    ]
    mariadb.run("CREATE OR REPLACE USER somebody_else")
    theirs = pymysql.connect(host="127.0.0.1", port=mariadb.port, user="somebody_else", ssl_disabled=True)
    others.append(wire.Session(theirs.thread_id(), found, now))
    time.sleep(1.1 * mysql.SETTLED)
    line.end(others, 5)
    theirs.ping(reconnect=False)
    mine.ping(reconnect=False)
    time.sleep(1.1 * mysql.SETTLED)
    line.end([wire.Session(number, found, now)], 5)
    with pytest.raises(pymysql.MySQLError):
        mine.ping(reconnect=False)
    for connection in (mine, theirs):
        connection.close()
    mariadb.run("DROP USER somebody_else")


def test_a_younger_session_of_postgresql_under_the_same_number_stays(empty_18: str) -> None:
    line = postgresql._Line(empty_18)
    with closing(postgresql.connect(empty_18)) as session:
        ours = line.session(session)
        time.sleep(1.1 * postgresql.SETTLED)
        line.end([wire.Session(ours.number, (), ours.opened - 100)], 5)
        session.execute("SELECT 1")
        time.sleep(1.1 * postgresql.SETTLED)
        line.end([ours], 5)
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")

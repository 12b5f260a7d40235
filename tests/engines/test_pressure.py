"""What servers say about their load, each asked for real."""

import math
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from pymysql.constants import COMMAND

from engines.embedded_account import Account
from engines.errors import DbmoError
from engines.mysql.snapshot import MysqlSnapshot
from engines.postgresql.snapshot import PostgresqlSnapshot
from engines.pressure import PressureGauge, Unseen, open_gauge
from engines.sqlite.snapshot import SqliteSnapshot
from tests.mysql_servers import MysqlServer, connected
from tests.servers import DEBIAN_15, PORT, Server

WAIT = 20.0


def eventually(ask: Callable[[], bool]) -> bool:
    end = time.monotonic() + WAIT
    while not (found := ask()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


@pytest.fixture
def gauges() -> Iterator[Callable[[str], PressureGauge]]:
    opened: list[PressureGauge] = []

    def gauge(url: str) -> PressureGauge:
        opened.append(open_gauge(url))
        return opened[-1]

    yield gauge
    for one in opened:
        one.close()


Gauges = Callable[[str], PressureGauge]


def test_postgresql_counts_running_statements(empty_18: str, gauges: Gauges) -> None:
    gauge = gauges(empty_18)
    before = gauge.running_threads()
    lock = "SELECT pg_advisory_lock(1)"
    with psycopg.connect(empty_18, autocommit=True) as busy, psycopg.connect(empty_18, autocommit=True) as holder:
        holder.execute(lock)
        waiting = threading.Thread(target=busy.execute, args=(lock,))
        waiting.start()
        assert eventually(lambda: gauge.running_threads() > before)
        holder.close()
        waiting.join()


@pytest.mark.parametrize("name", ["", "&application_name=shop+mover"])
def test_postgresql_counts_transactions_behind_our_snapshot(empty_18: str, gauges: Gauges, name: str) -> None:
    gauge = gauges(f"{empty_18}{name}")
    with (
        closing(PostgresqlSnapshot(f"{empty_18}{name}", "s")) as snapshot,
        psycopg.connect(empty_18, autocommit=True) as other,
    ):
        for _ in range(20):
            other.execute("SELECT pg_current_xact_id()")
        assert gauge.held_transactions() >= 20
        snapshot.refresh()
        assert gauge.held_transactions() < 20


def test_a_tiny_commit_takes_time_and_touches_no_table(empty_18: str, gauges: Gauges) -> None:
    with psycopg.connect(empty_18, autocommit=True) as other:
        before = other.execute("SELECT pg_current_wal_insert_lsn()").fetchone()
        assert 0 < gauges(empty_18).latency_ms() < 5000
        after = other.execute("SELECT pg_current_wal_insert_lsn()").fetchone()
        assert before and after and after[0] != before[0]
        assert other.execute("SELECT count(*) FROM pg_stat_user_tables").fetchone() == (0,)


def test_a_user_who_sees_only_himself_is_told(postgresql_18: Server, gauges: Gauges) -> None:
    name = f"pressure_{os.getpid()}"
    url = postgresql_18.create_database(name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE pressure_nobody LOGIN")
        try:
            gauge = gauges(postgresql_18.url(name, "pressure_nobody"))
            for ask in (gauge.running_threads, gauge.replicas_lag):
                with pytest.raises(Unseen, match="pg_read_all_stats"):
                    ask()
            assert gauge.held_transactions() == 0
            gauge.close()
        finally:
            connection.execute("DROP ROLE pressure_nobody")


@contextmanager
def standby_of(server: Server) -> Iterator[str]:
    """A streaming standby that replays half a second late, on a socket of its own; its URL."""
    folder = Path(tempfile.mkdtemp(prefix="dbmo-standby-", dir="/tmp"))
    account = Account.for_server()
    account.give(folder)
    data = folder / "data"

    def run(name: str, *words: str) -> None:
        code, output = account.run([str(DEBIAN_15 / name), *words])
        assert code == 0, output

    run("pg_basebackup", "-d", server.url("postgres"), "-D", str(data), "-R", "-X", "stream", "-c", "fast")
    settings = f"-p {PORT} -k {folder} -c listen_addresses= -c recovery_min_apply_delay=500ms"
    control = ("-s", "-w", "-D", str(data), "-l", str(folder / "log"))
    try:
        run("pg_ctl", *control, "-o", settings, "start")
        try:
            yield f"postgresql://postgres@/postgres?host={folder}&port={PORT}"
        finally:
            run("pg_ctl", *control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def test_a_standby_s_lag_is_seen_from_both_ends(postgresql_15: Server, gauges: Gauges) -> None:
    source = gauges(postgresql_15.url("postgres"))
    assert source.replicas_lag() is None
    with pytest.raises(Unseen, match="no standby"):
        source.own_lag()
    with standby_of(postgresql_15) as url:
        standby = gauges(url)
        assert eventually(lambda: source.replicas_lag() is not None)
        url_of_new = postgresql_15.create_database()
        assert eventually(lambda: standby.own_lag() > 0.2)
        with psycopg.connect(url_of_new, autocommit=True) as writer:
            writer.execute("CREATE TABLE t (v int)")
            assert eventually(lambda: bool(writer.execute("INSERT INTO t VALUES (1)")) and source.replicas_lag() > 0.2)  # type: ignore[operator]
            with psycopg.connect(url) as connection:
                [(receiver,)] = connection.execute("SELECT pid FROM pg_stat_wal_receiver").fetchall()
            os.kill(receiver, signal.SIGSTOP)  # as if the network swallowed everything
            writer.execute("INSERT INTO t VALUES (2)")
            assert eventually(lambda: source.replicas_lag() > 0.8)  # type: ignore[operator]
            os.kill(receiver, signal.SIGCONT)
        assert standby.latency_ms() > 0
        standby.close()
    assert eventually(lambda: source.replicas_lag() == math.inf)  # it was there, and nobody knows where it is


def test_who_only_keeps_the_log_is_no_replica(postgresql_15: Server, tmp_path: Path, gauges: Gauges) -> None:
    source = gauges(postgresql_15.url("postgres"))
    receiver = subprocess.Popen([DEBIAN_15 / "pg_receivewal", "-D", tmp_path, "-d", postgresql_15.url("postgres")])
    try:
        with psycopg.connect(postgresql_15.url("postgres"), autocommit=True) as connection:
            kept = "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'"
            assert eventually(lambda: connection.execute(kept).fetchone() is not None)
            connection.execute("SELECT pg_logical_emit_message(true, 'x', 'y')")
            assert source.replicas_lag() is None
    finally:
        receiver.terminate()
        receiver.wait()


def test_a_statement_that_waits_for_this_program_is_known(empty_15: str, empty_mariadb: str, gauges: Gauges) -> None:
    server = gauges(empty_15)
    with closing(psycopg.connect(empty_15, application_name="dbmo")) as reader:
        reader.pgconn.send_query(b"COPY (SELECT repeat('x', 1000) FROM generate_series(1, 30000)) TO STDOUT")
        assert eventually(lambda: server.waiting_threads() == 1)
    server = gauges(empty_mariadb)
    with connected(empty_mariadb) as other:
        other._execute_command(COMMAND.COM_QUERY, "SELECT REPEAT('x', 1000) FROM seq_1_to_30000")  # nobody reads it
        assert eventually(lambda: server.waiting_threads() == 1)
        other._force_close()


def test_mysql_counts_running_statements(mariadb: MysqlServer, gauges: Gauges) -> None:
    gauge = gauges(mariadb.admin)
    before = gauge.running_threads()
    lock = "SELECT GET_LOCK('pressure', 60)"
    with connected(mariadb.admin) as busy, connected(mariadb.admin) as holder, busy.cursor() as cursor:
        holder.cursor().execute(lock)
        waiting = threading.Thread(target=cursor.execute, args=(lock,))
        waiting.start()
        assert eventually(lambda: gauge.running_threads() > before)
        holder.cursor().execute("SELECT RELEASE_LOCK('pressure')")
        waiting.join()
    assert gauge.latency_ms() > 0


def test_mysql_counts_the_history_behind_a_snapshot(empty_mariadb: str, gauges: Gauges) -> None:
    gauge = gauges(empty_mariadb)
    with connected(empty_mariadb) as writer, writer.cursor() as cursor:
        cursor.execute("CREATE TABLE t (id INT PRIMARY KEY, v INT) ENGINE=InnoDB")
        cursor.execute("INSERT INTO t VALUES (1, 0)")
        with closing(MysqlSnapshot(empty_mariadb, "s")):
            for n in range(60):
                cursor.execute(f"UPDATE t SET v = {n}")
            assert eventually(lambda: gauge.held_transactions() >= 50)


def test_mysql_says_what_it_can_not_say(mariadb: MysqlServer, empty_mariadb: str, gauges: Gauges) -> None:
    mariadb.run("CREATE USER pressure_nobody@'127.0.0.1'")
    try:
        nobody = gauges(mariadb.url("", "pressure_nobody"))
        for ask, why in ((nobody.replicas_lag, "name them in replicas"), (nobody.own_lag, "REPLICA MONITOR")):
            with pytest.raises(Unseen, match=why):
                ask()
        assert nobody.held_transactions() >= 0
        with pytest.raises(Unseen, match="no replica"):
            gauges(empty_mariadb).own_lag()
    finally:
        mariadb.run("DROP USER pressure_nobody@'127.0.0.1'")


def test_a_replica_that_stands_still_is_infinitely_late(mariadb: MysqlServer, gauges: Gauges) -> None:
    mariadb.run("CHANGE MASTER 'nowhere' TO MASTER_HOST = '127.0.0.1', MASTER_PORT = 1, MASTER_USER = 'nobody'")
    try:
        assert gauges(mariadb.admin).own_lag() == math.inf
    finally:
        mariadb.run("RESET SLAVE 'nowhere' ALL")


def test_mongodb_answers_or_says_what_it_lacks(empty_mongodb: str, gauges: Gauges) -> None:
    gauge = gauges(empty_mongodb)
    assert gauge.latency_ms() > 0
    for ask in (gauge.running_threads, gauge.replicas_lag, gauge.own_lag):
        try:
            found = ask()
        except Unseen:
            continue
        assert found is None or found >= 0


def test_a_file_has_no_server(tmp_path: Path, gauges: Gauges) -> None:
    gauge = gauges(f"sqlite:{tmp_path}/s.db")
    for ask in (gauge.running_threads, gauge.replicas_lag, gauge.own_lag, gauge.latency_ms):
        with pytest.raises(Unseen, match="no server"):
            ask()


def test_a_file_counts_the_commits_that_its_log_keeps_for_a_reader(tmp_path: Path, gauges: Gauges) -> None:
    gauge = gauges(f"sqlite:{tmp_path}/s.db")
    with closing(sqlite3.connect(tmp_path / "s.db", isolation_level=None)) as writer:
        assert gauge.held_transactions() == 0
        writer.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF")
        writer.execute("CREATE TABLE t (v)")
        with closing(SqliteSnapshot(tmp_path / "s.db", "s")):
            for n in range(1_500):  # the log is folded back after 1,000 pages, unless somebody reads
                writer.execute("INSERT INTO t VALUES (zeroblob(5000))")
                assert n % 500 or gauge.held_transactions() >= n
            assert gauge.held_transactions() >= 1_500
        writer.execute("PRAGMA wal_checkpoint(RESTART)")
        writer.execute("INSERT INTO t VALUES (1)")
        assert gauge.held_transactions() == 1


def test_mongodb_says_when_it_ends_a_snapshot_by_itself(empty_mongodb: str, gauges: Gauges) -> None:
    with pytest.raises(Unseen, match=r"it ends .* by itself"):
        gauges(empty_mongodb).held_transactions()


@pytest.mark.parametrize(
    "url",
    ["postgresql://u@127.0.0.1:1/d", "mysql://u@127.0.0.1:1/d", "mongodb://127.0.0.1:1/d?serverSelectionTimeoutMS=300"],
)
def test_a_server_that_is_gone_is_an_error_and_no_traceback(url: str, gauges: Gauges) -> None:
    gauge = gauges(url)
    for _ in range(2):
        with pytest.raises(DbmoError):
            gauge.latency_ms()

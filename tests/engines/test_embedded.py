"""The embedded PostgreSQL starts, is shared, survives what kills its users, and stops with the last of them."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import pq

from engines.embedded import EmbeddedServer, open_embedded
from engines.errors import UsageError
from tests.servers import copied_clusters

CHECKOUT = Path(__file__).resolve().parents[2]
# opens the server of the folder, writes a row, says so, and waits to be killed
USER = """
import sys, time
from pathlib import Path
import psycopg
from engines.embedded import open_embedded
server = open_embedded(Path(sys.argv[1]))
server.ensure_database("kept")
with psycopg.connect(server.uri("kept")) as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS row (pid integer)")
    connection.execute("INSERT INTO row VALUES (pg_backend_pid())")
print("ready", flush=True)
time.sleep(float(sys.argv[2]))
"""


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    """initdb works once for durable data, once for scratch, and in every process of its own."""
    with copied_clusters():
        yield


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="dbmo-test-", dir="/tmp"))
    yield made
    shutil.rmtree(made)


def start_user(folder: Path, seconds: float = 60) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", USER, str(folder), str(seconds)]
    process = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


def end(process: subprocess.Popen[str], number: signal.Signals | None = None) -> None:
    if number is not None:
        process.send_signal(number)
    process.communicate(timeout=60)


def answers(server: EmbeddedServer) -> bool:
    return pq.PGconn.ping(server.uri("postgres").encode()) == pq.Ping.OK


def rows(server: EmbeddedServer) -> int:
    with psycopg.connect(server.uri("kept")) as connection:
        found = connection.execute("SELECT count(*) FROM row").fetchone()
    return int(found[0]) if found else -1


def postmaster(server: EmbeddedServer) -> int:
    return int((server.data / "postmaster.pid").read_text().splitlines()[0])


def test_a_database_orders_by_code_point_and_logs_changes(folder: Path) -> None:
    server = open_embedded(folder / "new" / "server")
    server.ensure_database("a b/ü")
    server.ensure_database("a b/ü")
    with psycopg.connect(server.uri("a b/ü")) as connection:
        settings = "SELECT current_setting('wal_level'), current_setting('fsync'), current_setting('server_encoding')"
        assert connection.execute(settings).fetchone() == ("logical", "on", "UTF8")
        # a locale with its own rules would put the small letter first
        assert connection.execute("SELECT 'Z' < 'a', upper('é')").fetchone() == (True, "É")
    server.stop()
    server.stop()
    assert not answers(server)


def test_it_is_entered_only_through_a_private_folder(folder: Path) -> None:
    server = open_embedded(folder, durable=False)
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    with psycopg.connect(server.uri("postgres")) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    server.stop()


def test_it_stops_with_the_last_hold(folder: Path) -> None:
    first, second = open_embedded(folder, durable=False), open_embedded(folder, durable=False)
    first.stop()
    assert answers(second)
    second.stop()
    assert not answers(second)


def test_threads_that_open_it_at_once_share_one(folder: Path) -> None:
    servers: list[EmbeddedServer] = []
    threads = [threading.Thread(target=lambda: servers.append(open_embedded(folder, durable=False))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({postmaster(server) for server in servers}) == 1
    for server in servers:
        server.stop()
    assert not answers(servers[0])


def test_another_process_joins_and_the_last_one_stops_it(folder: Path) -> None:
    process = start_user(folder, seconds=1)
    server = open_embedded(folder)
    end(process)
    assert answers(server) and rows(server) == 1
    server.stop()
    assert not answers(server)


def test_a_process_that_ends_stops_it(folder: Path) -> None:
    end(start_user(folder, seconds=0))
    assert not (folder / "data" / "postmaster.pid").exists()


def test_it_is_joined_after_its_user_was_killed(folder: Path) -> None:
    end(start_user(folder), signal.SIGKILL)
    server = open_embedded(folder)
    assert rows(server) == 1
    server.stop()
    assert not answers(server)


def test_it_starts_again_after_the_server_was_killed(folder: Path) -> None:
    process = start_user(folder)
    os.kill(int((folder / "data" / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)
    end(process, signal.SIGKILL)
    server = open_embedded(folder)
    assert rows(server) == 1
    server.stop()


def test_a_server_whose_socket_is_gone_is_started_anew(folder: Path) -> None:
    first = open_embedded(folder, durable=False)
    next((folder / "data").glob(".s.PGSQL.*[0-9]")).unlink()
    second = open_embedded(folder, durable=False)
    assert answers(second)
    second.stop()
    first.stop()


def test_a_pid_file_that_names_another_program_is_stale(folder: Path) -> None:
    server = open_embedded(folder, durable=False)
    server.stop()
    pid_file = server.data / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{server.data}\n1\n5432\n{server.data}\n\n0 0\nready\n")
    again = open_embedded(folder)
    assert postmaster(again) != os.getpid()
    again.stop()


def test_an_interrupted_first_start_is_made_anew(folder: Path) -> None:
    (folder / "data.new").mkdir()
    (folder / "data.new" / "PG_VERSION").write_text("18\n")
    server = open_embedded(folder, durable=False)
    assert answers(server) and not (folder / "data.new").exists()
    server.stop()


@pytest.mark.parametrize("name", ["long" * 30, "with space, and comma", "ünïcode"])
def test_a_folder_that_cannot_hold_the_socket_still_works(folder: Path, name: str) -> None:
    server = open_embedded(folder / name, durable=False)
    server.ensure_database("x")
    assert answers(server)
    server.stop()


@pytest.mark.parametrize("name", ['quo"te', "dol$lar", "back`tick"])
def test_a_folder_a_shell_would_misread_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(UsageError, match="EMBEDDED_FOLDER"):
        open_embedded(folder / name)


def test_scratch_becomes_durable_and_never_the_other_way(folder: Path) -> None:
    for durable, expected in ((False, "off"), (True, "on"), (False, "on")):
        server = open_embedded(folder, durable=durable)
        with psycopg.connect(server.uri("postgres")) as connection:
            assert connection.execute("SHOW fsync").fetchone() == (expected,)
        server.stop()


def test_data_of_another_version_is_refused(folder: Path) -> None:
    server = open_embedded(folder, durable=False)
    server.stop()
    (server.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(UsageError, match="EMBEDDED_VERSION"):
        open_embedded(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another account")
def test_folders_above_are_opened_for_passing_through_and_no_more(folder: Path) -> None:
    server = open_embedded(folder / "inner", durable=False)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o701
    server.stop()


def test_the_log_holds_no_values(folder: Path) -> None:
    server = open_embedded(folder, durable=False)
    with psycopg.connect(server.uri("postgres"), autocommit=True) as connection:
        connection.execute("CREATE TABLE t (secret text PRIMARY KEY)")
        connection.execute("INSERT INTO t VALUES ('hidden-value')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO t VALUES ('hidden-value')")
    server.stop()
    assert "hidden-value" not in server.log.read_text()

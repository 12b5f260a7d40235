"""A private MariaDB for the tests, and a MySQL 8 where somebody has one."""

from __future__ import annotations

import itertools
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pymysql
import pytest

from engines.embedded_account import Account
from engines.mysql.quoting import quote_identifier
from engines.mysql.url import arguments
from tests.mysql_scripts import statements
from tests.places import SERVERS, home_of

MARIADBD = Path("/usr/sbin/mariadbd")
INSTALL = "mariadb-install-db"
START_SECONDS = 60
# a server of tests may lose its data; its speed matters
NO_SYNC = ("--loose-debug-no-sync",)
THROW_AWAY = (
    *NO_SYNC,
    "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--sync-binlog=0", "--innodb-buffer-pool-size=128M",
    "--innodb-log-file-size=128M", "--skip-name-resolve", "--character-set-server=utf8mb4",
    "--collation-server=utf8mb4_general_ci", "--log-bin-trust-function-creators=1", "--bind-address=127.0.0.1",
    "--default-time-zone=+00:00",
)  # fmt: skip


@dataclass
class MysqlServer:
    """A running MariaDB or MySQL and databases on it; admin is the URL of an account that may do everything."""

    admin: str
    port: int
    socket: Path | None = None
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def url(self, database: str, user: str = "root") -> str:
        """A reference to that database over TCP, as a request would have it."""
        base, _, _ = self.admin.rpartition("/")
        if user != "root":
            base = f"mysql://{quote(user, safe='')}@127.0.0.1:{self.port}"
        return f"{base}/{quote(database, safe='')}"

    def create_database(self, name: str | None = None) -> str:
        """Make an empty utf8mb4 database, with a new name unless one is given; its URL."""
        name = name or f"test_{os.getpid()}_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {quote_identifier(name)} CHARACTER SET utf8mb4")
        return self.url(name)

    def run(self, *texts: str) -> None:
        """Run statements as the administrator, in no database."""
        with connected(self.admin) as connection, connection.cursor() as cursor:
            for text in texts:
                cursor.execute(text)


def plain(url: str) -> dict[str, Any]:
    """What the driver is given; without TLS where the URL says nothing of it: to prepare for it takes 45 ms."""
    found = arguments(url)
    return found if any(name.startswith("ssl") for name in found) else {**found, "ssl_disabled": True}


@contextmanager
def connected(url: str) -> Iterator[pymysql.connections.Connection[pymysql.cursors.Cursor]]:
    """A driver's connection in autocommit, closed at the end; percent signs in its statements mean nothing."""
    connection = pymysql.connect(**{**plain(url), "autocommit": True})
    try:
        yield connection
    finally:
        connection.close()


def load_mysql(url: str, script: str | Path, foreign_key_checks: bool = True, tolerant: bool = False) -> list[str]:
    """Run a script of the mysql client in a database, statement by statement; CREATE DATABASE and USE are left out.

    The first error fails the test, unless tolerant: then its message is one of those given back, and it goes on.
    """
    text = script.read_text(encoding="utf-8-sig") if isinstance(script, Path) else script
    refused: list[str] = []
    with connected(url) as connection, connection.cursor() as cursor:
        if not foreign_key_checks:
            cursor.execute("SET foreign_key_checks = 0")
        for statement in statements(text):
            try:
                cursor.execute(statement)
            except pymysql.MySQLError as error:
                refused.append(f"{error.args} in {statement[:200]}")
                if not tolerant:
                    pytest.fail(refused[0])
    return refused


@contextmanager
def private_mariadb(*settings: str) -> Iterator[MysqlServer]:
    """A MariaDB in a folder of its own on a socket and a loopback port, stopped and removed afterwards."""
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix="dbmo-maria-", dir=home_of(SERVERS)))
    folder.chmod(0o755)
    account.give(folder)
    data, place, port = folder / "data", folder / "sock", _free_port()
    server: subprocess.Popen[bytes] | None = None
    try:
        code, output = account.run(
            [INSTALL, "--no-defaults", f"--datadir={data}", f"--tmpdir={folder}", *NO_SYNC,
             "--auth-root-authentication-method=normal", "--skip-test-db"]
        )  # fmt: skip
        assert code == 0, output
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [str(MARIADBD), "--no-defaults", f"--datadir={data}", f"--socket={place}", f"--port={port}",
                 f"--pid-file={folder / 'pid'}", f"--tmpdir={folder}", *THROW_AWAY, *settings],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                user=account.uid if account.name else None, group=account.gid if account.name else None,
                extra_groups=[] if account.name else None,
            )  # fmt: skip
        found = MysqlServer(f"mysql://root@127.0.0.1:{port}/", port, place)
        _wait(server, found, folder / "log")
        yield found
    finally:
        if server is not None:
            server.kill()
            server.wait()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MysqlServer]:
    """A private instance of Debian's MariaDB."""
    if not MARIADBD.exists():
        pytest.skip("MariaDB isn't installed: apt-get install mariadb-server")
    with private_mariadb() as server:
        yield server


@pytest.fixture
def empty_mariadb(mariadb: MysqlServer) -> str:
    """URL of a new empty database on MariaDB."""
    return mariadb.create_database()


@pytest.fixture(scope="session")
def mysql_8() -> MysqlServer:
    """The MySQL 8 that DBMO_TEST_MYSQL_URL names, with an account that may make databases (test_*)."""
    url = os.environ.get("DBMO_TEST_MYSQL_URL")
    if not url:
        pytest.skip("There is no MySQL 8 here: set DBMO_TEST_MYSQL_URL to mysql://user:password@host:port/")
    return MysqlServer(url.rstrip("/") + "/", int(arguments(url)["port"]))


@pytest.fixture
def empty_mysql_8(mysql_8: MysqlServer) -> str:
    """URL of a new empty database on MySQL 8."""
    return mysql_8.create_database()


def _account() -> Account:
    """Who runs the server: for root the account mysql, or nobody."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    found = known.get("mysql") or known["nobody"]
    return Account(found.pw_uid, found.pw_gid, found.pw_name)


def _free_port() -> int:
    """None of those that the system gives to the own ends of connections: one of them could take it meanwhile."""
    while True:
        port = 15_000 + secrets.randbelow(15_000)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


def _wait(process: subprocess.Popen[bytes], server: MysqlServer, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            with connected(server.admin):
                return
        except pymysql.MySQLError:
            assert process.poll() is None, log.read_text(errors="replace")[-2000:]
            assert time.monotonic() < end, log.read_text(errors="replace")[-2000:]
            time.sleep(0.05)

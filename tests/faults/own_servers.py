"""Servers that one module has for itself, so that it may restart them."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pymysql
import pytest
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from engines.embedded_account import Account
from tests.mysql_servers import MARIADBD, MysqlServer, _free_port, connected, private_mariadb
from tests.servers import DEBIAN_15, THROW_AWAY, Server, private_server


class Own(Protocol):
    """A server that can be restarted at the same place; at_once: without letting it end its work."""

    def create_database(self) -> str:
        """The url of a new one."""
        ...

    def restart(self, at_once: bool) -> None:
        """Returns when it answers again."""
        ...


class OwnPostgresql(Server):
    """See Own."""

    def restart(self, at_once: bool) -> None:
        """See Own."""
        mode = "immediate" if at_once else "fast"
        data, log = self.folder / "data", self.folder / "log"
        command = [DEBIAN_15 / "pg_ctl", "-s", "-w", "-D", data, "-l", log, "-m", mode, "restart"]
        code, said = Account.for_server().run([str(part) for part in command])
        assert code == 0, said


class OwnMariadb(MysqlServer):
    """See Own."""

    again: subprocess.Popen[bytes] | None = None

    def restart(self, at_once: bool) -> None:
        """See Own."""
        assert self.socket is not None
        number = int((self.socket.parent / "pid").read_text())
        process = Path(f"/proc/{number}")
        command = process.joinpath("cmdline").read_bytes().decode().split("\0")[:-1]
        account = process.stat()
        os.kill(number, signal.SIGKILL if at_once else signal.SIGTERM)
        if self.again is not None:
            self.again.wait()
        while process.exists() and "\nState:\tZ" not in process.joinpath("status").read_text():
            time.sleep(0.02)
        self.again = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
            user=account.st_uid, group=account.st_gid, extra_groups=[],
        )  # fmt: skip
        until = time.monotonic() + 60
        while True:
            try:
                with connected(self.admin):
                    return
            except pymysql.MySQLError:
                assert time.monotonic() < until, "it does not come back"
                time.sleep(0.05)


class OwnMongodb:
    """See Own; a SecantusDB in a process of its own, whose commits are written before they are answered."""

    def __init__(self, folder: str) -> None:
        self.port = _free_port()
        self._numbers = itertools.count(1)
        self._command = [
            sys.executable, "-m", "secantus", "--host", "127.0.0.1", "--port", str(self.port), "--storage-path", folder,
            "--cache-size", "64M", "--log-level", "ERROR",
        ]  # fmt: skip
        self._start()

    def create_database(self) -> str:
        """See Own."""
        return f"mongodb://127.0.0.1:{self.port}/test_{next(self._numbers)}"

    def restart(self, at_once: bool) -> None:
        """See Own."""
        self.stop(at_once)
        self._start()

    def stop(self, at_once: bool) -> None:
        """Returns when the process is gone."""
        self._process.send_signal(signal.SIGKILL if at_once else signal.SIGTERM)
        self._process.wait(60)

    def _start(self) -> None:
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(self._command, stdin=quiet, stdout=quiet, stderr=quiet)
        with MongoClient[Any](f"mongodb://127.0.0.1:{self.port}/", serverSelectionTimeoutMS=60_000) as client:
            try:
                client.admin.command("ping")
            except PyMongoError:
                self.stop(at_once=True)
                raise


@contextmanager
def own_mongodb() -> Iterator[OwnMongodb]:
    """The same of SecantusDB; a mongod of somebody else's isn't restarted."""
    pytest.importorskip("secantus", reason="MongoDB's protocol is served by secantusdb")
    with tempfile.TemporaryDirectory(prefix="dbmo-mongodb-", dir="/tmp") as folder:
        server = OwnMongodb(folder)
        try:
            yield server
        finally:
            server.stop(at_once=True)


@contextmanager
def own_postgresql() -> Iterator[OwnPostgresql]:
    """A PostgreSQL 15 whose databases survive a restart of the server, not of the machine."""
    if not (DEBIAN_15 / "initdb").exists():
        pytest.skip("PostgreSQL 15 isn't installed: apt-get install postgresql-15")
    with private_server(DEBIAN_15, f"{THROW_AWAY} -c synchronous_commit=on") as server:
        yield OwnPostgresql(server.folder)


@contextmanager
def own_mariadb() -> Iterator[OwnMariadb]:
    """The same of MariaDB."""
    if not MARIADBD.exists():
        pytest.skip("MariaDB isn't installed: apt-get install mariadb-server")
    with private_mariadb("--innodb-flush-log-at-trx-commit=2") as server:
        own = OwnMariadb(server.admin, server.port, server.socket)
        try:
            yield own
        finally:
            if own.again is not None:
                own.again.kill()
                own.again.wait()

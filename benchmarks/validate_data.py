"""Servers with the sysbench-like table for the benchmarks of the validator, and differences planted in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pymysql

from benchmarks.measure import DATA
from benchmarks.servers import postgresql
from benchmarks.sysbench_table import rows
from engines.mysql.url import arguments
from tests.mysql_servers import MysqlServer, private_mariadb
from tests.servers import Server

TABLE = "CREATE TABLE sbtest (id bigint {}, k int NOT NULL, c char(120) NOT NULL, pad char(60) NOT NULL)"
POOL = "--innodb-buffer-pool-size=3G"
# of ten planted differences so many are changed rows, so many missing ones; the others are rows too many
CHANGED, MISSING = 4, 3


@dataclass(frozen=True)
class Servers:
    """A PostgreSQL and a MariaDB on this machine, both warm and large enough to keep 5 million rows in memory."""

    postgresql: Server
    mariadb: MysqlServer


@contextmanager
def servers() -> Iterator[Servers]:
    """Both, stopped and removed afterwards."""
    with postgresql() as server, private_mariadb(POOL, "--local-infile=1") as mariadb:
        yield Servers(server, mariadb)


def written(count: int) -> Path:
    """The table as a tab-separated file, made once."""
    DATA.mkdir(exist_ok=True)
    path = DATA / f"sysbench-{count}.tsv"
    if not path.exists():
        part = path.with_suffix(".part")
        with part.open("w") as file:
            file.writelines(f"{row[0]}\t{row[1]}\t{row[2]}\t{row[3]}\n" for row in rows(count))
        part.rename(path)
    return path


def load_postgresql(server: Server, path: Path, name: str) -> str:
    """A database with the table, its key, and statistics; its URL."""
    url = server.create_database(name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLE.format("NOT NULL").encode())
        with path.open("rb") as file, connection.cursor().copy("COPY sbtest FROM STDIN") as copy:
            while block := file.read(1 << 20):
                copy.write(block)
        connection.execute("ALTER TABLE sbtest ADD PRIMARY KEY (id)")
        connection.execute("VACUUM ANALYZE sbtest")
    return url


def copied(server: Server, of: str, name: str) -> str:
    """A copy of a database, made of its files; its URL."""
    server.run(f'CREATE DATABASE "{name}" TEMPLATE "{of}"')
    return server.url(name)


def load_mariadb(server: MysqlServer, path: Path, name: str) -> str:
    """The same on MariaDB."""
    url = server.create_database(name)
    connection = pymysql.connect(**arguments(url), autocommit=True, local_infile=True)
    with connection, connection.cursor() as cursor:
        cursor.execute(TABLE.format("PRIMARY KEY"))
        cursor.execute("SET unique_checks = 0")
        cursor.execute("LOAD DATA LOCAL INFILE %s INTO TABLE sbtest", (str(path),))
        cursor.execute("ANALYZE TABLE sbtest")
    return url


def plant(url: str, count: int, differences: int) -> dict[str, int]:
    """Change a PostgreSQL database, evenly over the table; how many rows are different, missing and extra."""
    step = count // differences
    chosen = f"id % {step} = 1 AND id / {step} < {differences} AND (id / {step}) % 10"
    with psycopg.connect(url, autocommit=True) as connection:
        found = {
            "different": connection.execute(f"UPDATE sbtest SET k = k + 1 WHERE {chosen} < {CHANGED}".encode()),
            "missing": connection.execute(
                f"DELETE FROM sbtest WHERE {chosen} BETWEEN {CHANGED} AND {CHANGED + MISSING - 1}".encode()
            ),
            "extra": connection.execute(
                f"INSERT INTO sbtest SELECT {count} + n, n, 'extra', '' FROM generate_series(1, {differences}) AS n"
                f" WHERE n % 10 >= {CHANGED + MISSING}".encode()
            ),
        }
        rows_of = {kind: cursor.rowcount for kind, cursor in found.items()}
        connection.execute("VACUUM ANALYZE sbtest")
    return rows_of


def forget(path: Path) -> None:
    """Remove a file or folder of the data."""
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

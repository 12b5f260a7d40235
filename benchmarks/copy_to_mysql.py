"""Into MariaDB: from PostgreSQL against COPY piped into LOAD DATA, from MariaDB against mariadb-dump | mariadb."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import psycopg
import pymysql

from benchmarks.measure import DATA, Line, Run, command, middle, python
from benchmarks.mysql_tables import make_mixed, make_small, make_sysbench
from benchmarks.servers import mariadb, postgresql
from benchmarks.sysbench_table import rows as sysbench_rows
from engines.mysql.quoting import quote_identifier
from engines.mysql.url import arguments
from tests.mysql_servers import MysqlServer
from tests.servers import PORT, Server

RUNS = 3
ROWS, MIXED, TABLES, SMALL = 2_000_000, 500_000, 200, 1_000
SYSBENCH = "id bigint PRIMARY KEY, k int NOT NULL, c char(120) NOT NULL, pad char(60) NOT NULL"
NEEDED = ("mariadb", "mariadb-dump", "psql")
LOAD = "LOAD DATA LOCAL INFILE '/dev/stdin' INTO TABLE sbtest CHARACTER SET utf8mb4"


@dataclass(frozen=True)
class Case:
    """What is copied: name, rows in all, how the source is made (its URL), lanes, how the peer does it."""

    name: str
    rows: int
    lanes: int
    source: Callable[[MysqlServer, Server], str]
    peer: Callable[[str, str, MysqlServer, Server], list[str]]
    peer_name: str


def run() -> list[Line]:
    """Wall time of both from start to end: tables and rows; ours keeps its state and gathers statistics too."""
    if any(shutil.which(program) is None for program in NEEDED):
        return [Line("to MariaDB", "-", f"{', '.join(NEEDED)} are needed", "-", "0")]
    DATA.mkdir(exist_ok=True)
    with mariadb() as server, postgresql() as other:
        return [_line(case, server, other) for case in CASES]


def _from_postgresql(server: MysqlServer, other: Server) -> str:
    url = other.create_database()
    with psycopg.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE sbtest ({SYSBENCH})")
        with cursor.copy("COPY sbtest FROM STDIN") as copy:
            for row in sysbench_rows(ROWS):
                copy.write_row(row)
        cursor.execute("VACUUM ANALYZE sbtest")
    return url


def _from_mariadb(make: Callable[[str], None]) -> Callable[[MysqlServer, Server], str]:
    def source(server: MysqlServer, other: Server) -> str:
        url = server.create_database()
        make(url)
        return url

    return source


def _psql(source: str, target: str, server: MysqlServer, other: Server) -> list[str]:
    name = source.split("/")[3].partition("?")[0]
    into = f"{_client(server)} --local-infile=1 {_database(target)}"
    text = (
        f"{into} -e 'CREATE TABLE sbtest ({SYSBENCH})' && psql -q -h {other.folder} -p {PORT} -U postgres {name}"
        f' -c "COPY sbtest TO STDOUT" | {into} -e "{LOAD}"'
    )
    return ["sh", "-c", text]


def _dump(source: str, target: str, server: MysqlServer, other: Server) -> list[str]:
    client, dump = _client(server), _client(server, "mariadb-dump")
    return ["sh", "-c", f"{dump} --single-transaction {_database(source)} | {client} {_database(target)}"]


def _client(server: MysqlServer, program: str = "mariadb") -> str:
    return f"{program} --no-defaults -h 127.0.0.1 -P {server.port} -u root"


def _database(url: str) -> str:
    return str(arguments(url)["database"])


DUMP = "mariadb-dump | mariadb"
COPY = "psql COPY | LOAD DATA"
CASES = (
    Case("PostgreSQL 15 to MariaDB, 2M sysbench rows, 1 lane", ROWS, 1, _from_postgresql, _psql, COPY),
    Case("PostgreSQL 15 to MariaDB, 2M sysbench rows, 2 lanes", ROWS, 2, _from_postgresql, _psql, COPY),
    Case(
        "MariaDB to MariaDB, 2M sysbench rows, 1 lane", ROWS, 1,
        _from_mariadb(lambda url: make_sysbench(url, ROWS)), _dump, DUMP,
    ),
    Case(
        "MariaDB to MariaDB, 2M sysbench rows, 2 lanes", ROWS, 2,
        _from_mariadb(lambda url: make_sysbench(url, ROWS)), _dump, DUMP,
    ),
    Case(
        "MariaDB to MariaDB, 500,000 mixed rows, 1 lane", MIXED, 1,
        _from_mariadb(lambda url: make_mixed(url, MIXED)), _dump, DUMP,
    ),
    Case(
        "MariaDB to MariaDB, 200 tables of 1,000 rows", TABLES * SMALL, 2,
        _from_mariadb(lambda url: make_small(url, TABLES, SMALL)), _dump, DUMP,
    ),
)  # fmt: skip


def _line(case: Case, server: MysqlServer, other: Server) -> Line:
    source = case.source(server, other)
    plan = str(DATA / "to-mysql-plan.json")
    command(python("benchmarks.move", "plan", source, _empty(server), plan), DATA / "plan.log")
    ours: list[Run] = []
    theirs: list[Run] = []
    for _ in range(RUNS):
        target = _empty(server)
        words = python("benchmarks.move", "execute", source, target, plan, str(case.lanes))
        ours.append(_checked(case, target, server, command(words, DATA / "ours.log")))
        target = _empty(server)
        words = case.peer(source, target, server, other)
        theirs.append(_checked(case, target, server, command(words, DATA / "peer.log")))
    if source.startswith("mysql"):
        server.run(f"DROP DATABASE {quote_identifier(_database(source))}")
    mine, peer = (middle([run.seconds for run in runs]) for runs in (ours, theirs))
    megabytes = max(run.megabytes for run in ours)
    return Line(
        case.name,
        f"{mine:.2f} s, {case.rows / mine / 1000:,.0f} krows/s, {megabytes:.0f} MB",
        f"{case.peer_name} {peer:.2f} s, {case.rows / peer / 1000:,.0f} krows/s",
        f"{peer / mine:.2f} x",
        f"{RUNS} each, alternating",
    )


def _empty(server: MysqlServer) -> str:
    return server.create_database()


def _checked(case: Case, target: str, server: MysqlServer, found: Run) -> Run:
    """All rows arrived; the database goes, so that the disk holds one copy at a time."""
    with closing(pymysql.connect(**arguments(target))) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW TABLES")
        rows = 0
        for (table,) in cursor.fetchall():
            if not table.startswith("_dbmo_"):
                cursor.execute(f"SELECT COUNT(*) FROM {quote_identifier(table)}")
                rows += int(cursor.fetchall()[0][0])
    server.run(f"DROP DATABASE {quote_identifier(_database(target))}")
    if rows != case.rows:
        raise RuntimeError(f"{rows} rows arrived, {case.rows} were sent")
    return found

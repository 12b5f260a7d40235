"""Moves that are disturbed: sources of some ranges, a move in this process or in one of its own, what arrived."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conversion.convert import convert
from engines.errors import DbmoError
from engines.grant import Grant
from engines.registry import open_database
from skills.context import SkillContext
from skills.etl_pipeline_builder.skill import Input, Output, run
from tests.moving import change, fetch, sqlite_file
from tests.mysql_servers import MysqlServer, connected
from tests.servers import Server
from transfer.make_plan import make_plan
from transfer.moveplan import MovePlan

ROWS = 600
CHUNK = 100
AGAIN = 5  # runs that a disturbed move may take

SCRIPT = """
import sys
from tests.faults.moves import move
from transfer.moveplan import MovePlan
if __name__ == "__main__":
    move(sys.argv[1], sys.argv[2], MovePlan.model_validate_json(sys.argv[3]))
"""


@dataclass
class Move:
    """A move of table t(id, v) in ranges of CHUNK rows."""

    source: str
    target: str
    plan: MovePlan

    def run(self, target: str = "") -> Output:
        """In this process; target: another way to the same database."""
        return move(self.source, target or self.target, self.plan)

    def insist(self, target: str, before: Callable[[], None]) -> Output:
        """Run the same command again while an engine fails; before is called before each run."""
        for _ in range(AGAIN):
            before()
            try:
                return self.run(target)
            except DbmoError as error:
                assert error.code in ("CONNECTION_LOST", "CONNECTION_FAILED"), error
        raise AssertionError("the move did not end")

    def start(self, failpoint: str, folder: Path) -> subprocess.Popen[str]:
        """In a process of its own."""
        script = folder / "disturbed.py"
        script.write_text(SCRIPT)
        return subprocess.Popen(
            [sys.executable, str(script), self.source, self.target, self.plan.model_dump_json()],
            env={**os.environ, "DBMO_FAILPOINT": failpoint, "PYTHONPATH": "."},
            stderr=subprocess.PIPE,
            text=True,
        )

    def killed(self, failpoint: str, folder: Path) -> None:
        """Run until the failpoint kills the process."""
        process = self.start(failpoint, folder)
        _, errors = process.communicate(timeout=100)
        assert process.returncode == -9, errors

    def arrived(self) -> list[tuple[Any, ...]]:
        """The target's rows, by plain psycopg."""
        return fetch(self.target, "SELECT id, v FROM t ORDER BY id")

    def copies(self) -> list[int]:
        """How often each range was committed."""
        return [row[0] for row in fetch(self.target, "SELECT copies FROM _dbmo.chunk ORDER BY table_name, number")]


def move(source: str, target: str, plan: MovePlan, context: SkillContext | None = None) -> Output:
    """Execute the plan with a grant for the target."""
    with closing(open_database(target)) as database:
        grant = Grant(plan.migration, database.identity, plan.plan_hash, scratch=True)
    given = context or SkillContext()
    given.grant = grant
    return run(Input.model_validate({"source": {"url": source}, "target": {"url": target}, "plan": plan}), given)


def planned(source: str, target: str, **settings: Any) -> Move:
    """A move whose plan is made from the source as it is."""
    with closing(open_database(source)) as here, closing(open_database(target)) as there:
        catalog = here.catalog()
        made = convert(catalog, {}, there.engine, there.version)
    chosen = {"chunk_rows": CHUNK, "range_seconds": 0.0, **settings}
    return Move(source, target, make_plan("test", catalog, "postgresql", made.statements, made.tables, **chosen))


def from_sqlite(folder: Path, target: str, **settings: Any) -> Move:
    """ROWS rows of a SQLite file."""
    path = sqlite_file(
        folder / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        rows=[("INSERT INTO t VALUES (?, ?)", rows())],
    )
    return planned(f"sqlite:{path}", target, **settings)


def from_mariadb(server: MysqlServer, target: str, **settings: Any) -> Move:
    """ROWS rows of a MariaDB table."""
    source = server.create_database()
    on_mariadb(source, "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(100)) ENGINE = InnoDB")
    with connected(source) as connection, connection.cursor() as cursor:
        cursor.executemany("INSERT INTO t VALUES (%s, %s)", rows())
    return planned(source, target, **settings)


def from_postgresql(server: Server, target: str, **settings: Any) -> Move:
    """ROWS rows of a PostgreSQL table."""
    source = server.create_database()
    statement = "INSERT INTO t SELECT n, 'row ' || n FROM generate_series(1, {}) AS n"
    change(source, "CREATE TABLE t (id bigint PRIMARY KEY, v text)", statement.format(ROWS))
    return planned(source, target, **settings)


def rows() -> list[tuple[int, str]]:
    """What the table holds at first."""
    return [(number, f"row {number}") for number in range(1, ROWS + 1)]


def on_mariadb(url: str, *texts: str) -> list[tuple[Any, ...]]:
    """Run statements by plain pymysql; rows of the last one."""
    with connected(url) as connection, connection.cursor() as cursor:
        for text in texts:
            cursor.execute(text)
        return list(cursor.fetchall())


def reached(file: Path, seconds: float = 60) -> None:
    """Wait until a process stands at its failpoint (wait=file)."""
    mark = file.with_name(file.name + ".reached")
    until = time.monotonic() + seconds
    while not mark.exists():
        assert time.monotonic() < until, "the failpoint was not reached"
        time.sleep(0.02)

"""Moves that are disturbed: sources of some ranges, a move in this process or in one of its own, what arrived."""

from __future__ import annotations

import faulthandler
import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymysql.constants.ER import NO_SUCH_THREAD
from pymysql.err import OperationalError

from conversion.convert import convert
from engines.errors import DbmoError
from engines.grant import Grant
from engines.registry import open_database
from engines.sqlite.writer import undo_unfinished
from skills.context import SkillContext
from skills.etl_pipeline_builder.output import Output
from skills.etl_pipeline_builder.skill import Input, run
from tests.moving import change, fetch, sqlite_file
from tests.mysql_servers import MysqlServer, connected
from tests.servers import Server
from tests.warm import Warm, start
from transfer.make_plan import make_plan
from transfer.moveplan import MovePlan

ROWS = 600
CHUNK = 100
AGAIN = 5  # runs that a disturbed move may take

STANDS_STILL = "90"  # seconds, after which a move in a process of its own says where, and ends; another number:
PATIENCE = "DBMO_TEST_STANDS_STILL"
SCRIPT = """
import json, sys
from tests.faults.moves import alone
if __name__ == "__main__":
    alone(*sys.argv[1:4], json.loads(sys.argv[4]))
"""


@dataclass
class Move:
    """A move of table t(id, v) in ranges of CHUNK rows."""

    source: str
    target: str
    plan: MovePlan

    def run(self, target: str = "", source: str = "", context: SkillContext | None = None, **load: Any) -> Output:
        """In this process; target, source: other ways to the same databases; load: its limits."""
        return move(source or self.source, target or self.target, self.plan, context, load)

    def insist(self, target: str, before: Callable[[], None]) -> Output:
        """Run the same command again while an engine fails; before is called before each run."""
        for _ in range(AGAIN):
            before()
            try:
                return self.run(target)
            except DbmoError as error:
                assert error.code in ("CONNECTION_LOST", "CONNECTION_FAILED"), error
        raise AssertionError("the move did not end")

    def start(self, failpoint: str, **load: Any) -> Warm:
        """In a program of its own; load: its limits."""
        given = self.source, self.target, self.plan.model_dump_json(), load
        return start(alone, *given, environment={**os.environ, "DBMO_FAILPOINT": failpoint})

    def start_anew(self, failpoint: str, folder: Path, **load: Any) -> subprocess.Popen[str]:
        """In an interpreter of its own, which takes a second to start; load: its limits."""
        script = folder / "disturbed.py"
        script.write_text(SCRIPT)
        return subprocess.Popen(
            [sys.executable, str(script), self.source, self.target, self.plan.model_dump_json(), json.dumps(load)],
            env={**os.environ, "DBMO_FAILPOINT": failpoint, "PYTHONPATH": "."},
            stderr=subprocess.PIPE,
            text=True,
        )

    def killed(self, failpoint: str, **load: Any) -> str:
        """Run until the failpoint kills the program; what it, and those that it left behind, had to say."""
        process = self.start(failpoint, **load)
        _, errors = process.communicate(timeout=100)
        assert process.returncode == -9, errors
        return errors

    def asked(self, query: str) -> list[tuple[Any, ...]]:
        """What the target answers to a plain driver."""
        if self.target.startswith("sqlite:"):
            with closing(sqlite3.connect(self.target.removeprefix("sqlite:"))) as connection:
                return connection.execute(query).fetchall()
        return fetch(self.target, query) if self.target.startswith("postgresql") else on_mariadb(self.target, query)

    def found(self, collection: str) -> list[dict[str, Any]]:
        """The documents of a collection of the target, by the plain driver."""
        with MongoClient[Any](self.target) as client:
            return list(client.get_default_database()[collection].find(sort=[("_id", 1)]))

    def arrived(self) -> list[tuple[Any, ...]]:
        """The target's rows."""
        if self.target.startswith("mongodb"):
            return [(found["_id"], found["v"]) for found in self.found("t")]
        return list(self.asked("SELECT id, v FROM t ORDER BY id"))

    def copies(self) -> list[int]:
        """How often each range was committed."""
        if self.target.startswith("mongodb"):
            return [found["copies"] for found in self.found("_dbmo.chunk")]
        table = "_dbmo.chunk" if self.target.startswith("postgresql") else "_dbmo_chunk"
        return [row[0] for row in self.asked(f"SELECT copies FROM {table} ORDER BY table_name, number")]


def alone(source: str, target: str, plan: str, load: dict[str, Any]) -> None:
    """What a program does that moves."""
    faulthandler.dump_traceback_later(float(os.environ.get(PATIENCE, STANDS_STILL)), exit=True)
    move(source, target, MovePlan.model_validate_json(plan), None, load)


def move(
    source: str,
    target: str,
    plan: MovePlan,
    context: SkillContext | None = None,
    load: dict[str, Any] | None = None,
) -> Output:
    """Execute the plan with a grant for the target."""
    if target.startswith("sqlite:"):
        undo_unfinished(Path(target.removeprefix("sqlite:")))  # as whoever grants does
    with closing(open_database(target)) as database:
        grant = Grant(plan.migration, database.identity, plan.plan_hash, scratch=True)
    given = context or SkillContext()
    given.grant = grant
    ends = {"source": {"url": source}, "target": {"url": target}}
    return run(Input.model_validate({**ends, "plan": plan, "load": load or {}}), given)


def planned(source: str, target: str, **settings: Any) -> Move:
    """A move whose plan is made from the source as it is."""
    with closing(open_database(source)) as here, closing(open_database(target)) as there:
        catalog = here.catalog()
        engine = there.engine
        made = convert(catalog, {}, engine, there.version)
    chosen = {"chunk_rows": CHUNK, "range_seconds": 0.0, **settings}
    carried = made.tables, made.documents, made.collections
    return Move(source, target, make_plan("test", catalog, engine, made.statements, *carried, **chosen))


def from_sqlite(folder: Path, target: str, wide: int = 0, **settings: Any) -> Move:
    """ROWS rows of a SQLite file; wide: so many characters each."""
    path = sqlite_file(
        folder / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        rows=[("INSERT INTO t VALUES (?, ?)", rows(wide))],
    )
    return planned(f"sqlite:{path}", target, **settings)


def from_mariadb(server: MysqlServer, target: str, wide: int = 0, **settings: Any) -> Move:
    """ROWS rows of a MariaDB table."""
    source = server.create_database()
    on_mariadb(source, "CREATE TABLE t (id INT PRIMARY KEY, v TEXT) ENGINE = InnoDB")
    with connected(source) as connection, connection.cursor() as cursor:
        cursor.executemany("INSERT INTO t VALUES (%s, %s)", rows(wide))
    return planned(source, target, **settings)


def from_postgresql(server: Server, target: str, **settings: Any) -> Move:
    """ROWS rows of a PostgreSQL table."""
    source = server.create_database()
    statement = "INSERT INTO t SELECT n, 'row ' || n FROM generate_series(1, {}) AS n"
    change(source, "CREATE TABLE t (id bigint PRIMARY KEY, v text)", statement.format(ROWS))
    return planned(source, target, **settings)


def rows(wide: int = 0) -> list[tuple[int, str]]:
    """What the table holds at first; wide: digits that don't compress behind each text, about so many."""
    chance = random.Random(1)
    more = [f"{chance.getrandbits(4 * wide):x}" if wide else "" for _ in range(ROWS)]
    return [(number, f"row {number}{more[number - 1]}") for number in range(1, ROWS + 1)]


def on_mariadb(url: str, *texts: str) -> list[tuple[Any, ...]]:
    """Run statements by plain pymysql; rows of the last one."""
    with connected(url) as connection, connection.cursor() as cursor:
        for text in texts:
            cursor.execute(text)
        return list(cursor.fetchall())


def end_connections(url: str) -> None:
    """Kill all of a MariaDB database's connections but one's own; one that is ending by itself needs no killing."""
    for (number,) in on_mariadb(
        url, "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
    ):
        try:
            on_mariadb(url, f"KILL {number}")
        except OperationalError as error:
            if error.args[0] != NO_SUCH_THREAD:
                raise


def reached(file: Path, seconds: float = 60) -> None:
    """Wait until a process stands at its failpoint (wait=file)."""
    mark = file.with_name(file.name + ".reached")
    until = time.monotonic() + seconds
    while not mark.exists():
        assert time.monotonic() < until, "the failpoint was not reached"
        time.sleep(0.02)

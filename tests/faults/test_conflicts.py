"""Others are in the way of a range: real deadlocks, locks, cancelled statements, limits of time; it is tried again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from engines.grant import Grant
from engines.postgresql.writer import LOADER
from engines.registry import open_database
from skills.context import SkillContext
from tests.faults.moves import Move, from_sqlite, on_mariadb, rows
from tests.moving import change, fetch
from tests.mysql_servers import MysqlServer, connected
from tests.servers import Server
from transfer.endpoints import Endpoints

LIMITS = ("statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout")
BLOCKED = {
    "postgresql": "SELECT min(pid) FROM pg_locks WHERE NOT granted AND pid IN"
    " (SELECT pid FROM pg_stat_activity WHERE datname = current_database())",
    "mysql": "SELECT MIN(trx_mysql_thread_id) FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'",
}
POLL = {"postgresql": 0.01, "mysql": 0.15}  # seconds; InnoDB shows the same again to who asks more often
HOLD = {
    "postgresql": ["SELECT 1 FROM _dbmo.chunk WHERE number = 2 FOR UPDATE"],
    "mysql": ["SELECT 1 FROM _dbmo_chunk FOR UPDATE"],
}
# what the lane holds while it waits for the chunk's row; whoever has written less is the victim, or who asks first
CROSS = {"postgresql": "LOCK TABLE t IN ACCESS EXCLUSIVE MODE", "mysql": "SELECT v FROM t WHERE id = 101 FOR UPDATE"}
END = {"postgresql": "SELECT pg_cancel_backend({})", "mysql": "KILL QUERY {}"}


@contextmanager
def other(move: Move) -> Iterator[Callable[[str], Any]]:
    """Another program's transaction on the target."""
    if move.target.startswith("postgresql"):
        with psycopg.connect(move.target) as connection:
            yield lambda text: connection.execute(text.encode())
    else:
        with connected(move.target) as driver, driver.cursor() as cursor:
            cursor.execute("START TRANSACTION")
            yield cursor.execute


def in_the_way(move: Move, meanwhile: Callable[[str, Callable[[str], Any], int], None]) -> list[dict[str, Any]]:
    """Move while another program holds a chunk's row; meanwhile: what happens once a lane waits for it.

    What the journal says of tries.
    """
    family = move.target.split(":")[0]
    tried: list[dict[str, Any]] = []
    threads: list[threading.Thread] = []

    def disturb(ready: threading.Event) -> None:
        with other(move) as run:
            for text in HOLD[family]:
                run(text)
            ready.set()
            meanwhile(family, run, waiting(move, family))
            run("ROLLBACK")

    def journal(kind: str, body: dict[str, Any]) -> None:
        if kind == "chunk" and not threads:  # its lane has nothing to do until this returns
            ready = threading.Event()
            threads.append(threading.Thread(target=disturb, args=(ready,)))
            threads[0].start()
            ready.wait(10)
        if kind == "tried again":
            tried.append(body)

    move.run(context=SkillContext(journal=journal))
    threads[0].join()
    assert move.arrived() == rows()
    assert set(move.copies()) == {1}
    return tried


def waiting(move: Move, family: str) -> int:
    """The connection of the move that waits for a lock."""
    until = time.monotonic() + 20
    while True:
        ((number,),) = move.asked(BLOCKED[family])
        if number is not None:
            return int(number)
        assert time.monotonic() < until, "nobody waits"
        time.sleep(POLL[family])


def deadlock(family: str, run: Callable[[str], Any], number: int) -> None:
    run(CROSS[family])


def administrator(family: str, run: Callable[[str], Any], number: int) -> None:
    run(END[family].format(number))


def patience(family: str, run: Callable[[str], Any], number: int) -> None:
    time.sleep(1.3)


@pytest.mark.parametrize(
    ("meanwhile", "code"),
    [(deadlock, "POSTGRESQL_ERROR"), (administrator, "CANCELLED")],
    ids=["deadlock", "cancelled statement"],
)
def test_a_range_of_postgresql_is_tried_again(tmp_path: Path, empty_18: str, meanwhile: Any, code: str) -> None:
    move = from_sqlite(tmp_path, empty_18)
    name = fetch(empty_18, "SELECT current_database()")[0][0]
    change(empty_18, f"ALTER DATABASE {name} SET deadlock_timeout = '300ms'")

    def then(family: str, run: Callable[[str], Any], number: int) -> None:
        run("SET deadlock_timeout = '1h'")
        meanwhile(family, run, number)

    assert [entry["code"] for entry in in_the_way(move, then)] == [code]


@pytest.mark.parametrize(
    ("meanwhile", "code"),
    [(deadlock, "LOCK_TIMEOUT"), (administrator, "CANCELLED"), (patience, "LOCK_TIMEOUT")],
    ids=["deadlock, a serialization failure by its SQLSTATE", "cancelled statement", "lock timeout"],
)
def test_a_range_of_mariadb_is_tried_again(
    tmp_path: Path, mariadb: MysqlServer, empty_mariadb: str, meanwhile: Any, code: str
) -> None:
    on_mariadb(empty_mariadb, "CREATE TABLE heavy (n INT)")
    move = from_sqlite(tmp_path, empty_mariadb)

    def then(family: str, run: Callable[[str], Any], number: int) -> None:
        if meanwhile is deadlock:  # whose transaction wrote more goes on
            run("INSERT INTO heavy SELECT seq FROM seq_1_to_3000")
        meanwhile(family, run, number)

    if meanwhile is patience:
        mariadb.run("SET GLOBAL innodb_lock_wait_timeout = 1")
    try:
        found = {entry["code"] for entry in in_the_way(move, then)}
    finally:
        mariadb.run("SET GLOBAL innodb_lock_wait_timeout = DEFAULT")
    assert found == {code}


def test_a_real_serialization_failure_is_tried_again(
    tmp_path: Path, empty_18: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only where transactions are not READ COMMITTED, as a pooler or another server of this protocol may have them."""
    monkeypatch.setitem(LOADER, "default_transaction_isolation", "repeatable read")

    def overtake(family: str, run: Callable[[str], Any], number: int) -> None:
        run("UPDATE _dbmo.chunk SET rows = rows WHERE number = 2")
        run("COMMIT")

    tried = in_the_way(from_sqlite(tmp_path, empty_18), overtake)
    assert [(entry["code"], "could not serialize access" in entry["what"]) for entry in tried] == [
        ("POSTGRESQL_ERROR", True)
    ]


def test_an_isolation_that_a_database_sets_for_everybody_does_not_hold(tmp_path: Path, empty_18: str) -> None:
    name = fetch(empty_18, "SELECT current_database()")[0][0]
    change(empty_18, f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")

    def overtake(family: str, run: Callable[[str], Any], number: int) -> None:
        run("UPDATE _dbmo.chunk SET rows = rows WHERE number = 2")
        run("COMMIT")

    assert in_the_way(from_sqlite(tmp_path, empty_18), overtake) == []


def test_limits_of_time_that_a_server_sets_for_everybody_do_not_hold(postgresql_15: Server, empty_18: str) -> None:
    source = postgresql_15.create_database()
    for url in (source, empty_18):
        ((name,),) = fetch(url, "SELECT current_database()")
        change(url, *(f"ALTER DATABASE {name} SET {limit} = '1min'" for limit in LIMITS))
    with closing(open_database(empty_18)) as database:
        ends = Endpoints(source, empty_18, Grant("m", database.identity, "", scratch=True))
    with closing(ends.snapshot()) as snapshot, closing(ends.writer()) as writer, writer.begin() as transaction:
        reads = [snapshot.query(f"SHOW {limit}")[0][0] for limit in LIMITS]
        writes = [transaction.exec_driver_sql(f"SHOW {limit}").scalar() for limit in LIMITS]
    assert (reads, writes) == (["0", "0", "30s"], ["0", "0", "0"])


def test_limits_that_a_mariadb_sets_for_everybody_do_not_hold(mariadb: MysqlServer, empty_mariadb: str) -> None:
    limits = {"tx_read_only": "ON", "max_statement_time": "60", "wait_timeout": "60", "idle_transaction_timeout": "60"}
    with closing(open_database(empty_mariadb)) as database:
        ends = Endpoints(empty_mariadb, empty_mariadb, Grant("m", database.identity, "", scratch=True))
    asked = f"SELECT {', '.join(f'@@{name}' for name in limits)}"
    try:
        mariadb.run(*(f"SET GLOBAL {name} = {value}" for name, value in limits.items()))
        with closing(ends.snapshot()) as snapshot, closing(ends.writer()) as writer, writer.begin() as transaction:
            (reads,) = snapshot.query(asked)
            (writes,) = transaction.exec_driver_sql(asked).all()
    finally:
        mariadb.run(*(f"SET GLOBAL {name} = DEFAULT" for name in limits))
    assert [float(value) for value in reads] == [1, 0, 86_400, 0]
    assert [float(value) for value in writes] == [0, 0, 86_400, 0]

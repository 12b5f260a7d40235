"""One moment of a MySQL database: what it holds while others write, its position, cancelling, rows of any size."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from dataclasses import replace

import pytest

from engines.errors import EngineError
from engines.full_names import qualified
from engines.mysql import moment
from engines.mysql.cancel import cancel
from engines.mysql.session import session_of
from engines.mysql.snapshot import MysqlSnapshot
from engines.mysql.walk import boundaries, not_transactional
from tests.meanwhile import again_and_again
from tests.mysql_servers import MysqlServer, connected, private_mariadb

ROWS = 20_000
# what an administrator may have set for everybody
HOSTILE = (
    "--log-bin=log", "--server-id=7", "--max-allowed-packet=1M", "--default-time-zone=+05:00",
    "--sql-mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,PIPES_AS_CONCAT,IGNORE_SPACE",
    "--character-set-server=latin1", "--collation-server=latin1_swedish_ci",
)  # fmt: skip


@pytest.fixture
def snapshot(empty_mariadb: str) -> Iterator[MysqlSnapshot]:
    """A snapshot of a database with a table of integers."""
    with connected(empty_mariadb) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20))")
        cursor.execute(f"INSERT INTO t SELECT seq, CONCAT('v', seq) FROM seq_1_to_{ROWS}")
    found = MysqlSnapshot(empty_mariadb, "test")
    yield found
    found.close()


def _rows(snapshot: MysqlSnapshot, sql: str = "SELECT id, v FROM t") -> int:
    return sum(len(batch) for batch in snapshot.rows(sql, 1_000))


def test_a_snapshot_holds_its_moment_until_it_is_refreshed(snapshot: MysqlSnapshot) -> None:
    """Whoever writes meanwhile."""
    with connected(snapshot.url) as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM t WHERE id > 10")
    assert _rows(snapshot) == ROWS
    snapshot.refresh()
    assert _rows(snapshot) == 10


@pytest.mark.parametrize(("user", "told"), [("root", True), ("part_reader", False)])
def test_a_part_that_was_exchanged_is_told_to_whom_the_server_tells_of_it(
    mariadb: MysqlServer, user: str, told: bool
) -> None:
    """Its name and time are the same, and InnoDB's number of it needs the right PROCESS."""
    schema, table = f"{user} #p#", "a-b.é%"
    mariadb.create_database(schema)
    mariadb.run(
        f"CREATE TABLE `{schema}`.`{table}` (id INT PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 2",
        f"CREATE TABLE `{schema}`.other (id INT PRIMARY KEY)",
        "CREATE USER IF NOT EXISTS part_reader@'127.0.0.1'",
        f"GRANT SELECT ON `{schema}`.* TO part_reader@'127.0.0.1'",
    )
    with closing(MysqlSnapshot(mariadb.url(schema, user), "test")) as snapshot:
        snapshot.mark([full := qualified(schema, table)])
        snapshot.check_unaltered([full])
        mariadb.run(f"ALTER TABLE `{schema}`.`{table}` EXCHANGE PARTITION p0 WITH TABLE `{schema}`.other")
        with pytest.raises(EngineError, match="TABLE_ALTERED") if told else nullcontext():
            snapshot.check_unaltered([full])


def test_values_come_as_the_bytes_that_the_server_sends(snapshot: MysqlSnapshot) -> None:
    """No class of Python's between: NULL is None, everything else bytes."""
    sql = "SELECT 1, 1.50, NULL, 'é', x'00ff', CAST('2024-01-01' AS DATE), ''"
    row = (b"1", b"1.50", None, "é".encode(), b"\0\xff", b"2024-01-01", b"")
    assert snapshot.query(sql) == [row]
    assert list(snapshot.rows(sql, 10)) == [[row]]


@pytest.mark.parametrize("size", [0, 250, 251, 65_535, 65_536, (1 << 24) - 6, (1 << 24) - 5, 1 << 24, 40_000_000])
def test_rows_of_every_size_come_whole(snapshot: MysqlSnapshot, size: int) -> None:
    """A row of 16 MB and more is sent as several packets."""
    part = min(size, 8_000_000)
    pieces = [f"REPEAT('x', {part})"] * (size // part if part else 0) + [f"REPEAT('x', {size % part if part else 0})"]
    (rows,) = snapshot.rows(f"SELECT 1, {', '.join(pieces)}, NULL, 'end'", 10)
    assert [rows[0][0], sum(map(len, rows[0][1:-2])), *rows[0][-2:]] == [b"1", size, None, b"end"]


def test_batches_are_bounded_in_rows_and_bytes(snapshot: MysqlSnapshot) -> None:
    """So that wide rows don't fill the memory."""
    assert {len(batch) for batch in snapshot.rows("SELECT id FROM t", 1_000)} == {1_000}
    wide = snapshot.rows("SELECT REPEAT('x', 100000) FROM t LIMIT 30", 1_000, 1_000_000)
    assert max(len(batch) for batch in wide) <= 11


def test_a_reading_that_is_left_early_leaves_the_snapshot_usable(snapshot: MysqlSnapshot) -> None:
    """The rest is cancelled on the server, or read where it is short."""
    for sql in ("SELECT a.v FROM t AS a, t AS b", "SELECT v FROM t LIMIT 2000"):
        reading = snapshot.rows(sql, 100)
        assert len(next(reading)) == 100
        reading.close()
        assert snapshot.query("SELECT COUNT(*) FROM t") == [(b"%d" % ROWS,)]


def test_one_query_at_a_time(snapshot: MysqlSnapshot) -> None:
    """A second one would read the rows of the first."""
    reading = snapshot.rows("SELECT v FROM t", 100)
    next(reading)
    with pytest.raises(RuntimeError):
        snapshot.query("SELECT 1")
    reading.close()


def test_a_cancelled_query_says_so_and_the_moment_stays(snapshot: MysqlSnapshot) -> None:
    """Before its first row, and between its rows."""
    with again_and_again(snapshot.cancel), pytest.raises(EngineError, match="CANCELLED"):
        snapshot.query("SELECT COUNT(*) FROM t AS a, t AS b WHERE a.v > b.v")
    reading = snapshot.rows("SELECT a.v FROM t AS a, t AS b", 100)
    next(reading)
    snapshot.cancel()
    with pytest.raises(EngineError, match="CANCELLED"):
        list(reading)
    with connected(snapshot.url) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE t SET v = 'new'")
    assert snapshot.query("SELECT v FROM t WHERE id = 1") == [(b"v1",)]


def test_an_error_leaves_the_snapshot_usable(snapshot: MysqlSnapshot) -> None:
    """At its first row or later."""
    with pytest.raises(EngineError, match="MYSQL_ERROR"):
        list(snapshot.rows("SELECT nothing FROM t", 10))
    with pytest.raises(EngineError, match="MYSQL_ERROR"):
        list(snapshot.rows("SELECT IF(id < 15000, 1, id * 9223372036854775807) FROM t", 10))
    assert _rows(snapshot) == ROWS


def test_a_lost_connection_says_so(snapshot: MysqlSnapshot) -> None:
    """Not that the table ended."""
    reading = snapshot.rows("SELECT a.v FROM t AS a, t AS b", 100)
    next(reading)
    with connected(snapshot.url) as connection, connection.cursor() as cursor:
        cursor.execute(f"KILL {snapshot.connection.thread_id()}")
    with pytest.raises(EngineError, match="CONNECTION_LOST"):
        list(reading)


def test_boundaries_end_ranges_of_so_many_rows(snapshot: MysqlSnapshot) -> None:
    """Also over keys below zero and beyond 2^63."""
    found = boundaries(snapshot.query, snapshot.url.rsplit("/", 1)[1], "t", "id", 8_000)
    assert found == [8_000, 16_000]


def test_tables_that_no_snapshot_holds_are_named(snapshot: MysqlSnapshot) -> None:
    """MyISAM and Aria have no transactions."""
    database = snapshot.url.rsplit("/", 1)[1]
    with connected(snapshot.url) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE `it's %s` (id INT) ENGINE=MyISAM")
        cursor.execute("CREATE TABLE a (id INT) ENGINE=Aria")
    names = [(database, "t"), (database, "it's %s"), (database, "a"), (database, "missing")]
    found = not_transactional(snapshot.query, names)
    assert found == {(database, "it's %s"): "MyISAM", (database, "a"): "Aria"}


@pytest.fixture(scope="module")
def hostile() -> Iterator[MysqlServer]:
    """A server whose administrator has other habits."""
    with private_mariadb(*HOSTILE) as server:
        server.run("SET GLOBAL sql_select_limit = 3", "SET GLOBAL idle_transaction_timeout = 1")
        yield server


def test_the_servers_settings_change_nothing(hostile: MysqlServer) -> None:
    """Neither rows nor the text of values."""
    url = hostile.create_database()
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute("SET sql_select_limit = DEFAULT, time_zone = '+00:00'")
        cursor.execute("CREATE TABLE t (c CHAR(5), t TIMESTAMP NULL)")
        cursor.execute("INSERT INTO t VALUES ('a', '2024-01-01 00:00:00')" + ", ('b', NULL)" * 9)
    snapshot = MysqlSnapshot(url, "test")
    rows = snapshot.query(r"SELECT c, t, 'a\'b' FROM t")
    snapshot.close()
    assert len(rows) == 10
    assert rows[0] == (b"a", b"2024-01-01 00:00:00", b"a'b")


def test_the_position_is_the_snapshots_own(hostile: MysqlServer) -> None:
    """File, offset and GTID of the binary log, where there is one."""
    url = hostile.create_database()
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (id INT)")
        first = MysqlSnapshot(url, "test")
        again = MysqlSnapshot(url, "test", join=first.token)
        cursor.execute("INSERT INTO t VALUES (1)")
        with pytest.raises(EngineError, match="SOURCE_CHANGED"):
            MysqlSnapshot(url, "test", join=first.token)
        cursor.execute("SELECT @@gtid_current_pos")
        (gtid,) = cursor.fetchone() or ("",)
        second = MysqlSnapshot(url, "test")
    for one in (first, again, second):
        one.close()
    assert first.position == again.position != second.position
    assert first.position.startswith("binlog log.000001:")
    assert second.position.endswith(f", gtid {gtid}")


@pytest.fixture
def like_mysql(hostile: MysqlServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database of a server whose log is read as MySQL's is."""
    monkeypatch.setitem(moment.FLAVOURS, "mariadb", moment.FLAVOURS["mysql"])
    url = hostile.create_database()
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (id INT)")
    return url


def test_a_log_that_is_written_before_the_engine_names_moments_under_a_lock_only(like_mysql: str) -> None:
    with closing(MysqlSnapshot(like_mysql, "test")) as first, closing(MysqlSnapshot(like_mysql, "test")) as later:
        assert first.position.startswith("unknown (taken without a lock; binlog log.000001:")
        assert first.to_be_held
        with first.hold():
            first.refresh()
            with closing(MysqlSnapshot(like_mysql, "test", join=first.token)) as other:
                assert other.position == first.position
        assert first.position.endswith(", under a lock") and not first.to_be_held
        with later.hold():
            later.refresh()
        assert later.position == first.position


def test_such_a_moment_is_joined_later_under_a_lock_as_long_as_nobody_writes(
    like_mysql: str, hostile: MysqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No lock is taken where somebody did."""
    name = like_mysql.rpartition("/")[2]
    hostile.run(
        "CREATE OR REPLACE USER log_reader",
        f"GRANT SELECT ON `{name}`.* TO log_reader",
        "GRANT REPLICATION CLIENT ON *.* TO log_reader",
    )
    with closing(MysqlSnapshot(like_mysql, "test")) as first:
        with first.hold():
            first.refresh()
        MysqlSnapshot(like_mysql, "test", join=first.token).close()
        with pytest.raises(EngineError, match="SOURCE_CHANGED"):
            MysqlSnapshot(hostile.url(name, "log_reader"), "test", join=first.token)
        with connected(like_mysql) as connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO t VALUES (1)")
        monkeypatch.setattr(MysqlSnapshot, "hold", lambda self: pytest.fail("a lock that can't help"))
        with pytest.raises(EngineError, match="SOURCE_CHANGED"):
            MysqlSnapshot(like_mysql, "test", join=first.token)


def test_a_lock_that_is_lost_names_nothing(like_mysql: str) -> None:
    with closing(MysqlSnapshot(like_mysql, "test")) as first, first.hold():
        with connected(like_mysql) as connection, connection.cursor() as cursor:
            cursor.execute(f"KILL {first.locked.holder}")
        first.refresh()
        assert first.position.startswith("unknown (taken without a lock")


def test_only_a_session_of_this_start_of_the_server_is_cancelled(snapshot: MysqlSnapshot) -> None:
    """A restarted server gives the same numbers to others: they go on, and the lost connection is hung up."""
    with ThreadPoolExecutor(1) as pool, closing(MysqlSnapshot(snapshot.url, "test")) as lost:
        ours, theirs = session_of(lost.connection), session_of(snapshot.connection)
        lost.connection.dbmo_session = replace(theirs, opened=ours.opened - 1e9)
        sleep = pool.submit(snapshot.query, "SELECT SLEEP(0.3)")
        cancel(snapshot.url, "test", [lost.connection])
        assert sleep.result() == [(b"0",)]
        with pytest.raises(EngineError, match="CONNECTION_LOST"):
            lost.query("SELECT 1")
    cancel(snapshot.url, "test", [snapshot.connection])
    assert _rows(snapshot) == ROWS


def test_without_a_binary_log_the_position_says_why(snapshot: MysqlSnapshot) -> None:
    """No position is invented."""
    assert snapshot.position == "unknown (the binary log is off)"

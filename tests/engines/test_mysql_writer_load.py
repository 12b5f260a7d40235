"""Loading lines into MariaDB: what stands, what is taken back and why, and which files a server may ask for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymysql.protocol import MysqlPacket

from engines.errors import DbmoError, EngineError
from engines.grant import Grant
from engines.mysql.after_load import analyze, counter_statement, next_number, next_of_sequence, sequence_statement
from engines.mysql.load import Loader
from engines.mysql.load_local import load_local
from engines.mysql.load_target import LoadTarget
from engines.mysql.load_text import lines, read, tuples, written
from engines.mysql.writer import MysqlWriter
from engines.registry import open_database
from tests.mysql_servers import connected

values = st.lists(st.binary() | st.none(), min_size=1, max_size=4)


@given(st.lists(values, min_size=1, max_size=3).filter(lambda rows: len({len(row) for row in rows}) == 1))
def test_lines_are_read_as_they_were_written(rows: list[list[bytes | None]]) -> None:
    block = b"".join(map(written, rows))
    assert [read(line) for line in lines(block)] == rows


@pytest.mark.parametrize(
    ("row", "wraps", "expected"),
    [
        ([b"a", None], ["{}", "{}"], b"('a',NULL)"),
        ([b"it's", rb"\N"], ["{}", "{}"], rb"('it''s','\\N')"),
        ([rb"'\N'", b""], ["{}", "{}"], rb"('''\\N''','')"),
        ([b"00ff", b"x"], ["UNHEX({})", None], b"(UNHEX('00ff'))"),
        ([None, b"a\tb"], ["UNHEX({})", "IF({} < 1, 0, {})"], b"(UNHEX(NULL),IF('a\tb' < 1, 0, 'a\tb'))"),
    ],
)
def test_rows_are_written_as_literals(row: list[bytes | None], wraps: list[str | None], expected: bytes) -> None:
    assert tuples(written(row), wraps) == expected


@pytest.mark.parametrize(
    ("counter", "local", "mode", "alone", "inserts"),
    [
        (None, True, 1, False, False),
        ("id", True, 1, True, False),
        ("id", True, 1, False, True),
        ("id", True, 2, False, False),
        (None, False, 2, True, True),
    ],
)
def test_rows_go_by_insert_where_load_data_is_refused_or_makes_others_wait(
    counter: str | None, local: bool, mode: int, alone: bool, inserts: bool
) -> None:
    target = LoadTarget("d", "t", counter=counter, local_infile=local, lock_mode=mode)
    assert target.by_insert(alone) is inserts


@pytest.fixture
def writer(empty_mariadb: str) -> Iterator[MysqlWriter]:
    """A writer of a database with a table t."""
    with connected(empty_mariadb) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, d date, v varchar(3), b varbinary(9))")
    with closing(open_database(empty_mariadb)) as database:
        grant = Grant("m", database.identity, "", scratch=True)
    with closing(MysqlWriter(empty_mariadb, "target", grant)) as found:
        yield found


def loader(writer: MysqlWriter, alone: bool) -> Loader:
    """Of all columns of t, the last one in hex."""
    target = writer.load_target("t")
    return Loader(target, ["id", "d", "v", "b"], ["{}", "{}", "{}", "UNHEX({})"], alone=alone)


def test_tables_that_are_asked_for_at_once_are_like_those_asked_for_one_by_one(writer: MysqlWriter) -> None:
    with connected(writer.url) as connection, connection.cursor() as cursor:
        for statement in (
            "CREATE TABLE T (a timestamp, b char(3) CHARACTER SET latin1) ENGINE = MyISAM",
            "CREATE TABLE `it's` (a int)",
            "CREATE TRIGGER change_it BEFORE INSERT ON `it's` FOR EACH ROW SET NEW.a = 1",
        ):
            cursor.execute(statement)
    names = "t", "T"
    apart = [writer.load_target(name) for name in names]
    writer.look_up([f"x.{name}" for name in (*names, "it's", "absent")])
    assert [writer.load_target(name) for name in names] == apart
    for name, code in (("it's", "TARGET_TRIGGERS"), ("absent", "TABLE_MISSING")):
        with pytest.raises(DbmoError, match=code):
            writer.load_target(name)


@pytest.mark.parametrize("alone", [True, False], ids=["load", "insert"])
def test_a_block_with_a_wrong_value_leaves_nothing_and_names_its_row(writer: MysqlWriter, alone: bool) -> None:
    way = loader(writer, alone)
    with writer.begin() as connection:
        raw = writer.driver(connection)
        way.settle(raw)
        good = way.load(raw, [b"0\t2020-01-01\tabc\t00ff\n1\t\\N\t\\N\t\\N\n"])
        bad = way.load(raw, [b"2\t2020-01-01\ta\t00\n", b"3\t2020-02-30\tb\t00\n"])
        again = way.load(raw, [b"2\t2020-01-01\ta\t\n"])
        way.unsettle(raw)
    assert (good.rows, good.troubles) == (2, ())
    assert [(trouble.row, "'d'" in trouble.words or "`d`" in trouble.words) for trouble in bad.troubles] == [(1, True)]
    assert again.rows == 1
    found = writer.query("SELECT id, CAST(d AS CHAR), v, HEX(b) FROM t ORDER BY id")
    assert found == [(0, "2020-01-01", "abc", "00FF"), (1, None, None, None), (2, "2020-01-01", "a", "")]


@pytest.mark.parametrize(
    ("line", "number"),
    [(b"1\t\\N\tlong\t00\n", (1265, 1406)), (b"1\t\\N\tabc   \t00\n", (1265,)), (b"7\t\\N\ta\t00\n", (1062,)),
     (b"x\t\\N\ta\t00\n", (1366,)), (b"1\t\\N\t\xff\t00\n", (1366, 1300))],
)  # fmt: skip
@pytest.mark.parametrize("alone", [True, False], ids=["load", "insert"])
def test_nothing_is_cut_rounded_or_passed_over(
    writer: MysqlWriter, line: bytes, number: tuple[int, ...], alone: bool
) -> None:
    way = loader(writer, alone)
    with writer.begin() as connection:
        raw = writer.driver(connection)
        way.settle(raw)
        way.load(raw, [b"7\t\\N\t\\N\t\\N\n"])
        troubles = way.load(raw, [line]).troubles
    assert troubles[0].number in number
    assert writer.query("SELECT COUNT(*) FROM t") == [(1,)]


def test_a_source_that_fails_midway_raises_its_own_error_and_the_connection_stays_usable(writer: MysqlWriter) -> None:
    def blocks() -> Iterator[bytes]:
        yield b"1\t\\N\ta\t00\n"
        raise ZeroDivisionError

    way = loader(writer, True)
    with writer.begin() as connection:
        raw = writer.driver(connection)
        with pytest.raises(ZeroDivisionError):
            way.load(raw, blocks())
        raw.query("ROLLBACK")
        assert way.load(raw, [b"2\t\\N\ta\t00\n"]).rows == 1
    assert writer.query("SELECT id FROM t") == [(2,)]


def test_a_file_of_this_machine_is_never_sent(writer: MysqlWriter) -> None:
    connection = writer._open()
    with pytest.raises(RuntimeError, match="local_infile"):
        connection.query("LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE t (v)")
    connection._force_close()
    assert writer.query("SELECT COUNT(*) FROM t") == [(0,)]


class Asking:
    """A server that answers a LOAD DATA by asking for another file."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.answers = [b"\xfb/etc/passwd", b"\x00\x00\x00\x02\x00\x00\x00"]

    def _execute_command(self, command: int, sql: bytes) -> None:
        pass

    def query(self, sql: str) -> None:
        pass

    def _read_packet(self) -> Any:
        return MysqlPacket(self.answers.pop(0), "utf8")

    def write_packet(self, payload: bytes) -> None:
        self.sent.append(payload)


def test_a_server_that_asks_for_another_file_gets_nothing() -> None:
    server = Asking()
    with pytest.raises(EngineError, match="FOREIGN_FILE_REQUESTED"):
        load_local(server, b"LOAD DATA LOCAL INFILE 'dbmo rows' INTO TABLE t", [b"secret"])
    assert server.sent == [b""]


def test_no_packet_is_as_large_as_the_server_takes() -> None:
    server = Asking()
    server.answers = [b"\xfbdbmo rows", b"\x00\x01\x00\x02\x00\x00\x00"]
    target = LoadTarget(schema="s", name="t", packet=1024)
    attempt = Loader(target, ["v"], ["{}"])._by_load(server, [b"x" * 4000 + b"\n"])
    assert (attempt.rows, b"".join(server.sent), max(map(len, server.sent)) < 1024) == (1, b"x" * 4000 + b"\n", True)


def test_references_are_checked_after_a_load_that_broke_off(writer: MysqlWriter) -> None:
    with pytest.raises(ZeroDivisionError), writer.begin() as connection:
        loader(writer, True).settle(writer.driver(connection))
        raise ZeroDivisionError
    with writer.begin() as connection:
        assert connection.exec_driver_sql("SELECT @@foreign_key_checks").scalar() == 1


def test_counters_sequences_and_statistics_after_the_rows(writer: MysqlWriter) -> None:
    schema = writer.database
    with connected(writer.url) as connection, connection.cursor() as cursor:

        def query(sql: str) -> Any:
            cursor.execute(sql)
            return cursor.fetchall()

        query("INSERT INTO t (id) VALUES (5)")
        for following, expected in ((3, 6), (30, 30), (30, 30)):
            query(counter_statement(schema, "t", following))
            assert next_number(query, schema, "t", "id") == expected
        query("CREATE SEQUENCE s")
        for _ in range(2):
            query(sequence_statement(schema, "s", 7))
        assert next_of_sequence(query, schema, "s") == 7
        assert query("SELECT NEXTVAL(s)") == ((7,),)
        analyze(query, [(schema, "t")])
        with pytest.raises(EngineError, match="ANALYZE_FAILED"):
            analyze(query, [(schema, "gone")])

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conversion.procedural import ends
from tests.servers import MysqlServer, Server, load_sql

SCRIPT = Path(__file__).parent / "programs_postgresql.sql"
TABLES = (
    "SELECT owner, balance FROM acc ORDER BY id",
    "SELECT acc_id, what, amount, n FROM hist ORDER BY id",
    "SELECT owner, cnt, total FROM tot ORDER BY owner",
)


@pytest.fixture(scope="module")
def programs(mariadb: MysqlServer, postgresql_18: Server) -> Iterator[ends.Pair]:
    url = postgresql_18.create_database()
    load_sql(url, SCRIPT)
    source, target = ends.postgresql(url), ends.mysql(mariadb.create_database())
    yield ends.pair(url, source, target, "mariadb")
    source.connection.close()
    target.connection.close()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT fact(6)",
        "SELECT fact(NULL)",
        "SELECT evens(9)",
        "SELECT whil(5)",
        "SELECT whil(50)",
        "SELECT rec_of(99)",
        "SELECT kind_of(1)",
        "SELECT kind_of(3)",
        "SELECT kind_of(9)",
        "SELECT sq(5)",
        "SELECT bal('nobody')",
        "SELECT sum_rows(0)",
    ],
)
def test_a_function_gives_the_same_value(programs: ends.Pair, sql: str) -> None:
    assert programs.same(sql)


def test_triggers_do_the_same_to_the_tables(programs: ends.Pair) -> None:
    assert programs.same("INSERT INTO acc(owner, balance) VALUES ('ann', 100.5), ('bob', 50)")
    assert programs.same("INSERT INTO acc(owner, balance) VALUES ('ann', 7)")
    assert programs.same("UPDATE acc SET balance = balance + 5 WHERE id = 1")
    assert programs.same("UPDATE acc SET balance = 2000 WHERE id = 2")
    assert programs.same("DELETE FROM acc WHERE id = 3")
    for query in (*TABLES, "SELECT sum_rows(2)", "SELECT rec_of(2)", "SELECT bal('ANN')", "SELECT bal('ann')"):
        assert programs.same(query)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("INSERT INTO acc(owner, balance) VALUES ('eve', -1)", "negative balance -1.00 for eve"),
        ("UPDATE acc SET owner = 'x' WHERE id = 1", "owner fixed"),
        ("SELECT must(99)", "no rows"),
    ],
)
def test_an_error_is_raised_with_its_message(programs: ends.Pair, sql: str, message: str) -> None:
    assert not programs.same(sql)
    assert message in programs.target.failed


@pytest.mark.parametrize(("amount", "done"), [("30", 1), ("30000", 0)])
def test_a_procedure_gives_and_leaves_the_same(programs: ends.Pair, amount: str, done: int) -> None:
    assert programs.source.run(f"CALL pay(1, 2, {amount}, NULL)") == [(done,)]
    programs.target.run(f"CALL pay(1, 2, {amount}, @ok)")
    assert programs.target.run("SELECT @ok") == [(done,)]
    assert programs.same(TABLES[0])


def test_what_is_made_on_the_way_is_the_same(programs: ends.Pair) -> None:
    for end in (programs.source, programs.target):
        [(number,)] = end.run("SELECT open_acc('zed', 9.5)") or [(None,)]
        assert end.run("SELECT max(id) FROM acc") == [(number,)]
    for query in ("SELECT add_tot('ZED')", "SELECT add_tot('Q')", *TABLES):
        assert programs.same(query)
    programs.same("SELECT 1")
    programs.source.run("SELECT wipe(2)")
    programs.target.run("CALL wipe(2)")
    assert programs.same(TABLES[1])


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("srf", "it returns rows"),
        ("dyn", "EXECUTE"),
        ("tot_skip", "it returns NULL, which leaves the row out"),
        ("skip_it", "which calls it, isn't carried over"),
        ("undoing", "an EXCEPTION block undoes what was done before the error"),
    ],
)
def test_what_has_no_counterpart_is_refused_by_name(programs: ends.Pair, name: str, reason: str) -> None:
    assert reason in programs.reasons[name]


def test_a_trigger_for_several_events_becomes_one_for_each(programs: ends.Pair) -> None:
    [table] = [table for table in programs.result.target.tables if table.name == "acc"]
    events = sorted((trigger.timing, trigger.events[0]) for trigger in table.triggers)
    assert events == [
        ("AFTER", "DELETE"), ("AFTER", "INSERT"), ("AFTER", "UPDATE"), ("AFTER", "UPDATE"), ("BEFORE", "INSERT"),
        ("BEFORE", "UPDATE"),
    ]  # fmt: skip

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conversion.procedural.convert import unaccounted
from conversion.relational.direction import Procedural
from tests.conversion.procedural import ends
from tests.servers import MysqlServer, Server, load_mysql

SCRIPT = Path(__file__).parent / "programs_mysql.sql"
ACCOUNTS = "SELECT id, owner, balance FROM acc ORDER BY id"
TOTALS = "SELECT owner, cnt, total FROM tot ORDER BY owner"
HISTORY = "SELECT acc_id, what, amount, n FROM hist ORDER BY id"


@pytest.fixture(scope="module")
def programs(mariadb: MysqlServer, postgresql_18: Server) -> Iterator[ends.Pair]:
    url = mariadb.create_database()
    load_mysql(url, SCRIPT)
    source, target = ends.mysql(url), ends.postgresql(postgresql_18.create_database())
    yield ends.pair(url, source, target, "postgresql")
    source.connection.close()
    target.connection.close()


def call(pair: ends.Pair, name: str, *arguments: str) -> tuple[ends.Rows | None, ends.Rows | None]:
    """What the OUT (@) and INOUT (@value) parameters hold after a call on both ends."""
    for place, argument in enumerate(arguments):
        if argument.startswith("@"):
            pair.source.run(f"SET @o{place} = {argument[1:] or 'NULL'}")
    given = ", ".join(f"@o{place}" if a.startswith("@") else a for place, a in enumerate(arguments))
    out = ", ".join(f"@o{place}" for place, a in enumerate(arguments) if a.startswith("@"))
    made = pair.source.run(f"CALL {name}({given})")
    one = pair.source.run(f"SELECT {out}") if out and made is not None else made
    other = pair.target.run(f"CALL {name}({', '.join(a.removeprefix('@') or 'NULL' for a in arguments)})")
    return one, other


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT fact(10)",
        "SELECT collatz(27)",
        "SELECT sum_rep(10)",
        "SELECT label_of(1)",
        "SELECT label_of(7)",
        "SELECT bal('nobody')",
        "SELECT bal2('nobody')",
        "SELECT is_rich(77)",
    ],
)
def test_a_function_gives_the_same_value(programs: ends.Pair, sql: str) -> None:
    assert programs.same(sql)


def test_triggers_do_the_same_to_the_tables(programs: ends.Pair) -> None:
    assert programs.same("INSERT INTO acc(owner, balance) VALUES ('ann', 100.555), ('bob', 50)")
    assert programs.same("INSERT INTO acc(owner, balance) VALUES ('ann', 7)")
    assert not programs.same("INSERT INTO acc(owner, balance) VALUES ('eve', -1)")
    assert "negative balance" in programs.target.failed
    assert programs.same("UPDATE acc SET balance = balance + 5 WHERE id = 1")
    assert programs.same("UPDATE acc SET balance = balance WHERE id = 2")
    assert programs.same("DELETE FROM acc WHERE id = 3")
    for query in (ACCOUNTS, TOTALS, HISTORY, "SELECT bal('ANN'), bal2('BOB'), is_rich(1), is_rich(2)"):
        assert programs.same(query)
    assert programs.target.run("SELECT fact(3) = 6 AND is_rich(1) IS NOT NULL") == [(1,)]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("pay", ("1", "2", "30", "@")),
        ("pay", ("1", "2", "30000", "@")),
        ("pay", ("99", "2", "1", "@")),
        ("number_all", ("@", "@100")),
        ("safe_add", ("'ANN'", "@")),
        ("safe_add", ("'NEW1'", "@")),
        ("two", ("'x'", "@", "@")),
        ("cont", ("@",)),
        ("nested", ("@",)),
        ("copy_all", ("2",)),
        ("many_rows", ("@",)),
    ],
)
def test_a_procedure_gives_and_leaves_the_same(programs: ends.Pair, name: str, arguments: tuple[str, ...]) -> None:
    one, other = call(programs, name, *arguments)
    assert one == other
    for query in (ACCOUNTS, TOTALS, HISTORY):
        assert programs.same(query)


def test_a_new_rows_number_is_given_back(programs: ends.Pair) -> None:
    for end in (programs.source, programs.target):
        [(number,)] = end.run("SELECT open_acc('zed', 9.5)") or [(None,)]
        assert end.run("SELECT max(id) FROM acc") == [(number,)]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("r_set", "it gives the caller the rows of a SELECT"),
        ("dyn", "it uses @s, which lives as long as the connection"),
        ("tx", "it ends or starts transactions (START)"),
        ("ev", "pg_cron"),
    ],
)
def test_what_has_no_counterpart_is_refused_by_name(programs: ends.Pair, name: str, reason: str) -> None:
    assert reason in programs.reasons[name]
    [item] = [item for item in programs.result.omissions if programs.reasons[name] == item.reason]
    assert item.original


def test_every_program_is_accounted_for(programs: ends.Pair) -> None:
    made = {routine.name for routine in programs.result.target.routines}
    lost = [r.name for r in programs.catalog.routines if r.name not in made and r.name not in programs.reasons]
    assert not lost
    assert unaccounted(programs.catalog, Procedural())  # the count itself notices


@pytest.mark.parametrize(
    ("function", "volatility"), [("fact", "immutable"), ("bal", "volatile"), ("open_acc", "volatile")]
)
def test_volatility_follows_what_the_program_does(programs: ends.Pair, function: str, volatility: str) -> None:
    [found] = [routine for routine in programs.result.target.routines if routine.name == function]
    assert found.volatility == volatility

"""Steps of MariaDB that were begun by a run that ended: what is there is ours only if the statement makes just that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pymysql
import pytest

from conversion.convert import convert
from conversion.mapping import Statement
from conversion.result import Overrides
from engines.errors import DbmoError, EngineError
from engines.grant import Grant
from engines.registry import open_database, open_writer
from tests.mysql_servers import connected
from tests.servers import MysqlServer
from transfer import alone, schema
from transfer.alone import BEGUN
from transfer.begun import is_own
from transfer.moveplan import MovePlan
from transfer.schema import run_stage, undo_stage
from transfer.state import State, open_state

SOURCE = [
    "CREATE TABLE p (id int PRIMARY KEY) COMMENT='it''s CONSTRAINT `x` CHECK'",
    "CREATE TABLE `a``b` (id bigint AUTO_INCREMENT PRIMARY KEY, p int, n int, s varchar(20) CHARACTER SET latin1,"
    " twice int AS (n * 2) STORED, CONSTRAINT `n``n` CHECK (n > 0), UNIQUE KEY u (n), KEY k (s(3), p),"
    " CONSTRAINT f FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE) AUTO_INCREMENT=70",
    "CREATE SEQUENCE q START WITH 5",
    "CREATE VIEW v AS SELECT id, n + 1 AS m FROM `a``b` WHERE n > 1",
    "CREATE PROCEDURE r(x int) BEGIN SELECT x; SELECT ';'; END",
    "CREATE FUNCTION g(x int) RETURNS int DETERMINISTIC RETURN x + 1",
    "CREATE TRIGGER z BEFORE INSERT ON p FOR EACH ROW SET NEW.id = NEW.id + 1",
    "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1",
]
# kind of a step -> statements by which somebody else made another object of that name
OTHERS = {
    "table": ["DROP TABLE p", "CREATE TABLE p (id int PRIMARY KEY, more int)"],
    "sequence": ["DROP SEQUENCE q", "CREATE SEQUENCE q START WITH 6"],
    "view": ["DROP VIEW v", "CREATE VIEW v AS SELECT id, n + 2 AS m FROM `a``b` WHERE n > 1"],
    "routine": ["DROP PROCEDURE r", "CREATE PROCEDURE r(x int) SELECT x"],
    "trigger": ["DROP TRIGGER z", "CREATE TRIGGER z BEFORE INSERT ON p FOR EACH ROW SET NEW.id = NEW.id + 2"],
    "event": ["DROP EVENT e", "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 2"],
}
PARTS = {
    "index": ["ALTER TABLE `a``b` DROP KEY k", "ALTER TABLE `a``b` ADD KEY k (s)"],
    "unique": ["ALTER TABLE `a``b` DROP KEY u", "ALTER TABLE `a``b` ADD KEY u (p, n)"],
}


def run(url: str, *statements: str) -> None:
    with connected(url) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture(scope="module")
def statements(mariadb: MysqlServer) -> list[Statement]:
    """What makes the source's schema in another MariaDB."""
    url = mariadb.create_database()
    run(url, *SOURCE)
    with closing(open_database(url)) as source:
        catalog = source.catalog()
        return convert(catalog, {}, "mariadb", source.version, Overrides(), "").statements


@pytest.fixture
def made(statements: list[Statement], empty_mariadb: str) -> Iterator[tuple[str, MovePlan, State]]:
    """A target where nothing was made yet."""
    with closing(open_database(empty_mariadb)) as database:
        grant = Grant("m", database.identity, "", scratch=True)
    plan = MovePlan(
        migration="m", source_engine="mariadb", target_engine="mariadb", tables=[], statements=statements, parallel=1
    )
    with closing(open_writer(empty_mariadb, grant)) as writer:
        state = open_state(writer, "m")
        state.start("plan", {}, "")
        yield empty_mariadb, plan, state


STAGES = ("pre_data", "post_data")


def stages(plan: MovePlan, state: State, *names: str) -> None:
    for stage in names or STAGES:
        run_stage(plan, state, stage, lambda statement, seconds: None, lambda: False)


def only_begun(state: State, statement: Statement) -> None:
    """As if the run had ended before it could note that the step is done."""
    with state.writer.begin() as transaction:
        state.forget_steps(transaction, [statement.id])
        state.finish_step(transaction, BEGUN + statement.id, 0.0)


def test_what_an_earlier_run_made_stays_its_own_when_a_later_one_is_refused(
    made: tuple[str, MovePlan, State], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, plan, state = made
    stages(plan, state, "pre_data")
    table = next(found for found in plan.statements if found.kind == "table")
    only_begun(state, table)

    def refuse(*given: object) -> None:
        raise EngineError("LOCK_REFUSED", "It is locked.", "Wait.", errno=3572)

    with monkeypatch.context() as patched, pytest.raises(EngineError, match="LOCK_REFUSED"):
        patched.setattr(alone, "settle", refuse)
        stages(plan, state, "pre_data")
    stages(plan, state, "pre_data")
    assert table.id in state.done_steps()


def named(plan: MovePlan, kind: str, end: str) -> Statement:
    """The step of a kind whose way back ends so."""
    return next(found for found in plan.statements if found.kind == kind and (found.undo or "").endswith(end))


def test_what_was_made_is_done(made: tuple[str, MovePlan, State]) -> None:
    _, plan, state = made
    assert {found.kind for found in plan.statements} == {*OTHERS, *PARTS, "fk"}
    for stage in STAGES:
        stages(plan, state, stage)
        for statement in [found for found in plan.statements if found.stage == stage]:
            assert statement.kind == "fk" or is_own(state, statement), statement
            only_begun(state, statement)
        stages(plan, state, stage)
    assert state.done_steps() == {statement.id for statement in plan.statements}


@pytest.mark.parametrize("kind", sorted(OTHERS))
def test_another_object_is_not_taken_nor_dropped(kind: str, made: tuple[str, MovePlan, State]) -> None:
    url, plan, state = made
    statement = named(plan, kind, f"`{OTHERS[kind][0].split()[-1]}`")
    stages(plan, state, *STAGES[: STAGES.index(statement.stage) + 1])
    run(url, *OTHERS[kind])
    only_begun(state, statement)
    with pytest.raises(EngineError, match="OBJECT_TAKEN"):
        stages(plan, state)
    assert statement.id not in state.done_steps()
    undo_stage(plan, state, statement.stage)
    with pytest.raises(pymysql.MySQLError, match="exists"):
        run(url, OTHERS[kind][1])


def test_a_table_with_rows_is_not_ours(made: tuple[str, MovePlan, State]) -> None:
    url, plan, state = made
    statement = named(plan, "table", "`p`")
    stages(plan, state, "pre_data")
    run(url, "INSERT INTO p VALUES (1)")
    only_begun(state, statement)
    with pytest.raises(EngineError, match="OBJECT_TAKEN"):
        stages(plan, state)


def test_rows_under_the_name_that_comparing_needs_are_not_dropped(made: tuple[str, MovePlan, State]) -> None:
    url, plan, state = made
    table = named(plan, "table", "`p`")
    stages(plan, state, "pre_data")
    run(url, "CREATE TABLE _dbmo_twin (id int)", "INSERT INTO _dbmo_twin VALUES (1)")
    with pytest.raises(EngineError, match=r"OBJECT_TAKEN.*_dbmo_twin"):
        is_own(state, table)
    run(url, "DELETE FROM _dbmo_twin")
    assert is_own(state, table)


@pytest.mark.parametrize("kind", sorted(PARTS))
def test_a_part_of_a_table_is_made_again_where_it_is_another(kind: str, made: tuple[str, MovePlan, State]) -> None:
    url, plan, state = made
    statement = named(plan, kind, PARTS[kind][0].rpartition(" ")[2].join("``"))
    stages(plan, state)
    run(url, *PARTS[kind])
    assert not is_own(state, statement)
    only_begun(state, statement)
    stages(plan, state)
    assert is_own(state, statement)


@pytest.mark.parametrize("place", ["undo.begun", "undo.unnoted"])
def test_what_a_killed_run_was_taking_back_is_made_anew(
    made: tuple[str, MovePlan, State], monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """The next one may find the source as it was at first, and nothing to take back."""
    _, plan, state = made
    stages(plan, state)

    def killed(name: str) -> None:
        if name == place:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(schema, "failpoint", killed)
        undo_stage(plan, state, "post_data")
    stages(plan, state)
    last = [found for found in plan.statements if found.stage == "post_data"][-1]
    assert is_own(state, last)
    assert state.done_steps() == {statement.id for statement in plan.statements}


def test_what_the_server_refused_was_not_begun(statements: list[Statement], empty_mariadb: str) -> None:
    """The same command again finds the same object in its way, and takes it as little as before."""
    with closing(open_database(empty_mariadb)) as database:
        grant = Grant("m", database.identity, "", scratch=True)
    made = next(found for found in statements if found.kind == "table")
    plan = MovePlan(
        migration="m", source_engine="mariadb", target_engine="mariadb", tables=[], statements=[made], parallel=1
    )
    run(empty_mariadb, made.sql)
    with closing(open_writer(empty_mariadb, grant)) as writer:
        state = open_state(writer, "m")
        state.start("plan", {}, "")
        for _ in range(2):
            with pytest.raises(DbmoError, match="already exists"):
                stages(plan, state)
        assert state.done_steps() == set()

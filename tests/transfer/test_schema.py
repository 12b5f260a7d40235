"""The steps of a schema: done once, in order, side by side where they may be, and taken back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from conversion.mapping import Statement, TableMapping
from engines.errors import DbmoError
from engines.grant import Grant
from engines.registry import open_database, open_writer
from tests.mysql_servers import connected
from transfer import ddl, schema
from transfer.alone import BEGUN
from transfer.builds import may_run, side_by_side
from transfer.ddl import Job, plain, validation
from transfer.moveplan import MovePlan
from transfer.schema import UNDONE, run_stage, undo_stage
from transfer.stage import LEAST
from transfer.state import open_state


def step(identifier: str, sql: str, undo: str = "SELECT 1", stage: str = "post_data") -> Statement:
    """A statement whose kind is what its id begins with."""
    return Statement(id=identifier, sql=sql, undo=undo, object="", kind=identifier.partition(":")[0], stage=stage)


TABLES = [
    step("table:a", 'CREATE TABLE "public"."a" (id integer, up integer)', 'DROP TABLE "public"."a"', "pre_data"),
    step("table:b", 'CREATE TABLE "public"."b" (id integer, up integer)', 'DROP TABLE "public"."b"', "pre_data"),
]
LATER = [
    step("pk:a", 'ALTER TABLE "public"."a" ADD CONSTRAINT "pa" PRIMARY KEY (id)',
         'ALTER TABLE "public"."a" DROP CONSTRAINT "pa"'),
    step("pk:b", 'ALTER TABLE "public"."b" ADD CONSTRAINT "pb" PRIMARY KEY (id)',
         'ALTER TABLE "public"."b" DROP CONSTRAINT "pb"'),
    step("index:a", 'CREATE INDEX "ia" ON "public"."a" (up)', 'DROP INDEX "public"."ia"'),
    step("index:b", 'CREATE UNIQUE INDEX "ib" ON public.a (up, id)', 'DROP INDEX "public"."ib"'),
    step("check:a", 'ALTER TABLE "public"."a" ADD CONSTRAINT "ca" CHECK (id > 0)',
         'ALTER TABLE "public"."a" DROP CONSTRAINT "ca"'),
    step("fk:a", 'ALTER TABLE "public"."a" ADD CONSTRAINT "fa" FOREIGN KEY (up) REFERENCES "public"."b" (id)',
         'ALTER TABLE "public"."a" DROP CONSTRAINT "fa"'),
    step("fk:b", 'ALTER TABLE "public"."b" ADD CONSTRAINT "fb" FOREIGN KEY (up) REFERENCES "public"."a" (id)',
         'ALTER TABLE "public"."b" DROP CONSTRAINT "fb"'),
    step("comment:a", "COMMENT ON TABLE public.a IS '100%; done'"),
]  # fmt: skip
CONSTRAINTS = "SELECT conname, convalidated FROM pg_constraint WHERE contype IN ('p', 'c', 'f') AND conname ~ '^.[ab]$'"


def plan_of(statements: list[Statement], engine: str = "postgresql") -> MovePlan:
    """Two tables of a known size."""
    tables = [TableMapping(source=f"s.{n}", target=f"public.{n}", columns=[], size_bytes=10) for n in "ab"]
    return MovePlan(migration="m", source_engine="sqlite", target_engine=engine, tables=tables,
                    statements=statements, parallel=3)  # fmt: skip


@contextmanager
def opened(url: str) -> Iterator[Any]:
    """A started state on a target."""
    database = open_database(url)
    writer = open_writer(url, Grant("m", database.identity, "", scratch=True))
    database.close()
    state = open_state(writer, "m")
    state.start("hash", {}, "")
    try:
        yield state
    finally:
        writer.close()


def run(plan: MovePlan, state: Any, stage: str) -> list[str]:
    """Ids of the steps that were done now."""
    told: list[str] = []
    run_stage(plan, state, stage, lambda statement, seconds: told.append(statement.id), lambda: False)
    return told


@pytest.mark.parametrize("heavy", [True, False])
def test_every_step_is_done_once_and_can_be_taken_back(
    heavy: bool, empty_15: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ddl, "LIGHT", 1 if heavy else 1 << 20)
    plan = plan_of([*TABLES, *LATER])
    with opened(empty_15) as state, psycopg.connect(empty_15, autocommit=True) as connection:
        first = run(plan, state, "pre_data"), sorted(run(plan, state, "post_data"))
        found = sorted(connection.execute(CONSTRAINTS).fetchall())
        again = run(plan, state, "pre_data"), run(plan, state, "post_data")
        undone = undo_stage(plan, state, "post_data")
        left = connection.execute(CONSTRAINTS).fetchall()
        once_more = sorted(run(plan, state, "post_data"))

    assert first == (["table:a", "table:b"], sorted(s.id for s in LATER)) and again == ([], [])
    assert found == [(name, True) for name in ("ca", "fa", "fb", "pa", "pb")]
    assert (undone, left, once_more) == ([s.id for s in reversed(LATER)], [], first[1])


def test_a_step_that_a_crash_of_the_target_took_is_done_again(empty_15: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ddl, "LIGHT", 1)
    told: list[str] = []
    with opened(empty_15) as state, psycopg.connect(empty_15, autocommit=True) as connection:

        def crash(statement: Statement, seconds: float) -> None:
            told.append(statement.id)
            if told == ["pk:a"]:
                connection.execute("DELETE FROM _dbmo.step WHERE id = 'pk:a'")
                connection.execute("ALTER TABLE a DROP CONSTRAINT pa")

        run(plan_of(TABLES), state, "pre_data")
        run_stage(plan_of([*TABLES, LATER[0], LATER[4]]), state, "post_data", crash, lambda: False)
        assert told == ["pk:a", "check:a", "pk:a"]
        assert sorted(connection.execute(CONSTRAINTS)) == [("ca", True), ("pa", True)]


def test_tables_that_know_each_other_are_made_whatever_lot_they_are_in(empty_15: str) -> None:
    known = {LEAST: "v public.t0", 2 * LEAST: f"v public.t{LEAST}"}
    tables = [
        Statement(
            id=f"table:t{n}", sql=f"CREATE TABLE public.t{n} ({known.get(n, 'v int')})",
            object=f"public.t{n}", kind="table", stage="pre_data",
        )
        for n in range(2 * LEAST + 1)
    ]  # fmt: skip
    with opened(empty_15) as state:
        done = run(plan_of(tables), state, "pre_data")
        assert sorted(done) == sorted(state.done_steps()) == sorted(one.id for one in tables)


def test_steps_before_a_refused_one_stand_and_the_error_is_its_own(empty_15: str) -> None:
    wrong = step("index:wrong", 'CREATE INDEX "iw" ON "public"."a" (nothing)')
    with opened(empty_15) as state:
        run(plan_of(TABLES), state, "pre_data")
        with pytest.raises(DbmoError, match='"nothing" does not exist'):
            run(plan_of([*TABLES, *LATER[:3], wrong]), state, "post_data")
        assert {"pk:a", "index:a"} <= state.done_steps()
        assert set(run(plan_of([*TABLES, *LATER]), state, "post_data")) >= {"fk:a", "comment:a"}


def test_a_reference_that_was_added_but_not_proved_is_proved(empty_15: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ddl, "LIGHT", 1)
    plan = plan_of([*TABLES, *LATER])
    with opened(empty_15) as state, psycopg.connect(empty_15, autocommit=True) as connection:
        run(plan, state, "pre_data")
        connection.execute("INSERT INTO a VALUES (1, 7)")
        with pytest.raises(DbmoError, match="violates foreign key"):
            run(plan, state, "post_data")
        connection.execute("INSERT INTO b VALUES (7, 1)")
        assert "fk:a" in run(plan, state, "post_data")
        assert all(proved for _, proved in connection.execute(CONSTRAINTS))


@pytest.mark.parametrize("begun", [True, False])
def test_a_table_that_mysql_has_already_is_ours_only_if_an_earlier_run_began_it(
    begun: bool, empty_mariadb: str
) -> None:
    made = step("table:a", "CREATE TABLE `a` (id integer PRIMARY KEY)", "DROP TABLE `a`", "pre_data")
    plan = plan_of([made], "mariadb")
    with opened(empty_mariadb) as state:
        with connected(empty_mariadb) as connection, connection.cursor() as cursor:
            cursor.execute(made.sql)
        if begun:
            with state.writer.begin() as transaction:
                state.finish_step(transaction, BEGUN + made.id, 0.0)
            assert run(plan, state, "pre_data") == ["table:a"]
            assert state.done_steps() == {"table:a"}
            assert undo_stage(plan, state, "pre_data") == ["table:a"] and state.done_steps() == set()
        else:
            with pytest.raises(DbmoError, match="already exists"):
                run(plan, state, "pre_data")


@pytest.mark.parametrize("killed_at", ["undo.begun", "undo.unnoted"])
def test_a_taking_back_that_was_begun_is_gone_on_with_whatever_passes(
    killed_at: str, empty_mariadb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = step("table:a", "CREATE TABLE `a` (id integer PRIMARY KEY)", "DROP TABLE `a`", "pre_data")
    plan = plan_of([made], "mariadb")
    at: list[str] = []
    with opened(empty_mariadb) as state, connected(empty_mariadb) as connection, connection.cursor() as cursor:

        def kill(name: str) -> None:
            at.append(name)
            if name == killed_at and at.count(name) == 1:
                cursor.execute(
                    "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
                )
                for (number,) in cursor.fetchall():
                    cursor.execute(f"KILL {number}")

        run(plan, state, "pre_data")
        with state.writer.begin() as transaction:
            state.finish_step(transaction, UNDONE + made.id, 0.0)
        with pytest.raises(DbmoError, match="INTERRUPTED"):
            run_stage(plan, state, "pre_data", lambda *_: None, lambda: True)
        assert state.done_steps() == {made.id, UNDONE + made.id}
        monkeypatch.setattr(schema, "failpoint", kill)
        assert run(plan, state, "pre_data") == [made.id] and state.done_steps() == {made.id}
    assert at.count(killed_at) == 2


def test_steps_of_mysql_behind_a_refused_one_leave_no_notes(empty_mariadb: str) -> None:
    texts = {"a": "id integer PRIMARY KEY", "b": "id nothing", "c": "id integer PRIMARY KEY"}
    made = [step(f"table:{name}", f"CREATE TABLE `{name}` ({text})", stage="pre_data") for name, text in texts.items()]
    with opened(empty_mariadb) as state:
        with pytest.raises(DbmoError, match="Unknown data type"):
            run(plan_of(made, "mariadb"), state, "pre_data")
        assert state.done_steps() == {"table:a"}


def some(table: str, lock: Any = "own", size: int | None = 1) -> Job:
    return Job(step(f"index:{table}", ""), table, size, lock)


@pytest.mark.parametrize(
    ("one", "others", "may"),
    [
        (some("a"), [some("b")], True),
        (some("a"), [some("a")], False),
        (some("a", "shared"), [some("a", "shared")], True),
        (some("a", "shared"), [some("a")], False),
        (some(""), [some("a")], False),
        (some("a"), [some("")], False),
        (some(""), [], True),
    ],
)
def test_two_builds_that_would_wait_for_each_other_do_not_run_at_once(one: Job, others: list[Job], may: bool) -> None:
    assert may_run(one, others) is may


def test_builds_run_biggest_first_and_stop_at_the_first_error() -> None:
    order: list[int | None] = []
    both = threading.Barrier(2, timeout=10)

    def work(job: Job) -> None:
        order.append(job.size)
        if job.size in (9, 8):
            both.wait()  # those two are there at once
        if job.size == 3:
            raise ValueError

    jobs = [some("a", size=3), some("b", size=8), some("c", size=1), some("d", size=9)]
    stop: Callable[[], None] = lambda: None  # noqa: E731
    with pytest.raises(ValueError):
        side_by_side(jobs, 2, work, stop)
    assert sorted(str(size) for size in order[:2]) == ["8", "9"] and order[2] == 3


@pytest.mark.parametrize(
    ("sql", "parts"),
    [
        ('ALTER TABLE "a""b"."t.x" ADD CONSTRAINT "f" FOREIGN KEY (a) REFERENCES "s"."u" (b)',
         ('ALTER TABLE "a""b"."t.x" ADD CONSTRAINT "f" FOREIGN KEY (a) REFERENCES "s"."u" (b) NOT VALID',
          'ALTER TABLE "a""b"."t.x" VALIDATE CONSTRAINT "f"')),
        ('ALTER TABLE "s"."t" ADD CONSTRAINT "f" FOREIGN KEY (a) REFERENCES "s"."u" (b) NOT VALID', None),
        ('ALTER TABLE "s"."t" ADD CONSTRAINT "f" CHECK (a > 0)', None),
    ],
)  # fmt: skip
def test_references_are_added_and_proved_apart(sql: str, parts: tuple[str, str] | None) -> None:
    assert validation(step("fk:t", sql)) == parts


def test_quoted_names_are_read_as_the_catalog_has_them() -> None:
    quoted = '"a""b"."t.x"', "public.t", '"t"', "`a``b`"
    assert [plain(text) for text in quoted] == ['"a""b".t.x', "public.t", "t", "a`b"]

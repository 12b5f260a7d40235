"""A suspended older run doesn't hold up the next one; readers, strangers and other tables are left alone."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest

from conversion.mapping import TableMapping
from engines.errors import DbmoError
from engines.grant import Grant
from engines.registry import open_database, open_writer
from tests.moving import change
from transfer.moveplan import MovePlan
from transfer.older import end_older
from transfer.state import State, open_state

TABLE = TableMapping(source="s.t", target="public.a.b", columns=[])
PLAN = MovePlan(migration="m", source_engine="mysql", target_engine="postgresql", tables=[TABLE], statements=[])
WRITES = 'INSERT INTO public."a.b" VALUES (1)'
HELD = {
    "a loader": ("dbmo", WRITES, "", 1),
    "a reader": ("dbmo", 'SELECT FROM public."a.b"', "", 0),
    "another program": ("psql", WRITES, "", 0),
    "another table": ("dbmo", "INSERT INTO public.other VALUES (1)", "", 0),
    "a name that others may have": ("shop", WRITES, "&application_name=shop", 0),
    "no name at all": ("", WRITES, "&application_name=", 0),
    "our name for it": ("dbmo eu", WRITES, "&application_name=dbmo%20eu", 1),
}


@contextmanager
def started(url: str) -> Iterator[State]:
    """The state of a run that took an epoch of its own."""
    with closing(open_database(url)) as database:
        grant = Grant("m", database.identity, "", scratch=True)
    with closing(open_writer(url, grant)) as writer:
        state = open_state(writer, "m")
        state.start("hash", {}, "")
        yield state


@pytest.fixture
def target(empty_18: str) -> str:
    change(empty_18, 'CREATE TABLE public."a.b" (id int)', "CREATE TABLE public.other (id int)")
    return empty_18


@pytest.mark.parametrize("who", HELD)
def test_only_sessions_that_hold_up_the_migration_are_ended(target: str, who: str) -> None:
    program, statement, name, expected = HELD[who]
    with psycopg.connect(target, application_name=program) as held, started(target + name) as state:
        held.execute(statement.encode())
        assert end_older(state, PLAN) == expected
        held.close()


def test_a_run_that_was_overtaken_itself_ends_nobody(target: str) -> None:
    """It may have stood still before it came to that: the sessions are the newer run's."""
    with started(target) as overtaken, started(target), psycopg.connect(target, application_name="dbmo") as held:
        held.execute(WRITES.encode())
        with pytest.raises(DbmoError, match="EPOCH_PASSED"):
            end_older(overtaken, PLAN)
        assert held.execute("SELECT 1").fetchone() == (1,)

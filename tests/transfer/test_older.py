"""A suspended older run doesn't hold up the next one; readers, strangers and other tables are left alone."""

from contextlib import closing

import psycopg
import pytest

from conversion.mapping import TableMapping
from engines.grant import Grant
from engines.registry import open_database, open_writer
from tests.moving import change
from transfer.moveplan import MovePlan
from transfer.older import end_older

HELD = {
    "a loader": ("dbmo", 'INSERT INTO public."a.b" VALUES (1)', 1),
    "a reader": ("dbmo", 'SELECT FROM public."a.b"', 0),
    "another program": ("psql", 'INSERT INTO public."a.b" VALUES (1)', 0),
    "another table": ("dbmo", "INSERT INTO public.other VALUES (1)", 0),
}


@pytest.mark.parametrize("who", HELD)
def test_only_sessions_that_hold_up_the_migration_are_ended(empty_18: str, who: str) -> None:
    program, statement, expected = HELD[who]
    change(empty_18, 'CREATE TABLE public."a.b" (id int)', "CREATE TABLE public.other (id int)")
    table = TableMapping(source="s.t", target="public.a.b", columns=[])
    plan = MovePlan(migration="m", source_engine="mysql", target_engine="postgresql", tables=[table], statements=[])
    with closing(open_database(empty_18)) as database:
        grant = Grant("m", database.identity, "", scratch=True)
    with psycopg.connect(empty_18, application_name=program) as held, closing(open_writer(empty_18, grant)) as writer:
        held.execute(statement.encode())
        assert end_older(writer, plan) == expected
        held.close()

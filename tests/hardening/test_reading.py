"""What is taken for a query that only reads does not call anything, however its text is made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversion.own_code import own_code
from conversion.purity import OwnCode, impurity
from engines.errors import EngineError
from engines.postgresql.database import PostgresqlDatabase
from engines.registry import open_database
from tests.hardening.source import hostile
from tests.moving import fetch
from tests.servers import Server

# pieces on whose cutting a parser and the server might not agree
PIECES = [
    "evil()", "(o).evil", "o.lower", "id::watched", "(SELECT max(id) FROM by_own_function)", ", ", " || ", " AS x",
    "'", "''", "E'", r"\'", "\\", "$$", "$a$", "a$a$", "--", "/*", "*/", "\n", "\r", '"', "U&'", "N'", "1", "id",
]  # fmt: skip


@pytest.fixture(scope="module")
def source(postgresql_15: Server) -> Iterator[PostgresqlDatabase]:
    database = open_database(hostile(postgresql_15.create_database()))
    assert isinstance(database, PostgresqlDatabase)
    yield database
    database.close()


@pytest.fixture(scope="module")
def own(source: PostgresqlDatabase) -> OwnCode:
    return own_code(source.catalog())


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=9))
def test_no_text_hides_a_call(source: PostgresqlDatabase, own: OwnCode, pieces: list[str]) -> None:
    sql = f"SELECT 1, {''.join(pieces)} FROM orders AS o"
    if impurity(sql, "postgresql", own) is None:
        with suppress(EngineError):  # of a text that the server can't read
            source.run_workload(sql, 10)
        assert fetch(source.dsn, "SELECT * FROM told") == []


@pytest.mark.parametrize("second", ["DROP TABLE orders", "SELECT evil()", "COMMIT", "SET transaction_read_only = off"])
def test_a_second_statement_is_refused_by_the_protocol(source: PostgresqlDatabase, second: str) -> None:
    for run in (source.query, source.measure, lambda text: source.run_workload(text, 10)):
        with pytest.raises(EngineError) as refused:
            run(f"SELECT 1; {second}")
        assert refused.value.data["sqlstate"] == "42601"
    assert fetch(source.dsn, "SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM told)") == [(60, 0)]

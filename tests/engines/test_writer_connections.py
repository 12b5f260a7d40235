"""A writer opens as many connections as there are threads that write, however many those are."""

from __future__ import annotations

from contextlib import ExitStack, closing

import pytest

from engines.grant import Grant
from engines.registry import open_database, open_writer

MOST = 20


@pytest.mark.parametrize("empty", ["empty_15", "empty_mariadb"])
def test_no_thread_waits_for_the_connection_of_another(request: pytest.FixtureRequest, empty: str) -> None:
    url = request.getfixturevalue(empty)
    with closing(open_database(url)) as database:
        grant = Grant("m", database.identity, "", scratch=True)
    with closing(open_writer(url, grant)) as writer, ExitStack() as transactions:
        opened = [transactions.enter_context(writer.begin()) for _ in range(MOST)]
        assert len({id(one) for one in opened}) == MOST

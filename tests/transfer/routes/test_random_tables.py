"""Random tables of random types arrive as they were written, by plain drivers on both sides."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.servers import MysqlServer, Server
from tests.servers_mongodb import MongodbServer
from tests.transfer.routes.documents import Moved, planned
from tests.transfer.routes.moved import moved
from tests.transfer.routes.random_tables import compared, documents, read, tables, write

SOURCES = ("postgresql", "mysql", "sqlite")
PAIRS = [
    ("postgresql", "postgresql"),
    ("postgresql", "sqlite"),
    ("mysql", "mysql"),
    ("mysql", "sqlite"),
    ("sqlite", "sqlite"),
]  # other modules have the other pairs
RANDOM = settings(max_examples=2, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))


class Makers:
    """Makes empty databases of every engine."""

    def __init__(self, folder: Path, postgresql: Server, mysql: MysqlServer, mongodb: MongodbServer) -> None:
        self.folder, self.postgresql, self.mysql, self.mongodb, self.made = folder, postgresql, mysql, mongodb, 0

    def empty(self, engine: str) -> str:
        """The URL of a new one."""
        if engine == "mongodb":
            return self.mongodb.url(self.mongodb.new_name())
        if engine != "sqlite":
            return (self.postgresql if engine == "postgresql" else self.mysql).create_database()
        self.made += 1
        with closing(sqlite3.connect(self.folder / f"{self.made}.db")):
            return f"sqlite:{self.folder / f'{self.made}.db'}"


@pytest.fixture(scope="module")
def makers(
    tmp_path_factory: pytest.TempPathFactory, postgresql_18: Server, mariadb: MysqlServer, mongodb: MongodbServer
) -> Makers:
    return Makers(tmp_path_factory.mktemp("random"), postgresql_18, mariadb, mongodb)


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_random_tables_arrive(source: str, target: str, makers: Makers) -> None:
    @RANDOM
    @given(made=tables(source))
    def arrive(made: list[Any]) -> None:
        here, there = makers.empty(source), makers.empty(target)
        write(source, here, made)
        run = moved(here, there)
        assert not any(run.quarantined.values())
        mappings = {mapping.source.rpartition(".")[2]: mapping for mapping in run.plan.tables}
        for number, table in enumerate(made):
            found = read(target, there, mappings[f"t{number}"])
            assert compared(table, found) == compared(table, table.rows)

    arrive()


@pytest.mark.parametrize("source", SOURCES)
def test_random_tables_become_documents(source: str, makers: Makers) -> None:
    @RANDOM
    @given(made=tables(source))
    def arrive(made: list[Any]) -> None:
        here, there = makers.empty(source), makers.empty("mongodb")
        write(source, here, made)
        _, plan, ends = planned(here, there, "mongodb", chunk_rows=5)
        assert Moved(plan, ends).aside == []
        mappings = {mapping.table.rpartition(".")[2]: mapping for mapping in plan.collections}
        for number, table in enumerate(made):
            found = documents(there, mappings[f"t{number}"])
            assert compared(table, found) == compared(table, table.rows)

    arrive()

"""Between any two schemas the script leaves no difference, keeps what it doesn't flag, and finds back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.conversion.alter.applying import Engine, check_or_refused, sqlite_engine
from tests.conversion.alter.random_schemas import TableSpec, schemas, script
from tests.mysql_servers import MysqlServer
from tests.servers import Server

FEW, MANY = 3, 150
SOAK = [pytest.mark.soak, pytest.mark.timeout(3600)]


def check(engine: Engine, examples: int) -> None:
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large]

    @settings(max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=quiet)
    @given(schemas(), schemas())
    def prove(before: list[TableSpec], after: list[TableSpec]) -> None:
        check_or_refused(engine, script(before, engine.family), script(after, engine.family))

    prove()


@pytest.mark.parametrize("examples", [4 * FEW, pytest.param(MANY, marks=SOAK)])
def test_sqlite(tmp_path: Path, examples: int) -> None:
    check(sqlite_engine(tmp_path), examples)


@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=SOAK)])
def test_postgresql(postgresql_18: Server, examples: int) -> None:
    check(Engine("postgresql", postgresql_18.create_database), examples)


@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=SOAK)])
def test_mariadb(mariadb: MysqlServer, examples: int) -> None:
    check(Engine("mysql", mariadb.create_database), examples)

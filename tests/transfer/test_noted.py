"""Reading a migration's state on a target: what another version or a person left there is named, not a traceback."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engines.errors import DbmoError
from engines.registry import open_database
from tests.moving import change, sqlite_file
from tests.mysql_servers import load_mysql
from transfer.noted import begun

TABLES = {"postgresql": "_dbmo.migration", "mysql": "_dbmo_migration", "sqlite": "_dbmo_migration"}


@pytest.mark.parametrize("engine", TABLES)
def test_a_state_of_other_columns_is_refused_by_name(
    engine: str, empty_18: str, empty_mariadb: str, tmp_path: Path
) -> None:
    url = {"postgresql": empty_18, "mysql": empty_mariadb, "sqlite": f"sqlite:{tmp_path}/t.db"}[engine]
    made = f"CREATE TABLE {TABLES[engine]} (id varchar(10), plan_hash varchar(10))"
    if engine == "postgresql":
        change(url, "CREATE SCHEMA _dbmo", made)
    elif engine == "mysql":
        load_mysql(url, made)
    else:
        with closing(sqlite3.connect(tmp_path / "t.db")) as connection, connection:
            connection.execute(made)
    with closing(open_database(url)) as database, pytest.raises(DbmoError, match="STATE_LAYOUT"):
        begun(database, "m")


ROW = "SELECT 'm' AS id, {} AS plan_hash, '' AS status, 1 AS epoch, '' AS journal_head"


@pytest.mark.parametrize(
    ("engine", "told"), [("postgresql", "22012"), ("mysql", "1242"), ("sqlite", "no such table: main.gone")]
)
def test_other_errors_of_the_server_stay_what_they_are(
    engine: str, told: str, empty_18: str, empty_mariadb: str, tmp_path: Path
) -> None:
    url = {"postgresql": empty_18, "mysql": empty_mariadb, "sqlite": f"sqlite:{tmp_path}/t.db"}[engine]
    made = f"CREATE VIEW {TABLES[engine]} AS {ROW}"
    if engine == "postgresql":
        change(url, "CREATE SCHEMA _dbmo", f"{made.format('1 / (n - 1)')} FROM generate_series(1, 1) AS n")
    elif engine == "mysql":
        load_mysql(url, made.format("(SELECT 1 UNION SELECT 2)"))
    else:
        sqlite_file(tmp_path / "t.db", f"{made.format('1')} FROM gone")
    with closing(open_database(url)) as database, pytest.raises(DbmoError) as caught:
        begun(database, "m")
    assert caught.value.code in ("POSTGRESQL_ERROR", "MYSQL_ERROR", "QUERY_FAILED")
    assert told in f"{caught.value.what} {caught.value.data}"

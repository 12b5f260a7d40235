"""MongoDB with a database of MySQL at the other end whose name has dots, quotes and signs of URLs in it."""

import os
from typing import Any
from urllib.parse import quote

import pytest
from pymongo import MongoClient

from engines.mysql.quoting import quote_identifier
from tests.mysql_servers import connected
from tests.servers import MysqlServer
from tests.transfer.routes.documents import moved

ROWS = 30


@pytest.fixture(params=["my.db", "a`b\"c'd", "per%cent {0}"], ids=["dot", "quotes", "signs"])
def hostile(request: pytest.FixtureRequest, mariadb: MysqlServer) -> str:
    """URL of a database that is called so."""
    name = f"{request.param} {os.getpid()}"
    mariadb.create_database(name)
    request.addfinalizer(lambda: mariadb.run(f"DROP DATABASE {quote_identifier(name)}"))
    base = mariadb.url("x").rpartition("/")[0]
    return f"{base}/{quote(name, safe='')}"


def asked(url: str, query: str) -> Any:
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def test_documents_become_tables_there(hostile: str, empty_mongodb: str) -> None:
    with MongoClient[Any](empty_mongodb) as client:
        client.get_default_database()["a.b"].insert_many([{"_id": n, "t": [n]} for n in range(ROWS)])
    moved(empty_mongodb, hostile, "mariadb", chunk_rows=10)
    names = [name for (name,) in asked(hostile, "SHOW TABLES") if not name.startswith("_dbmo")]
    assert sorted(len(asked(hostile, f"SELECT * FROM {quote_identifier(name)}")) for name in names) == [ROWS, ROWS]


def test_tables_of_it_become_documents(hostile: str, empty_mongodb: str) -> None:
    with connected(hostile) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE `a.b` (id int PRIMARY KEY, v text)")
        cursor.executemany("INSERT INTO `a.b` VALUES (%s, %s)", [(n, f"row {n}") for n in range(ROWS)])
        connection.commit()
    moved(hostile, empty_mongodb, "mongodb", chunk_rows=10)
    with MongoClient[Any](empty_mongodb) as client:
        assert [one["v"] for one in client.get_default_database()["a.b"].find()] == [f"row {n}" for n in range(ROWS)]

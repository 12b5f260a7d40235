"""Rows of MariaDB without a key that stay out: each is written down by all its values, and the comparison knows it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.faults.moves import on_mariadb
from tests.servers import MysqlServer
from tests.transfer.routes.late import moved_late


@pytest.fixture
def target(mariadb: MysqlServer) -> Iterator[str]:
    """A new database on a server that takes no LOAD DATA LOCAL, and so no large row."""
    mariadb.run("SET GLOBAL local_infile = 0")
    yield mariadb.create_database()
    mariadb.run("SET GLOBAL local_infile = 1")


def test_large_rows_without_a_key_are_told_apart(mariadb: MysqlServer, target: str) -> None:
    """Two are the same, a third has their size; texts of another character set lack code points."""
    source = mariadb.create_database()
    beside = "(7, 0.1, b'101', x'00ff', x'80414180', REPEAT({}, 1000001))"
    columns = "n int(4) ZEROFILL, f float, b bit(3), d longblob, a varchar(9) CHARACTER SET ascii"
    rows = [beside.format(letter) for letter in ("'y'", "'z'", "'z'")]
    on_mariadb(
        source,
        "SET sql_mode = ''",
        f"CREATE TABLE t ({columns}, x longtext CHARACTER SET cp1251)",
        f"INSERT INTO t VALUES {', '.join(rows)}, (NULL, NULL, NULL, REPEAT(x'00', 1000001), NULL, x'98')",
        "INSERT INTO t VALUES (1, 1, 1, 1, 1, 1)",
    )
    copied, compared = moved_late(source, target)
    aside = [json.loads(one.original) for one in copied.quarantined]
    assert [one["x"].get("bytes") for one in aside] == [1_000_001] * 3 + [None]
    assert [one["d"].get("bytes") for one in aside] == [None] * 3 + [1_000_001]
    assert aside[0]["a"] == {"class": "text", "hex": "80414180"}
    assert compared.equal and [table.withheld for table in compared.tables] == [4]

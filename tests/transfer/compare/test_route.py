"""Which route a pair takes, that it finds the same as every other one, and what it does where it can't prove."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mysql_servers import connected, load_mysql
from tests.servers import load_sql
from tests.transfer.opened import Opened, opened
from transfer.compare.findings import Findings
from transfer.compare.model import Options, TableComparison
from transfer.compare.route import BLOCK_ROWS, EXTENDED_ROWS, LEAST_ROWS, choose_route
from transfer.compare.table import compare_table

EXTENDED = "PostgreSQL's own 64-bit hash functions"
SUFFICIENT = "own hash functions over the servers' texts"
THERE = "both servers hash blocks"
HERE = "read and hashed here in blocks"
ROWS = "md5 of every row"

MARIADB = """
    CREATE TABLE numbered (id bigint PRIMARY KEY, c char(30), v varchar(40), d decimal(12,3));
    INSERT INTO numbered SELECT seq, seq * 7, IF(seq % 5, CONCAT('v', seq), NULL), seq / 8 FROM seq_1_to_30000;
    CREATE TABLE stored (id int PRIMARY KEY, b varbinary(20)); INSERT INTO stored VALUES (1, x'00ff'), (2, NULL);
    CREATE TABLE named (id varchar(9) PRIMARY KEY, v int); INSERT INTO named VALUES ('a', 1), ('b', 2);
"""
POSTGRESQL = """
    CREATE TABLE numbered (id bigint PRIMARY KEY, c char(30), v varchar(40), d numeric(12,3));
    INSERT INTO numbered
    SELECT n, n * 7, CASE WHEN n % 5 <> 0 THEN 'v' || n END, n / 8.0 FROM generate_series(1, 30000) n;
    CREATE TABLE stored (id int PRIMARY KEY, b bytea); INSERT INTO stored VALUES (1, '\\x00ff'), (2, NULL);
    CREATE TABLE named (id varchar(9) PRIMARY KEY, v int); INSERT INTO named VALUES ('a', 1), ('b', 2);
    CREATE TABLE documents (id int PRIMARY KEY, j jsonb); INSERT INTO documents VALUES (1, '{"a": 1.0}'), (2, '[]');
    ANALYZE;
"""
PLANTED = """
    UPDATE numbered SET v = 'changed' WHERE id IN (1, 15000); UPDATE numbered SET v = NULL WHERE id = 29999;
    DELETE FROM numbered WHERE id IN (2, 30000); INSERT INTO numbered VALUES (40000, 'x', 'y', 1);
"""


@pytest.fixture(scope="module")
def maria(mariadb) -> str:  # type: ignore[no-untyped-def]
    url: str = mariadb.create_database()
    load_mysql(url, MARIADB)
    return url


@pytest.fixture(scope="module")
def equal(postgresql_15) -> str:  # type: ignore[no-untyped-def]
    url: str = postgresql_15.create_database()
    load_sql(url, POSTGRESQL)
    return url


@pytest.fixture(scope="module")
def planted(postgresql_18) -> str:  # type: ignore[no-untyped-def]
    url: str = postgresql_18.create_database()
    load_sql(url, POSTGRESQL + PLANTED)
    return url


@pytest.fixture
def same(maria: str, equal: str) -> Iterator[Opened]:
    with opened(maria, equal) as pair:
        yield pair


def compared(pair: Opened, name: str, **options: object) -> TableComparison:
    findings = Findings()
    try:
        return compare_table(pair.source, pair.target, pair.tables[name], Options.model_validate(options), findings)
    finally:
        findings.close()


def found(result: TableComparison) -> set[tuple[str, str | None]]:
    return {(row.kind, row.key["id"]) for row in result.rows}


DIFFERENCES = {
    ("different", "1"), ("different", "15000"), ("different", "29999"),
    ("missing", "2"), ("missing", "30000"), ("extra", "40000"),
}  # fmt: skip


@pytest.mark.parametrize("route, words", [("auto", THERE), ("pushdown", THERE), ("stream", HERE)])
def test_mariadb_beside_postgresql(maria: str, equal: str, planted: str, route: str, words: str) -> None:
    for target, expected in ((equal, set()), (planted, DIFFERENCES)):
        with opened(maria, target) as pair:
            result = compared(pair, "numbered", route=route)
        assert words in result.route
        assert result.problem is None
        assert found(result) == expected
        assert result.columns == ({"v": 3} if expected else {})


def test_postgresql_beside_postgresql(equal: str, planted: str) -> None:
    with opened(equal, planted) as pair:
        result = compared(pair, "numbered")
    assert EXTENDED in result.route and result.method == "extended"
    assert found(result) == DIFFERENCES


@pytest.mark.parametrize("options, whole", [({}, True), ({"parts": True}, False), ({"source_cpu": 0.5}, False)])
def test_equal_tables_of_postgresql_take_one_query_each(equal: str, options: dict[str, object], whole: bool) -> None:
    with opened(equal, equal) as pair:
        chosen = choose_route(pair.source, pair.target, pair.tables["numbered"], Options.model_validate(options))
        result = compared(pair, "numbered", **options)
    assert chosen.whole == whole
    assert (result.equal, result.rows_source, result.rows_target) == (True, 30_000, 30_000)


@pytest.mark.parametrize("name, words", [("numbered", THERE), ("stored", HERE), ("named", ROWS)])
def test_what_decides(same: Opened, name: str, words: str) -> None:
    assert words in choose_route(same.source, same.target, same.tables[name], Options()).words
    result = compared(same, name)
    assert result.equal and words in result.route


def test_a_number_written_otherwise_is_no_difference(postgresql_18, equal: str) -> None:  # type: ignore[no-untyped-def]
    other = postgresql_18.create_database()
    load_sql(other, POSTGRESQL + "UPDATE documents SET j = '{\"a\": 1.00}' WHERE id = 1")
    with opened(equal, other) as pair:
        assert SUFFICIENT in choose_route(pair.source, pair.target, pair.tables["documents"], Options()).words
        assert compared(pair, "documents").equal
    load_sql(
        other, "UPDATE documents SET j = '{\"a\": -1.0}' WHERE id = 1; UPDATE documents SET j = '[[]]' WHERE id = 2"
    )
    with opened(equal, other) as pair:
        assert compared(pair, "documents").different == 2


def test_what_the_server_cuts_is_hashed_by_row(same: Opened) -> None:
    same.source.snapshot.query("SET SESSION group_concat_max_len = 1024")
    result = compared(same, "numbered")
    assert result.equal and result.rows_source == 30000


def test_certificates_get_a_digest_of_every_part(same: Opened) -> None:
    result = compared(same, "numbered", parts=True, key="0" * 32)
    assert result.equal and sum(part.rows for part in result.parts) == 30000
    assert result.method == "md5"


def test_parts_fit_the_rows(maria: str, equal: str, planted: str) -> None:
    with opened(equal, planted) as pair:
        assert choose_route(pair.source, pair.target, pair.tables["numbered"], Options()).part_rows == EXTENDED_ROWS
    with opened(maria, equal) as pair:
        route = choose_route(pair.source, pair.target, pair.tables["numbered"], Options())
    assert LEAST_ROWS <= route.part_rows <= BLOCK_ROWS
    assert route.bounds == "target"


def test_another_encoding_has_other_bytes(postgresql_15, equal: str) -> None:  # type: ignore[no-untyped-def]
    postgresql_15.run("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")
    latin = postgresql_15.url("latin")
    for url in (latin, postgresql_15.create_database()):
        load_sql(url, "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, U&'\\00e9'), (2, 'e')")
    with opened(latin, url) as pair:
        result = compared(pair, "t")
    assert result.equal and EXTENDED not in result.route


def test_case_twins_and_nul(maria: str, tmp_path: Path, postgresql_15) -> None:  # type: ignore[no-untyped-def]
    with connected(maria) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE hostile (id int PRIMARY KEY, v varchar(9), w varchar(9))")
        cursor.execute("INSERT INTO hostile VALUES (1, 'a\\0', 'b'), (2, 'A', NULL)")
    url = postgresql_15.create_database()
    load_sql(url, "CREATE TABLE hostile (id int PRIMARY KEY, v varchar(9), w varchar(9))")
    load_sql(url, "INSERT INTO hostile VALUES (1, 'a', 'b'), (2, 'a', NULL)")
    with opened(maria, url) as pair:
        assert found(compared(pair, "hostile")) == {("different", "1"), ("different", "2")}

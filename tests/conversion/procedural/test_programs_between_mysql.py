from __future__ import annotations

from pathlib import Path

import pytest

from conversion.convert import convert
from engines.registry import open_database
from tests.conversion.procedural import ends
from tests.servers import MysqlServer, load_mysql

SCRIPT = Path(__file__).parent / "programs_mysql.sql"


def test_programs_are_copied_in_their_own_words(mariadb: MysqlServer) -> None:
    url = mariadb.create_database()
    load_mysql(url, SCRIPT)
    source, target = ends.mysql(url), ends.mysql(mariadb.create_database())
    pair = ends.pair(url, source, target, "mariadb")
    for sql in (
        "INSERT INTO acc(owner, balance) VALUES ('ann', 100.555), ('bob', 50)", "UPDATE acc SET balance = balance + 5",
        "SELECT bal('ANN'), fact(5)", "SELECT owner, cnt, total FROM tot ORDER BY owner", "CALL r_set()",
    ):  # fmt: skip
        assert pair.same(sql)
    assert not {"acc_bi", "dyn", "tx", "ev"} & set(pair.reasons)
    assert any("DEFINER" in note.text for note in pair.result.notes)
    for end in (source, target):
        end.connection.close()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("BEGIN FOR r IN (SELECT 1 AS a) DO SET @x = r.a; END FOR; END", "FOR loops"),
        ("BEGIN EXECUTE IMMEDIATE 'SELECT 1'; END", "IMMEDIATE"),
        ("INSERT INTO t VALUES (1) RETURNING n", "RETURNING"),
    ],
)
def test_what_only_mariadb_has_is_refused_for_mysql(mariadb: MysqlServer, body: str, reason: str) -> None:
    url = mariadb.create_database()
    load_mysql(url, f"CREATE TABLE t (n int);\nDELIMITER $$\nCREATE PROCEDURE p() {body}$$\n")
    database = open_database(url)
    try:
        result = convert(database.catalog(), {}, "mysql", "8.4")
    finally:
        database.close()
    [item] = [item for item in result.omissions if item.kind == "routine"]
    assert reason in item.reason

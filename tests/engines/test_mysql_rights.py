"""What can't be read of a MariaDB database, for want of a right or of a file, is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engines.catalog import Catalog
from engines.errors import UsageError
from engines.mysql.database import MysqlDatabase
from engines.mysql.grants import Grants
from tests.servers import MysqlServer, load_mysql

SCHEMA = """
CREATE TABLE parent (id int PRIMARY KEY, a int CHECK (a > 0));
CREATE TABLE child (id int, pid int, CONSTRAINT fk FOREIGN KEY (pid) REFERENCES parent (id) ON DELETE CASCADE);
CREATE VIEW seen AS SELECT id FROM parent;
CREATE PROCEDURE work() SELECT 1;
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO SELECT 1;
CREATE TRIGGER fires BEFORE INSERT ON parent FOR EACH ROW SET NEW.a = 1;
"""
GRANTS = {
    "reader": ["GRANT SELECT ON `limited\\_x`.* TO reader"],
    "whole": ["GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE ON limited_x.* TO whole"],
    "bodies": [
        "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON limited_x.* TO bodies",
        "GRANT SELECT ON mysql.proc TO bodies",
    ],
    "single": ["GRANT SELECT ON limited_x.parent TO single"],
    "column": ["GRANT SELECT (id) ON limited_x.parent TO `column`"],
}

Read = Callable[[str], tuple[Catalog, list[str]]]


@pytest.fixture(scope="module")
def read(mariadb: MysqlServer) -> Read:
    url = mariadb.create_database("limited_x")
    load_mysql(url, SCHEMA)
    for account, grants in GRANTS.items():
        mariadb.run(f"CREATE USER `{account}`", *grants)

    def of(account: str) -> tuple[Catalog, list[str]]:
        database = MysqlDatabase(mariadb.url("limited_x", account), account)
        try:
            return database.catalog(), database.privileges_missing()
        finally:
            database.close()

    return of


def parts(catalog: Catalog) -> set[str]:
    return {unread.part for unread in catalog.unread}


def test_select_alone_hides_code_and_says_so(read: Read) -> None:
    catalog, missing = read("reader")
    assert parts(catalog) >= {"triggers", "events", "routines", "definition of view limited_x.seen"}
    assert missing == ["EVENT on limited_x.*", "SHOW VIEW on limited_x.*", "TRIGGER on limited_x.*"]
    assert catalog.table("limited_x.child").foreign_keys[0].on_delete == "CASCADE"
    assert len(catalog.table("limited_x.parent").checks) == 1


def test_a_body_that_is_not_shown_is_named(read: Read) -> None:
    catalog, missing = read("whole")
    assert parts(catalog) == {"body of procedure limited_x.work", "grants on routines"}
    assert (missing, len(catalog.events), len(catalog.table("limited_x.parent").triggers)) == ([], 1, 1)


def test_who_may_read_the_table_of_routines_sees_them_all(read: Read) -> None:
    catalog, missing = read("bodies")
    assert (parts(catalog), missing, len(catalog.routines)) == ({"grants on routines"}, [], 1)


def test_rights_on_single_tables_hide_the_others(read: Read) -> None:
    catalog, missing = read("single")
    assert [table.name for table in catalog.tables] == ["parent"]
    assert parts(catalog) >= {"tables and views", "check constraints"}
    assert "SELECT on limited_x.*" in missing


def test_rights_on_single_columns_hide_the_others(read: Read) -> None:
    catalog, missing = read("column")
    assert [column.name for column in catalog.tables[0].columns] == ["id"]
    assert "tables and views" in parts(catalog)
    assert "SELECT on limited_x.parent" in missing


def test_no_right_at_all(mariadb: MysqlServer, read: Read) -> None:
    mariadb.run("CREATE USER stranger")
    database = MysqlDatabase(mariadb.url("limited_x", "stranger"), "the source")
    with pytest.raises(UsageError) as caught:
        database.catalog()
    assert caught.value.code == "PERMISSION_DENIED"


@pytest.mark.parametrize(
    ("statement", "right", "has"),
    [
        ("GRANT ALL PRIVILEGES ON *.* TO `u`@`%` WITH GRANT OPTION", "EVENT", True),
        ("GRANT SELECT, SHOW VIEW ON `d\\_1`.* TO `u`@`%`", "SHOW VIEW", True),
        ("GRANT SELECT, SHOW VIEW ON `d_1`.* TO `u`@`%`", "SHOW VIEW", True),
        ("GRANT SELECT ON `d%`.* TO `u`@`%`", "SELECT", True),
        ("GRANT SELECT ON `e\\_1`.* TO `u`@`%`", "SELECT", False),
        ("GRANT SELECT (`a`), INSERT ON `d_1`.`t` TO `u`@`%`", "SELECT", False),
        ("GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*X'", "SELECT", False),
        ("GRANT PROXY ON ``@`%` TO `u`@`%`", "SELECT", False),
        ("GRANT EXECUTE ON PROCEDURE `d_1`.`p` TO `u`@`%`", "EXECUTE", False),
    ],
)
def test_grants_are_read(statement: str, right: str, has: bool) -> None:
    assert Grants.of([statement], "d_1").has(right) is has


def test_a_table_that_the_server_cannot_open_is_named(mariadb: MysqlServer) -> None:
    url = mariadb.create_database("damaged")
    load_mysql(url, "CREATE TABLE whole (a int); CREATE TABLE lost (a int) ENGINE = MyISAM; FLUSH TABLES")
    assert mariadb.socket is not None
    (mariadb.socket.parent / "data" / "damaged" / "lost.MYI").unlink()
    database = MysqlDatabase(url, "test")
    catalog = database.catalog()
    database.close()
    assert [table.name for table in catalog.tables] == ["whole"]
    assert [(unread.part, unread.kind) for unread in catalog.unread] == [("table damaged.lost", "table")]

"""What a scan of a MariaDB table says about its columns' values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engines.mysql.database import MysqlDatabase
from engines.profile import TableProfile
from tests.servers import MysqlServer, load_mysql

VALUES = r"""
SET sql_mode = '';
CREATE TABLE v (
    n int unsigned, big bigint unsigned, truth tinyint(1), two tinyint(1), price decimal(20,6), ratio double, y year,
    t varchar(60), fixed char(36), latin varchar(10) CHARACTER SET latin1, json_text longtext, doc json,
    raw varbinary(20), d date, ts timestamp NULL, at datetime(6), hour time, e enum('a','b'), bits bit(8),
    nothing text, `we``ird %s` int, utf16 varchar(9) CHARACTER SET utf16 UNIQUE, bytes varbinary(9), KEY (bytes, t)
);
INSERT INTO v VALUES
    (0, 18446744073709551615, 0, 2, -12345.670000, 1.25, 1999, '2024-01-31', '3f2504e0-4f89-11d3-9a0c-0305e82c3301',
     'é', '{"a": 1}', '{"a": "\\u0000"}', x'00ff', '0000-00-00', '2024-01-31 00:00:00', '2024-01-31 10:00:00.5',
     '-01:00:00', 'a', b'11', NULL, 7, 'é', x'00'),
    (4294967295, 1, 1, 0, 1.5, -3, 2024, concat('x', char(0)), '3F2504E0-4F89-11D3-9A0C-0305E82C3301',
     NULL, '[1]', '{}', x'', '2024-00-10', '0000-00-00 00:00:00', NULL, '25:00:00', 'wrong', b'0', NULL, NULL, 'x\0',
     x'0001'),
    (NULL, NULL, NULL, 1, NULL, NULL, NULL, '2024-01-31 10:00:00.25Z', NULL,
     'abc', '{"a"', NULL, NULL, '1901-02-03', NULL, '1999-01-01 00:00:00', '23:59:59', NULL, NULL, NULL, NULL,
     NULL, NULL);
"""


@pytest.fixture(scope="module")
def profile(mariadb: MysqlServer) -> Iterator[TableProfile]:
    url = mariadb.create_database()
    load_mysql(url, VALUES)
    database = MysqlDatabase(url, "test")
    yield database.profile(database.catalog().tables[0])
    database.close()


@pytest.mark.parametrize(
    ("column", "values", "forms", "measures"),
    [
        ("n", 2, {}, {"minimum": 0, "maximum": 4294967295}),
        ("big", 2, {}, {"minimum": 1, "maximum": 18446744073709551615}),
        ("truth", 2, {}, {"minimum": 0, "maximum": 1}),
        ("two", 3, {}, {"minimum": 0, "maximum": 2}),
        ("price", 2, {}, {}),
        ("t", 3, {"nul": 1}, {"max_bytes": 23}),
        ("fixed", 2, {}, {}),
        ("latin", 2, {}, {}),
        ("json_text", 3, {}, {}),
        ("utf16", 2, {"nul": 1}, {"max_bytes": 2}),
        ("bytes", 2, {}, {"max_bytes": 2}),
        ("doc", 2, {"nul": 1}, {}),
        ("raw", 2, {}, {}),
        ("d", 3, {"zero_date": 1, "zero_in_date": 1}, {}),
        ("ts", 2, {"zero_date": 1}, {}),
        ("at", 2, {}, {}),
        ("hour", 3, {"over_24h": 2}, {}),
        ("e", 2, {"empty_label": 1}, {}),
        ("bits", 2, {}, {}),
        ("nothing", 0, {}, {}),
        ("we`ird %s", 1, {}, {"minimum": 7, "maximum": 7}),
    ],
)
def test_a_column(
    profile: TableProfile, column: str, values: int, forms: dict[str, int], measures: dict[str, Any]
) -> None:
    found = profile.columns[column]
    assert found.classes == {"value": values, "null": 3 - values}
    assert found.forms == forms
    assert found.model_dump(exclude={"column", "classes", "forms"}, exclude_none=True) == measures


def test_many_columns_are_scanned_in_batches(empty_mariadb: str) -> None:
    columns = ", ".join(f"c{number} varchar(9)" for number in range(199)) + ", KEY (c119)"
    load_mysql(empty_mariadb, f"CREATE TABLE wide ({columns}); INSERT INTO wide (c119) VALUES ('é')")
    database = MysqlDatabase(empty_mariadb, "test")
    found = database.profile(database.catalog().tables[0])
    assert (found.rows, len(found.columns), found.columns["c119"].max_bytes) == (1, 199, 2)
    database.close()

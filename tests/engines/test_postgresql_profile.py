from engines.registry import open_database
from tests.servers import load_sql

SCRIPT = """
    CREATE TABLE p (i int NOT NULL, n numeric, t text, d date, ts timestamptz, f float8, b bytea, "100%" int, c char(5),
                    m money, j jsonb, e text);
    INSERT INTO p VALUES
        (1, 12.50, 'héllo', '2020-01-01', 'infinity', 'NaN', '\\x0001', 5, 'ab', 1.5, '{}', NULL),
        (-7, 'NaN', 'x', '0044-03-15 BC', '2020-01-01 00:00:00+00', 1, NULL, NULL, NULL, NULL, NULL, NULL),
        (3, -0.00012, 'y', 'infinity', NULL, '-Infinity', NULL, NULL, NULL, NULL, NULL, NULL);
"""


def test_a_scan_says_what_decides_where_values_may_go(empty_18: str) -> None:
    load_sql(empty_18, SCRIPT)
    database = open_database(empty_18)
    try:
        found = database.profile(database.catalog().table("public.p"))
    finally:
        database.close()
    columns = found.columns
    assert found.rows == 3
    assert (columns["i"].minimum, columns["i"].maximum, columns["100%"].maximum) == (-7, 3, 5)
    assert (columns["n"].max_digits, columns["n"].max_scale, columns["n"].forms) == (2, 5, {"nan": 1})
    assert (columns["t"].max_length, columns["t"].max_bytes, columns["c"].max_length) == (5, 6, 2)
    assert columns["d"].forms == {"infinity": 1, "out_of_range": 1}
    assert columns["d"].latest == "2020-01-01" and (columns["d"].earliest or "").endswith("BC")
    assert columns["ts"].forms == {"infinity": 1} and columns["ts"].classes == {"value": 2, "null": 1}
    assert columns["f"].forms == {"nan": 1, "infinity": 1}
    assert columns["b"].max_bytes == 2 and columns["m"].values == 1
    assert columns["e"].values == 0 and columns["e"].max_length is None


def test_an_empty_table_and_one_without_columns_are_scanned(empty_18: str) -> None:
    load_sql(empty_18, "CREATE TABLE e (n numeric, d date); CREATE TABLE none (); INSERT INTO none DEFAULT VALUES")
    database = open_database(empty_18)
    try:
        catalog = database.catalog()
        empty, none = (database.profile(catalog.table(f"public.{name}")) for name in ("e", "none"))
    finally:
        database.close()
    assert empty.rows == 0 and empty.columns["n"].max_digits is None and none.rows == 1

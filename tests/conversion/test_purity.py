"""Which statements of a workload only read."""

import pytest

from conversion.purity import impurity, moving


@pytest.mark.parametrize(
    ("engine", "sql"),
    [
        ("sqlite", "SELECT strftime('%Y', d), CAST(x AS VARCHAR(10)) FROM t LIMIT 5"),
        ("sqlite", "SELECT row_number() OVER (PARTITION BY b ORDER BY c) FROM t WHERE EXISTS (SELECT 1 FROM s)"),
        ("postgresql", "SELECT count(*), sum(a) FILTER (WHERE x IN (1, 2)) FROM t AS q (a, x) GROUP BY 2"),
        ("postgresql", "SELECT date '2020-01-01' + interval '1 day', extract(year FROM d) FROM t"),
        ("postgresql", "WITH x AS (SELECT 1 AS a) SELECT a FROM x UNION SELECT 2"),
    ],
)
def test_query_of_known_functions_only_reads(engine: str, sql: str) -> None:
    assert impurity(sql, engine) is None


@pytest.mark.parametrize(
    ("engine", "sql", "reason"),
    [
        ("postgresql", "SELECT * FROM pg_read_file('x')", "pg_read_file"),
        ("postgresql", "WITH pg_read_file (a) AS (SELECT 1) SELECT pg_read_file('x')", "pg_read_file"),
        ("postgresql", "SELECT read_csv('x')", "read_csv"),
        ("postgresql", 'SELECT "pg_sleep"(3)', "pg_sleep"),
        ("postgresql", "SELECT nextval('s')", "nextval"),
        ("postgresql", "SELECT set_config('a', 'b', false)", "set_config"),
        ("postgresql", "SELECT lo_create(1)", "lo_create"),
        ("postgresql", "SELECT public.f(1)", "f"),
        ("postgresql", "WITH x AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM x", "INSERT"),
        ("postgresql", "SELECT * FROM t FOR UPDATE", "LOCK"),
        ("postgresql", "SELECT x INTO y FROM t", "INTO"),
        ("postgresql", "SELECT 1; DROP TABLE x", "2 statements"),
        ("postgresql", "COPY t TO PROGRAM 'x'", "no query"),
        ("postgresql", "EXPLAIN ANALYZE DELETE FROM t", "no query"),
        ("postgresql", "COMMIT", "no query"),
        ("postgresql", "SELECT 1 OPERATOR(public.+) 2", "operator"),
        ("postgresql", "SELECT (", "parsed"),
        ("sqlite", "SELECT load_extension('x')", "load_extension"),
        ("sqlite", "SELECT * FROM pragma_table_info('x')", "pragma_table_info"),
        ("sqlite", "PRAGMA journal_mode = DELETE", "no query"),
    ],
)
def test_what_may_write_is_named(engine: str, sql: str, reason: str) -> None:
    found = impurity(sql, engine)
    assert found is not None
    assert reason in found


@pytest.mark.parametrize("sql", ["SELECT lower(name) FROM t", "SELECT t.lower FROM t"])
def test_functions_of_the_database_itself_are_not_trusted(sql: str) -> None:
    assert impurity(sql, "postgresql", ["lower"]) is not None


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("SELECT random()", "random"),
        ("SELECT date('now')", "'now'"),
        ("SELECT CURRENT_TIMESTAMP", "current_timestamp"),
        ("SELECT 'random'", None),
        ('SELECT "now" FROM t', None),
    ],
)
def test_result_that_moves_is_recognised(sql: str, word: str | None) -> None:
    assert moving(sql, "sqlite") == word


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("SELECT group_concat(a SEPARATOR ','), date_format(b, '%Y') FROM t GROUP BY c", None),
        ("SELECT `into` FROM t", None),
        ("SELECT /*! sleep(1) */ 1", "comment"),
        ("SELECT @a := 1", "variable"),
        ("SELECT sleep(1)", "sleep"),
        ("SELECT nextval(s)", "nextval"),
        ("SELECT a FROM t FOR UPDATE", "LOCK"),
        ("SELECT a INTO @x FROM t", "INTO"),
    ],
)
def test_what_mysql_would_do_beside_reading_is_seen(sql: str, word: str | None) -> None:
    found = impurity(sql, "mariadb")
    assert found is None if word is None else found is not None and word in found

"""What only the text of a statement knows, read by SQLite's own lexical rules."""

from __future__ import annotations

import sqlite3

import pytest

from engines.sqlite.parse import names_in, parse_index, parse_table, parse_trigger, parse_view
from engines.sqlite.quoting import quote_identifier, quote_literal, unquote
from engines.sqlite.tokens import tokenize

HOSTILE = [
    "plain",
    "with space",
    'quote"s',
    "it's",
    "[brackets]",
    "back`tick",
    "a.b",
    "new\nline",
    "-- x",
    "/*",
    "",
    "ü🦊",
    "select",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_quoted_names_survive_the_way_through_sqlite(name: str) -> None:
    connection = sqlite3.connect(":memory:")
    assert unquote(quote_identifier(name)) == name
    assert connection.execute(f"SELECT {quote_literal(name)}").fetchone() == (name,)
    connection.execute(f"CREATE TABLE {quote_identifier(name)} ({quote_identifier(name)} INT)")
    assert connection.execute("SELECT name FROM sqlite_schema").fetchone() == (name,)
    connection.close()


def test_a_nul_is_no_part_of_a_name() -> None:
    with pytest.raises(ValueError):
        quote_identifier("a\0b")


@pytest.mark.parametrize(
    ("sql", "texts"),
    [
        ("a--b\nc", ["a", "c"]),
        ("a/* ' */b", ["a", "b"]),
        ("a /* open", ["a"]),
        ("'it''s' \"a\"\"b\" [c]d] `e``f`", ["'it''s'", '"a""b"', "[c]", "d", "]", "`e``f`"]),
        ("x'00ff' 0x1F 1.5e-3 .5 5.", ["x'00ff'", "0x1F", "1.5e-3", ".5", "5."]),
        ("a->>'$.b'||c<>d", ["a", "->>", "'$.b'", "||", "c", "<>", "d"]),
        ("größe$1 @p ?2", ["größe$1", "@p", "?2"]),
    ],
)
def test_tokens(sql: str, texts: list[str]) -> None:
    assert [token.text for token in tokenize(sql)] == texts


@pytest.mark.parametrize(
    ("column", "expression"),
    [
        ("b INT GENERATED ALWAYS AS (a + 1) STORED", "a + 1"),
        ("b AS (a || ')' || /* ) */ \"a\") VIRTUAL", "a || ')' || /* ) */ \"a\""),
        ("b TEXT NOT NULL DEFAULT (1) AS ((a))", "(a)"),
        ("b AS (max(a, (2))) UNIQUE", "max(a, (2))"),
        ("b DECIMAL(10, 2) DEFAULT 'AS (1)'", None),
    ],
)
def test_generating_expressions(column: str, expression: str | None) -> None:
    assert parse_table(f"CREATE TABLE t (a INT, {column})").columns["b"].generated == expression


@pytest.mark.parametrize(
    ("body", "checks"),
    [
        ("a INT CHECK (a > 0)", [(None, "a > 0")]),
        ("a INT CONSTRAINT c CHECK (a > (0)) NOT NULL", [("c", "a > (0)")]),
        ("a INT, CHECK (a IN (1, 2)), CONSTRAINT [d d] CHECK (a <> ')')", [(None, "a IN (1, 2)"), ("d d", "a <> ')'")]),
        ("a INT, CONSTRAINT x CHECK (a) CONSTRAINT y CHECK (-a)", [("x", "a"), ("y", "-a")]),
        ("a INT DEFAULT (5) CHECK (a) /* CHECK (no) */", [(None, "a")]),
        ('"check" INT', []),
    ],
)
def test_checks(body: str, checks: list[tuple[str | None, str]]) -> None:
    assert [tuple(check) for check in parse_table(f"CREATE TABLE t ({body})").checks] == checks


def test_keys_with_their_names() -> None:
    text = parse_table("""
        CREATE TABLE IF NOT EXISTS "main"."t" (
            a INTEGER CONSTRAINT pk PRIMARY KEY ASC ON CONFLICT REPLACE AUTOINCREMENT,
            b TEXT COLLATE NOCASE CONSTRAINT u1 UNIQUE ON CONFLICT IGNORE,
            c TEXT, 'd' TEXT,
            CONSTRAINT u2 UNIQUE (c COLLATE RTRIM DESC, "d") ON CONFLICT FAIL
            UNIQUE (d)
        )""")
    assert text.primary_key == ("pk", ["a"])
    assert text.autoincrement
    assert text.uniques == [("u1", ["b"]), ("u2", ["c", "d"]), (None, ["d"])]
    assert {name: column.collation for name, column in text.columns.items()} == {
        "a": None,
        "b": "NOCASE",
        "c": None,
        "d": None,
    }


@pytest.mark.parametrize(
    ("clause", "deferrable", "deferred"),
    [
        ("", False, False),
        ("ON DELETE SET NULL ON UPDATE NO ACTION MATCH FULL DEFERRABLE", True, False),
        ("DEFERRABLE INITIALLY DEFERRED ON DELETE CASCADE", True, True),
        ("DEFERRABLE INITIALLY IMMEDIATE", True, False),
        ("NOT DEFERRABLE INITIALLY DEFERRED NOT NULL", False, False),
    ],
)
@pytest.mark.parametrize("shape", ["a INT REFERENCES p (x) {}", "a INT, CONSTRAINT f FOREIGN KEY (a) REFERENCES p {}"])
def test_deferrable_references(shape: str, clause: str, deferrable: bool, deferred: bool) -> None:
    (found,) = parse_table(f"CREATE TABLE t ({shape.format(clause)}, UNIQUE (a))").references
    assert (found.columns, found.table, found.deferrable, found.initially_deferred) == (
        ["a"],
        "p",
        deferrable,
        deferred,
    )


@pytest.mark.parametrize(
    ("sql", "keys", "predicate"),
    [
        ("CREATE INDEX i ON t (a)", ["a"], None),
        (
            "CREATE UNIQUE INDEX IF NOT EXISTS i ON [t] (lower(a) DESC, b + 1 COLLATE NOCASE ASC)",
            ["lower(a)", "b + 1"],
            None,
        ),
        (
            'CREATE INDEX i ON t (substr(a, 1, 2), "b c") WHERE b IS NOT NULL;',
            ["substr(a, 1, 2)", '"b c"'],
            "b IS NOT NULL",
        ),
        ("CREATE INDEX 'on' ON t (a) WHERE c IN (1, 2) AND d = ';'", ["a"], "c IN (1, 2) AND d = ';'"),
    ],
)
def test_indexes(sql: str, keys: list[str], predicate: str | None) -> None:
    assert parse_index(sql) == (keys, predicate)


@pytest.mark.parametrize(
    ("sql", "query"),
    [
        ("CREATE VIEW v AS SELECT 1", "SELECT 1"),
        ('CREATE TEMP VIEW IF NOT EXISTS main."v w" (a, "b)") AS -- why\n SELECT 1, 2;', "SELECT 1, 2"),
        ("CREATE VIEW [view] AS WITH a AS (SELECT 1) SELECT * FROM a", "WITH a AS (SELECT 1) SELECT * FROM a"),
    ],
)
def test_views(sql: str, query: str) -> None:
    assert parse_view(sql) == query


@pytest.mark.parametrize(
    ("head", "timing", "events"),
    [
        ("CREATE TRIGGER x AFTER INSERT ON t", "AFTER", ["INSERT"]),
        ("CREATE TRIGGER IF NOT EXISTS main.[before] BEFORE UPDATE OF a, b ON t", "BEFORE", ["UPDATE"]),
        ("create trigger 'after' instead of delete on v", "INSTEAD OF", ["DELETE"]),
        ("CREATE TRIGGER x DELETE ON t", "BEFORE", ["DELETE"]),
    ],
)
def test_triggers(head: str, timing: str, events: list[str]) -> None:
    assert parse_trigger(f"{head} BEGIN SELECT 1; END") == (timing, events)


def test_names_in_a_statement() -> None:
    assert {"orders", "a b", "select"} <= names_in("SELECT * FROM Orders, [A b] WHERE x = 5")


@pytest.mark.parametrize(
    "sql", ["", "CREATE", "CREATE TABLE t", "CREATE TABLE t (", "CREATE TABLE t (a CHECK (", "(((", "a b c )"]
)
def test_text_that_makes_no_sense_is_no_error(sql: str) -> None:
    parse_table(sql), parse_index(sql), parse_view(sql), parse_trigger(sql)

"""pgcopydb clones a PostgreSQL database; the validator says what got lost."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.moved import (
    PAGE,
    Case,
    installed,
    moved,
    of_schema,
    of_tables,
    page_list,
    page_rows,
    statements,
    validated,
)
from tests.servers import Server, load_sql

VERSION = "0.10"
EQUAL = [
    Case("everything", "a column of every kind: numbers, texts, bytea, times, uuid, json, arrays, own types, ranges",
         "equal",
         "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE pair AS (a int, b text);"
         "CREATE TABLE everything (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n numeric, d double precision,"
         " r real, t text, c char(5), b bytea, bo boolean, dt date, ts timestamp, tz timestamptz, ti time, iv interval,"
         " u uuid, j json, jb jsonb, a int[], m mood, p pair, rg int4range, ip inet, bi bit(3), po point, mo money,"
         " tv tsvector);"
         "INSERT INTO everything (n, d, r, t, c, b, bo, dt, ts, tz, ti, iv, u, j, jb, a, m, p, rg, ip, bi, po, mo, tv)"
         " VALUES (1.50, 0.1, 0.1, 'é' || chr(769), 'ab', '\\x00ff', true, '4713-01-01 BC', 'infinity',"
         " '2021-06-01 12:00+02', '24:00', '1 mon -1 day', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',"
         """ '{"b": 1.0, "a" : 1}', '{"b": 1.0}', '{1,NULL}', 'ok', '(1,"x y")', '[1,2]', '10.0.0.1', B'101',"""
         " '(1,2)', '$1.00', 'a b'), ('NaN', 'Infinity', '-0', '', '', '', NULL, 'infinity', NULL, '0001-01-01', NULL,"
         " NULL,"
         " NULL, NULL, NULL, '{}', NULL, NULL, 'empty', NULL, NULL, NULL, NULL, NULL);"),
    Case("computed", "a generated column", "equal",
         "CREATE TABLE computed (id int PRIMARY KEY, a int, twice int GENERATED ALWAYS AS (a * 2) STORED);"
         "INSERT INTO computed (id, a) VALUES (1, 1);"),
    Case("no_key", "no key, two equal rows", "equal",
         "CREATE TABLE no_key (v text); INSERT INTO no_key VALUES ('a'), ('a'), (NULL);"),
    Case("measures", "partitions", "equal",
         "CREATE TABLE measures (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);"
         "CREATE TABLE measures_2020 PARTITION OF measures FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');"
         "CREATE TABLE measures_rest PARTITION OF measures DEFAULT;"
         "INSERT INTO measures VALUES (1, '2020-05-05'), (2, '2022-01-01');"),
    Case("base", "rows of its own beside those of a child that inherits", "equal",
         "CREATE TABLE base (id int PRIMARY KEY, v text); INSERT INTO base VALUES (1, 'a');"),
    Case("derived", "such a child", "equal",
         "CREATE TABLE derived (w text) INHERITS (base); INSERT INTO derived VALUES (2, 'b', 'c');"),
    Case("unlogged", "an UNLOGGED table", "1 of 1 rows missing",
         "CREATE UNLOGGED TABLE unlogged (id int PRIMARY KEY, v text); INSERT INTO unlogged VALUES (1, 'a');"),
    Case("parent", "a serial that gave 100, a check", "equal",
         "CREATE TABLE parent (id serial PRIMARY KEY, n int CHECK (n > 0)); INSERT INTO parent (n) VALUES (1), (2);"
         "SELECT setval('parent_id_seq', 100);"),
    Case("child", "a foreign key NOT VALID with an orphan, triggers off", "equal",
         "CREATE TABLE child (id int PRIMARY KEY, parent int); INSERT INTO child VALUES (1, 99);"
         "ALTER TABLE child ADD FOREIGN KEY (parent) REFERENCES parent NOT VALID;"
         "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
         "CREATE TRIGGER off BEFORE INSERT ON child FOR EACH ROW EXECUTE FUNCTION noted();"
         "ALTER TABLE child DISABLE TRIGGER off;"),
    Case("secret", "row security", "equal",
         "CREATE TABLE secret (id int PRIMARY KEY, who text); INSERT INTO secret VALUES (1, 'a');"
         "ALTER TABLE secret ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON secret USING (who = current_user);"),
    Case("mv", "a materialized view", "equal",
         "CREATE MATERIALIZED VIEW mv AS SELECT count(*) AS n FROM parent;"),
    Case("v", "a view", "equal", "CREATE VIEW v AS SELECT * FROM parent;"),
]  # fmt: skip
QUOTED = [
    Case('odd "name', "a name with a double quote", "1 of 1 rows missing",
         'CREATE TABLE "odd ""name" (id int PRIMARY KEY, v text); INSERT INTO "odd ""name" VALUES (1, \'a\');'),
    Case("parent", "a table beside it, with a check", "equal",
         "CREATE TABLE parent (id int PRIMARY KEY, n int CHECK (n > 0)); INSERT INTO parent VALUES (1, 1);"),
    Case("child", "a foreign key, an index, a trigger", "equal",
         "CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent); INSERT INTO child VALUES (1, 1);"
         "CREATE INDEX by_parent ON child (parent);"
         "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
         "CREATE TRIGGER noted BEFORE INSERT ON child FOR EACH ROW EXECUTE FUNCTION noted();"),
]  # fmt: skip
QUOTED_SCHEMA = [
    "foreign key, missing: child.child_parent_fkey",
    'primary key, missing: odd "name',
    "trigger, missing: child.noted",
]


def cloned(server: Server, cases: list[Case], folder: Path) -> tuple[int, str, str]:
    """pgcopydb's exit status, and both databases."""
    pgcopydb = installed("pgcopydb", VERSION)
    source, target = server.create_database(), server.create_database()
    load_sql(source, statements(cases))
    command = [pgcopydb, "clone", "--source", source, "--target", target, "--dir", str(folder / "work")]
    status, _ = moved([*command, "--table-jobs", "1", "--index-jobs", "1"], folder)
    return status, source, target


def test_a_whole_database(postgresql_15: Server, tmp_path: Path) -> None:
    moved_with, source, target = cloned(postgresql_15, EQUAL, tmp_path)
    status, found = validated(source, target, tmp_path)
    assert (moved_with, status, found["equal"], found["unpaired"]) == (0, 1, False, [])
    assert of_tables(found) == {case.table: case.said for case in EQUAL}
    status, schema = validated(source, target, tmp_path, level="schema")
    assert (status, schema["schema_findings"]) == (0, [])


def test_a_name_with_a_quote(postgresql_15: Server, tmp_path: Path) -> None:
    moved_with, source, target = cloned(postgresql_15, QUOTED, tmp_path)
    status, found = validated(source, target, tmp_path)
    assert (moved_with, status) == (12, 1)
    assert of_tables(found) == {case.table: case.said for case in QUOTED}
    status, schema = validated(source, target, tmp_path, level="schema")
    assert of_schema(schema) == QUOTED_SCHEMA


def test_the_page_says_what_was_measured() -> None:
    text = PAGE.read_text()
    assert page_rows(EQUAL) in text
    assert page_rows(QUOTED) in text
    assert page_list(QUOTED_SCHEMA) in text

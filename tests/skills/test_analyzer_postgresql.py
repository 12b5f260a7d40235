"""The analyzer on real PostgreSQL servers: hazards of the source, version changes, index advice."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from engines.postgresql.database import PostgresqlDatabase
from skills.context import SkillContext
from skills.database_optimization_analyzer.skill import Input, Output, run
from tests.servers import load_sql

SCHEMA = """
CREATE TABLE parent (id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY, name text NOT NULL, price real, body xml);
CREATE TABLE child (id serial PRIMARY KEY, parent_id integer REFERENCES parent, n integer);
CREATE INDEX child_n ON child (n);
CREATE INDEX child_n_twin ON child (n);
CREATE TABLE bag (a integer, b json);
CREATE UNLOGGED TABLE scratchpad (id integer PRIMARY KEY);
CREATE TABLE secret (id integer PRIMARY KEY);
CREATE TABLE big_number (id integer PRIMARY KEY);
CREATE SEQUENCE near_end AS integer;
CREATE TABLE parted (id integer, day date) PARTITION BY RANGE (day);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE FUNCTION noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER quiet BEFORE INSERT ON child FOR EACH ROW EXECUTE FUNCTION noop();
CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
"""
AFTER = """
SELECT setval('near_end', 2000000000);
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
ALTER TABLE child DISABLE TRIGGER quiet;
INSERT INTO parent (name) VALUES ('x');
ALTER TABLE child DROP CONSTRAINT child_parent_id_fkey;
INSERT INTO child (parent_id) VALUES (1), (41), (42);
ALTER TABLE child ADD CONSTRAINT late FOREIGN KEY (parent_id) REFERENCES parent NOT VALID;
INSERT INTO bag VALUES (1, '{}'), (1, '{}'), (2, NULL);
SELECT lo_create(0);
CREATE EVENT TRIGGER watcher ON ddl_command_start EXECUTE FUNCTION on_ddl();
"""


def assess(url: str, **target: str) -> Output:
    with closing(PostgresqlDatabase(url, "test")) as database:
        described = {"database": {"url": url}, "target": {"type": "postgresql", "version": "18.0", **target}}
        return run(Input.model_validate(described), SkillContext(source=database))


@contextmanager
def loaded(url: str) -> Iterator[str]:
    load_sql(url, SCHEMA + AFTER)
    try:
        yield url
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP EVENT TRIGGER watcher")


@pytest.mark.parametrize(
    ("identifier", "place", "count"),
    [
        ("no-row-identity", "public.bag", None),
        ("table-without-key", "public.bag", 1),
        ("unlogged-table", "public.scratchpad", None),
        ("row-security", "public.secret", None),
        ("sequence-near-end", "public.near_end", None),
        ("constraint-not-validated", "public.child", 2),
        ("disabled-trigger", "public.child.quiet", None),
        ("large-objects", "pg_largeobject", 1),
        ("unusual-type", "public.parent", None),
        ("partitioned-table", "public.parted", 1),
        ("event-trigger", "watcher", None),
    ],
)
def test_hazard_of_a_postgresql_source_is_found(empty_18: str, identifier: str, place: str, count: int | None) -> None:
    with loaded(empty_18) as url:
        output = assess(url)
    [hazard] = [h for h in output.hazards if h.id == identifier and h.object == place]
    assert hazard.count == count
    assert output.not_checked == []


def test_rows_and_advice_of_postgresql_15(empty_15: str) -> None:
    with loaded(empty_15) as url:
        output = assess(url)
    assert {t.name: t.rows for t in output.inventory.tables}["public.child"] == 3
    assert {advice.problem: advice.index for advice in output.indexes} == {
        "missing-foreign-key-index": None,
        "duplicate-index": "child_n_twin",
    }
    with psycopg.connect(empty_15, autocommit=True) as connection:
        for advice in output.indexes:
            connection.execute(advice.ddl.encode())


def test_changes_between_majors_are_searched_in_the_catalog(empty_15: str) -> None:
    load_sql(empty_15, "CREATE VIEW monitoring AS SELECT checkpoints_timed FROM pg_stat_bgwriter")
    changes = {change.id: change for change in assess(empty_15).breaking_changes}
    assert {change.release for change in changes.values()} == {16, 17, 18}
    assert changes["checkpointer-view"].objects == ["public.monitoring"]
    assert changes["adminpack"].status == "not_found"
    assert changes["md5-deprecated"].status == "to_check"


def test_index_of_a_failed_build_is_found(empty_15: str) -> None:
    with psycopg.connect(empty_15, autocommit=True) as connection:
        connection.execute("CREATE TABLE t (id integer PRIMARY KEY, a integer)")
        connection.execute("INSERT INTO t VALUES (1, 1), (2, 1)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("CREATE UNIQUE INDEX CONCURRENTLY broken ON t (a)")
    assert [h.object for h in assess(empty_15).hazards if h.id == "invalid-index"] == ["public.broken"]


def test_routines_are_unsupported_on_sqlite(empty_18: str) -> None:
    with loaded(empty_18) as url:
        output = assess(url, type="sqlite", version="3.45")
    features = {feature.feature: feature.objects for feature in output.unsupported_features}
    assert "public.noop()" in features["routines"]
    assert features["partitioning"] == ["public.parted"]


def test_sakila_is_read_whole(empty_18: str, corpora: Path) -> None:
    load_sql(empty_18, corpora / "schemas/sakila/postgresql.sql")
    output = assess(empty_18)
    assert (output.inventory.counts["views"], output.inventory.counts["triggers"]) == (7, 15)
    assert "readable-password" in {finding.rule for finding in output.findings}
    assert output.inventory.rows_total is not None

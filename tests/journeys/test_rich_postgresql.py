"""A PostgreSQL schema with a bit of everything, 15 to 18: every row is the same text, everything else is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.journeys.life import Life, copies, finished, lived
from tests.moving import fetch
from tests.servers import Server, load_sql

SCRIPT = Path(__file__).with_name("rich.sql")
RELATIONS = """
    SELECT format('%I.%I', nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE nspname = 'public' AND relkind IN ('r', 'v', 'm') ORDER BY 1"""
# spellings that the server gives; versions 15 and 18 write all of these alike
OBJECTS = {
    "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE connamespace = 'public'::regnamespace AND contype <> 'n' ORDER BY 1, 2",
    "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
    "columns": "SELECT attrelid::regclass::text, attname, format_type(atttypid, atttypmod), attnotnull, attidentity, "
    "attgenerated FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE relkind IN ('r', 'p', 'v', 'm') "
    "AND relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped ORDER BY 1, attnum",
    "functions": "SELECT proname, pg_get_functiondef(oid) FROM pg_proc "
    "WHERE pronamespace = 'public'::regnamespace ORDER BY 1",
    "triggers": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
    "types": "SELECT typname, enumlabel FROM pg_enum JOIN pg_type t ON t.oid = enumtypid ORDER BY 1, enumsortorder",
    "bounds": "SELECT relname, pg_get_expr(relpartbound, oid) FROM pg_class WHERE relispartition ORDER BY 1",
}


def texts(url: str) -> dict[str, list[tuple[str, ...]]]:
    """Every row of every table and view as the server writes it, in one order."""
    found = {}
    for (name,) in fetch(url, RELATIONS):
        found[name] = fetch(url, f'SELECT t::text FROM {name} t ORDER BY t::text COLLATE "C"')
    return found


@pytest.fixture(scope="module")
def moved(
    postgresql_15: Server, postgresql_18: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Life, str, str]]:
    """The schema moved: its life, the source, the target."""
    source, target = postgresql_15.create_database(), postgresql_18.create_database()
    load_sql(source, SCRIPT)
    with lived(tmp_path_factory.mktemp("rich")) as life:
        finished(life.ask(source, target, options={"chunk_rows": 500}))
        yield life, source, target


def test_a_rich_schema_arrives_whole(moved: tuple[Life, str, str]) -> None:
    life, source, target = moved
    wanted = texts(source)
    assert {len(rows) > 0 for rows in wanted.values()} == {True}
    assert texts(target) == wanted
    for name, query in OBJECTS.items():
        assert fetch(target, query) == fetch(source, query), name
    assert copies(target) == {1}
    assert life.command("audit").status == 0


def test_sequences_and_triggers_go_on(moved: tuple[Life, str, str]) -> None:
    _, source, target = moved
    insert = "INSERT INTO person (name) VALUES ('next') RETURNING id, ticket"
    with psycopg.connect(source) as old, psycopg.connect(target) as new:
        assert new.execute(insert).fetchone() == old.execute(insert).fetchone()
        trimmed = new.execute("INSERT INTO note VALUES (1, '  said  ') RETURNING body").fetchone()
        old.rollback()
        new.rollback()
    assert trimmed == ("said",)

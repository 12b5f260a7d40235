"""A target's notes are no part of what it contains, by their exact names; a plan gives none of these away."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from conversion.live import Asked, conversion_of
from engines.errors import Aborted
from engines.own_state import note, notes
from engines.registry import open_database
from tests.moving import sqlite_file
from tests.servers import load_sql


@pytest.mark.parametrize(
    ("engine", "name"),
    [
        ("postgresql", "_dbmo.quarantine"),
        ("mysql", "_dbmo_quarantine"),
        ("mariadb", "_dbmo_quarantine"),
        ("sqlite", "_dbmo_quarantine"),
        ("mongodb", "_dbmo.quarantine"),
    ],
)
def test_people_are_told_what_the_notes_are_called_there(engine: str, name: str) -> None:
    assert note("quarantine", engine) == name
    assert name in notes(engine)


VERSIONS = {"postgresql": "18", "mariadb": "10.11", "sqlite": "3.45", "mongodb": "8.0"}


def converted(folder: Path, engine: str, made: str, home: str = "main") -> set[str]:
    """What the plan of a SQLite source makes of its tables and collections."""
    path = sqlite_file(folder / "s.db", *made.split("; "))
    with closing(open_database(f"sqlite:{path}")) as database:
        found = conversion_of(database, engine, VERSIONS[engine], Asked(home=home)).target
    return {table.name for table in found.tables} | {collection.name for collection in found.collections}


@pytest.mark.parametrize(
    ("engine", "made", "told"),
    [
        ("sqlite", "CREATE TABLE _DBMO_Chunk (a)", "main._DBMO_Chunk"),
        ("sqlite", "CREATE TABLE t (a); CREATE INDEX _dbmo_step ON t (a)", "main.t._dbmo_step"),
        ("sqlite", "CREATE VIEW _DBMO_STEP AS SELECT 1 AS a", "main._DBMO_STEP"),
        ("mariadb", "CREATE TABLE _DBMO_Chunk (a INT)", "main._DBMO_Chunk (main._DBMO_Chunk)"),
        ("mariadb", "CREATE TABLE _dbmo_twin (a INT)", "main._dbmo_twin"),
        ("mongodb", 'CREATE TABLE "_dbmo.session" (a INT)', "main._dbmo.session (_dbmo.session)"),
    ],
)
def test_a_name_that_the_notes_need_is_refused_with_the_plan(engine: str, made: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(Aborted, match="NAME_KEPT") as caught:
        converted(tmp_path, engine, made)
    assert told in caught.value.what


def test_nothing_goes_into_the_schema_of_the_notes(tmp_path: Path) -> None:
    with pytest.raises(Aborted, match=r"NAME_KEPT.*main\.t \(_dbmo\.t\)"):
        converted(tmp_path, "postgresql", "CREATE TABLE t (a INT)", "_dbmo")


@pytest.mark.parametrize(
    ("engine", "made", "name"),
    [
        ("sqlite", "CREATE TABLE _dbmo_orders (a)", "_dbmo_orders"),
        ("mariadb", "CREATE TABLE _dbmo_orders (a INT)", "_dbmo_orders"),
        ("mongodb", 'CREATE TABLE "_dbmo.orders" (a INT)', "_dbmo.orders"),
        ("postgresql", "CREATE TABLE _DBMO_chunk (a INT)", "_DBMO_chunk"),
    ],
)
def test_what_is_only_called_alike_is_carried(engine: str, made: str, name: str, tmp_path: Path) -> None:
    assert converted(tmp_path, engine, made, "public") == {name}


def test_what_others_put_into_the_schema_of_the_notes_is_named(empty_15: str) -> None:
    load_sql(
        empty_15,
        "CREATE SCHEMA _dbmo; CREATE TABLE _dbmo.chunk (a int); CREATE TABLE _dbmo.orders (id serial);"
        "CREATE FUNCTION _dbmo.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TYPE _dbmo.mood AS ENUM ('x')",
    )
    with closing(open_database(empty_15)) as database:
        catalog = database.catalog()
    strangers = [part.part for part in catalog.unread if part.kind == "object"]
    assert strangers == [f"object _dbmo.{name}" for name in ("f", "mood", "orders", "orders_id_seq")]
    assert not (catalog.tables or catalog.sequences or catalog.types or catalog.routines)

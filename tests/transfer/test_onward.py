"""What was a target goes on as a source: its notes stay behind, and what is only called alike comes along."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from pymongo import MongoClient

from engines.full_names import qualified
from engines.registry import open_database
from tests.faults.moves import Move, from_sqlite, on_mariadb, planned, rows
from tests.moving import change, sqlite_file
from tests.transfer.compare.test_pairing_documents import compared, differences
from transfer.units import units

ORDERS = "CREATE TABLE {name} (id int PRIMARY KEY, v varchar(9)); INSERT INTO {name} VALUES (1, 'kept')"


@pytest.fixture
def new(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str, str], str]:
    """An empty database of an engine."""

    def made(engine: str, name: str) -> str:
        if engine == "sqlite":
            return f"sqlite:{sqlite_file(tmp_path / name)}"
        if engine == "mongodb":
            server = request.getfixturevalue("mongodb")
            return str(server.url(server.new_name()))
        return str(request.getfixturevalue({"postgresql": "postgresql_15"}.get(engine, engine)).create_database())

    return made


def add_orders(url: str) -> str:
    """A table, or collection, of somebody's own; its name."""
    if url.startswith("mongodb"):
        with MongoClient[dict[str, object]](url) as client:
            client.get_default_database()["_dbmo.orders"].insert_one({"_id": 1, "v": "kept"})
        return "_dbmo.orders"
    name = "_dbmo_orders"
    statements = ORDERS.format(name=name).split("; ")
    if url.startswith("sqlite:"):
        sqlite_file(Path(url.removeprefix("sqlite:")), *statements)
    elif url.startswith("postgresql"):
        change(url, *statements)
    else:
        on_mariadb(url, *statements)
    return name


def collections_of(url: str) -> dict[str, dict[str, str]]:
    """Those that the catalog of a MongoDB database shows, which keep their names."""
    if not url.startswith("mongodb"):
        return {}
    with closing(open_database(url)) as database:
        catalog = database.catalog()
    return {"renamed_collections": {qualified(catalog.database, one.name): one.name for one in catalog.collections}}


def noted(move: Move) -> set[str]:
    """Tables that the target has chunks of."""
    if move.target.startswith("mongodb"):
        return {found["table_name"] for found in move.found("_dbmo.chunk")}
    table = "_dbmo.chunk" if move.target.startswith("postgresql") else "_dbmo_chunk"
    return {name for (name,) in move.asked(f"SELECT table_name FROM {table}")}


@pytest.mark.parametrize("engine", ["postgresql", "mariadb", "sqlite", "mongodb"])
def test_notes_stay_behind(engine: str, new: Callable[[str, str], str], tmp_path: Path) -> None:
    first, second = new(engine, "first.db"), new(engine, "second.db")
    from_sqlite(tmp_path, first).run()
    orders = add_orders(first)
    onward = planned(first, second, **collections_of(first))
    found = {unit.name for unit in units(onward.plan)}
    assert {name.partition(".")[2] for name in found} == {"t", orders}
    onward.run()
    assert onward.arrived() == rows()
    assert noted(onward) == found
    pairing, results = compared(first, second)
    assert {name.partition(".")[2] for name in results} == {"t", orders}
    assert differences(results) == {}
    assert pairing.unpaired == []


def test_there_and_back_through_another_engine(new: Callable[[str, str], str], tmp_path: Path) -> None:
    """SQLite, MariaDB, MongoDB, and SQLite again."""
    there = from_sqlite(tmp_path, new("mariadb", ""))
    there.run()
    for engine in ("mongodb", "sqlite"):
        onward = planned(there.target, new(engine, "back.db"))
        onward.run()
        there = onward
    assert there.asked("SELECT _id, v FROM t ORDER BY 1") == rows()
    assert len(noted(there)) == 1

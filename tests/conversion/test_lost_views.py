"""A view stays behind with what it reads: an earlier migration's notes, a table that is left out, a view that does."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from conversion.convert import convert
from conversion.result import Conversion, Overrides
from engines.registry import open_database
from tests.moving import sqlite_file
from tests.mysql_servers import load_mysql
from tests.servers import load_sql

VIEWS = (
    "CREATE TABLE t (a int)",
    "CREATE VIEW a_first AS SELECT a FROM z_second",
    "CREATE VIEW kept AS SELECT a FROM t",
)
READS = "CREATE VIEW z_second AS SELECT a FROM {}"
NOTES = {
    "sqlite": ("CREATE TABLE _dbmo_chunk (a int)", "_dbmo_chunk"),
    "mariadb": ("CREATE TABLE _dbmo_chunk (a int)", "_dbmo_chunk"),
    "postgresql": ("CREATE SCHEMA _dbmo; CREATE TABLE _dbmo.chunk (a int)", "_dbmo.chunk"),
}


def converted(engine: str, read: str, folder: Path, request: pytest.FixtureRequest, skip: str = "") -> Conversion:
    """To another database of the engine; skip: a table that is left out."""
    table, *views = VIEWS
    statements = [table, NOTES[engine][0], READS.format(read), *views]
    if engine == "sqlite":
        url = f"sqlite:{sqlite_file(folder / 's.db', *statements)}"
    else:
        url = request.getfixturevalue({"postgresql": "empty_15"}.get(engine, f"empty_{engine}"))
        (load_sql if engine == "postgresql" else load_mysql)(url, "; ".join(statements))
    with closing(open_database(url)) as database:
        catalog = database.catalog()
        left_out = [table.full_name for table in catalog.tables if table.name == skip]
        return convert(catalog, {}, engine, database.version, Overrides(skip=left_out))


@pytest.mark.parametrize("engine", NOTES)
def test_views_of_notes_stay_behind(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    name = NOTES[engine][1]
    made = converted(engine, name, tmp_path, request)
    reasons = {o.object.rpartition(".")[2]: o.reason for o in made.omissions if o.kind == "view"}
    assert list(reasons) == ["a_first", "z_second"]
    assert f"{name}, which isn't carried over" in reasons["z_second"]
    assert "z_second, which isn't carried over" in reasons["a_first"]
    assert [view.name for view in made.target.views] == ["kept"]


@pytest.mark.parametrize("engine", NOTES)
def test_views_of_what_is_left_out_stay_behind(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    made = converted(engine, "t", tmp_path, request, skip="t")
    assert sorted(o.object.rpartition(".")[2] for o in made.omissions if o.kind == "view") == [
        "a_first", "kept", "z_second",
    ]  # fmt: skip
    assert made.target.views == []

"""A catalog that was just read knows the types of views' columns, and which materialized views were never filled."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from engines.catalog import Catalog, Kind
from engines.registry import open_database
from tests.servers import load_mysql, load_sql


def catalog(url: str) -> Catalog:
    with closing(open_database(url)) as database:
        return database.catalog()


def kinds(found: Catalog) -> dict[str, list[tuple[str, Kind]]]:
    return {view.name: [(column.name, column.type.kind) for column in view.typed] for view in found.views}


def test_postgresql(empty_18: str) -> None:
    load_sql(
        empty_18,
        "CREATE TABLE t (id bigint, v text); CREATE VIEW w AS SELECT id, v, now() AS at FROM t;"
        "CREATE MATERIALIZED VIEW filled AS SELECT id FROM t; CREATE MATERIALIZED VIEW bare AS SELECT v FROM t"
        " WITH NO DATA",
    )
    found = catalog(empty_18)
    assert kinds(found) == {
        "w": [("id", Kind.INTEGER), ("v", Kind.TEXT), ("at", Kind.TIMESTAMP)],
        "filled": [("id", Kind.INTEGER)],
        "bare": [("v", Kind.TEXT)],
    }
    assert [view.name for view in found.views if not view.populated] == ["bare"]
    kept = Catalog.model_validate(found.model_dump())
    assert [view.typed for view in kept.views] == [[], [], []]
    assert all(view.populated for view in kept.views)


def test_mariadb(empty_mariadb: str) -> None:
    load_mysql(empty_mariadb, "CREATE TABLE t (id int, v text); CREATE VIEW w AS SELECT id, v, id / 3 AS d FROM t")
    assert kinds(catalog(empty_mariadb)) == {"w": [("id", Kind.INTEGER), ("v", Kind.TEXT), ("d", Kind.DECIMAL)]}


def test_sqlite(tmp_path: Path) -> None:
    file = tmp_path / "v.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript("CREATE TABLE t (id INT, v TEXT); CREATE VIEW w AS SELECT id, v, id + 1 AS n FROM t")
    assert kinds(catalog(f"sqlite:///{file}")) == {"w": [("id", Kind.INTEGER), ("v", Kind.TEXT), ("n", Kind.DYNAMIC)]}

from pathlib import Path

from conversion.fingerprint import fingerprint
from conversion.order import dependency_order
from engines.catalog import Catalog
from tests.conversion.schemas import sqlite_source


def catalog(path: Path, script: str) -> Catalog:
    return sqlite_source(path, script).catalog


def test_rows_do_not_change_the_fingerprint_but_a_column_does(tmp_path: Path) -> None:
    table = "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT);"
    empty = fingerprint(catalog(tmp_path / "a.db", table))
    filled = fingerprint(catalog(tmp_path / "b.db", table + "INSERT INTO t (a) VALUES ('x'), ('y');"))
    wider = fingerprint(catalog(tmp_path / "c.db", table + "ALTER TABLE t ADD b TEXT;"))
    assert empty == filled
    assert empty != wider
    assert len(empty) == 64


def test_what_is_needed_comes_first_and_cycles_are_named() -> None:
    needs = {"c": ["b"], "b": ["a"], "a": ["outside"], "x": ["y"], "y": ["x"], "z": ["x"], "self": ["self"]}
    assert dependency_order(needs) == (["a", "self", "b", "c"], ["x", "y", "z"])

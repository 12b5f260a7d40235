"""The bundled example: every trap arrives or is set aside, and one changed row is named."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest

import engines.embedded
from agent.commands.run import prepare_example
from examples.shop_traps import PLANTED, TRAPS
from tests.journeys.life import CHECKOUT, Ended, Life, dbmo, lived, sha256
from tests.moving import fetch

SET_ASIDE = {
    ("main.customers", "birth_date"), ("main.orders", "discount"), ("main.products", "stock"), ("main.reviews", "body")
}  # fmt: skip
SHOP = CHECKOUT / "examples" / "shop.db"


@dataclass
class Demo:
    """The demo after it ended: its life, its target, how it ended, the source's sha256 before it."""

    life: Life
    target: str
    ended: Ended
    before: str


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    prepare_example(SHOP.with_suffix(".json"))
    with lived(tmp_path_factory.mktemp("demo")) as life:
        before = sha256(SHOP)
        ended = dbmo("demo", "--out", life.folder)
        url = engines.embedded.open_embedded(life.folder / "server").uri("target")
        yield Demo(life, url, ended, before)


def source_rows(query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{SHOP}?mode=ro", uri=True)) as connection:
        connection.text_factory = bytes
        return connection.execute(query, parameters).fetchall()


def target_names(life: Life) -> dict[str, str]:
    """Source table -> quoted target table, as the plan says."""
    tables = life.read("plan.json")["move"]["tables"]
    return {t["source"].removeprefix("main."): '"' + t["target"].replace(".", '"."', 1) + '"' for t in tables}


def test_the_demo_ends_well(demo: Demo) -> None:
    assert demo.ended.status == 0, demo.ended.err
    assert "equal (rows)" in demo.ended.err
    assert demo.life.command("audit").status == 0
    assert set(target_names(demo.life)) >= {trap.table for trap in TRAPS}


def test_the_source_file_is_unchanged_to_the_byte(demo: Demo) -> None:
    assert sha256(SHOP) == demo.before


def test_no_row_is_lost(demo: Demo) -> None:
    held = "SELECT table_name FROM _dbmo.quarantine WHERE action = 'row_withheld'"
    withheld = Counter(row[0].removeprefix("main.") for row in fetch(demo.target, held))
    for table, there in target_names(demo.life).items():
        here = source_rows(f'SELECT count(*) FROM "{table}"')[0][0]
        assert here == fetch(demo.target, f"SELECT count(*) FROM {there}")[0][0] + withheld[table], table


def original(entry: dict[str, Any]) -> Any:
    """A value as the quarantine keeps it, as SQLite gives it."""
    if entry["class"] == "null":
        return None
    return bytes.fromhex(entry["hex"]) if "hex" in entry else entry["text"].encode()


def test_what_was_set_aside_is_what_the_source_holds(demo: Demo) -> None:
    query = "SELECT table_name, column_name, row_key, original FROM _dbmo.quarantine WHERE column_name <> ''"
    entries = fetch(demo.target, query)
    assert {(table, column) for table, column, _, _ in entries} == SET_ASIDE
    for table, column, key, kept in entries:
        number = json.loads(key)["id"]
        held = source_rows(f'SELECT "{column}" FROM "{table.removeprefix("main.")}" WHERE id = ?', number)
        assert held == [(original(json.loads(kept)),)], (table, column, key)


def test_a_row_that_was_withheld_is_kept_whole(demo: Demo) -> None:
    query = "SELECT table_name, original FROM _dbmo.quarantine WHERE column_name = '' ORDER BY original"
    kept = [tuple(original(v) for v in json.loads(row[1]).values()) for row in fetch(demo.target, query)]
    assert kept == source_rows("SELECT * FROM suppliers WHERE code IS NULL ORDER BY name")


@pytest.mark.parametrize("planted", [row for row in PLANTED if row[0].startswith("UPDATE") and "WHERE id" in row[0]])
def test_a_planted_value_arrived_or_is_set_aside(demo: Demo, planted: tuple[str, tuple[Any, ...]]) -> None:
    statement, parameters = planted
    words = statement.split()
    table, column, ids = words[1], words[3], parameters[-statement.partition("WHERE")[2].count("?") :]
    for number in ids:
        [(held,)] = source_rows(f"SELECT {column} FROM {table} WHERE id = ?", number)
        [(there,)] = fetch(demo.target, f"SELECT {column} FROM {table} WHERE id = {number}")
        aside = fetch(
            demo.target,
            f"SELECT original FROM _dbmo.quarantine WHERE table_name = 'main.{table}' AND column_name = '{column}' "
            f"AND row_key = '{json.dumps({'id': number})}'",
        )
        if aside:
            assert original(json.loads(aside[0][0])) == held
        else:
            assert spelled(there) == held, (table, column, number)


def spelled(value: Any) -> Any:
    """A value of PostgreSQL as SQLite holds it, text as bytes."""
    if isinstance(value, dict):
        return json.dumps(value).encode()
    return value.encode() if isinstance(value, str) else value


def test_views_give_as_many_rows(demo: Demo) -> None:
    views = demo.life.read("plan.json")["views"]
    assert views
    for here, there in views.items():
        name = '"' + there.replace(".", '"."', 1) + '"'
        rows = source_rows(f'SELECT count(*) FROM "{here.removeprefix("main.")}"')
        assert fetch(demo.target, f"SELECT count(*) FROM {name}") == rows, here


def test_a_row_changed_in_the_target_is_named(demo: Demo) -> None:
    update = "UPDATE customers SET name = 'Somebody Else' WHERE id = 4711"
    assert demo.life.command("target", "--", "psql", "-qc", update).status == 0
    told = demo.life.command("validate", "--json")
    assert told.status == 1
    differing = [table for table in told.data["tables"] if not table["equal"]]
    assert [(t["name"], t["different"], t["missing"], t["extra"]) for t in differing] == [("main.customers", 1, 0, 0)]
    [row] = differing[0]["rows"]
    assert (row["key"], row["columns"]) == ({"id": "4711"}, ["name"])
    assert "different row id=4711: name:" in told.err
    assert "Somebody Else" in told.err

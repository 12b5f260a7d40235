import sqlite3
from pathlib import Path

import psycopg
import pytest

from engines.errors import UsageError
from engines.registry import open_database
from skills.context import Progress, SkillContext
from skills.registry import get_skill
from skills.schema_comparator.skill import Input, Output, run

SCRIPT = """
CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent, other INTEGER REFERENCES parent(id));
INSERT INTO parent VALUES (1, 'a');
INSERT INTO child VALUES (1, 1, 1), (2, NULL, 99);
CREATE VIEW names AS SELECT name FROM parent;
CREATE TRIGGER t AFTER INSERT ON child BEGIN SELECT 1; END;
"""


@pytest.fixture
def shop(tmp_path: Path) -> str:
    connection = sqlite3.connect(tmp_path / "shop.db")
    connection.executescript(SCRIPT)
    connection.close()
    return f"sqlite:///{tmp_path / 'shop.db'}"


def compare(source: str, target: str | None, mode: str, **more: object) -> Output:
    declared = {"url": target} if target else {"type": "postgresql", "version": "16.1"}
    given = Input.model_validate({"source": {"url": source}, "target": declared, "mode": mode, **more})
    opened = [open_database(url) for url in (source, target) if url]
    try:
        return run(given, SkillContext(source=opened[0], target=opened[1] if target else None))
    finally:
        for database in opened:
            database.close()


def apply(url: str, output: Output) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in output.statements:
            connection.execute(statement.sql.encode())


def test_the_skill_is_found_by_its_name() -> None:
    assert get_skill("schema-comparator").input is Input


def test_converting_profiles_the_source_and_counts_orphans(shop: str) -> None:
    output = compare(shop, None, "convert")
    assert [table.source for table in output.tables] == ["main.child", "main.parent"]
    assert [item.kind for item in output.omissions] == ["trigger"]
    foreign_keys = {statement.id: statement.sql for statement in output.statements if statement.kind == "fk"}
    assert not foreign_keys["fk:public.child:child_parent_fkey"].endswith("NOT VALID")
    assert foreign_keys["fk:public.child:child_other_fkey"].endswith("NOT VALID")
    assert any("rows break it" in note.text for note in output.notes)
    assert len(output.fingerprint) == len(output.target_fingerprint) == 64


def test_after_its_own_statements_nothing_differs(shop: str, empty_18: str) -> None:
    apply(empty_18, compare(shop, empty_18, "convert"))
    assert compare(shop, empty_18, "diff").differences == []


def test_a_change_on_the_target_is_named(shop: str, empty_18: str) -> None:
    apply(empty_18, compare(shop, empty_18, "convert"))
    with psycopg.connect(empty_18, autocommit=True) as connection:
        connection.execute("ALTER TABLE child DROP COLUMN other")
    found = compare(shop, empty_18, "diff").differences
    assert ("public.child.other", "column", True) in {(item.object, item.kind, item.data_loss) for item in found}


def test_two_postgresql_databases_are_compared_as_they_are(empty_18: str, empty_15: str) -> None:
    for url in (empty_18, empty_15):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE t (id integer PRIMARY KEY, a text CHECK (a IN ('x', 'y')))")
    assert compare(empty_15, empty_18, "diff").differences == []


def test_another_schema_takes_the_tables(shop: str) -> None:
    output = compare(shop, None, "convert", target_schema="shop")
    assert output.statements[0].sql == 'CREATE SCHEMA "shop"'
    assert {table.target for table in output.tables} == {"shop.parent", "shop.child"}


def test_progress_is_told_per_table(shop: str) -> None:
    told: list[Progress] = []
    database = open_database(shop)
    given = Input.model_validate({"source": {"url": shop}, "target": {"type": "postgresql", "version": "18"}})
    run(given, SkillContext(source=database, progress=told.append))
    database.close()
    assert [(item.item, item.done, item.total) for item in told] == [("main.child", 1, 2), ("main.parent", 2, 2)]


@pytest.mark.parametrize(
    ("target", "mode", "code"),
    [
        ({"type": "postgresql"}, "convert", "TARGET_UNKNOWN"),
        ({"type": "oracle", "version": "23"}, "convert", "UNSUPPORTED_DIRECTION"),
        ({"type": "postgresql", "version": "18"}, "diff", "TARGET_NOT_OPEN"),
    ],
)
def test_what_cannot_be_compared_is_refused_by_name(target: dict[str, str], mode: str, code: str, shop: str) -> None:
    database = open_database(shop)
    given = Input.model_validate({"source": {"url": shop}, "target": target, "mode": mode})
    with pytest.raises(UsageError, match=code):
        run(given, SkillContext(source=database))
    database.close()


def test_without_an_open_source_nothing_is_converted() -> None:
    given = Input.model_validate({"source": {"type": "sqlite"}, "target": {"type": "postgresql", "version": "18"}})
    with pytest.raises(UsageError, match="SOURCE_NOT_OPEN"):
        run(given, SkillContext())

"""A SQLite source is read from a private copy where that spares its writers; the copy's moment is the source's."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engines.errors import DbmoError
from engines.grant import Grant
from engines.registry import open_database
from skills.context import SkillContext
from skills.etl_pipeline_builder.output import Output
from skills.etl_pipeline_builder.skill import Input, run
from tests.moving import fetch, mapping, plan_of, sqlite_file
from transfer import source_copy

ROWS = [(n, f"row {n}") for n in range(1, 101)]
PLAN = plan_of(mapping("t", [("id", "bigint", "integer"), ("v", "text", "text")]), chunk_rows=10, range_seconds=0)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        rows=[("INSERT INTO t VALUES (?, ?)", ROWS)],
    )


def move(source: Path, target: str, context: SkillContext, wanted: str = "auto") -> Output:
    with closing(open_database(target)) as database:
        context.grant = Grant(PLAN.migration, database.identity, PLAN.plan_hash, scratch=True)
    ends = {"source": {"url": f"sqlite:{source}"}, "target": {"url": target}}
    return run(Input.model_validate({**ends, "plan": PLAN, "source_copy": wanted}), context)


def test_others_write_while_the_copy_is_read_and_a_run_that_was_ended_goes_on(
    source: Path, empty_18: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_copy, "SMALL", 0)
    done: list[Any] = []

    def told(progress: Any) -> None:
        done.append(progress.stage)
        if progress.stage == "copy":  # would wait for the reader of the file itself, and give up
            with closing(sqlite3.connect(source, timeout=0)) as connection, connection:
                connection.execute("UPDATE t SET v = v")

    context = SkillContext(workspace=tmp_path / "w", progress=told, cancelled=lambda: done.count("copy") >= 3)
    with pytest.raises(DbmoError, match="INTERRUPTED"):
        move(source, empty_18, context)
    notes: list[str] = []
    output = move(source, empty_18, SkillContext(workspace=tmp_path / "w", journal=lambda kind, _: notes.append(kind)))
    assert fetch(empty_18, "SELECT id, v FROM t ORDER BY id") == ROWS
    assert (output.resumed["again"], "source copied" in notes) == ([], True)
    assert {row[0] for row in fetch(empty_18, "SELECT copies FROM _dbmo.chunk")} == {1}
    assert list((tmp_path / "w").iterdir()) == []


@pytest.mark.parametrize(
    ("wanted", "mode", "small", "copied"),
    [
        ("auto", "delete", 0, True),
        ("auto", "delete", 10**9, False),
        ("auto", "wal", 0, False),
        ("always", "wal", 10**9, True),
        ("never", "delete", 0, False),
    ],
)
def test_which_files_are_copied(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: Any, mode: str, small: int, copied: bool
) -> None:
    with closing(sqlite3.connect(source)) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")
    monkeypatch.setattr(source_copy, "SMALL", small)
    url = f"sqlite:{source}"
    with source_copy.read_from(url, wanted, tmp_path / "w", lambda kind, body: None, lambda: False) as read:
        assert (read != url) is copied


def test_a_reference_that_is_one_variable_is_read_and_copied(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBMO_SOURCE_OF_TEST", f"sqlite:{source}")
    with source_copy.read_from(
        "${DBMO_SOURCE_OF_TEST}", "always", tmp_path / "w", lambda kind, body: None, lambda: False
    ) as read:
        with closing(open_database(read)) as database:
            assert [table.name for table in database.catalog().tables] == ["t"]
        assert read != "${DBMO_SOURCE_OF_TEST}"

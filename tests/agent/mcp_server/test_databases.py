"""The file of databases: names, references, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.mcp_server.databases import load_databases
from engines.errors import UsageError


def written(folder: Path, content: Any) -> Path:
    path = folder / "dbmo-databases.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("{", "DATABASES_UNREADABLE"),
        ([], "DATABASES_INVALID"),
        ({"database": {}}, "DATABASES_INVALID"),
        ({"databases": {"a b": {"url": "sqlite:x.db"}}}, "DATABASES_INVALID"),
        ({"databases": {"a": {"url": "sqlite:x.db", "user": "x"}}}, "DATABASES_INVALID"),
        ({"databases": {"a": {"url": "oracle://x/y"}}}, "UNSUPPORTED_ENGINE"),
        ({"databases": {"a": {"url": "postgresql://u:hunter2@h/d"}}}, "LITERAL_PASSWORD"),
        ({"databases": {}, "defaults": {"constraints": {}}}, "DATABASES_INVALID"),
        ({"databases": {"a": {"type": "postgresql", "password": "hunter2"}}}, "DATABASES_INVALID"),
    ],
)
def test_mistakes_are_named_and_no_value_is_quoted(tmp_path: Path, content: Any, code: str) -> None:
    with pytest.raises(UsageError) as refused:
        load_databases(written(tmp_path, content))
    assert refused.value.code == code
    assert "hunter2" not in str(refused.value)


def test_a_missing_file_is_an_error_only_when_it_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_databases(None).target_names == ("embedded",)
    with pytest.raises(UsageError, match="DATABASES_UNREADABLE"):
        load_databases(tmp_path / "none.json")


def test_paths_are_taken_from_the_files_folder(tmp_path: Path) -> None:
    databases = load_databases(written(tmp_path, {"databases": {"shop": {"url": "sqlite:data/shop.db"}}}))
    assert databases.url("shop") == f"sqlite:///{tmp_path}/data/shop.db"


def test_a_variable_that_is_not_set_stops_only_its_own_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FAR_URL", raising=False)
    content = {"databases": {"far": {"url": "${FAR_URL}"}, "near": {"url": "sqlite:near.db"}}}
    databases = load_databases(written(tmp_path, content))
    assert databases.url("near")
    with pytest.raises(UsageError, match="VARIABLE_NOT_SET"):
        databases.source("far")
    assert [line["problem"] is None for line in databases.described()] == [False, True, True]


def test_a_declared_database_has_nothing_to_look_at(tmp_path: Path) -> None:
    declared = {"databases": {"old": {"type": "postgresql", "version": "12", "size_gb": 1}}}
    with pytest.raises(UsageError, match="DATABASE_DECLARED_ONLY"):
        load_databases(written(tmp_path, declared)).url("old")

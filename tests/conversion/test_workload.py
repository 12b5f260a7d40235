"""Workload files split into named statements."""

import pytest

from conversion.workload import split_workload
from engines.errors import UsageError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 1", [("f:1", "SELECT 1", 1)]),
        ("SELECT 1;;\n\nSELECT 2;", [("f:1", "SELECT 1", 1), ("f:3", "SELECT 2", 3)]),
        ("SELECT ';' -- no; end\n, 2;", [("f:1", "SELECT ';' -- no; end\n, 2", 1)]),
        ("-- name: a b\nSELECT 1;\n/* name: c */ SELECT 2", [("a b", "SELECT 1", 2), ("c", "SELECT 2", 3)]),
        ("-- just words\nSELECT 1", [("f:2", "SELECT 1", 2)]),
        ("", []),
        ("-- nothing\n", []),
    ],
)
def test_text_is_split_by_the_dialects_tokens(text: str, expected: list[tuple[str, str, int]]) -> None:
    assert [(s.name, s.sql, s.line) for s in split_workload(text, "sqlite", "f")] == expected


def test_dollar_quotes_hide_semicolons() -> None:
    found = split_workload("SELECT $a$;$a$; SELECT 2", "postgresql")
    assert [statement.sql for statement in found] == ["SELECT $a$;$a$", "SELECT 2"]


def test_trigger_body_stays_whole() -> None:
    body = "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT CASE WHEN 1 THEN 2 END; SELECT 3; END"
    assert [statement.sql for statement in split_workload(body + "; SELECT 4", "sqlite")] == [body, "SELECT 4"]


@pytest.mark.parametrize("text", ["SELECT 'open", "SELECT /* open"])
def test_open_string_or_comment_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="WORKLOAD_UNREADABLE"):
        split_workload(text, "sqlite")


def test_engine_without_dialect_is_refused() -> None:
    with pytest.raises(UsageError, match="UNSUPPORTED_DIALECT"):
        split_workload("SELECT 1", "mongodb")

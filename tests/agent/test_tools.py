"""Calls are checked: what runs is typed, and what fails says whether to correct, to give up or to ask a person."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import Field

from agent.tools import Answer, Tool, ToolBox, shown_arguments, signature
from engines.catalog import Model
from engines.errors import Aborted, EngineError, UsageError
from skills.digest import Digest


class Arguments(Model):
    """Arguments of a test's tool."""

    table: str = Field(pattern="^t[0-9]+$")


def box(failure: Exception | None = None) -> ToolBox:
    def work(arguments: Arguments, limit: int) -> Answer:
        if failure is not None:
            raise failure
        return Answer(Digest(handle="look", data={"table": arguments.table, "limit": limit}, tokens=9), rows=3)

    return ToolBox(
        [
            Tool(name, {"name": name, "description": "", "input_schema": {}}, Arguments, work)
            for name in ("look", "glance")
        ],
        {"approve": "Only a person approves."},
    )


def test_a_right_call_runs_with_its_limit() -> None:
    result = box().call("look", {"table": "t1"}, 150)
    assert (result.kind, result.text) == ("ok", '<data handle="look">{"table":"t1","limit":150}</data>')
    assert result.answer is not None and result.answer.rows == 3


@pytest.mark.parametrize(
    ("name", "given", "kind", "words"),
    [
        ("look", {"table": "users; DROP TABLE users"}, "correct", "table: String should match pattern"),
        ("look", {}, "correct", "table: Field required"),
        ("look", {"table": "t1", "sql": "SELECT 1"}, "correct", "sql: Extra inputs are not permitted"),
        ("look", "{not json", "correct", "Wrong arguments"),
        ("look", None, "correct", "Wrong arguments"),
        ("drop_table", {"table": "t1"}, "correct", "There is no such tool. Tools: glance, look."),
        ("approve", {}, "person", "Only a person approves."),
    ],
)
def test_a_wrong_call_says_what_is_wrong(name: str, given: Any, kind: str, words: str) -> None:
    result = box().call(name, given, 150)
    assert result.kind == kind and words in result.why
    assert "DROP TABLE" not in result.text, "what was given is not repeated"


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (UsageError("TABLE_UNKNOWN", "There is no t9.", "Give t1 to t8."), "correct"),
        (EngineError("SOURCE_UNREACHABLE", "It does not answer.", "Run again."), "give_up"),
        (Aborted("SKILL_BROKEN", "It is broken.", "Install again."), "give_up"),
        (Aborted("APPROVAL_MISSING", "Nobody approved.", "dbmo approve x"), "person"),
        (Aborted("FEATURE_UNSUPPORTED", "A trigger stays behind.", "Accept it in the request."), "person"),
    ],
)
def test_an_error_of_the_work_is_one_of_three(failure: Exception, kind: str) -> None:
    assert box(failure).call("look", {"table": "t1"}, 150).kind == kind


def test_an_engine_s_message_is_told_without_the_row_that_it_quotes() -> None:
    failure = EngineError("COPY_FAILED", 'invalid input syntax for type integer: "ada@example.com"', "Run again.")
    assert "ada@example.com" not in box(failure).call("look", {"table": "t1"}, 150).text


def test_the_definitions_are_sorted() -> None:
    assert [definition["name"] for definition in box().definitions] == ["glance", "look"]


def test_arguments_are_shown_flat_and_cut() -> None:
    assert shown_arguments({"a": 1, "b": {"c": "x\x1b[31m" * 100}, "d": None})["a"] == 1
    assert len(shown_arguments({"b": "x" * 1_000})["b"]) == 100
    assert shown_arguments("junk") == {"(not an object)": "junk"}
    assert "\x1b" not in str(shown_arguments({"k\x1b": "v\x1b"}))


def test_the_same_call_has_the_same_signature_whatever_the_order_of_its_arguments() -> None:
    assert signature("look", {"a": 1, "b": 2}) == signature("look", {"b": 2, "a": 1})

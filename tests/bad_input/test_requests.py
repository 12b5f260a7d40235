"""Wrong commands and wrong requests: status 2 or 3, one message, nothing opened."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.journeys.life import Life, dbmo, refused

SOURCE = {"url": "sqlite:///s.db"}
TARGET = {"type": "postgresql", "version": "18", "platform": "embedded"}
CONSTRAINTS = {"max_downtime_minutes": 60, "data_consistency": "strict", "rollback_required": True}
SOUND: dict[str, Any] = {
    "source_database": SOURCE, "target_database": TARGET, "migration_type": "platform", "constraints": CONSTRAINTS
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        ("{", "REQUEST_UNREADABLE", "line 1, column 2"),
        ("[]", "REQUEST_INVALID", "no JSON object"),
        ('{"name": "a", "name": "b"}', "REQUEST_INVALID", "twice"),
        (json.dumps({**SOUND, "nmae": "x"}), "REQUEST_INVALID", "did you mean name?"),
        (json.dumps({**SOUND, "options": {"parallel": "two"}}), "REQUEST_INVALID", "options.parallel"),
        (json.dumps({**SOUND, "migration_type": "teleport"}), "REQUEST_INVALID", "migration_type"),
        (json.dumps({"name": "a"}), "REQUEST_INCOMPLETE", "constraints.max_downtime_minutes"),
        (json.dumps({**SOUND, "source_database": {"url": "oracle://h/d"}}), "UNSUPPORTED_ENGINE", "oracle"),
    ],
)
def test_a_request_that_is_wrong_is_refused(life: Life, text: str, code: str, named: str) -> None:
    life.request.write_text(text)
    assert named in refused(life.run(), 2, code)
    assert not life.folder.exists()


def test_a_request_that_is_not_there_or_not_text(life: Life) -> None:
    refused(life.run(), 2, "REQUEST_UNREADABLE")
    life.request.write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in refused(life.run(), 2, "REQUEST_UNREADABLE")


@pytest.mark.parametrize(
    ("section", "code"),
    [
        (
            {"source_database": {"type": "other", "engine": "oracle", "version": "19", "size_gb": 1}},
            "UNSUPPORTED_ENGINE",
        ),
        ({"migration_type": "splitting"}, "UNSUPPORTED_MIGRATION_TYPE"),
        ({"constraints": {**CONSTRAINTS, "max_downtime_minutes": 0}}, "CONTRADICTORY_CONSTRAINTS"),
    ],
)
def test_what_is_not_moved_is_refused_by_name(life: Life, section: dict[str, Any], code: str) -> None:
    life.request.write_text(json.dumps({**SOUND, **section}))
    refused(life.run(), 3, code)
    assert not (life.folder / "plan.json").exists()


def test_a_variable_that_is_not_set_is_named(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOWHERE_SET", raising=False)
    life.ask("postgresql://u:${NOWHERE_SET}@127.0.0.1:1/d", "embedded:x")
    assert "NOWHERE_SET" in refused(life.run(), 2, "VARIABLE_NOT_SET")


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (("skill", "no-such-skill"), 2, "SKILL_UNKNOWN"),
        (("cutover", "x"), 2, "UNSUPPORTED_COMMAND"),
        (("finalize", "x"), 2, "UNSUPPORTED_COMMAND"),
        (("status", "/nowhere"), 2, "FOLDER_UNKNOWN"),
        (("schema", "skill"), 2, "NAME_MISSING"),
        (("approve", "x", "--show-public"), 2, "KEY_MISSING"),
        (("approve", "x", "--show-public", "--key", "/nowhere.pem"), 2, "KEY_UNREADABLE"),
        (("skill", "schema-comparator", "--input", "/nowhere.json"), 2, "INPUT_UNREADABLE"),
    ],
)
def test_a_command_that_is_wrong_is_refused(words: tuple[str, ...], status: int, code: str) -> None:
    refused(dbmo(*words), status, code)


def test_a_model_that_cannot_be_reached_is_refused_by_name(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    life.request.write_text(json.dumps(SOUND))
    refused(life.run("--driver", "claude"), 2, "NO_MODEL")


@pytest.mark.parametrize("words", [(), ("explode",), ("run",), ("run", "x", "--until", "doomsday")])
def test_usage_is_status_2(words: tuple[str, ...]) -> None:
    ended = dbmo(*words)
    assert ended.status == 2
    assert ended.err.startswith("usage: dbmo")


@pytest.mark.parametrize("lacking", ["tables", "plan"])
def test_a_skills_input_that_is_wrong_is_named(life: Life, lacking: str) -> None:
    path = life.home / "input.json"
    path.write_text('{"source": {"url": "sqlite:///x.db"}}')
    message = refused(dbmo("skill", "etl-pipeline-builder", "--input", path), 2, "INPUT_INVALID")
    assert "target" in message
    assert "plan" in message

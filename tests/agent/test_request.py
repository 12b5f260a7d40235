"""Requests: what is read, what is refused, and with which words."""

from __future__ import annotations

import base64
import copy
import json
from pathlib import Path
from typing import Any

import pytest

from agent.request import load_request, migration_id, parse_request, request_schema
from engines.errors import UsageError

EXAMPLE: dict[str, Any] = {
    "source_database": {"type": "postgresql", "version": "12.8", "size_gb": 450, "host": "prod-db-01.example.com"},
    "target_database": {"type": "postgresql", "version": "16.1", "platform": "aws-rds"},
    "migration_type": "version-upgrade",
    "constraints": {"max_downtime_minutes": 15, "data_consistency": "strict", "rollback_required": True},
}
KEY = base64.b64encode(bytes(32)).decode()


def changed(**changes: Any) -> dict[str, Any]:
    """The example with `section__key=value` set, or removed where the value is ...."""
    data = copy.deepcopy(EXAMPLE)
    for name, value in changes.items():
        *sections, key = name.split("__")
        place = data
        for section in sections:
            place = place.setdefault(section, {})
        if value is ...:
            place.pop(key, None)
        else:
            place[key] = value
    return data


def refused(data: Any) -> UsageError:
    with pytest.raises(UsageError) as caught:
        parse_request(data, Path("/base"))
    return caught.value


def test_reads_the_example_of_the_specification(tmp_path: Path) -> None:
    path = tmp_path / "request.json"
    path.write_text(json.dumps(EXAMPLE))
    request = load_request(path)
    assert request.source_database.size_gb == 450
    assert request.target_database.engine_name == "postgresql"
    assert request.constraints.dual_infrastructure


def test_names_all_missing_fields_at_once() -> None:
    error = refused({})
    assert error.code == "REQUEST_INCOMPLETE"
    assert error.data["missing"] == [
        "source_database.type",
        "source_database.version",
        "source_database.size_gb",
        "target_database.type",
        "target_database.version",
        "target_database.platform",
        "migration_type",
        "constraints.max_downtime_minutes",
        "constraints.data_consistency",
        "constraints.rollback_required",
    ]


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"source_database__size_gb": ...}, ["source_database.size_gb"]),
        ({"source_database__version": None}, ["source_database.version"]),
        ({"migration_type": None}, ["migration_type"]),
        ({"source_database__type": "other"}, ["source_database.engine"]),
        ({"backup__waiver": {"by": "Ann"}}, ["backup.waiver.reason"]),
    ],
)
def test_says_what_is_missing(changes: dict[str, Any], missing: list[str]) -> None:
    error = refused(changed(**changes))
    assert (error.code, error.data["missing"]) == ("REQUEST_INCOMPLETE", missing)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"source_databse": {}}, "did you mean source_database?"),
        ({"constraints__max_downtime": 3}, "did you mean max_downtime_minutes?"),
        ({"data_consistency": "strict"}, "it belongs at constraints.data_consistency"),
        ({"options__accept": [{"object": "a", "by": "b", "reason": "c", "kin": "d"}]}, "did you mean kind?"),
        (
            {"constraints__max_downtime_minutes": "15"},
            "max_downtime_minutes: Input should be a valid number",
        ),
        ({"constraints__max_downtime_minutes": -1}, "greater than or equal to 0"),
        ({"constraints__rollback_required": 1}, "constraints.rollback_required"),
        ({"constraints": None}, "constraints"),
        ({"source_database__type": "sqlite"}, "SQLite is type other with engine sqlite"),
        ({"migration_type": "upgrade"}, "migration_type"),
        ({"name": "../up"}, "name: only lower-case letters"),
        ({"name": "a" * 61}, "60 at most"),
        ({"source_database__type": "mysql", "source_database__url": "postgresql://h/d"}, "type says mysql"),
        ({"source_database__engine": "sqlite", "source_database__url": "postgresql://h/d"}, "the url says postgresql"),
        ({"backup__command": ["true"], "backup__file": "x"}, "exactly one of"),
        ({"backup__command": []}, "backup.command"),
        ({"backup__file": "x"}, "file needs max_age_hours"),
        ({"backup__command": ["true"], "backup__max_age_hours": 2}, "goes with archive or file"),
        ({"workload": {}}, "exactly one of file and pg_stat_statements"),
        ({"options__approvers": ["?"]}, "is not base64"),
        ({"options__approvers": [base64.b64encode(b"short").decode()]}, "no Ed25519 public key"),
        ({"options__target_schema": "a", "target_database__schema": "b"}, "target_database.schema says b"),
        ({"options__policies": {"unholdable": "drop"}}, "options.policies.unholdable"),
    ],
)
def test_refuses_what_is_wrong_by_name(changes: dict[str, Any], words: str) -> None:
    error = refused(changed(**changes))
    assert error.code == "REQUEST_INVALID"
    assert words in error.what


def test_says_everything_that_is_wrong_at_once() -> None:
    error = refused(changed(nam="x", constraints__data_consistency="some", target_database__platform=...))
    assert len(error.data["problems"]) == 2  # type: ignore[arg-type]
    assert error.data["missing"] == ["target_database.platform"]


@pytest.mark.parametrize("data", [[], "text", 3, None])
def test_a_request_is_an_object(data: Any) -> None:
    assert refused(data).code == "REQUEST_INVALID"


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b'{\n "a": ,\n}', "REQUEST_UNREADABLE", "line 2, column 7"),
        (b"", "REQUEST_UNREADABLE", "line 1, column 1"),
        (b"\xff\xfe{}", "REQUEST_UNREADABLE", "not UTF-8"),
        (b"[" * 100_000, "REQUEST_UNREADABLE", "nested too deeply"),
        (b'{"name": "a", "name": "b"}', "REQUEST_INVALID", "name stands twice"),
        (b'{"name": NaN}', "REQUEST_INVALID", "NaN"),
        (b'{"source_database": {"size_gb": 1e999}}', "REQUEST_INVALID", "size_gb"),
    ],
)
def test_unreadable_files_are_told_with_the_place(tmp_path: Path, content: bytes, code: str, words: str) -> None:
    path = tmp_path / "request.json"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        load_request(path)
    assert caught.value.code == code
    assert words in caught.value.what


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_a_path_that_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="REQUEST_UNREADABLE"):
        load_request(tmp_path / name)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:secret@h/d",
        "postgresql://u@h/d?password=secret",
        "mysql://u:secret@h/d",
        "mongodb+srv://u:secret@h/d",
    ],
)
def test_a_literal_password_is_refused_and_not_shown(url: str) -> None:
    error = refused(changed(source_database={"url": url}))
    assert error.code == "LITERAL_PASSWORD"
    assert "secret" not in str(error) and url.split("u")[0] in str(error)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:shop.db", ("other", "sqlite", "sqlite:////base/shop.db")),
        ("sqlite:///data/shop.db", ("other", "sqlite", "sqlite:////base/data/shop.db")),
        ("sqlite:////abs/my%20shop.db", ("other", "sqlite", "sqlite:////abs/my%20shop.db")),
        ("embedded:pg?database=x", ("postgresql", "postgresql", "embedded:/base/pg?database=x")),
        ("postgresql://u:${P}@h/d", ("postgresql", "postgresql", "postgresql://u:${P}@h/d")),
        ("mariadb://u@h/d", ("mysql", "mariadb", "mariadb://u@h/d")),
        ("mongodb://h/d", ("mongodb", "mongodb", "mongodb://h/d")),
    ],
)
def test_type_engine_and_place_come_from_the_url(url: str, expected: tuple[str, str, str]) -> None:
    source = parse_request(changed(source_database={"url": url}), Path("/base")).source_database
    assert (source.type, source.engine, source.url) == expected


def test_a_url_that_is_only_a_variable_is_known_by_its_declared_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_URL", raising=False)
    request = parse_request(changed(source_database={"url": "${SOURCE_URL}", "type": "postgresql"}), Path("/"))
    assert request.source_database.engine == "postgresql"
    assert refused(changed(source_database={"url": "${SOURCE_URL}"})).code == "VARIABLE_NOT_SET"


def test_an_embedded_target_needs_only_its_platform() -> None:
    target = parse_request(changed(target_database={"platform": "embedded"}), Path("/")).target_database
    assert (target.type, target.version, target.scratch) == ("postgresql", "18", True)


@pytest.mark.parametrize(
    ("target", "scratch"),
    [
        ({"url": "embedded:x"}, True),
        ({"url": "embedded:x", "environment": "production"}, False),
        ({"url": "postgresql://h/d"}, False),
        ({"url": "postgresql://h/d", "environment": "scratch"}, True),
    ],
)
def test_only_embedded_and_marked_targets_are_scratch(target: dict[str, str], scratch: bool) -> None:
    assert parse_request(changed(target_database=target), Path("/")).target_database.scratch is scratch


def test_paths_are_taken_from_the_folder_of_the_request() -> None:
    data = changed(backup={"file": "b.dump", "max_age_hours": 2}, workload={"file": "/abs/w.sql"})
    request = parse_request(data, Path("/base"))
    assert request.backup is not None and request.workload is not None
    assert (request.backup.file, request.workload.file) == ("/base/b.dump", "/abs/w.sql")


def test_what_was_written_loads_as_the_same_request() -> None:
    data = changed(
        source_database={"url": "sqlite:shop.db"}, target_database__schema="shop", options__approvers=[KEY], name="shop"
    )
    request = parse_request(data, Path("/base"))
    assert parse_request(json.loads(request.model_dump_json()), Path("/elsewhere")) == request
    assert request.target_schema == "shop"


def test_the_id_is_the_name_or_follows_from_the_content() -> None:
    request = parse_request(EXAMPLE, Path("/"))
    other = parse_request(changed(source_database__size_gb=451), Path("/"))
    again = parse_request(dict(reversed(EXAMPLE.items())), Path("/"))
    assert migration_id(parse_request(changed(name="shop-1"), Path("/"))) == "shop-1"
    assert migration_id(request) == migration_id(again) != migration_id(other)
    assert migration_id(request).startswith("postgresql-to-postgresql-")


def test_the_schema_lets_a_url_stand_for_the_facts() -> None:
    schema = request_schema()
    assert {"required": ["url"]} in schema["$defs"]["SourceDatabase"]["anyOf"]
    assert "schema" in schema["$defs"]["TargetDatabase"]["properties"]
    assert schema["additionalProperties"] is False

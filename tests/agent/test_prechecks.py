"""Pre-checks: each rule stops what it is there for, by name, and nothing else."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.prechecks import CONTRADICTIONS, REQUIRED_SKILLS, RULES, check_request, refuse
from agent.request import parse_request
from agent.request_model import Request
from engines.errors import Aborted, CheckFailed, DbmoError, EngineError, UsageError

SKILLS: dict[str, dict[str, Any]] = {name: {"name": name} for name in REQUIRED_SKILLS}
BASE: dict[str, Any] = {
    "source_database": {"type": "postgresql", "version": "12.8", "size_gb": 450},
    "target_database": {"type": "postgresql", "version": "16.1", "platform": "aws-rds"},
    "migration_type": "platform",
    "constraints": {"max_downtime_minutes": 15, "data_consistency": "eventual", "rollback_required": True},
}
SQLITE = {"type": "other", "engine": "sqlite", "version": "3.45", "size_gb": 1}
WAIVER = {"by": "Ann", "reason": "a copy is kept"}


def request(**sections: Any) -> Request:
    data = copy.deepcopy(BASE)
    for name, value in sections.items():
        data[name] = {**data[name], **value} if name == "constraints" else value
    return parse_request(data, Path("/work"))


def stopped(asked: Request, skills: dict[str, dict[str, Any]] = SKILLS) -> DbmoError:
    with pytest.raises(DbmoError) as caught:
        check_request(asked, skills)
    return caught.value


@pytest.mark.parametrize(
    "sections",
    [
        {},
        {"migration_type": "version-upgrade"},
        {"migration_type": "cloud"},
        {"source_database": SQLITE},
        {"constraints": {"max_downtime_minutes": 0}},
        {"rollback": {"waiver": WAIVER}, "constraints": {"rollback_required": False}},
        {"options": {"validation": "rows"}},
        {"source_database": {"url": "sqlite:a.db"}, "target_database": {"url": "sqlite:b.db"}},
        {"source_database": {"url": "postgresql:///d?host=/a"}, "target_database": {"url": "postgresql:///d?host=/b"}},
        {"source_database": {"url": "postgresql://h/a"}, "target_database": {"url": "postgresql://h/b"}},
        *(
            {"source_database": {"url": source}, "target_database": {"url": target}}
            for source in ("mysql://h/a", "mariadb://h/a", "mongodb://h/a", "sqlite:a.db", "postgresql://h/a")
            for target in ("mysql://h/b", "mariadb://h/b", "mongodb://h/b", "sqlite:b.db", "postgresql://h/b")
        ),
    ],
)
def test_a_sound_request_passes(sections: dict[str, Any]) -> None:
    check_request(request(**sections), SKILLS)


@pytest.mark.parametrize(
    ("source", "target", "named"),
    [
        ({"type": "other", "engine": "oracle", "version": "19", "size_gb": 1}, None, "source oracle."),
        (SQLITE, {"type": "other", "engine": "oracle", "version": "19", "platform": "own"}, "target oracle"),
    ],
)
def test_an_engine_that_is_not_moved_is_named(source: Any, target: Any, named: str) -> None:
    error = stopped(request(source_database=source, target_database=target or BASE["target_database"]))
    assert (error.code, error.exit_status) == ("UNSUPPORTED_ENGINE", 3)
    assert named in error.what


@pytest.mark.parametrize("level", ["sample", "stream"])
def test_every_level_of_the_validator_may_be_asked_for(level: str) -> None:
    check_request(request(options={"validation": level}, constraints={"data_consistency": "eventual"}), SKILLS)


@pytest.mark.parametrize(
    ("source", "target"), [("11.22", "16"), ("12", "19.1"), ("9.6.24", "16"), ("latest", "16"), ("12", "PostgreSQL 16")]
)
def test_a_version_that_is_not_tested_is_refused(source: str, target: str) -> None:
    asked = request(
        source_database={**BASE["source_database"], "version": source},
        target_database={**BASE["target_database"], "version": target},
    )
    assert stopped(asked).code == "UNSUPPORTED_VERSION"


@pytest.mark.parametrize("kind", ["consolidation", "splitting", "refactoring", "schema"])
def test_a_kind_of_migration_that_is_not_done_is_refused_by_name(kind: str) -> None:
    error = stopped(request(migration_type=kind))
    assert (error.code, error.exit_status) == ("UNSUPPORTED_MIGRATION_TYPE", 3)
    assert kind in error.what


PAIRS: dict[str, dict[str, Any]] = {
    "zero-downtime + no replication": {"source_database": SQLITE, "constraints": {"max_downtime_minutes": 0}},
    "rollback required + rehearsal waived": {"rollback": {"waiver": WAIVER}},
    "version upgrade + other engine": {"source_database": SQLITE, "migration_type": "version-upgrade"},
    "version upgrade + target not newer": {
        "source_database": {**BASE["source_database"], "version": "16.3"},
        "migration_type": "version",
    },
    "source + same target": {
        "source_database": {"url": "postgresql://u@h/d"},
        "target_database": {"url": "postgres://v:${P}@h/d?sslmode=require"},
    },
    "strict consistency + weak validation": {
        "constraints": {"data_consistency": "strict"},
        "options": {"validation": "sample"},
    },
    "critical system + weak validation": {
        "constraints": {"domain": "Healthcare"},
        "options": {"validation": "counts"},
    },
    "pg_stat_statements + other source": {"source_database": SQLITE, "workload": {"pg_stat_statements": True}},
}


@pytest.mark.parametrize("pair", [pair.id for pair in CONTRADICTIONS])
def test_each_pair_that_contradicts_itself_is_named(pair: str) -> None:
    error = stopped(request(**PAIRS[pair]))
    assert (error.code, error.exit_status) == ("CONTRADICTORY_CONSTRAINTS", 3)
    assert error.data["pairs"] == [pair]
    assert pair in error.what


def test_all_contradictions_are_told_at_once() -> None:
    asked = request(
        source_database=SQLITE,
        constraints={"max_downtime_minutes": 0, "data_consistency": "strict"},
        options={"validation": "sample"},
    )
    assert len(stopped(asked).data["pairs"]) == 2  # type: ignore[arg-type]


def test_missing_skills_are_named() -> None:
    error = stopped(request(), {name: SKILLS[name] for name in REQUIRED_SKILLS[2:]})
    assert (error.code, error.data["skills"]) == ("SKILL_MISSING", list(REQUIRED_SKILLS[:2]))


def test_a_deprecated_skill_is_named_with_its_reason() -> None:
    error = stopped(request(), {**SKILLS, "query-translator": {"metadata": {"deprecated": "use the next one"}}})
    assert error.code == "SKILL_DEPRECATED"
    assert "query-translator (use the next one)" in error.what


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_has_a_sentence_and_an_exit_status(rule: Any) -> None:
    assert rule.sentence.endswith(".")
    assert rule.exit_status in {1, 2, 3, 4}
    error = refuse(rule.code, "It happened.", "Do this.")
    assert (error.code, error.exit_status) == (rule.code, rule.exit_status)


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        (UsageError, {"REQUEST_UNREADABLE", "REQUEST_INVALID", "REQUEST_INCOMPLETE"}),
        (EngineError, {"SOURCE_UNREACHABLE"}),
        (CheckFailed, {"BACKUP_NOT_VERIFIED", "ROLLBACK_NOT_REHEARSED"}),
        (Aborted, {"APPROVAL_MISSING", "FEATURE_UNSUPPORTED", "VOLUME_OVER_CAPACITY", "DEPENDENCIES_TOO_COMPLEX"}),
    ],
)
def test_rules_end_with_the_designed_kind_of_error(kind: Callable[..., DbmoError], codes: set[str]) -> None:
    assert codes <= {rule.code for rule in RULES if rule.kind is kind}

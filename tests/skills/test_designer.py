"""The designer: every row of its tables fires, equal input gives an equal design, and the design fits the facts."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.errors import Aborted
from skills.context import SkillContext
from skills.data_engineering_pipeline_designer.decision_matrix import STRATEGY_ROWS, TIER_ROWS, VALIDATION_ROWS
from skills.data_engineering_pipeline_designer.skill import Input, Output, run
from skills.data_engineering_pipeline_designer.tools import TOOL_ROWS

EXAMPLE: dict[str, Any] = {
    "name": "orders",
    "migration_type": "version-upgrade",
    "source": {"engine": "postgresql", "version": "12.8", "host": "prod-db-01.example.com"},
    "target": {"engine": "postgresql", "version": "16.1", "platform": "aws-rds"},
    "assessment": {"size_gb": 450, "declared": True},
    "constraints": {"max_downtime_minutes": 15, "data_consistency": "strict", "rollback_required": True},
}
SQLITE = {"engine": "sqlite", "version": "3.45"}
REPLICATED = {**SQLITE, "replicates": True}
PATIENT = {"max_downtime_minutes": 999}
RELAXED = {"data_consistency": "eventual"}


def design_input(**sections: Any) -> Input:
    data = {name: dict(value) if isinstance(value, dict) else value for name, value in EXAMPLE.items()}
    for name, value in sections.items():
        data[name] = {**data[name], **value} if name in {"assessment", "constraints"} else value
    return Input.model_validate(data)


def design(**sections: Any) -> Output:
    return run(design_input(**sections), SkillContext())


def fired(output: Output) -> set[str]:
    return {decision.rule for decision in output.decisions if decision.fired}


# What makes each row of the strategy table decide.
STRATEGY_CASES: dict[str, tuple[dict[str, Any], str | None]] = {
    "S0-zero-downtime-without-replication": ({"source": SQLITE, "constraints": {"max_downtime_minutes": 0}}, None),
    "S1-zero-downtime": ({"constraints": {"max_downtime_minutes": 0}}, "continuous-replication"),
    "S2-large-or-multi-tenant": ({"assessment": {"size_gb": 1000.1}}, "trickle"),
    "S3-small-and-fits": ({"source": SQLITE, "assessment": {"size_gb": 0.1}}, "big-bang"),
    "S4-dual-infrastructure": ({}, "blue-green"),
    "S5-both-replicate": ({"constraints": {"dual_infrastructure": False}}, "continuous-replication"),
    "S6-nothing-fits": ({"source": SQLITE, "constraints": {"dual_infrastructure": False}}, None),
}


@pytest.mark.parametrize("row", [row.id for row in STRATEGY_ROWS])
def test_each_strategy_row_decides_for_the_input_made_for_it(row: str) -> None:
    sections, strategy = STRATEGY_CASES[row]
    if strategy is None:
        with pytest.raises(Aborted) as caught:
            design(**sections)
        assert (caught.value.code, caught.value.data["rule"]) == ("CONTRADICTORY_CONSTRAINTS", row)
    else:
        output = design(**sections)
        assert output.strategy == strategy
        assert [d.rule for d in output.decisions if d.fired and d.table == "strategy"] == [row]


@pytest.mark.parametrize(
    ("sections", "strategy"),
    [
        ({"constraints": {"multi_tenant": True}}, "trickle"),
        ({"assessment": {"size_gb": 1000}}, "blue-green"),
        ({"assessment": {"size_gb": 99.9}, "constraints": {"max_downtime_minutes": 240}}, "big-bang"),
        ({"assessment": {"size_gb": 100}, "constraints": {"max_downtime_minutes": 240}}, "blue-green"),
        ({"assessment": {"size_gb": 99}, "constraints": {"max_downtime_minutes": 60}}, "blue-green"),
        (
            {
                "assessment": {"size_gb": 99},
                "constraints": {"max_downtime_minutes": 999},
                "rates": {"bytes_per_second": 1e6},
            },
            "blue-green",
        ),
        (
            {"source": {**SQLITE, "replicates": True}, "constraints": {"max_downtime_minutes": 0}},
            "continuous-replication",
        ),
    ],
)
def test_limits_of_the_strategy_rows(sections: dict[str, Any], strategy: str) -> None:
    assert design(**sections).strategy == strategy


def test_the_example_of_the_specification_is_blue_green_with_pg_dump_and_logical_replication() -> None:
    output = design()
    assert output.strategy == "blue-green"
    assert [(tool.name, tool.version) for tool in output.tools[:2]] == [
        ("pg_dump", "16"),
        ("logical replication", "12 to 16"),
    ]
    assert "cutback" in output.rollback and "prod-db-01.example.com" in output.rollback
    assert output.timeline.downtime_minutes <= 15
    assert output.unsupported and any("declared" in warning for warning in output.warnings)


OURS = {"schema-comparator", "etl-pipeline-builder"}
TOOL_CASES: dict[str, tuple[str, str, dict[str, Any], set[str]]] = {
    "T0-consolidation": ("mysql", "postgresql", {"migration_type": "consolidation"}, {"data pipeline with"}),
    "T1-postgresql-replicated": ("postgresql", "postgresql", {}, {"pg_dump", "logical replication"}),
    "T2-postgresql-copied": (
        "postgresql",
        "postgresql",
        {"assessment": {"size_gb": 1}},
        {"schema-comparator", "etl-pipeline-builder"},
    ),
    "T3-sqlite-postgresql": ("sqlite", "postgresql", {}, {"schema-comparator", "etl-pipeline-builder"}),
    "T9-to-sqlite": ("postgresql", "sqlite", {}, {"schema-comparator", "etl-pipeline-builder"}),
    "T4-mysql-postgresql": ("mysql", "postgresql", {"assessment": {"size_gb": 1}}, OURS),
    "T5-mongodb-postgresql": ("mongodb", "postgresql", {}, OURS),
    "T6-sql-mongodb": ("postgresql", "mongodb", {}, {"normalization review", *OURS}),
    "T7-mysql-mysql": ("mysql", "mariadb", {}, {*OURS, "binary log replication"}),
    "T8-mongodb-mongodb": ("mongodb", "mongodb", {}, OURS),
    "T10-to-mysql": ("sqlite", "mysql", {}, OURS),
}
VERSIONS = {"postgresql": "16.1", "mysql": "8.0", "mariadb": "10.11", "mongodb": "7.0", "sqlite": "3.45"}


@pytest.mark.parametrize("row", [row.id for row in TOOL_ROWS])
def test_each_tool_row_decides_for_the_pair_made_for_it(row: str) -> None:
    source, target, sections, tools = TOOL_CASES[row]
    output = design(
        source={"engine": source, "version": VERSIONS[source]},
        target={"engine": target, "version": VERSIONS[target]},
        **sections,
    )
    chosen = [tool for tool in output.tools if tool.rule == row]
    assert [d.rule for d in output.decisions if d.fired and d.table == "tools"] == [row]
    assert all(any(tool.name.startswith(name) for tool in chosen) for name in tools)
    assert len(chosen) == len(tools)


def test_mysql_in_use_is_moved_to_aws_by_dms() -> None:
    output = design(source={"engine": "mysql", "version": "8.0"})
    assert "AWS DMS" in {tool.name for tool in output.tools}
    assert output.unsupported


def test_our_own_tools_say_what_they_replace() -> None:
    ours = [tool for tool in design(assessment={"size_gb": 1}).tools if tool.replaces]
    assert {tool.replaces for tool in ours} == {"pg_dump --schema-only 16", "pg_dump and pg_restore 16"}


def test_a_pair_without_a_row_is_refused_by_name() -> None:
    with pytest.raises(Aborted, match=r"UNSUPPORTED_ENGINE.*postgresql to oracle"):
        design(target={"engine": "oracle", "version": "19"})


VALIDATION_CASES: dict[str, tuple[dict[str, Any], str]] = {
    "V1-schema": ({}, "full"),
    "V2-full": ({"constraints": {**RELAXED, "domain": "financial"}, "assessment": {"size_gb": 5000}}, "full"),
    "V3-sample": ({"constraints": RELAXED, "assessment": {"size_gb": 5000}}, "sample"),
    "V4-full-because-small": ({"constraints": RELAXED}, "full"),
    "V5-performance": ({"constraints": {"goals": ["performance"]}}, "full"),
}


@pytest.mark.parametrize("row", [row.id for row in VALIDATION_ROWS])
def test_each_validation_row_fires(row: str) -> None:
    sections, reconciliation = VALIDATION_CASES[row]
    depth = design(**sections).validation_depth
    assert row in depth.rules
    assert depth.reconciliation == reconciliation
    assert depth.schema_comparison


@pytest.mark.parametrize(
    ("asked", "size", "level"),
    [
        ("counts", 1, "rows"),
        ("sample", 1, "rows"),
        ("stream", 1, "stream"),
        (None, 5000, "sample"),
        ("rows", 5000, "rows"),
    ],
)
def test_a_level_that_was_asked_for_is_never_weaker_than_the_table(asked: str | None, size: float, level: str) -> None:
    output = design(validation_level=asked, assessment={"size_gb": size}, constraints=RELAXED)
    assert output.validation_depth.level == level


@pytest.mark.parametrize(("tables", "tier"), [(None, "T1"), (100, "T1"), (101, "T2")])
def test_over_a_hundred_tables_are_assessed_deeply(tables: int | None, tier: str) -> None:
    output = design(assessment={"table_count": tables})
    assert output.tiers == {"assessment": tier, "planning": "T2", "execution": "T2", "validation": "T2"}
    assert {row.id for row in TIER_ROWS if row.phase != "assessment"} <= fired(output)


FACTS = st.fixed_dictionaries(
    {
        "size_gb": st.floats(0, 1e6),
        "table_count": st.none() | st.integers(0, 100_000),
        "rows": st.none() | st.integers(0, 10**12),
    }
)
LIMITS = st.fixed_dictionaries(
    {
        "max_downtime_minutes": st.just(0.0) | st.floats(0, 1e5),
        "data_consistency": st.sampled_from(["strict", "eventual"]),
        "rollback_required": st.booleans(),
        "dual_infrastructure": st.booleans(),
        "criticality": st.sampled_from(["normal", "critical"]),
        "multi_tenant": st.booleans(),
        "goals": st.sampled_from([[], ["performance"]]),
    }
)
SOURCE = st.sampled_from(["sqlite", "postgresql", "mysql", "mongodb"])


@settings(max_examples=150, deadline=None)
@given(facts=FACTS, limits=LIMITS, source=SOURCE, scratch=st.booleans())
def test_any_facts_give_one_strategy_or_the_named_abort(
    facts: dict[str, Any], limits: dict[str, Any], source: str, scratch: bool
) -> None:
    sections = {
        "source": {"engine": source, "version": VERSIONS[source]},
        "target": {"engine": "postgresql", "version": "16.1", "scratch": scratch},
        "assessment": facts,
        "constraints": limits,
    }
    try:
        output = design(**sections)
    except Aborted as error:
        assert error.code == "CONTRADICTORY_CONSTRAINTS"
        return
    assert output == design(**sections)
    assert len([d for d in output.decisions if d.table == "strategy" and d.fired]) == 1
    closed = sum(stage.duration_minutes or 0 for stage in output.stages if stage.downtime)
    if output.strategy != "trickle":
        assert output.timeline.downtime_minutes == pytest.approx(closed, abs=0.05)
    if limits["max_downtime_minutes"] == 0:
        assert output.timeline.downtime_minutes == 0
    ast.parse(output.exports["airflow/dag.py"])


def test_every_decision_names_its_rule_inputs_and_source() -> None:
    for decision in design().decisions:
        assert decision.rule and decision.because and decision.citation.startswith("specification")


def test_alternatives_are_the_other_strategies_with_reasons() -> None:
    alternatives = {a.strategy: a.possible for a in design().alternatives}
    assert alternatives == {"big-bang": False, "continuous-replication": True, "trickle": False}

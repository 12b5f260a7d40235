"""Lessons and tasks: each appears with its figures where its fact is there, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.follow_ups import post_migration_tasks
from agent.journal import Entry
from agent.lessons import lessons_learned
from agent.plan import Plan, Side
from agent.report.facts import Facts
from agent.request import parse_request
from conversion.mapping import Omission, Statement, TableMapping
from skills.etl_pipeline_builder.output import Output as Built
from skills.etl_pipeline_builder.output import QuarantinedValue, StepResult, TableResult
from skills.query_translator.models import Translation
from skills.testing_strategy_composer.performance import Performance, QueryPerformance, SideMetrics
from transfer.moveplan import MovePlan

REQUEST = {
    "source_database": {"type": "other", "engine": "sqlite", "version": "3", "size_gb": 1},
    "target_database": {"type": "postgresql", "version": "18", "platform": "embedded"},
    "migration_type": "platform",
    "constraints": {"max_downtime_minutes": 60, "data_consistency": "strict", "rollback_required": True},
    "options": {"accept": [{"object": "main.*", "kind": "trigger", "by": "Ann", "reason": "the programs do it"}]},
}
Change = Callable[[Facts], None]


def built(**changes: Any) -> dict[str, Any]:
    table = TableResult(name="main.t", rows=10, bytes=100, seconds=3.0, chunks=1, copies=1, quarantined=0)
    output = Built(tables=[table], quarantined=[], position="p", steps=[], sequences={}, stages={}, resumed={}, epoch=1)
    return {**output.model_dump(mode="json"), **changes}


def facts(*changes: Change) -> Facts:
    """A migration that went through and has nothing to tell, then the changes."""
    mapping = TableMapping(source="main.t", target="public.t", columns=[])
    move = MovePlan(
        migration="m", source_engine="sqlite", target_engine="postgresql", tables=[mapping], statements=[], sequences=[]
    )
    plan = Plan(
        migration="m",
        source=Side(engine="sqlite", version="3", reference="sqlite:///t.db"),
        target=Side(engine="postgresql", version="18", reference="embedded"),
        strategy="big-bang",
        decisions=[],
        declared=False,
        move=move,
        validation_level="rows",
    )
    found = Facts("m", parse_request(REQUEST, Path("/")), "now", "0" * 64, [], {}, plan=plan, execution=built())
    for change in changes:
        change(found)
    return found


def entry(number: int, kind: str, body: dict[str, Any], at: str = "2025-10-26T04:00:00.000+00:00") -> Entry:
    return Entry(number, at, kind, body, "", "")


def quarantined(action: str, column: str) -> Change:
    value = QuarantinedValue(
        table="main.t", key='{"id": 1}', column=column, reason="text in a number", action=action, original="{}"
    )

    def change(found: Facts) -> None:
        found.execution = built(quarantined=[value.model_dump()] * 2)

    return change


def resumed(found: Facts) -> None:
    found.entries = [entry(n, "execution started", {}) for n in (1, 2, 3)]
    found.execution = built(resumed={"kept": 4, "source_changed": True, "proved": 4, "again": ["main.t chunk 2"]})


def slow(found: Facts) -> None:
    found.entries = [
        entry(1, "execution started", {}),
        entry(2, "stage finished", {"stage": "copy", "seconds": 2.0}),
        entry(3, "stage finished", {"stage": "post_data", "seconds": 6.0}),
    ]
    assert found.plan is not None and found.plan.move is not None
    found.plan.move.statements = [Statement(id="index:i", sql="", object="i", kind="index", stage="post_data")]
    found.execution = built(steps=[StepResult(id="index:i", seconds=5.5).model_dump()])


def waived(found: Facts) -> None:
    waiver = {"of": "backup", "by": "Bob", "reason": "a copy is kept", "at": None}
    found.gates = {"backup": None, "rehearsal": None, "waivers": [waiver]}


def omitted(found: Facts) -> None:
    assert found.plan is not None
    found.plan.omissions = [
        Omission(object=f"main.t.{name}", kind="trigger", reason="no translation", effort_hours=2) for name in "ab"
    ]


def refuted(found: Facts) -> None:
    made = Translation(name="q1", source="", verdict="REFUTED", detail="row 3 differs")
    found.translation = {"translations": [made.model_dump(mode="json")]}


def not_valid(found: Facts) -> None:
    assert found.plan is not None and found.plan.move is not None
    sql = "ALTER TABLE t ADD FOREIGN KEY (x) REFERENCES u (id) NOT VALID"
    found.plan.move.statements = [Statement(id="fk", sql=sql, object="public.t.t_x_fkey", kind="fk", stage="post_data")]
    hazard = {"id": "orphaned-rows", "object": "main.t", "column": "x", "count": 3}
    found.assessment = {"hazards": [hazard], "indexes": []}


def slower(found: Facts) -> None:
    def side(milliseconds: float) -> SideMetrics:
        return SideMetrics(
            runs_ms=[], median_ms=milliseconds, p95_ms=milliseconds, rows=1, resources={}, bound_by="a scan of t"
        )

    query = QueryPerformance(name="q1", before=side(10), after=side(15), improvement_percent=-50.0)
    measured = Performance(
        baseline_metrics={"median_ms": 10},
        current_metrics={"median_ms": 15},
        improvement_percent=-50.0,
        queries=[query],
        runs=5,
        warm_up=1,
        method="",
    )
    found.composed = {"performance": measured.model_dump(mode="json"), "criteria": []}


def embedded(found: Facts) -> None:
    found.embedded = True


def indexes(found: Facts) -> None:
    advice = {"problem": "missing-foreign-key-index", "table": "main.t", "columns": ["x"]}
    found.assessment = {"hazards": [], "indexes": [advice]}


def test_a_migration_without_events_teaches_nothing() -> None:
    assert lessons_learned(facts()) == []
    assert post_migration_tasks(facts()) == [
        "Compare source and target before anything uses the target: dbmo validate."
    ]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            quarantined("null", "n"),
            "t: text in a number, 2 values; kept in quarantine with the key, NULL in the target.",
        ),
        (resumed, "The execution was run 3 times; each run went on where the one before stopped."),
        (resumed, "4 finished chunks of an earlier run stood and were not copied again."),
        (
            resumed,
            "The source changed between two runs: 4 chunks were proved equal, 1 chunk copied again (main.t chunk 2).",
        ),
        (slow, "Stage post_data took 6.00 s, 75 % of the execution; the longest step was index:i with 5.50 s."),
        (waived, "Done without backup: waived by Bob (a copy is kept)."),
        (
            omitted,
            "Ann accepted that 2 objects stay behind (trigger t.a, trigger t.b): the programs do it.",
        ),
        (refuted, "The translation of query q1 was refuted: row 3 differs."),
        (
            slower,
            "The workload takes 50.0 % more time on the target: the medians add up to 10.0 ms before and "
            "15.0 ms after.",
        ),
    ],
)
def test_lesson_tells_its_fact_with_its_figures(change: Change, sentence: str) -> None:
    assert sentence in lessons_learned(facts(change))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (quarantined("null", "n"), "Decide about 2 values of t.n in the quarantine table."),
        (
            quarantined("row_withheld", ""),
            "Give 2 withheld rows of t what the target demands, or drop them for good.",
        ),
        (omitted, "Write 2 triggers by hand (about 4 h): t.a, t.b; no translation."),
        (refuted, "Rewrite query q1 for the target."),
        (
            not_valid,
            "Repair the rows that break t_x_fkey (3 orphaned rows found), then: "
            'ALTER TABLE "public"."t" VALIDATE CONSTRAINT "t_x_fkey";',
        ),
        (slower, "Look at query q1: 10.0 ms before, 15.0 ms after; on the target a scan of t."),
        (
            embedded,
            "Move the target to a lasting server: the embedded one lives in the migration's folder and runs only "
            "while a command uses it.",
        ),
        (indexes, "Consider an index for 1 foreign key without one: t (x)."),
    ],
)
def test_task_names_what_is_left_to_do(change: Change, sentence: str) -> None:
    assert sentence in post_migration_tasks(facts(change))

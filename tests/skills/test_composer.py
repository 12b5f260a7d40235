"""The composer on a finished migration: criteria, suites that run, measured queries."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from skills.context import SkillContext
from skills.testing_strategy_composer.performance import improvement, percentile
from skills.testing_strategy_composer.skill import Input, Output, run
from tests.skills.moved import WORKLOAD, Moved, moved
from tests.skills.test_query_translator import translated


@pytest.fixture(scope="module")
def both() -> Iterator[Moved]:
    with moved() as made:
        yield made


def compared(both: Moved, **changes: int) -> dict[str, Any]:
    tables = []
    for table in both.conversion.tables:
        rows = both.source.query(f"SELECT count(*) FROM {table.source}")[0][0]
        tables.append({"name": table.source, "rows_source": rows, "rows_target": rows, "different": 0} | changes)
    return {"level": "checksums", "rows_compared": 7, "tables": tables}


def composed(both: Moved, **parts: Any) -> Output:
    given = {
        "source": {"url": both.source_url},
        "target": {"type": "postgresql", "version": "18"},
        "tables": both.conversion.tables,
        "runs": 2,
        **parts,
    }
    return run(Input.model_validate(given), SkillContext(source=both.source, target=both.pair.target))


def results(output: Output) -> dict[str, str]:
    return {criterion.id: criterion.result for criterion in output.criteria}


@pytest.fixture(scope="module")
def good(both: Moved) -> Output:
    translations = [made.model_dump() for made in translated(both, WORKLOAD).values()]
    return composed(
        both, validation=compared(both), execution={"quarantined": []}, differences=[], translations=translations
    )


def test_good_migration_is_accepted(good: Output) -> None:
    expected = {"indexes-valid": "not_run", "numbers-ahead": "passed", "references-valid": "not_run", "speed": None}
    for identifier, result in results(good).items():
        assert expected.get(identifier, "passed") in (result, None), identifier


def test_queries_are_measured_on_both_sides(good: Output) -> None:
    performance = good.performance
    assert [query.results_equal for query in performance.queries] == [True] * 5
    assert performance.baseline_metrics is not None and performance.current_metrics is not None
    before = sum(query.before.median_ms for query in performance.queries if query.before)
    after = sum(query.after.median_ms for query in performance.queries if query.after)
    assert performance.baseline_metrics["median_ms"] == pytest.approx(before, abs=0.01)
    assert performance.improvement_percent == pytest.approx((before - after) / before * 100, abs=0.2)
    assert all(query.after and len(query.after.runs_ms) == 2 and query.after.bound_by for query in performance.queries)


def test_written_pytest_suite_is_green_on_a_good_migration(both: Moved, good: Output, tmp_path: Path) -> None:
    assert suite(both, good, tmp_path, "-q").returncode == 0


def test_written_pytest_suite_is_red_when_a_row_is_lost(both: Moved, good: Output, tmp_path: Path) -> None:
    changed = good.suites[0].text.replace('"aside": 0', '"aside": 1', 1)
    ran = suite(
        both, good.model_copy(update={"suites": [good.suites[0].model_copy(update={"text": changed})]}), tmp_path
    )
    assert ran.returncode == 1
    assert "test_rows_are_all_there" in ran.stdout


def suite(both: Moved, output: Output, folder: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    path = folder / "test_migration.py"
    path.write_text(output.suites[0].text)
    environment = os.environ | {"DBMO_SOURCE": both.source_url, "DBMO_TARGET": both.target_uri}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(folder), *options, str(path)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


def test_expectation_suite_names_rows_keys_and_ranges(good: Output) -> None:
    [text] = [s.text for s in good.suites if s.path.endswith("public.makers.json")]
    found = {(e["type"], e["kwargs"].get("column")): e["kwargs"] for e in json.loads(text)["expectations"]}
    assert found["expect_table_row_count_to_equal", None]["value"] == 3
    assert ("expect_column_values_to_be_unique", "id") in found
    assert ("expect_column_values_to_not_be_null", "name") in found
    assert found["expect_column_values_to_be_between", "id"]["max_value"] == 3


@pytest.mark.parametrize(
    ("parts", "failed"),
    [
        ({"validation": "fewer"}, "row-counts"),
        ({"validation": "different"}, "content"),
        ({"execution": {"quarantined": [{"table": "t", "key": "1"}]}}, "quarantine"),
        ({"differences": [{"object": "public.t.c", "data_loss": True}]}, "schema"),
    ],
)
def test_bad_facts_fail_their_criterion(both: Moved, parts: dict[str, Any], failed: str) -> None:
    changes = {"fewer": {"rows_target": 1}, "different": {"different": 2}}
    wanted = parts.get("validation")
    if isinstance(wanted, str):
        parts = {"validation": compared(both, **changes[wanted])}
    output = composed(both, measure=False, **parts)
    assert results(output)[failed] == "failed"
    assert not output.accepted


GOOD = {"name": "q", "source": "SELECT id FROM makers", "target": "SELECT id FROM public.makers", "pure": True}
WRONG = GOOD | {"name": "w", "target": "SELECT id + 1 AS id FROM public.makers", "verdict": "REFUTED"}
NONE = {"name": "n", "source": "SELECT f(id) FROM makers", "target": None, "pure": False, "verdict": "UNSUPPORTED"}
WRITE = {
    "name": "x",
    "source": "DELETE FROM makers",
    "target": "DELETE FROM makers",
    "pure": False,
    "verdict": "NOT_RUN",
}


@pytest.mark.parametrize(
    ("translations", "translated", "equal"),
    [
        ([GOOD | {"verdict": "TESTED"}], "passed", "passed"),
        ([GOOD | {"verdict": "TESTED"}, WRONG], "failed", "failed"),
        ([GOOD | {"verdict": "TESTED"}, NONE], "failed", "not_run"),
        ([GOOD | {"verdict": "TESTED"}, WRITE], "not_run", "not_run"),
    ],
)
def test_every_query_counts(both: Moved, translations: list[dict[str, Any]], translated: str, equal: str) -> None:
    output = composed(both, translations=translations)
    found = results(output)
    assert (found["queries-translated"], found["query-results"]) == (translated, equal)
    assert output.performance.baseline_metrics is not None
    assert output.performance.baseline_metrics["queries"] == 1


def test_what_did_not_run_is_not_passed(both: Moved) -> None:
    given = {"source": {"type": "sqlite"}, "target": {"type": "postgresql"}, "tables": both.conversion.tables}
    output = run(Input.model_validate(given), SkillContext())
    assert set(results(output).values()) == {"not_run"}
    assert len(output.open_criteria) == len(output.criteria)
    assert output.performance.not_run is not None
    assert output.performance.improvement_percent is None


def test_limits_come_from_the_request(both: Moved) -> None:
    aside = {"quarantined": [{"table": "t", "key": "1"}]}
    output = composed(both, measure=False, execution=aside, limits={"quarantined_values": 1})
    assert results(output)["quarantine"] == "passed"


def test_runbook_names_tables_and_criteria(good: Output) -> None:
    assert "main.goods" in good.runbook
    assert "| Every row of the source" in good.runbook


@pytest.mark.parametrize(
    ("values", "percent", "expected"), [([5.0, 1.0, 3.0], 50, 3.0), ([1.0, 2.0], 95, 2.0), ([7.0], 95, 7.0)]
)
def test_percentile_is_the_nearest_rank(values: list[float], percent: float, expected: float) -> None:
    assert percentile(values, percent) == expected


@pytest.mark.parametrize(("before", "after", "expected"), [(10, 5, 50.0), (10, 15, -50.0), (0, 1, None)])
def test_improvement_is_positive_when_faster(before: float, after: float, expected: float | None) -> None:
    assert improvement(before, after) == expected

"""The reports and the contract at every stage of a real migration whose names and values are hostile."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import psycopg
import pytest

from agent.contract import validate_contract
from agent.folder import Folder
from agent.orchestrator import Orchestrator
from agent.report.build import write_report
from agent.report.facts import read_facts
from agent.request import parse_request
from engines.errors import DbmoError, EngineError
from tests.servers import Server

SCRIPT = "<script>alert(1)</script>"
SCHEMA = f"""
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, born DATE);
CREATE TABLE "{SCRIPT}" (id INTEGER PRIMARY KEY, "pipe | ""quoted"" 'name'
next" TEXT, customer INTEGER REFERENCES customers (id));
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers (id), total INTEGER);
CREATE VIEW totals AS SELECT customer, count(*) AS orders FROM orders GROUP BY customer;
INSERT INTO customers WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
    SELECT i, 'name ' || i, '2001-02-03' FROM n;
UPDATE customers SET born = '<img src=x onerror=alert(1)>' WHERE id = 7;
UPDATE customers SET name = 'turn' || char(8238) || 'ed' || char(0) WHERE id = 8;
INSERT INTO "{SCRIPT}" VALUES (1, '<b>', 1), (2, '&amp;', 2);
INSERT INTO orders WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
    SELECT i, 1 + i % 300, i FROM n;
INSERT INTO orders VALUES (501, 9999, 1);
"""
QUERIES = "-- name: how_many\nSELECT count(*) FROM orders;\n"


@dataclass
class Written:
    """What a stage left behind."""

    contract: dict[str, Any]
    markdown: str
    html: str


def written(run: Orchestrator) -> Written:
    write_report(run)
    folder = run.folder.path
    contract = json.loads((folder / "contract.json").read_text())
    return Written(contract, (folder / "report.md").read_text(), (folder / "report.html").read_text())


def started(path: Path, request: dict[str, Any]) -> Orchestrator:
    return Orchestrator(Folder.create(path / "folder", parse_request(request, path), "hostile"))


def declared_request() -> dict[str, Any]:
    return {
        "source_database": {"type": "postgresql", "version": "12.8", "size_gb": 450},
        "target_database": {"type": "postgresql", "version": "16.1", "platform": "aws-rds"},
        "migration_type": "version-upgrade",
        "constraints": {"max_downtime_minutes": 15, "data_consistency": "strict", "rollback_required": True},
    }


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory, postgresql_18: Server) -> Iterator[dict[str, Written]]:
    """One migration, reported after each of its stages."""
    path = tmp_path_factory.mktemp("report")
    with sqlite3.connect(path / "source.db") as connection:
        connection.executescript(SCHEMA)
    connection.close()
    (path / "queries.sql").write_text(QUERIES)
    url = postgresql_18.create_database()
    run = started(
        path,
        {
            "source_database": {"url": f"sqlite:///{path}/source.db"},
            "target_database": {"type": "postgresql", "version": "18", "url": url, "environment": "scratch"},
            "migration_type": "platform",
            "constraints": {"max_downtime_minutes": 60, "data_consistency": "strict", "rollback_required": True},
            "workload": {"file": f"{path}/queries.sql"},
            "options": {"accept": [{"object": "nothing.like.this", "by": "Ann", "reason": "never used"}]},
        },
    )
    found = {"requested": written(run)}
    run.assess()
    found["assessed"] = written(run)
    run.make_plan()
    found["planned"] = written(run)
    run.interrupt.set()
    with pytest.raises(EngineError):
        run.execute()
    found["interrupted"] = written(run)
    run.interrupt.clear()
    run.execute()
    found["executed"] = written(run)
    run.validate()
    found["validated"] = written(run)
    with psycopg.connect(url, autocommit=True) as target:
        target.execute("UPDATE orders SET total = -1 WHERE id = 77")
    run.validate()
    found["differing"] = written(run)
    run.folder.close()
    yield found


ALL = ("requested", "assessed", "planned", "interrupted", "executed", "validated", "differing")


@pytest.mark.parametrize("stage", ALL)
def test_contract_is_valid_at_every_stage(stages: dict[str, Written], stage: str) -> None:
    assert validate_contract(stages[stage].contract) == []
    assert stages[stage].contract["documentation"]["migration_report"] == stages[stage].markdown


@pytest.mark.parametrize(
    ("stage", "word"),
    [
        ("requested", "Nothing ran"),
        ("assessed", "Assessed"),
        ("planned", "Planned"),
        ("interrupted", "Stopped"),
        ("executed", "Moved"),
        ("differing", "Differs"),
    ],
)
def test_verdict_comes_first_and_names_the_stage(stages: dict[str, Written], stage: str, word: str) -> None:
    assert stages[stage].markdown.split("\n\n")[2].startswith(f"**{word}.**")
    assert f'<p class="word">{word}</p>' in stages[stage].html


def test_equal_rows_are_told_as_equal(stages: dict[str, Written]) -> None:
    assert (
        stages["validated"].markdown.split("\n\n")[2].startswith("**Proved.** Moved and proved: 803 rows of 3 tables")
    )
    assert "Source and target differ" not in stages["validated"].markdown


def test_differing_row_is_named_with_its_column_and_both_values(stages: dict[str, Written]) -> None:
    assert "| orders | different | id = 77 | total | total = 77 | total = -1 |" in stages["differing"].markdown
    assert any(task.startswith("Repair orders: 1 row") for task in tasks(stages["differing"]))


def test_what_did_not_run_says_why(stages: dict[str, Written]) -> None:
    assert "No plan (strategy, schema, translations, timeline): there is no plan yet." in stages["assessed"].markdown
    assert "it stopped with INTERRUPTED" in stages["interrupted"].markdown
    assert "What did not run" not in stages["validated"].markdown


class Elements(HTMLParser):
    """Tags, attributes and style texts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs


def elements(html: str) -> Elements:
    parser = Elements()
    parser.feed(html)
    return parser


@pytest.mark.parametrize("stage", ALL)
def test_page_runs_nothing_and_fetches_nothing(stages: dict[str, Written], stage: str) -> None:
    page = elements(stages[stage].html)
    assert not page.tags & {"script", "img", "iframe", "object", "link", "b"}
    assert not [a for a in page.attributes if a[0] in ("src", "href", "xlink:href") or a[0].startswith("on")]
    assert "url(" not in stages[stage].html and "@import" not in stages[stage].html


@pytest.mark.parametrize("stage", ["planned", "validated", "differing"])
def test_names_from_the_database_are_shown_and_have_no_effect(stages: dict[str, Written], stage: str) -> None:
    report = stages[stage]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in report.html
    assert "&lt;script>alert(1)&lt;/script>" in report.markdown or stage == "planned"
    assert not re.search(r"(?<!\\)<[a-zA-Z/]", report.markdown)
    assert not set(report.html + report.markdown) & {"\u202e", "\0", "\u2028"}


@pytest.mark.parametrize("stage", ALL)
def test_rows_of_every_markdown_table_have_as_many_cells_as_its_head(stages: dict[str, Written], stage: str) -> None:
    for block in re.findall(r"(?:^\|.*\n)+", stages[stage].markdown, flags=re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def test_quarantined_values_stand_in_the_report_with_their_keys(stages: dict[str, Written]) -> None:
    assert "| customers.born | text that is not a date | id = 7 |" in stages["executed"].markdown
    assert "| customers.name | NUL in text | id = 8 |" in stages["executed"].markdown
    assert "&lt;img src=x onerror=alert(1)&gt;" in stages["executed"].html


def test_hazards_tell_the_decision_that_was_made(stages: dict[str, Written]) -> None:
    line = next(text for text in stages["executed"].markdown.splitlines() if "Rows that reference nothing" in text)
    assert "orders\\_customer\\_fkey" in line or "orders_customer_fkey is NOT VALID" in line
    assert "advised:" not in stages["executed"].markdown
    assert "advised:" in stages["assessed"].markdown


def test_lessons_tell_the_interrupted_run_and_no_acceptance_that_met_nothing(stages: dict[str, Written]) -> None:
    lessons = stages["validated"].contract["documentation"]["lessons_learned"]
    assert "The execution was run 2 times; each run went on where the one before stopped." in lessons
    assert any(lesson.startswith("The execution once stopped with INTERRUPTED") for lesson in lessons)
    assert not any("never used" in lesson for lesson in lessons)


def test_tasks_name_the_orphans_and_the_day_until_which_the_source_stays(stages: dict[str, Written]) -> None:
    found = tasks(stages["validated"])
    assert any("(1 orphaned row found)" in task and "VALIDATE CONSTRAINT" in task for task in found)
    assert any(re.search(r"unchanged until \d{4}-\d\d-\d\d \(14 days", task) for task in found)
    assert not any("unchanged until" in task for task in tasks(stages["differing"]))
    assert not any("lasting server" in task for task in found)


def tasks(report: Written) -> list[str]:
    return list(report.contract["documentation"]["post_migration_tasks"])


@pytest.mark.parametrize("picture", ["rows", "time", "tables", "workload"])
def test_pictures_have_a_title_and_a_description(stages: dict[str, Written], picture: str) -> None:
    html = stages["validated"].html
    assert f'aria-labelledby="{picture}-title {picture}-desc"' in html
    assert re.search(rf'<title id="{picture}-title">[^<]+</title><desc id="{picture}-desc">[^<]+</desc>', html)


def test_declared_facts_give_a_plan_report_that_says_so(tmp_path: Path) -> None:
    run = started(tmp_path, declared_request())
    run.assess()
    run.make_plan()
    report = written(run)
    assert "**Planned.** Strategy blue-green, from declared facts" in report.markdown
    assert validate_contract(report.contract) == []
    assert report.contract["documentation"]["lessons_learned"] == []
    run.folder.close()


def test_a_broken_contract_is_a_named_defect_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = started(tmp_path, declared_request())
    monkeypatch.setattr("agent.report.build.validate_contract", lambda data: ["/plan: wrong"])
    with pytest.raises(DbmoError) as caught:
        write_report(run)
    assert caught.value.code == "CONTRACT_INVALID"
    assert "/plan: wrong" in caught.value.what
    assert not (run.folder.path / "report.md").exists()
    run.folder.close()


def test_results_of_an_earlier_plan_are_not_reported(tmp_path: Path) -> None:
    run = started(tmp_path, declared_request())
    run.assess()
    run.make_plan()
    (run.folder.path / "plan.json").unlink()
    assert read_facts(run).design is None
    run.folder.close()

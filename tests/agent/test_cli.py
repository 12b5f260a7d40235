"""The command line: what is printed where, with which status, and what help costs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from agent.cli import LATER, VERSION
from tests.journeys.life import CHECKOUT, Life, dbmo, finished
from tests.moving import fetch, sqlite_file

COMMANDS = ("run", "assess", "plan", "rehearse", "approve", "execute", "validate", "report", "status", "audit",
            "skill", "skills", "schema", "demo", "doctor", "target", "tune", "mcp", "install")  # fmt: skip
HEAVY = ("sqlalchemy", "psycopg", "sqlglot", "pydantic", "rich", "yaml", "cryptography")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        rows=[("INSERT INTO t VALUES (?, ?)", [(1, "a"), (2, "b")])],
    )


def test_help_names_every_command_and_the_statuses() -> None:
    told = dbmo("--help")
    assert told.status == 0
    assert not [name for name in (*COMMANDS, *LATER) if f"\n    {name}" not in told.out]
    assert "3 aborted by a safety rule" in " ".join(told.out.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    told = dbmo(name, "--help")
    assert (told.status, told.err) == (0, "")
    assert told.out.startswith(f"usage: dbmo {name}")


def test_version() -> None:
    assert dbmo("--version").out == f"dbmo {VERSION}\n"


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; from agent.cli import parser; parser().format_help(); "
    code += f"print([name for name in {HEAVY} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"


@pytest.mark.parametrize("what", [("contract",), ("request",), ("skill", "schema-comparator")])
def test_schemas_are_json(what: tuple[str, ...]) -> None:
    told = dbmo("schema", *what)
    assert told.status == 0
    assert set(told.data) & {"properties", "input"}


def test_results_go_to_stdout_and_words_to_stderr(life: Life, source: Path, empty_18: str) -> None:
    quiet = life.ask(source, empty_18).run("--until", "plan")
    assert (quiet.status, quiet.out) == (0, "")
    assert "assess\n" in quiet.err
    for name, key in (("assess", "inventory"), ("plan", "hash"), ("execute", "tables"), ("validate", "equal")):
        told = life.command(name, "--json")
        assert (told.status, key in told.data) == (0, True), told.err
    assert life.command("report", "--json").data == life.read("contract.json")
    assert "\x1b" not in quiet.err + told.err


def test_until_stops_after_that_phase(life: Life, source: Path, empty_18: str) -> None:
    life.ask(source, empty_18)
    phases = []
    for until in ("assess", "plan", "execute", "validate"):
        assert life.run("--until", until).status == 0
        phases.append(list(life.command("status", "--json").data["phases"].values()).count("done"))
    assert phases == [1, 2, 3, 4]


def test_a_finished_run_does_not_copy_again(life: Life, source: Path, empty_18: str) -> None:
    finished(life.ask(source, empty_18))
    assert "execute\n" not in finished(life).err
    assert fetch(empty_18, "SELECT epoch FROM _dbmo.migration") == [(1,)]


def test_reports_are_written_at_every_end(life: Life, source: Path, empty_18: str) -> None:
    fine = life.ask(source, empty_18, environment="production").run("--until", "plan")
    assert fine.status == 0
    assert life.command("execute").status == 1
    for name in ("contract.json", "report.md", "report.html"):
        assert (life.folder / name).stat().st_size
    assert life.read("contract.json")["audit"]["phases"][2]["outcome"] == "failed"


def test_a_skill_runs_alone(source: Path, tmp_path: Path) -> None:
    given = tmp_path / "input.json"
    given.write_text(
        json.dumps({"source": {"url": f"sqlite:{source}"}, "target": {"type": "postgresql", "version": "18"}})
    )
    told = dbmo("skill", "schema-comparator", "--input", given)
    assert told.status == 0, told.err
    assert [s["object"] for s in told.data["statements"] if s["kind"] == "table"] == ["public.t"]


def test_the_validator_alone_ends_with_1_where_something_differs(
    life: Life, source: Path, empty_18: str, tmp_path: Path
) -> None:
    from tests.moving import change

    finished(life.ask(source, empty_18))
    given = tmp_path / "input.json"
    tables = life.read("plan.json")["move"]["tables"]
    given.write_text(json.dumps({"source": {"url": f"sqlite:{source}"}, "target": {"url": empty_18}, "tables": tables}))
    assert dbmo("skill", "data-migration-validator", "--input", given).status == 0
    change(empty_18, "DELETE FROM t WHERE id = 2")
    told = dbmo("skill", "data-migration-validator", "--input", given)
    assert (told.status, told.data["tables"][0]["missing"]) == (1, 1)


def test_doctor_says_what_works() -> None:
    told = dbmo("doctor")
    assert told.status == 0, told.out
    assert all(line[:4] in ("ok  ", "none") for line in told.out.splitlines())

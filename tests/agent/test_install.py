"""dbmo install: files that validate, that stay the same the second time, and that take nobody's edits away."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from skills_ref.validator import validate  # type: ignore[import-untyped]

from agent.install.claude_code import PROMPT_CHARACTERS, reading_tools
from skills.registry import all_skills
from tests.journeys.life import CHECKOUT, dbmo, refused

AGENT = ".claude/agents/database-migration-orchestrator.md"
SUBAGENT_FIELDS = {"name", "description", "tools", "model"}
SHELLS = ("Bash", "Write", "Edit", "NotebookEdit", "Task", "KillShell", "*")


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its content."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def install(folder: Path, *words: str, what: str = "claude-code") -> str:
    """Install well; what was told."""
    told = dbmo("install", what, "--dir", folder, *words)
    assert told.status == 0, told.err
    return told.out


def head_and_body(path: Path) -> tuple[dict[str, str], str]:
    _, head, body = path.read_text().split("---\n", 2)
    return yaml.safe_load(head), body


def test_an_empty_folder_gets_the_entry_the_subagent_and_the_skills(tmp_path: Path) -> None:
    install(tmp_path)
    skills = {f".claude/skills/{name}/SKILL.md" for name in all_skills()}
    assert files(tmp_path).keys() == {".mcp.json", AGENT, *skills}
    entry = json.loads((tmp_path / ".mcp.json").read_text())["mcpServers"]["dbmo"]
    assert entry["args"] == ["mcp"]
    assert entry["command"].endswith("dbmo")


def test_the_second_time_nothing_changes(tmp_path: Path) -> None:
    install(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert install(tmp_path) == "nothing to change\n"
    assert install(tmp_path, "--dry-run") == "nothing would change\n"
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_dry_run_shows_every_file_and_writes_none(tmp_path: Path) -> None:
    told = install(tmp_path, "--dry-run")
    assert files(tmp_path) == {}
    install(tmp_path)
    assert all(f"+++ {tmp_path / name}" in told for name in files(tmp_path))


def test_only_the_entry_is_written_when_asked_for_it(tmp_path: Path) -> None:
    install(tmp_path, what="mcp-json")
    assert files(tmp_path).keys() == {".mcp.json"}


@pytest.mark.parametrize("name", sorted(all_skills()))
def test_installed_skills_validate(name: str, tmp_path: Path) -> None:
    install(tmp_path)
    assert validate(tmp_path / ".claude/skills" / name) == []


def test_the_subagent_reads_and_has_no_shell(tmp_path: Path) -> None:
    install(tmp_path)
    head, body = head_and_body(tmp_path / AGENT)
    tools = head["tools"].split(", ")
    assert head.keys() == SUBAGENT_FIELDS
    assert head["name"] == Path(AGENT).stem
    assert "Use for" in head["description"]
    assert set(tools) == {"Read", "Grep", "Glob", *(f"mcp__dbmo__{name}" for name in reading_tools())}
    assert not [tool for tool in tools if tool.startswith(SHELLS) or "start" in tool or "continue" in tool]
    assert body.strip().startswith("You are ")
    assert len(body) < PROMPT_CHARACTERS


def test_the_subagents_tools_are_ones_that_the_server_has() -> None:
    assert {"dbmo_list", "dbmo_status", "dbmo_result", *all_skills()} == set(reading_tools())


def test_other_servers_and_keys_stay(tmp_path: Path) -> None:
    other = {"x": 1, "mcpServers": {"other": {"command": "other", "args": ["ü"]}}, "y": [None]}
    (tmp_path / ".mcp.json").write_text(json.dumps(other))
    install(tmp_path, what="mcp-json")
    found = json.loads((tmp_path / ".mcp.json").read_text())
    assert found["mcpServers"].pop("dbmo")["args"] == ["mcp"]
    assert found == other
    assert list(found) == ["x", "mcpServers", "y"]


def test_variables_of_the_databases_are_handed_on_and_a_persons_are_kept(tmp_path: Path) -> None:
    install(tmp_path, what="mcp-json")
    path = tmp_path / ".mcp.json"
    whole = json.loads(path.read_text())
    whole["mcpServers"]["dbmo"]["env"] = {"TZ": "UTC"}
    path.write_text(json.dumps(whole))
    url = "postgresql://app:${SHOP_PW}@localhost/shop"
    (tmp_path / "dbmo-databases.json").write_text(json.dumps({"databases": {"shop": {"url": url}}}))
    install(tmp_path, what="mcp-json")
    entry = json.loads(path.read_text())["mcpServers"]["dbmo"]
    assert entry["env"] == {"SHOP_PW": "${SHOP_PW}", "TZ": "UTC"}


@pytest.mark.parametrize("text", ["{", "[]", '{"mcpServers": []}', '{"a": 1, "a": 2}', '{"mcpServers": {}} // x'])
def test_a_broken_entry_file_is_refused_and_left_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / ".mcp.json").write_text(text)
    refused(dbmo("install", "claude-code", "--dir", tmp_path), 2, "MCP_JSON_BROKEN")
    assert files(tmp_path) == {".mcp.json": text.encode()}


@pytest.mark.parametrize("name", [AGENT, ".claude/skills/schema-comparator/SKILL.md"])
def test_an_edited_file_is_replaced_only_by_force(tmp_path: Path, name: str) -> None:
    install(tmp_path)
    whole = files(tmp_path)
    (tmp_path / name).write_text((tmp_path / name).read_text().replace("database", "data base"))
    (tmp_path / ".mcp.json").unlink()
    edited = files(tmp_path)
    assert name in refused(dbmo("install", "claude-code", "--dir", tmp_path), 3, "FILE_EDITED")
    assert files(tmp_path) == edited
    assert "-" in install(tmp_path, "--dry-run")
    assert files(tmp_path) == edited
    install(tmp_path, "--force")
    assert files(tmp_path) == whole


def test_a_file_of_an_older_version_is_replaced(tmp_path: Path) -> None:
    from agent.install.files import sealed

    install(tmp_path)
    whole = files(tmp_path)
    (tmp_path / AGENT).write_text(sealed("---\nname: older\n---\n"))
    install(tmp_path)
    assert files(tmp_path) == whole


def test_another_entry_of_our_name_is_replaced_only_by_force(tmp_path: Path) -> None:
    own = {"mcpServers": {"dbmo": {"command": "docker", "args": ["run", "dbmo"]}}}
    (tmp_path / ".mcp.json").write_text(json.dumps(own))
    refused(dbmo("install", "mcp-json", "--dir", tmp_path), 3, "FILE_EDITED")
    assert json.loads((tmp_path / ".mcp.json").read_text()) == own
    install(tmp_path, "--force", what="mcp-json")
    assert json.loads((tmp_path / ".mcp.json").read_text())["mcpServers"]["dbmo"]["args"] == ["mcp"]


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    refused(dbmo("install", "mcp-json", "--dir", tmp_path / "none"), 2, "FOLDER_MISSING")


def test_a_wheel_installs_the_same(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")]
    subprocess.run(build, cwd=CHECKOUT, check=True, capture_output=True)
    with zipfile.ZipFile(next((tmp_path / "dist").glob("*.whl"))) as wheel:
        wheel.extractall(tmp_path / "site")
    for name in ("from-wheel", "from-checkout"):
        (tmp_path / name).mkdir()
    install(tmp_path / "from-checkout")
    subprocess.run(
        [sys.executable, "-P", "-m", "agent.cli", "install", "claude-code", "--dir", "from-wheel"],
        cwd=tmp_path, env={"PYTHONPATH": str(tmp_path / "site")}, check=True, capture_output=True,
    )  # fmt: skip
    ours, theirs = files(tmp_path / "from-checkout"), files(tmp_path / "from-wheel")
    assert {**ours, ".mcp.json": b""} == {**theirs, ".mcp.json": b""}

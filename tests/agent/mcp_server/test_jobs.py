"""Jobs: what an assistant may start, where it stops for a person, and that nothing of it is lost."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from agent.folder import Folder
from agent.mcp_server.jobs import Job
from agent.mcp_server.server import DbmoServer
from agent.standing import StandingFile
from tests.agent.mcp_server.talking import START, call, data, ended, failure, project, server_of, talk
from tests.agent.test_live import COPY
from tests.journeys.life import dbmo

BUILDER, VALIDATOR = "etl-pipeline-builder", "data-migration-validator"


@pytest.fixture
def server(tmp_path: Path) -> DbmoServer:
    return server_of(project(tmp_path))


def started(server: DbmoServer, until: str, **more: Any) -> dict[str, Any]:
    """A migration `m` that went as far as it was asked to."""
    data(call(server, "dbmo_start", **{**START, **more}, name="m", until=until))
    return ended(server, "m")


def approver(folder: Path) -> tuple[Path, str]:
    """A key, and what stands in options.approvers."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = folder / "approver.pem"
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key.write_bytes(Ed25519PrivateKey.generate().private_bytes(*form))
    return key, dbmo("approve", folder, "--key", key, "--show-public").out.strip()


def test_a_plan_is_made_and_read_page_by_page(server: DbmoServer) -> None:
    assert started(server, "plan")["state"] == "done"
    sizes = data(call(server, "dbmo_result", migration="m"))["sections"]
    assert {name.partition(".")[0] for name in sizes} >= {"assess", "compare", "design"}
    section, size = max(sizes.items(), key=lambda entry: entry[1])
    items: list[Any] = []
    more: int | None = 0
    while more is not None:
        page = data(call(server, "dbmo_result", migration="m", section=section, offset=more))
        assert (page["offset"], page["total"], page["has_more"]) == (len(items), size, page["next_offset"] is not None)
        items += page["items"]
        more = page["next_offset"]
    assert len(items) == size


def test_sections_and_offsets_that_are_not_there_are_named(server: DbmoServer) -> None:
    started(server, "assess")
    assert failure(call(server, "dbmo_result", migration="m", section="build.tables"))["code"] == "SECTION_UNKNOWN"
    section = next(iter(data(call(server, "dbmo_result", migration="m"))["sections"]))
    beyond = call(server, "dbmo_result", migration="m", section=section, offset=10_000)
    assert failure(beyond)["code"] == "OFFSET_TOO_LARGE"


def test_progress_is_told_while_a_client_waits(server: DbmoServer) -> None:
    heard: list[float] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        heard.append(progress)

    async def conversation(client: Client) -> None:
        await client.call_tool("dbmo_start", {**START, "name": "m", "until": "plan"})
        await client.call_tool("dbmo_status", {"migration": "m", "wait_seconds": 50}, progress_callback=on_progress)

    talk(server, conversation)
    assert heard == sorted(set(heard))
    assert heard


def test_a_status_says_how_fast_a_copy_goes_while_it_runs(server: DbmoServer, tmp_path: Path) -> None:
    started(server, "assess")
    StandingFile(tmp_path / "migrations/m").write(COPY.model_copy(update={"paused": ["the source runs 9 statements"]}))
    folder = Folder.open(tmp_path / "migrations/m")
    with folder.locked():
        told = data(call(server, "dbmo_status", migration="m"))["copying"]
    folder.close()
    assert (told["rows"], told["rows_expected"], told["rows_per_second"], told["seconds_left"]) == (1000, 4000, 500, 6)
    assert (told["stage"], told["rehearsal"]) == ("copy", False)
    assert told["paused"] == ["the source runs 9 statements"]
    assert data(call(server, "dbmo_status", migration="m"))["copying"] is None


def test_execution_waits_for_a_person_and_no_call_goes_around_it(server: DbmoServer, tmp_path: Path) -> None:
    found = started(server, "validate")
    assert (found["state"], found["error"]["code"]) == ("needs_person", "BACKUP_NOT_VERIFIED")
    for refused in (
        call(server, "dbmo_continue", migration="m", until="execute"),
        call(server, "dbmo_start", **START, name="m", until="validate"),
        call(server, BUILDER, migration="m"),
    ):
        told = failure(refused)
        assert told["code"] == "APPROVAL_MISSING"
        assert told["person"]["command"] == f"dbmo approve {tmp_path}/migrations/m"
        assert told["person"]["why"]
    assert failure(call(server, VALIDATOR, migration="m"))["code"] == "NOT_EXECUTED"
    assert not (tmp_path / "copy.db").exists()


def test_a_whole_migration_with_an_approver(tmp_path: Path) -> None:
    key, public = approver(tmp_path)
    waiver = {"waiver": {"by": "the tests", "reason": "everything here is thrown away"}}
    defaults = {"backup": waiver, "options": {"approvers": [public]}}
    server = server_of(project(tmp_path, defaults=defaults))
    found = started(server, "validate")
    assert (found["state"], found["error"]["code"]) == ("needs_person", "APPROVAL_MISSING")
    assert found["error"]["person"]["command"] == f"dbmo approve {tmp_path}/migrations/m"
    assert dbmo("approve", tmp_path / "migrations/m", "--key", key, "--by", "the tests").status == 0
    data(call(server, "dbmo_continue", migration="m", until="validate"))
    found = ended(server, "m")
    assert (found["state"], set(found["phases"].values()), found["error"]) == ("done", {"done"}, None)
    assert (found["moved"]["rows"], found["moved"]["tables_done"], found["moved"]["unfinished"]) == (250, 2, [])
    assert data(call(server, VALIDATOR, migration="m"))["data"]["equal"] is True
    assert data(call(server, BUILDER, migration="m"))["data"]["rows"] == 250


def test_the_same_request_goes_on_and_another_does_not_replace_it(server: DbmoServer, tmp_path: Path) -> None:
    started(server, "assess")
    before = (tmp_path / "migrations/m/request.json").read_bytes()
    other = call(server, "dbmo_start", **{**START, "max_downtime_minutes": 1}, name="m", until="plan")
    assert failure(other)["code"] == "MIGRATION_EXISTS"
    assert (tmp_path / "migrations/m/request.json").read_bytes() == before
    assert started(server, "plan")["phases"]["planning"] == "done"


def test_one_job_at_a_time(server: DbmoServer, tmp_path: Path) -> None:
    started(server, "assess")
    with Job(tmp_path / "migrations/m")._lock():
        assert data(call(server, "dbmo_status", migration="m"))["state"] == "running"
        assert failure(call(server, "dbmo_continue", migration="m", until="plan"))["code"] == "JOB_RUNNING"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_job_that_was_stopped_goes_on(server: DbmoServer, tmp_path: Path, number: signal.Signals) -> None:
    data(call(server, "dbmo_start", **START, name="m", until="plan"))
    if number == signal.SIGINT:
        data(call(server, "dbmo_cancel", migration="m"))
    else:
        os.kill(json.loads((tmp_path / "migrations/m/job/job.json").read_text())["pid"], number)
    assert ended(server, "m")["state"] in ("interrupted", "failed")
    data(call(server, "dbmo_continue", migration="m", until="plan"))
    assert ended(server, "m")["state"] == "done"


def test_a_job_knows_no_token_and_no_key_of_a_model(
    server: DbmoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agent.mcp_server.jobs import _environment

    monkeypatch.setenv("ANTHROPIC_API_KEY", "marked-key")
    monkeypatch.setenv("DBMO_MCP_TOKEN", "marked-token")
    assert not [value for value in _environment().values() if value.startswith("marked-")]

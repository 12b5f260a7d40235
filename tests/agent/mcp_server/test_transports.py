"""The server as processes: over stdin and stdout, and over HTTP with a token."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from agent.mcp_server.jobs import Job
from tests.agent.mcp_server.talking import START, data, project, talk
from tests.journeys.life import CHECKOUT, dbmo, refused, wait_for

TOKEN = "a-token-of-the-tests-0123456789"
ANALYZER = "database-optimization-analyzer"
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(CHECKOUT), **more}


@contextmanager
def http_server(folder: Path, **more: str) -> Iterator[tuple[str, list[str]]]:
    """A server on a port of its own: its address, and the lines it told before."""
    process = subprocess.Popen(
        [sys.executable, "-m", "agent.cli", "mcp", "--http", "0"],
        cwd=folder, env=environment(**more), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        lines = [process.stderr.readline()]
        if "DBMO_MCP_TOKEN" not in more:
            lines.append(process.stderr.readline())
        found = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+/mcp)\n", lines[0])
        assert found, lines
        yield found[1], lines
    finally:
        process.terminate()
        out, _ = process.communicate(timeout=30)
    assert out == ""


def asked(address: str, **headers: str) -> int:
    """The status that one request is answered with."""
    given = {"accept": "application/json, text/event-stream", **headers}
    return httpx2.post(address, json=INITIALIZE, headers=given, timeout=30).status_code


def test_stdio_speaks_only_the_protocol_and_a_job_outlives_its_server(tmp_path: Path) -> None:
    project(tmp_path)

    async def conversation(client: Client) -> int:
        found = data(await client.call_tool(ANALYZER, {"database": "shop"}))
        await client.call_tool("dbmo_start", {**START, "name": "m", "until": "plan"})
        return int(found["data"]["rows"])

    server = StdioServerParameters(
        command=sys.executable, args=["-m", "agent.cli", "mcp"], cwd=tmp_path, env=environment()
    )
    assert talk(server, conversation) == 250
    job = Job(tmp_path / "migrations/m")
    wait_for(lambda: not job.running)
    assert job.state == "done"


def test_http_answers_only_with_the_right_token_and_host(tmp_path: Path) -> None:
    with http_server(project(tmp_path), DBMO_MCP_TOKEN=TOKEN) as (address, _):
        right = {"authorization": f"Bearer {TOKEN}"}
        assert asked(address, **right) == 200
        assert asked(address) == 401
        assert asked(address, authorization=f"Bearer {TOKEN[:-1]}x") == 401
        assert asked(address, authorization=TOKEN) == 401
        assert asked(address, **right, host="evil.example") == 421
        assert asked(address, **right, origin="http://evil.example") == 403


def test_http_serves_the_official_client_with_the_token_that_was_made(tmp_path: Path) -> None:
    with http_server(project(tmp_path)) as (address, lines):
        token = lines[1].removeprefix("token ").strip()

        async def conversation() -> int:
            async with (
                httpx2.AsyncClient(headers={"authorization": f"Bearer {token}"}, timeout=30) as http,
                Client(streamable_http_client(address, http_client=http)) as client,
            ):
                return int(data(await client.call_tool(ANALYZER, {"database": "shop"}))["data"]["tables"])

        assert anyio.run(conversation) == 2


@pytest.mark.parametrize("token", ["short", "${DBMO_MCP_TOKEN}", "with a blank in it, long enough otherwise"])
def test_a_poor_token_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DBMO_MCP_TOKEN", token)
    assert token not in refused(dbmo("mcp", "--http", "0"), 2, "TOKEN_INVALID").replace("DBMO_MCP_TOKEN", "")

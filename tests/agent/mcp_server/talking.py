"""Helpers: a project with configured databases, and the official client talking to a server."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import anyio
from mcp import Client
from mcp_types import CallToolResult, TextContent

from agent.mcp_server.databases import load_databases
from agent.mcp_server.server import DbmoServer, make_server
from tests.moving import sqlite_file

Made = TypeVar("Made")
START = {"source": "shop", "target": "copy", "migration_type": "version-upgrade", "max_downtime_minutes": 240}
SHOP = (
    "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers, total NUMERIC)",
)
ROWS = (
    ("INSERT INTO customers VALUES (?, ?)", [(n, f"name {n}") for n in range(50)]),
    ("INSERT INTO orders VALUES (?, ?, ?)", [(n, n % 50, n / 4) for n in range(200)]),
)


def project(folder: Path, **more: Any) -> Path:
    """A folder with a source `shop`, a target `copy` that may not be lost, and whatever else stands in the file."""
    sqlite_file(folder / "shop.db", *SHOP, rows=ROWS)
    databases = {
        "shop": {"url": "sqlite:shop.db"},
        "copy": {"url": "sqlite:copy.db", "environment": "production"},
        **more.pop("databases", {}),
    }
    (folder / "dbmo-databases.json").write_text(json.dumps({"databases": databases, **more}))
    return folder


def server_of(folder: Path) -> DbmoServer:
    """The server of a project, its migrations below it."""
    return make_server(folder / "migrations", load_databases(folder / "dbmo-databases.json"))


def talk(server: Any, conversation: Callable[[Client], Awaitable[Made]], **options: Any) -> Made:
    """Have the official client talk to a server: in this process, a command to start, or an address."""

    async def connected() -> Made:
        async with Client(server, **options) as client:
            return await conversation(client)

    return anyio.run(connected)


def call(server: Any, tool: str, **arguments: Any) -> CallToolResult:
    """One call of a tool."""

    async def conversation(client: Client) -> CallToolResult:
        return await client.call_tool(tool, arguments)

    return talk(server, conversation)


def data(result: CallToolResult) -> dict[str, Any]:
    """What a call that went well answered."""
    assert not result.is_error, text(result)
    return dict(result.structured_content or {})


def failure(result: CallToolResult) -> dict[str, Any]:
    """What a call that failed answered."""
    assert result.is_error, text(result)
    return dict(result.structured_content or {})


def text(result: CallToolResult) -> str:
    """What a model reads."""
    return "".join(block.text for block in result.content if isinstance(block, TextContent))


def ended(server: Any, migration: str) -> dict[str, Any]:
    """Status once the job has ended."""
    while (found := data(call(server, "dbmo_status", migration=migration, wait_seconds=50)))["state"] == "running":
        pass
    return found

"""A migration's files as resources: what a person attaches to a conversation."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from agent.folder import Folder
from agent.mcp_server.failures import failure_of
from agent.mcp_server.migrations import Migrations
from engines.errors import DbmoError

if TYPE_CHECKING:
    from mcp.server import MCPServer

JSON = "application/json"
BASE = "dbmo://migration"
FILES = {
    "report.md": ("text/markdown", "The report of a migration; it may hold keys and values of rows that differ."),
    "plan.json": (JSON, "The plan that an approval binds to."),
    "contract.json": (JSON, "The whole result, every figure with where it comes from."),
}
ARTIFACT = "A file that a phase wrote; it may hold keys and values of rows."


def resources_of(folder: Folder, migration: str) -> list[str]:
    """Addresses of a migration's files that are there: report, plan, contract, every artifact of the journal."""
    files = [name for name in FILES if (folder.path / name).is_file()]
    return [f"{BASE}/{migration}/{name}" for name in (*files, *(f"artifacts/{n}" for n in artifact_names(folder)))]


def artifact_names(folder: Folder) -> list[str]:
    """Artifacts that the journal knows and that are there."""
    return sorted(name for name in folder.artifact_hashes() if (folder.artifacts / name).is_file())


def add_resources(server: MCPServer, migrations: Migrations) -> None:
    """Templates for the files of migrations, and the list of migrations."""
    for name in FILES:
        _add_file(server, migrations, name)

    def read_artifact(migration: str, path: str) -> str:
        return _found(lambda: _artifact(migrations, migration, path))

    template = server.resource(f"{BASE}/{{migration}}/artifacts/{{+path}}", name="artifacts", description=ARTIFACT)
    template(read_artifact)

    def read_list() -> str:
        return json.dumps(migrations.ids())

    server.resource("dbmo://migrations", name="migrations", description="Ids of the migrations.", mime_type=JSON)(
        read_list
    )


def _add_file(server: MCPServer, migrations: Migrations, name: str) -> None:
    def read(migration: str) -> str:
        return _found(lambda: _text(migrations.folder(migration) / name))

    mime, about = FILES[name]
    server.resource(f"{BASE}/{{migration}}/{name}", name=name, description=about, mime_type=mime)(read)


def _artifact(migrations: Migrations, migration: str, name: str) -> str:
    """An artifact that the journal knows: a name that is not in it leads nowhere, whatever path it spells."""
    folder = Folder.open(migrations.folder(migration))
    try:
        if name not in artifact_names(folder):
            raise FileNotFoundError(name)
        return _text(folder.artifacts / name)
    finally:
        folder.close()


def _found(read: Callable[[], str]) -> str:
    """The text, or the protocol's error for a resource that is not there."""
    from mcp.server.mcpserver.exceptions import ResourceNotFoundError

    try:
        return read()
    except DbmoError as error:
        failure = failure_of(error)
        raise ResourceNotFoundError(f"{failure.what} {failure.remedy} [{failure.code}]") from None
    except FileNotFoundError:
        raise ResourceNotFoundError("This file is not there (yet); dbmo_result lists what is.") from None


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")

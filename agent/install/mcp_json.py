"""The server's entry in .mcp.json, joined with whatever else stands there."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from agent.install.files import Wanted
from agent.mcp_server.databases import DEFAULT_FILE
from engines.connection import VARIABLE
from engines.errors import Aborted, UsageError

SERVER = "dbmo"
FILE = ".mcp.json"


def mcp_json(folder: Path, force: bool) -> Wanted:
    """.mcp.json with the entry; every other server and key stays as it is.

    MCP_JSON_BROKEN for a file that is no such JSON, FILE_EDITED for another entry of our name without force.
    """
    path = folder / FILE
    present = Wanted(path, "", ours=False).present
    whole = _parsed(path, present) if present is not None else {}
    servers = whole.setdefault("mcpServers", {})
    joined = _joined(path, servers.get(SERVER), entry(folder), force)
    if present is not None and servers.get(SERVER) == joined:
        return Wanted(path, present, ours=False)
    servers[SERVER] = joined
    return Wanted(path, json.dumps(whole, indent=2, ensure_ascii=False) + "\n", ours=False)


def entry(folder: Path) -> dict[str, Any]:
    """How the server is started; the variables that the file of databases refers to are passed on by name."""
    names = variables(folder / DEFAULT_FILE)
    made: dict[str, Any] = {"command": command(), "args": ["mcp"]}
    return {**made, "env": {name: f"${{{name}}}" for name in names}} if names else made


def command() -> str:
    """`dbmo` where it is found by name, else the path of the one that is running."""
    if shutil.which("dbmo"):
        return "dbmo"
    return str(Path(sys.executable).with_name("dbmo"))


def variables(path: Path) -> list[str]:
    """Names of the environment's variables that a file of databases refers to."""
    return sorted(set(VARIABLE.findall(path.read_text(encoding="utf-8")))) if path.is_file() else []


def _joined(path: Path, present: Any, wanted: dict[str, Any], force: bool) -> dict[str, Any]:
    """Ours, with the environment that a person added; another command or other arguments are a person's too."""
    if present is None:
        return wanted
    if isinstance(present, dict) and all(present.get(key) == wanted[key] for key in ("command", "args")):
        env = {**wanted.get("env", {}), **present.get("env", {})}
        return {**present, "env": env} if env else present
    if not force:
        raise Aborted(
            "FILE_EDITED",
            f"{path} starts {SERVER} in another way; nothing was changed.",
            "Look at the difference with --dry-run --force, and give --force to replace it.",
        )
    return wanted


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_unique)
    except ValueError as error:
        raise _broken(path, f"it is not JSON ({error})") from None
    if not isinstance(found, dict) or not isinstance(found.get("mcpServers", {}), dict):
        raise _broken(path, "it holds no object with mcpServers")
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _broken(path: Path, reason: str) -> UsageError:
    return UsageError("MCP_JSON_BROKEN", f"{path} can't be joined: {reason}; nothing was changed.", "Mend it first.")

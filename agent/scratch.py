"""Where a migration may make databases that are lost again: the embedded server, files, servers the request names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines.connection import parse
from engines.embedded import open_embedded
from engines.errors import UsageError
from engines.families import family

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator


def fresh(run: Orchestrator, engine: str, name: str) -> str:
    """An empty scratch database of an engine; what a run that was killed has left under the name is removed.

    UsageError SCRATCH_MISSING where the request names no server of the engine's family.
    """
    kind = family(engine)
    if kind == "sqlite":
        return _file(run.folder.path.resolve() / "scratch" / f"{name}.db")
    if kind == "postgresql":
        url = f"{run.ends.server}?database={name}"
        folder = parse(url).embedded_folder
        assert folder is not None
        open_embedded(folder).drop_database(name)
        return url
    servers = run.request.options.scratch
    server = servers.get(kind)  # type: ignore[call-overload]
    if server is None:
        raise UsageError(
            "SCRATCH_MISSING",
            f"There is no {engine} server on which a database may be made and lost again.",
            f"Name one as options.scratch.{kind} (databases dbmo_scratch_* are made and dropped there), or record "
            "`rollback: {waiver}` where no way back is required.",
        )
    made: str = _maker(kind).fresh_database(server, _owner(run), name)
    return made


def drop(run: Orchestrator, engine: str, name: str) -> None:
    """Remove a scratch database from a server that the request names; others go with the migration's folder."""
    kind = family(engine)
    if kind in ("mysql", "mongodb"):
        server = run.request.options.scratch.get(kind)  # type: ignore[call-overload]
        _maker(kind).drop_database(server, _owner(run), name)


def _file(path: Path) -> str:
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch()
    return f"sqlite:{path}"


def _maker(kind: str) -> Any:
    from importlib import import_module

    return import_module(f"engines.{kind}.scratch")


def _owner(run: Orchestrator) -> str:
    return str(run.folder.path.resolve())

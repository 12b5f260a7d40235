"""Stored outputs of skills as their own types."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.phases import artifact_of
from engines.errors import UsageError
from skills.registry import get_skill

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator


def stored(run: Orchestrator, name: str) -> Any:
    """A skill's stored output of this migration as its Output; None where it has not run. Not to be changed."""
    path = run.folder.artifacts / artifact_of(name)
    if not path.is_file():
        return None
    found = path.stat()
    return _read(name, path, found.st_mtime_ns, found.st_size)


def needed(run: Orchestrator, name: str) -> Any:
    """The same; PROPOSAL_TOO_EARLY where it has not run."""
    found = stored(run, name)
    if found is None:
        raise UsageError("PROPOSAL_TOO_EARLY", f"Nothing can be proposed before {name} has run.", f"Call {name} first.")
    return found


@lru_cache(maxsize=16)
def _read(name: str, path: Path, modified: int, size: int) -> Any:
    """Read once per version of the file: a question in the chat looks at several, every time."""
    return get_skill(name).output.model_validate_json(path.read_bytes())

"""What a skill is given beside its input: connections, a grant, and places for progress and artifacts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engines.grant import Grant
from engines.protocols import Database


@dataclass(frozen=True)
class Progress:
    """How far a long piece of work is: rows done of rows (None: unknown) for a table or a stage."""

    stage: str
    item: str
    done: int
    total: int | None
    bytes: int = 0


def _silent(*_: Any) -> None:
    return None


@dataclass
class SkillContext:
    """Named connections and sinks.

    source and target are open databases or None; scratch is the reference of a throw-away server (`embedded:...`)
    that a skill may fill and drop, None where none may be used; workspace is where a skill may write files.
    """

    source: Database | None = None
    target: Database | None = None
    scratch: str | None = None
    grant: Grant | None = None
    workspace: Path | None = None
    progress: Callable[[Progress], None] = field(default=_silent)
    journal: Callable[[str, dict[str, Any]], None] = field(default=_silent)
    cancelled: Callable[[], bool] = field(default=lambda: False)

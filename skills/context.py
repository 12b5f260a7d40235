"""What a skill is given beside its input: connections, a grant, and places for progress and artifacts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engines.grant import Grant
from engines.protocols import Database
from transfer.standing import Standing


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
    that a skill may fill and drop, None where none may be used; scratch_servers: references of servers of other
    families of engines on which databases may be made and dropped; workspace is where a skill may write files. standing
    is told every second where a copy stands; tuning is the file by which a person changes its limits meanwhile;
    executor is where its lanes run (transfer/executors); migration is the name of what all this is for.
    """

    source: Database | None = None
    target: Database | None = None
    scratch: str | None = None
    scratch_servers: Mapping[str, str] = field(default_factory=dict)
    grant: Grant | None = None
    workspace: Path | None = None
    progress: Callable[[Progress], None] = field(default=_silent)
    journal: Callable[[str, dict[str, Any]], None] = field(default=_silent)
    cancelled: Callable[[], bool] = field(default=lambda: False)
    standing: Callable[[Standing], None] = field(default=_silent)
    tuning: Path | None = None
    executor: str = "processes"
    migration: str = ""

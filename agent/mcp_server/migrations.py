"""Migrations by id: the folders below one root, opened for reading or for a phase's work."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.folder import Folder
from agent.orchestrator import Orchestrator, Show
from agent.request_model import NAME
from engines.errors import UsageError

_SHOWN = 20
_WORK = threading.Lock()  # one piece of work on databases at a time; embedded servers are let go of after each


class Migrations:
    """The folders below a root; an id is a name, never a path."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def ids(self) -> list[str]:
        """Ids of the migrations that exist, sorted."""
        if not self.root.is_dir():
            return []
        return sorted(p.parent.name for p in self.root.glob("*/request.json") if self._inside(p.parent))

    def latest(self, count: int) -> list[str]:
        """The ids of those whose journal was written to last."""
        return sorted(self.ids(), key=lambda name: -self._touched(self.root / name))[:count]

    def folder(self, migration: str) -> Path:
        """The folder of a migration that exists; UsageError MIGRATION_UNKNOWN."""
        path = self.root / migration
        if NAME.fullmatch(migration) and self._inside(path) and (path / "request.json").is_file():
            return path
        known = self.ids()
        listed = ", ".join(known[:_SHOWN]) or "none yet"
        raise UsageError(
            "MIGRATION_UNKNOWN",
            f"There is no migration {migration[:60]!r}.",
            f"Migrations: {listed}; `dbmo_start` begins one.",
        )

    @contextmanager
    def reading(self, migration: str) -> Iterator[Orchestrator]:
        """A migration's stored outputs; another process may be working on it."""
        folder = Folder.open(self.folder(migration))
        try:
            yield Orchestrator(folder)
        finally:
            folder.close()

    @contextmanager
    def working(self, migration: str, show: Show) -> Iterator[Orchestrator]:
        """A migration for a phase's work, alone in its folder; Aborted FOLDER_IN_USE while a job runs."""
        folder = Folder.open(self.folder(migration))
        try:
            with at_work(), folder.locked():
                yield Orchestrator(folder, show)
        finally:
            folder.close()

    @staticmethod
    def _touched(path: Path) -> float:
        journal = path / "journal.db"
        return (journal if journal.exists() else path).stat().st_mtime

    def _inside(self, path: Path) -> bool:
        return path.resolve().parent == self.root.resolve()


@contextmanager
def at_work() -> Iterator[None]:
    """Work on databases: one at a time, and no embedded server is kept running afterwards."""
    from engines.embedded import released

    with _WORK, released():
        yield

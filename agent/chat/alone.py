"""A migration whose phases take the folder for themselves while they run, and leave it free in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from agent.folder import Folder
from agent.orchestrator import Orchestrator, Show
from agent.plan import Plan
from agent.validate import Wishes
from engines.errors import UsageError


class LockedRun(Orchestrator):
    """An orchestrator for a process that stays: looking needs no lock, working takes it."""

    def __init__(self, folder: Folder, show: Show) -> None:
        super().__init__(folder, show)
        self._depth = 0

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes out of the folder; inside of itself it does nothing more. FOLDER_IN_USE."""
        if self._depth:
            yield
            return
        with self.folder.locked():
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1

    def assess(self) -> dict[str, Any]:
        """Phase 1, alone in the folder."""
        with self.alone():
            return super().assess()

    def make_plan(self) -> Plan:
        """Phase 2, alone in the folder; see refuse_another_plan."""
        self.refuse_another_plan()
        with self.alone():
            return super().make_plan()

    def refuse_another_plan(self) -> None:
        """EXECUTION_BEGAN where another plan would not fit the target any more."""
        if self.folder.journal.last("execution started") is not None:
            raise UsageError(
                "EXECUTION_BEGAN",
                "The plan is being executed; another plan would not fit what is in the target.",
                f"Continue with: dbmo execute {self.folder.path}",
            )

    def validate(self, wishes: Wishes | None = None) -> dict[str, Any]:
        """Phase 4, alone in the folder."""
        with self.alone():
            return super().validate(wishes)

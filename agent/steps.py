"""A phase's work as steps: each skill once, in any order, with what it needs before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from engines.catalog import Model
from engines.errors import UsageError

Made = TypeVar("Made")


class Steps(Protocol):
    """What a driver gets of a phase: its skills, without arguments; skills in the order of the rules."""

    phase: str
    skills: tuple[str, ...]

    def run(self, skill: str) -> Model:
        """A skill's typed output; it and what it needs run once, later calls give the same again.

        STEP_UNKNOWN for a skill of another phase. What a step raised it raises again, also from finish().
        """
        ...

    def finish(self) -> Any:
        """Run what was left out, assemble, store; the phase's result."""
        ...


class Once:
    """Remembers what each piece of work gave, or why it failed, so that nothing is done twice."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}
        self._failed: dict[str, Exception] = {}

    def of(self, name: str, work: Callable[[], Made]) -> Made:
        """The result of the first call under a name; the error of the first call where it raised one."""
        if name in self._failed:
            raise self._failed[name]
        if name not in self._made:
            try:
                self._made[name] = work()
            except Exception as error:
                self._failed[name] = error
                raise
        made: Made = self._made[name]
        return made

    def has(self, name: str) -> bool:
        """Whether that work ended well."""
        return name in self._made


class PhaseSteps:
    """Steps over a table of skill -> work; a phase adds finish()."""

    def __init__(self, phase: str, work: Mapping[str, Callable[[], Model]]) -> None:
        self.phase = phase
        self.skills = tuple(work)
        self.once = Once()
        self._work = work

    def run(self, skill: str) -> Model:
        """See Steps.run."""
        if skill not in self._work:
            raise UsageError(
                "STEP_UNKNOWN",
                f"The {self.phase} has no step {skill}.",
                f"Its steps are {', '.join(self.skills)}.",
            )
        return self.once.of(skill, self._work[skill])

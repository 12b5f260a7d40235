"""What a rule that looks for a hazard is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from skills.database_optimization_analyzer.probe import Found, Probe


@dataclass(frozen=True)
class HazardRule:
    """engines: families of sources it applies to; detect may give a severity of its own for a place."""

    id: str
    title: str
    engines: tuple[str, ...]
    severity: str
    remedy: str
    detect: Callable[[Probe], Iterable[Found]]
    across: bool = False  # only when the target is of another family

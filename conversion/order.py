"""In which order objects are made: what others need comes first, cycles are named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def dependency_order(needs: Mapping[str, Iterable[str]]) -> tuple[list[str], list[str]]:
    """Names so that each follows what it needs, and the names that lie on a cycle (or need one that does).

    Names that aren't keys are ignored; among equals the order is by name, so it is the same every time.
    """
    remaining = {
        name: {other for other in others if other in needs and other != name} for name, others in needs.items()
    }
    order: list[str] = []
    while remaining:
        ready = sorted(name for name, others in remaining.items() if not others & remaining.keys())
        if not ready:
            break
        order.extend(ready)
        for name in ready:
            del remaining[name]
    return order, sorted(remaining)

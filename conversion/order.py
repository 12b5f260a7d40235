"""In which order objects are made: what others need comes first, cycles are named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def dependency_order(needs: Mapping[str, Iterable[str]]) -> tuple[list[str], list[str]]:
    """Names so that each follows what it needs, and the names that lie on a cycle (or need one that does).

    Names that aren't keys are ignored; among equals the order is by name, so it is the same every time. The time grows
    with the number of needs (Kahn's algorithm, level by level).
    """
    waiting = {name: {other for other in others if other in needs and other != name} for name, others in needs.items()}
    needed_by: dict[str, list[str]] = {}
    for name, others in waiting.items():
        for other in others:
            needed_by.setdefault(other, []).append(name)
    missing = {name: len(others) for name, others in waiting.items()}
    order: list[str] = []
    ready = sorted(name for name, count in missing.items() if not count)
    while ready:
        order.extend(ready)
        freed = []
        for name in ready:
            for other in needed_by.get(name, ()):
                missing[other] -= 1
                if not missing[other]:
                    freed.append(other)
        ready = sorted(freed)
    done = set(order)
    return order, sorted(name for name in needs if name not in done)

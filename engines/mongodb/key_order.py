"""In which order the keys of objects come, and how many objects deviate from it."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable


class Budget:
    """How many values may still be kept in memory, shared by everything that observes one collection."""

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self, count: int) -> bool:
        """True, and so many fewer are left; False where there aren't as many."""
        if self.left < count:
            return False
        self.left -= count
        return True


class KeyOrders:
    """The different sequences of keys that objects at one path have, each with its number of objects."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, ...], int] = {}
        self.unknown = 0

    def add(self, keys: tuple[str, ...], budget: Budget, count: int = 1) -> None:
        """Count objects with these keys; where memory is used up they count as deviating."""
        if keys in self.counts:
            self.counts[keys] += count
        elif budget.take(len(keys) + 1):
            self.counts[keys] = count
        else:
            self.unknown += count

    def arranged(self, names: Iterable[str]) -> tuple[list[str], int]:
        """All names in an order that most objects follow, and how many objects don't."""
        order = self._sorted(list(names))
        rank = {name: place for place, name in enumerate(order)}
        varying = self.unknown
        for keys, count in self.counts.items():
            places = [rank[key] for key in keys if key in rank]
            if any(one > other for one, other in itertools.pairwise(places)):
                varying += count
        return order, varying

    def _sorted(self, names: list[str]) -> list[str]:
        """Sorted by what comes before what; a circle is cut where the fewest objects ask for it."""
        seen = {name: place for place, name in enumerate(names)}
        before: dict[str, dict[str, int]] = {name: {} for name in names}
        after: dict[str, set[str]] = {name: set() for name in names}
        for keys, count in self.counts.items():
            known = [key for key in keys if key in seen]
            for one, other in itertools.pairwise(known):
                before[other][one] = before[other].get(one, 0) + count
                after[one].add(other)
        ready = [(seen[name], name) for name in names if not before[name]]
        heapq.heapify(ready)
        left = dict.fromkeys(names)
        order: list[str] = []
        while left:
            if ready:
                name = heapq.heappop(ready)[1]
            else:
                name = min(left, key=lambda found: (sum(before[found].values()), seen[found]))
            if name not in left:
                continue
            del left[name]
            order.append(name)
            for other in after[name]:
                if before[other].pop(name, None) is not None and not before[other] and other in left:
                    heapq.heappush(ready, (seen[other], other))
        return order

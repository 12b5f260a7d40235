"""What was observed in a collection as a tree, with the figures that decisions look at."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from engines.documents import Collection, ObservedField

NULLS = ("null",)
INTEGERS = frozenset({"int", "long"})
# alias -> what counts as one type: numbers are told apart later, code with and without scope is code
GROUPS = {"javascriptWithScope": "javascript", "int": "number", "long": "number", "double": "number"}


@dataclasses.dataclass
class Seen:
    """One path: its field, the fields below by name in the order of keys, and what its elements or entries are."""

    name: str | None
    field: ObservedField
    children: dict[str, Seen] = dataclasses.field(default_factory=dict)
    element: Seen | None = None

    @property
    def types(self) -> dict[str, int]:
        """Values per type without null."""
        return {name: count for name, count in self.field.types.items() if name not in NULLS and count}

    @property
    def values(self) -> int:
        """How many values are not null."""
        return sum(self.types.values())

    @property
    def nulls(self) -> int:
        """How many are null."""
        return self.field.types.get("null", 0)

    @property
    def missing(self) -> int:
        """In how many of the objects around it the field isn't there."""
        return max(0, self.field.parents - self.field.present)

    @property
    def empty(self) -> int:
        """How many are empty arrays, objects or texts."""
        return self.field.forms.get("empty", 1 if self.field.shortest == 0 else 0)

    @property
    def share(self) -> float:
        """Part of the objects around it that have the field, 0 to 1; elements are always there."""
        return (
            min(1.0, self.field.present / self.field.parents) if self.field.parents and self.name is not None else 1.0
        )

    @property
    def reference(self) -> bool:
        """True when nearly all of its objects are references in MongoDB's own form ($ref, $id)."""
        return self.field.forms.get("dbref", 0) >= 0.99 * max(1, self.types.get("object", 0))

    @property
    def dominant(self) -> tuple[str, float]:
        """The type (integers and doubles count as one) that most values have, and its part of them."""
        groups: dict[str, int] = {}
        for name, count in self.types.items():
            group = GROUPS.get(name, name)
            groups[group] = groups.get(group, 0) + count
        if not groups:
            return "null", 1.0
        found = max(groups, key=lambda name: groups[name])
        return found, groups[found] / self.values

    def walk(self) -> Iterator[Seen]:
        """This path and everything below it."""
        yield self
        for child in self.children.values():
            yield from child.walk()
        if self.element is not None:
            yield from self.element.walk()


def tree(collection: Collection) -> Seen:
    """The documents themselves as root of what was observed; paths without a recorded parent get an empty one."""
    count = collection.scanned
    root = Seen("", ObservedField(path=[], types={"object": count}, present=count, parents=count))
    for found in collection.fields:
        place = root
        for depth, part in enumerate(found.path):
            place = _below(place, part, [*found.path[: depth + 1]])
        place.field = found
    return root


def _below(place: Seen, part: str | None, path: list[str | None]) -> Seen:
    if part is None:
        if place.element is None:
            place.element = Seen(None, ObservedField(path=path))
        return place.element
    return place.children.setdefault(part, Seen(part, ObservedField(path=path)))

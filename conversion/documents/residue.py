"""What the columns of a row can't say of the value it stands for, as text, and read again.

{"value": v}: the whole value, columns aside. Else any of: "values": [[path, value], ...] for what is in no column or
comes out of it changed; "absent": [path, ...] for fields that aren't there though the column's default says so;
"order": [[path, [key, ...]], ...] for objects whose keys come in another order; "key": the entry's key that its column
can't hold. Paths are lists of keys from the row's value. The text is canonical Extended JSON.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from conversion.documents.extended_json import canonical, loads
from conversion.documents.values import MISSING

Path = tuple[str, ...]


@dataclass
class Residue:
    """The parts of one row's residue; paths are unique in each of them."""

    values: dict[Path, Any] = field(default_factory=dict)
    absent: dict[Path, None] = field(default_factory=dict)
    orders: dict[Path, list[str]] = field(default_factory=dict)
    key: str | None = None

    def __bool__(self) -> bool:
        return bool(self.values or self.absent or self.orders or self.key is not None)

    def text(self) -> str | None:
        """The text for the residue's column; None when there is nothing to say."""
        if not self:
            return None
        found: dict[str, Any] = {}
        if () in self.values:
            found["value"] = self.values[()]
        elif self.values:
            found["values"] = [[list(path), value] for path, value in self.values.items()]
        if self.absent:
            found["absent"] = [list(path) for path in self.absent]
        if self.orders:
            found["order"] = [[list(path), names] for path, names in self.orders.items()]
        if self.key is not None:
            found["key"] = self.key
        return canonical(found)

    def prefixes(self) -> set[Path]:
        """Every path that something is said of, and every path above it."""
        parts = (self.values, self.absent, self.orders)
        return {path[:end] for part in parts for path in part for end in range(len(path) + 1)}

    def children(self) -> dict[Path, dict[str, Any]]:
        """What is said of fields, in order: keys and values right below each path."""
        found: dict[Path, dict[str, Any]] = {}
        for path, value in self.values.items():
            if path:
                found.setdefault(path[:-1], {})[path[-1]] = value
        return found


def read(text: str | None) -> Residue:
    """The residue of a column's text."""
    result = Residue()
    if text is None:
        return result
    found = loads(text)
    whole = found.get("value", MISSING)
    if whole is not MISSING:
        result.values[()] = whole
    for path, value in found.get("values", ()):
        result.values[tuple(path)] = value
    for path in found.get("absent", ()):
        result.absent[tuple(path)] = None
    for path, names in found.get("order", ()):
        result.orders[tuple(path)] = names
    result.key = found.get("key")
    return result

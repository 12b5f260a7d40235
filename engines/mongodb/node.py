"""What is gathered at one path of a collection's documents while they stream by."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterator
from typing import Any

from bson.decimal128 import Decimal128
from bson.objectid import ObjectId

from engines.documents import ObservedField
from engines.mongodb.key_order import Budget, KeyOrders

LONGEST_KEPT = 32  # longer texts and bytes are kept as digests
DIGEST_BYTES = 16


def fingerprint(value: Any) -> Hashable:
    """A small value that is equal for values that MongoDB's unique indexes hold to be equal."""
    if type(value) is str:
        return value if len(value) <= LONGEST_KEPT else _digest(value.encode(errors="surrogatepass"))
    if isinstance(value, bool):
        return (bool, value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return value if value == value else "nan"
    if isinstance(value, Decimal128):
        number = value.to_decimal()
        return number if number.is_finite() else str(number)
    if isinstance(value, ObjectId):
        return value
    return (type(value).__name__, _digest(repr(value).encode(errors="surrogatepass")))


def _digest(value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=DIGEST_BYTES).digest()


class Distinct:
    """Whether a value occurs twice, as long as memory lasts."""

    def __init__(self) -> None:
        self.seen: set[Hashable] | None = set()
        self.repeated = False

    def add(self, value: Any, budget: Budget) -> None:
        """Look at one more value."""
        if self.seen is None:
            return
        found = fingerprint(value)
        if found in self.seen:
            self.repeated = True
        elif budget.take(1):
            self.seen.add(found)
            return
        budget.left += len(self.seen)
        self.seen = None

    @property
    def verdict(self) -> bool | None:
        """True: no value twice; False: one was; None: not known."""
        return False if self.repeated else None if self.seen is None else True


class IdSample:
    """Different values that look like keys of other documents; complete while none was left out."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.values: dict[Hashable, Any] = {}
        self.complete = True

    def add(self, value: Any, budget: Budget) -> None:
        """Keep the value while there is room: those that come later are left out."""
        if not self.complete and len(self.values) >= self.limit:
            return
        key = fingerprint(value)
        if key in self.values:
            return
        if len(self.values) < self.limit and budget.take(1):
            self.values[key] = value
        else:
            self.complete = False


class Node:
    """One path: its measures, and the paths below it.

    names: what is below objects, None once their keys are held to be data; element: any array element, or any value
    of such an object; growth: different keys after 1, 2, 4, 8, ... objects; distinct: only where a key could be.
    """

    __slots__ = ("distinct", "element", "field", "growth", "ids", "keys", "names", "objects", "orders")

    def __init__(self) -> None:
        self.field = ObservedField.model_construct(
            path=[], types={}, present=0, parents=0, forms={}, subtypes={}, references=[]
        )
        self.names: dict[str, Node] | None = {}
        self.element: Node | None = None
        self.keys: set[str] = set()
        self.objects = 0
        self.growth: list[int] = []
        self.orders = KeyOrders()
        self.distinct: Distinct | None = None
        self.ids: IdSample | None = None

    @property
    def arrays(self) -> int:
        """How many arrays were seen here."""
        return self.field.types.get("array", 0)

    @property
    def map_like(self) -> bool:
        """True once the keys of objects here are held to be data."""
        return self.names is None

    def below(self) -> Iterator[Node]:
        """The nodes one step down."""
        yield from (self.names or {}).values()
        if self.element is not None:
            yield self.element

    def size(self) -> int:
        """Nodes of the tree that begins here."""
        return 1 + sum(node.size() for node in self.below())

    def merge(self, other: Node, budget: Budget) -> None:
        """Add what another node gathered; uniqueness is forgotten."""
        merge_fields(self.field, other.field)
        self.objects += other.objects
        self.growth = []
        self.distinct = None
        if other.ids is not None:
            self._merge_ids(other.ids, budget)
        if other.element is not None:
            self.element = self.element or Node()
            self.element.merge(other.element, budget)
        self.keys |= other.keys
        if other.map_like or self.map_like:
            self.collapse(budget)
            other.collapse(budget)
            if other.element is not None and self.element is None:
                self.element = other.element
            return
        assert self.names is not None and other.names is not None
        for name, node in other.names.items():
            if name in self.names:
                self.names[name].merge(node, budget)
            else:
                self.names[name] = node
        for keys, count in other.orders.counts.items():
            self.orders.add(keys, budget, count)
        self.orders.unknown += other.orders.unknown

    def _merge_ids(self, ids: IdSample, budget: Budget) -> None:
        self.ids = self.ids or IdSample(ids.limit)
        for value in ids.values.values():
            self.ids.add(value, budget)
        self.ids.complete = self.ids.complete and ids.complete

    def collapse(self, budget: Budget) -> None:
        """From here on the keys of objects are data: all their values become one node."""
        if self.names is None:
            return
        names, self.names = self.names, None
        self.keys |= names.keys()
        budget.left += sum(len(keys) + 1 for keys in self.orders.counts)
        self.orders = KeyOrders()
        for node in names.values():
            self.element = self.element or Node()
            self.element.merge(node, budget)


def merge_fields(into: ObservedField, other: ObservedField) -> None:
    """Add the counts of another field and widen the ranges."""
    into.present += other.present
    for name in ("types", "forms", "subtypes"):
        counts: dict[str, int] = getattr(into, name)
        for key, count in getattr(other, name).items():
            counts[key] = counts.get(key, 0) + count
    for name in ("minimum", "earliest", "shortest"):
        _widen(into, other, name, min)
    for name in ("maximum", "latest", "longest", "max_length", "max_bytes", "max_digits", "max_scale"):
        _widen(into, other, name, max)
    if other.elements is not None:
        into.elements = (into.elements or 0) + other.elements


def _widen(into: ObservedField, other: ObservedField, name: str, choose: Any) -> None:
    found = [value for value in (getattr(into, name), getattr(other, name)) if value is not None]
    setattr(into, name, choose(found) if found else None)

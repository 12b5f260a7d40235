"""The schema of documents, found by reading them: types per path with counts, forms, lengths, maps, order."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bson.dbref import DBRef

from engines.documents import Collection, ObservedField
from engines.mongodb.forms import MEASURES
from engines.mongodb.key_order import Budget
from engines.mongodb.maps import keys_are_data
from engines.mongodb.node import Distinct, IdSample, Node
from engines.mongodb.references import looks_like_key
from engines.mongodb.values import bson_type

MOST_PATHS = 20_000  # different paths of a collection that are kept apart
MOST_KEYS = 1_000  # different keys of objects at one path before they are held to be data
MOST_COUNTED_KEYS = 100_000
MOST_VALUES = 1_000_000  # key sequences, values for uniqueness, values for references: in all
MOST_IDS = 50_000  # different values of one path that may be looked up in other collections
NO_KEYS = {"null", "undefined", "array"}  # types whose uniqueness nobody asks for
CONTAINERS = {"object", "array"}
FIRST_LOOK = 64  # objects before their keys are looked at for the first time, then at each doubling
Z_95 = 1.959964  # normal distribution, 95 % two-sided
RULE_OF_THREE = 3.0  # a never-seen event has at most this / n probability, 95 %: Hanley and Lippman-Hand 1983


def infer(documents: Iterable[Mapping[str, Any]], name: str, total: int | None = None) -> Collection:
    """The fields of a collection from its documents as pymongo or bson.json_util give them.

    total: how many documents the collection has, where these are a random sample of them; None: these are all.
    Memory stays bounded whatever their number. TypeError for values that BSON doesn't have.
    """
    observer = Observer(name)
    for document in documents:
        observer.add(document)
    return observer.collection(total)


def sampling_error(read: int, total: int | None) -> float:
    """Half the width of the 95 % interval of a share of one half, the widest there is; 0 when all were read.

    Normal approximation with the correction for a finite population.
    """
    if total is None or read >= total:
        return 0.0
    if not read:
        return 1.0
    correction = math.sqrt((total - read) / max(1, total - 1))
    return min(1.0, Z_95 * math.sqrt(0.25 / read) * correction)


class Observer:
    """Takes documents one by one; collection() says what was seen so far; ids: values kept for references."""

    def __init__(self, name: str, ids: int = MOST_IDS) -> None:
        self.name = name
        self.ids = ids
        self.root = Node()
        self.budget = Budget(MOST_VALUES)
        self.paths = 0
        self.untracked = 0

    def add(self, document: Mapping[str, Any]) -> None:
        """Observe one document."""
        self.root.field.present += 1
        self._object(self.root, document, single=True)

    def collection(self, total: int | None = None) -> Collection:
        """What was seen; total as in infer()."""
        read = self.root.objects
        names, varying = self._close(self.root)
        whole = total is None or read >= total
        fields = [
            field for key in names for field in self._fields(self.root.names or {}, key, [], self.root.objects, whole)
        ]
        return Collection(
            name=self.name,
            fields=fields,
            documents=read if total is None else total,
            documents_exact=total is None,
            scanned=read,
            sampling_error=sampling_error(read, total),
            unseen=0.0 if whole else min(1.0, RULE_OF_THREE / read) if read else 1.0,
            untracked=self.untracked,
            order_varies=varying,
        )

    def candidates(self) -> Iterator[tuple[list[str | None], IdSample]]:
        """Paths whose values look like keys of other documents, with those values."""
        yield from _candidates(self.root, [])

    def _object(self, node: Node, value: Mapping[str, Any], single: bool) -> None:
        node.objects += 1
        if node.names is not None:
            node.orders.add(tuple(value), self.budget)
        for key, item in value.items():
            child = self._child(node, key)
            if child is None:
                self.untracked += 1
            else:
                self._value(child, item, key, single and node.names is not None)
        if node.objects & (node.objects - 1) == 0 and node.names is not None:
            node.growth.append(len(node.names))
            if node.objects >= FIRST_LOOK and node is not self.root and keys_are_data(node):
                self._collapse(node)

    def _child(self, node: Node, key: str) -> Node | None:
        if node.names is not None:
            found = node.names.get(key)
            if found is not None:
                return found
            if len(node.names) < MOST_KEYS:
                if self.paths >= MOST_PATHS:
                    return None
                self.paths += 1
                found = node.names[key] = Node()
                return found
            if node is self.root:
                return None
            self._collapse(node)
        if len(node.keys) < MOST_COUNTED_KEYS and key not in node.keys and self.budget.take(1):
            node.keys.add(key)
        return self._element(node)

    def _element(self, node: Node) -> Node | None:
        if node.element is None:
            if self.paths >= MOST_PATHS:
                return None
            self.paths += 1
            node.element = Node()
        return node.element

    def _collapse(self, node: Node) -> None:
        before = node.size()
        node.collapse(self.budget)
        self.paths += node.size() - before

    def _value(self, node: Node, value: Any, name: str, single: bool) -> None:
        kind = bson_type(value)
        field = node.field
        field.present += 1
        field.types[kind] = field.types.get(kind, 0) + 1
        measure = MEASURES.get(kind)
        if measure is not None:
            measure(field, value)
        if kind in CONTAINERS and not value:
            field.forms["empty"] = field.forms.get("empty", 0) + 1
        if kind == "object":
            if isinstance(value, DBRef):
                value = value.as_doc()
            if "$ref" in value and "$id" in value:
                field.forms["dbref"] = field.forms.get("dbref", 0) + 1
            self._object(node, value, single)
        elif kind == "array":
            self._array(node, value, name)
        elif looks_like_key(name, kind, value):
            if node.ids is None:
                node.ids = IdSample(self.ids)
            node.ids.add(value, self.budget)
        if single and kind not in NO_KEYS and (kind != "object" or name == "_id"):
            if node.distinct is None:
                node.distinct = Distinct()
            node.distinct.add(value, self.budget)

    def _array(self, node: Node, values: list[Any], name: str) -> None:
        field, length = node.field, len(values)
        field.elements = (field.elements or 0) + length
        field.shortest = length if field.shortest is None else min(field.shortest, length)
        field.longest = length if field.longest is None else max(field.longest, length)
        element = self._element(node) if length else None
        if element is None:
            self.untracked += length
            return
        for value in values:
            self._value(element, value, name, single=False)

    def _close(self, node: Node) -> tuple[list[str], int]:
        """A last look at the keys; the names below in their order, and how many objects deviate from it."""
        if node is not self.root and node.names and keys_are_data(node):
            self._collapse(node)
        return node.orders.arranged(node.names) if node.names else ([], 0)

    def _fields(
        self, nodes: Mapping[str, Node], key: str, above: list[str | None], parents: int, whole: bool
    ) -> Iterator[ObservedField]:
        yield from self._tree(nodes[key], [*above, key], parents, whole)

    def _tree(self, node: Node, path: list[str | None], parents: int, whole: bool) -> Iterator[ObservedField]:
        names, varying = self._close(node)
        unique = node.distinct.verdict if node.distinct is not None else None
        changes = {
            "path": path,
            "parents": parents,
            "map_like": node.map_like,
            "keys": len(node.keys) if node.map_like else len(names) if node.objects else None,
            "order_varies": varying,
            "unique": unique if whole else None,  # a random sample may hold a document twice
        }
        yield ObservedField.model_validate(node.field.model_dump() | changes)
        for key in names:
            yield from self._fields(node.names or {}, key, path, node.objects, whole)
        if node.element is not None:
            holders = node.arrays + (node.objects if node.map_like else 0)
            yield from self._tree(node.element, [*path, None], holders, whole)


def _candidates(node: Node, path: list[str | None]) -> Iterator[tuple[list[str | None], IdSample]]:
    if node.ids is not None:
        yield path, node.ids
    for key, child in (node.names or {}).items():
        yield from _candidates(child, [*path, key])
    if node.element is not None:
        yield from _candidates(node.element, [*path, None])

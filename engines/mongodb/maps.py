"""When the keys of objects are data rather than names of fields."""

from __future__ import annotations

import math
import re

from engines.mongodb.node import Node

# A key of one of these forms is no name that a person gave to a field.
DATA_KEYS = {
    "number": r"\d+",
    "day or month": r"\d{4}-\d\d(?:-\d\d(?:[T ][\d:.]+Z?)?)?",
    "ObjectId, digest": r"[0-9a-f]{24}|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}",
    "UUID": r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "mail address": r"[^@\s]+@[^@\s]+\.[^@\s]+",
}
DATA_KEY = re.compile("|".join(f"(?:{pattern})" for pattern in DATA_KEYS.values()))
# Otherwise the values must be of one shape, and their keys many, seldom, and ever new: planning values.
FEWEST_GROWING = 16  # different keys
LEAST_GROWTH = 0.3  # exponent of Heaps' law: different keys ~ objects ** exponent; 0 when no new keys come
RARE_GROWING = 0.10  # share of the objects that an average key is in
FEWEST_RARE = 64  # different keys that are enough without growth, when they are as rare as RARE
RARE = 0.05
ONE_SHAPE = 0.9  # share of the values that have the most frequent type
SHARED_KEYS = 0.5  # of the keys of all values that are objects, how many an average one has
NUMBERS = {"int": "number", "long": "number", "double": "number", "decimal": "number"}


def keys_are_data(node: Node) -> bool:
    """True where the objects at this node look like maps."""
    names = node.names
    if not names:
        return node.map_like
    if all(DATA_KEY.fullmatch(name) for name in names):
        return True
    if len(names) < FEWEST_GROWING or node.objects < FEWEST_GROWING:
        return False
    coverage = sum(child.field.present for child in names.values()) / (len(names) * node.objects)
    growing = coverage < RARE_GROWING and _growth(node, len(names)) >= LEAST_GROWTH
    many = coverage < RARE and len(names) >= FEWEST_RARE
    return (growing or many) and _of_one_shape(list(names.values()))


def _growth(node: Node, keys: int) -> float:
    """The exponent with which different keys grew since half of the objects or less were seen."""
    half = (node.objects // 2).bit_length() - 1
    if half < 0 or half >= len(node.growth) or not node.growth[half]:
        return 0.0
    return math.log(keys / node.growth[half]) / math.log(node.objects / 2**half)


def _of_one_shape(values: list[Node]) -> bool:
    counts: dict[str, int] = {}
    for value in values:
        for name, count in value.field.types.items():
            if name != "null":
                shape = NUMBERS.get(name, name)
                counts[shape] = counts.get(shape, 0) + count
    if not counts or max(counts.values()) < ONE_SHAPE * sum(counts.values()):
        return False
    if max(counts, key=lambda name: counts[name]) != "object":
        return True
    kept = [value.names.keys() for value in values if value.names]
    every = set().union(*kept)
    return not every or sum(len(names) for names in kept) >= SHARED_KEYS * len(kept) * len(every)

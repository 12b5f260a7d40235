"""How much speaks for two names being one thing: names, counts and fingerprints weighed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

WORD = re.compile(r"[a-z]+|[0-9]+")
INSIDE = 0.7  # one name within the other: `address` in `email_address` may be another thing


@dataclass(frozen=True)
class Facts:
    """What is known of rows and values on both sides."""

    rows: tuple[Mapping[str, int], Mapping[str, int]]
    values: tuple[Mapping[str, str], Mapping[str, str]]

    def same_rows(self, one: str, other: str) -> float | None:
        """1 for as many rows, 0 for another number; None where it isn't known or both are empty."""
        left, right = self.rows[0].get(one), self.rows[1].get(other)
        return None if left is None or right is None or left == right == 0 else float(left == right)

    def same_values(self, one: str, other: str) -> float | None:
        """1 for equal fingerprints; None where one isn't known."""
        left, right = self.values[0].get(one), self.values[1].get(other)
        return None if left is None or right is None else float(left == right)


def overlap(left: Iterable[object], right: Iterable[object]) -> float | None:
    """The share that two sets have in common; None where both are empty."""
    one, other = set(left), set(right)
    return 2 * len(one & other) / (len(one) + len(other)) if one or other else None


def same(one: object, other: object, nothing: object) -> float | None:
    """None where both say nothing."""
    return None if one == other == nothing else float(one == other)


def alike(one: str, other: str) -> float:
    """How alike two names are, 0 to 1: by their letters, or by the words they are made of, whichever is more."""
    left, right = one.lower(), other.lower()
    if left.replace("_", "") == right.replace("_", ""):
        return 1.0
    if re.sub(r"[0-9]+", "0", left) == re.sub(r"[0-9]+", "0", right):
        return 0.0  # orders_2023 and orders_2024 are two of a kind
    parts = [set(WORD.findall(re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower())) for name in (one, other)]
    shared = 2 * len(parts[0] & parts[1]) / (len(parts[0]) + len(parts[1]) or 1)
    inside = INSIDE if min(len(left), len(right)) > 2 and (left in right or right in left) else 0.0
    return max(shared, inside, SequenceMatcher(None, left, right, autojunk=False).ratio() ** 2)


def weighed(shares: Mapping[str, float | None], weights: Mapping[str, float]) -> float:
    """The weighted mean of what is known; what neither side has says nothing for or against."""
    known = {name: share for name, share in shares.items() if share is not None}
    total = sum(weights[name] for name in known)
    return sum(weights[name] * share for name, share in known.items()) / total if total else 0.0


def in_words(shares: Mapping[str, float | None]) -> list[str]:
    """What speaks for it and what against it."""
    found = []
    for name, share in shares.items():
        if share is not None and name != "columns":
            much = "same" if share >= 0.99 else "alike" if share >= 0.5 else "different"
            found.append(f"{name}: {much}")
    return found

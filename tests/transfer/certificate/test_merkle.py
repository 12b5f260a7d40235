"""The Merkle tree of a certificate."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from transfer.certificate.merkle import leaf, root

VALUES = st.lists(st.integers() | st.text() | st.none(), max_size=20)


def test_the_left_part_is_the_largest_power_of_two() -> None:
    one, two, three = map(leaf, "abc")
    left = hashlib.sha256(b"\1" + one + two).digest()
    assert root([one, two, three]) == hashlib.sha256(b"\1" + left + three).digest()


def test_the_order_of_keys_is_nothing() -> None:
    assert leaf({"a": 1, "b": 2}) == leaf({"b": 2, "a": 1})


def test_a_node_is_no_leaf() -> None:
    one, two = leaf("a"), leaf("b")
    assert root([one, two]) not in (leaf((one + two).hex()), hashlib.sha256(b"\0" + one + two).digest())


@given(VALUES, VALUES)
def test_other_values_or_another_order_give_another_root(some: list[object], others: list[object]) -> None:
    assert (root([leaf(v) for v in some]) == root([leaf(v) for v in others])) == (some == others)

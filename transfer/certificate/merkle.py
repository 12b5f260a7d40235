"""A Merkle tree with SHA-256 over JSON values: one hash that stands for all of them.

As in RFC 6962: leaves and nodes are hashed with a byte of their own in front, so that neither passes for the other;
the left part of a tree has the largest power of two of leaves that is smaller than all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any


def leaf(value: Any) -> bytes:
    """The hash of a JSON value, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(b"\0" + text.encode()).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The hash over all leaves in their order; of none, the hash of nothing."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(leaves[:left]) + root(leaves[left:])).digest()

"""A codec: how one value becomes what a driver stores in columns, and back."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bson import Int64

Options = dict[str, int]
Encode = Callable[[Any], Any]
Decode = Callable[[Any], Any]


@dataclass(frozen=True)
class Codec:
    """encode gives what to store, None for what the column can't hold (a tuple where it has several columns).

    decode gives the value of what was stored. Python values of the types in certain come back as they were whenever
    they could be stored at all; of others the caller has to look whether what comes back is the same.
    """

    encode: Encode
    decode: Decode
    certain: frozenset[type] = frozenset()
    exact: Callable[[Any, Any], bool] | None = None


def whole(value: Any) -> int | None:
    """The integer that a number is, whatever its type; None for any other value."""
    kind = type(value)
    if kind is int or kind is Int64:
        return int(value)
    if kind is float and math.isfinite(value) and value == math.floor(value):
        return int(value)
    return None

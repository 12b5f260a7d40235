"""Random documents of every BSON type, with the values that targets can't hold, built from few names."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from bson import Binary, Code, DatetimeMS, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from hypothesis import strategies as st

from engines.mongodb.values import DbPointer, Symbol, Undefined

NAMES = [
    "a", "b", "A", "ord", "key", "value", "_residue", "", "a.b", "$cash", "$oid", "$ref", "$id", "$document",
    "$numberInt", "select", "nul\0in", "lone\ud800", "ключ", "x" * 70, "quote\"'`\\", "line\nbreak", "👩‍👧", "50%",
]  # fmt: skip
OBJECT_IDS = st.integers(0, 3).map(lambda number: ObjectId(f"65a0000000000000000000{number:02d}"))
TEXTS = st.sampled_from(
    ["", "x", "~x", "a" * 300, "trail  ", "nul\0in", "lone\ud800", "\udc00", "👩‍👩‍👧", "back\\slash'\""]
)
LONGS = st.sampled_from([0, 1, -1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63), -(2**62) - 1]).map(Int64)
DOUBLES = st.sampled_from([0.0, -0.0, 1.0, 0.1, 1e300, 5e-324, 1e16, math.nan, math.inf, -math.inf])
DECIMALS = st.sampled_from(
    ["0", "-0", "0.00", "1", "1.0", "1.00", "1E+3", "0E+3", "1E-6176", "9E+6111", "NaN", "Infinity", "-Infinity",
     "1234567890123456789012345678901234", "-0.10", "12345678901234567890123456789.12345"]
).map(Decimal128)  # fmt: skip
DATES = st.sampled_from([0, 1704067200123, -62135596800000, 253402300799999]).map(
    lambda stamp: DatetimeMS(stamp).as_datetime().replace(tzinfo=UTC)
)
FAR_DATES = st.sampled_from([-62198755200000, 253402300800000, 2**62]).map(DatetimeMS)
BINARIES = st.builds(
    Binary, st.sampled_from([b"", b"\0\1", bytes(range(16)), b"\xff" * 16]), st.sampled_from([0, 3, 4, 128])
)
RARE_TYPES = st.sampled_from(
    [Regex("^a", "is"), Code("f()"), Code("g()", {}), Code("h()", {"x": 1}), Timestamp(1700000000, 1), MinKey(),
     MaxKey(), Undefined(), Symbol("s"), DbPointer("things", ObjectId("65a000000000000000000001"))]
)  # fmt: skip
SCALARS = st.one_of(
    TEXTS, st.integers(-3, 3), st.sampled_from([2**31 - 1, -(2**31)]), LONGS, DOUBLES, DECIMALS, st.booleans(),
    st.none(), OBJECT_IDS, DATES, FAR_DATES, BINARIES, RARE_TYPES, st.just(datetime(2024, 1, 1, tzinfo=UTC)),
)  # fmt: skip


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.lists(inner, max_size=3), objects(inner))


def objects(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects of the awkward names in any order."""
    return st.lists(st.tuples(st.sampled_from(NAMES), values), max_size=4).map(dict)


VALUES = st.recursive(SCALARS, _nested, max_leaves=8)
KEYS = st.one_of(SCALARS, objects(SCALARS))


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A document; _id is not always the first field."""
    fields = list(draw(objects(VALUES)).items())
    fields.insert(draw(st.integers(0, len(fields))), ("_id", draw(KEYS)))
    return dict(fields)


# Documents that are alike but for one value: what most collections look like.
ALIKE = st.fixed_dictionaries(
    {"_id": OBJECT_IDS, "name": TEXTS, "n": st.one_of(st.integers(0, 9), DOUBLES, LONGS), "price": DECIMALS},
    optional={
        "tags": st.lists(st.one_of(TEXTS, st.none()), max_size=3),
        "at": st.one_of(DATES, FAR_DATES),
        "sub": st.one_of(st.none(), objects(st.integers(0, 3))),
        "rows": st.lists(st.one_of(objects(st.integers(0, 3)), st.none()), max_size=3),
        "grid": st.lists(st.lists(st.integers(0, 3), max_size=2), max_size=3),
        "link": st.builds(lambda key: {"$ref": "things", "$id": key}, OBJECT_IDS),
        "raw": BINARIES,
    },
)

"""Documents with one field of every kind, and the values that some column can't hold."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from bson import Binary, Code, DatetimeMS, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from engines.mongodb.values import DbPointer, Symbol, Undefined

ID = ObjectId("65a000000000000000000001")
UUID = Binary(bytes(range(16)), 4)
TRAPS: list[Any] = [
    None, True, False, 0, 1, -1, 2**31 - 1, -(2**31), Int64(0), Int64(1), Int64(2**53 + 1), Int64(2**63 - 1),
    Int64(-(2**63)), Int64(-(2**62) - 1), 0.0, -0.0, 1.0, 0.1, 1e300, 5e-324, 1.7976931348623157e308, 1e16, math.nan,
    math.inf, -math.inf, *map(Decimal128, ["0", "-0", "0.00", "1", "1.0", "1.50", "1E+3", "0E+3", "1E-6176"]),
    Decimal128("9E+6111"),
    *map(Decimal128, ["NaN", "Infinity", "-Infinity", "12345678901234567890123456789.12345", "19.99", "-0.10"]),
    "", "x", "~x", "a" * 300, "trail  ", "tab\tnl\n", "nul\0in", "\0", "lone\ud800", "\udc00", "👩‍👩‍👧", "é",
    "back\\slash'\"%s", "NULL", "2024-01-01", "65a000000000000000000001", ID, ObjectId("0" * 24),
    datetime(2024, 1, 1, 12, 30, 0, 123000, UTC), datetime(1, 1, 1, tzinfo=UTC), datetime(999, 12, 31, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999000, UTC), datetime(9999, 12, 31, 23, 59, 59, 999000, UTC),
    DatetimeMS(-62198755200000), DatetimeMS(253402300800000), DatetimeMS(2**63 - 1),
    b"", b"\0\1\2", Binary(b"\xff\xfe", 128), Binary(bytes(16), 3), UUID, Binary(b"\xff" * 16, 4), Binary(b"short", 4),
    Timestamp(1700000000, 1), Timestamp(2**32 - 1, 2**32 - 1), Regex("^a\\.b", "imx"), Code("f()"), Code("f()", {}),
    Code("g()", {"x": 1}), MinKey(), MaxKey(), Undefined(), Symbol("s"), DbPointer("things", ID),
    {"$ref": "things", "$id": ID}, {"$id": ID, "$ref": "things"}, {"$oid": "no object id"}, {"$numberInt": "1"}, {},
    {"": 1, "a.b": {"$cash": [None, {}]}}, {"z": 1, "y": None, "x": 3}, {"y": 2}, {"x": None}, [], [[]], [None],
    [[1, 2], [], [3]], ["a", 1, None, {"deep": [True]}], ["a", "a"], [{"z": 1}, {}, None, "odd"],
]  # fmt: skip
USUAL: dict[str, Any] = {
    "int": 1, "long": Int64(2**40), "double": 1.5, "decimal": Decimal128("19.99"), "text": "text", "flag": True,
    "oid": ID, "at": datetime(2024, 1, 1, tzinfo=UTC), "raw": b"\0\1", "uuid": UUID, "ts": Timestamp(1, 2),
    "tags": ["a", "b"], "numbers": [1, 2], "grid": [[1], [2, 3]], "sub": {"x": 1, "y": 2, "in": {"z": "deep"}},
    "rows": [{"x": 1, "y": ["p"]}, {"x": 2, "y": []}], "map": {"2024-01": 5, "2024-02": 7},
    "maps": {"2024-01": {"x": 1}}, "link": {"$ref": "things", "$id": ID}, "mixed": 1,
    'na"me`s\'\\ %s.$': "awkward", "NAME": "upper", "name": "lower", "select": "reserved", "x" * 70: 1, "x" * 71: 2,
}  # fmt: skip


def usual(number: int) -> dict[str, Any]:
    mixed = [1, 2.5, "x", None][number % 4]
    return {"_id": ObjectId(f"65a0000000000000001{number:05d}"), **USUAL, "mixed": mixed}

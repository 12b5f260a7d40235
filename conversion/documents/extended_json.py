"""Values of documents as JSON text and back, losing nothing: canonical Extended JSON v2, and a plainer form of it.

https://github.com/mongodb/specifications/blob/master/source/extended-json/extended-json.md names the wrappers. The
plain form, for columns that people query, writes what JSON itself can tell apart (32-bit integers, longs beyond them,
doubles with a point, dates from 1970 to 9999) and wraps the rest. Two things are this project's own: a sub-document
whose own keys look like a wrapper stands as {"$document": [[key, value], ...]}, and text is ASCII with \\u escapes, so
that NUL and lone surrogates survive in any database.
"""

from __future__ import annotations

import json
import math
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bson import Binary, Code, DatetimeMS, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from conversion.documents.values import (
    LAST_DATETIME_MS,
    alias,
    as_object,
    binary_of,
    date_of,
    is_int32,
    is_int64,
    milliseconds,
    regex_of,
)
from engines.mongodb.values import DbPointer, Symbol, Undefined

ESCAPE = "$document"
FLAGS = {"i": 2, "l": 4, "m": 8, "s": 16, "u": 32, "x": 64}  # letters of $options -> flags of Python's re
NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def canonical(value: Any) -> str:
    """The value as canonical Extended JSON without blanks; every type is spelled out."""
    return json.dumps(_wrapped(value, False), separators=(",", ":"))


def plain(value: Any) -> str:
    """The value as JSON that people can query: wrappers only where JSON can't tell the type."""
    return json.dumps(_wrapped(value, True), separators=(",", ":"))


def loads(text: str) -> Any:
    """The value of a text that canonical() or plain() wrote."""
    return _value(json.loads(text))


def _wrapped(value: Any, short: bool) -> Any:
    name = alias(value)
    if name in ("string", "bool", "null"):
        return value
    if name == "object":
        fields = as_object(value) or {}
        if RESERVED.isdisjoint(fields):
            return {key: _wrapped(item, short) for key, item in fields.items()}
        return {ESCAPE: [[key, _wrapped(item, short)] for key, item in fields.items()]}
    if name == "array":
        return [_wrapped(item, short) for item in value]
    bare = SHORT[name](value) if short and name in SHORT else None
    if bare is not None:
        return bare
    return WRAP[name](value)


def _bare_long(value: int) -> int | None:
    return int(value) if not is_int32(value) else None


def _bare_double(value: float) -> float | None:
    """A double whose shortest text has a point and no exponent, so that no JSON type of a server turns it integer."""
    text = repr(value)
    return value if math.isfinite(value) and "e" not in text and text != "-0.0" else None


def _bare_date(value: Any) -> dict[str, str] | None:
    stamp = milliseconds(value)
    moment = date_of(stamp)
    if isinstance(moment, DatetimeMS) or not 0 <= stamp <= LAST_DATETIME_MS:
        return None
    return {"$date": moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"}


def _double(value: float) -> dict[str, str]:
    if math.isfinite(value):
        return {"$numberDouble": repr(float(value))}
    return {"$numberDouble": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}


def _binary(value: Any) -> dict[str, dict[str, str]]:
    data, subtype = binary_of(value)
    return {"$binary": {"base64": b64encode(data).decode(), "subType": f"{subtype:02x}"}}


def _regex(value: Any) -> dict[str, dict[str, str]]:
    found = regex_of(value)
    pattern = found.pattern if isinstance(found.pattern, str) else found.pattern.decode()
    options = "".join(letter for letter, flag in FLAGS.items() if found.flags & flag)
    return {"$regularExpression": {"pattern": pattern, "options": options}}


def _code(value: Code) -> dict[str, Any]:
    if value.scope is None:
        return {"$code": str(value)}
    return {"$code": str(value), "$scope": _wrapped(dict(value.scope), False)}


SHORT: dict[str, Callable[[Any], Any]] = {
    "int": int, "long": _bare_long, "double": _bare_double, "date": _bare_date,
}  # fmt: skip
WRAP: dict[str, Callable[[Any], Any]] = {
    "int": lambda value: {"$numberInt": str(value)},
    "long": lambda value: {"$numberLong": str(int(value))},
    "double": _double,
    "decimal": lambda value: {"$numberDecimal": str(value)},
    "objectId": lambda value: {"$oid": str(value)},
    "date": lambda value: {"$date": {"$numberLong": str(milliseconds(value))}},
    "binData": _binary,
    "regex": _regex,
    "javascript": _code,
    "javascriptWithScope": _code,
    "timestamp": lambda value: {"$timestamp": {"t": value.time, "i": value.inc}},
    "minKey": lambda value: {"$minKey": 1},
    "maxKey": lambda value: {"$maxKey": 1},
    "undefined": lambda value: {"$undefined": True},
    "symbol": lambda value: {"$symbol": str(value)},
    "dbPointer": lambda value: {"$dbPointer": {"$ref": value.collection, "$id": {"$oid": str(value.id)}}},
}


def _value(found: Any) -> Any:
    if isinstance(found, dict):
        for key in found:
            if key in READ:
                return READ[key](found)
            break
        return {key: _value(item) for key, item in found.items()}
    if isinstance(found, list):
        return [_value(item) for item in found]
    if type(found) is int and not is_int32(found) and is_int64(found):
        return Int64(found)
    return found


def _read_date(found: dict[str, Any]) -> Any:
    written = found["$date"]
    if isinstance(written, dict):
        return date_of(int(written["$numberLong"]))
    return datetime.fromisoformat(written).astimezone(UTC)


def _read_double(found: dict[str, Any]) -> float:
    text = found["$numberDouble"]
    return NOT_FINITE[text] if text in NOT_FINITE else float(text)


def _read_regex(found: dict[str, Any]) -> Regex[str]:
    parts = found["$regularExpression"]
    return Regex(parts["pattern"], sum(FLAGS[letter] for letter in parts["options"]))


def _read_code(found: dict[str, Any]) -> Code:
    return Code(found["$code"], _value(found["$scope"]) if "$scope" in found else None)


def _read_timestamp(found: dict[str, Any]) -> Timestamp:
    return Timestamp(found["$timestamp"]["t"], found["$timestamp"]["i"])


def _read_binary(found: dict[str, Any]) -> Any:
    parts = found["$binary"]
    return Binary(b64decode(parts["base64"]), int(parts["subType"], 16))


def _read_pointer(found: dict[str, Any]) -> DbPointer:
    return DbPointer(found["$dbPointer"]["$ref"], ObjectId(found["$dbPointer"]["$id"]["$oid"]))


# The first key of a wrapper -> how it is read. No object that a document itself holds has these keys: see ESCAPE.
READ: dict[str, Callable[[dict[str, Any]], Any]] = {
    "$numberInt": lambda found: int(found["$numberInt"]),
    "$numberLong": lambda found: Int64(found["$numberLong"]),
    "$numberDouble": _read_double,
    "$numberDecimal": lambda found: Decimal128(found["$numberDecimal"]),
    "$oid": lambda found: ObjectId(found["$oid"]),
    "$date": _read_date,
    "$binary": _read_binary,
    "$regularExpression": _read_regex,
    "$code": _read_code,
    "$scope": _read_code,
    "$timestamp": _read_timestamp,
    "$minKey": lambda found: MinKey(),
    "$maxKey": lambda found: MaxKey(),
    "$undefined": lambda found: Undefined(),
    "$symbol": lambda found: Symbol(found["$symbol"]),
    "$dbPointer": _read_pointer,
    ESCAPE: lambda found: {key: _value(item) for key, item in found[ESCAPE]},
}
RESERVED = frozenset(READ)

"""BSON types of Python values, and classes for the deprecated types that pymongo has none for."""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

from bson.binary import Binary
from bson.code import Code
from bson.datetime_ms import DatetimeMS
from bson.dbref import DBRef
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.max_key import MaxKey
from bson.min_key import MinKey
from bson.objectid import ObjectId
from bson.regex import Regex
from bson.timestamp import Timestamp


class Symbol(str):
    """A BSON symbol, which pymongo reads as plain text."""


class Undefined:
    """The BSON value undefined, which pymongo reads as None; all of them are equal."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Undefined)

    def __hash__(self) -> int:
        return hash(Undefined)

    def __repr__(self) -> str:
        return "Undefined()"


class DbPointer(NamedTuple):
    """A BSON DBPointer, which pymongo reads as a DBRef."""

    collection: str
    id: ObjectId


# the aliases of MongoDB's $type operator
TYPES: dict[type, str] = {
    str: "string",
    int: "int",
    Int64: "long",
    float: "double",
    bool: "bool",
    type(None): "null",
    dict: "object",
    list: "array",
    tuple: "array",
    ObjectId: "objectId",
    datetime.datetime: "date",
    DatetimeMS: "date",
    Decimal128: "decimal",
    bytes: "binData",
    Binary: "binData",
    uuid.UUID: "binData",
    Regex: "regex",
    re.Pattern: "regex",
    Timestamp: "timestamp",
    Code: "javascript",
    MinKey: "minKey",
    MaxKey: "maxKey",
    DBRef: "object",
    Symbol: "symbol",
    Undefined: "undefined",
    DbPointer: "dbPointer",
}
INT32 = 2**31


def bson_type(value: Any) -> str:
    """The alias of the value's BSON type; TypeError for a value that BSON can't hold."""
    found = TYPES.get(type(value)) or _by_class(value)
    if found == "int" and not -INT32 <= value < INT32:
        return "long"
    if found == "javascript" and value.scope is not None:
        return "javascriptWithScope"
    return found


def _by_class(value: Any) -> str:
    for base in type(value).__mro__:
        if base in TYPES and base is not tuple:
            return TYPES[base]
    if isinstance(value, Mapping):
        return "object"
    raise TypeError(f"{type(value).__name__} is no BSON value")

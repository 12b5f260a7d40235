"""JSON text as BSON values and back, with every number kept digit by digit."""

from __future__ import annotations

import decimal
import json
from typing import Any

from bson.binary import Binary
from bson.decimal128 import Decimal128
from bson.int64 import Int64

from conversion.documents.relations_natural import SET_ASIDE, natural

AS_TEXT = 129  # binary subtype for user-defined content: JSON text that BSON can't hold as a value
DEEPEST = 90  # levels; the server takes 100 for a document
INT32, INT64 = 2**31, 2**63


class _NotHeld(Exception):
    """BSON has no value for a part of it."""


def json_to_bson(value: Any) -> Any:
    """JSON text (or what was parsed from it) as BSON; text that BSON can't hold comes as binary of subtype 129.

    That is: a key twice in an object, a NUL in a key, more than 90 levels, numbers beyond Decimal128. A text without
    code points is what natural() makes of it.
    """
    if not isinstance(value, str):
        return _checked(value)
    try:
        parsed = json.loads(
            value, object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_refuse
        )
        return _checked(parsed)
    except (ValueError, RecursionError, _NotHeld):
        found = natural(value)
        return found if isinstance(found, Binary) else Binary(value.encode(), AS_TEXT)


def json_from_bson(value: Any) -> str:
    """JSON text of what json_to_bson gave; numbers have their digits, keys their order, spaces are gone."""
    if isinstance(value, Binary) and value.subtype in (AS_TEXT, SET_ASIDE):
        return bytes(value).decode(errors="surrogateescape")
    return _written(value)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs) or any("\0" in key for key in found):
        raise _NotHeld
    return found


def _integer(text: str) -> Any:
    value = int(text)
    if str(value) != text:  # -0
        return _exact(text)
    if -INT32 <= value < INT32:
        return value
    return Int64(value) if -INT64 <= value < INT64 else _exact(text)


def _number(text: str) -> Any:
    value = float(text)
    return value if repr(value) == text else _exact(text)


def _exact(text: str) -> Decimal128:
    wanted = decimal.Decimal(text)
    try:
        found = Decimal128(wanted)
    except decimal.DecimalException as error:
        raise _NotHeld from error
    if found.to_decimal().as_tuple() != wanted.as_tuple():
        raise _NotHeld
    return found


def _refuse(name: str) -> Any:
    raise _NotHeld


def _checked(value: Any, depth: int = 0) -> Any:
    if depth > DEEPEST:
        raise _NotHeld
    if isinstance(value, dict):
        for key, item in value.items():
            _encodable(key)
            _checked(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _checked(item, depth + 1)
    elif isinstance(value, str):
        _encodable(value)
    return value


def _encodable(text: str) -> None:
    text.encode()  # UnicodeEncodeError, a ValueError, for lone surrogates


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{_text(key)}:{_written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    if isinstance(value, Decimal128):
        return str(value.to_decimal())
    if isinstance(value, str):
        return _text(value)
    return json.dumps(value)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)

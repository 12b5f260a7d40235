"""Texts and JSON of SQLite as PostgreSQL takes them, or a refusal with its kind and reason."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from transfer.routes.policy import Refused
from transfer.routes.texts import clean_text

Value = int | float | bytes | None
Convert = Callable[[str, Value], bytes]

# an escaped pair of surrogates, or any other escape; the group is the code unit of a single one
ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u([0-9a-fA-F]{4})|.)", re.DOTALL)
SURROGATES = range(0xD800, 0xE000)
EXPONENT_DIGITS = 4  # jsonb keeps numbers as numeric: 131,072 digits before the point, 16,383 behind it


def jsonb_any(klass: str, value: Value) -> bytes:
    """A value of any class as JSON: a string, a number, or {"$blob": hex}."""
    if klass == "blob":
        assert isinstance(value, bytes)
        return json.dumps({"$blob": value.hex()}).encode()
    if isinstance(value, bytes):
        try:
            clean = clean_text(value)
        except Refused as refused:
            raise Refused(refused.kind, refused.reason, _string(refused.converted)) from None
        return _string(clean)
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        raise Refused("not_finite", "infinity in a jsonb column")
    return repr(value).encode()


def _string(text: bytes) -> bytes:
    return json.dumps(text.decode(), ensure_ascii=False).encode()


def json_text(target_type: str) -> Convert:
    """The conversion into json, which keeps the text byte for byte, or jsonb, which takes less."""
    number = _number if target_type == "jsonb" else _any_number

    def convert(klass: str, value: Value) -> bytes:
        if klass != "text" or not isinstance(value, bytes):
            raise Refused("wrong_class", f"{klass} in a JSON column")
        text = _clean_json(value).decode()
        try:
            json.loads(text, parse_constant=_not_json, parse_int=number, parse_float=number)
        except RecursionError:
            raise Refused("malformed", "JSON that is nested too deeply") from None
        except ValueError:
            raise Refused("malformed", "text that is not JSON in a JSON column") from None
        if target_type == "jsonb" and any(map(_refused_by_jsonb, ESCAPE.finditer(text))):
            raise Refused("malformed", "an escaped NUL or half of a surrogate pair, which jsonb does not take")
        return value

    return convert


def _clean_json(value: bytes) -> bytes:
    """A cleaned text may be no JSON any more, so there is no conversion of an unclean one."""
    try:
        return clean_text(value)
    except Refused as refused:
        raise Refused(refused.kind, refused.reason) from None


def _refused_by_jsonb(found: re.Match[str]) -> bool:
    unit = found[1]
    return unit is not None and (int(unit, 16) == 0 or int(unit, 16) in SURROGATES)


def _not_json(word: str) -> None:
    raise ValueError(word)


def _any_number(text: str) -> int:
    return 0


def _number(text: str) -> int:
    exponent = text.lower().partition("e")[2].lstrip("+-0")
    if len(exponent) > EXPONENT_DIGITS:
        raise ValueError(text)
    return 0

"""Texts and JSON of SQLite as PostgreSQL takes them, or a refusal with its kind and reason."""

from __future__ import annotations

import json
from collections.abc import Callable

from transfer.routes.json_escapes import refusal
from transfer.routes.policy import Refused
from transfer.routes.texts import clean_text, following

Value = int | float | bytes | None
Convert = Callable[[str, Value], bytes]

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
            raise refused.instead(_string(refused.converted)) from None
        return _string(clean)
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        raise Refused("not_finite", "infinity in a jsonb column")
    return repr(value).encode()


def _string(text: bytes) -> bytes:
    return json.dumps(text.decode(), ensure_ascii=False).encode()


def json_text(target_type: str) -> Convert:
    """The conversion into json, which keeps the text byte for byte, or jsonb, which takes less."""
    number = _number if target_type == "jsonb" else _any_number

    def checked(text: bytes) -> bytes:
        try:
            json.loads(text.decode(), parse_constant=_not_json, parse_int=number, parse_float=number)
        except RecursionError:
            raise Refused("malformed", "JSON that is nested too deeply") from None
        except ValueError:
            raise Refused("malformed", "text that is not JSON in a JSON column") from None
        refused = refusal(text) if target_type == "jsonb" else None
        if refused is not None:
            raise refused
        return text

    made = following(clean_text, checked)

    def convert(klass: str, value: Value) -> bytes:
        if klass != "text" or not isinstance(value, bytes):
            raise Refused("wrong_class", f"{klass} in a JSON column")
        return made(value)

    return convert


def _not_json(word: str) -> None:
    raise ValueError(word)


def _any_number(text: str) -> int:
    return 0


def _number(text: str) -> int:
    exponent = text.lower().partition("e")[2].lstrip("+-0")
    if len(exponent) > EXPONENT_DIGITS:
        raise ValueError(text)
    return 0

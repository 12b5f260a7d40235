"""The codecs of every encoding but numbers, and which codec an encoding has on a target."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bson import Binary, DatetimeMS, ObjectId, Timestamp

from conversion.documents import codec_numbers
from conversion.documents.codec_model import Codec, Options
from conversion.documents.extended_json import canonical, loads, plain
from conversion.documents.targets import Target
from conversion.documents.values import as_object, binary_of, date_of, is_array, milliseconds


def codec(encoding: str, options: Options, target: Target) -> Codec:
    """The codec of an encoding (names: conversion/documents/encodings.py) for a target."""
    return MAKERS[encoding](options, target)


def storable_text(value: Any, target: Target, length: int = 0) -> str | None:
    """The text where the target can keep it as it is: no lone surrogate, no NUL where it has none, not too long."""
    if type(value) is not str or (length and len(value) > length):
        return None
    if value.isascii():
        return value if target.nul_in_text or "\0" not in value else None
    if "\0" in value and not target.nul_in_text:
        return None
    return None if any("\ud800" <= letter <= "\udfff" for letter in value) else value


def _text(options: Options, target: Target) -> Codec:
    length = options.get("length", 0)
    return Codec(lambda value: storable_text(value, target, length), lambda stored: stored, frozenset({str}))


def _objectid(options: Options, target: Target) -> Codec:
    return Codec(lambda value: str(value) if type(value) is ObjectId else None, ObjectId, frozenset({ObjectId}))


def _objectid_bytes(options: Options, target: Target) -> Codec:
    return Codec(
        lambda value: value.binary if type(value) is ObjectId else None,
        lambda stored: ObjectId(bytes(stored)), frozenset({ObjectId}),
    )  # fmt: skip


def _bool(options: Options, target: Target) -> Codec:
    return Codec(lambda value: value if type(value) is bool else None, bool, frozenset({bool}))


def _date(options: Options, target: Target) -> Codec:
    first, last = target.first_date, target.last_date
    earliest, latest = date_of(first), date_of(last)
    as_it_is = target.dates == "aware" and isinstance(earliest, datetime) and isinstance(latest, datetime)

    def encode(value: Any) -> Any:
        if as_it_is and type(value) is datetime and value.tzinfo is not None and value.microsecond % 1000 == 0:
            return value if earliest <= value <= latest else None  # type: ignore[operator]
        if not isinstance(value, datetime) and type(value).__name__ != "DatetimeMS":
            return None
        stamp = milliseconds(value)
        if not first <= stamp <= last:
            return None
        moment = date_of(stamp)
        if not isinstance(moment, datetime):
            return None
        if target.dates == "text":
            return moment.isoformat(sep=" ", timespec="milliseconds")
        return moment if target.dates == "aware" else moment.replace(tzinfo=None)

    return Codec(encode, _moment, frozenset({datetime, DatetimeMS}))  # a date is its milliseconds


def _moment(stored: Any) -> datetime:
    moment = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    aware: datetime = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC)


def _binary(options: Options, target: Target) -> Codec:
    wanted = options.get("subtype", 0)

    def encode(value: Any) -> bytes | None:
        if not isinstance(value, bytes | uuid.UUID):
            return None
        data, subtype = binary_of(value)
        return data if subtype == wanted else None

    return Codec(encode, lambda stored: Binary(bytes(stored), wanted))


def _binary_any(options: Options, target: Target) -> Codec:
    return Codec(
        lambda value: binary_of(value) if isinstance(value, bytes | uuid.UUID) else None,
        lambda stored: Binary(bytes(stored[0]), int(stored[1])),
    )  # fmt: skip


def _uuid(options: Options, target: Target) -> Codec:
    def encode(value: Any) -> Any:
        if not isinstance(value, bytes | uuid.UUID):
            return None
        data, subtype = binary_of(value)
        if subtype != 4 or len(data) != 16:
            return None
        found = uuid.UUID(bytes=data)
        return found if target.native_uuid else str(found)

    return Codec(encode, lambda stored: Binary(uuid.UUID(str(stored)).bytes, 4))


def _timestamp(options: Options, target: Target) -> Codec:
    return Codec(
        lambda value: (value.time, value.inc) if type(value) is Timestamp else None,
        lambda stored: Timestamp(int(stored[0]), int(stored[1])),
    )  # fmt: skip


def _json(options: Options, target: Target) -> Codec:
    return Codec(plain, loads)


def _jsonb(options: Options, target: Target) -> Codec:
    return Codec(lambda value: plain(value) if _survives_jsonb(value) else None, loads)


def _survives_jsonb(value: Any) -> bool:
    """True when jsonb keeps the value: it sorts keys by length and bytes, and has neither NUL nor lone surrogates."""
    fields = as_object(value)
    if fields is not None:
        names = list(fields)
        if any(not _clean(name) for name in names):
            return False
        return names == sorted(names, key=_jsonb_order) and all(map(_survives_jsonb, fields.values()))
    if is_array(value):
        return all(map(_survives_jsonb, value))
    return _clean(value) if isinstance(value, str) else "\\u" not in canonical(value)


def _clean(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _jsonb_order(name: str) -> tuple[int, bytes]:
    return len(name.encode()), name.encode()


MAKERS: dict[str, Callable[[Options, Target], Codec]] = {
    **codec_numbers.MAKERS, "text": _text, "objectid": _objectid, "objectid_bytes": _objectid_bytes, "bool": _bool,
    "date": _date, "binary": _binary, "binary_any": _binary_any, "uuid": _uuid, "timestamp": _timestamp, "json": _json,
    "jsonb": _jsonb,
}  # fmt: skip

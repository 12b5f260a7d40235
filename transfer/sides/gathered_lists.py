"""Elements of lists that documents hold, as JSON of PostgreSQL (to_json) has those of the arrays they were."""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Callable
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from conversion.documents.relations_mapping import FieldMapping

ZEROS = re.compile(r"(?:\.0+|(\.\d*[1-9])0+)(?=\D|$)")  # at the end of a fraction
ZONE = re.compile(r"([+-]\d\d)( BC)?$")  # of whole hours, as PostgreSQL's text has it
HOURS = re.compile(r"([+-]\d\d):00$")
SINGLE = struct.Struct("f")
SHORTEST, LONGEST = 6, 9  # digits of a 32-bit float
LARGEST = (2 - 2**-23) * 2.0**127  # of them


def in_json(value: Any, found: FieldMapping) -> Any:
    """A list with its elements so, at any depth; what they are otherwise is left as it is."""
    convert = OF_TYPES.get(found.source_type.partition("[")[0]) or OF_ENCODINGS.get(found.encoding.rpartition(":")[2])
    return _each(value, convert) if convert is not None else value


def _each(value: Any, convert: Callable[[Any], Any]) -> Any:
    if isinstance(value, list):
        return [_each(one, convert) for one in value]
    return None if value is None else convert(value)


def _json(value: Any) -> Any:
    return json.loads(value, parse_float=Decimal) if isinstance(value, str) else value


def _moment(value: Any) -> Any:
    """ISO 8601; of what no date holds, too: `0044-03-15 12:00:00+00 BC` is `0044-03-15T12:00:00+00:00 BC`."""
    if isinstance(value, datetime):
        return ZEROS.sub(r"\1", value.isoformat())
    if not isinstance(value, str) or not value[:1].isdigit():
        return value
    return ZONE.sub(r"\1:00\2", value.replace(" ", "T", 1))


def _clock(value: Any) -> Any:
    return HOURS.sub(r"\1", ZEROS.sub(r"\1", value.isoformat())) if isinstance(value, time) else value


def _single(value: Any) -> Any:
    """The fewest digits that give the number as a 32-bit float back; one beyond the range of those is left as it is."""
    if not isinstance(value, float) or not math.isfinite(value) or abs(value) > LARGEST:
        return value
    single = _as_single(value)
    shown = (f"{single:.{digits}g}" for digits in range(SHORTEST, LONGEST + 1))
    return next(Decimal(text) for text in shown if _as_single(float(text)) == single)


def _as_single(value: float) -> float:
    found: float = SINGLE.unpack(SINGLE.pack(value))[0]
    return found


def _number(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


OF_TYPES: dict[str, Callable[[Any], Any]] = {"real": _single, "oid": _number}  # numbers of JSON have no oid among them
OF_ENCODINGS: dict[str, Callable[[Any], Any]] = {
    "json": _json,
    "timestamp_long": _moment,
    "moment_long": _moment,
    "time": _clock,
}

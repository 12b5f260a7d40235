"""Values of MySQL and MariaDB as their servers write them, read for documents."""

from __future__ import annotations

import datetime
import decimal
import re
from collections.abc import Callable
from typing import Any

Convert = Callable[[Any], Any] | None  # None: the value is right as it was read
SPAN = re.compile(rb"(-?)(\d+):(\d\d):(\d\d)(?:\.(\d{1,6}))?")


def text(value: bytes) -> str:
    """Text as the server sends it, in UTF-8."""
    return value.decode(errors="surrogateescape")


def or_own_bytes(convert: Convert) -> Convert:
    """The conversion, and what keeps a text's own bytes where it has no code points: they stand behind 0xFF."""

    def converted(value: bytes) -> Any:
        if value[:1] == b"\xff":
            return value[1:].decode("ascii", errors="surrogateescape")
        return value if convert is None else convert(value)

    return converted


def _decimal(value: bytes) -> decimal.Decimal:
    return decimal.Decimal(value.decode())


def _date(value: bytes) -> Any:
    try:
        return datetime.date.fromisoformat(value.decode())
    except ValueError:  # a day that no calendar has
        return value.decode()


def _moment(value: bytes) -> Any:
    try:
        return datetime.datetime.fromisoformat(value.decode())
    except ValueError:
        return value.decode()


def _span(value: bytes) -> Any:
    found = SPAN.fullmatch(value)
    if found is None:
        return value.decode()
    hours, minutes, seconds = (int(part) for part in found.groups()[1:4])
    micros = int((found[5] or b"").ljust(6, b"0"))
    span = datetime.timedelta(hours=hours, minutes=minutes, seconds=seconds, microseconds=micros)
    return -span if found[1] else span


# encoding -> how the server's text of a value is read; others are text
MYSQL: dict[str, Convert] = {
    **dict.fromkeys(("int", "long", "unsigned", "number", "flag", "bool"), int),
    **dict.fromkeys(("decimal", "decimal_text"), _decimal),
    **dict.fromkeys(("timestamp", "timestamp_long", "moment", "moment_long"), _moment),
    "double": float,
    "binary": None,
    "date": _date,
    "time": _span,
    "duration": _span,
}

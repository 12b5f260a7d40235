"""DEFAULT expressions of SQLite columns in the spelling that the target column's type takes."""

from __future__ import annotations

import datetime
import json
import re

from sqlglot import exp

from conversion.expressions import constant, text_of
from conversion.postgresql_types import base_name, kind_of
from conversion.rewriter import utc_now
from conversion.shapes import NUMBERS, Untranslatable
from conversion.typed import ISO_MOMENT, NUMBER, UUID_LOWER, Typed, call, cast, text
from engines.catalog import Kind

EPOCH_UNITS = {"epoch_seconds": 1, "epoch_milliseconds": 1000}
INTEGER = re.compile(r"^[+-]?\d+$")
WRONG = "the default {value} is no value of the target type {native}"


def convert_default(sql: str, native: str, route: str) -> str | None:
    """The default for a column of that PostgreSQL type; None for DEFAULT NULL.

    Untranslatable where the target type has no such value.
    """
    value = constant(sql)
    if value.kind is None:
        return None
    found = _constant(value, native, route) if value.literal is not None or value.kind is Kind.BOOLEAN else None
    if found is None:
        found = _computed(value, native, route)
    if found is None:
        raise Untranslatable(WRONG.format(value=sql.strip(), native=native))
    return text_of(found)


def _constant(value: Typed, native: str, route: str) -> exp.Expr | None:
    written = value.literal if value.kind is not Kind.BOOLEAN else str(int(bool(value.node.this)))
    if written is None:
        return None
    kind = kind_of(native)
    if route == "jsonb_any":
        return text(written if value.kind is not Kind.TEXT else json.dumps(written, ensure_ascii=False))
    if route in EPOCH_UNITS:
        return _epoch(written, EPOCH_UNITS[route])
    if kind is Kind.BOOLEAN:
        return exp.Boolean(this=written == "1") if written in ("0", "1") else None
    if kind is Kind.INTEGER:
        return _number(written) if INTEGER.match(written) else None
    if kind in NUMBERS:
        return _number(written) if NUMBER.match(written) else None
    if kind is Kind.TEXT:
        spelled = _as_sqlite_prints(written) if value.kind is not Kind.TEXT else written
        return text(spelled) if spelled is not None and _fits(spelled, native) else None
    if kind in (Kind.DATE, Kind.TIMESTAMP, Kind.TIME):
        return text(written) if _is_moment(written, kind) else None
    if kind is Kind.UUID:
        return text(written) if UUID_LOWER.match(written) else None
    if kind is Kind.JSON:
        return text(written) if _is_json(written) else None
    if kind is Kind.BINARY and value.kind is Kind.TEXT:
        return text("\\x" + written.encode().hex())
    return None


def _computed(value: Typed, native: str, route: str) -> exp.Expr | None:
    kind = kind_of(native)
    if kind is Kind.TIMESTAMP and value.moment is not None and not route.startswith("epoch"):
        return call("now") if base_name(native).endswith("with time zone") else utc_now()
    if kind is Kind.DATE and value.moment is not None:
        return cast(utc_now(), "date")
    if route == "epoch_seconds" and (value.kind is Kind.INTEGER or value.kind is Kind.TEXT):
        return utc_now() if "now" in value.node.sql().lower() else None
    if value.kind == kind and kind is not Kind.OTHER:
        return exp.Paren(this=value.node) if not isinstance(value.node, exp.Func) else value.node
    return None


def _number(written: str) -> exp.Expr:
    digits = exp.Literal.number(written.lstrip("+-"))
    return exp.Neg(this=digits) if written.startswith("-") else digits


def _as_sqlite_prints(written: str) -> str | None:
    """What TEXT affinity makes of an integer literal; real literals have no spelling that both engines share."""
    return str(int(written)) if INTEGER.match(written) else None


def _fits(written: str, native: str) -> bool:
    found = re.search(r"\((\d+)\)", native)
    return "\0" not in written and (found is None or len(written) <= int(found[1]))


def _epoch(written: str, per_second: int) -> exp.Expr | None:
    if not INTEGER.match(written):
        return None
    seconds, rest = divmod(int(written), per_second)
    start = datetime.datetime(1970, 1, 1)
    try:
        moment = start + datetime.timedelta(seconds=seconds, milliseconds=rest)
    except OverflowError:
        return None
    return text(moment.isoformat(sep=" "))


def _is_moment(written: str, kind: Kind) -> bool:
    try:
        if kind is Kind.TIME:
            datetime.time.fromisoformat(written)
            return True
        datetime.datetime.fromisoformat(written)
    except ValueError:
        return False
    return bool(ISO_MOMENT.match(written))


def _is_json(written: str) -> bool:
    try:
        json.loads(written)
    except ValueError:
        return False
    return True

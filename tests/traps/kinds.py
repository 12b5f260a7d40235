"""Kinds of values that every engine holds, for tables that are changed anywhere: types, values, what is the same."""

from __future__ import annotations

import json
import math
import unicodedata
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from bson.binary import Binary
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from hypothesis import strategies as st

from tests.traps.model import MARIADB, MONGODB, POSTGRESQL, SQLITE

TEXT_STRATEGY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
PLAIN_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT_STRATEGY,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abcXYZ \u00e9_", min_size=1, max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@dataclass(frozen=True)
class Kind:
    """A kind of value: its type on every engine that has types, how values are made, written and told apart.

    near: the next value to a value, as a mover that rounds, cuts or re-encodes would make it; stored: the value as
    that engine's driver takes it; plain: what has to be the same for two values to be the same.
    """

    name: str
    types: Mapping[str, str]
    values: st.SearchStrategy[Any]
    near: Callable[[Any], Any]
    stored: Mapping[str, Callable[[Any], Any]]
    plain: Callable[[Any], Any] = lambda value: value


def as_is(value: Any) -> Any:
    """No other form."""
    return value


def _next_double(value: float) -> float:
    return math.nextafter(value, -math.inf if value > 0 else math.inf)


def _recoded(text: str) -> str:
    """UTF-8 that was read as Latin-1, else another normal form, else one character less."""
    for other in (text.encode().decode("latin-1"), unicodedata.normalize("NFD", text)):
        if other != text and "\0" not in other:
            return other
    return text[:-1] if text else " "


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _next_json(value: Any) -> Any:
    return [value] if not isinstance(value, list) else value[:-1] if value else None


def _iso(value: Any) -> str:
    return value.isoformat(" ") if isinstance(value, datetime) else str(value.isoformat())


MOMENTS = st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)

KINDS = (
    Kind(
        "whole",
        {POSTGRESQL: "bigint", MARIADB: "bigint", SQLITE: "INTEGER"},
        st.integers(-(2**63), 2**63 - 1),
        lambda value: value - 1 if value > 0 else value + 1,
        {MONGODB: Int64},
    ),
    Kind(
        "amount",
        {POSTGRESQL: "numeric(20,4)", MARIADB: "decimal(20,4)", SQLITE: "TEXT"},
        st.decimals(-(10**15), 10**15, places=4),
        lambda value: value + Decimal("0.0001"),
        {SQLITE: str, MONGODB: Decimal128},
    ),
    Kind(
        "ratio",
        {POSTGRESQL: "double precision", MARIADB: "double", SQLITE: "REAL"},
        st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False).map(lambda value: value + 0.0),
        _next_double,
        {},
        lambda value: value + 0.0,
    ),
    Kind(
        "words",
        {POSTGRESQL: "text", MARIADB: "longtext COLLATE utf8mb4_bin", SQLITE: "TEXT"},
        TEXT_STRATEGY,
        _recoded,
        {},
    ),
    Kind(
        "label",
        {POSTGRESQL: "varchar(60)", MARIADB: "varchar(60) COLLATE utf8mb4_general_ci", SQLITE: "VARCHAR(60)"},
        TEXT_STRATEGY,
        lambda text: text.swapcase() if text.swapcase() != text and len(text.swapcase()) <= 60 else text + " ",
        {},
    ),
    Kind(
        "bytes",
        {POSTGRESQL: "bytea", MARIADB: "longblob", SQLITE: "BLOB"},
        st.binary(max_size=40),
        lambda value: bytes([value[0] ^ 1]) + value[1:] if value else b"\0",
        {MONGODB: Binary},
    ),
    Kind(
        "moment",
        {POSTGRESQL: "timestamp", MARIADB: "datetime(6)", SQLITE: "DATETIME"},
        MOMENTS,
        lambda value: value + timedelta(milliseconds=1),
        {SQLITE: _iso, MONGODB: lambda value: value.replace(tzinfo=UTC)},
    ),
    Kind(
        "day",
        {POSTGRESQL: "date", MARIADB: "date", SQLITE: "DATE"},
        st.dates(date(1000, 1, 1), date(9999, 12, 30)),
        lambda value: value + timedelta(days=1),
        {SQLITE: _iso, MONGODB: lambda value: datetime.combine(value, time(), UTC)},
    ),
    Kind(
        "flag",
        {POSTGRESQL: "boolean", MARIADB: "tinyint(1)", SQLITE: "BOOLEAN"},
        st.booleans(),
        lambda value: not value,
        {},
    ),
    Kind(
        "tree",
        {POSTGRESQL: "jsonb", MARIADB: "json", SQLITE: "JSON"},
        PLAIN_JSON.filter(lambda value: value is not None),
        _next_json,
        {POSTGRESQL: _json, MARIADB: _json, SQLITE: _json},
        lambda value: None if value is None else json.dumps(value, sort_keys=True),
    ),
    Kind(
        "mark",
        {POSTGRESQL: "uuid", MARIADB: "char(36)", SQLITE: "TEXT"},
        st.uuids(),
        lambda value: uuid.UUID(int=value.int ^ 1),
        {POSTGRESQL: str, MARIADB: str, SQLITE: str, MONGODB: str},
    ),
)
NAMES = [kind.name for kind in KINDS]
Row = tuple[Any, ...]


def stored(engine: str, row: Row) -> Row:
    """A row's values as the engine's driver takes them."""
    return tuple(
        None if value is None else kind.stored.get(engine, as_is)(value) for kind, value in zip(KINDS, row, strict=True)
    )


def differing(one: Row, other: Row) -> tuple[str, ...]:
    """Names of the columns in which two rows differ."""
    return tuple(
        sorted(
            kind.name
            for kind, first, second in zip(KINDS, one, other, strict=True)
            if (first is None) != (second is None) or (first is not None and kind.plain(first) != kind.plain(second))
        )
    )


def some_rows(count: int, seed: int) -> dict[int, Row]:
    """Rows by key; the same for the same seed."""
    chance = Random(seed)
    letters = "abc \u00e9\u00df\u6f22\U0001f600'\"\\%,:n"

    def words() -> str:
        return "".join(chance.choices(letters, k=chance.randrange(12)))

    def row() -> Row:
        moment = datetime(2000, 1, 1) + timedelta(milliseconds=chance.randrange(10**12))
        values: list[Any] = [
            chance.randrange(-(2**63), 2**63), Decimal(chance.randrange(10**12)).scaleb(-4), chance.uniform(-1e6, 1e6),
            words(), words(), chance.randbytes(chance.randrange(9)), moment, moment.date(), chance.random() < 0.5,
            {"a": chance.randrange(9), words() or "k": [words(), None, True]}, uuid.UUID(int=chance.getrandbits(128)),
        ]  # fmt: skip
        return tuple(None if chance.random() < 0.1 else value for value in values)

    return {number: row() for number in range(1, count + 1)}

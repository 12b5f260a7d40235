"""Traps of floats: digits, 32 bits, negative zero, infinity, NaN."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bson.decimal128 import Decimal128

from tests.traps.model import MARIADB, MONGODB, POSTGRESQL, SQLITE, Case, Held, different, documents

NO_SINGLE = "neither engine has floats of 32 bits"

DOUBLES = {
    1: "0.1", 2: "0.30000000000000004", 3: "1e20", 4: "1.5e-7", 5: "123456789.123", 6: "2.2250738585072014e-308",
    7: "1.7976931348623157e308", 8: "-3.0", 9: "0.0", 10: "9007199254740993", 11: "1e-5",
}  # fmt: skip
OTHER_DIGITS = {2: "3.0000000000000004e-1", 3: "100000000000000000000.0", 8: "-3", 11: "0.00001"}
ONE_BIT = {2: "0.3", 5: "123456789.12300001", 3: "1.0000000000000002e20"}


def _floats(rows: Mapping[int, str]) -> dict[int, str]:
    """Literals that are floats in every dialect, not decimals."""
    return {key: text if "e" in text else f"{text}e0" for key, text in rows.items()}


def _documents(rows: Mapping[int, str]) -> dict[int, dict[str, Any]]:
    return documents("v", {key: float(text) for key, text in rows.items()})


FLOATS = Case(
    5,
    "floats",
    "doubles of which a server shows fewer digits; one bit of difference",
    {
        engine: Held(f"v {kind}", _floats(DOUBLES), _floats(OTHER_DIGITS), _floats(ONE_BIT))
        for engine, kind in ((POSTGRESQL, "double precision"), (MARIADB, "double"), (SQLITE, "REAL"))
    }
    | {
        MONGODB: Held(
            "", _documents(DOUBLES), documents("v", {8: -3, 3: Decimal128("100000000000000000000")}),
            _documents(ONE_BIT),
        )
    },
    different(*ONE_BIT),
)  # fmt: skip

SINGLES = {1: "0.1", 2: "3.1415927", 3: "16777216", 4: "1e-10", 5: "-2.5"}
EXACT = {1: "0.10000000149011612", 2: "3.1415927410125732"}  # the doubles that these floats are exactly
SINGLE = Case(
    5,
    "single",
    "a float of 32 bits beside the double it became, short or exact",
    {
        POSTGRESQL: Held(
            "v real", _floats(SINGLES), differ=_floats({2: "3.141593"}), same_columns="v double precision"
        ),
        MARIADB: Held("v float", _floats(SINGLES), differ=_floats({2: "3.141593"}), same_columns="v double"),
        SQLITE: Held("v REAL", _floats(SINGLES), _floats(EXACT), _floats({2: "3.141593"})),
        MONGODB: Held("", _documents(SINGLES), _documents(EXACT), _documents({2: "3.141593"})),
    },
    different(2),
    apart={f"{source}-{target}": NO_SINGLE for source in (SQLITE, MONGODB) for target in (SQLITE, MONGODB)},
)

NEGATIVE = {1: "-0.0", 2: "0.0", 3: "-1.5"}
NEGATIVE_ZERO = Case(
    7,
    "negative_zero",
    "-0 and 0 are one number; the least number beside them is another",
    {
        POSTGRESQL: Held(
            "v double precision", {1: "'-0'", 2: "0", 3: "-1.5"}, {1: "0", 2: "'-0'"}, {1: "'-1e-300'"}
        ),
        MARIADB: Held("v double", _floats(NEGATIVE), _floats({1: "0.0"}), _floats({1: "-1e-300"})),
        SQLITE: Held("v REAL", NEGATIVE, {1: "0.0"}, {1: "-1e-300"}),
        MONGODB: Held("", _documents(NEGATIVE), _documents({1: "0.0"}), _documents({1: "-1e-300"})),
    },
    different(1),
)  # fmt: skip

NO_INFINITY = "MariaDB holds no infinity"
INFINITY = Case(
    7,
    "infinity",
    "infinities, and the largest double that took their place",
    {
        POSTGRESQL: Held(
            "v double precision", {1: "'Infinity'", 2: "'-Infinity'", 3: "1"}, {}, {1: "1.7976931348623157e308"}
        ),
        SQLITE: Held("v REAL", {1: "9e999", 2: "-9e999", 3: "1"}, {}, {1: "1.7976931348623157e308"}),
        MONGODB: Held(
            "",
            documents("v", {1: float("inf"), 2: float("-inf"), 3: 1.0}),
            {},
            documents("v", {1: 1.7976931348623157e308}),
        ),
    },
    different(1),
    apart={MARIADB: NO_INFINITY},
)
NAN = Case(
    7,
    "nan",
    "NaN is NaN, and not NULL",
    {
        POSTGRESQL: Held("v double precision", {1: "'NaN'", 2: "1", 3: "'NaN'"}, {}, {1: "NULL"}),
        MONGODB: Held("", documents("v", {1: float("nan"), 2: 1.0, 3: float("nan")}), {}, documents("v", {1: None})),
    },
    different(1),
    apart={SQLITE: "SQLite makes NULL of NaN", MARIADB: "MariaDB holds no NaN"},
)
SPECIAL = Case(
    7,
    "special",
    "infinity and NaN of a numeric, which have one hash in PostgreSQL",
    {
        POSTGRESQL: Held(
            "v numeric", {1: "'NaN'", 2: "'Infinity'", 3: "1"}, {}, {1: "'Infinity'", 2: "'-Infinity'"},
            same_columns="v double precision",
        )
    },
    different(1, 2),
    apart=dict.fromkeys((MARIADB, SQLITE, MONGODB), "only PostgreSQL has decimals that are infinite or NaN"),
)  # fmt: skip
NOT_NAN = "the loss needs a source that holds NaN and a target that doesn't"
NAN_LOST = Case(
    7,
    "nan_lost",
    "what became of NaN where the target has none",
    {
        POSTGRESQL: Held("v double precision", {1: "'NaN'", 2: "1"}),
        MONGODB: Held("", documents("v", {1: float("nan"), 2: 1.0})),
        MARIADB: Held("v double", {1: "NULL", 2: "1"}),
        SQLITE: Held("v REAL", {1: "NULL", 2: "1"}),
    },
    different(1),
    same=False,
    apart={
        f"{source}-{target}": NOT_NAN
        for source in (POSTGRESQL, MARIADB, SQLITE, MONGODB)
        for target in (POSTGRESQL, MARIADB, SQLITE, MONGODB)
        if source in (MARIADB, SQLITE) or target in (POSTGRESQL, MONGODB)
    },
)

CASES = [FLOATS, SINGLE, NEGATIVE_ZERO, INFINITY, NAN, SPECIAL, NAN_LOST]

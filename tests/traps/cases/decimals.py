"""Traps of decimals: scale, digits, sign, the double they became."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bson.decimal128 import Decimal128

from tests.traps.model import MARIADB, MONGODB, POSTGRESQL, SQLITE, Case, Held, different, documents

MONEY = {1: "1.00", 2: "1.50", 3: "-2.25", 4: "0.00", 5: "100.00", 6: "99999999.99", 7: "-0.01", 8: "1000000"}
CENT = {2: "1.51", 6: "99999999.98", 7: "0.01"}


def decimals(rows: Mapping[int, str], zeros: str = "") -> dict[int, dict[str, Any]]:
    """Documents of decimals."""
    return documents("v", {key: Decimal128(text + zeros) for key, text in rows.items()})


def quoted(rows: Mapping[int, str]) -> dict[int, str]:
    """Numbers as text."""
    return {key: f"'{text}'" for key, text in rows.items()}


SCALE = Case(
    6,
    "scale",
    "1.0, 1.00 and 1.0000 are one number; a cent is a difference",
    {
        POSTGRESQL: Held("v numeric(12,2)", MONEY, differ=CENT, same_columns="v numeric(20,4)"),
        MARIADB: Held("v decimal(12,2)", MONEY, differ=CENT, same_columns="v decimal(20,4)"),
        SQLITE: Held("v DECIMAL(12,2)", MONEY, differ=CENT),
        MONGODB: Held("", decimals(MONEY), decimals({1: "1.00", 2: "1.50"}, "00"), decimals(CENT)),
    },
    different(*CENT),
)

WIDE_ROWS = {1: "12345678901234567890.12", 2: "0.10", 3: "-9999999999999999999999.99"}
WIDE = Case(
    6,
    "wide",
    "decimals with more digits than a double has; the last one differs",
    {
        POSTGRESQL: Held("v numeric(30,2)", WIDE_ROWS, differ={1: "12345678901234567890.13"}, same_columns="v numeric"),
        MARIADB: Held(
            "v decimal(30,2)", WIDE_ROWS, differ={1: "12345678901234567890.13"}, same_columns="v decimal(32,4)"
        ),
        SQLITE: Held("v TEXT", quoted(WIDE_ROWS), quoted({2: "0.1"}), quoted({1: "12345678901234567890.13"})),
        MONGODB: Held(
            "", decimals(WIDE_ROWS), decimals({2: "0.1"}), decimals({1: "12345678901234567890.13"})
        ),
    },
    different(1),
)  # fmt: skip

SIGNS = {1: "1.50", 2: "-2.25", 3: "0.00"}
TURNED = {1: "-1.50", 2: "2.25"}
SIGN = Case(
    6,
    "sign",
    "a decimal that lost its sign, which PostgreSQL's hash of a numeric does not see",
    {
        POSTGRESQL: Held("v numeric(12,2)", SIGNS, differ=TURNED),
        MARIADB: Held("v decimal(12,2)", SIGNS, differ=TURNED),
        SQLITE: Held("v DECIMAL(12,2)", SIGNS, differ=TURNED),
        MONGODB: Held("", decimals(SIGNS), {}, decimals(TURNED)),
    },
    different(1, 2),
)

AMOUNTS = {1: "0.10", 2: "-1234.56", 3: "0.00"}
AS_DOUBLE = Case(
    6,
    "as_double",
    "a decimal beside the double it became",
    {
        POSTGRESQL: Held(
            "v numeric(10,2)", AMOUNTS, {}, {1: "0.11"}, same_columns="v double precision",
            differ_columns="v double precision",
        ),
        MARIADB: Held(
            "v decimal(10,2)", AMOUNTS, {}, {1: "0.11"}, same_columns="v double", differ_columns="v double"
        ),
        SQLITE: Held("v DECIMAL(10,2)", AMOUNTS, {}, {1: "0.11"}, same_columns="v REAL", differ_columns="v REAL"),
        MONGODB: Held(
            "", decimals(AMOUNTS), documents("v", {1: 0.1, 2: -1234.56, 3: 0.0}),
            documents("v", {1: 0.11, 2: -1234.56, 3: 0.0}),
        ),
    },
    different(1),
    apart={
        "mongodb-mongodb": "type and bytes count: a double is no decimal there",
        "sqlite-sqlite": "class and bytes count: 0 is not 0.0 there",
    },
)  # fmt: skip

CASES = [SCALE, WIDE, SIGN, AS_DOUBLE]

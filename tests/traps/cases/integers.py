"""Traps of integers, booleans and bits: values a boolean has no room for, unsigned ones, shifted ones."""

from __future__ import annotations

from collections.abc import Mapping

from bson.int64 import Int64

from tests.traps.cases.decimals import decimals, quoted
from tests.traps.model import MARIADB, MONGODB, POSTGRESQL, SQLITE, Case, Found, Held, different, documents

NO_UNSIGNED = "text beside text there: any digits"

BOOLEAN = Case(
    8,
    "boolean",
    "true and false as booleans, as 1 and 0, as bits",
    {
        POSTGRESQL: Held(
            "v boolean", {1: "true", 2: "false", 3: "NULL"}, {1: "1", 2: "0"}, {2: "true", 3: "false"},
            same_columns="v smallint",
        ),
        MARIADB: Held(
            "v tinyint(1)", {1: "1", 2: "0", 3: "NULL"}, {1: "b'1'", 2: "b'0'"}, {2: "1", 3: "0"},
            same_columns="v bit(1)",
        ),
        SQLITE: Held(
            "v BOOLEAN", {1: "1", 2: "0", 3: "NULL"}, {}, {2: "1", 3: "0"}, same_columns="v INTEGER"
        ),
        MONGODB: Held(
            "", documents("v", {1: True, 2: False, 3: None}), documents("v", {1: 1, 2: 0}),
            documents("v", {2: True, 3: False}),
        ),
    },
    different(2, 3),
)  # fmt: skip

COUNTS = {1: "1", 2: "0", 3: "2", 4: "-1", 5: "127"}
TINYINT = Case(
    8,
    "tinyint",
    "tinyint(1) holds 2 and -1 as well, which a boolean makes true of",
    {
        POSTGRESQL: Held(
            "v smallint", COUNTS, {}, {1: "true", 2: "false", 3: "true", 4: "true", 5: "true"},
            differ_columns="v boolean",
        ),
        MARIADB: Held("v tinyint(1)", COUNTS, {}, {3: "1", 4: "1", 5: "1"}, same_columns="v smallint"),
        SQLITE: Held(
            "v TINYINT", COUNTS, {}, {3: "1", 4: "1", 5: "1"}, same_columns="v INTEGER", differ_columns="v BOOLEAN"
        ),
        MONGODB: Held(
            "", documents("v", {1: 1, 2: 0, 3: 2, 4: -1, 5: 127}), documents("v", {3: Int64(2)}),
            documents("v", {3: 1, 4: 1, 5: 1}),
        ),
    },
    different(3, 4, 5),
)  # fmt: skip

BIG = {1: "18446744073709551615", 2: "9223372036854775808", 3: "9223372036854775807", 4: "0"}
CLIPPED = {1: "9223372036854775807", 2: "9223372036854775809"}
UNSIGNED = Case(
    9,
    "unsigned",
    "integers from 2^63 to 2^64; one of them was clipped, one is off by one",
    {
        POSTGRESQL: Held("v numeric(20)", BIG, {}, CLIPPED, same_columns="v numeric(22,1)"),
        MARIADB: Held("v bigint unsigned", BIG, {}, CLIPPED, same_columns="v decimal(20,0)"),
        SQLITE: Held("v TEXT", quoted(BIG), {}, quoted(CLIPPED)),
        MONGODB: Held("", decimals(BIG), {4: {"v": 0}, 3: {"v": Int64(2**63 - 1)}}, decimals(CLIPPED)),
    },
    different(1, 2),
    apart={"sqlite-sqlite": NO_UNSIGNED},
)  # fmt: skip

WHOLE = {1: "4294967295", 2: "2147483648", 3: "0"}
WRAPPED = {1: "-1", 2: "-2147483648"}
UNSIGNED_32 = Case(
    9,
    "unsigned32",
    "integers from 2^31 to 2^32 that became negative",
    {
        POSTGRESQL: Held("v bigint", WHOLE, {}, WRAPPED, differ_columns="v integer"),
        MARIADB: Held("v int unsigned", WHOLE, {}, WRAPPED, same_columns="v bigint", differ_columns="v int"),
        SQLITE: Held("v INTEGER", WHOLE, {}, WRAPPED),
        MONGODB: Held(
            "", documents("v", {1: 4294967295, 2: 2147483648, 3: 0}), {}, documents("v", {1: -1, 2: -2147483648})
        ),
    },
    different(1, 2),
)

BIG_KEYS = Case(
    9,
    "unsigned_keys",
    "keys from 2^63 to 2^64",
    {
        POSTGRESQL: Held(
            "id numeric(20) PRIMARY KEY, v int",
            {key: f"{text}, {key}" for key, text in BIG.items()},
            {},
            {1: None, 2: "9223372036854775808, 7"},
        ),
        MARIADB: Held(
            "id bigint unsigned PRIMARY KEY, v int",
            {key: f"{text}, {key}" for key, text in BIG.items()},
            {},
            {1: None, 2: "9223372036854775808, 7"},
        ),
    },
    (Found("missing", ("18446744073709551615",)), Found("different", ("9223372036854775808",), ("v",))),
    keyed=False,
    apart={
        SQLITE: "SQLite has no key of unsigned 64-bit integers",
        MONGODB: "a collection has no key of unsigned 64-bit integers",
    },
)

BITS = {1: "0000000101", 2: "1111111111", 3: "0000000000", 4: "1000000000"}
SHIFTED = {1: "0101000000", 4: "0000000001"}


def _bits(rows: Mapping[int, str], mark: str) -> dict[int, str]:
    return {key: f"{mark}'{text}'" for key, text in rows.items()}


BIT = Case(
    13,
    "bits",
    "bit strings that a mover shifts to whole bytes",
    {
        POSTGRESQL: Held("v bit(10)", _bits(BITS, "B"), {}, _bits(SHIFTED, "B"), same_columns="v bit varying(10)"),
        MARIADB: Held("v bit(10)", _bits(BITS, "b"), {}, _bits(SHIFTED, "b")),
        SQLITE: Held("v TEXT", _bits(BITS, ""), {}, _bits(SHIFTED, "")),
        MONGODB: Held("", documents("v", BITS), {}, documents("v", SHIFTED)),
    },
    different(1, 4),
    apart={
        f"{source}-{target}": "neither has bit strings"
        for source in (SQLITE, MONGODB)
        for target in (SQLITE, MONGODB)
    },
)  # fmt: skip

WIDE_BITS = {1: "1" * 64, 2: "1" + "0" * 63, 3: "0" * 63 + "1"}
BIT_64 = Case(
    13,
    "bits64",
    "64 bits with the first of them set",
    {
        POSTGRESQL: Held("v bit(64)", _bits(WIDE_BITS, "B"), {}, _bits({2: "0" * 64}, "B")),
        MARIADB: Held("v bit(64)", _bits(WIDE_BITS, "b"), {}, _bits({2: "0" * 64}, "b")),
    },
    different(2),
    apart={SQLITE: "SQLite has no bit strings", MONGODB: "documents have no bit strings"},
)

CASES = [BOOLEAN, TINYINT, UNSIGNED, UNSIGNED_32, BIG_KEYS, BIT, BIT_64]

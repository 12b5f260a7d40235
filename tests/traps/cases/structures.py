"""Traps of values with a form of their own: bytes, enums, sets, arrays, geometry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.traps.model import MARIADB, MONGODB, POSTGRESQL, SQLITE, Case, Held, different, documents, texts

# NUL, a byte that is no UTF-8, a line end, a backslash; nothing; a quote; what looks like hex
BYTES = {1: "00ff0a5c", 2: "", 3: "27", 4: "3041", 5: "c3a9"}
# moved as the text of its hex, cut at NUL, UTF-8 that was read as Latin-1
RUINED = {1: "5c783030666630613563", 4: "30", 5: "c383c2a9"}


def _hex(rows: Mapping[int, str], pattern: str) -> dict[int, str]:
    return {key: pattern.format(text) for key, text in rows.items()}


def _binary(rows: Mapping[int, str]) -> dict[int, dict[str, Any]]:
    return documents("v", {key: bytes.fromhex(text) for key, text in rows.items()})


BINARY = Case(
    12,
    "bytes",
    "bytes, not their spelling: hex that was stored as text, UTF-8 read as Latin-1",
    {
        POSTGRESQL: Held("v bytea", _hex(BYTES, r"'\x{}'"), {}, _hex(RUINED, r"'\x{}'")),
        MARIADB: Held("v varbinary(50)", _hex(BYTES, "x'{}'"), {}, _hex(RUINED, "x'{}'"), same_columns="v longblob"),
        SQLITE: Held("v BLOB", _hex(BYTES, "x'{}'"), {}, _hex(RUINED, "x'{}'")),
        MONGODB: Held("", _binary(BYTES), {}, _binary(RUINED)),
    },
    different(*RUINED),
)

LABELS = {1: "new", 2: "open", 3: "done", 4: None}
ENUM = Case(
    14,
    "enum",
    "labels count, not their numbers: the target lists them in another order",
    {
        POSTGRESQL: Held(
            "v state", texts(LABELS), {}, texts({2: "done"}), same_columns="v text",
            before="CREATE TYPE state AS ENUM ('done', 'new', 'open')",
        ),
        MARIADB: Held(
            "v ENUM('new','open','done')", texts(LABELS), {}, texts({2: "done"}),
            same_columns="v ENUM('done','open','new')", differ_columns="v ENUM('new','done','open')",
        ),
        SQLITE: Held("v TEXT", texts(LABELS), {}, texts({2: "done"})),
        MONGODB: Held("", documents("v", LABELS), {}, documents("v", {2: "done"})),
    },
    different(2),
)  # fmt: skip

INVALID = Case(
    14,
    "invalid_enum",
    "the empty text that MySQL stores for an invalid label is neither NULL nor the first label",
    {
        POSTGRESQL: Held("v text", texts({1: "", 2: "new"}), {}, texts({1: None})),
        MARIADB: Held("v ENUM('new','open')", texts({1: "wrong", 2: "new"}), {}, texts({1: None})),
        SQLITE: Held("v TEXT", texts({1: "", 2: "new"}), {}, texts({1: None})),
        MONGODB: Held("", documents("v", {1: "", 2: "new"}), {}, documents("v", {1: None})),
    },
    different(1),
    apart={
        f"{source}-{target}": "only MySQL stores invalid labels"
        for source in (POSTGRESQL, SQLITE, MONGODB)
        for target in (POSTGRESQL, SQLITE, MONGODB)
    },
)

SETS = {1: "b,a", 2: "c", 3: "", 4: "a,b,c"}
LESS = {1: "a", 4: "a,c"}


def _arrays(rows: Mapping[int, str]) -> dict[int, str]:
    return {
        key: "ARRAY[" + ",".join(f"'{x}'" for x in text.split(",") if x) + "]::text[]" for key, text in rows.items()
    }


def _lists(rows: Mapping[int, str]) -> dict[int, dict[str, Any]]:
    return documents("v", {key: [label for label in text.split(",") if label] for key, text in rows.items()})


SET = Case(
    14,
    "set",
    "members of a set in any order; one is lost",
    {
        POSTGRESQL: Held("v text[]", _arrays(SETS), _arrays({1: "a,b"}), _arrays(LESS)),
        MARIADB: Held("v SET('a','b','c')", texts(SETS), {}, texts(LESS), same_columns="v SET('c','b','a')"),
        SQLITE: Held("v TEXT", texts(SETS), texts({1: "a,b"}), texts(LESS)),
        MONGODB: Held("", _lists(SETS), {}, _lists(LESS)),
    },
    different(1, 4),
    apart={
        f"{source}-{target}": "only MySQL has sets; an array or a text has an order"
        for source in (POSTGRESQL, SQLITE, MONGODB)
        for target in (POSTGRESQL, SQLITE, MONGODB)
    },
)  # fmt: skip

LISTS = {1: "'{a,NULL}'", 2: "'{}'", 3: "'{\"a,b\",c}'", 4: "NULL", 5: "'{\"\",NULL}'"}
OTHER_LISTS = {1: "'{a,\"NULL\"}'", 2: "NULL", 3: "'{a,\"b,c\"}'", 5: "'{NULL,\"\"}'"}
ARRAY = Case(
    16,
    "arrays",
    "elements of an array that run into each other, NULL and 'NULL', an empty array and none",
    {
        POSTGRESQL: Held("v text[]", LISTS, {}, OTHER_LISTS),
        MONGODB: Held(
            "", documents("v", {1: ["a", None], 2: [], 3: ["a,b", "c"], 4: None, 5: ["", None]}), {},
            documents("v", {1: ["a", "NULL"], 2: None, 3: ["a", "b,c"], 5: [None, ""]}),
        ),
    },
    different(1, 2, 3, 5),
    apart=dict.fromkeys((MARIADB, SQLITE), "no arrays there"),
)  # fmt: skip

POINTS = {1: (1.5, 2.25), 2: (-3.0, 0.1), 3: (0.0, 0.0)}
TURNED = {1: (2.25, 1.5)}
NO_GEOMETRY = "no geometry there: what a mover writes is text or a document of its own"


def _points(rows: Mapping[int, tuple[float, float]], pattern: str) -> dict[int, str]:
    return {key: pattern.format(x, y) for key, (x, y) in rows.items()}


POINT = Case(
    24,
    "point",
    "x and y in their order, as numbers",
    {
        POSTGRESQL: Held("v point", _points(POINTS, "'({}, {})'"), {}, _points(TURNED, "'({}, {})'")),
        MARIADB: Held("v POINT", _points(POINTS, "POINT({}, {})"), {}, _points(TURNED, "POINT({}, {})")),
    },
    different(1),
    apart={SQLITE: NO_GEOMETRY, MONGODB: NO_GEOMETRY},
)
SHAPES = {
    1: "ST_GeomFromText('POINT(1 2)', 4326)",
    2: "ST_GeomFromText('POLYGON((0 0, 4 0, 4 4, 0 0))', 0)",
    3: "NULL",
}
SRID = Case(
    24,
    "srid",
    "the same coordinates in another reference system, and in another order",
    {
        MARIADB: Held(
            "v GEOMETRY", SHAPES, {},
            {1: "ST_GeomFromText('POINT(1 2)', 0)", 2: "ST_GeomFromText('POLYGON((0 0, 0 4, 4 4, 0 0))', 0)"},
        )
    },
    different(1, 2),
    apart={
        POSTGRESQL: "PostgreSQL without extensions knows no reference systems",
        SQLITE: NO_GEOMETRY,
        MONGODB: NO_GEOMETRY,
    },
)  # fmt: skip

CASES = [BINARY, ENUM, INVALID, SET, ARRAY, POINT, SRID]

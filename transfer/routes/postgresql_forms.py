"""Which PostgreSQL columns have the same bytes in COPY's binary form on two servers, and which must go as text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from conversion.mapping import ColumnMapping
from engines.postgresql.quoting import quote_identifier

# Built-in types whose send and receive functions are the same from version 12 to 18 (src/backend/utils/adt).
# Not here: xml (its encoding declaration), tsvector, tsquery and jsonpath (a version of their own inside), composite
# types and what extensions bring.
BINARY_SAFE = frozenset(
    "smallint integer bigint real double_precision numeric text character_varying character bytea boolean date "
    "time_without_time_zone time_with_time_zone timestamp_without_time_zone timestamp_with_time_zone interval uuid "
    "json jsonb inet cidr macaddr macaddr8 bit bit_varying point line lseg box path polygon circle "
    "oid name money int4range int8range numrange tsrange tstzrange daterange "
    "int4multirange int8multirange nummultirange tsmultirange tstzmultirange datemultirange".split()
)
# type -> version since which it has values whose binary form an older server takes for another value: text is refused
# there instead (release notes of 17: infinite intervals; of 14: infinite numerics).
SINCE = {"interval": 170000, "numeric": 140000}
ENUM, DOMAIN = "e", "d"
XML = {"xml": "text", "xml[]": "text[]"}
# A type that a user made, by its own full name: an enum goes by its labels, a domain as what it is made of.
USER_TYPE = """
SELECT t.typtype::text, pg_catalog.format_type(t.typbasetype, NULL), b.typtype::text
  FROM pg_catalog.pg_attribute AS a
  JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_type AS b ON b.oid = t.typbasetype
 WHERE a.attrelid = {oid} AND a.attname = {name} AND a.attnum > 0 AND NOT a.attisdropped
"""
UserType = tuple[str, str | None, str | None]


def base_type(native: str) -> str:
    """A type's name without modifiers: `numeric(10,2)` is `numeric`, `timestamp(3) with time zone[]` keeps its []."""
    return " ".join(re.sub(r"\([^)]*\)", " ", native).split()).replace(" ", "_").replace("_[", "[")


def read(column: ColumnMapping) -> str:
    """SQL of a column that goes as text; the output of xml would leave a plain declaration out."""
    name = quote_identifier(column.source)
    return name if column.source_type not in XML else f"{name}::{XML[column.source_type]}"


def has_same_bytes(native: str, source: int, target: int) -> bool:
    """Whether a built-in type's binary form means the same on both servers; versions as numbers, 150018 for 15.18.

    An array holds the number of its element's type, which is the same everywhere for built-in types.
    """
    name = base_type(native)
    while name.endswith("[]"):
        name = name.removesuffix("[]")
    return name in BINARY_SAFE and not (source >= SINCE.get(name, source + 1) > target)


def is_same_user_type(here: UserType, there: UserType, source: int, target: int) -> bool:
    """Whether two columns of a type of a user's own have the same binary form: enums, and domains over safe types."""
    if here[0] != there[0]:
        return False
    if here[0] == ENUM:
        return True
    if here[0] != DOMAIN or here[1] is None or here[1] != there[1]:
        return False
    return has_same_bytes(here[1], source, target) or (here[2] == ENUM and there[2] == ENUM)


def unproved(columns: Iterable[ColumnMapping], source: int, target: int) -> list[ColumnMapping]:
    """Columns that the types' names alone don't prove to be the same."""
    return [c for c in columns if c.source_type != c.target_type or not has_same_bytes(c.source_type, source, target)]

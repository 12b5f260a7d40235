"""MySQL's column types as logical types, read from the text that information_schema has."""

from __future__ import annotations

import re
from functools import lru_cache

from engines.catalog import Kind, LogicalType
from engines.mysql.literals import quoted_list

TYPE = re.compile(r"\s*([a-z_0-9]+(?:\s+precision|\s+varying)?)\s*(?:\((.*)\))?\s*([a-z_ ]*?)\s*", re.DOTALL | re.I)
COMMENT = re.compile(r"/\*M?!?\d*.*?\*/", re.DOTALL)  # MariaDB: varchar(10) /*M!100301 COMPRESSED*/
INTEGERS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "integer": 32, "bigint": 64}
TEXTS = ("tinytext", "text", "mediumtext", "longtext")
BLOBS = ("tinyblob", "blob", "mediumblob", "longblob")
GEOMETRIES = frozenset({
    "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
    "geometrycollection", "geomcollection",
})  # fmt: skip
# types whose name says all (MySQL manual, Data Types; MariaDB: UUID 10.7, INET6 10.5, INET4 10.10)
PLAIN: dict[str, LogicalType] = {
    "date": LogicalType(kind=Kind.DATE),
    "year": LogicalType(kind=Kind.YEAR),
    "json": LogicalType(kind=Kind.JSON, name="json"),
    "uuid": LogicalType(kind=Kind.UUID),
    "inet4": LogicalType(kind=Kind.NETWORK, name="inet4"),
    "inet6": LogicalType(kind=Kind.NETWORK, name="inet6"),
    "bool": LogicalType(kind=Kind.INTEGER, bits=8),
    "boolean": LogicalType(kind=Kind.INTEGER, bits=8),
    **{name: LogicalType(kind=Kind.TEXT, name=name) for name in TEXTS},
    **{name: LogicalType(kind=Kind.BINARY, name=name) for name in BLOBS},
}
# their one number is a length; where it isn't written it is 1 (MySQL manual)
SIZED = {
    "char": LogicalType(kind=Kind.CHAR),
    "varchar": LogicalType(kind=Kind.TEXT),
    "binary": LogicalType(kind=Kind.BINARY, name="binary"),
    "varbinary": LogicalType(kind=Kind.BINARY, name="varbinary"),
    "bit": LogicalType(kind=Kind.BIT),
}
# their one number is how many digits of a second they keep; where it isn't written none
TIMED = {
    "time": LogicalType(kind=Kind.TIME),
    "datetime": LogicalType(kind=Kind.TIMESTAMP),
    "timestamp": LogicalType(kind=Kind.TIMESTAMP, with_zone=True),
}
LABELLED = {"enum": Kind.ENUM, "set": Kind.SET}


def logical_type(native: str, srid: int | None = None) -> LogicalType:
    """What a COLUMN_TYPE such as `int(10) unsigned` means; Kind.OTHER with its name for what isn't known.

    Texts and blobs carry their type's name; a timestamp is a moment (with_zone), a datetime is not. The display width
    of integers stands only in the native spelling: MySQL keeps tinyint(1) for BOOLEAN. ValueError for labels that
    can't be read.
    """
    return _read(native, srid).model_copy()


@lru_cache(maxsize=4096)
def _read(native: str, srid: int | None) -> LogicalType:
    found = TYPE.fullmatch(COMMENT.sub("", native))
    if found is None:
        return LogicalType(kind=Kind.OTHER, name=native)
    name, inside, modifiers = found[1].lower(), found[2], found[3].lower()
    if name in LABELLED:
        return LogicalType(kind=LABELLED[name], labels=quoted_list(inside or ""))
    if name in PLAIN:
        return PLAIN[name]
    if name in GEOMETRIES:
        return LogicalType(kind=Kind.GEOMETRY, name=name, srid=srid)
    numbers = [int(part) for part in (inside or "").split(",") if part.strip().isdigit()]
    return _numbered(name, numbers, "unsigned" in modifiers.split() or "zerofill" in modifiers.split())


def _numbered(name: str, numbers: list[int], unsigned: bool) -> LogicalType:
    first = numbers[0] if numbers else None
    if name in INTEGERS:
        return LogicalType(kind=Kind.INTEGER, bits=INTEGERS[name], unsigned=unsigned)
    if name in ("decimal", "numeric", "dec", "fixed"):
        precision, scale = first or 10, numbers[1] if len(numbers) > 1 else 0
        return LogicalType(kind=Kind.DECIMAL, precision=precision, scale=scale, unsigned=unsigned)
    if name in ("float", "double", "double precision", "real"):
        bits = 32 if name == "float" and (len(numbers) != 1 or numbers[0] < 25) else 64
        scaled = {"precision": numbers[0], "scale": numbers[1]} if len(numbers) == 2 else {}
        return LogicalType(kind=Kind.FLOAT, bits=bits, unsigned=unsigned, **scaled)
    if name in SIZED:
        return SIZED[name].model_copy(update={"length": 1 if first is None else first})
    if name in TIMED:
        return TIMED[name].model_copy(update={"precision": first or 0})
    return LogicalType(kind=Kind.OTHER, name=name, length=first)

"""PostgreSQL's spelling of a type (format_type) as a logical type, without asking a server."""

from __future__ import annotations

import re

from engines.catalog import Kind, LogicalType

ARGUMENTS = re.compile(r"\(([^)]*)\)")
SHORT_NAMES = {
    "int2": "smallint", "int4": "integer", "int": "integer", "int8": "bigint", "float4": "real",
    "float8": "double precision", "bool": "boolean", "varchar": "character varying", "char": "character",
    "bpchar": "character", "decimal": "numeric", "timestamptz": "timestamp with time zone",
    "timestamp": "timestamp without time zone", "time": "time without time zone", "timetz": "time with time zone",
    "varbit": "bit varying",
}  # fmt: skip
KINDS = {
    "smallint": Kind.INTEGER, "integer": Kind.INTEGER, "bigint": Kind.INTEGER, "oid": Kind.INTEGER,
    "numeric": Kind.DECIMAL, "real": Kind.FLOAT, "double precision": Kind.FLOAT, "boolean": Kind.BOOLEAN,
    "text": Kind.TEXT, "character varying": Kind.TEXT, "name": Kind.TEXT, "citext": Kind.TEXT,
    "character": Kind.CHAR, "bytea": Kind.BINARY, "bit": Kind.BIT, "bit varying": Kind.BIT, "date": Kind.DATE,
    "time without time zone": Kind.TIME, "time with time zone": Kind.TIME,
    "timestamp without time zone": Kind.TIMESTAMP, "timestamp with time zone": Kind.TIMESTAMP,
    "interval": Kind.INTERVAL, "uuid": Kind.UUID, "json": Kind.JSON, "jsonb": Kind.JSON, "xml": Kind.XML,
    "inet": Kind.NETWORK, "cidr": Kind.NETWORK, "macaddr": Kind.NETWORK, "macaddr8": Kind.NETWORK,
}  # fmt: skip
BITS = {"smallint": 16, "integer": 32, "bigint": 64, "real": 32, "double precision": 64}


def base_name(native: str) -> str:
    """The type without arguments, in the server's long spelling: `varchar(3)` gives `character varying`."""
    base = " ".join(ARGUMENTS.sub(" ", native).split())
    return SHORT_NAMES.get(base.lower(), base.lower() if base.lower() in KINDS else base)


def arguments(native: str) -> list[int]:
    """The numbers in parentheses: `numeric(10,2)` gives 10 and 2."""
    found = ARGUMENTS.search(native)
    parts = found[1].split(",") if found else []
    return [int(part) for part in parts if part.strip().lstrip("-").isdigit()]


def kind_of(native: str) -> Kind:
    """The kind of value a type holds; OTHER for what this table doesn't name (enums, domains, extensions)."""
    if native.rstrip().endswith("[]"):
        return Kind.ARRAY
    return KINDS.get(base_name(native), Kind.OTHER)


def logical(native: str) -> LogicalType:
    """The whole logical type of a built-in type's spelling."""
    kind = kind_of(native)
    if kind is Kind.ARRAY:
        return LogicalType(kind=kind, element=logical(native.rstrip()[:-2]))
    base = base_name(native)
    numbers = arguments(native)
    result = LogicalType(kind=kind, bits=BITS.get(base), with_zone=base.endswith("with time zone"))
    if kind is Kind.DECIMAL and numbers:
        result.precision, result.scale = (*numbers, 0)[:2]
    elif kind in (Kind.TIME, Kind.TIMESTAMP, Kind.INTERVAL) and numbers:
        result.precision = numbers[0]
    elif kind in (Kind.TEXT, Kind.CHAR, Kind.BIT) and numbers:
        result.length = numbers[0]
    if kind in (Kind.OTHER, Kind.JSON, Kind.NETWORK):
        result.name = base
    return result


def comparable(child: str, parent: str) -> bool:
    """True when a foreign key may go from a column of one type to one of the other in PostgreSQL."""
    left, right = base_name(child), base_name(parent)
    if left == right:
        return True
    kinds = (kind_of(child), kind_of(parent))
    if kinds == (Kind.INTEGER, Kind.INTEGER) or kinds == (Kind.INTEGER, Kind.DECIMAL):
        return True
    return set(kinds) <= {Kind.TEXT} and Kind.OTHER not in kinds

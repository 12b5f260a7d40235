"""PostgreSQL types as logical types: a table of the built-in ones, and the user's resolved to what they are made of."""

from __future__ import annotations

from dataclasses import dataclass

from engines.catalog import Kind, LogicalType
from engines.full_names import qualified
from engines.postgresql.introspect.reader import Reader
from engines.postgresql.money import C_DIGITS

# typname -> LogicalType; name where several types share a kind (PostgreSQL documentation, chapter Data Types)
BUILT_IN: dict[str, LogicalType] = {
    "int2": LogicalType(kind=Kind.INTEGER, bits=16),
    "int4": LogicalType(kind=Kind.INTEGER, bits=32),
    "int8": LogicalType(kind=Kind.INTEGER, bits=64),
    "oid": LogicalType(kind=Kind.INTEGER, bits=32, name="oid"),
    "float4": LogicalType(kind=Kind.FLOAT, bits=32),
    "float8": LogicalType(kind=Kind.FLOAT, bits=64),
    "numeric": LogicalType(kind=Kind.DECIMAL),
    "money": LogicalType(kind=Kind.DECIMAL, precision=19, scale=C_DIGITS, name="money"),
    "bool": LogicalType(kind=Kind.BOOLEAN),
    "text": LogicalType(kind=Kind.TEXT),
    "varchar": LogicalType(kind=Kind.TEXT),
    "citext": LogicalType(kind=Kind.TEXT, name="citext"),
    "name": LogicalType(kind=Kind.TEXT, length=63, name="name"),
    "bpchar": LogicalType(kind=Kind.CHAR),
    "char": LogicalType(kind=Kind.CHAR, length=1, name="char"),
    "bytea": LogicalType(kind=Kind.BINARY),
    "bit": LogicalType(kind=Kind.BIT),
    "varbit": LogicalType(kind=Kind.BIT, name="varbit"),
    "date": LogicalType(kind=Kind.DATE),
    "time": LogicalType(kind=Kind.TIME),
    "timetz": LogicalType(kind=Kind.TIME, with_zone=True),
    "timestamp": LogicalType(kind=Kind.TIMESTAMP),
    "timestamptz": LogicalType(kind=Kind.TIMESTAMP, with_zone=True),
    "interval": LogicalType(kind=Kind.INTERVAL),
    "uuid": LogicalType(kind=Kind.UUID),
    "json": LogicalType(kind=Kind.JSON, name="json"),
    "jsonb": LogicalType(kind=Kind.JSON, name="jsonb"),
    "xml": LogicalType(kind=Kind.XML),
    "inet": LogicalType(kind=Kind.NETWORK, name="inet"),
    "cidr": LogicalType(kind=Kind.NETWORK, name="cidr"),
    "macaddr": LogicalType(kind=Kind.NETWORK, name="macaddr"),
    "macaddr8": LogicalType(kind=Kind.NETWORK, name="macaddr8"),
    "point": LogicalType(kind=Kind.GEOMETRY, name="point"),
    "line": LogicalType(kind=Kind.GEOMETRY, name="line"),
    "lseg": LogicalType(kind=Kind.GEOMETRY, name="lseg"),
    "box": LogicalType(kind=Kind.GEOMETRY, name="box"),
    "path": LogicalType(kind=Kind.GEOMETRY, name="path"),
    "polygon": LogicalType(kind=Kind.GEOMETRY, name="polygon"),
    "circle": LogicalType(kind=Kind.GEOMETRY, name="circle"),
    "geometry": LogicalType(kind=Kind.GEOMETRY, name="geometry"),
    "geography": LogicalType(kind=Kind.GEOMETRY, name="geography"),
}
BY_TYPTYPE = {"e": Kind.ENUM, "c": Kind.COMPOSITE, "r": Kind.RANGE, "m": Kind.RANGE}
LENGTH_HEADER = 4  # a length or precision is stored with four added (catalog pg_attribute, atttypmod)
NO_INTERVAL_PRECISION = 0xFFFF
QUERY = """
    SELECT t.oid, t.typname, n.nspname, t.typtype::text, t.typelem, t.typbasetype, t.typtypmod,
           t.typcategory::text = 'A' AND t.typelem <> 0 AS is_array
      FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
"""


@dataclass(frozen=True)
class _Type:
    name: str
    schema: str
    typtype: str
    element: int
    base: int
    base_modifier: int
    is_array: bool


class LogicalTypes:
    """Resolves pg_type rows; one query for all types of the database. money: digits behind the point of that type."""

    def __init__(self, reader: Reader, money: int = C_DIGITS) -> None:
        self._money = money
        rows = reader.rows("types of columns", QUERY, essential=True)
        self._types = {
            r.oid: _Type(r.typname, r.nspname, r.typtype, r.typelem, r.typbasetype, r.typtypmod, r.is_array)
            for r in rows
        }
        self._known: dict[tuple[int, int], LogicalType] = {}

    def resolve(self, oid: int, modifier: int) -> LogicalType:
        """The logical type of pg_type.oid with atttypmod (-1: none); a domain has its base's kind and its own name."""
        if (oid, modifier) not in self._known:
            self._known[oid, modifier] = self._resolve(oid, modifier)
        return self._known[oid, modifier].model_copy()

    def _resolve(self, oid: int, modifier: int) -> LogicalType:
        found = self._types.get(oid)
        if found is None:
            return LogicalType(kind=Kind.OTHER)
        full_name = found.name if found.schema == "pg_catalog" else qualified(found.schema, found.name)
        if found.typtype == "d":
            return self.resolve(found.base, found.base_modifier).model_copy(update={"name": full_name})
        if found.is_array:
            return LogicalType(kind=Kind.ARRAY, element=self.resolve(found.element, modifier))
        if found.typtype in BY_TYPTYPE:
            return LogicalType(kind=BY_TYPTYPE[found.typtype], name=full_name)
        base = BUILT_IN.get(found.name)
        if base is None:
            return LogicalType(kind=Kind.OTHER, name=full_name)
        update = {"scale": self._money} if found.name == "money" else _modified(found.name, modifier)
        return base.model_copy(update=update)


def _modified(name: str, modifier: int) -> dict[str, int]:
    """What a type modifier says: length, precision, scale."""
    if modifier < 0:
        return {}
    if name in ("varchar", "bpchar"):
        return {"length": modifier - LENGTH_HEADER}
    if name in ("bit", "varbit"):
        return {"length": modifier}
    if name == "numeric":
        packed = modifier - LENGTH_HEADER
        # the scale is signed in eleven bits since PostgreSQL 15
        return {"precision": packed >> 16 & 0xFFFF, "scale": ((packed & 0x7FF) ^ 0x400) - 0x400}
    if name in ("time", "timetz", "timestamp", "timestamptz"):
        return {"precision": modifier}
    if name == "interval" and modifier & 0xFFFF != NO_INTERVAL_PRECISION:
        return {"precision": modifier & 0xFFFF}
    return {}

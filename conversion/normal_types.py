"""Types of one engine in a form that is equal where two spellings mean the same type."""

from __future__ import annotations

import re

from conversion.postgresql_types import ARGUMENTS, KINDS, arguments, base_name
from engines.catalog import Column, Kind

# MySQL's names for what it stores under another (manual: Using Data Types from Other Database Engines)
MYSQL_NAMES = {
    "integer": "int", "int1": "tinyint", "int2": "smallint", "int3": "mediumint", "int4": "int", "int8": "bigint",
    "middleint": "mediumint", "dec": "decimal", "numeric": "decimal", "fixed": "decimal", "real": "double",
    "double precision": "double", "float4": "float", "float8": "double", "character": "char",
    "character varying": "varchar", "bool": "tinyint(1)", "boolean": "tinyint(1)", "long": "mediumtext",
    "long varchar": "mediumtext", "geomcollection": "geometrycollection",
}  # fmt: skip
MYSQL_DEFAULTS = {"decimal": "(10,0)", "bit": "(1)", "char": "(1)", "binary": "(1)"}
MYSQL_INTEGERS = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
MYSQL_TYPE = re.compile(r"^\s*([a-z_0-9]+(?: precision| varying| varchar)?)\s*(\([^)]*\))?\s*(.*)$", re.DOTALL)
POSTGRESQL_DEFAULTS = {"bit": "(1)", "character": "(1)"}
CHARSETS = {"utf8": "utf8mb3"}  # utf8 is an alias (MySQL manual: The utf8 Character Set)


def type_form(column: Column, engine: str) -> str:
    """The type without what doesn't change which values it holds and how they are shown.

    MySQL: without display widths, but for tinyint(1), which clients take for a boolean, and with ZEROFILL, which shows
    them. Labels of enums and sets are compared as they are.
    """
    if engine == "mysql":
        return _mysql(column)
    if engine == "postgresql":
        return _postgresql(column.native)
    return " ".join(column.native.upper().split()).replace(" (", "(").replace(", ", ",")


def _mysql(column: Column) -> str:
    if column.type.kind in (Kind.ENUM, Kind.SET) and column.type.labels:
        return f"{column.type.kind}{column.type.labels!r}"
    native = " ".join(column.native.lower().split())
    found = MYSQL_TYPE.match(MYSQL_NAMES.get(native, native))
    if found is None:
        return native
    name, size, rest = found[1], re.sub(r"\s+", "", found[2] or ""), found[3]
    name = MYSQL_NAMES.get(name, name)
    if name in MYSQL_INTEGERS and "zerofill" not in rest and not (name == "tinyint" and size == "(1)"):
        size = ""
    if name == "year" or size == "(0)":
        size = ""
    size = re.sub(r"^\((\d+)\)$", r"(\1,0)", size) if name == "decimal" else size
    words = sorted(set(rest.split()) - {"signed"} | ({"unsigned"} if "zerofill" in rest else set()))
    srid = f" srid {column.type.srid}" if column.type.srid else ""
    return " ".join([name + (size or MYSQL_DEFAULTS.get(name, "")), *words]) + srid


def _postgresql(native: str) -> str:
    base = base_name(native)
    if base.lower() not in KINDS or native.rstrip().endswith("]"):
        return native if '"' in native else native.lower()
    numbers = arguments(native)
    if base == "numeric" and len(numbers) == 1:
        numbers.append(0)
    size = f"({','.join(str(number) for number in numbers)})" if numbers else POSTGRESQL_DEFAULTS.get(base, "")
    if native.strip().lower() == "bpchar":  # without a length it is as long as its values
        size = ""
    rest = ARGUMENTS.sub("", native) if base == "interval" else ""
    return base + size + (f" {' '.join(rest.lower().split())}" if rest else "")


def collation_form(column: Column, engine: str) -> str:
    """The collation in effect, under its present name; none for what isn't text."""
    name = column.collation or ""
    if engine == "sqlite":
        return "" if name.upper() == "BINARY" else name.upper()
    return charset_form(name.lower()) if engine == "mysql" else name


def charset_form(name: str) -> str:
    """A character set or collation of MySQL with utf8 as the utf8mb3 that it is; other names as they are."""
    head, mark, tail = name.partition("_")
    return CHARSETS.get(head, head) + mark + tail

"""The encodings of values in columns, as a table: what each gives back exactly, its type on every target, and why."""

from __future__ import annotations

from dataclasses import dataclass

from engines.catalog import Kind, LogicalType


@dataclass(frozen=True)
class Encoding:
    """types: BSON types that come back as they were; the rest is shown where it fits and kept in the residue.

    natives: the column's type on PostgreSQL, MySQL/MariaDB and SQLite ({length}, {precision} and {scale} are filled
    in); suffixes: one column per entry, its name's ending; bytes: what a value takes inside its row at most, long
    values aside (for the limit of a row); charset: of text on MySQL.
    """

    types: tuple[str, ...]
    kind: Kind
    natives: tuple[str, str, str]
    reason: str
    bytes: int
    suffixes: tuple[str, ...] = ("",)
    charset: str | None = None
    alternatives: tuple[str, ...] = ()


FAMILIES = ("postgresql", "mysql", "sqlite")
ENCODINGS: dict[str, Encoding] = {
    "text": Encoding(
        ("string",), Kind.TEXT, ("text", "longtext", "TEXT"), "text of any length, compared byte by byte", 40,
        charset="utf8mb4", alternatives=("json",),
    ),
    "objectid": Encoding(
        ("objectId",), Kind.CHAR, ("character(24)", "char(24)", "TEXT"),
        "the 24 hexadecimal digits that people know an ObjectId by; they sort like the ObjectId", 25, charset="ascii",
        alternatives=("objectid_bytes",),
    ),
    "objectid_bytes": Encoding(
        ("objectId",), Kind.BINARY, ("bytea", "binary(12)", "BLOB"), "the 12 bytes of the ObjectId", 13,
        alternatives=("objectid",),
    ),
    "int": Encoding(
        ("int",), Kind.INTEGER, ("integer", "int", "INTEGER"), "every value found has 32 bits", 4,
        alternatives=("integer", "long"),
    ),
    "long": Encoding(
        ("long",), Kind.INTEGER, ("bigint", "bigint", "INTEGER"), "every value found has 64 bits", 8,
        alternatives=("integer",),
    ),
    "integer": Encoding(
        ("int", "long"), Kind.INTEGER, ("bigint", "bigint", "INTEGER"),
        "integers of 32 and 64 bits, widened without loss; a long of 32 bits is told apart in the residue", 8,
        alternatives=("long", "json"),
    ),
    "double": Encoding(
        ("double",), Kind.FLOAT, ("double precision", "double", "REAL"), "both are 8-byte floating point", 8,
        alternatives=("number", "json"),
    ),
    "number": Encoding(
        ("int", "double"), Kind.FLOAT, ("double precision", "double", "REAL"),
        "32-bit integers and doubles in one column, widened without loss; a whole double is told apart in the residue",
        8, alternatives=("columns", "json"),
    ),
    "number_long": Encoding(
        ("long", "double"), Kind.FLOAT, ("double precision", "double", "REAL"),
        "longs up to 2^53 and doubles in one column, widened without loss; a whole double is told apart in the residue",
        8, alternatives=("columns", "json"),
    ),
    "decimal": Encoding(
        ("decimal",), Kind.DECIMAL, ("numeric", "decimal({precision},{scale})", "TEXT"),
        "34 decimal digits, exactly; what the type can't tell (1E+3, -0, other trailing zeros) is kept in the residue",
        32, alternatives=("json",),
    ),
    "bool": Encoding(("bool",), Kind.BOOLEAN, ("boolean", "tinyint(1)", "BOOLEAN"), "true and false", 1),
    "date": Encoding(
        ("date",), Kind.TIMESTAMP, ("timestamp(3) with time zone", "datetime(3)", "TEXT"),
        "a moment in milliseconds, in UTC; moments beyond the type's years are kept in the residue", 8,
    ),
    "binary": Encoding(
        ("binData",), Kind.BINARY, ("bytea", "longblob", "BLOB"), "bytes, all of one subtype", 40,
        alternatives=("binary_any",),
    ),
    "binary_any": Encoding(
        ("binData",), Kind.BINARY, ("bytea", "longblob", "BLOB"), "bytes with their subtype beside them", 44,
        suffixes=("", "_subtype"),
    ),
    "uuid": Encoding(
        ("binData",), Kind.UUID, ("uuid", "char(36)", "TEXT"), "binary of subtype 4 is a UUID", 37, charset="ascii",
        alternatives=("binary",),
    ),
    "timestamp": Encoding(
        ("timestamp",), Kind.INTEGER, ("bigint", "bigint", "INTEGER"),
        "BSON's own timestamp is two numbers: seconds and a counter within the second", 16, suffixes=("_t", "_i"),
    ),
    "json": Encoding(
        (), Kind.JSON, ("json", "longtext", "TEXT"),
        "JSON text kept letter by letter, so that the order of keys and every type survive", 40, charset="utf8mb4",
        alternatives=("jsonb",),
    ),
    "jsonb": Encoding(
        (), Kind.JSON, ("jsonb", "longtext", "TEXT"),
        "jsonb can be indexed, but sorts keys: values whose keys are in another order are kept in the residue", 40,
        charset="utf8mb4", alternatives=("json",),
    ),
    "key_objectid": Encoding(
        ("objectId",), Kind.CHAR, ("character(24)", "char(24)", "TEXT"),
        "every _id is an ObjectId; another one would get a stand-in", 25, charset="ascii",
    ),
    "key_text": Encoding(
        ("string",), Kind.TEXT, ("character varying(255)", "varchar(255)", "TEXT"),
        "every _id is text; one that can't be a key here would get a stand-in", 40, charset="utf8mb4",
    ),
    "key_integer": Encoding(
        ("int", "long"), Kind.INTEGER, ("bigint", "bigint", "INTEGER"),
        "every _id is an integer; another one would get a stand-in", 8,
    ),
    "key_uuid": Encoding(
        ("binData",), Kind.UUID, ("uuid", "char(36)", "TEXT"),
        "every _id is a UUID; another one would get a stand-in", 37, charset="ascii",
    ),
    "key_any": Encoding(
        (), Kind.TEXT, ("character varying(255)", "varchar(255)", "TEXT"),
        "an _id of several types is its canonical Extended JSON text, so that 1 and \"1\" stay two keys", 40,
        charset="ascii",
    ),
}  # fmt: skip
SUBTYPE = Encoding((), Kind.INTEGER, ("smallint", "smallint", "INTEGER"), "the subtype of binary data", 2)
PLACE = Encoding((), Kind.INTEGER, ("integer", "int", "INTEGER"), "the place in the array or object, from 0", 4)
NAME = Encoding(
    (), Kind.TEXT, ("character varying(255)", "varchar(255)", "TEXT"), "the key of the entry, which is data", 40,
    charset="utf8mb4",
)  # fmt: skip
RESIDUE = Encoding(
    (), Kind.JSON, ("json", "longtext", "TEXT"), "what the columns can't say of this row, as canonical Extended JSON",
    40, charset="ascii",
)  # fmt: skip
BITS = {"smallint": 16, "integer": 32, "int": 32, "bigint": 64}
LENGTHS = {"character(24)": 24, "char(24)": 24, "char(36)": 36}


def native_of(encoding: Encoding, family: str, options: dict[str, int] | None = None) -> str:
    """The type's spelling on a target; text with a length is a varchar of it."""
    found = options or {}
    spelled = encoding.natives[FAMILIES.index(family)]
    if encoding.kind is Kind.TEXT and found.get("length") and family != "sqlite":
        return f"{'character varying' if family == 'postgresql' else 'varchar'}({found['length']})"
    return spelled.format(precision=found.get("precision", 65), scale=found.get("scale", 30))


def logical_of(encoding: Encoding, native: str, options: dict[str, int] | None = None) -> LogicalType:
    """The logical type of a column with that encoding and spelling."""
    found = options or {}
    kind = encoding.kind
    if kind in (Kind.UUID, Kind.TIMESTAMP, Kind.DECIMAL, Kind.CHAR, Kind.JSON) and native == "TEXT":
        kind = Kind.TEXT
    result = LogicalType(kind=kind)
    if kind is Kind.INTEGER:
        result.bits = BITS.get(native, 64)
    elif kind is Kind.FLOAT:
        result.bits = 64
    elif kind is Kind.TIMESTAMP:
        result.precision, result.with_zone = 3, "zone" in native
    elif kind is Kind.DECIMAL and "(" in native:
        result.precision, result.scale = found.get("precision", 65), found.get("scale", 30)
    elif kind is Kind.JSON:
        result.kind = kind if native.startswith("json") else Kind.TEXT
        result.name = native if result.kind is Kind.JSON else None
    elif native.startswith(("character varying(", "varchar(")):
        result.length = int(native.rpartition("(")[2].rstrip(")"))
    elif native in LENGTHS:
        result.length, result.kind = LENGTHS[native], Kind.CHAR
    elif native.startswith("binary("):
        result.length = 12
    return result

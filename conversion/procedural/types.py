"""Types of parameters and variables between the engines: what a declared type becomes where no value is known."""

from __future__ import annotations

import re
from dataclasses import dataclass

from conversion.procedural.scope import Local
from conversion.shapes import Untranslatable
from conversion.to_mysql.flavour import Flavour
from engines.catalog import Catalog, Kind
from engines.families import family

_SPELLED = re.compile(r"(?P<word>[^(]*)(?:\((?P<size>.*?)\)(?P<rest>[^)]*))?", re.DOTALL)
_CHARSET = re.compile(r"\s(?:charset|character set|collate)\s.*", re.IGNORECASE | re.DOTALL)
_BINARY_TEXT = " CHARACTER SET utf8mb4 COLLATE {exact}"  # PostgreSQL compares text by its characters


@dataclass(frozen=True)
class Declared:
    """A type on the target, the kind of its values, and what a reader should know."""

    native: str
    kind: Kind
    note: str | None = None

    def local(self, text: str, collation: str = "") -> Local:
        """A variable of the type under that text; collation: what the source compares its text with."""
        sizes = re.search(r"\((\d+)(?:,(\d+))?\)", self.native)
        scale = 0 if self.kind is Kind.INTEGER else None
        if self.kind is Kind.DECIMAL and sizes:
            scale = int(sizes[2] or 0)
        if self.kind is Kind.TIMESTAMP and sizes:
            scale = int(sizes[1])
        return Local(text, self.kind, self.native, collation if self.kind is Kind.TEXT else "", scale)


@dataclass(frozen=True)
class Row:
    """One rule: {n} stands for what was in parentheses; sized: where nothing was; unsigned: for UNSIGNED."""

    kind: Kind
    native: str
    sized: str | None = None
    unsigned: str | None = None


# MySQL's own names: https://dev.mysql.com/doc/refman/8.0/en/data-types.html
FROM_MYSQL = {
    "tinyint": Row(Kind.INTEGER, "smallint"),
    "smallint": Row(Kind.INTEGER, "smallint", unsigned="integer"),
    "mediumint": Row(Kind.INTEGER, "integer"),
    "int": Row(Kind.INTEGER, "integer", unsigned="bigint"),
    "integer": Row(Kind.INTEGER, "integer", unsigned="bigint"),
    "bigint": Row(Kind.INTEGER, "bigint", unsigned="numeric(20)"),
    "boolean": Row(Kind.INTEGER, "smallint"),
    "bool": Row(Kind.INTEGER, "smallint"),
    "year": Row(Kind.INTEGER, "smallint"),
    "decimal": Row(Kind.DECIMAL, "numeric(10)", "numeric({n})"),
    "dec": Row(Kind.DECIMAL, "numeric(10)", "numeric({n})"),
    "numeric": Row(Kind.DECIMAL, "numeric(10)", "numeric({n})"),
    "fixed": Row(Kind.DECIMAL, "numeric(10)", "numeric({n})"),
    "float": Row(Kind.FLOAT, "real", "real"),
    "double": Row(Kind.FLOAT, "double precision", "double precision"),
    "double precision": Row(Kind.FLOAT, "double precision", "double precision"),
    "real": Row(Kind.FLOAT, "double precision", "double precision"),
    "char": Row(Kind.TEXT, "varchar(1)", "varchar({n})"),
    "varchar": Row(Kind.TEXT, "varchar", "varchar({n})"),
    "tinytext": Row(Kind.TEXT, "text"),
    "text": Row(Kind.TEXT, "text", "text"),
    "mediumtext": Row(Kind.TEXT, "text"),
    "longtext": Row(Kind.TEXT, "text"),
    "enum": Row(Kind.TEXT, "text", "text"),
    "binary": Row(Kind.BINARY, "bytea", "bytea"),
    "varbinary": Row(Kind.BINARY, "bytea", "bytea"),
    "tinyblob": Row(Kind.BINARY, "bytea"),
    "blob": Row(Kind.BINARY, "bytea", "bytea"),
    "mediumblob": Row(Kind.BINARY, "bytea"),
    "longblob": Row(Kind.BINARY, "bytea"),
    "date": Row(Kind.DATE, "date"),
    "datetime": Row(Kind.TIMESTAMP, "timestamp(0)", "timestamp({n})"),
    "timestamp": Row(Kind.TIMESTAMP, "timestamp(0) with time zone", "timestamp({n}) with time zone"),
    "json": Row(Kind.JSON, "jsonb"),
    "uuid": Row(Kind.UUID, "uuid"),
}
# PostgreSQL's names as format_type() and people write them: https://www.postgresql.org/docs/current/datatype.html
TO_MYSQL = {
    "smallint": Row(Kind.INTEGER, "smallint"),
    "int2": Row(Kind.INTEGER, "smallint"),
    "integer": Row(Kind.INTEGER, "int"),
    "int": Row(Kind.INTEGER, "int"),
    "int4": Row(Kind.INTEGER, "int"),
    "bigint": Row(Kind.INTEGER, "bigint"),
    "int8": Row(Kind.INTEGER, "bigint"),
    "numeric": Row(Kind.DECIMAL, "decimal(65,30)", "decimal({n})"),
    "decimal": Row(Kind.DECIMAL, "decimal(65,30)", "decimal({n})"),
    "real": Row(Kind.FLOAT, "double"),
    "float4": Row(Kind.FLOAT, "double"),
    "double precision": Row(Kind.FLOAT, "double"),
    "float8": Row(Kind.FLOAT, "double"),
    "boolean": Row(Kind.BOOLEAN, "tinyint(1)"),
    "bool": Row(Kind.BOOLEAN, "tinyint(1)"),
    "character varying": Row(Kind.TEXT, "longtext" + _BINARY_TEXT, "varchar({n})" + _BINARY_TEXT),
    "varchar": Row(Kind.TEXT, "longtext" + _BINARY_TEXT, "varchar({n})" + _BINARY_TEXT),
    "text": Row(Kind.TEXT, "longtext" + _BINARY_TEXT),
    "name": Row(Kind.TEXT, "varchar(63)" + _BINARY_TEXT),
    "bytea": Row(Kind.BINARY, "longblob"),
    "date": Row(Kind.DATE, "date"),
    "timestamp": Row(Kind.TIMESTAMP, "datetime(6)", "datetime({n})"),
    "timestamp without time zone": Row(Kind.TIMESTAMP, "datetime(6)", "datetime({n})"),
    "timestamp with time zone": Row(Kind.TIMESTAMP, "datetime(6)", "datetime({n})"),
    "timestamptz": Row(Kind.TIMESTAMP, "datetime(6)", "datetime({n})"),
    "uuid": Row(Kind.UUID, "char(36) CHARACTER SET ascii COLLATE ascii_bin"),
    "json": Row(Kind.JSON, "json"),
    "jsonb": Row(Kind.JSON, "json"),
}
TABLES = {("mysql", "postgresql"): FROM_MYSQL, ("postgresql", "mysql"): TO_MYSQL}
# a variable for a value of which only the kind is known: wide enough for all of them
WIDEST = {
    Kind.INTEGER: "bigint",
    Kind.DECIMAL: "decimal(65,30)",
    Kind.FLOAT: "double",
    Kind.BOOLEAN: "tinyint(1)",
    Kind.TEXT: "longtext" + _BINARY_TEXT,
    Kind.CHAR: "longtext" + _BINARY_TEXT,
    Kind.ENUM: "longtext" + _BINARY_TEXT,
    Kind.BINARY: "longblob",
    Kind.DATE: "date",
    Kind.TIMESTAMP: "datetime(6)",
    Kind.UUID: "char(36) CHARACTER SET ascii COLLATE ascii_bin",
    Kind.JSON: "json",
}


def declared(native: str, ends: tuple[str, str], catalog: Catalog | None = None) -> Declared:
    """What the type becomes on the target; ends: family of source and target; catalog: the target's, for %TYPE.

    Untranslatable where no rule is known.
    """
    if native.rstrip().upper().endswith("%TYPE"):
        return _of_column(native.rstrip()[: -len("%TYPE")].rstrip(), catalog)
    match = _SPELLED.fullmatch(_CHARSET.sub("", native.strip()))
    word, size, rest = (match["word"], match["size"], match["rest"] or "") if match else (native, None, "")
    words = f"{word} {rest}".lower().split()
    unsigned = "unsigned" in words
    word = " ".join(item for item in words if item not in ("unsigned", "signed", "zerofill"))
    row = TABLES.get(ends, {}).get(word)
    if row is None or "[" in native:
        raise Untranslatable(f"variables of type {native.strip()[:60]} have no known counterpart")
    note = None
    if unsigned:
        note = f"{native.strip()}: that a value can't be negative is no longer checked in variables and parameters"
    if unsigned and row.unsigned:
        return Declared(row.unsigned, row.kind, note)
    if size is not None and row.sized:
        digits = ",".join(part.strip() for part in size.split(","))
        return Declared(row.sized.format(n=digits, exact=_exact(catalog)), row.kind, note)
    return Declared(row.native.format(exact=_exact(catalog)) if "{" in row.native else row.native, row.kind, note)


def widest(kind: Kind, catalog: Catalog | None) -> str:
    """A type for a variable of which only the kind is known; Untranslatable where there is none."""
    if kind not in WIDEST:
        raise Untranslatable(f"a {kind.value} has no type for variables of its own")
    return WIDEST[kind].format(exact=_exact(catalog))


def _exact(catalog: Catalog | None) -> str:
    """The collation that the target's columns have for text that compares by its characters."""
    if catalog is None or family(catalog.engine) != "mysql":
        return "utf8mb4_bin"
    return Flavour.of(catalog.engine, catalog.version).exact


def is_flag(native: str) -> bool:
    """Whether MySQL's BOOLEAN is meant, which is tinyint(1) in its catalog."""
    return re.sub(r"\s", "", native.lower()).startswith(("tinyint(1)", "bool"))


def _of_column(name: str, catalog: Catalog | None) -> Declared:
    parts = [part.strip().strip('"').lower() for part in name.split(".")]
    for table in catalog.tables if catalog else []:
        if len(parts) < 2 or table.name.lower() != parts[-2]:
            continue
        for column in table.columns:
            if column.name.lower() == parts[-1]:
                return Declared(column.native, column.type.kind)
    raise Untranslatable(f"the type of {name} isn't known on the target")

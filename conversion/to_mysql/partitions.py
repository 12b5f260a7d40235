"""PostgreSQL's and MySQL's partitions: where MySQL can split a table the same way, and why not."""

from __future__ import annotations

import re

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from conversion.names import MYSQL_LIMIT
from conversion.shapes import TableShape, Untranslatable
from conversion.to_mysql.flavour import Flavour
from conversion.to_mysql.limits import KEY_BYTES, base, key_bytes
from conversion.to_mysql.sql.values import moment_text
from engines.catalog import Catalog, Part, Partitioning, Table
from engines.mysql.quoting import quote_identifier, quote_literal

# https://dev.mysql.com/doc/refman/8.4/en/partitioning-columns.html
SPLITTABLE = ("tinyint", "smallint", "int", "bigint", "date", "datetime", "char", "varchar", "binary", "varbinary")
MOST_PARTS = 8192
RANGE = re.compile(r"FOR VALUES FROM \((.*)\) TO \((.*)\)$", re.DOTALL)
LIST = re.compile(r"FOR VALUES IN \((.*)\)$", re.DOTALL)
HASH = re.compile(r"FOR VALUES WITH \(modulus (\d+), remainder (\d+)\)$")
Bound = list[str]


def split(source: Table, target: Table, shape: TableShape, catalog: Catalog, flavour: Flavour) -> Partitioning:
    """The target's partitioning; Untranslatable where MySQL has none that takes the same rows."""
    found = source.partitioning
    assert found is not None
    columns = _columns(found, target, shape)
    _check_keys(source, target, columns, catalog)
    sizes = [key_bytes(target.column(column)) or KEY_BYTES for column in columns]
    if sum(sizes) + 2 * len(sizes) > KEY_BYTES:
        raise Untranslatable("its partitioning columns are too long for MySQL")
    names = ", ".join(quote_identifier(column) for column in columns)
    parts = [part for part in found.parts if part.bound]
    if not parts or len(parts) > MOST_PARTS:
        raise Untranslatable(f"it has {len(parts):,} parts, MySQL takes 1 to {MOST_PARTS:,}")
    if found.strategy == "RANGE":
        return Partitioning(strategy="RANGE COLUMNS", key=names, parts=_ranges(parts, len(columns)))
    if found.strategy == "LIST":
        return Partitioning(strategy="LIST COLUMNS", key=names, parts=_lists(parts, flavour))
    if found.strategy == "HASH":
        numbers = {int(match[1]) for part in parts if (match := HASH.match(part.bound or ""))}
        if len(numbers) != 1 or len(parts) != numbers.pop():
            raise Untranslatable("its hash parts aren't all of one modulus")
        return Partitioning(strategy="KEY", key=names, parts=[Part(name=_name(part)) for part in parts])
    raise Untranslatable(f"MySQL doesn't split by {found.strategy}")


def _columns(found: Partitioning, target: Table, shape: TableShape) -> list[str]:
    """The target's columns of a key that is a list of plain columns."""
    try:
        node = sqlglot.parse_one(f"SELECT {found.key}", read="postgres")
    except SqlglotError as error:
        raise Untranslatable("its partition key can't be read") from error
    columns = []
    for item in node.expressions:
        place = shape.find(item.name) if isinstance(item, exp.Column) else None
        if place is None:
            raise Untranslatable(f"MySQL splits by plain columns here, not by {found.key}")
        if base(target.column(place.name).native) not in SPLITTABLE:
            raise Untranslatable(f"MySQL doesn't split by a column of {target.column(place.name).native}")
        columns.append(place.name)
    return columns


def _check_keys(source: Table, target: Table, columns: list[str], catalog: Catalog) -> None:
    """https://dev.mysql.com/doc/refman/8.4/en/partitioning-limitations.html"""
    keys = [*target.uniques, *([target.primary_key] if target.primary_key else [])]
    lists = [list(key.columns) for key in keys]
    lists += [[key.column or "" for key in index.keys] for index in target.indexes if index.unique]
    if any(not set(columns) <= set(names) for names in lists):
        raise Untranslatable("MySQL wants the partition key's columns in every unique key")
    if target.foreign_keys or any(
        key.referenced == source.full_name for table in catalog.tables for key in table.foreign_keys
    ):
        raise Untranslatable("MySQL's partitioned tables have no foreign keys and are referred to by none")


def _ranges(parts: list[Part], width: int) -> list[Part]:
    """Upper bounds in their order; PostgreSQL's gaps belong to the part above, its default to a part without end."""
    bounded: list[tuple[list[tuple[int, str]], Part]] = []
    rest: list[Part] = []
    for part in parts:
        match = RANGE.match(part.bound or "")
        if match is None:
            rest.append(part)
            continue
        upper = _values(match[2])
        bounded.append(([_rank(item) for item in upper], Part(name=_name(part), bound=_less_than(upper))))
    bounded.sort(key=lambda item: item[0])
    found = [part for _, part in bounded]
    if rest and not (found and "MAXVALUE" in (found[-1].bound or "")):
        found.append(Part(name=_name(rest[0]), bound=_less_than(["MAXVALUE"] * width)))
    return found


def _less_than(values: Bound) -> str:
    return f"VALUES LESS THAN {values[0] if values == ['MAXVALUE'] else '(' + ','.join(values) + ')'}"


def _rank(value: str) -> tuple[int, str]:
    """A bound's place among others: numbers by value, texts and dates by their characters, MAXVALUE last."""
    if value == "MAXVALUE":
        return (2, "")
    digits = value.lstrip("-")
    if digits.isdigit():
        number = int(value)
        return (0, f"1{number:040d}") if number >= 0 else (0, f"0{10**40 + number:040d}")
    return (1, value)


def _lists(parts: list[Part], flavour: Flavour) -> list[Part]:
    found = []
    for part in parts:
        match = LIST.match(part.bound or "")
        if match is None and not flavour.is_mariadb:
            raise Untranslatable("MySQL's LIST has no default part")
        bound = f"VALUES IN ({','.join(_values(match[1]))})" if match else "DEFAULT"
        found.append(Part(name=_name(part), bound=bound))
    return sorted(found, key=lambda part: part.bound == "DEFAULT")


def _values(text: str) -> Bound:
    """The literals of a bound as MySQL writes them."""
    try:
        node = sqlglot.parse_one(f"SELECT {text}", read="postgres")
    except SqlglotError as error:
        raise Untranslatable("a bound that can't be read") from error
    return [_value(item) for item in node.expressions]


def _value(node: exp.Expr) -> str:
    while isinstance(node, (exp.Cast, exp.Paren)):
        node = node.this
    if isinstance(node, exp.Null):
        return "NULL"
    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal):
        return f"-{node.this.name}"
    if isinstance(node, exp.Literal):
        return _text(node.name) if node.args.get("is_string") else node.name
    if isinstance(node, exp.Boolean):
        return "1" if node.this else "0"
    if isinstance(node, exp.Column) and node.name.upper() == "MAXVALUE":
        return "MAXVALUE"
    raise Untranslatable(f"the bound {node.sql(dialect='postgres')[:60]}")


def _text(text: str) -> str:
    if re.fullmatch(r"-?\d+", text):
        return text
    if re.match(r"\d{4,}-\d\d-\d\d", text):
        return quote_literal(moment_text(text)[0])
    return quote_literal(text)


def _name(part: Part) -> str:
    return part.name.rstrip()[:MYSQL_LIMIT] or "p"

"""Detectors that judge by names: money, passwords, lists, numbered copies, words that need quotes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from engines.catalog import Catalog, Column, Kind, Table
from engines.full_names import qualified

Seen = Iterator[tuple[str, str]]
MONEY = re.compile(r"(^|_)(price|amount|total|subtotal|cost|fee|balance|salary|tax|discount|revenue|payment)(_|$|s$)")
PASSWORD = re.compile(r"(^|_)(password|passwd|pwd|pass|passphrase)$")
LIST = re.compile(r"(_ids|_list|_csv|_tags|^tags)$")
PATH = re.compile(r"(^|_)(path|filepath|filename|file_name|image_file|attachment)$")
YEAR = re.compile(r"^(.+?)_?((?:19|20)\d\d(?:_?(?:0[1-9]|1[0-2]))?|q[1-4])$")
NUMBERED = re.compile(r"^(.*?[a-z_])_?([1-9])$")
PLAIN = re.compile(r"^[a-z_][a-z0-9_$]*$")
KINDS_OF_TEXT = (Kind.TEXT, Kind.CHAR, Kind.DYNAMIC)

# pg_get_keywords() of PostgreSQL 18, catcode R and T: not usable as a column or table name without quotes.
_RESERVED_WORDS = """
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation
    column concurrently constraint create cross current_catalog current_date current_role current_schema current_time
    current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze
    from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit
    localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references
    returning right select session_user similar some symmetric system_user table tablesample then to trailing true
    union unique user using variadic verbose when where window with
"""
RESERVED = frozenset(_RESERVED_WORDS.split())


def snake(name: str) -> str:
    """A name in lower case with underscores between its words: UnitPrice -> unit_price."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace(" ", "_").replace("-", "_").lower()


def _columns(catalog: Catalog) -> Iterator[tuple[Table, Column, str]]:
    for table in catalog.tables:
        for column in table.columns:
            yield table, column, snake(column.name)


def money_as_float(catalog: Catalog) -> Seen:
    """Columns named like money with a binary float type."""
    for table, column, name in _columns(catalog):
        if column.type.kind is Kind.FLOAT and MONEY.search(name):
            yield f"{table.full_name}.{column.name}", f"{column.native} holds an amount by its name"


def readable_password(catalog: Catalog) -> Seen:
    """Text columns named like a password and not like a hash of one."""
    for table, column, name in _columns(catalog):
        if column.type.kind in KINDS_OF_TEXT and PASSWORD.search(name):
            yield f"{table.full_name}.{column.name}", "a text column named like a password"


def list_in_column(catalog: Catalog) -> Seen:
    """Text columns named like a list of values."""
    for table, column, name in _columns(catalog):
        if column.type.kind in KINDS_OF_TEXT and LIST.search(name):
            yield f"{table.full_name}.{column.name}", f"{column.native or 'no type'} named like a list of values"


def file_path(catalog: Catalog) -> Seen:
    """Text columns named like a path of a file."""
    for table, column, name in _columns(catalog):
        if column.type.kind in KINDS_OF_TEXT and PATH.search(name):
            yield f"{table.full_name}.{column.name}", "a text column named like the place of a file"


def entity_attribute_value(catalog: Catalog) -> Seen:
    """Tables with an attribute's name, its value, and a reference to what it describes."""
    for table in catalog.tables:
        names = {snake(column.name) for column in table.columns}
        attribute = names & {
            "attribute",
            "attribute_name",
            "attr",
            "attr_name",
            "attribute_id",
            "meta_key",
            "property_name",
        }
        value = names & {"value", "attribute_value", "attr_value", "meta_value", "property_value"}
        if attribute and value and len(table.columns) <= 6:
            yield table.full_name, f"columns {', '.join(sorted(attribute | value))}"


def data_in_table_names(catalog: Catalog) -> Seen:
    """Two or more tables of one schema whose names differ in a year, a month or a quarter."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for table in catalog.tables:
        match = YEAR.match(snake(table.name))
        parted = bool(table.inherits) or (table.partitioning is not None and table.partitioning.parent is not None)
        if match and not parted:
            groups[table.schema_name, match[1]].append(table.name)
    for (schema, stem), names in sorted(groups.items()):
        if len(names) > 1:
            yield qualified(schema, stem), f"tables {', '.join(sorted(names)[:6])}"


def numbered_columns(catalog: Catalog) -> Seen:
    """Three or more columns of a table that differ in a digit at their end."""
    for table in catalog.tables:
        groups: dict[str, list[str]] = defaultdict(list)
        for column in table.columns:
            match = NUMBERED.match(snake(column.name))
            if match:
                groups[match[1].rstrip("_")].append(column.name)
        for names in groups.values():
            if len(names) > 2:
                yield table.full_name, f"columns {', '.join(names)}"


def polymorphic_reference(catalog: Catalog) -> Seen:
    """Pairs x_type and x_id without a foreign key on x_id."""
    for table in catalog.tables:
        names = {snake(column.name): column.name for column in table.columns}
        referencing = {column for key in table.foreign_keys for column in key.columns}
        for name in names:
            stem = name.removesuffix("_type")
            if stem != name and f"{stem}_id" in names and names[f"{stem}_id"] not in referencing:
                yield table.full_name, f"{names[name]} says what {names[f'{stem}_id']} points to"


def _named(catalog: Catalog) -> Iterator[tuple[str, str]]:
    for table in catalog.tables:
        yield table.full_name, table.name
        for column in table.columns:
            yield f"{table.full_name}.{column.name}", column.name
    for view in catalog.views:
        yield view.full_name, view.name


def reserved_word(catalog: Catalog) -> Seen:
    """Names that are key words."""
    for place, name in _named(catalog):
        if name.lower() in RESERVED:
            yield place, f"{name} is a reserved word of PostgreSQL"


def needs_quotes(catalog: Catalog) -> Seen:
    """Tables with names, their own or their columns', that no SQL can write without quotes in every engine."""
    for table in catalog.tables:
        names = [table.name, *(column.name for column in table.columns)]
        odd = [name for name in names if not PLAIN.match(name) and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)]
        if odd:
            yield table.full_name, f"{len(odd)} names with other characters: {', '.join(odd[:5])}"
        mixed = [name for name in names if name not in odd and not PLAIN.match(name)]
        if mixed:
            yield table.full_name, f"{len(mixed)} names with capital letters: {', '.join(mixed[:5])}"

"""Clauses of PostgreSQL statements: columns, keys, indexes, sequences, references."""

from __future__ import annotations

from collections.abc import Mapping

from engines.catalog import Check, Column, ForeignKey, Index, IndexKey, Key, Sequence, Table, View
from engines.full_names import parts
from engines.postgresql.quoting import quote_identifier, quote_name


def names(columns: list[str]) -> str:
    """Quoted names with commas."""
    return ", ".join(quote_identifier(name) for name in columns)


def collation_sql(name: str) -> str:
    """A collation's name; a full name where it has a schema."""
    return quote_name(*parts(name)) if "." in name else quote_identifier(name)


def column_sql(column: Column, sequences: Mapping[str, Sequence]) -> str:
    """A column of CREATE TABLE: type, collation, default or identity or expression, NOT NULL."""
    sql = f"{quote_identifier(column.name)} {column.native}"
    if column.collation:
        sql += f" COLLATE {collation_sql(column.collation)}"
    if column.generated is not None:
        storage = "STORED" if column.generated.stored else "VIRTUAL"
        sql += f" GENERATED ALWAYS AS ({column.generated.expression}) {storage}"
    elif column.identity is not None:
        sql += f" GENERATED {'ALWAYS' if column.identity.always else 'BY DEFAULT'} AS IDENTITY"
        sequence = sequences.get(column.identity.sequence or "")
        if sequence is not None:
            name = quote_name(sequence.schema_name, sequence.name)
            sql += f" (SEQUENCE NAME {name}{sequence_options(sequence)})"
    elif column.default is not None:
        sql += f" DEFAULT {column.default}"
    return sql if column.nullable else sql + " NOT NULL"


def column_options_sql(table: Table) -> str:
    """ALTER TABLE with the statistics, storage, compression and n_distinct of its columns; empty without any."""
    actions = []
    for column in table.columns:
        alter = f"ALTER COLUMN {quote_identifier(column.name)} SET"
        for name, value in sorted(column.options.items()):
            plain = name in ("statistics", "storage", "compression")
            actions.append(f"{alter} {name.upper()} {value}" if plain else f"{alter} ({name} = {value})")
    return f"ALTER TABLE {quote_name(table.schema_name, table.name)} {', '.join(actions)}" if actions else ""


def sequence_sql(sequence: Sequence) -> str:
    """CREATE SEQUENCE; its state is set after the rows."""
    name = quote_name(sequence.schema_name, sequence.name)
    return f"CREATE SEQUENCE {name} AS {sequence.data_type}{sequence_options(sequence)}"


def sequence_options(sequence: Sequence) -> str:
    """INCREMENT, limits, START, CACHE and CYCLE, each with a space before it."""
    sql = f" INCREMENT BY {sequence.increment}"
    if sequence.minimum is not None:
        sql += f" MINVALUE {sequence.minimum}"
    if sequence.maximum is not None:
        sql += f" MAXVALUE {sequence.maximum}"
    return sql + f" START WITH {sequence.start} CACHE {sequence.cache}" + (" CYCLE" if sequence.cycle else "")


def key_sql(kind: str, key: Key) -> str:
    """PRIMARY KEY or UNIQUE with columns, included columns and deferral."""
    nulls = " NULLS NOT DISTINCT" if not key.nulls_distinct else ""
    sql = f"{kind}{nulls} ({names(key.columns)})"
    if key.include:
        sql += f" INCLUDE ({names(key.include)})"
    return sql + _deferral(key.deferrable, key.initially_deferred)


def check_sql(check: Check) -> str:
    """CHECK with its expression."""
    sql = f"CHECK ({check.expression})"
    if check.no_inherit:
        sql += " NO INHERIT"
    return sql + _holding(check.enforced, check.validated)


def foreign_key_sql(key: ForeignKey) -> str:
    """FOREIGN KEY with reference, match, actions and deferral."""
    parent = quote_name(key.referenced_schema, key.referenced_table)
    sql = f"FOREIGN KEY ({names(key.columns)}) REFERENCES {parent} ({names(key.referenced_columns)})"
    if key.match != "SIMPLE":
        sql += f" MATCH {key.match}"
    if key.on_update != "NO ACTION":
        sql += f" ON UPDATE {key.on_update}"
    if key.on_delete != "NO ACTION":
        sql += f" ON DELETE {key.on_delete}"
    sql += _deferral(key.deferrable, key.initially_deferred)
    return sql + _holding(key.enforced, key.validated)


def _holding(enforced: bool, validated: bool) -> str:
    """NOT ENFORCED (PostgreSQL 18) or NOT VALID."""
    return " NOT ENFORCED" if not enforced else "" if validated else " NOT VALID"


def _deferral(deferrable: bool, deferred: bool) -> str:
    return (" DEFERRABLE" + (" INITIALLY DEFERRED" if deferred else "")) if deferrable else ""


def index_sql(owner: Table | View, index: Index) -> str:
    """CREATE INDEX; the server's own definition where the catalog holds one."""
    if index.definition:
        # The server writes ON ONLY for a partitioned table; without it the index is made on the parts as well.
        whole = isinstance(owner, Table) and owner.kind == "partitioned"
        return index.definition.replace(" ON ONLY ", " ON ", 1) if whole else index.definition
    table = quote_name(owner.schema_name, owner.name)
    unique = "UNIQUE " if index.unique else ""
    keys = ", ".join(_index_key(key) for key in index.keys)
    sql = f"CREATE {unique}INDEX {quote_identifier(index.name)} ON {table} USING {index.method} ({keys})"
    if index.include:
        sql += f" INCLUDE ({names(index.include)})"
    if not index.nulls_distinct:
        sql += " NULLS NOT DISTINCT"
    return sql + (f" WHERE {index.predicate}" if index.predicate else "")


def _index_key(key: IndexKey) -> str:
    sql = quote_identifier(key.column) if key.column is not None else f"({key.expression})"
    if key.collation:
        sql += f" COLLATE {collation_sql(key.collation)}"
    if key.operator_class:
        sql += f" {key.operator_class}"
    if key.descending:
        sql += " DESC"
    if key.nulls_first is not None:
        sql += " NULLS FIRST" if key.nulls_first else " NULLS LAST"
    return sql

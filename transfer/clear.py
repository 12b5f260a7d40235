"""Takes rows that were copied out of the target again, within a transaction of its writer."""

from __future__ import annotations

from typing import Any

from conversion.mapping import TableMapping
from engines.families import family
from engines.mysql.quoting import quote_identifier as quote_mysql
from engines.mysql.quoting import quote_name as quote_mysql_name
from engines.postgresql.quoting import quote_identifier
from engines.sqlite.quoting import quote_identifier as quote_sqlite
from transfer.names import parts
from transfer.units import CollectionUnit, DocumentUnit, TableUnit, Unit


def clear_range(writer: Any, transaction: Any, table: TableMapping, lower: int | None, upper: int | None) -> None:
    """Rows of a table with lower < range column <= upper; None is open."""
    assert table.range_column is not None
    quoted = {"postgresql": quote_identifier, "mysql": quote_mysql, "sqlite": quote_sqlite}[family(writer.engine)]
    key = quoted(table.range_column)
    terms = ([f"{key} > {lower}"] if lower is not None else []) + ([f"{key} <= {upper}"] if upper is not None else [])
    where = f" WHERE {' AND '.join(terms)}" if terms else ""
    writer.run(transaction, f"DELETE FROM {_name(writer, table.target)}{where}")


def clear_unit(writer: Any, transaction: Any, unit: Unit) -> None:
    """Everything that a unit brings to the target. PostgreSQL empties tables at once, others row by row."""
    if family(writer.engine) == "mongodb":
        from transfer.routes.remove_documents import clear_unit as clear_documents

        clear_documents(writer, transaction, unit)
        return
    truncates = family(writer.engine) == "postgresql"
    for target in _tables(unit):
        verb = "TRUNCATE ONLY" if truncates else "DELETE FROM"
        writer.run(transaction, f"{verb} {_name(writer, target)}")


def _tables(unit: Unit) -> list[str]:
    """Target tables of a unit, children before their parents."""
    if isinstance(unit, TableUnit):
        return [unit.mapping.target]
    if isinstance(unit, CollectionUnit) and unit.mapping is not None:
        return [table.table for table in reversed(unit.mapping.tables)]
    assert isinstance(unit, CollectionUnit | DocumentUnit)
    return []


def _name(writer: Any, target: str) -> str:
    if family(writer.engine) == "postgresql":
        return str(writer.relation(target).quoted)
    schema, name = parts(target)
    if family(writer.engine) == "sqlite":
        return quote_sqlite(name)
    return quote_mysql_name(schema, name)

"""Takes rows that were copied out of the target again, within a transaction of its writer."""

from __future__ import annotations

from typing import Any

from conversion.mapping import TableMapping
from engines.families import family
from engines.full_names import parts
from engines.mysql.quoting import quote_name as quote_mysql_name
from engines.sqlite.quoting import quote_identifier as quote_sqlite
from transfer.units import CollectionUnit, DocumentUnit, TableUnit, Unit

PARTITIONED = "SELECT c.relkind = 'p' FROM pg_catalog.pg_class AS c WHERE c.oid = %s"


def clear_rows(writer: Any, transaction: Any, table: TableMapping, where: str) -> None:
    """Rows of a table that a condition of the target holds for."""
    writer.run(transaction, f"DELETE FROM {_name(writer, table.target)} WHERE {where}")


def clear_unit(writer: Any, transaction: Any, unit: Unit) -> None:
    """Everything that a unit brings to the target. PostgreSQL empties tables at once, others row by row."""
    if family(writer.engine) == "mongodb":
        from transfer.routes.remove_documents import clear_unit as clear_documents

        clear_documents(writer, transaction, unit)
        return
    truncates = family(writer.engine) == "postgresql"
    for target in _tables(unit):
        writer.run(transaction, f"{'TRUNCATE' if truncates else 'DELETE FROM'} {_name(writer, target)}")


def _tables(unit: Unit) -> list[str]:
    """Target tables of a unit, children before their parents."""
    if isinstance(unit, TableUnit):
        return [unit.mapping.target]
    if isinstance(unit, CollectionUnit) and unit.mapping is not None:
        return [table.table for table in reversed(unit.mapping.tables)]
    assert isinstance(unit, CollectionUnit | DocumentUnit)
    return []


def _name(writer: Any, target: str) -> str:
    """The table as statements write it; of PostgreSQL without those that inherit from it, which are units themselves.

    A partitioned table has no rows of its own.
    """
    if family(writer.engine) == "postgresql":
        relation = writer.relation(target)
        ((partitioned,),) = writer.query(PARTITIONED, (relation.oid,))
        return f"{'' if partitioned else 'ONLY '}{relation.quoted}"
    schema, name = parts(target)
    if family(writer.engine) == "sqlite":
        return quote_sqlite(name)
    return quote_mysql_name(schema, name)

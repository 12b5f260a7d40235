"""Checks that look at the live target: tables, keys, references, indexes, numbers."""

from __future__ import annotations

from engines.catalog import Catalog, Column, Table
from engines.full_names import qualified
from engines.protocols import Database
from skills.testing_strategy_composer.facts import TableOutcome
from skills.testing_strategy_composer.quoting import quoted, quoted_name

Answer = tuple[str, str]
SHOWN = 10


def _moved(catalog: Catalog, outcomes: list[TableOutcome]) -> list[tuple[TableOutcome, Table]]:
    tables = {table.full_name: table for table in catalog.tables}
    return [(outcome, tables[outcome.target]) for outcome in outcomes if outcome.target in tables]


def _verdict(wrong: list[str], passed: str) -> Answer:
    more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
    return ("failed", ", ".join(wrong[:SHOWN]) + more) if wrong else ("passed", passed)


def tables_present(target: Database, catalog: Catalog, outcomes: list[TableOutcome]) -> Answer:
    """Every mapped table is in the target's catalog."""
    if not outcomes:
        return "not_run", "no tables were planned"
    names = {table.full_name for table in catalog.tables}
    homes = tuple(qualified(catalog.database, one.name) for one in catalog.collections)
    inside = tuple(f"{home}." for home in homes)  # rows of a table may stand in an array of a collection's documents
    names.update(homes)
    wrong = [o.target for o in outcomes if o.target not in names and not (inside and o.target.startswith(inside))]
    return _verdict(wrong, f"{len(outcomes)} tables")


def keys_present(target: Database, catalog: Catalog, outcomes: list[TableOutcome]) -> Answer:
    """Tables whose mapping names a key have it as a primary key or as a unique key or index."""
    keyed = [(outcome, table) for outcome, table in _moved(catalog, outcomes) if outcome.key]
    if not keyed:
        return "not_run", "no moved table has a key"
    wrong = []
    for outcome, table in keyed:
        keys = [set(table.primary_key.columns)] if table.primary_key else []
        keys += [set(unique.columns) for unique in table.uniques]
        keys += [
            {part.column or "" for part in index.keys}
            for index in table.indexes
            if index.unique and not index.predicate
        ]
        if set(outcome.key) not in keys:
            wrong.append(f"{outcome.target} ({', '.join(outcome.key)})")
    return _verdict(wrong, f"{len(keyed)} tables")


def references(catalog: Catalog, outcomes: list[TableOutcome]) -> tuple[int, list[str]]:
    """How many foreign keys the moved tables have, and the names of those that are not validated."""
    keys = [(table, key) for _, table in _moved(catalog, outcomes) for key in table.foreign_keys]
    return len(keys), [f"{table.full_name} ({', '.join(key.columns)})" for table, key in keys if not key.validated]


def indexes_valid(target: Database, catalog: Catalog, outcomes: list[TableOutcome]) -> Answer:
    """No index of a moved table is invalid."""
    indexes = [(table, index) for _, table in _moved(catalog, outcomes) for index in table.indexes]
    if not indexes:
        return "not_run", "the moved tables have no indexes beside their keys"
    wrong = [f"{table.full_name}.{index.name}" for table, index in indexes if not index.valid]
    return _verdict(wrong, f"{len(indexes)} indexes")


def numbers_ahead(target: Database, catalog: Catalog, outcomes: list[TableOutcome]) -> Answer:
    """The next number of every numbered column is over the largest that is there."""
    numbered = [
        (table, column) for _, table in _moved(catalog, outcomes) for column in table.columns if column.identity
    ]
    if not numbered:
        return "not_run", "the moved tables have no numbered columns"
    wrong = []
    for table, column in numbered:
        following = column.identity.next_value if column.identity else None
        largest = _largest(target, table, column)
        if largest is not None and following is not None and following <= largest:
            wrong.append(f"{table.full_name}.{column.name}: next {following}, largest {largest}")
    return _verdict(wrong, f"{len(numbered)} numbered columns")


def _largest(target: Database, table: Table, column: Column) -> int | None:
    name = quoted(column.name, target.engine)
    value = target.query(f"SELECT max({name}) FROM {quoted_name(table.full_name, target.engine)}")[0][0]
    return None if value is None else int(value)

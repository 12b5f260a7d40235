"""Checks that look at the live target: tables, keys, references, indexes."""

from __future__ import annotations

from engines.catalog import Catalog, Table
from engines.full_names import qualified
from engines.protocols import Database
from skills.testing_strategy_composer.facts import TableOutcome

Answer = tuple[str, str]
SHOWN = 10


def moved(catalog: Catalog, outcomes: list[TableOutcome]) -> list[tuple[TableOutcome, Table]]:
    """The outcomes of tables that the catalog has, with these."""
    tables = {table.full_name: table for table in catalog.tables}
    return [(outcome, tables[outcome.target]) for outcome in outcomes if outcome.target in tables]


def verdict(wrong: list[str], passed: str) -> Answer:
    """Failed with the first of what is wrong, or passed."""
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
    return verdict(wrong, f"{len(outcomes)} tables")


def keys_present(target: Database, catalog: Catalog, outcomes: list[TableOutcome]) -> Answer:
    """Tables whose mapping names a key have it as a primary key or as a unique key or index."""
    keyed = [(outcome, table) for outcome, table in moved(catalog, outcomes) if outcome.key]
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
    return verdict(wrong, f"{len(keyed)} tables")


def references(catalog: Catalog, outcomes: list[TableOutcome]) -> tuple[int, list[str]]:
    """How many foreign keys the moved tables have, and the names of those that are not validated."""
    keys = [(table, key) for _, table in moved(catalog, outcomes) for key in table.foreign_keys]
    return len(keys), [f"{table.full_name} ({', '.join(key.columns)})" for table, key in keys if not key.validated]


def indexes_valid(target: Database, catalog: Catalog, outcomes: list[TableOutcome]) -> Answer:
    """No index of a moved table is invalid."""
    indexes = [(table, index) for _, table in moved(catalog, outcomes) for index in table.indexes]
    if not indexes:
        return "not_run", "the moved tables have no indexes beside their keys"
    wrong = [f"{table.full_name}.{index.name}" for table, index in indexes if not index.valid]
    return verdict(wrong, f"{len(indexes)} indexes")

"""Detectors that read structure: keys, indexes, references, types; each yields (object, evidence)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from engines.catalog import Catalog, Column, Kind, Table
from skills.database_optimization_analyzer.indexes import needless, unindexed_foreign_keys

Seen = Iterator[tuple[str, str]]
MANY_INDEXES = 10
NEAR_LIMIT = 0.7
CHECK_LIST = re.compile(r"\bIN\s*\(\s*'|=\s*ANY\s*\(+\s*ARRAY\s*\[\s*'", re.IGNORECASE)
SELECT_STAR = re.compile(r"\bSELECT\s+(?:DISTINCT\s+)?(?:\w+\s*\.\s*)?\*", re.IGNORECASE)
NULL_TEXT = re.compile(r"^\(*'null'\)*(::[\w\s\"()]+)?$", re.IGNORECASE)


def stored(catalog: Catalog) -> Iterator[Table]:
    """The tables whose rows live in this database."""
    return (table for table in catalog.tables if table.kind not in ("foreign", "virtual", "shadow"))


def without_key(catalog: Catalog) -> Seen:
    """Tables with neither a primary key nor a unique key."""
    for table in stored(catalog):
        if table.primary_key is None and not table.uniques:
            yield table.full_name, "no primary key and no unique key"


def foreign_key_without_index(catalog: Catalog) -> Seen:
    """References that no index serves."""
    for table in stored(catalog):
        for key in unindexed_foreign_keys(table):
            yield table.full_name, f"({', '.join(key.columns)}) -> {key.referenced_schema}.{key.referenced_table}"


def _needless(catalog: Catalog, problem: str) -> Seen:
    for table in stored(catalog):
        for way, other, found in needless(table):
            if found == problem:
                yield f"{table.full_name}.{way.name}", f"covered by {other.name}"


def duplicate_index(catalog: Catalog) -> Seen:
    """Indexes with the very keys of another."""
    return _needless(catalog, "duplicate-index")


def redundant_index(catalog: Catalog) -> Seen:
    """Indexes whose keys are the first keys of another."""
    return _needless(catalog, "redundant-index")


def duplicate_foreign_key(catalog: Catalog) -> Seen:
    """The same reference declared twice."""
    for table in catalog.tables:
        seen = set()
        for key in table.foreign_keys:
            pairs = tuple(sorted(zip(key.columns, key.referenced_columns, strict=False)))
            what = (pairs, key.referenced_schema, key.referenced_table)
            if what in seen:
                yield table.full_name, f"({', '.join(key.columns)}) -> {key.referenced_table} is declared twice"
            seen.add(what)


def _shape(column: Column) -> tuple[object, ...]:
    kind = Kind.TEXT if column.type.kind is Kind.CHAR else column.type.kind
    return (kind, column.type.bits if kind in (Kind.INTEGER, Kind.FLOAT) else None, column.type.with_zone)


def foreign_key_type_mismatch(catalog: Catalog) -> Seen:
    """References between columns of different types."""
    tables = {table.full_name: table for table in catalog.tables}
    for table in catalog.tables:
        for key in table.foreign_keys:
            parent = tables.get(key.referenced)
            names = {column.name: column for column in parent.columns} if parent else {}
            for mine, theirs in zip(key.columns, key.referenced_columns, strict=False):
                if theirs in names and _shape(table.column(mine)) != _shape(names[theirs]):
                    evidence = (
                        f"{table.column(mine).native} references {key.referenced_table}.{theirs} {names[theirs].native}"
                    )
                    yield f"{table.full_name}.{mine}", evidence


def self_reference(catalog: Catalog) -> Seen:
    """Tables that reference themselves."""
    for table in catalog.tables:
        for key in table.foreign_keys:
            if key.referenced == table.full_name:
                yield table.full_name, f"({', '.join(key.columns)}) references the table itself"


def foreign_key_cycle(catalog: Catalog) -> Seen:
    """Groups of two or more tables that reference each other around a ring (strongly connected, Tarjan)."""
    graph: dict[str, set[str]] = defaultdict(set)
    for table in catalog.tables:
        for key in table.foreign_keys:
            graph[table.full_name].add(key.referenced)
    for ring in _components(graph):
        if len(ring) > 1:
            yield ring[0], " -> ".join(ring)


def _components(graph: dict[str, set[str]]) -> list[list[str]]:
    """Strongly connected components without recursion: two passes of depth-first search (Kosaraju)."""
    nodes = sorted(set(graph) | {other for others in graph.values() for other in others})
    back: dict[str, set[str]] = defaultdict(set)
    for node, others in graph.items():
        for other in others:
            back[other].add(node)
    order: list[str] = []
    seen: set[str] = set()
    for start in nodes:
        order += _finished(start, graph, seen)
    seen = set()
    return [sorted(_finished(start, back, seen)) for start in reversed(order) if start not in seen]


def _finished(start: str, graph: dict[str, set[str]], seen: set[str]) -> list[str]:
    if start in seen:
        return []
    seen.add(start)
    order, stack = [], [(start, iter(sorted(graph.get(start, ()))))]
    while stack:
        node, others = stack[-1]
        following = next((other for other in others if other not in seen), None)
        if following is None:
            order.append(node)
            stack.pop()
        else:
            seen.add(following)
            stack.append((following, iter(sorted(graph.get(following, ())))))
    return order


def all_nullable(catalog: Catalog) -> Seen:
    """Tables of two or more columns that would take a row of nothing."""
    for table in stored(catalog):
        key = set(table.primary_key.columns) if table.primary_key else set()
        if len(table.columns) > 1 and all(column.nullable and column.name not in key for column in table.columns):
            yield table.full_name, f"all {len(table.columns)} columns are nullable"


def too_many_indexes(catalog: Catalog) -> Seen:
    """Tables with more than MANY_INDEXES indexes beside their keys."""
    for table in stored(catalog):
        if len(table.indexes) > MANY_INDEXES:
            yield table.full_name, f"{len(table.indexes)} indexes beside its keys"


def single_column(catalog: Catalog) -> Seen:
    """Tables of one column."""
    for table in stored(catalog):
        if len(table.columns) == 1:
            yield table.full_name, f"one column, {table.columns[0].name}"


def values_in_check(catalog: Catalog) -> Seen:
    """Checks that list values."""
    for table in catalog.tables:
        for check in table.checks:
            if CHECK_LIST.search(check.expression):
                yield table.full_name, check.expression[:120]


def same_name_different_type(catalog: Catalog) -> Seen:
    """Columns ending in _id or _code that share a name and differ in type."""
    places: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for table in stored(catalog):
        for column in table.columns:
            if re.search(r"(_id|_code|_no|id)$", column.name, re.IGNORECASE) and column.name.lower() != "id":
                places[column.name.lower()][column.native.lower()].append(table.full_name)
    for name, types in sorted(places.items()):
        if len(types) > 1:
            yield (
                name,
                "; ".join(
                    f"{native or 'no type'} in {', '.join(where[:3])}" for native, where in sorted(types.items())
                ),
            )


def null_as_text(catalog: Catalog) -> Seen:
    """Columns whose default is the text 'NULL'."""
    for table in catalog.tables:
        for column in table.columns:
            if column.default and NULL_TEXT.match(column.default.strip()):
                yield f"{table.full_name}.{column.name}", f"DEFAULT {column.default}"


def key_near_limit(catalog: Catalog) -> Seen:
    """Numbered columns that used NEAR_LIMIT of their type's range."""
    for table in stored(catalog):
        for column in table.columns:
            following = column.identity.next_value if column.identity else None
            if following is None or column.type.bits not in (16, 32, 64):
                continue
            limit = 2 ** (column.type.bits - 1) - 1
            if following > limit * NEAR_LIMIT:
                yield f"{table.full_name}.{column.name}", f"next is {following}, the type ends at {limit}"


def select_star_view(catalog: Catalog) -> Seen:
    """Views whose own text keeps a star (SQLite; PostgreSQL expands it when the view is made)."""
    for view in catalog.views:
        if SELECT_STAR.search(view.definition):
            yield view.full_name, "SELECT * in the definition"

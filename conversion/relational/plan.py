"""What is decided of a table before it is made: its name, and per column name, facts and type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from conversion.draft import Draft
from conversion.names import joined
from conversion.relational.choice import Choice, ColumnFacts
from conversion.relational.direction import Direction
from conversion.shapes import ColumnShape, TableShape, column_keys
from engines.catalog import Catalog, Column, Table


class TablePlan:
    """A source table on its way; target is filled step by step, names and choices are by the source's column name."""

    def __init__(self, draft: Draft, direction: Direction, source: Table) -> None:
        self.draft = draft
        self.direction = direction
        self.source = source
        wanted = prefixed(direction, draft.source, source.schema_name, source.name)
        name = draft.table_name(source.full_name, wanted)
        self.target = Table(schema_name=draft.schema, name=name, columns=[])
        self.facts = {facts.column.name: facts for facts in _facts(draft, source)}
        self.names = {column.name: self._name(column) for column in source.columns}
        self.choices = {name: self._choose(facts) for name, facts in self.facts.items()}
        self.asked = {name for name, facts in self.facts.items() if self._wanted(facts)}
        self.shape = TableShape(draft.schema, name, {})

    def _name(self, column: Column) -> str:
        full_name = f"{self.source.full_name}.{column.name}"
        wanted = self.draft.overrides.names.get(full_name, column.name)
        return self.draft.namer.take_recorded(f"columns:{self.source.full_name}", wanted, full_name)

    def _wanted(self, facts: ColumnFacts) -> str | None:
        return self.draft.overrides.type_for(self.source.full_name, facts.column.name, facts.column.native)

    def _choose(self, facts: ColumnFacts) -> Choice:
        choice = self.direction.choose(facts)
        wanted = self._wanted(facts)
        return self.direction.overridden(facts, choice, wanted) if wanted else choice

    def make_shape(self) -> None:
        """The shape that expressions see, once all types are final; it is known under the source's names."""
        keys_of = column_keys(column.name for column in self.source.columns)
        columns: dict[str, ColumnShape] = {}
        for column in self.source.columns:
            facts, choice = self.facts[column.name], self.choices[column.name]
            columns[keys_of[column.name]] = self.direction.column_shape(self.names[column.name], facts, choice)
        keys = self.source.primary_key.columns if self.source.primary_key else []
        numbered = (column.name.lower() for column in self.source.columns if column.identity)
        rowid = next(numbered, None) if self.draft.source.engine == "sqlite" else None
        self.shape = TableShape(
            self.draft.schema, self.target.name, columns, frozenset(self.names[name] for name in keys), rowid
        )
        self.draft.table_shapes[self.source.full_name] = self.shape
        self.draft.shapes.add(self.source.full_name, self.shape)
        if self.source.schema_name == self.direction.source_home(self.draft.source):
            self.draft.shapes.add(self.source.name, self.shape)

    def columns(self, names: Iterable[str]) -> list[str]:
        """The target's names of these columns, each once."""
        return list(dict.fromkeys(self.names[name] for name in names))

    def take_constraint(self, wanted: str) -> str:
        """A free name for a foreign key or check."""
        scope = self.target.full_name if self.direction.abilities.constraint_scope == "table" else self.draft.schema
        return self.draft.namer.take(f"constraints:{scope}", wanted)

    def take_index(self, wanted: str) -> str:
        """A free name for an index or a constraint that has one."""
        if self.direction.abilities.index_scope == "table":
            return self.draft.namer.take(f"indexes:{self.target.full_name}", wanted)
        return self.draft.relation_name(wanted)

    def take_key(self, wanted: str) -> str:
        """A free name for a key, which is a constraint with an index."""
        name = self.take_index(wanted)
        while (found := self.take_constraint(name)) != name:
            name = self.take_index(found)
            if name == found:
                break
        return name


class IndexNames:
    """Which index names of a source can stay: engines that name them per table repeat them."""

    def __init__(self, source: Catalog, direction: Direction) -> None:
        fold = direction.namer().fold
        self._fold = str.lower if fold else str
        self._per_table = direction.abilities.index_scope == "table"
        found = [index.name for table in source.tables for index in table.indexes]
        found += [key.name for table in source.tables for key in table.uniques if key.name]
        found += [table.name for table in source.tables]
        found += [view.name for view in source.views]
        self._count = Counter(self._fold(name) for name in found)

    def wanted(self, table: str, name: str) -> str:
        """The name itself where it is the only one of its kind, else with the table's before it."""
        if self._per_table or self._count[self._fold(name)] <= 1:
            return name
        return joined([table], name) if len(name.encode()) < 40 else f"{table}_{name}"


def prefixed(direction: Direction, source: Catalog, schema: str, name: str) -> str:
    """A name that carries its schema where the target has one schema only and this isn't the source's home."""
    home = direction.source_home(source)
    return name if schema == home or schema == "" else f"{schema}_{name}"


def _facts(draft: Draft, table: Table) -> list[ColumnFacts]:
    profile = draft.profiles.get(table.full_name)
    primary = set(table.primary_key.columns if table.primary_key else ())
    unique = {name for key in table.uniques for name in key.columns}
    unique |= {key.column for index in table.indexes if index.unique for key in index.keys if key.column}
    indexed = {key.column for index in table.indexes for key in index.keys if key.column}
    references = {name for key in table.foreign_keys for name in key.columns}
    return [
        ColumnFacts(
            source=draft.source,
            table=table,
            column=column,
            profile=profile.columns.get(column.name) if profile else None,
            in_primary_key=column.name in primary,
            in_unique=column.name in unique,
            in_index=column.name in indexed,
            in_foreign_key=column.name in references,
            settled=frozenset(draft.overrides.settled),
            unscanned=table.full_name in draft.request.unscanned,
        )
        for column in table.columns
    ]

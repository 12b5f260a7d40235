"""The account of a conversion: every source object is on the target, or named by an omission or a note."""

from __future__ import annotations

from collections.abc import Iterator

from conversion.relational.references import reference_label
from conversion.result import Conversion
from engines.catalog import Catalog, Column, Table
from engines.full_names import qualified


def unaccounted(source: Catalog, conversion: Conversion) -> list[str]:
    """`kind name` of every source object that is neither on the target nor named with a reason; empty when all are."""
    return Account(source, conversion).missing()


class Account:
    """Compares a source with its conversion, table by table through the mappings."""

    def __init__(self, source: Catalog, conversion: Conversion) -> None:
        self.source = source
        self.conversion = conversion
        self.mapped = {mapping.source: mapping for mapping in conversion.tables}
        self.targets = {table.full_name: table for table in conversion.target.tables}
        self.omitted = {(item.object, item.kind) for item in conversion.omissions}
        self.named = {item.object for item in conversion.omissions} | {item.object for item in conversion.notes}
        self.relations = {view.full_name for view in conversion.target.views}
        self.relations |= {item.full_name for item in conversion.target.sequences}

    def missing(self) -> list[str]:
        """All that is lost, in the order of the catalog."""
        return [*self._tables(), *self._views(), *self._others()]

    def _tables(self) -> Iterator[str]:
        for table in self.source.tables:
            mapping = self.mapped.get(table.full_name)
            target = self.targets.get(mapping.target) if mapping else None
            if mapping is None or target is None:
                if table.full_name not in self.named:
                    yield f"table {table.full_name}"
                continue
            places = {column.source: column.target for column in mapping.columns}
            for column in table.columns:
                if column.name not in places:
                    yield f"column {table.full_name}.{column.name}"
                else:
                    yield from self._column(table, column, target, target.column(places[column.name]))
            yield from self._parts(table, target)

    def _column(self, table: Table, column: Column, owner: Table, target: Column) -> Iterator[str]:
        name = f"{table.full_name}.{column.name}"
        if column.generated is not None and target.generated is None and name not in self.named:
            yield f"generated column {name}"
        computed = target.generated is not None or target.identity is not None
        spoken = column.default is not None and column.default.upper().partition("::")[0].strip() != "NULL"
        if spoken and target.default is None and not computed and not column.generated and name not in self.named:
            yield f"default {name}"
        if column.identity is not None and target.identity is None and name not in self.named:
            yield f"identity {name}"
        if column.comment and column.comment != target.comment and name not in self.named:
            yield f"comment {name}"
        triggered = any("UPDATE" in trigger.events for trigger in owner.triggers)
        if column.on_update and target.on_update is None and not triggered and name not in self.named:
            yield f"on update {name}"

    def _parts(self, table: Table, target: Table) -> Iterator[str]:
        name = table.full_name
        if table.primary_key is not None and target.primary_key is None and (name, "primary key") not in self.omitted:
            yield f"primary key {name}"
        uniques = [f"{name}.{key.name or '(' + ', '.join(key.columns) + ')'}" for key in table.uniques]
        made = len(target.uniques) + len([index for index in target.indexes if index.unique])
        yield from self._counted("unique constraint", uniques, made)
        indexes = [f"{name}.{index.name}" for index in table.indexes]
        # an engine that has one name for both makes unique indexes constraints
        yield from self._counted(
            "index", indexes, len(target.indexes) + max(len(target.uniques) - len(table.uniques), 0)
        )
        keys = [reference_label(table, key) for key in table.foreign_keys]
        yield from self._counted("foreign key", keys, len(target.foreign_keys))
        checks = [f"{name}.{check.name or f'check {number}'}" for number, check in enumerate(table.checks, 1)]
        yield from self._counted("check", checks, len(target.checks))
        yield from self._counted("exclusion", [f"{name}.{item.name}" for item in table.exclusions], 0)
        triggers = [f"{name}.{trigger.name}" for trigger in table.triggers]
        yield from self._counted("trigger", triggers, len(target.triggers))
        if table.partitioning is not None and target.partitioning is None and name not in self.named:
            yield f"partitioning {name}"
        if table.row_security and name not in self.named:
            yield f"row security {name}"
        yield from self._counted("policy", [f"{name}.{policy.name}" for policy in table.policies], len(target.policies))

    def _counted(self, kind: str, names: list[str], made: int) -> Iterator[str]:
        """Those of the names for which there is neither an object of the target nor a word."""
        silent = [name for name in names if name not in self.named]
        if len(silent) > made:
            yield from (f"{kind} {name}" for name in silent[made:])

    def _views(self) -> Iterator[str]:
        for view in self.source.views:
            renamed = self.conversion.renames.get(view.full_name, "")
            elsewhere = {qualified(schema, view.name) for schema in self.conversion.target.schemas}
            places = {renamed, view.full_name, *elsewhere}
            if not places & self.relations and view.full_name not in self.named:
                yield f"view {view.full_name}"
            for trigger in view.triggers:
                name = f"{view.full_name}.{trigger.name}"
                made = [item for found in self.conversion.target.views for item in found.triggers]
                if name not in self.named and not made:
                    yield f"trigger {name}"

    def _others(self) -> Iterator[str]:
        target = self.conversion.target
        routines = {routine.name for routine in target.routines}
        for routine in self.source.routines:
            if routine.full_name not in self.named and routine.name not in routines:
                yield f"routine {routine.full_name}"
        types = {item.full_name for item in target.types}
        for item in self.source.types:
            if item.full_name not in self.named | types:
                yield f"type {item.full_name}"
        for event in self.source.events:
            if event.full_name not in self.named and event.name not in {found.name for found in target.events}:
                yield f"event {event.full_name}"
        sequences = {found.name for found in target.sequences}
        for sequence in self.source.sequences:
            owned = sequence.identity or sequence.owned_by is not None
            if not owned and sequence.full_name not in self.named and sequence.name not in sequences:
                yield f"sequence {sequence.full_name}"
        for extension in self.source.extensions:
            if extension.name not in self.named and extension not in target.extensions:
                yield f"extension {extension.name}"
        for part in self.source.unread:
            if part.part not in self.named:
                yield f"unread {part.part}"

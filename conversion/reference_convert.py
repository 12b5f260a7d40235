"""Foreign keys and checks of SQLite tables on PostgreSQL."""

from __future__ import annotations

from conversion.draft import Draft
from conversion.expressions import predicate
from conversion.names import joined
from conversion.postgresql_types import comparable
from conversion.shapes import TableShape, Untranslatable
from engines.catalog import Check, ForeignKey, Table
from engines.full_names import qualified


class ReferenceConverter:
    """Adds foreign keys and checks to one converted table; all tables have their keys by then."""

    def __init__(self, draft: Draft, source: Table, target: Table) -> None:
        self.draft = draft
        self.source = source
        self.target = target
        self.shape = draft.table_shapes[source.full_name]

    def convert(self) -> None:
        """Foreign keys and checks, each under a name that is unique in the table."""
        for number, key in enumerate(self.source.foreign_keys):
            try:
                self.target.foreign_keys.append(self._foreign_key(number, key))
            except Untranslatable as error:
                self.draft.omit(_described(self.source, key), "foreign key", error.reason, _described(self.source, key))
        for number, check in enumerate(self.source.checks, 1):
            self._check(number, check)

    def _take(self, wanted: str) -> str:
        return self.draft.namer.take(f"constraints:{self.target.full_name}", wanted)

    def _foreign_key(self, number: int, key: ForeignKey) -> ForeignKey:
        parent, parent_shape, columns, referenced = self._ends(key)
        for one, other in zip(columns, referenced, strict=True):
            types = self.target.column(one).native, parent.column(other).native
            if not comparable(*types):
                raise Untranslatable(f"{one} became {types[0]} and {parent.name}.{other} {types[1]}")
        if key.on_delete == "SET NULL" and any(not self.target.column(name).nullable for name in columns):
            self.draft.note(_described(self.source, key), "ON DELETE SET NULL on a NOT NULL column fails when it fires")
        name = self._take(key.name or joined([self.target.name, *columns], "fkey"))
        return ForeignKey(
            name=name,
            columns=columns,
            referenced_schema=parent.schema_name,
            referenced_table=parent.name,
            referenced_columns=referenced,
            on_update=key.on_update,
            on_delete=key.on_delete,
            deferrable=key.deferrable,
            initially_deferred=key.initially_deferred,
            validated=self._validated(number, key, parent_shape),
        )

    def _ends(self, key: ForeignKey) -> tuple[Table, TableShape, list[str], list[str]]:
        source_parent = key.referenced
        parent_shape = self.draft.table_shapes.get(source_parent) or self.draft.shapes.find(key.referenced_table)
        if parent_shape is None:
            raise Untranslatable(f"table {key.referenced_table} isn't on the target")
        parent = self.draft.target.table(qualified(parent_shape.schema, parent_shape.name))
        wanted = key.referenced_columns or (self._source_key(source_parent))
        columns = [_target_name(self.shape, name) for name in key.columns]
        referenced = [_target_name(parent_shape, name) for name in wanted]
        if len(columns) != len(referenced):
            raise Untranslatable("it doesn't have as many columns as the key it refers to")
        if not _is_key(parent, referenced):
            raise Untranslatable(f"{parent.name} has no key over {', '.join(referenced)}")
        return parent, parent_shape, columns, referenced

    def _source_key(self, full_name: str) -> list[str]:
        key = self.draft.source.table(full_name).primary_key
        return key.columns if key else []

    def _validated(self, number: int, key: ForeignKey, parent: TableShape) -> bool:
        name = _described(self.source, key)
        if (self.source.full_name, number) in self.draft.unvalidated:
            self.draft.note(name, "rows break it today: it is added NOT VALID and holds for every change from now on")
            return False
        if qualified(parent.schema, parent.name) in self.draft.withholding:
            self.draft.note(name, "rows of its parent go to quarantine: it is added NOT VALID")
            return False
        folded = [column for column in key.referenced_columns if getattr(parent.find(column), "collation", "")]
        if folded:
            self.draft.note(name, f"SQLite compares {', '.join(folded)} with a collation: it is added NOT VALID")
        return not folded

    def _check(self, number: int, check: Check) -> None:
        wanted = check.name or joined([self.target.name, str(number)], "check")
        label = f"{self.source.full_name}.{check.name or f'check {number}'}"
        try:
            translated = predicate(check.expression, self.shape)
        except Untranslatable as error:
            self.draft.omit(label, "check", error.reason, check.expression)
            return
        self.target.checks.append(Check(name=self._take(wanted), expression=translated.sql))
        for note in translated.notes:
            self.draft.note(label, note)


def _target_name(shape: TableShape, name: str) -> str:
    found = shape.find(name)
    if found is None:
        raise Untranslatable(f"column {name} of {shape.name} isn't on the target")
    return found.name


def _is_key(table: Table, columns: list[str]) -> bool:
    """PostgreSQL wants a primary key, unique constraint or plain unique index over exactly these columns."""
    wanted = set(columns)
    keys = [*table.uniques, *([table.primary_key] if table.primary_key else [])]
    indexes = [index for index in table.indexes if index.unique and not index.predicate]
    plain = [{key.column for key in index.keys} for index in indexes if all(key.column for key in index.keys)]
    return any(set(key.columns) == wanted for key in keys) or wanted in plain


def _described(table: Table, key: ForeignKey) -> str:
    return f"{table.full_name}({', '.join(key.columns)}) -> {key.referenced_table}({', '.join(key.referenced_columns)})"

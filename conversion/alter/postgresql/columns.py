"""The steps that change columns of PostgreSQL tables: types, defaults, identity, NOT NULL, and columns that come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from conversion import forms
from conversion.alter.changes import TablePair
from conversion.alter.model import Choices, Step
from conversion.alter.postgresql import neutral, online
from conversion.alter.postgresql.casts import type_change
from conversion.alter.postgresql.dependants import away, collates, type_differs, uses_type
from conversion.alter.postgresql.facts import REWRITES, lock
from conversion.ddl_postgresql_parts import collation_sql, column_sql, sequence_options
from engines.catalog import Column, Sequence, UserType
from engines.postgresql.quoting import quote_identifier, quote_name

REFERS = "no value can be made up for a reference: rows that are there make the server refuse it"
UNKNOWN = "its type has no neutral value: rows that are there make the server refuse it unless fills says a value"


@dataclass(frozen=True)
class Context:
    """What the steps of one table need to know of the rest."""

    sequences_before: Mapping[str, Sequence]
    sequences_after: Mapping[str, Sequence]
    types: dict[str, UserType]
    replaced_types: set[str]
    choices: Choices
    engine: str = "postgresql"


class ColumnSteps:
    """Steps for the columns that both tables have, and for those that come; in the table's new name."""

    def __init__(self, pair: TablePair, context: Context, skip: frozenset[str], recomputed: frozenset[str]) -> None:
        self.pair = pair
        self.context = context
        self.table = quote_name(pair.after.schema_name, pair.after.name)
        self.both = [(a, b) for a, b in pair.columns if b.name not in recomputed and b.name not in skip]
        again = [b for _, b in pair.columns if b.name in recomputed]
        self.added = [b for b in [*pair.added, *again] if b.name not in skip]

    def _step(self, column: Column, kind: str, change: str, sql: str, undo: list[str], action: str = "alter") -> Step:
        return Step(
            sql=sql, undo=undo, object=f"{self.pair.full_name}.{column.name}", kind=kind, action=action,
            lock=lock(change), rewrite=change in REWRITES,
        )  # fmt: skip

    def _alter(self, column: Column, what: str) -> str:
        return f"ALTER TABLE {self.table} ALTER COLUMN {quote_identifier(column.name)} {what}"

    def loosen(self) -> Iterator[Step]:
        """Take away defaults, identities, expressions and NOT NULL that would stand in the way."""
        for a, b in self.both:
            if self._default_goes(a, b):
                undo = [self._alter(b, f"SET DEFAULT {a.default}")]
                yield self._step(b, "default", "default", self._alter(b, "DROP DEFAULT"), undo)
            if a.identity is not None and b.identity is None:
                undo = [self._alter(b, f"ADD {self._identity(a, self.context.sequences_before)}"), self._restart(b)]
                yield self._step(b, "identity", "identity", self._alter(b, "DROP IDENTITY"), undo)
            if a.generated is not None and b.generated is None:
                step = self._step(b, "generated column", "default", self._alter(b, "DROP EXPRESSION"), [])
                step.notes.append("the values stay; a plain column can't become a computed one again in place")
                yield step
            if b.nullable and not a.nullable:
                undo = [self._alter(b, "SET NOT NULL")]
                yield self._step(b, "nullability", "drop not null", self._alter(b, "DROP NOT NULL"), undo)

    def _default_goes(self, a: Column, b: Column) -> bool:
        if a.default is None or a.generated is not None:
            return False
        if forms.default_form(a, "postgresql") != forms.default_form(b, "postgresql") or b.default is None:
            return True
        return self._retyped(a, b) and (a.type.kind != b.type.kind or uses_type(b, self.context.replaced_types))

    def _retyped(self, a: Column, b: Column) -> bool:
        return type_differs(a, b, self.context.replaced_types) and b.generated is None

    def retype(self) -> Iterator[Step]:
        """ALTER TYPE, with the cast where the server has none of its own."""
        for a, b in self.both:
            if self._retyped(a, b):
                yield self._retype(a, b)

    def _retype(self, a: Column, b: Column) -> Step:
        replaced = uses_type(b, self.context.replaced_types)
        old = a.model_copy(update={"name": b.name, "native": away(a, self.context.replaced_types)})
        there, back = type_change(a, b, replaced), type_change(b, old, replaced)
        change = "alter type rewrite" if there.rewrite else "alter type"
        step = self._step(b, "type", change, self._type_sql(a, b, there.using), [self._type_sql(b, old, back.using, b)])
        step.destructive, step.lost, step.refuses = there.lost is not None, there.lost, there.refuses
        if there.condition:
            step.probe = self._probe(there.condition, a, b)
        if there.rewrite:
            quoted = quote_identifier(b.name)
            step.online = online.new_type(self.pair.after, b, there.using or f"{quoted}::{b.native}")
        step.changes.append(f"{a.native} -> {b.native}")
        return step

    def _type_sql(self, a: Column, b: Column, using: str | None, named: Column | None = None) -> str:
        collation = ""
        if (a.collation or "") != (b.collation or ""):
            collation = f" COLLATE {collation_sql(b.collation)}" if b.collation else ' COLLATE "default"'
            collation = collation if b.collation or collates(b) else ""
        elif b.collation:
            collation = f" COLLATE {collation_sql(b.collation)}"
        return self._alter(named or b, f"TYPE {b.native}{collation}" + (f" USING {using}" if using else ""))

    def _probe(self, condition: str, a: Column, b: Column) -> str:
        """The probe runs before the script: under the names that there are."""
        owner = quote_name(self.pair.before.schema_name, self.pair.before.name)
        own = next(x for x, seen in zip(self.pair.before.columns, self.pair.seen.columns, strict=True) if seen is a)
        return f"SELECT count(*) FROM {owner} WHERE " + condition.replace(
            quote_identifier(b.name), quote_identifier(own.name)
        )

    def settle(self) -> Iterator[Step]:
        """Set defaults and identities of columns that stay, fill NULLs, demand values."""
        for a, b in self.both:
            if b.default is not None and b.generated is None and (a.default is None or self._default_goes(a, b)):
                sql = self._alter(b, f"SET DEFAULT {b.default}")
                yield self._step(b, "default", "default", sql, [self._alter(b, "DROP DEFAULT")])
            if not b.nullable and a.nullable:
                yield from self._demand(a, b)
            if b.identity is not None and a.identity is None:
                sql = self._alter(b, f"ADD {self._identity(b, self.context.sequences_after)}")
                yield self._step(b, "identity", "identity", sql, [self._alter(b, "DROP IDENTITY")])
                yield self._step(b, "identity", "sequence", self._restart(b), [], "fill")
            elif b.identity is not None and a.identity is not None and a.identity.always != b.identity.always:
                words = {True: "SET GENERATED ALWAYS", False: "SET GENERATED BY DEFAULT"}
                sql, undo = (self._alter(b, words[side.identity.always]) for side in (b, a) if side.identity)
                yield self._step(b, "identity", "identity", sql, [undo])

    def _demand(self, a: Column, b: Column) -> Iterator[Step]:
        value = self.context.choices.fills.get(f"{self.pair.full_name}.{b.name}")
        if value is None and b.default is not None and "nextval(" not in b.default.lower():
            value = b.default
        quoted = quote_identifier(b.name)
        probe = self._probe(f"{quoted} IS NULL", a, b)
        if value is not None:
            sql = f"UPDATE {self.table} SET {quoted} = {value} WHERE {quoted} IS NULL"
            step = self._step(b, "values", "fill", sql, [], "fill")
            step.destructive, step.probe = True, probe
            step.lost = f"NULL becomes {value}: which rows had no value can't be told afterwards"
            step.online = online.batches(sql)
            yield step
        undo = [self._alter(b, "DROP NOT NULL")]
        step = self._step(b, "nullability", "set not null", self._alter(b, "SET NOT NULL"), undo)
        step.online = online.not_null(self.pair.after, b)
        if value is None:
            step.refuses, step.probe = "rows without a value stop the statement: give a value in fills", probe
        yield step

    def _identity(self, column: Column, sequences: Mapping[str, Sequence]) -> str:
        assert column.identity is not None
        sql = f"GENERATED {'ALWAYS' if column.identity.always else 'BY DEFAULT'} AS IDENTITY"
        sequence = sequences.get(column.identity.sequence or "")
        if sequence is None:
            return sql
        name = quote_name(sequence.schema_name, sequence.name)
        return f"{sql} (SEQUENCE NAME {name}{sequence_options(sequence)})"

    def _restart(self, column: Column) -> str:
        """Numbers go on behind the highest that is there."""
        quoted = quote_identifier(column.name)
        owner = self.table.replace("'", "''")
        name = column.name.replace("'", "''")
        return (
            f"SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence('{owner}', '{name}'), "
            f"(SELECT GREATEST(COALESCE(max({quoted}), 0), 0) + 1 FROM {self.table}), false)"
        )

    def add(self) -> Iterator[Step]:
        """ADD COLUMN; a value for the rows that are there where the column demands one."""
        for column in self.added:
            yield from self._add(column)

    def _add(self, column: Column) -> Iterator[Step]:
        plain = column.default is None and column.generated is None and column.identity is None
        if plain and not column.nullable:
            yield from self._add_demanding(column)
            return
        stored = column.generated is not None and column.generated.stored
        volatile = column.identity is not None or stored or "(" in (column.default or "")
        yield self._added(column, column_sql(column, self.context.sequences_after), volatile)

    def _added(self, column: Column, clause: str, rewrite: bool) -> Step:
        change = "add column rewrite" if rewrite else "add column"
        drop = f"ALTER TABLE {self.table} DROP COLUMN {quote_identifier(column.name)}"
        step = self._step(column, "column", change, f"ALTER TABLE {self.table} ADD COLUMN {clause}", [drop], "create")
        if rewrite and column.default is not None:
            step.notes.append("no rewrite if the default is not volatile (since PostgreSQL 11)")
        return step

    def _add_demanding(self, column: Column) -> Iterator[Step]:
        full_name = f"{self.pair.full_name}.{column.name}"
        chosen = self.context.choices.fills.get(full_name)
        rows = f"SELECT count(*) FROM {quote_name(self.pair.before.schema_name, self.pair.before.name)}"
        differ, refers = neutral.must_differ(self.pair, column), neutral.refers(self.pair, column)
        value = chosen or (None if refers else self._neutral(column, differ))
        clause = column_sql(column, self.context.sequences_after)
        if value is None:
            step = self._added(column, clause, False)
            step.refuses, step.probe = (REFERS if refers else UNKNOWN), rows
            yield step
        elif differ and chosen is None:
            yield from self._add_distinct(column, value, rows)
        else:
            constant = column.model_copy(update={"default": value})
            step = self._added(column, column_sql(constant, self.context.sequences_after), "(" in value)
            step.probe = rows
            step.notes.append(f"the rows that are there get {value}" + ("" if chosen else ": give another in fills"))
            yield step
            sql = self._alter(column, "DROP DEFAULT")
            yield self._step(column, "default", "default", sql, [self._alter(column, f"SET DEFAULT {value}")])

    def _neutral(self, column: Column, differ: bool) -> str | None:
        return neutral.distinct(column) if differ else neutral.constant(column, self.context.types)

    def _add_distinct(self, column: Column, value: str, rows: str) -> Iterator[Step]:
        quoted = quote_identifier(column.name)
        nullable = column.model_copy(update={"nullable": True})
        step = self._added(column, column_sql(nullable, self.context.sequences_after), False)
        step.notes.append("a key needs another value in every row: the rows that are there are numbered")
        step.probe = rows
        yield step
        fill = (
            f"UPDATE {self.table} AS t SET {quoted} = {value.format(n='r.number')} "
            f"FROM (SELECT ctid, tableoid, row_number() OVER () AS number FROM {self.table}) AS r "
            "WHERE t.ctid = r.ctid AND t.tableoid = r.tableoid"
        )
        yield self._step(column, "values", "fill", fill, [], "fill")
        sql = self._alter(column, "SET NOT NULL")
        yield self._step(column, "nullability", "set not null", sql, [self._alter(column, "DROP NOT NULL")])

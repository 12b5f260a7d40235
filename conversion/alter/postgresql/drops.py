"""What a PostgreSQL script drops, in the order in which nothing is in the way, and what each drop loses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property

from conversion.alter.changes import Changes, TablePair, mentions
from conversion.alter.model import Choices, Step
from conversion.alter.pieces import Piece
from conversion.alter.postgresql import online
from conversion.alter.postgresql.columns import ColumnSteps, Context
from conversion.alter.postgresql.comments import comments_of
from conversion.alter.postgresql.creates import head
from conversion.alter.postgresql.dependants import Dependants
from conversion.alter.postgresql.facts import OF_KIND, lock
from conversion.ddl_postgresql import PostgresqlWriter
from conversion.mapping import Statement
from engines.catalog import Column, Table
from engines.postgresql.quoting import quote_identifier, quote_name

PARTS = (
    "row_security_forced", "row_security", "policy", "trigger", "fk", "check", "index", "view", "pk", "unique",
    "exclusion", "replica_identity",
)  # fmt: skip


class Drops:
    """inherited: columns of a table that its parent's statements change."""

    def __init__(
        self, changes: Changes, dependants: Dependants, context: Context, inherited: Callable[[str], frozenset[str]]
    ) -> None:
        self.changes = changes
        self.dependants = dependants
        self.context = context
        self.inherited = inherited
        self.replaced_types = context.replaced_types
        self.old = PostgresqlWriter(changes.a).statements()
        self.old_piece = {name: piece for piece in changes.old.by_key.values() for name in piece.statements}

    def first(self) -> Iterator[Step]:
        """What stands in the way of changes, columns that go, tables that go."""
        yield from self.statements(*PARTS, and_keys=self._bound)
        yield from self.statements("owned")
        yield from self._dropped_columns()
        yield from self.statements("partition", "table")

    @cached_property
    def _bound(self) -> frozenset[str]:
        """Routines that go and whose head or parsed body names a table or view that goes: they go before it."""
        old = self.changes.old
        gone = [piece.item.name for piece in old.of_kind("table", "view") if piece.key in self.changes.drop]
        left = [piece for piece in old.of_kind("routine") if piece.key in self.changes.drop]
        found: set[str] = set()
        while bound := [piece for piece in left if any(mentions(head(piece.item), name) for name in gone)]:
            gone += [piece.item.name for piece in bound]
            found |= {piece.key for piece in bound}
            left = [piece for piece in left if piece.key not in found]
        return frozenset(found)

    def statements(
        self, *kinds: str, again: bool | None = None, and_keys: frozenset[str] = frozenset()
    ) -> Iterator[Step]:
        """again: only what is made again (True), only what isn't (False), or all (None)."""
        for statement in reversed(self.old):
            piece = self.old_piece.get(statement.id)
            if piece is None or piece.key not in self.changes.drop or not statement.undo:
                continue
            if piece.key not in and_keys and (piece.kind not in kinds or piece.key in self._bound):
                continue
            if piece.kind == "type" and piece.item.full_name in self.replaced_types:
                continue
            if again is None or again is (piece.key in self.changes.make):
                yield self._drop(statement, piece)

    def _drop(self, statement: Statement, piece: Piece) -> Step:
        change = OF_KIND[statement.kind][1]
        step = Step(
            sql=statement.undo or "", undo=[statement.sql, *comments_of(piece)], object=statement.object,
            kind=statement.kind, action="drop", lock=lock(change),
            online=online.online_drop(statement.kind, piece.owner, piece.item),
        )  # fmt: skip
        again = piece.key in self.changes.make
        if again:
            step.notes.append("made again below: it uses what changes, or changes itself")
            step.online = None
        if statement.kind == "table" and isinstance(piece.item, Table) and piece.item.kind != "partitioned":
            step.destructive, step.lost = True, "all rows of the table"
            step.probe = f"SELECT count(*) FROM {quote_name(piece.item.schema_name, piece.item.name)}"
        if statement.kind == "sequence" and not again:
            step.destructive, step.lost = True, f"the number it has reached ({piece.item.last_value})"
        if statement.kind == "trigger_state":
            step.action = "alter"
        return step

    def _dropped_columns(self) -> Iterator[Step]:
        for name, pair in sorted(self.changes.pairs.items()):
            again = [
                before
                for before, seen in zip(pair.before.columns, pair.seen.columns, strict=True)
                if (name, seen.name) in self.dependants.recomputed
            ]
            skip = self.inherited(name)
            generated_first = sorted([*again, *pair.dropped], key=lambda column: column.generated is None)
            for column in generated_first:
                if column.name not in skip:
                    yield self._drop_column(pair.before, column)

    def _drop_column(self, table: Table, column: Column) -> Step:
        owner, quoted = quote_name(table.schema_name, table.name), quote_identifier(column.name)
        step = Step(
            sql=f"ALTER TABLE {owner} DROP COLUMN {quoted}", object=f"{table.full_name}.{column.name}", kind="column",
            action="drop", lock=lock("drop column"),
        )  # fmt: skip
        step.undo = [item.sql for item in self._added_again(table, column)]
        if column.generated is None:
            step.destructive, step.lost = True, "the column's values"
            step.probe = f"SELECT count(*) FROM {owner} WHERE {quoted} IS NOT NULL"
        elif not any(column.name == other for _, other in self.dependants.recomputed):
            step.notes.append("its values are computed from other columns")
        return step

    def _added_again(self, table: Table, column: Column) -> Iterator[Step]:
        """The column as it was, with neutral values where it demands some: its own are gone."""
        rest = table.model_copy(update={"columns": [item for item in table.columns if item is not column]})
        context = replace(
            self.context, sequences_after=self.context.sequences_before, choices=Choices(),
            types={item.full_name: item for item in self.changes.a.types},
        )  # fmt: skip
        return ColumnSteps(TablePair(rest, rest, table), context, frozenset(), frozenset()).add()

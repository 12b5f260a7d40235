"""What a PostgreSQL script makes, in the writer's order, and which rows of today may refuse it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from conversion.alter.changes import Changes, mentions
from conversion.alter.model import Step
from conversion.alter.pieces import Piece
from conversion.alter.postgresql import online
from conversion.alter.postgresql.facts import OF_KIND, lock
from conversion.ddl_order_postgresql import BODY
from conversion.ddl_postgresql import PostgresqlWriter
from conversion.mapping import Statement
from engines.catalog import Routine
from engines.postgresql.quoting import quote_identifier, quote_name

EARLY = ("schema", "extension", "sequence", "type", "routine")


class Creates:
    """The statements of the wanted catalog whose objects are to be made."""

    def __init__(self, changes: Changes) -> None:
        self.changes = changes
        self.new = PostgresqlWriter(changes.b).statements()
        self.new_piece = {name: piece for piece in changes.new.by_key.values() for name in piece.statements}

    @cached_property
    def _early(self) -> set[str]:
        """Ids of statements that need no table or view that comes."""
        coming = [
            piece.item.name for piece in self.changes.new.of_kind("table", "view") if piece.key in self.changes.make
        ]
        found: set[str] = set()
        for statement in self.new:
            piece = self.new_piece.get(statement.id)
            if piece is None or piece.kind not in EARLY:
                continue
            text = head(piece.item) if piece.kind == "routine" else statement.sql
            late = piece.kind in ("routine", "type") and (
                "BEGIN ATOMIC" in text or any(mentions(text, n) for n in coming)
            )
            if late:
                coming.append(piece.item.name)
            else:
                found.add(statement.id)
        return found

    def statements(self, early: bool) -> Iterator[Step]:
        for statement in self.new:
            piece = self.new_piece.get(statement.id)
            if piece is not None and piece.key in self.changes.make and (statement.id in self._early) is early:
                yield self._create(statement, piece)

    def _create(self, statement: Statement, piece: Piece) -> Step:
        change = OF_KIND[statement.kind][0]
        on_new = f"table:{piece.owner_key}" in self.changes.make
        if statement.kind in ("check", "fk") and not piece.item.validated:
            change += " not valid"
        if statement.kind == "view" and piece.item.materialized:
            change = "create materialized view"
        if on_new and statement.kind != "fk":
            change = "create"
        step = Step(
            sql=statement.sql, undo=[statement.undo] if statement.undo else [], object=statement.object,
            kind=statement.kind, action="create", lock=lock(change),
            online=None if on_new else online.online(statement.kind, piece.owner, piece.item),
        )  # fmt: skip
        if not on_new:
            self._may_refuse(step, piece)
        return step

    def _may_refuse(self, step: Step, piece: Piece) -> None:
        """Constraints that rows of today may break, and the query that tells; the names are those before."""
        pair = self.changes.pairs.get(piece.owner_key)
        old = self.changes.old.by_key.get(piece.key)
        if pair is None or (old is not None and old.form == piece.form):
            return
        owner = quote_name(pair.before.schema_name, pair.before.name)
        there = {column.name for column in pair.before.columns}
        if piece.kind in ("pk", "unique") and set(piece.item.columns) <= there:
            columns = ", ".join(quote_identifier(name) for name in piece.item.columns)
            step.refuses = "rows that are the same in these columns stop the statement"
            not_null = " AND ".join(f"{quote_identifier(name)} IS NOT NULL" for name in piece.item.columns)
            step.probe = (
                f"SELECT count(*) FROM (SELECT 1 FROM {owner} WHERE {not_null} GROUP BY {columns} "
                "HAVING count(*) > 1) AS twins"
            )
        elif piece.kind == "fk" and piece.item.validated:
            step.refuses = "rows that refer to nothing stop the statement"
            step.probe = self._orphans(owner, piece, there)
        elif piece.kind == "check" and piece.item.validated:
            step.refuses = "rows that break it stop the statement"
            if not {b.name for b in pair.added} and pair.before is not None:
                step.probe = f"SELECT count(*) FROM {owner} WHERE NOT ({piece.item.expression})"

    def _orphans(self, owner: str, piece: Piece, there: set[str]) -> str | None:
        key = piece.item
        parent = key.referenced
        known = self.changes.pairs.get(parent)
        if known is None or not set(key.columns) <= there:
            return None
        if not set(key.referenced_columns) <= {column.name for column in known.before.columns}:
            return None
        other = quote_name(known.before.schema_name, known.before.name)
        given = " AND ".join(f"c.{quote_identifier(name)} IS NOT NULL" for name in key.columns)
        same = " AND ".join(
            f"p.{quote_identifier(name)} = c.{quote_identifier(own)}"
            for own, name in zip(key.columns, key.referenced_columns, strict=True)
        )
        return (
            f"SELECT count(*) FROM {owner} AS c WHERE {given} AND NOT EXISTS (SELECT 1 FROM {other} AS p WHERE {same})"
        )


def head(routine: Routine) -> str:
    """What the server checks of a routine when it is made: its head, and a body that it keeps parsed."""
    if "BEGIN ATOMIC" in routine.definition or routine.kind == "aggregate":
        return routine.definition
    return f"{routine.signature} {routine.returns or ''} {BODY.split(routine.definition, maxsplit=1)[0]}"

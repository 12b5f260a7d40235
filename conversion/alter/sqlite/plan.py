"""The migration script of SQLite: one transaction, with the references checked before its end."""

from __future__ import annotations

from collections.abc import Iterator

from conversion.alter.changes import Changes, unreadable
from conversion.alter.model import Choices, Migration, Step
from conversion.alter.pieces import Piece
from conversion.alter.sqlite.tables import FOLLOWING, VERBATIM, TableSteps, appended, droppable, same, step
from conversion.ddl_sqlite import SqliteWriter
from conversion.mapping import Omission, Statement
from engines.catalog import Table
from engines.sqlite.quoting import quote_identifier

PARTS = ("trigger", "view", "index")
OPENING = ["PRAGMA foreign_keys = OFF", FOLLOWING]  # foreign_keys can't change inside of a transaction
CLOSING = [FOLLOWING, "PRAGMA foreign_keys = ON"]
CHECKS = ["PRAGMA foreign_key_check"]
OWN_KINDS = ("table",)
MODULE = "a virtual table lives in its module: drop and make it again, and fill it from its source"


class SqlitePlan:
    """Plans one direction; the way back is another plan."""

    def __init__(self, changes: Changes, choices: Choices) -> None:
        self.changes = changes
        self.choices = choices
        self.left: list[Omission] = []
        self.added, self.dropped, self.rebuilt = self._kinds()
        for piece in changes.kept("index", "trigger"):
            if piece.owner_key in self.rebuilt:
                changes.again(piece.key)
        self.old = SqliteWriter(changes.a).statements()
        self.new = SqliteWriter(changes.b).statements()
        self.old_piece = {name: piece for piece in changes.old.by_key.values() for name in piece.statements}
        self.new_piece = {name: piece for piece in changes.new.by_key.values() for name in piece.statements}

    def _kinds(self) -> tuple[set[str], set[str], set[str]]:
        """Tables that get columns in place, lose them in place, and are made anew."""
        added, dropped, rebuilt = set(), set(), set()
        for name, pair in sorted(self.changes.pairs.items()):
            if pair.seen.kind not in OWN_KINDS or pair.after.kind not in OWN_KINDS:
                if pair.seen.kind == "virtual" and pair.seen.definition != pair.after.definition:
                    self.left.append(Omission(object=name, kind="virtual table", reason=MODULE))
                continue
            if same(pair):
                continue
            if appended(pair):
                added.add(name)
            elif droppable(pair):
                dropped.add(name)
            else:
                rebuilt.add(name)
        return added, dropped, rebuilt

    def migration(self) -> Migration:
        """The script, without its way back."""
        steps = [*self._steps()]
        return Migration(
            engine="sqlite", version=self.changes.b.version, opening=OPENING if steps else [], steps=steps,
            checks=CHECKS if steps else [], closing=CLOSING if steps else [],
            remaining=[*self.left, *unreadable(self.changes)],
        )  # fmt: skip

    def _steps(self) -> Iterator[Step]:
        yield from self._drops(*PARTS)
        yield from self._renames()
        pairs = sorted(self.changes.pairs.items())
        for name, pair in pairs:
            if name in self.dropped:
                yield from TableSteps(pair, self.choices).drop(droppable(pair) or [])
        if self.rebuilt:
            yield step(VERBATIM, [FOLLOWING], "", "session", "alter")
        for name, pair in pairs:
            table = TableSteps(pair, self.choices)
            if name in self.added:
                yield from table.add(appended(pair) or [])
            elif name in self.rebuilt:
                yield from table.rebuild()
        yield from self._drops("table")
        yield from self._creates()
        if self.rebuilt:
            yield step(FOLLOWING, [VERBATIM], "", "session", "alter")

    def _drops(self, *kinds: str) -> Iterator[Step]:
        for statement in reversed(self.old):
            piece = self.old_piece.get(statement.id)
            if piece is not None and piece.kind in kinds and piece.key in self.changes.drop and not _shadow(piece):
                yield self._drop(statement, piece)

    def _drop(self, statement: Statement, piece: Piece) -> Step:
        found = step(statement.undo or "", [statement.sql], statement.object, statement.kind, "drop")
        if isinstance(piece.item, Table):
            found.destructive, found.lost = True, "all rows of the table"
            found.probe = f"SELECT count(*) FROM {quote_identifier(piece.item.name)}"
        elif piece.key in self.changes.make:
            found.notes.append("made again below")
        return found

    def _renames(self) -> Iterator[Step]:
        for pair in self.changes.pairs.values():
            old, new = quote_identifier(pair.before.name), quote_identifier(pair.after.name)
            if pair.before.name.lower() != pair.after.name.lower():
                sql, undo = f"ALTER TABLE {old} RENAME TO {new}", f"ALTER TABLE {new} RENAME TO {old}"
                yield step(sql, [undo], pair.full_name, "table", "rename")
            for before, seen in zip(pair.before.columns, pair.seen.columns, strict=True):
                if before.name.lower() != seen.name.lower():
                    one, other = quote_identifier(before.name), quote_identifier(seen.name)
                    head = f"ALTER TABLE {new} RENAME COLUMN"
                    undo = f"{head} {other} TO {one}"
                    yield step(f"{head} {one} TO {other}", [undo], f"{pair.full_name}.{seen.name}", "column", "rename")

    def _creates(self) -> Iterator[Step]:
        for statement in self.new:
            piece = self.new_piece.get(statement.id)
            if piece is not None and piece.key in self.changes.make and not _shadow(piece):
                found = step(statement.sql, [statement.undo or ""], statement.object, statement.kind, "create")
                if piece.kind == "index" and piece.item.unique and piece.key not in self.changes.drop:
                    found.refuses = "rows that are the same in its columns stop the script"
                yield found


def _shadow(piece: Piece) -> bool:
    return isinstance(piece.item, Table) and piece.item.kind == "shadow"


def planned(changes: Changes, choices: Choices) -> Migration:
    """The script of the changes, without its way back."""
    return SqlitePlan(changes, choices).migration()

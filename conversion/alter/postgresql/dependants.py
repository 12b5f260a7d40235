"""What PostgreSQL makes one drop and make again because something that it uses changes."""

from __future__ import annotations

from conversion import forms
from conversion.alter.changes import Changes, TablePair, mentions
from conversion.alter.pieces import Piece
from conversion.alter.postgresql.types import AWAY
from conversion.normal_types import collation_form, type_form
from engines.catalog import Check, Column, ForeignKey, Index, Kind, Table, Trigger, View
from engines.full_names import name_of, parts
from engines.postgresql.quoting import quote_name

PARTS = ("check", "index", "trigger", "exclusion")


def type_differs(before: Column, after: Column, replaced_types: set[str]) -> bool:
    """True when the column needs ALTER TYPE: another type or collation, or its type is made anew."""
    other = type_form(before, "postgresql") != type_form(after, "postgresql")
    other = other or collation_form(before, "postgresql") != collation_form(after, "postgresql")
    return other or uses_type(after, replaced_types)


def uses_type(column: Column, names: set[str]) -> bool:
    """True when the column is of one of the types, or an array of it."""
    element = column.type.element.name if column.type.element else None
    return column.type.name in names or element in names


def away(column: Column, replaced_types: set[str]) -> str:
    """The type as it is called while its successor has its name."""
    for name, array in ((column.type.name, ""), (column.type.element.name if column.type.element else None, "[]")):
        if name in replaced_types and name is not None:
            schema, plain = parts(name)
            return quote_name(schema, plain + AWAY) + array
    return column.native


def collates(column: Column) -> bool:
    """True for a type that sorts by a collation."""
    return column.type.kind in (Kind.TEXT, Kind.CHAR)


def from_parents(table: Table, names: set[str]) -> bool:
    """True when the table gets its columns' changes from a parent among the names."""
    parents = {*table.inherits, *([table.partitioning.parent] if table.partitioning else [])}
    return bool(parents & names)


class Dependants:
    """Finds and marks them, until no more are found."""

    def __init__(self, changes: Changes, replaced_types: set[str]) -> None:
        self.changes = changes
        self.replaced_types = replaced_types
        self.retyped: dict[str, list[tuple[Column, Column]]] = {}
        self.recomputed: set[tuple[str, str]] = set()  # (table, generated column) that is dropped and added again
        for name, pair in changes.pairs.items():
            self._pair(name, pair)

    def _pair(self, name: str, pair: TablePair) -> None:
        changed = [(a, b) for a, b in pair.columns if type_differs(a, b, self.replaced_types)]
        self.retyped[name] = [(a, b) for a, b in changed if b.generated is None and a.generated is None]
        names = [b.name for _, b in self.retyped[name]]
        for a, b in pair.columns:
            if self._recomputed(a, b, (a, b) in changed, names):
                self.recomputed.add((name, b.name))

    def _recomputed(self, a: Column, b: Column, retyped: bool, names: list[str]) -> bool:
        if b.generated is None:
            return a.generated is not None and (retyped or not a.generated.stored)
        engine = self.changes.engine
        if a.generated is None or retyped or forms.generated_form(a, engine) != forms.generated_form(b, engine):
            return True
        text = b.generated.expression
        return any(mentions(text, name) for name in names) or self._uses_replaced(text)

    def _uses_replaced(self, text: str | None) -> bool:
        routines = [self.changes.new.by_key[key].item.name for key in self.changes.replaced("routine")]
        types = [name_of(name) for name in self.replaced_types]
        return any(mentions(text, name) for name in (*routines, *types))

    def mark(self) -> None:
        """Mark everything that has to be made again."""
        grew = True
        while grew:
            grew = any([self._mark_parts(), self._mark_views(), self._mark_references(), self._mark_routines()])

    def _mark_parts(self) -> bool:
        """Checks, indexes, triggers of altered tables; indexes and triggers of views that are made again."""
        found = []
        for piece in self.changes.kept(*PARTS):
            if f"view:{piece.owner_key}" in self.changes.make or self._touched(piece):
                found.append(self.changes.again(piece.key))
        for piece in self.changes.kept("pk", "unique"):
            if any((piece.owner_key, name) in self.recomputed for name in piece.item.columns):
                found.append(self.changes.again(piece.key))
        return any(found)

    def _touched(self, piece: Piece) -> bool:
        text = _text(piece)
        if self._uses_replaced(text):
            return True
        again = [name for table, name in self.recomputed if table == piece.owner_key]
        retyped = self.retyped.get(piece.owner_key, [])
        strict = piece.kind == "trigger"
        again += [b.name for a, b in retyped if strict or a.type.kind != b.type.kind or a.type.name != b.type.name]
        columns = [key.column for key in piece.item.keys] if isinstance(piece.item, Index) else []
        if isinstance(piece.item, Index) and self._plain(piece.item):
            return any((piece.owner_key, name or "") in self.recomputed for name in columns)
        return any(name in columns or mentions(text, name) for name in again)

    def _plain(self, index: Index) -> bool:
        """An index that ALTER TYPE carries along by itself."""
        named = all(key.column is not None and key.operator_class is None for key in index.keys)
        return named and index.predicate is None and index.method == "btree"

    def _mark_views(self) -> bool:
        found = []
        for piece in self.changes.kept("view"):
            view: View = piece.item
            if self._uses_replaced(view.definition) or any(self._broken(view, name) for name in view.depends_on):
                found.append(self.changes.again(piece.key))
        return any(found)

    def _broken(self, view: View, name: str) -> bool:
        """True when what the view reads under that name goes, is made again, or changes a column that it names."""
        keys = (f"view:{name}", f"table:{name}")
        if any(key in self.changes.make or key in self.changes.drop for key in keys):
            return True
        columns = [b.name for _, b in self.retyped.get(name, ())]
        columns += [column for table, column in self.recomputed if table == name]
        return any(mentions(view.definition, column) for column in columns)

    def _mark_references(self) -> bool:
        """Foreign keys whose referenced key goes or whose columns change their kind of type."""
        found = []
        for piece in self.changes.kept("fk"):
            key: ForeignKey = piece.item
            parent = key.referenced
            other = self._other_kind(piece.owner_key, key.columns) or self._other_kind(parent, key.referenced_columns)
            if other or self._key_goes(parent, key.referenced_columns):
                found.append(self.changes.again(piece.key))
        return any(found)

    def _other_kind(self, table: str, columns: list[str]) -> bool:
        changed = self.retyped.get(table, ())
        if any((table, name) in self.recomputed for name in columns):
            return True
        return any(
            b.name in columns
            and (a.type.kind != b.type.kind or a.collation != b.collation or a.type.name != b.type.name)
            for a, b in changed
        )

    def _key_goes(self, table: str, columns: list[str]) -> bool:
        for piece in self.changes.old.of_kind("pk", "unique", "index"):
            if piece.owner_key != table or piece.key not in self.changes.drop:
                continue
            item = piece.item
            names = [key.column for key in item.keys] if isinstance(item, Index) else item.columns
            if set(names) == set(columns):
                return True
        return False

    def _mark_routines(self) -> bool:
        """Routines whose signature or parsed body uses a type, view or table that is made again."""
        gone = [name_of(name) for name in self.replaced_types]
        gone += [piece.item.name for piece in self.changes.new.of_kind("view") if self._again(piece)]
        found = []
        for piece in self.changes.kept("routine"):
            head = piece.item.definition if "BEGIN ATOMIC" in piece.item.definition else piece.item.signature
            if any(mentions(f"{head} {piece.item.returns or ''}", name) for name in gone):
                found.append(self.changes.again(piece.key))
        return any(found)

    def _again(self, piece: Piece) -> bool:
        return piece.key in self.changes.make and piece.key in self.changes.drop


def _text(piece: Piece) -> str:
    item = piece.item
    if isinstance(item, Check):
        return item.expression
    if isinstance(item, Trigger):
        return item.definition
    if isinstance(item, Index):
        keys = [key.expression or "" for key in item.keys]
        return " ".join([*keys, item.predicate or "", *(key.operator_class or "" for key in item.keys)])
    return str(getattr(item, "definition", ""))

"""What is to be made, dropped and kept between two catalogs, and the pairs of columns that both tables have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from conversion.alter.pieces import Piece, Pieces, pieces
from conversion.alter.renaming import Renames, renamed
from conversion.generated_names import generated
from conversion.mapping import Omission
from engines.catalog import Catalog, Column, Index, Table

# kinds of pieces as the differ calls them
DIFF_KINDS = {
    "pk": "primary key", "unique": "unique constraint", "fk": "foreign key", "check": "check", "index": "index",
    "exclusion": "exclusion",
}  # fmt: skip
WORD = re.compile(r"[\w$]+")


def mentions(text: str | None, name: str) -> bool:
    """True when a text of the server may name the object: as a word or between quotes."""
    if not text:
        return False
    lowered, wanted = text.lower(), name.lower()
    if wanted not in lowered:
        return False
    return not WORD.fullmatch(wanted) or re.search(rf"(?<![\w$]){re.escape(wanted)}(?![\w$])", lowered) is not None


@dataclass(frozen=True)
class TablePair:
    """A table of both catalogs: before as it is, seen with the names it is to have, after as it is wanted."""

    before: Table
    seen: Table
    after: Table

    @property
    def full_name(self) -> str:
        """The name it is to have."""
        return self.after.full_name

    @property
    def columns(self) -> list[tuple[Column, Column]]:
        """Columns of both: (as seen, as wanted), in the wanted order."""
        seen = {column.name: column for column in self.seen.columns}
        return [(seen[column.name], column) for column in self.after.columns if column.name in seen]

    @property
    def dropped(self) -> list[Column]:
        """Columns that go, as the table before has them."""
        wanted = {column.name for column in self.after.columns}
        both = zip(self.before.columns, self.seen.columns, strict=True)
        return [before for before, seen in both if seen.name not in wanted]

    @property
    def added(self) -> list[Column]:
        """Columns that come."""
        there = {column.name for column in self.seen.columns}
        return [column for column in self.after.columns if column.name not in there]


@dataclass
class Changes:
    """Both catalogs as objects, and the keys of what goes and comes; an object in both sets is made anew."""

    a: Catalog
    seen: Catalog
    b: Catalog
    renames: Renames
    engine: str
    names: bool = True  # names of constraints and indexes are to be as wanted
    old: Pieces = field(init=False)
    new: Pieces = field(init=False)
    drop: set[str] = field(default_factory=set)
    make: set[str] = field(default_factory=set)
    pairs: dict[str, TablePair] = field(default_factory=dict)
    renamed_parts: list[tuple[Piece, Piece]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.old = pieces(self.a, self.seen, self.engine)
        self.new = pieces(self.b, self.b, self.engine)
        for key, piece in self.old.by_key.items():
            if key not in self.new.by_key or self.new.by_key[key].form != piece.form:
                self.drop.add(key)
        for key, piece in self.new.by_key.items():
            if key not in self.old.by_key or self.old.by_key[key].form != piece.form:
                self.make.add(key)
        wanted = {table.full_name: table for table in self.b.tables}
        for before, seen in zip(self.a.tables, self.seen.tables, strict=True):
            if seen.full_name in wanted:
                self.pairs[seen.full_name] = TablePair(before, seen, wanted[seen.full_name])

    def again(self, key: str) -> bool:
        """Drop and make an object that both have; True when that is news."""
        for old, new in self.renamed_parts:
            if new.key == key and old.key != key:  # made again under its new name instead
                self.renamed_parts.remove((old, new))
                self.drop.add(old.key)
                self.make.add(key)
                return True
        if key in self.drop or key not in self.old.by_key or key not in self.new.by_key:
            return False
        self.drop.add(key)
        self.make.add(key)
        return True

    def kept(self, *kinds: str) -> list[Piece]:
        """Objects of those kinds that stay as they are, as wanted."""
        return [piece for piece in self.new.of_kind(*kinds) if piece.key not in self.make]

    def replaced(self, kind: str) -> list[str]:
        """Keys of objects of that kind that are dropped and made again under the same name."""
        return [piece.key for piece in self.old.of_kind(kind) if piece.key in self.drop and piece.key in self.make]

    def rename_parts(self, *kinds: str) -> None:
        """Find constraints and indexes of one table that differ in nothing but their name: they are renamed."""
        gone: dict[tuple[object, ...], list[Piece]] = {}
        for piece in self.old.of_kind(*kinds):
            if piece.key in self.drop and piece.key not in self.new.by_key and piece.name:
                gone.setdefault((piece.kind, piece.owner_key, piece.form), []).append(piece)
        for piece in self.new.of_kind(*kinds):
            if piece.key in self.make and piece.key not in self.old.by_key and piece.name:
                twins = gone.get((piece.kind, piece.owner_key, piece.form))
                if twins:
                    old = twins.pop(0)
                    self.drop.discard(old.key)
                    self.make.discard(piece.key)
                    if not self._made_up(old, piece):
                        self.renamed_parts.append((old, piece))
        self._renamed_primary_keys()

    def _made_up(self, old: Piece, new: Piece) -> bool:
        """True where the server chose one of the names: nobody asks for it to be the other."""
        return not self.names or any(
            generated(self.engine, DIFF_KINDS[piece.kind], piece.name, piece.owner.name, _columns(piece))
            for piece in (old, new)
            if piece.owner is not None
        )

    def _renamed_primary_keys(self) -> None:
        """A primary key has no name of its own in its key: another name is another constraint name."""
        for piece in self.new.of_kind("pk"):
            old = self.old.by_key.get(piece.key)
            if old is not None and piece.key not in self.make and old.name != piece.name and old.name and piece.name:
                if self._made_up(old, piece) or "partition:" + piece.owner_key in self.new.by_key:
                    continue
                self.renamed_parts.append((old, piece))


def _columns(piece: Piece) -> list[str]:
    if isinstance(piece.item, Index):
        return [key.column for key in piece.item.keys if key.column is not None]
    return list(getattr(piece.item, "columns", ()))


def changes(a: Catalog, b: Catalog, renames: Renames, engine: str, names: bool = True) -> Changes:
    """The changes from a to b."""
    return Changes(a, renamed(a, renames), b, renames, engine, names)


def unreadable(found: Changes) -> Iterator[Omission]:
    """What one of the catalogs only names, so that no statement of it can be written."""
    sides = [{(part.kind, part.part): part for part in side.unread} for side in (found.a, found.b)]
    for key in sorted(sides[0].keys() ^ sides[1].keys(), key=str):
        part = sides[1].get(key) or sides[0][key]
        if part.kind is not None:
            original = part.definition or ""
            yield Omission(
                object=part.part, kind=part.kind, reason=f"no script for it: {part.reason}", original=original
            )
